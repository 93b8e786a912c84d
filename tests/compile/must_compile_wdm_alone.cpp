// wdm.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <wdm.h>

PVOID Use(VOID);
PVOID Use(VOID)
{
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 'looP');
}
