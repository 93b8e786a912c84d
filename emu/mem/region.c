/* region.c: the regions, and the questions that all of them answer. */
#include "mem/region.h"

#include "mem/fault.h"
#include "mem/physical.h"

/* ---- Memory with physical addresses, and mappings ------------------------------------------------------------- */

static HOST_ACCESS MiAccessInSpace(MI_SPACE *Space, ULONG_PTR Address)
{
    const MI_EXTENT *Extent = MiExtentAt(Space, Address);

    return Extent == NULL ? HostNoAccess : Extent->Access;
}

static BOOLEAN MiIsRam(ULONG_PTR Address)
{
    return MiIsInSpace(&MiRam, Address);
}

static HOST_ACCESS MiRamAccess(ULONG_PTR Address)
{
    return MiAccessInSpace(&MiRam, Address);
}

static BOOLEAN MiOnRamFault(const HOST_FAULT *Fault)
{
    MiStopInSpace(Fault, &MiRam);
}

static const MI_REGION MiRamRegion = {
    .Contains = MiIsRam,
    .Access = MiRamAccess,
    .PfnOf = MiPfnOfRam,
    .HomeOf = MiHomeOfRam,
    .OnFault = MiOnRamFault,
    .IsAtHome = TRUE,
};

static BOOLEAN MiIsMapping(ULONG_PTR Address)
{
    return MiIsInSpace(&MiSystemSpace, Address);
}

static HOST_ACCESS MiMappingAccess(ULONG_PTR Address)
{
    return MiAccessInSpace(&MiSystemSpace, Address);
}

static BOOLEAN MiOnMappingFault(const HOST_FAULT *Fault)
{
    MiStopInSpace(Fault, &MiSystemSpace);
}

static const MI_REGION MiMappingRegion = {
    .Contains = MiIsMapping,
    .Access = MiMappingAccess,
    .PfnOf = MiPfnOfMapping,
    .OnFault = MiOnMappingFault,
};

/* ---- The regions ---------------------------------------------------------------------------------------------- */

enum {
    MI_MOST_REGIONS = 8,
};

static const MI_REGION *MiRegions[MI_MOST_REGIONS + 1] = {&MiRamRegion, &MiMappingRegion};

VOID MiAddRegion(const MI_REGION *Region)
{
    for (ULONG Index = 0; Index < MI_MOST_REGIONS; Index++) {
        const MI_REGION *There = EMU_ATOMIC_COMPARE_EXCHANGE_POINTER(&MiRegions[Index], Region, NULL, EMU_ORDER_FULL);
        if (There == NULL || There == Region) {
            return;
        }
    }
    HostFatal("there is no room for another region of addresses");
}

const MI_REGION *MiRegionAt(ULONG Index)
{
    return EMU_ATOMIC_LOAD(&MiRegions[Index], EMU_ORDER_ACQUIRE);
}

const MI_REGION *MiRegionOf(ULONG_PTR Address)
{
    const MI_REGION *Region = NULL;

    for (ULONG Index = 0; (Region = MiRegionAt(Index)) != NULL && !Region->Contains(Address); Index++) {
    }
    return Region;
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

/* Before there are arenas, another thread may be making them. */
static BOOLEAN MiIsInArena(ULONG_PTR Address)
{
    return MiHasArenas() && MiIsPoolAddress(Address);
}

BOOLEAN MiIsKernelAddress(ULONG_PTR Address)
{
    return MiIsInArena(Address) || MiRegionOf(Address) != NULL;
}

BOOLEAN MiIsPagedPool(ULONG_PTR Address)
{
    if (MiIsInArena(Address)) {
        return MiArenaOf(Address) == MiPaged;
    }
    const MI_REGION *Region = MiRegionOf(Address);
    return Region != NULL && Region->IsPaged != NULL && Region->IsPaged(Address);
}

BOOLEAN MiIsFreedPool(ULONG_PTR Address)
{
    MI_BLOCK Block;
    const MI_REGION *Region = NULL;
    BOOLEAN IsPool = MiIsInArena(Address) || ((Region = MiRegionOf(Address)) != NULL && Region->FindBlock != NULL);

    return IsPool && !MiFindBlockAround(Address, &Block);
}

HOST_ACCESS MiAccessAt(ULONG_PTR Address)
{
    if (MiIsInArena(Address)) {
        return MiAccessOf(MiArenaOf(Address));
    }
    const MI_REGION *Region = MiRegionOf(Address);
    return Region == NULL ? HostNoAccess : Region->Access(Address);
}
