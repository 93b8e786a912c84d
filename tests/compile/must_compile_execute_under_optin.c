// NonPagedPoolExecute, the NonPagedPoolBase names, PagedPool, session and Nx types are never remapped.
// flags: -DPOOL_NX_OPTIN=1

#include <wdm.h>

C_ASSERT(NonPagedPoolExecute == 0);
C_ASSERT(NonPagedPoolBase == 0);
C_ASSERT(NonPagedPoolBaseCacheAligned == 4);
C_ASSERT(PagedPool == 1);
C_ASSERT(PagedPoolCacheAligned == 5);
C_ASSERT(NonPagedPoolMustSucceed == 2);
C_ASSERT(NonPagedPoolSession == 32);
C_ASSERT(NonPagedPoolNx == 512);
