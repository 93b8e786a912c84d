// Under POOL_NX_OPTIN NonPagedPool is no constant expression: no template argument.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(EXPECT_OK)
template <int Type> struct Pool {
};
Pool<NonPagedPoolBase> P;
#elif defined(_AMD64_)
template <int Type> struct Pool {
};
Pool<NonPagedPool> P;
#else
#error this processor forces POOL_NX_OPTIN_AUTO
#endif
