/* cache.h: what each thread keeps for itself: free blocks of every size class and its tag counters. It stands in front
 * of the slabs as the kernel's per-processor lookaside lists stand in front of its pool, and takes no lock. */
#ifndef EMU_MEM_CACHE_H
#define EMU_MEM_CACHE_H

#include "mem/slab.h"
#include "mem/tag.h"

/* A magazine is a stack of free blocks of one bin. It fills MI_MAGAZINE_BYTES, aligned so, from somewhere in them to
 * their end: it is full when its top is aligned so, and empty when the entry under the top has no block. With it stands
 * what the fast paths have to know of the bin. */
typedef struct MI_MAGAZINE {
    MI_FREE_BLOCK *Top; /* behind the entry that is taken next */
    ULONG64 *Allocs;    /* the thread's counters of allocations, by tag, for this kind of pool */
    ULONG Header[2];    /* the first half of a header, without the tag; [1] when the block is the first of its page */
    ULONG Word;         /* a live slot's, without size and tag */
    ULONG SlotBytes;
    ULONG Reciprocal; /* of a slot's granules, see MiSlotAround */
    UCHAR Padding[MI_MAGAZINE_STRIDE - 2 * sizeof(PVOID) - 5 * sizeof(ULONG)]; /* a cache line */
} MI_MAGAZINE;
C_ASSERT(sizeof(MI_MAGAZINE) == MI_MAGAZINE_STRIDE);

enum {
    MI_MAGAZINE_BYTES = EMU_BY_WIDTH(32, 8) << 10,
    MI_MAGAZINE_ENTRIES = MI_MAGAZINE_BYTES / sizeof(MI_FREE_BLOCK),
    MI_REFILL = 32, /* blocks at the most that are taken from the slabs at a time */
    MI_RECIPROCAL_SHIFT = 20,
    MI_THREAD_BYTES = MI_BINS * sizeof(MI_MAGAZINE) + MI_COUNTERS_OFFSET + 2 * sizeof(ULONG64[MI_TAG_COUNT]),
};

typedef struct MI_THREAD {
    MI_MAGAZINE Magazines[MI_BINS]; /* most of this is never touched */
    struct MI_THREAD *Next;         /* in the list of all */
    struct MI_THREAD *NextIdle;
    UCHAR Unused[MI_COUNTERS_OFFSET - 2 * sizeof(PVOID)];
    ULONG64 Allocs[2][MI_TAG_COUNT]; /* as MI_TAG_COUNTERS; touched, and so backed by memory, where tags are in use */
    UCHAR Padding[MI_MAGAZINE_BYTES - MI_THREAD_BYTES % MI_MAGAZINE_BYTES];
    MI_FREE_BLOCK Blocks[MI_ALL_CLASSES][MiArenaCount][MI_MAGAZINE_ENTRIES];
} MI_THREAD;
C_ASSERT(offsetof(MI_THREAD, Allocs) % PAGE_SIZE == MI_COUNTERS_OFFSET);
C_ASSERT(offsetof(MI_THREAD, Blocks) % MI_MAGAZINE_BYTES == 0); /* and so is every MI_THREAD but MiNoThread */

/* The calling thread's; until its first slow path it is one that is empty and full at once: a pop and a push both
 * fail there, and lead to MiAttachThread. */
extern EMU_LOCAL EMU_THREAD_LOCAL MI_THREAD *MiThread;

/* The one that the fast paths use: the same, or the empty and full one while they are closed. Where it is in a thread
 * slot, it may be NULL for a thread that has none yet. */
#if defined(EMU_READ_THREAD_SLOT)
extern EMU_LOCAL ULONG MiFastThreadSlot; /* 0: the host has none, and the fast paths are closed for good */
#define MiFastThread ((MI_THREAD *)EMU_READ_THREAD_SLOT(MiFastThreadSlot))
#define MI_HAS_FAST_THREAD(Thread) ((Thread) != NULL)
#else
extern EMU_LOCAL EMU_THREAD_LOCAL MI_THREAD *MiFastThread;
#define MI_HAS_FAST_THREAD(Thread) TRUE
#endif

/* Whether fast paths may ever be open. */
BOOLEAN MiHasFastThreads(VOID);

/* Sets the calling thread's IRQL. Above PASSIVE_LEVEL its fast paths are closed: the slow ones know the IRQL rules. */
VOID MiSetIrql(KIRQL Irql);

/* For EmuReset: the calling thread is at PASSIVE_LEVEL, and in no critical region. */
VOID MiResetThread(VOID);

EMU_INLINE MI_MAGAZINE *MiMagazineAt(MI_THREAD *Thread, SIZE_T Offset)
{
    return (MI_MAGAZINE *)((UCHAR *)Thread + Offset);
}

/* A free block of the bin, or one without Block when the thread has none at hand. */
EMU_INLINE MI_FREE_BLOCK MiPopBlock(MI_MAGAZINE *Magazine)
{
    MI_FREE_BLOCK Free = Magazine->Top[-1];

    if (EMU_LIKELY(Free.Block != NULL)) {
        Magazine->Top--;
    }
    return Free;
}

/* FALSE when the magazine is full. */
EMU_INLINE BOOLEAN MiPushBlock(MI_MAGAZINE *Magazine, PVOID Block, MI_SLOT *Slot)
{
    MI_FREE_BLOCK *Top = Magazine->Top;

    if (EMU_UNLIKELY(((ULONG_PTR)Top & (MI_MAGAZINE_BYTES - 1)) == 0)) {
        return FALSE;
    }
    Top->Block = Block;
    Top->Slot = Slot;
    Magazine->Top = Top + 1;
    return TRUE;
}

/* The slot around a page's granule, exact for those where blocks begin: the cheap MiSlotIndex. */
EMU_INLINE ULONG MiSlotAround(const MI_MAGAZINE *Magazine, ULONG Granule)
{
    return Granule * Magazine->Reciprocal >> MI_RECIPROCAL_SHIFT;
}

/* Makes the thread that has no cache; before any thread gets one. */
VOID MiInitializeCaches(VOID);

/* Gives the calling thread its cache, for as long as it runs; FALSE when the host has no memory. */
BOOLEAN MiAttachThread(VOID);

/* The same as the two above, filling from or emptying into the slabs where needed. No Block: the arena is full. */
MI_FREE_BLOCK MiPopBlockSlow(ULONG Bin);
VOID MiPushBlockSlow(ULONG Bin, PVOID Block, MI_SLOT *Slot);

/* For when an arena is full: what the calling thread and the slabs keep for the next blocks of a size becomes room for
 * blocks of any size. */
VOID MiGiveBackFreeBlocks(VOID);

/* TRUE while no other running thread has a cache, that is, has used the pool. */
BOOLEAN MiIsOnlyThread(VOID);

/* TRUE while no other thread ever had one; takes no lock. */
BOOLEAN MiIsOnlyThreadEver(VOID);

/* Of a thread's counters for one kind of pool. Only it writes to them; others read them at any time. */
EMU_INLINE VOID MiCountAlloc(ULONG64 *Allocs, ULONG TagIndex)
{
    EMU_ADD_ALONE(&Allocs[TagIndex], 1);
}

/* The counters of all threads added up, those that ended included; and all of them back to zero. */
MI_TAG_COUNTERS MiSumTag(ULONG TagIndex);
VOID MiZeroTags(VOID);

/* For fork: between the two no thread is inside a slow path. The child has one thread. */
VOID MiBeforeFork(VOID);
VOID MiAfterForkInParent(VOID);
VOID MiAfterForkInChild(VOID);

#endif
