// The macros are tested by value: POOL_NX_OPTOUT defined as nothing is an error, not an opt-out.

#if defined(EXPECT_OK)
#define POOL_NX_OPTOUT 1
#else
#define POOL_NX_OPTOUT
#endif
#include <wdm.h>
