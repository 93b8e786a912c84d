/* fsrtl.c: the pool routines of the file system run-time library: the Ex ones, which always raise on failure. */
#include "ntifs.h"

static POOL_TYPE FsRtlpRaising(POOL_TYPE PoolType)
{
    return (POOL_TYPE)((PoolType | POOL_RAISE_IF_ALLOCATION_FAILURE) & ~(ULONG)POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
}

PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
    return ExAllocatePool(FsRtlpRaising(PoolType), NumberOfBytes);
}

PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(FsRtlpRaising(PoolType), NumberOfBytes, Tag);
}

PVOID FsRtlAllocatePoolWithQuota(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
    return ExAllocatePoolWithQuota(FsRtlpRaising(PoolType), NumberOfBytes);
}

PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    return ExAllocatePoolWithQuotaTag(FsRtlpRaising(PoolType), NumberOfBytes, Tag);
}
