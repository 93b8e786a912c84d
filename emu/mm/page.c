/* page.c: the page table of the pool. */
#include "mm/page.h"

#include "host/host.h"

C_ASSERT(sizeof(MI_PAGE) == 16);

MI_PAGE *MiPages;

static SIZE_T MiBytesUsed[MiArenaCount]; /* from the arena's base to the end of its highest page that was ever in use */

BOOLEAN MiInitializePages(SIZE_T Bytes)
{
    MiPages = HostAllocate((Bytes >> PAGE_SHIFT) * sizeof(MI_PAGE));
    return MiPages != NULL;
}

VOID MiNotePage(MI_ARENA Arena, ULONG_PTR Address)
{
    SIZE_T Bytes = Address - MiArenaBase(Arena) + PAGE_SIZE;
    SIZE_T Seen = EMU_ATOMIC_LOAD(&MiBytesUsed[Arena], EMU_ORDER_NONE);

    while (Seen < Bytes) {
        SIZE_T Before = EMU_ATOMIC_COMPARE_EXCHANGE(64, &MiBytesUsed[Arena], Bytes, Seen, EMU_ORDER_FULL);
        Seen = Before == Seen ? Bytes : Before;
    }
}

ULONG_PTR MiEndOfUse(MI_ARENA Arena)
{
    return MiArenaBase(Arena) + EMU_ATOMIC_LOAD(&MiBytesUsed[Arena], EMU_ORDER_ACQUIRE);
}
