// POOL_NX_OPTOUT beats POOL_NX_OPTIN: NonPagedPool is the constant 0 again and there are no variables.
// flags: -DPOOL_NX_OPTOUT=1 -DPOOL_NX_OPTIN=1

#include <wdm.h>

C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);

int ExDefaultNonPagedPoolType;
int ExDefaultMdlProtection;
