// No Windows version guards the macros: POOL_NX_OPTIN_AUTO in a build for Windows 7 is 512 all the same.
// flags: -DPOOL_NX_OPTIN_AUTO=1 -DNTDDI_VERSION=0x06010000

#include <wdm.h>

C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);
