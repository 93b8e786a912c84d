/* cache.h: what each thread keeps for itself: free blocks of every size class and its tag counters. It stands in front
 * of the slabs as the kernel's per-processor lookaside lists stand in front of its pool, and takes no lock. */
#ifndef EMU_MM_CACHE_H
#define EMU_MM_CACHE_H

#include "mm/slab.h"
#include "mm/tag.h"

enum {
    MI_MAGAZINE_BLOCKS = 64,
};

typedef struct MI_MAGAZINE {
    ULONG Count;
    ULONG Limit; /* 0 in the thread that has no cache yet */
    PVOID Blocks[MI_MAGAZINE_BLOCKS];
} MI_MAGAZINE;

typedef struct MI_THREAD {
    struct MI_THREAD *Next; /* in the list of all */
    struct MI_THREAD *NextIdle;
    MI_MAGAZINE Magazines[MiArenaCount][MI_CLASS_COUNT];
    MI_TAG_COUNTERS Tags[MI_TAG_COUNT]; /* touched, and so backed by memory, only where tags are in use */
} MI_THREAD;

/* The calling thread's; until its first slow path it is one that is empty and full at once: a pop and a push both
 * fail there, and lead to MiAttachThread. */
extern EMU_THREAD_LOCAL MI_THREAD *MiThread;

/* A free block of the class, or NULL when this thread has none at hand. */
static inline PVOID MiPopBlock(MI_ARENA Arena, ULONG Class)
{
    MI_MAGAZINE *Magazine = &MiThread->Magazines[Arena][Class];

    return Magazine->Count == 0 ? NULL : Magazine->Blocks[--Magazine->Count];
}

/* FALSE when this thread's magazine is full. */
static inline BOOLEAN MiPushBlock(MI_ARENA Arena, ULONG Class, PVOID Block)
{
    MI_MAGAZINE *Magazine = &MiThread->Magazines[Arena][Class];

    if (Magazine->Count >= Magazine->Limit) {
        return FALSE;
    }
    Magazine->Blocks[Magazine->Count++] = Block;
    return TRUE;
}

/* Gives the calling thread its cache, for as long as it runs; FALSE when the host has no memory. */
BOOLEAN MiAttachThread(VOID);

/* The same as the two above, filling from or emptying into the slabs where needed. NULL: the arena is full. */
PVOID MiPopBlockSlow(MI_ARENA Arena, ULONG Class);
VOID MiPushBlockSlow(MI_ARENA Arena, ULONG Class, PVOID Block);

/* TRUE while no other running thread has a cache, that is, has used the pool. */
BOOLEAN MiIsOnlyThread(VOID);

/* Only the thread that owns a counter writes to it; others read it at any time. */
static inline VOID MiAddTo(ULONG64 *Counter, ULONG64 Amount)
{
    EMU_ATOMIC_STORE(Counter, EMU_ATOMIC_LOAD(Counter, EMU_ORDER_NONE) + Amount, EMU_ORDER_NONE);
}

static inline VOID MiCountAlloc(ULONG TagIndex, MI_ARENA Arena, SIZE_T Bytes)
{
    MI_TAG_COUNTERS *Tag = &MiThread->Tags[TagIndex];
    ULONG Kind = Arena == MiPaged;

    MiAddTo(&Tag->Allocs[Kind], 1);
    MiAddTo(&Tag->AllocBytes[Kind], Bytes);
}

static inline VOID MiCountFree(ULONG TagIndex, MI_ARENA Arena, SIZE_T Bytes)
{
    MI_TAG_COUNTERS *Tag = &MiThread->Tags[TagIndex];
    ULONG Kind = Arena == MiPaged;

    MiAddTo(&Tag->Frees[Kind], 1);
    MiAddTo(&Tag->FreeBytes[Kind], Bytes);
}

/* The counters of all threads added up, those that ended included; and all of them back to zero. */
MI_TAG_COUNTERS MiSumTag(ULONG TagIndex);
VOID MiZeroTags(VOID);

/* For fork: between the two no thread is inside a slow path. The child has one thread. */
VOID MiBeforeFork(VOID);
VOID MiAfterForkInParent(VOID);
VOID MiAfterForkInChild(VOID);

#endif
