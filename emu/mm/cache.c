/* cache.c: the threads' caches: their coming and going, and what they exchange with slabs and engine. */
#include "mm/cache.h"

#include "host/host.h"
#include "mm/engine.h"
#include "mm/large.h"

/* The thread that has no cache, and the magazine, empty and full at once, of all that is no class or no arena. */
static MI_THREAD MiNoThread;
static MI_FREE_BLOCK
    MiNoMagazine[2 * MI_MAGAZINE_ENTRIES]; /* Windows aligns to 8 KiB at most, so it has room for one */

EMU_THREAD_LOCAL MI_THREAD *MiThread = &MiNoThread;

static HOST_LOCK MiThreadLock;
static MI_THREAD *MiThreads;     /* all that ever were; one that ended waits here, its counters kept, for a new one */
static MI_THREAD *MiIdleThreads; /* those that ended */

VOID MiInitializeCaches(VOID)
{
    ULONG_PTR Full = (ULONG_PTR)(MiNoMagazine + RTL_NUMBER_OF(MiNoMagazine)) & ~(ULONG_PTR)(MI_MAGAZINE_BYTES - 1);

    for (ULONG Class = 0; Class < MI_ALL_CLASSES; Class++) {
        for (ULONG Arena = 0; Arena < MI_ARENA_COLUMNS; Arena++) {
            MiNoThread.Tops[Class][Arena] = (MI_FREE_BLOCK *)Full;
        }
    }
}

/* Where the lowest block of a magazine is; the entry below stays without one. */
static MI_FREE_BLOCK *MiBottom(MI_THREAD *Thread, ULONG Arena, ULONG Class)
{
    return Thread->Magazines[Class][Arena] + MI_MAGAZINE_ENTRIES - MiClasses[Class].Cached;
}

static VOID MiSetMagazines(MI_THREAD *Thread)
{
    RtlCopyMemory(Thread->Tops, MiNoThread.Tops, sizeof(Thread->Tops));
    for (ULONG Class = 1; Class < MI_ALL_CLASSES; Class++) {
        for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
            Thread->Tops[Class][Arena] = MiBottom(Thread, Arena, Class);
        }
    }
}

static ULONG MiTakeBlocks(MI_ARENA Arena, ULONG Class, MI_FREE_BLOCK *Blocks, ULONG Count)
{
    return Class < MI_CLASS_COUNT ? MiTakeSlots(Arena, Class, Blocks, Count)
                                  : MiTakeRun(Arena, Class - MI_CLASS_COUNT + 1, Blocks);
}

static VOID MiReturnBlocks(MI_ARENA Arena, ULONG Class, const MI_FREE_BLOCK *Blocks, ULONG Count)
{
    if (Class < MI_CLASS_COUNT) {
        MiReturnSlots(Arena, Class, Blocks, Count);
    } else {
        MiReturnRuns(Arena, Class - MI_CLASS_COUNT + 1, Blocks, Count);
    }
}

static VOID MiEmptyThread(MI_THREAD *Thread)
{
    for (ULONG Class = 1; Class < MI_ALL_CLASSES; Class++) {
        for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
            MI_FREE_BLOCK *Bottom = MiBottom(Thread, Arena, Class);
            ULONG Count = (ULONG)(Thread->Tops[Class][Arena] - Bottom);
            if (Count > 0) {
                Thread->Tops[Class][Arena] = Bottom;
                MiReturnBlocks((MI_ARENA)Arena, Class, Bottom, Count);
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
    MI_THREAD *Thread = HostReserve(sizeof(MI_THREAD), MI_MAGAZINE_BYTES);

    if (Thread == NULL || !HostMap(Thread, sizeof(MI_THREAD), HostReadWrite)) {
        return NULL;
    }
    MiSetMagazines(Thread);
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

MI_FREE_BLOCK MiPopBlockSlow(MI_ARENA Arena, ULONG Class)
{
    MI_FREE_BLOCK **Top = &MiThread->Tops[Class][Arena];

    if ((*Top)[-1].Block == NULL) {
        *Top += MiTakeBlocks(Arena, Class, *Top, min((MiClasses[Class].Cached + 1u) / 2, MI_REFILL));
    }
    return MiPopBlock(MiThread, Arena, Class);
}

VOID MiPushBlockSlow(MI_ARENA Arena, ULONG Class, PVOID Block, ULONG *Slot)
{
    if (!MiPushBlock(MiThread, Arena, Class, Block, Slot)) {
        MI_FREE_BLOCK **Top = &MiThread->Tops[Class][Arena];
        MI_FREE_BLOCK *Bottom = MiBottom(MiThread, Arena, Class);
        MI_FREE_BLOCK Oldest[MI_MAGAZINE_ENTRIES / 2];
        ULONG Half = (MiClasses[Class].Cached + 1u) / 2;
        /* First out of the magazine, then into the slabs: whatever comes in between, no block is in both. */
        RtlCopyMemory(Oldest, Bottom, Half * sizeof(*Bottom));
        *Top -= Half;
        RtlMoveMemory(Bottom, Bottom + Half, (SIZE_T)(*Top - Bottom) * sizeof(*Bottom));
        MiPushBlock(MiThread, Arena, Class, Block, Slot);
        MiReturnBlocks(Arena, Class, Oldest, Half);
    }
}

/* ---- Counters ------------------------------------------------------------------------------------------------- */

MI_TAG_COUNTERS MiSumTag(ULONG TagIndex)
{
    MI_TAG_COUNTERS Sum = {{{0}, {0}}};

    HostAcquire(&MiThreadLock);
    for (const MI_THREAD *Thread = MiThreads; Thread != NULL; Thread = Thread->Next) {
        for (ULONG Kind = 0; Kind < 2; Kind++) {
            const MI_COUNTERS *Counters = &Thread->Tags[TagIndex].Kind[Kind];
            Sum.Kind[Kind].Allocs += EMU_ATOMIC_LOAD(&Counters->Allocs, EMU_ORDER_NONE);
            Sum.Kind[Kind].Frees += EMU_ATOMIC_LOAD(&Counters->Frees, EMU_ORDER_NONE);
            Sum.Kind[Kind].AllocBytes += EMU_ATOMIC_LOAD(&Counters->AllocBytes, EMU_ORDER_NONE);
            Sum.Kind[Kind].FreeBytes += EMU_ATOMIC_LOAD(&Counters->FreeBytes, EMU_ORDER_NONE);
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
            MiSetMagazines(Thread);
            Thread->NextIdle = MiIdleThreads;
            MiIdleThreads = Thread;
        }
    }
}
