/* contiguous.c: memory that is asked for by physical address, and noncached memory. It lies in the first part of
 * emulated physical memory, where a page's address and its physical address differ by a constant. */
#include "core/bugcheck.h"
#include "core/export.h"
#include "core/thread.h"
#include "mem/arena.h"
#include "nt/mm/contiguous.h"
#include "mem/mapping.h"
#include "ntddk.h"
#include "core/windows.h"
#include "watch/lowres.h"
#include "watch/irqllimit.h"

enum {
    MI_FIRST_PAGE = (1 << 20) >> PAGE_SHIFT, /* the first MiB is the firmware's */
    MI_NODES = 1,
};

static const CHAR MiContiguous[] = "contiguous memory";
static const CHAR MiNonCached[] = "noncached memory";

/* ---- Asking ---------------------------------------------------------------------------------------------------- */

typedef struct MI_CONTIGUOUS {
    PCSTR Routine;
    SIZE_T Bytes;
    ULONG64 Lowest;
    ULONG64 Highest; /* included */
    ULONG64 Boundary;
    NODE_REQUIREMENT Node;
    HOST_ACCESS Access;
    MEMORY_CACHING_TYPE CacheType;
    PCSTR What;
} MI_CONTIGUOUS;

static BOOLEAN MiIsRequestValid(const MI_CONTIGUOUS *Request)
{
    return Request->Bytes != 0 && (Request->Boundary & (Request->Boundary - 1)) == 0 &&
           (Request->Node < MI_NODES || (Request->Node & MM_ANY_NODE_OK) != 0) && Request->Access != HostNoAccess &&
           (ULONG)Request->CacheType < MmMaximumCacheType;
}

static VOID MiCheckContiguousIrql(SIZE_T Bytes, PVOID Caller)
{
    if (KiThread.Irql > DISPATCH_LEVEL) {
        KiStopF(Caller, KiBugCheck(BAD_POOL_CALLER, KI_C2_ALLOCATE_AT_IRQL, KiThread.Irql, NonPagedPoolBase, Bytes),
                "contiguous memory at an IRQL above DISPATCH_LEVEL");
    }
}

/* A physical address has 64 bits on x86, too; what lies beyond all that a SIZE_T counts is not there anyway. */
static SIZE_T MiPageNumber(ULONG64 Page)
{
    return (SIZE_T)min(Page, (ULONG64)MAXSIZE_T);
}

/* A valid request's pages, or NULL when there are none. */
static MI_EXTENT *MiTakeRam(const MI_CONTIGUOUS *Request)
{
    SIZE_T Pages = Request->Bytes / PAGE_SIZE + (Request->Bytes % PAGE_SIZE != 0);
    SIZE_T First = MiPageNumber(Request->Lowest / PAGE_SIZE + (Request->Lowest % PAGE_SIZE != 0));
    SIZE_T BehindLast = MiPageNumber(Request->Highest / PAGE_SIZE + (Request->Highest % PAGE_SIZE == PAGE_SIZE - 1));

    if (BehindLast == 0 || (Request->Boundary != 0 && Request->Bytes > Request->Boundary)) {
        return NULL;
    }
    MI_EXTENT *Extent = MiTakePagesBetween(&MiRam, Pages, max(First, (SIZE_T)MI_FIRST_PAGE), BehindLast - 1,
                                           (SIZE_T)(Request->Boundary / PAGE_SIZE), Request->What);
    if (Extent == NULL) {
        return NULL;
    }
    if (!HostMap((PVOID)Extent->Base, Pages << PAGE_SHIFT, Request->Access)) {
        MiGivePages(&MiRam, Extent);
        return NULL;
    }
    HostAllowDump((PVOID)Extent->Base, Pages << PAGE_SHIFT);
    Extent->Access = Request->Access;
    Extent->Bytes = Request->Bytes;
    Extent->CacheType = Request->CacheType;
    return Extent;
}

