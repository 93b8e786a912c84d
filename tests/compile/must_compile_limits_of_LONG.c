// LONG_MAX and its relatives are those of a LONG, before and after the kernel's headers.
// flags: -Wall -Wextra -Werror

#include <limits.h>

_Static_assert(LONG_MAX == 2147483647 && LONG_MIN == -2147483647 - 1 && ULONG_MAX == 4294967295u, "LONG");
#if LONG_MAX != 2147483647 || ULONG_MAX != 0xFFFFFFFF
#error in the preprocessor, too
#endif

#include <ntddk.h>
#include <limits.h>

C_ASSERT(LONG_MAX == MAXLONG && ULONG_MAX == MAXULONG);
C_ASSERT(sizeof(LONG_MAX) == 4 && sizeof(ULONG_MAX) == 4);
C_ASSERT(INT_MAX == 2147483647 && LLONG_MAX == MAXLONGLONG && USHRT_MAX == MAXUSHORT);
