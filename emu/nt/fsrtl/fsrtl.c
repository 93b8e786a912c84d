/* fsrtl.c: the pool routines of the file system run-time library: the Ex ones, which always raise on failure. */
#include "ntifs.h"

#include "nt/ex/pool.h"

PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
    return ExpAllocateForFsRtl("FsRtlAllocatePool", PoolType, NumberOfBytes, NULL, FALSE, EMU_RETURN_ADDRESS());
}

PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    return ExpAllocateForFsRtl("FsRtlAllocatePoolWithTag", PoolType, NumberOfBytes, &Tag, FALSE, EMU_RETURN_ADDRESS());
}

PVOID FsRtlAllocatePoolWithQuota(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
    return ExpAllocateForFsRtl("FsRtlAllocatePoolWithQuota", PoolType, NumberOfBytes, NULL, TRUE, EMU_RETURN_ADDRESS());
}

PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    return ExpAllocateForFsRtl("FsRtlAllocatePoolWithQuotaTag", PoolType, NumberOfBytes, &Tag, TRUE,
                               EMU_RETURN_ADDRESS());
}
