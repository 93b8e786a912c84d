// POOL_NX_OPTOUT without an opt-in changes nothing on x64; on other processors it opts out of the forced one.
// flags: -DPOOL_NX_OPTOUT=1

#include <wdm.h>

C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);
