/* mdl.c: locks, describes and maps the pages of memory descriptor lists. Pages of the emulator's are mapped at a second
 * address of their own; those of the program (its heap, its stack) are mapped where they are. */
#define POOL_NX_OPTOUT 1 /* no driver: on AArch64, too, a routine here is called by its own name */

#include "nt/mm/mdl.h"

#include "core/object.h"
#include "core/bugcheck.h"
#include "core/exception.h"
#include "core/export.h"
#include "mem/arena.h"
#include "core/windows.h"
#include "watch/locked.h"
#include "watch/lowres.h"
#include "mem/region.h"
#include "watch/verifier.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

SIZE_T MiMdlPages(PMDL Mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), Mdl->ByteCount);
}

/* ---- Describing and locking ------------------------------------------------------------------------------------ */

static VOID MiFillPfns(PMDL Mdl)
{
    SIZE_T Pages = MiMdlPages(Mdl);

    for (SIZE_T Page = 0; Page < Pages; Page++) {
        MmGetMdlPfnArray(Mdl)[Page] = MiPfnOf((ULONG_PTR)Mdl->StartVa + (Page << PAGE_SHIFT));
    }
}

/* Driver Verifier's word on the use of an MDL. */
static VOID MiVerifyMdl(BOOLEAN IsRight, PVOID Caller, ULONG_PTR Violation, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4,
                        PCSTR What)
{
    if (!IsRight && VfIsOn()) {
        KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, P2, P3, P4), "%s", What);
    }
}

static VOID MiVerifyMdlIrql(KIRQL Highest, PVOID Caller, ULONG_PTR Violation, ULONG_PTR P3, ULONG_PTR P4, PCSTR What)
{
    MiVerifyMdl(KiThread.Irql <= Highest, Caller, Violation, KiThread.Irql, P3, P4, What);
}

/* Flags are looked at since Vista. */
static VOID MiVerifyMdlFlags(PMDL Mdl, ULONG_PTR Wrong, PVOID Caller, ULONG_PTR Violation, PCSTR What)
{
    MiVerifyMdl(Wrong == 0 || !KiIsAtLeast(6, 0, 0), Caller, Violation, (ULONG_PTR)Mdl,
                (ULONG_PTR)(USHORT)Mdl->MdlFlags, Wrong, What);
}

