// The macros are tested by value: POOL_NX_OPTOUT 0 does not opt out.
// flags: -DPOOL_NX_OPTOUT=0 -DPOOL_NX_OPTIN_AUTO=1

#include <wdm.h>

C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);
