// The address of a LONG goes to no parameter for another type's. Microsoft's compiler only warns.

#include <ntddk.h>

#if defined(EXPECT_OK)
typedef LONG COUNTER;
#elif defined(_MSC_VER)
#error only a warning
#else
typedef long long COUNTER;
#endif

LONG Count(COUNTER *Counter);

LONG Count(COUNTER *Counter)
{
    return InterlockedIncrement(Counter);
}
