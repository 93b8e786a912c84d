// ntddk.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <ntddk.h>

PVOID Use(VOID);
PVOID Use(VOID)
{
    return ExAllocatePoolWithTag(PagedPool, 16, 'looP');
}
