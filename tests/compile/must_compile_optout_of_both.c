// POOL_NX_OPTOUT beats both opt-in macros together.
// flags: -DPOOL_NX_OPTOUT=1 -DPOOL_NX_OPTIN=1 -DPOOL_NX_OPTIN_AUTO=1

#include <wdm.h>

C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);
