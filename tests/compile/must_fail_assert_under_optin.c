// Under POOL_NX_OPTIN NonPagedPool is no constant expression: no C_ASSERT.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(EXPECT_OK)
C_ASSERT(NonPagedPoolBase == 0);
#elif defined(_AMD64_)
C_ASSERT(NonPagedPool == 0);
#else
#error this processor forces POOL_NX_OPTIN_AUTO
#endif
