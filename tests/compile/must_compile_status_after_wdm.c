// ntstatus.h and wdm.h may be included in either order: wdm.h first.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <bugcodes.h>
#include <wdm.h>
#include <ntstatus.h>

NTSTATUS Use = STATUS_NO_MEMORY;
