// ntstatus.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <ntstatus.h>

NTSTATUS Use = STATUS_INSUFFICIENT_RESOURCES;
