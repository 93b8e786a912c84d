/* cache.c: the threads' caches: their coming and going, and what they exchange with slabs and engine. */
#include "mem/cache.h"

#include "host/host.h"
#include "core/thread.h"
#include "mem/engine.h"
#include "mem/large.h"

/* The thread that has no cache, and the magazine, empty and full at once, of all that is no class or no arena. */
static MI_THREAD MiNoThread;
static MI_FREE_BLOCK MiNoBlocks[2 * MI_MAGAZINE_ENTRIES]; /* Windows aligns to 8 KiB at most: it has room for one */

EMU_THREAD_LOCAL MI_THREAD *MiThread = &MiNoThread;
#if defined(EMU_READ_THREAD_SLOT)
EMU_HOT ULONG MiFastThreadSlot;

static VOID MiTakeThreadSlot(VOID)
{
    ULONG Number = HostTakeThreadSlot();

    MiFastThreadSlot = EMU_THREAD_SLOT_OFFSET(Number);
}

BOOLEAN MiHasFastThreads(VOID)
{
    return MiFastThreadSlot != 0;
}

static VOID MiSetFastThread(MI_THREAD *Thread)
{
    if (MiHasFastThreads()) {
        EMU_WRITE_THREAD_SLOT(MiFastThreadSlot, Thread);
    }
}
#else
EMU_THREAD_LOCAL MI_THREAD *MiFastThread = &MiNoThread;

static VOID MiTakeThreadSlot(VOID)
{
}

BOOLEAN MiHasFastThreads(VOID)
{
    return TRUE;
}

static VOID MiSetFastThread(MI_THREAD *Thread)
{
    MiFastThread = Thread;
}
#endif

static HOST_LOCK MiThreadLock;
static MI_THREAD *MiThreads;     /* all that ever were; one that ended waits here, its counters kept, for a new one */
static MI_THREAD *MiIdleThreads; /* those that ended */

VOID MiInitializeCaches(VOID)
{
    ULONG_PTR End = (ULONG_PTR)(MiNoBlocks + RTL_NUMBER_OF(MiNoBlocks)) & ~(ULONG_PTR)(MI_MAGAZINE_BYTES - 1);

    MiTakeThreadSlot();
    for (ULONG Bin = 0; Bin < MI_ALL_CLASSES * 2; Bin++) {
        MiNoThread.Magazines[Bin].Top = (MI_FREE_BLOCK *)End;
        MiNoThread.Magazines[NonPagedPoolNx + Bin].Top = (MI_FREE_BLOCK *)End;
    }
}

/* Where the lowest block of a magazine is; the entry below stays without one. */
static MI_FREE_BLOCK *MiBottom(MI_THREAD *Thread, ULONG Bin)
{
    ULONG Class = MiClassOfBin(Bin);

    return Thread->Blocks[Class][MiArenaOfBin(Bin)] + MI_MAGAZINE_ENTRIES - MiClasses[Class].Cached;
}

/* Calls Routine for every bin that has blocks. */
static VOID MiForEachBin(VOID (*Routine)(MI_THREAD *Thread, ULONG Bin), MI_THREAD *Thread)
{
    for (ULONG Class = 1; Class < MI_ALL_CLASSES; Class++) {
        for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
            Routine(Thread, MiBinOf(Class, (MI_ARENA)Arena));
        }
    }
}

static VOID MiSetMagazine(MI_THREAD *Thread, ULONG Bin)
{
    MI_MAGAZINE *Magazine = &Thread->Magazines[Bin];
    MI_ARENA Arena = MiArenaOfBin(Bin);
    ULONG SlotBytes = MiClasses[MiClassOfBin(Bin)].SlotBytes;
    ULONG Granules = SlotBytes / MI_GRANULE;
    ULONG Type = MI_HEADER_NONPAGED + (Arena & MiPaged);

    Magazine->Top = MiBottom(Thread, Bin);
    Magazine->Allocs = Thread->Allocs[Arena & MiPaged];
    Magazine->Header[0] = MiHeaderBits(Granules, Arena, Granules, Type);
    Magazine->Header[1] = MiHeaderBits(0, Arena, Granules, Type);
    Magazine->Word = MI_LIVE | (Arena == MiNonPagedNx ? MI_NX_TYPE : 0);
    Magazine->SlotBytes = SlotBytes;
    Magazine->Reciprocal = SlotBytes != 0 ? ((ULONG)MI_GRANULE << MI_RECIPROCAL_SHIFT) / SlotBytes + 1 : 0;
}

static VOID MiSetMagazines(MI_THREAD *Thread)
{
    for (ULONG Bin = 0; Bin < MI_BINS; Bin += NonPagedPoolNx) {
        RtlCopyMemory(&Thread->Magazines[Bin], &MiNoThread.Magazines[Bin], 2 * sizeof(MI_MAGAZINE) * MI_ALL_CLASSES);
    }
    MiForEachBin(MiSetMagazine, Thread);
}

