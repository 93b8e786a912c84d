/* heapstop.c: which type of 0x13A KERNEL_MODE_HEAP_CORRUPTION takes the place of which row of 0x19 and 0xC2. */
#include "core/heapstop.h"

#include "core/windows.h"

/* The types are those of the page that mean what was found; public dumps show 0x11 for small blocks and 0x09 for wrong
 * addresses. Rows that are not here stay what they are: tags, IRQLs, requests, addresses that are in no heap, and the
 * process of a charged block, of which a dump of build 18362 shows 0xC2/0x0D. */
static const struct {
    ULONG Code;
    ULONG_PTR Row;
    ULONG_PTR Small; /* the type for a block with a header in front of it, */
    ULONG_PTR Large; /* and without one */
} KiHeapTypes[] = {
    {BAD_POOL_HEADER, KI_19_HEADER_CORRUPT, KI_13A_HEADER, KI_13A_HEADER},
    {BAD_POOL_HEADER, KI_19_NEXT_HEADER_CORRUPT, KI_13A_OVERRUN, KI_13A_OVERRUN},
    {BAD_POOL_CALLER, KI_C2_FREED_TWICE, KI_13A_SMALL_STATE, KI_13A_NOT_BUSY},
    {BAD_POOL_CALLER, KI_C2_FREE_NONPAGED_NOT_ALLOCATED, KI_13A_BAD_ARGUMENT, KI_13A_BAD_ARGUMENT},
    {BAD_POOL_CALLER, KI_C2_FREE_PAGED_NOT_ALLOCATED, KI_13A_BAD_ARGUMENT, KI_13A_BAD_ARGUMENT},
    {BAD_POOL_CALLER, KI_C2_FREE_INSIDE_NONPAGED, KI_13A_BAD_ARGUMENT, KI_13A_BAD_ARGUMENT},
    {BAD_POOL_CALLER, KI_C2_FREE_INSIDE_PAGED, KI_13A_BAD_ARGUMENT, KI_13A_BAD_ARGUMENT},
};

KI_BUGCHECK KiHeapBugCheck(KI_BUGCHECK Before, BOOLEAN HasHeader, ULONG_PTR Heap, ULONG_PTR Address)
{
    for (ULONG Index = 0; KiHasSegmentHeap() && Index < RTL_NUMBER_OF(KiHeapTypes); Index++) {
        if (KiHeapTypes[Index].Code == Before.Code && KiHeapTypes[Index].Row == Before.Parameter[0]) {
            return KiBugCheck(KERNEL_MODE_HEAP_CORRUPTION,
                              HasHeader ? KiHeapTypes[Index].Small : KiHeapTypes[Index].Large, Heap, Address, 0);
        }
    }
    return Before;
}
