// ntddk.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <ntddk.h>

PVOID Use(VOID);
PVOID Use(VOID)
{
    return ExAllocatePoolWithTag(PagedPool, 16, 'looP');
}
