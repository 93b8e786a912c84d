/* backing.c: a map of bits outside the arenas. */
#include "mem/backing.h"

#include "core/assert.h"
#include "mem/engine.h"

enum {
    MI_WORD_PAGES = 64,
};

static ULONG64 *MiBacked[MiArenaCount]; /* a bit for each page */

VOID MiInitializeBacking(VOID)
{
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        MiBacked[Arena] = HostAllocate(MiArenaBytes() / PAGE_SIZE / 8);
        if (MiBacked[Arena] == NULL) {
            HostFatal("the host has no memory for the table of the pages in use");
        }
    }
}

/* The executable arena was mapped as a whole. */
static BOOLEAN MiIsCommittedByRun(MI_ARENA Arena)
{
    return HostMapTakesMemory() && Arena != MiNonPagedExecute;
}

/* Sets or clears the bits of so many pages. *Any, *All: of those that were set before. */
static VOID MiSetBacked(MI_ARENA Arena, PVOID Run, SIZE_T Bytes, BOOLEAN Set, BOOLEAN *Any, BOOLEAN *All)
{
    SIZE_T Page = ((ULONG_PTR)Run - MiArenaBase(Arena)) / PAGE_SIZE;
    SIZE_T End = Page + Bytes / PAGE_SIZE;

    KI_ASSERT(MiHoldsEngine());
    *Any = FALSE;
    *All = TRUE;
    while (Page < End) {
        SIZE_T Count = min(MI_WORD_PAGES - Page % MI_WORD_PAGES, End - Page);
        ULONG64 Mask = (Count == MI_WORD_PAGES ? 0 : 1ull << Count) - 1;
        Mask <<= Page % MI_WORD_PAGES;
        ULONG64 *Word = &MiBacked[Arena][Page / MI_WORD_PAGES];
        *Any = *Any || (*Word & Mask) != 0;
        *All = *All && (*Word & Mask) == Mask;
        *Word = Set ? *Word | Mask : *Word & ~Mask;
        Page += Count;
    }
}

BOOLEAN MiBackRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes, BOOLEAN *IsFresh)
{
    BOOLEAN Any, All;

    MiSetBacked(Arena, Run, Bytes, TRUE, &Any, &All);
    *IsFresh = !Any;
    if (!All && MiIsCommittedByRun(Arena) && !HostMap(Run, Bytes, MiAccessOf(Arena))) {
        MiUnbackRun(Arena, Run, Bytes); /* what of it was committed */
        return FALSE;
    }
    return TRUE;
}

VOID MiUnbackRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes)
{
    BOOLEAN Any, All;

    MiSetBacked(Arena, Run, Bytes, FALSE, &Any, &All);
    if (MiIsCommittedByRun(Arena)) {
        HostMap(Run, Bytes, HostNoAccess);
    } else {
        HostDiscard(Run, Bytes);
    }
}
