/* physical.c: the numbers of pages. */
#include "mem/physical.h"

#include "mem/arena.h"
#include "mem/region.h"

enum {
    MI_RAM_SHIFT = EMU_BY_WIDTH(33, 29),
    MI_SPECIAL_SHIFT = EMU_BY_WIDTH(35, 21),
    MI_FOREIGN_SHIFT = EMU_BY_WIDTH(36, 22),
};

MI_SPACE MiRam = {.Bytes = ((SIZE_T)1 << MI_RAM_SHIFT) + PAGE_SIZE};

static const PFN_NUMBER MiFirstPoolPfn = (PFN_NUMBER)1 << (MI_RAM_SHIFT - PAGE_SHIFT);
const PFN_NUMBER MiFirstSpecialPfn = (PFN_NUMBER)1 << MI_SPECIAL_SHIFT;
static const PFN_NUMBER MiFirstForeignPfn = (PFN_NUMBER)1 << MI_FOREIGN_SHIFT;

PFN_NUMBER MiPfnOfRam(ULONG_PTR Address)
{
    return (Address - MiRam.Base) >> PAGE_SHIFT;
}

static PFN_NUMBER MiPfnOfForeign(ULONG_PTR Address)
{
    return MiFirstForeignPfn | Address >> PAGE_SHIFT;
}

PFN_NUMBER MiPfnOfMapping(ULONG_PTR Address)
{
    const MI_EXTENT *Extent = MiExtentAt(&MiSystemSpace, Address);

    return Extent != NULL && Extent->Mapped != 0 ? Extent->Pfns[(Address - Extent->Base) >> PAGE_SHIFT]
                                                 : MiPfnOfForeign(Address);
}

PFN_NUMBER MiPfnOf(ULONG_PTR Address)
{
    if (MiIsPoolAddress(Address)) {
        return MiFirstPoolPfn + ((Address - MiRanges.Base) >> PAGE_SHIFT);
    }
    const MI_REGION *Region = MiRegionOf(Address);
    return Region != NULL ? Region->PfnOf(Address) : MiPfnOfForeign(Address);
}

/* On x86 the higher numbers have more bits than an address has pages: they are compared before they are shifted. */
BOOLEAN MiHomeOfRam(PFN_NUMBER Pfn, ULONG_PTR *Home)
{
    *Home = MiRam.Base + (Pfn << PAGE_SHIFT);
    return Pfn < MiFirstPoolPfn && MiExtentAt(&MiRam, *Home) != NULL;
}

static BOOLEAN MiHomeOfPool(PFN_NUMBER Pfn, ULONG_PTR *Home)
{
    *Home = MiRanges.Base + ((Pfn - MiFirstPoolPfn) << PAGE_SHIFT);
    return Pfn >= MiFirstPoolPfn && Pfn < MiFirstSpecialPfn && MiIsPoolAddress(*Home);
}

BOOLEAN MiHomeOf(PFN_NUMBER Pfn, ULONG_PTR *Home, HOST_ACCESS *Access)
{
    const MI_REGION *Region;
    BOOLEAN Found = MiHomeOfPool(Pfn, Home);

    for (ULONG Index = 0; !Found && (Region = MiRegionAt(Index)) != NULL; Index++) {
        Found = Region->HomeOf != NULL && Region->HomeOf(Pfn, Home);
    }
    *Access = Found ? MiAccessAt(*Home) : HostNoAccess;
    return Found;
}
