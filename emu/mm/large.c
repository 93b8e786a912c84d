/* large.c: large blocks: runs of pages straight from the engine, described in the page table. */
#include "mm/large.h"

#include "mm/engine.h"

/* The highest page of each arena that ever began a large block: a walk ends there. */
static SIZE_T MiHighestLarge[MiArenaCount];

static VOID MiRaiseHighest(MI_ARENA Arena, SIZE_T Page)
{
    SIZE_T Seen = EMU_ATOMIC_LOAD(&MiHighestLarge[Arena], EMU_ORDER_NONE);

    while (Seen < Page) {
        SIZE_T Before = EMU_ATOMIC_COMPARE_EXCHANGE(64, &MiHighestLarge[Arena], Page, Seen, EMU_ORDER_FULL);
        if (Before == Seen) {
            return;
        }
        Seen = Before;
    }
}

PVOID MiAllocateLarge(MI_ARENA Arena, SIZE_T Bytes, ULONG Tag, ULONG Word, BOOLEAN Zero)
{
    if (Bytes > MiArenaBytes()) {
        return NULL;
    }
    PVOID Block = MiAllocateRun(Arena, ROUND_TO_PAGES(Bytes), PAGE_SIZE, Zero);
    if (Block == NULL) {
        return NULL;
    }
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    Page->Tag = Tag;
    Page->BytesLow = (ULONG)Bytes;
    Page->Word = Word | (ULONG)(Bytes >> 32) << MI_SIZE_SHIFT;
    EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageLarge, EMU_ORDER_RELEASE);
    MiRaiseHighest(Arena, (SIZE_T)(Page - MiPages));
    return Block;
}

VOID MiFreeLarge(PVOID Block)
{
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    SIZE_T Bytes = MiLargeBytes(Page);

    Page->Word = 0;
    EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageWasLarge, EMU_ORDER_RELEASE);
    MiFreeRun(MiArenaOf((ULONG_PTR)Block), Block, ROUND_TO_PAGES(Bytes));
}

PVOID MiNextLarge(ULONG_PTR Address)
{
    SIZE_T First = Address <= MiRanges.Base ? 0 : (Address - MiRanges.Base + PAGE_SIZE - 1) >> PAGE_SHIFT;
    SIZE_T PagesOfArena = MiArenaBytes() >> PAGE_SHIFT;

    for (ULONG Arena = 0; Arena < MiArenaCount && MiRanges.Bytes != 0; Arena++) {
        SIZE_T Highest = EMU_ATOMIC_LOAD(&MiHighestLarge[Arena], EMU_ORDER_NONE);
        SIZE_T Page = Arena * PagesOfArena;
        for (Page = Page < First ? First : Page; Page <= Highest; Page++) {
            if (EMU_ATOMIC_LOAD(&MiPages[Page].Kind, EMU_ORDER_ACQUIRE) == MiPageLarge) {
                return (PVOID)(MiRanges.Base + (Page << PAGE_SHIFT));
            }
        }
    }
    return NULL;
}