/* What a routine that writes to an MDL does first. The size of a long one of IoAllocateMdl does not fit its field. */
static VOID MiCheckMdl(PMDL Mdl, PVOID Frame, PVOID Caller)
{
    VfCheckFrame(Mdl, "MDL", Frame, Caller);
    if (VfIsOn() && (USHORT)Mdl->Size < sizeof(MDL) && KiFindObject(KiObjectMdl, Mdl) == NULL) {
        KiStopForMisuse(KiObjectMdl, KiUsedUninitialized, Mdl, Caller);
    }
}

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
    VfCheckLimit(KiExportMmBuildMdlForNonPagedPool, EMU_RETURN_ADDRESS());
    PMDL Mdl = MemoryDescriptorList;

    MiCheckMdl(Mdl, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    MiVerifyMdl(!MiIsPagedPool((ULONG_PTR)MmGetMdlVirtualAddress(Mdl)), EMU_RETURN_ADDRESS(), KI_C4_BUILD_MDL_OF_PAGED,
                KiThread.Irql, (ULONG_PTR)Mdl, (ULONG_PTR)Mdl->MdlFlags,
                "MmBuildMdlForNonPagedPool for an MDL of paged pool");
    MiFillPfns(Mdl);
    Mdl->Process = NULL;
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

static BOOLEAN MiWrites(HOST_ACCESS Access)
{
    return Access == HostReadWrite || Access == HostReadWriteExecute;
}

static BOOLEAN MiExecutes(HOST_ACCESS Access)
{
    return Access == HostReadExecute || Access == HostReadWriteExecute;
}

/* The host is asked for what it says of the program's memory, which takes long, and not for what we mapped ourselves.
 * Where it cannot be asked, the program's memory is taken as accessible. */
static HOST_PROTECTION MiProtectionOf(ULONG_PTR Address)
{
    HOST_PROTECTION Protection = {.Start = Address, .End = (ULONG_PTR)PAGE_ALIGN(Address) + PAGE_SIZE};

    if (MiIsKernelAddress(Address)) {
        HOST_ACCESS Access = MiAccessAt(Address);
        Protection.Read = Access != HostNoAccess;
        Protection.Write = MiWrites(Access);
        Protection.Execute = MiExecutes(Access);
    } else {
        HOST_PROTECTION Asked = HostQueryProtection((PVOID)Address);
        if (Asked.End != 0) {
            return Asked;
        }
        Protection.Read = Protection.Write = TRUE;
    }
    return Protection;
}

static BOOLEAN MiIsAccessible(ULONG_PTR Address, ULONG_PTR End, BOOLEAN Writes)
{
    while (Address < End) {
        HOST_PROTECTION Protection = MiProtectionOf(Address);

        if (!Protection.Read || (Writes && !Protection.Write)) {
            return FALSE;
        }
        Address = Protection.End;
    }
    return TRUE;
}

VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    PMDL Mdl = MemoryDescriptorList;
    MiVerifyMdlIrql(DISPATCH_LEVEL, EMU_RETURN_ADDRESS(), KI_C4_LOCK_PAGES_AT_IRQL, (ULONG_PTR)Mdl,
                    (ULONG_PTR)AccessMode, "MmProbeAndLockPages above DISPATCH_LEVEL");
    MiCheckMdl(Mdl, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    MiVerifyMdlFlags(Mdl,
                     (ULONG_PTR)Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED |
                                                 MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE),
                     EMU_RETURN_ADDRESS(), KI_C4_LOCK_PAGES_FLAGS,
                     "MmProbeAndLockPages for an MDL that is locked, mapped, partial or of nonpaged pool already");
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl);
    BOOLEAN Writes = Operation != IoReadAccess;

    if ((AccessMode != KernelMode && MiIsKernelAddress(Start)) || Start + Mdl->ByteCount < Start ||
        !MiIsAccessible(Start, Start + Mdl->ByteCount, Writes)) {
        KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), STATUS_ACCESS_VIOLATION, 2, Writes ? 1 : 0, Start);
    }
    if (VfFails("MmProbeAndLockPages", 0, EMU_RETURN_ADDRESS())) {
        KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), STATUS_INSUFFICIENT_RESOURCES, 0, 0, 0);
    }
    VfNoteLocked(Mdl, EMU_RETURN_ADDRESS());
    MiFillPfns(Mdl);
    Mdl->Process = MiIsKernelAddress(Start) ? NULL : IoGetCurrentProcess();
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    if (Writes) {
        Mdl->MdlFlags |= MDL_WRITE_OPERATION;
    }
}

static ULONG_PTR MiFirstPfn(PMDL Mdl)
{
    return Mdl->ByteCount == 0 ? 0 : MmGetMdlPfnArray(Mdl)[0];
}

enum {
    MI_MAPPABLE_FLAGS = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE,
};

VOID MiCheckLocked(PMDL Mdl, PCSTR Routine)
{
    if ((Mdl->MdlFlags & MI_MAPPABLE_FLAGS) == 0) {
        KiStopF(NULL,
                KiBugCheck(MEMORY_MANAGEMENT, KI_1A_MDL_NOT_LOCKED, (ULONG_PTR)Mdl, (ULONG_PTR)MmGetMdlPfnArray(Mdl),
                           MiFirstPfn(Mdl)),
                "%s for an MDL whose pages are not locked", Routine);
    }
}

/* The pages that were locked are unlocked, and no others. */
static VOID MiVerifyByteCount(PMDL Mdl, PVOID Caller)
{
    SIZE_T Locked = VfIsOn() && KiIsAtLeast(6, 0, 0) ? VfCountLocked(Mdl) : 0;

    if (Locked != 0 && Locked != MiMdlPages(Mdl)) {
        KiStopF(Caller,
                KiBugCheck(DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, (ULONG_PTR)KiFindObject(KiObjectLockedMdl, Mdl), 0,
                           (ULONG_PTR)Mdl, Locked),
                "MmUnlockPages for an MDL of %zu pages, of which %zu were locked: its byte count or its address was "
                "changed meanwhile",
                (size_t)MiMdlPages(Mdl), (size_t)Locked);
    }
}

