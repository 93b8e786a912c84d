// POOL_NX_OPTIN_AUTO is tested before POOL_NX_OPTIN: with both, NonPagedPool is the constant 512.
// flags: -DPOOL_NX_OPTIN=1 -DPOOL_NX_OPTIN_AUTO=1

#include <wdm.h>

C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);
