/* cache.h: what each thread keeps for itself: free blocks of every size class and its tag counters. It stands in front
 * of the slabs as the kernel's per-processor lookaside lists stand in front of its pool, and takes no lock. */
#ifndef EMU_MM_CACHE_H
#define EMU_MM_CACHE_H

#include "mm/slab.h"
#include "mm/tag.h"

/* A magazine is a stack of free blocks that fills 16 aligned KiB from somewhere in them to their end: it is full when
 * its top is aligned so, and empty when the entry under the top has no block. */
enum {
    MI_MAGAZINE_BYTES = 16 << 10,
    MI_MAGAZINE_ENTRIES = MI_MAGAZINE_BYTES / sizeof(MI_FREE_BLOCK),
    MI_REFILL = 32,       /* blocks at the most that are taken from the slabs at a time */
    MI_ARENA_COLUMNS = 4, /* one more than there are arenas: pool types that are none lead there, and find nothing */
};

typedef struct MI_THREAD {
    MI_FREE_BLOCK *Tops[MI_ALL_CLASSES][MI_ARENA_COLUMNS]; /* behind the entry that is taken next */
    struct MI_THREAD *Next;                                /* in the list of all */
    struct MI_THREAD *NextIdle;
    MI_TAG_COUNTERS Tags[MI_TAG_COUNT]; /* touched, and so backed by memory, only where tags are in use */
    UCHAR Padding[MI_MAGAZINE_BYTES - (MI_ALL_CLASSES * MI_ARENA_COLUMNS + 2) * sizeof(PVOID) % MI_MAGAZINE_BYTES];
    MI_FREE_BLOCK Magazines[MI_ALL_CLASSES][MiArenaCount][MI_MAGAZINE_ENTRIES];
} MI_THREAD;
C_ASSERT(offsetof(MI_THREAD, Magazines) % MI_MAGAZINE_BYTES == 0); /* and so is every MI_THREAD but MiNoThread */

/* The calling thread's; until its first slow path it is one that is empty and full at once: a pop and a push both
 * fail there, and lead to MiAttachThread. */
extern EMU_LOCAL EMU_THREAD_LOCAL MI_THREAD *MiThread;

/* A free block of the class, or one without Block when the thread has none at hand. */
EMU_INLINE MI_FREE_BLOCK MiPopBlock(MI_THREAD *Thread, ULONG Arena, ULONG Class)
{
    MI_FREE_BLOCK *Top = Thread->Tops[Class][Arena];
    MI_FREE_BLOCK Free = Top[-1];

    if (EMU_LIKELY(Free.Block != NULL)) {
        Thread->Tops[Class][Arena] = Top - 1;
    }
    return Free;
}

/* FALSE when the thread's magazine is full. */
EMU_INLINE BOOLEAN MiPushBlock(MI_THREAD *Thread, ULONG Arena, ULONG Class, PVOID Block, ULONG *Slot)
{
    MI_FREE_BLOCK *Top = Thread->Tops[Class][Arena];

    if (EMU_UNLIKELY(((ULONG_PTR)Top & (MI_MAGAZINE_BYTES - 1)) == 0)) {
        return FALSE;
    }
    Top->Block = Block;
    Top->Slot = Slot;
    Thread->Tops[Class][Arena] = Top + 1;
    return TRUE;
}

/* Makes the thread that has no cache; before any thread gets one. */
VOID MiInitializeCaches(VOID);

/* Gives the calling thread its cache, for as long as it runs; FALSE when the host has no memory. */
BOOLEAN MiAttachThread(VOID);

/* The same as the two above, filling from or emptying into the slabs where needed. No Block: the arena is full. */
MI_FREE_BLOCK MiPopBlockSlow(MI_ARENA Arena, ULONG Class);
VOID MiPushBlockSlow(MI_ARENA Arena, ULONG Class, PVOID Block, ULONG *Slot);

/* TRUE while no other running thread has a cache, that is, has used the pool. */
BOOLEAN MiIsOnlyThread(VOID);

/* Only the thread that owns a counter writes to it; others read it at any time. */
EMU_INLINE VOID MiAddTo(ULONG64 *Counter, ULONG64 Amount)
{
    EMU_ATOMIC_STORE(Counter, EMU_ATOMIC_LOAD(Counter, EMU_ORDER_NONE) + Amount, EMU_ORDER_NONE);
}

/* Arena & 1 is MiPaged. */
EMU_INLINE VOID MiCountAlloc(MI_THREAD *Thread, ULONG TagIndex, ULONG Arena, SIZE_T Bytes)
{
    MI_COUNTERS *Counters = &Thread->Tags[TagIndex].Kind[Arena & 1];

    MiAddTo(&Counters->Allocs, 1);
    MiAddTo(&Counters->AllocBytes, Bytes);
}

EMU_INLINE VOID MiCountFree(MI_THREAD *Thread, ULONG TagIndex, ULONG Arena, SIZE_T Bytes)
{
    MI_COUNTERS *Counters = &Thread->Tags[TagIndex].Kind[Arena & 1];

    MiAddTo(&Counters->Frees, 1);
    MiAddTo(&Counters->FreeBytes, Bytes);
}

/* The counters of all threads added up, those that ended included; and all of them back to zero. */
MI_TAG_COUNTERS MiSumTag(ULONG TagIndex);
VOID MiZeroTags(VOID);

/* For fork: between the two no thread is inside a slow path. The child has one thread. */
VOID MiBeforeFork(VOID);
VOID MiAfterForkInParent(VOID);
VOID MiAfterForkInChild(VOID);

#endif
