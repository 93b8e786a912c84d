/* region.h: kernel addresses outside the arenas. Who hands them out registers a region and answers for it: special
 * pool, memory with physical addresses to choose from, mappings. So a question about an address is asked once, here,
 * and not of each of them in turn. */
#ifndef EMU_MEM_REGION_H
#define EMU_MEM_REGION_H

#include "mem/block.h"

typedef struct MI_REGION {
    BOOLEAN (*Contains)(ULONG_PTR Address);
    HOST_ACCESS (*Access)(ULONG_PTR Address); /* what a driver may do there; HostNoAccess where nothing is */
    PFN_NUMBER (*PfnOf)(ULONG_PTR Address);
    BOOLEAN (*HomeOf)(PFN_NUMBER Pfn, ULONG_PTR *Home); /* FALSE: the page is none of this region's. NULL: none is */
    BOOLEAN (*OnFault)(const HOST_FAULT *Fault);        /* TRUE: try again. FALSE: execution of pool. Or a stop */
    BOOLEAN IsAtHome; /* its pages are no second view of others, so they may be on the way into a section */

    /* Of pool; else NULL, all of them. FindBlock is MiFindBlock and MiFindBlockAround in one. NextBlock walks over the
     * live blocks, from a place of 0 on, until it returns FALSE. */
    BOOLEAN (*IsPaged)(ULONG_PTR Address);
    BOOLEAN (*FindBlock)(ULONG_PTR Address, BOOLEAN Around, MI_BLOCK *Block);
    BOOLEAN (*NextBlock)(SIZE_T *Place, MI_BLOCK *Block);
    VOID (*MarkBlocks)(VOID);
} MI_REGION;

/* The region stays where it is. Again it does nothing. */
VOID MiAddRegion(const MI_REGION *Region);

/* The region of that address; NULL: it is in an arena, or not the kernel's. */
const MI_REGION *MiRegionOf(ULONG_PTR Address);

/* All of them, from index 0 on; NULL behind the last. */
const MI_REGION *MiRegionAt(ULONG Index);

/* ---- Questions about any address ------------------------------------------------------------------------------ */

BOOLEAN MiIsKernelAddress(ULONG_PTR Address);
BOOLEAN MiIsPagedPool(ULONG_PTR Address);

/* TRUE for pool in which no live block lies there: whatever it was has been freed. */
BOOLEAN MiIsFreedPool(ULONG_PTR Address);

/* What a driver may do there; HostNoAccess, too, where it is not the kernel's. */
HOST_ACCESS MiAccessAt(ULONG_PTR Address);

#endif
