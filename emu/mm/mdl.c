/* mdl.c: describes and maps the pages of memory descriptor lists. There are no page tables here: the number of a page
 * is its address without the low 12 bits, and the only mapping of a page is the one that it has. */
#include "mm/arena.h"
#include "ke/bugcheck.h"
#include "poolemu.h"

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
    PMDL Mdl = MemoryDescriptorList;
    PVOID Address = MmGetMdlVirtualAddress(Mdl);
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Mdl->ByteCount);

    for (SIZE_T Page = 0; Page < Pages; Page++) {
        MmGetMdlPfnArray(Mdl)[Page] = ((ULONG_PTR)Mdl->StartVa >> PAGE_SHIFT) + Page;
    }

    Mdl->Process = NULL;
    Mdl->MappedSystemVa = Address;
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

/* Whether the mapping that the pages have is the one asked for. More rights than asked for are a refusal, as they hide
 * the faults of the one asked for. Fewer can only be execution, of pages that are no-execute: that is granted without
 * the right, as with Memory Integrity, so that drivers that never execute what they map work on and others fault. */
static BOOLEAN MiIsMappingAsWanted(const HOST_PROTECTION *Protection, ULONG Priority)
{
    if (Protection->Execute && (Priority & MdlMappingNoExecute) != 0) {
        return FALSE;
    }
    if (Protection->Write && (Priority & MdlMappingNoWrite) != 0) {
        return FALSE;
    }
    return Protection->Read;
}

static BOOLEAN MiAreAllPagesAsWanted(PMDL Mdl, ULONG Priority)
{
    ULONG_PTR Address = (ULONG_PTR)Mdl->StartVa;
    ULONG_PTR End = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl) + Mdl->ByteCount;

    while (Address < End) {
        HOST_PROTECTION Protection = MiQueryProtection((PVOID)Address);

        if (!MiIsMappingAsWanted(&Protection, Priority)) {
            return FALSE;
        }
        Address = Protection.End > Address ? Protection.End : End; /* not pool, and nobody to ask: taken as asked for */
    }

    return TRUE;
}

static VOID MiCheckLocked(PMDL Mdl)
{
    if ((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)) == 0) {
        KiStop(MEMORY_MANAGEMENT, 0x1236, (ULONG_PTR)Mdl, (ULONG_PTR)MmGetMdlPfnArray(Mdl),
               Mdl->ByteCount == 0 ? 0 : MmGetMdlPfnArray(Mdl)[0],
               "MmMapLockedPagesSpecifyCache for an MDL whose pages are not locked");
    }
}

/* There is no user mode to map into, so UserMode raises as when its address space is full. */
PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                   PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority)
{
    PMDL Mdl = MemoryDescriptorList;

    UNREFERENCED_PARAMETER(CacheType);
    UNREFERENCED_PARAMETER(RequestedAddress);

    MiCheckLocked(Mdl);
    if (AccessMode != KernelMode) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    if (!MiAreAllPagesAsWanted(Mdl, Priority)) {
        if (BugCheckOnFailure) {
            KiStop(NO_MORE_SYSTEM_PTES, 0, 0, 0, 0,
                   "MmMapLockedPagesSpecifyCache: the pages cannot get the protection that Priority asks for");
        }
        return NULL;
    }

    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if ((Mdl->MdlFlags & MDL_PARTIAL) != 0) {
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
    return Mdl->MappedSystemVa;
}

VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    PMDL Mdl = MemoryDescriptorList;

    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0) {
        KiStop(SYSTEM_PTE_MISUSE, 0x06, (ULONG_PTR)Mdl, (ULONG_PTR)BaseAddress,
               ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), Mdl->ByteCount),
               "MmUnmapLockedPages for an MDL that is not mapped");
    }
    if (BaseAddress != Mdl->MappedSystemVa) {
        KiStop(SYSTEM_PTE_MISUSE, 0x03, (ULONG_PTR)Mdl, (ULONG_PTR)Mdl->MappedSystemVa, (ULONG_PTR)BaseAddress,
               "MmUnmapLockedPages with another address than that of the mapping");
    }

    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}
