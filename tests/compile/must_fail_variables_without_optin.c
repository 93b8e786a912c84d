// Without POOL_NX_OPTIN there is no variable ExDefaultNonPagedPoolType.

#include <wdm.h>

#if defined(EXPECT_OK)
BOOLEAN *Flag = &ExPoolZeroingNativelySupported;
#else
POOL_TYPE *Type = &ExDefaultNonPagedPoolType;
#endif
