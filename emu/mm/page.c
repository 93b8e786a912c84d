/* page.c: the page table of the pool. */
#include "mm/page.h"

#include "host/host.h"

C_ASSERT(sizeof(MI_PAGE) == 16);

MI_PAGE *MiPages;

/* From the arena's base: to the end of its highest page that was ever in use, and how much a core dump would hold. And
 * from the arena's end down to its lowest page. */
static SIZE_T MiBytesUsed[MiArenaCount];
static SIZE_T MiBytesDumped[MiArenaCount];
static SIZE_T MiBytesFromEnd[MiArenaCount];

BOOLEAN MiInitializePages(SIZE_T Bytes)
{
    MiPages = HostAllocate((Bytes >> PAGE_SHIFT) * sizeof(MI_PAGE));
    return MiPages != NULL;
}

/* Raises *Value to Least; TRUE, and in *Before what it was, when this call did it. */
static BOOLEAN MiRaiseTo(SIZE_T *Value, SIZE_T Least, SIZE_T *Before)
{
    *Before = EMU_ATOMIC_LOAD(Value, EMU_ORDER_NONE);
    while (*Before < Least) {
        SIZE_T Found = EMU_ATOMIC_COMPARE_EXCHANGE(64, Value, Least, *Before, EMU_ORDER_FULL);
        if (Found == *Before) {
            return TRUE;
        }
        *Before = Found;
    }
    return FALSE;
}

VOID MiNoteRun(MI_ARENA Arena, ULONG_PTR Address, SIZE_T Bytes)
{
    enum {
        Step = 64 << 20 /* a core dump holds what is in use, in steps that cost few calls of the host */
    };
    SIZE_T Start = Address - MiArenaBase(Arena);
    SIZE_T End = Start + Bytes;
    SIZE_T Steps = (End + Step - 1) / Step * Step;
    SIZE_T Before;

    MiRaiseTo(&MiBytesUsed[Arena], End, &Before);
    MiRaiseTo(&MiBytesFromEnd[Arena], MiArenaBytes() - Start, &Before);
    if (MiRaiseTo(&MiBytesDumped[Arena], Steps, &Before)) {
        HostAllowDump((PVOID)(MiArenaBase(Arena) + Before), Steps - Before);
    }
}

ULONG_PTR MiStartOfUse(MI_ARENA Arena)
{
    SIZE_T FromEnd = EMU_ATOMIC_LOAD(&MiBytesFromEnd[Arena], EMU_ORDER_ACQUIRE);

    return FromEnd == 0 ? MiArenaBase(Arena) : MiArenaBase(Arena) + MiArenaBytes() - FromEnd;
}

ULONG_PTR MiEndOfUse(MI_ARENA Arena)
{
    return MiArenaBase(Arena) + EMU_ATOMIC_LOAD(&MiBytesUsed[Arena], EMU_ORDER_ACQUIRE);
}
