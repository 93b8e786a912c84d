/* large.h: blocks that begin on a page: all of more than MI_SMALL_MAX bytes. They have no header. Freed ones of up to
 * MI_RUN_CLASSES pages stay in their thread's cache for a while, the others go back to the engine. */
#ifndef EMU_MEM_LARGE_H
#define EMU_MEM_LARGE_H

#include "core/assert.h"
#include "mem/cache.h"

/* Makes the block live with that tag and word (without size); NULL when the arena is full. The thread has a cache. */
PVOID MiAllocateLarge(MI_ARENA Arena, SIZE_T Bytes, ULONG Tag, ULONG Word, BOOLEAN Zero);

/* Frees a live one; FALSE when another thread was faster. While a sanitizer watches its pages stay taken until
 * MiReleaseLarge. */
BOOLEAN MiFreeLarge(PVOID Block);
VOID MiReleaseLarge(PVOID Block, SIZE_T Bytes);

/* The first live large block at or above Address, or NULL. */
PVOID MiNextLarge(ULONG_PTR Address);

/* A run of so many pages from the engine, for a cache: 1, or 0 when the arena is full. And back. */
ULONG MiTakeRun(MI_ARENA Arena, ULONG Pages, MI_FREE_BLOCK *Run);
VOID MiReturnRuns(MI_ARENA Arena, ULONG Pages, const MI_FREE_BLOCK *Runs, ULONG Count);

/* The class of a large block, 0 when it is too large to be cached. */
EMU_INLINE ULONG MiRunClass(SIZE_T Bytes)
{
    return Bytes <= (SIZE_T)MI_RUN_CLASSES * PAGE_SIZE ? MI_CLASS_COUNT - 1 + (ULONG)BYTES_TO_PAGES(Bytes) : 0;
}

/* Writes a large block's entry; from then on it is live. */
EMU_INLINE VOID MiOpenLarge(MI_PAGE *Page, SIZE_T Bytes, ULONG Tag, ULONG Word)
{
    KI_ASSERT((Word & MI_LIVE) != 0); /* or it would be taken for a slab's Magazine */
    EMU_ATOMIC_STORE(&Page->Tag, Tag, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Page->BytesLow, (ULONG)Bytes, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Page->Word, Word | (ULONG)((ULONG64)Bytes >> 32), EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageLarge, EMU_ORDER_RELEASE);
}

#endif
