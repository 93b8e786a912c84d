// ntstatus.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <ntstatus.h>

NTSTATUS Use = STATUS_INSUFFICIENT_RESOURCES;
