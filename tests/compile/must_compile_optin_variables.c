// POOL_NX_OPTIN makes NonPagedPool the variable ExDefaultNonPagedPoolType, CacheAligned the variable plus 4.

#define POOL_NX_OPTIN 1
#include <wdm.h>

#if defined(_AMD64_)
POOL_TYPE *Type = &NonPagedPool;
POOL_TYPE *SameType = &ExDefaultNonPagedPoolType;
ULONG *Protection = &ExDefaultMdlProtection;

POOL_TYPE CacheAligned(VOID);
POOL_TYPE CacheAligned(VOID)
{
    return NonPagedPoolCacheAligned;
}
#endif
