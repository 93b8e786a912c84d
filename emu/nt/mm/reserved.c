/* reserved.c: addresses that a driver reserves first and maps MDLs to later, when there may be no others. */
#include "core/bugcheck.h"
#include "core/export.h"
#include "mem/arena.h"
#include "mem/block.h"
#include "nt/mm/mdl.h"
#include "watch/lowres.h"
#include "watch/irqllimit.h"

static DECLSPEC_NORETURN VOID MiStopOnReserved(PCSTR Routine, ULONG_PTR Cause, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4,
                                               PCSTR What, PVOID Caller)
{
    KiStopF(Caller, KiBugCheck(SYSTEM_PTE_MISUSE, Cause, P2, P3, P4), "%s: %s", Routine, What);
}

static PVOID MiReserve(PCSTR Routine, SIZE_T NumberOfBytes, ULONG PoolTag, PVOID Caller)
{
    if (NumberOfBytes == 0) {
        MiStopOnReserved(Routine, KI_DA_RESERVE_ZERO_BYTES, 0, PoolTag, (ULONG_PTR)Caller, "zero bytes are asked for",
                         Caller);
    }
    if (VfFails(Routine, PoolTag, Caller)) {
        return NULL;
    }
    MI_EXTENT *Extent = MiTakePages(&MiSystemSpace, NumberOfBytes / PAGE_SIZE + (NumberOfBytes % PAGE_SIZE != 0),
                                    "a reserved mapping address");
    if (Extent == NULL) {
        return NULL;
    }
    Extent->Reserved = TRUE;
    Extent->Tag = PoolTag;
    return (PVOID)Extent->Base;
}

PVOID MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag)
{
    KiCheckExport(KiExportMmAllocateMappingAddress, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportMmAllocateMappingAddress, EMU_RETURN_ADDRESS());
    return MiReserve("MmAllocateMappingAddress", NumberOfBytes, PoolTag, EMU_RETURN_ADDRESS());
}

PVOID MmAllocateMappingAddressEx(SIZE_T NumberOfBytes, ULONG PoolTag, ULONG Flags)
{
    KiCheckExport(KiExportMmAllocateMappingAddressEx, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportMmAllocateMappingAddressEx, EMU_RETURN_ADDRESS());
    UNREFERENCED_PARAMETER(Flags);
    return MiReserve("MmAllocateMappingAddressEx", NumberOfBytes, PoolTag, EMU_RETURN_ADDRESS());
}

/* The first parameters of the stops for a range that is none, and for one of another tag. */
static MI_EXTENT *MiOwnReservation(PCSTR Routine, PVOID Address, ULONG Tag, ULONG_PTR IfNone, ULONG_PTR IfNotOwn,
                                   PVOID Caller)
{
    MI_EXTENT *Extent = MiExtentAt(&MiSystemSpace, (ULONG_PTR)Address);

    if (Extent == NULL || !Extent->Reserved || Extent->Base != (ULONG_PTR)Address) {
        MiStopOnReserved(Routine, IfNone, (ULONG_PTR)Address, Tag, 0, "no reserved range begins at this address",
                         Caller);
    }
    if (Extent->Tag != Tag) {
        MiStopOnReserved(Routine, IfNotOwn, (ULONG_PTR)Address, Tag, Extent->Tag,
                         "the range was reserved under another tag", Caller);
    }
    return Extent;
}

VOID MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag)
{
    KiCheckExport(KiExportMmFreeMappingAddress, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportMmFreeMappingAddress, EMU_RETURN_ADDRESS());
    MI_EXTENT *Extent = MiOwnReservation("MmFreeMappingAddress", BaseAddress, PoolTag, KI_DA_FREE_NOT_RESERVED,
                                         KI_DA_FREE_WRONG_TAG, EMU_RETURN_ADDRESS());

    if (Extent->Mapped != 0) {
        MiStopOnReserved("MmFreeMappingAddress", KI_DA_FREE_STILL_MAPPED, Extent->Base, PoolTag, Extent->Pages,
                         "an MDL is still mapped there; call MmUnmapReservedMapping first", EMU_RETURN_ADDRESS());
    }
    MiGivePages(&MiSystemSpace, Extent);
}

/* The routine has no say in the protection: as a mapping without MdlMappingNoExecute and MdlMappingNoWrite. */
PVOID MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag, PMDL MemoryDescriptorList,
                                          MEMORY_CACHING_TYPE CacheType)
{
    KiCheckExport(KiExportMmMapLockedPagesWithReservedMapping, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportMmMapLockedPagesWithReservedMapping, EMU_RETURN_ADDRESS());
    static const CHAR Routine[] = "MmMapLockedPagesWithReservedMapping";
    PMDL Mdl = MemoryDescriptorList;

    UNREFERENCED_PARAMETER(CacheType);
    MI_EXTENT *Extent = MiOwnReservation(Routine, MappingAddress, PoolTag, KI_DA_MAP_NOT_RESERVED, KI_DA_MAP_WRONG_TAG,
                                         EMU_RETURN_ADDRESS());
    if (Extent->Mapped != 0) {
        MiStopOnReserved(Routine, KI_DA_MAP_IN_USE, Extent->Base, Extent->Base,
                         Extent->Base + ((Extent->Pages - 1) << PAGE_SHIFT), "an MDL is mapped there already",
                         EMU_RETURN_ADDRESS());
    }
    MiCheckLocked(Mdl, Routine);
    SIZE_T Pages = MiMdlPages(Mdl);
    if (Pages > Extent->Pages || MiMapPages(Extent, MmGetMdlPfnArray(Mdl), Pages, HostReadWriteExecute) != MiMapped) {
        return NULL;
    }
    Mdl->MappedSystemVa = (PVOID)Extent->Base;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    return (PVOID)(Extent->Base + Mdl->ByteOffset);
}

VOID MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList)
{
    KiCheckExport(KiExportMmUnmapReservedMapping, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportMmUnmapReservedMapping, EMU_RETURN_ADDRESS());
    static const CHAR Routine[] = "MmUnmapReservedMapping";
    PMDL Mdl = MemoryDescriptorList;
    MI_EXTENT *Extent = MiOwnReservation(Routine, PAGE_ALIGN(BaseAddress), PoolTag, KI_DA_UNMAP_NOT_RESERVED,
                                         KI_DA_UNMAP_WRONG_TAG, EMU_RETURN_ADDRESS());
    SIZE_T Pages = MiMdlPages(Mdl);

    if (Pages > Extent->Pages) {
        MiStopOnReserved(Routine, KI_DA_UNMAP_TOO_LARGE, Extent->Base, Extent->Pages, Pages,
                         "the MDL is larger than the range", EMU_RETURN_ADDRESS());
    }
    if (Pages > Extent->Mapped) {
        MiStopOnReserved(Routine, KI_DA_UNMAP_PAGES_NOT_MAPPED, Extent->Base, PoolTag, Pages,
                         "the MDL's pages are not mapped there", EMU_RETURN_ADDRESS());
    }
    if (Pages < Extent->Mapped) {
        MiStopOnReserved(Routine, KI_DA_UNMAP_MORE_MAPPED, Extent->Base, PoolTag, Pages,
                         "more pages are mapped there than the MDL has", EMU_RETURN_ADDRESS());
    }
    MiUnmapPages(Extent);
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}
