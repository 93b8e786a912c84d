/* large.c: large blocks: runs of pages straight from the engine, described in the page table. */
#include "mm/large.h"

#include "mm/engine.h"

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
    EMU_ATOMIC_STORE(&Page->Tag, Tag, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Page->BytesLow, (ULONG)Bytes, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Page->Word, Word | (ULONG)(Bytes >> 32) << MI_SIZE_SHIFT, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageLarge, EMU_ORDER_RELEASE);
    MiNotePage(Arena, (ULONG_PTR)Block);
    return Block;
}

BOOLEAN MiFreeLarge(PVOID Block)
{
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    SIZE_T Bytes = MiLargeBytes(Page);
    UCHAR Kind = EMU_ATOMIC_COMPARE_EXCHANGE(8, &Page->Kind, (UCHAR)MiPageWasLarge, (UCHAR)MiPageLarge, EMU_ORDER_FULL);

    if (Kind != MiPageLarge) {
        return FALSE;
    }
    MiFreeRun(MiArenaOf((ULONG_PTR)Block), Block, ROUND_TO_PAGES(Bytes));
    return TRUE;
}

PVOID MiNextLarge(ULONG_PTR Address)
{
    for (ULONG Arena = 0; Arena < MiArenaCount && MiHasArenas(); Arena++) {
        ULONG_PTR Base = MiArenaBase((MI_ARENA)Arena);
        ULONG_PTR End = MiEndOfUse((MI_ARENA)Arena);
        for (ULONG_PTR Page = Address > Base ? ROUND_TO_PAGES(Address) : Base; Page < End; Page += PAGE_SIZE) {
            if (MiKindOf(MiPageOf(Page)) == MiPageLarge) {
                return (PVOID)Page;
            }
        }
    }
    return NULL;
}
