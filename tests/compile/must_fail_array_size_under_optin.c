// Under POOL_NX_OPTIN NonPagedPool is no constant expression: no array size.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(EXPECT_OK)
CHAR Array[NonPagedPoolBase + 1];
#elif defined(_AMD64_)
CHAR Array[NonPagedPool + 1];
#else
#error this processor forces POOL_NX_OPTIN_AUTO
#endif
