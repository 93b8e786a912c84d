// Under POOL_NX_OPTIN NonPagedPool is no constant expression: no case label.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(EXPECT_OK)
int F(POOL_TYPE PoolType)
{
    switch (PoolType) {
    case NonPagedPoolBase:
        return 1;
    default:
        return 0;
    }
}
#elif defined(_AMD64_)
int F(POOL_TYPE PoolType)
{
    switch (PoolType) {
    case NonPagedPool:
        return 1;
    default:
        return 0;
    }
}
#else
#error this processor forces POOL_NX_OPTIN_AUTO
#endif