static ULONG MiTakeBlocks(ULONG Bin, MI_FREE_BLOCK *Blocks, ULONG Count)
{
    ULONG Class = MiClassOfBin(Bin);
    MI_ARENA Arena = MiArenaOfBin(Bin);

    return Class < MI_CLASS_COUNT ? MiTakeSlots(Arena, Class, Blocks, Count)
                                  : MiTakeRun(Arena, Class - MI_CLASS_COUNT + 1, Blocks);
}

static VOID MiReturnBlocks(ULONG Bin, const MI_FREE_BLOCK *Blocks, ULONG Count)
{
    ULONG Class = MiClassOfBin(Bin);
    MI_ARENA Arena = MiArenaOfBin(Bin);

    if (Class < MI_CLASS_COUNT) {
        MiReturnSlots(Arena, Class, Blocks, Count);
    } else {
        MiReturnRuns(Arena, Class - MI_CLASS_COUNT + 1, Blocks, Count);
    }
}

static VOID MiEmptyMagazine(MI_THREAD *Thread, ULONG Bin)
{
    MI_FREE_BLOCK *Bottom = MiBottom(Thread, Bin);
    ULONG Count = (ULONG)(Thread->Magazines[Bin].Top - Bottom);

    if (Count > 0) {
        Thread->Magazines[Bin].Top = Bottom;
        MiReturnBlocks(Bin, Bottom, Count);
    }
}

static VOID MiEmptyThread(MI_THREAD *Thread)
{
    MiForEachBin(MiEmptyMagazine, Thread);
}

VOID MiGiveBackFreeBlocks(VOID)
{
    if (MiThread != &MiNoThread) {
        MiEmptyThread(MiThread);
    }
    MiTrimSlabs();
}

VOID MiSetIrql(KIRQL Irql)
{
    KiThread.Irql = Irql;
    MiSetFastThread(Irql == PASSIVE_LEVEL ? MiThread : &MiNoThread);
}

VOID MiResetThread(VOID)
{
    MiSetIrql(PASSIVE_LEVEL);
    KiThread.ApcDisable = 0;
}

static VOID MiDetachThread(VOID)
{
    MI_THREAD *Thread = MiThread;

    if (Thread != &MiNoThread) {
        MiThread = &MiNoThread;
        MiSetFastThread(&MiNoThread);
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
    MiSetIrql(KiThread.Irql);
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

BOOLEAN MiIsOnlyThreadEver(VOID)
{
    const MI_THREAD *Thread = EMU_ATOMIC_LOAD(&MiThreads, EMU_ORDER_ACQUIRE);

    return Thread == MiThread && Thread->Next == NULL;
}

MI_FREE_BLOCK MiPopBlockSlow(ULONG Bin)
{
    MI_MAGAZINE *Magazine = &MiThread->Magazines[Bin];

    if (Magazine->Top[-1].Block == NULL) {
        ULONG Cached = MiClasses[MiClassOfBin(Bin)].Cached;
        ULONG Wanted = min((Cached + 1) / 2, MI_REFILL);
        ULONG Taken = MiTakeBlocks(Bin, Magazine->Top, Wanted);
        if (Taken == 0) {
            MiGiveBackFreeBlocks();
            Taken = MiTakeBlocks(Bin, Magazine->Top, Wanted);
        }
        Magazine->Top += Taken;
    }
    return MiPopBlock(Magazine);
}

VOID MiPushBlockSlow(ULONG Bin, PVOID Block, MI_SLOT *Slot)
{
    MI_MAGAZINE *Magazine = &MiThread->Magazines[Bin];

    if (!MiPushBlock(Magazine, Block, Slot)) {
        MI_FREE_BLOCK *Bottom = MiBottom(MiThread, Bin);
        MI_FREE_BLOCK Oldest[MI_MAGAZINE_ENTRIES / 2];
        ULONG Half = (MiClasses[MiClassOfBin(Bin)].Cached + 1u) / 2;
        /* First out of the magazine, then into the slabs: whatever comes in between, no block is in both. */
        RtlCopyMemory(Oldest, Bottom, Half * sizeof(*Bottom));
        Magazine->Top -= Half;
        RtlMoveMemory(Bottom, Bottom + Half, (SIZE_T)(Magazine->Top - Bottom) * sizeof(*Bottom));
        MiPushBlock(Magazine, Block, Slot);
        MiReturnBlocks(Bin, Oldest, Half);
    }
}

/* ---- Counters ------------------------------------------------------------------------------------------------- */

MI_TAG_COUNTERS MiSumTag(ULONG TagIndex)
{
    MI_TAG_COUNTERS Sum = {{0}};

    HostAcquire(&MiThreadLock);
    for (const MI_THREAD *Thread = MiThreads; Thread != NULL; Thread = Thread->Next) {
        for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(Sum.Allocs); Kind++) {
            Sum.Allocs[Kind] += EMU_ATOMIC_LOAD(&Thread->Allocs[Kind][TagIndex], EMU_ORDER_ACQUIRE);
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
        for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(Thread->Allocs); Kind++) {
            RtlZeroMemory(Thread->Allocs[Kind], Tags * sizeof(ULONG64));
            Thread->Allocs[Kind][MI_TAG_OVERFLOW] = 0;
        }
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
