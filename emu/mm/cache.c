/* cache.c: the threads' caches: their coming and going, and what they exchange with the slabs. */
#include "mm/cache.h"

#include "host/host.h"
#include "mm/engine.h"
#include "mm/large.h"

static MI_THREAD MiNoThread; /* never written to */

EMU_THREAD_LOCAL MI_THREAD *MiThread = &MiNoThread;

static HOST_LOCK MiThreadLock;
static MI_THREAD *MiThreads;     /* all that ever were; one that ended waits here, its counters kept, for a new one */
static MI_THREAD *MiIdleThreads; /* those that ended */

static VOID MiEmptyThread(MI_THREAD *Thread)
{
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        for (ULONG Class = 0; Class < MI_CLASS_COUNT; Class++) {
            MI_MAGAZINE *Magazine = &Thread->Magazines[Arena][Class];
            if (Magazine->Count > 0) {
                MiReturnSlots((MI_ARENA)Arena, Class, Magazine->Blocks, Magazine->Count);
                Magazine->Count = 0;
            }
        }
    }
}

static VOID MiDetachThread(VOID)
{
    MI_THREAD *Thread = MiThread;

    if (Thread != &MiNoThread) {
        MiThread = &MiNoThread;
        MiEmptyThread(Thread);
        HostAcquire(&MiThreadLock);
        Thread->NextIdle = MiIdleThreads;
        MiIdleThreads = Thread;
        HostRelease(&MiThreadLock);
    }
}

static MI_THREAD *MiCreateThread(VOID)
{
    MI_THREAD *Thread = HostAllocate(sizeof(MI_THREAD));

    if (Thread != NULL) {
        for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
            for (ULONG Class = 0; Class < MI_CLASS_COUNT; Class++) {
                Thread->Magazines[Arena][Class].Limit = MiClasses[Class].Cached;
            }
        }
    }
    return Thread;
}

BOOLEAN MiAttachThread(VOID)
{
    if (MiThread != &MiNoThread) {
        return TRUE;
    }
    HostAcquire(&MiThreadLock);
    MI_THREAD *Thread = MiIdleThreads;
    if (Thread != NULL) {
        MiIdleThreads = Thread->NextIdle;
    } else {
        Thread = MiCreateThread();
        if (Thread != NULL) {
            Thread->Next = MiThreads;
            MiThreads = Thread;
        }
    }
    HostRelease(&MiThreadLock);
    if (Thread == NULL) {
        return FALSE;
    }
    MiThread = Thread;
    HostAtThreadExit(MiDetachThread);
    return TRUE;
}

BOOLEAN MiIsOnlyThread(VOID)
{
    LONG Running = 0;

    HostAcquire(&MiThreadLock);
    for (const MI_THREAD *Thread = MiThreads; Thread != NULL; Thread = Thread->Next) {
        Running++;
    }
    for (const MI_THREAD *Thread = MiIdleThreads; Thread != NULL; Thread = Thread->NextIdle) {
        Running--;
    }
    HostRelease(&MiThreadLock);
    return Running <= 1;
}

PVOID MiPopBlockSlow(MI_ARENA Arena, ULONG Class)
{
    MI_MAGAZINE *Magazine = &MiThread->Magazines[Arena][Class];

    if (Magazine->Count == 0) {
        Magazine->Count = MiTakeSlots(Arena, Class, Magazine->Blocks, Magazine->Limit / 2);
        /* The slabs give the lowest address first; so does the magazine, which is a stack. */
        for (ULONG Low = 0, High = Magazine->Count; Low + 1 < High; Low++) {
            High--;
            PVOID Block = Magazine->Blocks[Low];
            Magazine->Blocks[Low] = Magazine->Blocks[High];
            Magazine->Blocks[High] = Block;
        }
    }
    return Magazine->Count == 0 ? NULL : Magazine->Blocks[--Magazine->Count];
}

VOID MiPushBlockSlow(MI_ARENA Arena, ULONG Class, PVOID Block)
{
    MI_MAGAZINE *Magazine = &MiThread->Magazines[Arena][Class];

    if (Magazine->Count >= Magazine->Limit) {
        ULONG Half = Magazine->Limit / 2;
        MiReturnSlots(Arena, Class, Magazine->Blocks, Half); /* the oldest */
        Magazine->Count -= Half;
        RtlMoveMemory(Magazine->Blocks, Magazine->Blocks + Half, Magazine->Count * sizeof(PVOID));
    }
    Magazine->Blocks[Magazine->Count++] = Block;
}

/* ---- Counters ------------------------------------------------------------------------------------------------- */

MI_TAG_COUNTERS MiSumTag(ULONG TagIndex)
{
    MI_TAG_COUNTERS Sum = {{0}, {0}, {0}, {0}};

    HostAcquire(&MiThreadLock);
    for (const MI_THREAD *Thread = MiThreads; Thread != NULL; Thread = Thread->Next) {
        const MI_TAG_COUNTERS *Tag = &Thread->Tags[TagIndex];
        for (ULONG Kind = 0; Kind < 2; Kind++) {
            Sum.Allocs[Kind] += EMU_ATOMIC_LOAD(&Tag->Allocs[Kind], EMU_ORDER_NONE);
            Sum.Frees[Kind] += EMU_ATOMIC_LOAD(&Tag->Frees[Kind], EMU_ORDER_NONE);
            Sum.AllocBytes[Kind] += EMU_ATOMIC_LOAD(&Tag->AllocBytes[Kind], EMU_ORDER_NONE);
            Sum.FreeBytes[Kind] += EMU_ATOMIC_LOAD(&Tag->FreeBytes[Kind], EMU_ORDER_NONE);
        }
    }
    HostRelease(&MiThreadLock);
    return Sum;
}

VOID MiZeroTags(VOID)
{
    ULONG Tags = MiTagsInUse();

    HostAcquire(&MiThreadLock);
    for (MI_THREAD *Thread = MiThreads; Thread != NULL; Thread = Thread->Next) {
        RtlZeroMemory(Thread->Tags, Tags * sizeof(MI_TAG_COUNTERS));
        RtlZeroMemory(&Thread->Tags[MI_TAG_OVERFLOW], sizeof(MI_TAG_COUNTERS));
    }
    HostRelease(&MiThreadLock);
}

/* ---- Fork ----------------------------------------------------------------------------------------------------- */

VOID MiBeforeFork(VOID)
{
    HostAcquire(&MiThreadLock);
    MiAcquireTags();
    MiAcquireSlabs();
    MiAcquireEngine();
}

VOID MiAfterForkInParent(VOID)
{
    MiReleaseEngine();
    MiReleaseSlabs();
    MiReleaseTags();
    HostRelease(&MiThreadLock);
}

/* The other threads are not in the child. They may have been in the middle of a push or a pop, so what their magazines
 * say is not to be relied on: the free blocks in them are lost to the child, and their counters go on with new threads.
 */
VOID MiAfterForkInChild(VOID)
{
    MiAfterForkInParent();
    MiIdleThreads = NULL;
    for (MI_THREAD *Thread = MiThreads; Thread != NULL; Thread = Thread->Next) {
        if (Thread != MiThread) {
            for (ULONG Index = 0; Index < MiArenaCount * MI_CLASS_COUNT; Index++) {
                Thread->Magazines[Index / MI_CLASS_COUNT][Index % MI_CLASS_COUNT].Count = 0;
            }
            Thread->NextIdle = MiIdleThreads;
            MiIdleThreads = Thread;
        }
    }
}
