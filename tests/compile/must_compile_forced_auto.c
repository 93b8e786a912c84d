// Processors other than x86 and x64 force POOL_NX_OPTIN_AUTO to 1 and undefine POOL_NX_OPTIN.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(_AMD64_)
// Here the opt-in stays what it is: run-time variables.
POOL_TYPE *Type = &NonPagedPool;
#else
#if defined(POOL_NX_OPTIN) || POOL_NX_OPTIN_AUTO != 1
#error not forced
#endif
C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);
#endif
