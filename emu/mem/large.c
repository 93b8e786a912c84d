/* large.c: large blocks: runs of pages from the engine, described in the page table. */
#include "mem/large.h"

#include "mem/engine.h"
#include "core/sanitizer.h"

static BOOLEAN MiChangeKind(MI_PAGE *Page, MI_PAGE_KIND From, MI_PAGE_KIND To)
{
    return EMU_ATOMIC_COMPARE_EXCHANGE(8, &Page->Kind, (UCHAR)To, (UCHAR)From, EMU_ORDER_FULL) == From;
}

/* ---- Cached runs ---------------------------------------------------------------------------------------------- */

ULONG MiTakeRun(MI_ARENA Arena, ULONG Pages, MI_FREE_BLOCK *Run)
{
    PVOID Address = MiAllocateRun(Arena, (SIZE_T)Pages * PAGE_SIZE, PAGE_SIZE, FALSE);

    if (Address == NULL) {
        return 0;
    }
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Address);
    EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageCached, EMU_ORDER_RELEASE);
    MiNoteRun(Arena, (ULONG_PTR)Address, (SIZE_T)Pages * PAGE_SIZE);
    Run->Block = Address;
    Run->Slot = NULL;
    return 1;
}

VOID MiReturnRuns(MI_ARENA Arena, ULONG Pages, const MI_FREE_BLOCK *Runs, ULONG Count)
{
    PVOID Raced = NULL;

    for (ULONG Index = 0; Index < Count; Index++) {
        if (MiChangeKind(MiPageOf((ULONG_PTR)Runs[Index].Block), MiPageCached, MiPageWasLarge)) {
            MiFreeRun(Arena, Runs[Index].Block, (SIZE_T)Pages * PAGE_SIZE);
        } else {
            Raced = Runs[Index].Block;
        }
    }
    if (Raced != NULL) {
        MiStopOnRacedFree(Raced);
    }
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

static PVOID MiAllocateCached(ULONG Bin, SIZE_T Bytes, BOOLEAN Zero)
{
    MI_FREE_BLOCK Run = MiPopBlockSlow(Bin);

    if (Run.Block != NULL && MiKindOf(MiPageOf((ULONG_PTR)Run.Block)) != MiPageCached) {
        MiStopOnRacedFree(Run.Block);
    }
    if (Run.Block != NULL && Zero) {
        RtlZeroMemory(Run.Block, Bytes);
    }
    return Run.Block;
}

/* A sanitizer wants a page that nobody may touch on both sides of a block: the neighbour may be another one. Nothing is
 * cached then, so that the size alone tells how long the run is. */
static SIZE_T MiGuardBytes(VOID)
{
    return KiIsSanitizing() ? PAGE_SIZE : 0;
}

static ULONG MiCacheClass(SIZE_T Bytes)
{
    return KiIsSanitizing() ? 0 : MiRunClass(Bytes);
}

static PVOID MiAllocateGuarded(MI_ARENA Arena, SIZE_T Bytes, BOOLEAN Zero)
{
    SIZE_T Guard = MiGuardBytes();
    PVOID Run = MiAllocateRun(Arena, ROUND_TO_PAGES(Bytes) + 2 * Guard, PAGE_SIZE, Zero);

    if (Run == NULL) {
        MiGiveBackFreeBlocks();
        Run = MiAllocateRun(Arena, ROUND_TO_PAGES(Bytes) + 2 * Guard, PAGE_SIZE, Zero);
    }
    if (Run == NULL) {
        return NULL;
    }
    MiNoteRun(Arena, (ULONG_PTR)Run + Guard, ROUND_TO_PAGES(Bytes));
    return (UCHAR *)Run + Guard;
}

VOID MiReleaseLarge(PVOID Block, SIZE_T Bytes)
{
    SIZE_T Guard = MiGuardBytes();

    MiFreeRun(MiArenaOf((ULONG_PTR)Block), (UCHAR *)Block - Guard, ROUND_TO_PAGES(Bytes) + 2 * Guard);
}

PVOID MiAllocateLarge(MI_ARENA Arena, SIZE_T Bytes, ULONG Tag, ULONG Word, BOOLEAN Zero)
{
    ULONG Class = MiCacheClass(Bytes);
    PVOID Block;

    if (Bytes > MiArenaBytes()) {
        return NULL;
    }
    if (Class != 0) {
        Block = MiAllocateCached(MiBinOf(Class, Arena), Bytes, Zero);
    } else {
        Block = MiAllocateGuarded(Arena, Bytes, Zero);
    }
    if (Block != NULL) {
        MiCountAlloc(MiThread->Allocs[Arena & MiPaged], MiTagIndexOfWord(Word));
        MiOpenLarge(MiPageOf((ULONG_PTR)Block), Bytes, Tag, Word);
    }
    return Block;
}

BOOLEAN MiFreeLarge(PVOID Block)
{
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    MI_ARENA Arena = MiArenaOf((ULONG_PTR)Block);
    MI_PAGE Entry = MiReadLarge(Page);
    SIZE_T Bytes = MiLargeBytes(&Entry);
    ULONG Class = MiCacheClass(Bytes);

    if (!MiChangeKind(Page, MiPageLarge, Class != 0 ? MiPageCached : MiPageWasLarge)) {
        return FALSE;
    }
    if (Class != 0) {
        MiPushBlockSlow(MiBinOf(Class, Arena), Block, NULL);
    } else if (!KiIsSanitizing()) {
        MiReleaseLarge(Block, Bytes);
    }
    return TRUE;
}

PVOID MiNextLarge(ULONG_PTR Address)
{
    for (ULONG_PTR Unit = MiNextUnit(Address); Unit != 0; Unit = MiNextUnit(Unit + MI_UNIT_BYTES)) {
        BOOLEAN IsSlab = MiKindOf(MiPageOf(Unit)) == MiPageSlab;
        for (ULONG_PTR Page = Unit; !IsSlab && Page < Unit + MI_UNIT_BYTES; Page += PAGE_SIZE) {
            if (Page >= Address && MiKindOf(MiPageOf(Page)) == MiPageLarge) {
                return (PVOID)Page;
            }
        }
    }
    return NULL;
}
