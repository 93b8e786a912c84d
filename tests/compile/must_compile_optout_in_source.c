// POOL_NX_OPTOUT may be defined in the source file, before the header.
// flags: -DPOOL_NX_OPTIN_AUTO=1

#define POOL_NX_OPTOUT 1
#include <wdm.h>

C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);
