// Under POOL_NX_OPTIN NonPagedPool is no constant expression: no enumerator's value.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(EXPECT_OK)
enum {
    MyPool = NonPagedPoolNx
};
#elif defined(_AMD64_)
enum {
    MyPool = NonPagedPool
};
#else
#error this processor forces POOL_NX_OPTIN_AUTO
#endif
