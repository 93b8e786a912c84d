// The macros are tested by value: POOL_NX_OPTIN_AUTO defined as nothing is an error, not an opt-in.

#if defined(EXPECT_OK)
#define POOL_NX_OPTIN_AUTO 1
#else
#define POOL_NX_OPTIN_AUTO
#if !defined(__x86_64__)
#error this processor sets POOL_NX_OPTIN_AUTO itself
#endif
#endif
#include <wdm.h>