VOID MmUnlockPages(PMDL MemoryDescriptorList)
{
    PMDL Mdl = MemoryDescriptorList;

    MiVerifyMdlIrql(DISPATCH_LEVEL, EMU_RETURN_ADDRESS(), KI_C4_UNLOCK_PAGES_AT_IRQL, (ULONG_PTR)Mdl, 0,
                    "MmUnlockPages above DISPATCH_LEVEL");
    MiVerifyMdlFlags(Mdl, (ULONG_PTR)Mdl->MdlFlags & MDL_PARTIAL, EMU_RETURN_ADDRESS(), KI_C4_UNLOCK_PARTIAL,
                     "MmUnlockPages for a partial MDL");
    if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) == 0) {
        BOOLEAN IsNonPaged = (Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0;
        MiVerifyMdl(FALSE, EMU_RETURN_ADDRESS(), IsNonPaged ? KI_C4_UNLOCK_NONPAGED : KI_C4_UNLOCK_NOT_LOCKED,
                    (ULONG_PTR)Mdl, (ULONG_PTR)Mdl->MdlFlags, 0,
                    IsNonPaged ? "MmUnlockPages for an MDL of nonpaged pool"
                               : "MmUnlockPages for an MDL whose pages are not locked");
        KiStopF(NULL, KiBugCheck(PFN_LIST_CORRUPT, KI_4E_UNLOCKED_TOO_OFTEN, MiFirstPfn(Mdl), 0, 0),
                "MmUnlockPages for an MDL whose pages are not locked");
    }
    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
    MiVerifyByteCount(Mdl, EMU_RETURN_ADDRESS());
    VfNoteUnlocked(Mdl);
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

/* ---- Mapping --------------------------------------------------------------------------------------------------- */

/* Windows knows the two flags since Windows 8. */
static HOST_ACCESS MiAccessOfPriority(ULONG Priority)
{
    ULONG Flags = KiHasNxPool() ? Priority & (MdlMappingNoWrite | MdlMappingNoExecute) : 0;

    switch (Flags) {
    case 0:
        return HostReadWriteExecute;
    case MdlMappingNoExecute:
        return HostReadWrite;
    case MdlMappingNoWrite:
        return HostReadExecute;
    default:
        return HostReadOnly;
    }
}

/* Whether the only mapping that pages of the program have serves for the one asked for. More rights would hide the
 * faults of the one asked for. Fewer are granted: drivers that do without them work on, others fault. */
static BOOLEAN MiIsHomeAsWanted(PMDL Mdl, HOST_ACCESS Access)
{
    ULONG_PTR Address = (ULONG_PTR)Mdl->StartVa;
    ULONG_PTR End = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl) + Mdl->ByteCount;

    while (Address < End) {
        HOST_PROTECTION Protection = MiProtectionOf(Address);

        if (!Protection.Read || (Protection.Write && !MiWrites(Access)) ||
            (Protection.Execute && !MiExecutes(Access))) {
            return FALSE;
        }
        Address = Protection.End;
    }
    return TRUE;
}

/* The address of the MDL's first byte, or NULL. */
static PVOID MiMapMdl(PMDL Mdl, HOST_ACCESS Access)
{
    MI_EXTENT *Extent = MiTakePages(&MiSystemSpace, MiMdlPages(Mdl), "the mapping of an MDL");

    if (Extent == NULL) {
        return NULL;
    }
    MI_MAPPED Result = MiMapPages(Extent, MmGetMdlPfnArray(Mdl), Extent->Pages, Access);
    if (Result == MiMapped) {
        return (PVOID)(Extent->Base + Mdl->ByteOffset);
    }
    MiGivePages(&MiSystemSpace, Extent);
    return Result == MiNotMappable && MiIsHomeAsWanted(Mdl, Access) ? MmGetMdlVirtualAddress(Mdl) : NULL;
}

