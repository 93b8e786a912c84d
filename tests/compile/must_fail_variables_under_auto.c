// Under POOL_NX_OPTIN_AUTO there is no variable ExDefaultNonPagedPoolType.
// flags: -DPOOL_NX_OPTIN_AUTO=1

#include <wdm.h>

#if defined(EXPECT_OK)
BOOLEAN *Flag = &ExPoolZeroingNativelySupported;
#else
POOL_TYPE *Type = &ExDefaultNonPagedPoolType;
#endif