static PVOID MiAllocateRam(const MI_CONTIGUOUS *Request, PVOID Caller)
{
    MiCheckContiguousIrql(Request->Bytes, Caller);
    if (!MiIsRequestValid(Request) || VfFails(Request->Routine, 0, Caller)) {
        return NULL;
    }
    MI_EXTENT *Extent = MiTakeRam(Request);
    return Extent == NULL ? NULL : (PVOID)Extent->Base;
}

PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    MI_CONTIGUOUS Request = {
        .Routine = "MmAllocateContiguousMemory",
        .Bytes = NumberOfBytes,
        .Highest = (ULONG64)HighestAcceptableAddress.QuadPart,
        .Access = HostReadWriteExecute,
        .CacheType = MmCached,
        .What = MiContiguous,
    };

    return MiAllocateRam(&Request, EMU_RETURN_ADDRESS());
}

static PVOID MiAllocateCachedSo(PCSTR Routine, SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode, PVOID Caller)
{
    MI_CONTIGUOUS Request = {
        .Routine = Routine,
        .Bytes = NumberOfBytes,
        .Lowest = (ULONG64)LowestAcceptableAddress.QuadPart,
        .Highest = (ULONG64)HighestAcceptableAddress.QuadPart,
        .Boundary = (ULONG64)BoundaryAddressMultiple.QuadPart,
        .Node = PreferredNode,
        .Access = HostReadWriteExecute,
        .CacheType = CacheType,
        .What = MiContiguous,
    };

    return MiAllocateRam(&Request, Caller);
}

PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                 PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                 PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                 MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode)
{
    KiCheckExport(KiExportMmAllocateContiguousMemorySpecifyCacheNode, EMU_RETURN_ADDRESS());
    return MiAllocateCachedSo("MmAllocateContiguousMemorySpecifyCacheNode", NumberOfBytes, LowestAcceptableAddress,
                              HighestAcceptableAddress, BoundaryAddressMultiple, CacheType, PreferredNode,
                              EMU_RETURN_ADDRESS());
}

PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                             PHYSICAL_ADDRESS HighestAcceptableAddress,
                                             PHYSICAL_ADDRESS BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType)
{
    return MiAllocateCachedSo("MmAllocateContiguousMemorySpecifyCache", NumberOfBytes, LowestAcceptableAddress,
                              HighestAcceptableAddress, BoundaryAddressMultiple, CacheType, MM_ANY_NODE_OK,
                              EMU_RETURN_ADDRESS());
}

/* Exactly one of two rights, and at most one way of caching. HostNoAccess: it is not so. */
static HOST_ACCESS MiAccessOfProtect(ULONG Protect)
{
    switch (Protect & ~(ULONG)(PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
    case PAGE_READWRITE:
        return (Protect & PAGE_NOCACHE) != 0 && (Protect & PAGE_WRITECOMBINE) != 0 ? HostNoAccess : HostReadWrite;
    case PAGE_EXECUTE_READWRITE:
        return (Protect & PAGE_NOCACHE) != 0 && (Protect & PAGE_WRITECOMBINE) != 0 ? HostNoAccess
                                                                                   : HostReadWriteExecute;
    default:
        return HostNoAccess;
    }
}

static MEMORY_CACHING_TYPE MiCacheTypeOfProtect(ULONG Protect)
{
    if ((Protect & PAGE_NOCACHE) != 0) {
        return MmNonCached;
    }
    return (Protect & PAGE_WRITECOMBINE) != 0 ? MmWriteCombined : MmCached;
}

PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                     PHYSICAL_ADDRESS HighestAcceptableAddress,
                                     PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                     NODE_REQUIREMENT PreferredNode)
{
    KiCheckExport(KiExportMmAllocateContiguousNodeMemory, EMU_RETURN_ADDRESS());
    MI_CONTIGUOUS Request = {
        .Routine = "MmAllocateContiguousNodeMemory",
        .Bytes = NumberOfBytes,
        .Lowest = (ULONG64)LowestAcceptableAddress.QuadPart,
        .Highest = (ULONG64)HighestAcceptableAddress.QuadPart,
        .Boundary = (ULONG64)BoundaryAddressMultiple.QuadPart,
        .Node = PreferredNode,
        .Access = MiAccessOfProtect(Protect),
        .CacheType = MiCacheTypeOfProtect(Protect),
        .What = MiContiguous,
    };

    return MiAllocateRam(&Request, EMU_RETURN_ADDRESS());
}