/* There is no user mode to map into, so UserMode raises as when its address space is full. A caller who would rather
 * have the system stopped is not failed deliberately. */
static VOID MiVerifyMapping(PMDL Mdl, KPROCESSOR_MODE AccessMode, ULONG BugCheckOnFailure, BOOLEAN SpecifiesCache,
                            PVOID Caller)
{
    BOOLEAN IsKernel = AccessMode == KernelMode;
    ULONG_PTR Flags = (ULONG_PTR)Mdl->MdlFlags;
    ULONG_PTR AtIrql = SpecifiesCache ? (IsKernel ? KI_C4_MAP_CACHE_AT_IRQL : KI_C4_MAP_CACHE_USER_AT_IRQL)
                                      : (IsKernel ? KI_C4_MAP_AT_IRQL : KI_C4_MAP_USER_AT_IRQL);

    MiVerifyMdlIrql(IsKernel ? DISPATCH_LEVEL : APC_LEVEL, Caller, AtIrql, (ULONG_PTR)Mdl, (ULONG_PTR)AccessMode,
                    "an MDL is mapped at an IRQL that is too high");
    MiVerifyMdlFlags(Mdl, Flags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED), Caller,
                     KI_C4_MAP_WRONG_FLAGS, "an MDL is mapped that is mapped already");
    MiVerifyMdlFlags(Mdl, (Flags & MI_MAPPABLE_FLAGS) != 0 ? 0 : MI_MAPPABLE_FLAGS, Caller, KI_C4_MAP_MISSING_FLAGS,
                     "an MDL is mapped whose pages are not locked");
    MiVerifyMdl(!IsKernel || !BugCheckOnFailure || (Flags & MDL_MAPPING_CAN_FAIL) != 0, Caller,
                SpecifiesCache ? KI_C4_MAP_CACHE_CANNOT_FAIL : KI_C4_MAP_CANNOT_FAIL, (ULONG_PTR)Mdl, Flags, 0,
                "an MDL is mapped so that a failure would be a stop; MmMapLockedPagesSpecifyCache with "
                "BugCheckOnFailure FALSE returns NULL instead");
}

static PVOID MiMapLockedPages(PCSTR Routine, PMDL Mdl, KPROCESSOR_MODE AccessMode, ULONG BugCheckOnFailure,
                              ULONG Priority, PVOID Caller)
{
    MiCheckLocked(Mdl, Routine);
    if (AccessMode != KernelMode) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    VfCheckMapping(Routine, Caller, Priority);
    if (!BugCheckOnFailure && VfFails(Routine, 0, Caller)) {
        return NULL;
    }
    PVOID Address = MiMapMdl(Mdl, MiAccessOfPriority(Priority));
    if (Address == NULL) {
        if (BugCheckOnFailure) {
            KiStopF(NULL, KiBugCheck(NO_MORE_SYSTEM_PTES, 0, MiMdlPages(Mdl), 0, 0),
                    "The pages of the MDL cannot get the protection that the mapping is to have");
        }
        return NULL;
    }

    Mdl->MappedSystemVa = Address;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if ((Mdl->MdlFlags & MDL_PARTIAL) != 0) {
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
    return Address;
}

PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                   PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority)
{
    MiVerifyMapping(MemoryDescriptorList, AccessMode, BugCheckOnFailure, TRUE, EMU_RETURN_ADDRESS());
    UNREFERENCED_PARAMETER(CacheType);
    UNREFERENCED_PARAMETER(RequestedAddress);
    return MiMapLockedPages("MmMapLockedPagesSpecifyCache", MemoryDescriptorList, AccessMode, BugCheckOnFailure,
                            Priority, EMU_RETURN_ADDRESS());
}

PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    MiVerifyMapping(MemoryDescriptorList, AccessMode, TRUE, FALSE, EMU_RETURN_ADDRESS());
    return MiMapLockedPages("MmMapLockedPages", MemoryDescriptorList, AccessMode, TRUE, HighPagePriority,
                            EMU_RETURN_ADDRESS());
}

