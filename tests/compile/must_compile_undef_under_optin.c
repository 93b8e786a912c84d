// The remapping is a macro: #undef NonPagedPool brings the constant back.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

#undef NonPagedPool
#undef NonPagedPoolCacheAligned
C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);
