/* physical.c: page numbers, and MmGetPhysicalAddress. */
#include "mem/physical.h"

#include "mem/arena.h"
#include "watch/special.h"

enum {
    MI_RAM_SHIFT = EMU_BY_WIDTH(33, 29),
    MI_SPECIAL_SHIFT = EMU_BY_WIDTH(35, 21),
    MI_FOREIGN_SHIFT = EMU_BY_WIDTH(36, 22),
};

MI_SPACE MiRam = {.Bytes = (SIZE_T)1 << MI_RAM_SHIFT};

static const PFN_NUMBER MiFirstPoolPfn = (PFN_NUMBER)1 << (MI_RAM_SHIFT - PAGE_SHIFT);
static const PFN_NUMBER MiFirstSpecialPfn = (PFN_NUMBER)1 << MI_SPECIAL_SHIFT;
static const PFN_NUMBER MiFirstForeignPfn = (PFN_NUMBER)1 << MI_FOREIGN_SHIFT;

PFN_NUMBER MiPfnOf(ULONG_PTR Address)
{
    if (MiIsPoolAddress(Address)) {
        return MiFirstPoolPfn + ((Address - MiRanges.Base) >> PAGE_SHIFT);
    }
    if (VfIsSpecial(Address)) {
        return MiFirstSpecialPfn + VfPageOfSpecial(Address);
    }
    if (MiIsInSpace(&MiRam, Address)) {
        return (Address - MiRam.Base) >> PAGE_SHIFT;
    }
    const MI_EXTENT *Extent = MiExtentAt(&MiSystemSpace, Address);
    if (Extent != NULL && Extent->Mapped != 0) {
        return Extent->Pfns[(Address - Extent->Base) >> PAGE_SHIFT];
    }
    return MiFirstForeignPfn | Address >> PAGE_SHIFT;
}

BOOLEAN MiHomeOf(PFN_NUMBER Pfn, ULONG_PTR *Home, HOST_ACCESS *Access)
{
    if (Pfn >= MiFirstForeignPfn) {
        return FALSE;
    }
    if (Pfn >= MiFirstSpecialPfn) {
        *Home = VfSpecialAtPage(Pfn - MiFirstSpecialPfn);
        *Access = VfSpecialAccess(*Home);
        return TRUE;
    }
    if (Pfn >= MiFirstPoolPfn) {
        *Home = MiRanges.Base + ((Pfn - MiFirstPoolPfn) << PAGE_SHIFT);
        *Access = MiAccessOf(MiArenaOf(*Home));
        return MiIsPoolAddress(*Home);
    }
    *Home = MiRam.Base + (Pfn << PAGE_SHIFT);
    const MI_EXTENT *Extent = MiExtentAt(&MiRam, *Home);
    *Access = Extent == NULL ? HostNoAccess : Extent->Access;
    return Extent != NULL;
}

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress)
{
    PHYSICAL_ADDRESS Physical;

    Physical.QuadPart = (LONGLONG)MiPfnOf((ULONG_PTR)BaseAddress) << PAGE_SHIFT | BYTE_OFFSET(BaseAddress);
    return Physical;
}
