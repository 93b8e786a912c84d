// The macros are tested by value: POOL_NX_OPTIN defined as nothing is an error, not an opt-in.

#if defined(EXPECT_OK)
#define POOL_NX_OPTIN 1
#else
#define POOL_NX_OPTIN
#if !defined(__x86_64__)
#error this processor undefines POOL_NX_OPTIN
#endif
#endif
#include <wdm.h>