NTSTATUS MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                      PHYSICAL_ADDRESS HighestAcceptableAddress,
                                      PHYSICAL_ADDRESS BoundaryAddressMultiple, NODE_REQUIREMENT PreferredNode,
                                      ULONG Protect, PVOID PartitionObject, ULONG Tag, ULONG Flags, PVOID *BaseAddress)
{
    KiCheckExport(KiExportMmAllocateContiguousMemoryEx, EMU_RETURN_ADDRESS());
    MI_CONTIGUOUS Request = {
        .Routine = "MmAllocateContiguousMemoryEx",
        .Bytes = *NumberOfBytes,
        .Lowest = (ULONG64)LowestAcceptableAddress.QuadPart,
        .Highest = (ULONG64)HighestAcceptableAddress.QuadPart,
        .Boundary = (ULONG64)BoundaryAddressMultiple.QuadPart,
        .Node = PreferredNode,
        .Access = MiAccessOfProtect(Protect),
        .CacheType = MiCacheTypeOfProtect(Protect),
        .What = MiContiguous,
    };

    MiCheckContiguousIrql(Request.Bytes, EMU_RETURN_ADDRESS());
    if (!MiIsRequestValid(&Request) || PartitionObject != NULL || Tag == 0 ||
        (Flags & ~(ULONG)MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (VfFails(Request.Routine, Tag, EMU_RETURN_ADDRESS())) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MI_EXTENT *Extent = MiTakeRam(&Request);
    if (Extent == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *NumberOfBytes = Extent->Pages << PAGE_SHIFT;
    *BaseAddress = (PVOID)Extent->Base;
    return STATUS_SUCCESS;
}

/* ---- Giving back ----------------------------------------------------------------------------------------------- */

static VOID MiFreeRam(MI_EXTENT *Extent)
{
    if (!HostMap((PVOID)Extent->Base, Extent->Pages << PAGE_SHIFT, HostNoAccess)) {
        KiStopF(NULL, KiBugCheck(MEMORY_MANAGEMENT, KI_1A_HOST_REFUSES, 0, 0, 0),
                "the host refuses to take contiguous memory back; too many mappings (vm.max_map_count)?");
    }
    MiGivePages(&MiRam, Extent);
}

static MI_EXTENT *MiRamAt(PVOID Address, PCSTR What)
{
    MI_EXTENT *Extent = MiExtentAt(&MiRam, (ULONG_PTR)Address);

    return Extent != NULL && Extent->Base == (ULONG_PTR)Address && Extent->What == What ? Extent : NULL;
}

static VOID MiStopIfMapped(const MI_EXTENT *Extent, PVOID Caller)
{
    SIZE_T References = MiMappingsOf(Extent->Base, Extent->Pages << PAGE_SHIFT);

    if (References != 0) {
        KiStopF(Caller, KiBugCheck(PFN_LIST_CORRUPT, KI_4E_FREED_WHILE_LOCKED, MiPfnOf(Extent->Base), 0, References),
                "contiguous or noncached memory is freed that an MDL is still mapped to");
    }
}

static VOID MiCheckContiguousFree(PVOID BaseAddress, const MI_EXTENT *Extent, PVOID Caller)
{
    KIRQL Highest = KiIsAtLeast(6, 0, 6001) ? DISPATCH_LEVEL : APC_LEVEL;

    if (Extent == NULL) {
        KiStopF(Caller, KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_INVALID_CONTIGUOUS, (ULONG_PTR)BaseAddress, 0, 0),
                "no contiguous memory begins at the address that is freed");
    }
    if (KiThread.Irql > Highest) {
        KiStopF(
            Caller,
            KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_AT_IRQL, KiThread.Irql, NonPagedPoolBase, (ULONG_PTR)BaseAddress),
            "contiguous memory is freed at an IRQL above %s",
            Highest == DISPATCH_LEVEL ? "DISPATCH_LEVEL" : "APC_LEVEL");
    }
    MiStopIfMapped(Extent, Caller);
}

VOID MmFreeContiguousMemory(PVOID BaseAddress)
{
    VfCheckRule(KiExportMmFreeContiguousMemory, HIGH_LEVEL, EMU_RETURN_ADDRESS());
    MI_EXTENT *Extent = MiRamAt(BaseAddress, MiContiguous);

    MiCheckContiguousFree(BaseAddress, Extent, EMU_RETURN_ADDRESS());
    MiFreeRam(Extent);
}

VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    MI_EXTENT *Extent = MiRamAt(BaseAddress, MiContiguous);

    if (Extent != NULL && (Extent->Bytes != NumberOfBytes || Extent->CacheType != CacheType)) {
        KiStopF(NULL, KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_INVALID_CONTIGUOUS, (ULONG_PTR)BaseAddress, 0, 0),
                "MmFreeContiguousMemorySpecifyCache with another size or cache type than the allocation's");
    }
    MiCheckContiguousFree(BaseAddress, Extent, EMU_RETURN_ADDRESS());
    MiFreeRam(Extent);
}

