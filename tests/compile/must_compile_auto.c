// POOL_NX_OPTIN_AUTO makes NonPagedPool the constant 512: case labels, initialisers and array sizes take it.
// flags: -DPOOL_NX_OPTIN_AUTO=1

#include <wdm.h>

C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);

static POOL_TYPE Type = NonPagedPool;
static CHAR Array[NonPagedPool];

int IsNonPaged(POOL_TYPE PoolType);
int IsNonPaged(POOL_TYPE PoolType)
{
    switch (PoolType) {
    case NonPagedPool:
        return 1;
    default:
        return Type == PoolType || Array[0] != 0;
    }
}
