// Under POOL_NX_OPTIN NonPagedPool is no constant expression: no static initialiser.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(EXPECT_OK)
POOL_TYPE Type = NonPagedPoolExecute;
#elif defined(_AMD64_)
POOL_TYPE Type = NonPagedPool;
#else
#error this processor forces POOL_NX_OPTIN_AUTO
#endif