/* ---- Noncached memory ------------------------------------------------------------------------------------------ */

static VOID MiCheckNonCachedIrql(ULONG_PTR Cause, ULONG_PTR Third, PVOID Caller)
{
    if (KiThread.Irql > APC_LEVEL) {
        KiStopF(Caller, KiBugCheck(BAD_POOL_CALLER, Cause, KiThread.Irql, NonPagedPoolBase, Third),
                "noncached memory at an IRQL above APC_LEVEL");
    }
}

PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    VfCheckLimit(KiExportMmAllocateNonCachedMemory, EMU_RETURN_ADDRESS());
    MI_CONTIGUOUS Request = {
        .Routine = "MmAllocateNonCachedMemory",
        .Bytes = NumberOfBytes,
        .Highest = ~0ull,
        .Access = KiHasNxPool() ? HostReadWrite : HostReadWriteExecute,
        .CacheType = MmNonCached,
        .What = MiNonCached,
    };

    MiCheckNonCachedIrql(KI_C2_ALLOCATE_AT_IRQL, NumberOfBytes, EMU_RETURN_ADDRESS());
    return MiAllocateRam(&Request, EMU_RETURN_ADDRESS());
}

VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    VfCheckLimit(KiExportMmFreeNonCachedMemory, EMU_RETURN_ADDRESS());
    MI_EXTENT *Extent = MiRamAt(BaseAddress, MiNonCached);

    MiCheckNonCachedIrql(KI_C2_FREE_AT_IRQL, (ULONG_PTR)BaseAddress, EMU_RETURN_ADDRESS());
    if (Extent == NULL) {
        KiStopF(NULL,
                KiBugCheck(SYSTEM_PTE_MISUSE, KI_DA_FREE_NONCACHED_ADDRESS, (ULONG_PTR)BaseAddress,
                           BYTES_TO_PAGES(NumberOfBytes), 0),
                "MmFreeNonCachedMemory: no noncached memory begins at this address");
    }
    if (Extent->Bytes != NumberOfBytes) {
        KiStopF(NULL,
                KiBugCheck(SYSTEM_PTE_MISUSE, KI_DA_FREE_NONCACHED_SIZE, (ULONG_PTR)BaseAddress,
                           BYTES_TO_PAGES(NumberOfBytes), Extent->Pages),
                "MmFreeNonCachedMemory with another size than the allocation's");
    }
    MiStopIfMapped(Extent, EMU_RETURN_ADDRESS());
    MiFreeRam(Extent);
}

VOID MiResetContiguous(VOID)
{
    while (MiRam.Extents != NULL) {
        MiFreeRam(MiRam.Extents);
    }
}