/* The mapping that begins on the page of that address, and is the MDL's own. */
static MI_EXTENT *MiMappingOf(PVOID Address)
{
    MI_EXTENT *Extent = MiExtentAt(&MiSystemSpace, (ULONG_PTR)Address);

    return Extent != NULL && Extent->Mapped != 0 && !Extent->Reserved && Extent->Base == (ULONG_PTR)PAGE_ALIGN(Address)
               ? Extent
               : NULL;
}

VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    PMDL Mdl = MemoryDescriptorList;

    MiVerifyMdlIrql(DISPATCH_LEVEL, EMU_RETURN_ADDRESS(), KI_C4_UNMAP_AT_IRQL, (ULONG_PTR)BaseAddress, (ULONG_PTR)Mdl,
                    "MmUnmapLockedPages above DISPATCH_LEVEL");

    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0) {
        KiStopF(NULL,
                KiBugCheck(SYSTEM_PTE_MISUSE, KI_DA_UNMAP_NOT_MAPPED, (ULONG_PTR)Mdl, (ULONG_PTR)BaseAddress,
                           MiMdlPages(Mdl)),
                "MmUnmapLockedPages for an MDL that is not mapped");
    }
    if (BaseAddress != Mdl->MappedSystemVa) {
        KiStopF(NULL,
                KiBugCheck(SYSTEM_PTE_MISUSE, KI_DA_UNMAP_WRONG_ADDRESS, (ULONG_PTR)Mdl, (ULONG_PTR)Mdl->MappedSystemVa,
                           (ULONG_PTR)BaseAddress),
                "MmUnmapLockedPages with another address than that of the mapping");
    }
    MI_EXTENT *Extent = MiMappingOf(BaseAddress);
    if (Extent != NULL) {
        MiUnmapPages(Extent);
        MiGivePages(&MiSystemSpace, Extent);
    }

    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

static BOOLEAN MiAccessOfProtection(ULONG Protection, HOST_ACCESS *Access)
{
    switch (Protection) {
    case PAGE_NOACCESS:
        *Access = HostNoAccess;
        return TRUE;
    case PAGE_READONLY:
        *Access = HostReadOnly;
        return TRUE;
    case PAGE_READWRITE:
        *Access = HostReadWrite;
        return TRUE;
    case PAGE_EXECUTE: /* no processor that we know executes what cannot be read */
    case PAGE_EXECUTE_READ:
        *Access = HostReadExecute;
        return TRUE;
    case PAGE_EXECUTE_READWRITE:
        *Access = HostReadWriteExecute;
        return TRUE;
    default:
        return FALSE;
    }
}

/* Pages of the program that are mapped where they are keep their protection. */
NTSTATUS MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect)
{
    KiCheckExport(KiExportMmProtectMdlSystemAddress, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportMmProtectMdlSystemAddress, EMU_RETURN_ADDRESS());
    PMDL Mdl = MemoryDescriptorList;
    HOST_ACCESS Access;

    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    if (!MiAccessOfProtection(NewProtect, &Access)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    VfCheckProtection(EMU_RETURN_ADDRESS(), NewProtect);
    MI_EXTENT *Extent = MiExtentAt(&MiSystemSpace, (ULONG_PTR)Mdl->MappedSystemVa);
    if (Extent == NULL || Extent->Mapped == 0) {
        return STATUS_NOT_SUPPORTED;
    }
    return MiProtectPages(Extent, Access) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- Reset ----------------------------------------------------------------------------------------------------- */

VOID MiResetMappings(VOID)
{
    KiForgetObjects(KiObjectLockedMdl);
    for (MI_EXTENT *Extent = MiSystemSpace.Extents, *Next; Extent != NULL; Extent = Next) {
        Next = Extent->Next;
        if (Extent->Mapped != 0 || Extent->Reserved) {
            MiUnmapPages(Extent);
            MiGivePages(&MiSystemSpace, Extent);
        }
    }
}
