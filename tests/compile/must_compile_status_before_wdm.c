// ntstatus.h and wdm.h may be included in either order: ntstatus.h first.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <ntstatus.h>
#include <wdm.h>
#include <bugcodes.h>

NTSTATUS Use = STATUS_NO_MEMORY;
