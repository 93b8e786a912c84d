/* track.c: pool tracking. What an operation costs is a look at the stack (host/stack.h), a record beside the block's
 * address, an entry of the log, and counters of the thread's own: no lock, and no line of cache that threads share. */
#include "watch/track.h"

#include <stdio.h>

#include "host/code.h"
#include "host/host.h"
#include "host/stack.h"
#include "host/table.h"
#include "watch/log.h"
#include "watch/trackstack.h"

/* ---- What is kept --------------------------------------------------------------------------------------------- */

/* Blocks and bytes of one kind of pool. A thread counts its own, and adds them to the sum of all with each chunk of the
 * log: so the peak is exact while one thread uses the pool, and else within a chunk of each. */
typedef struct VF_USE {
    LONG64 Now[2]; /* [0] blocks, [1] bytes */
    LONG64 Peak[2];
} VF_USE;

typedef struct VF_THREAD {
    const MI_THREAD *Owner; /* whoever has it now has this one, too */
    struct VF_THREAD *Next;
    HOST_TRAILS *Trails;
    VF_CLOCK Clock;
    ULONG64 Allocations;
    ULONG64 WithoutTag;
    ULONG64 Failures;
    ULONG64 NotTracked;
    VF_USE Use[2]; /* [0] nonpaged, [1] paged */
} VF_THREAD;

/* Beside the arenas: no two blocks begin in the same 32 bytes, on x86 16. */
enum {
    VF_RECORD_SHIFT = EMU_BY_WIDTH(5, 4),
};

C_ASSERT(1 << VF_RECORD_SHIFT == 2 * MEMORY_ALLOCATION_ALIGNMENT); /* the smallest block with its header */

/* The record of a block elsewhere. It is reused when its block is free. */
typedef struct VF_OTHER {
    ULONG64 Address; /* 0: none yet */
    VF_RECORD Record;
} VF_OTHER;

enum {
    VF_OTHERS = 1 << 16,
    VF_MOST_STEPS = 64,
};

static struct {
    VF_THREAD *Threads; /* only added to */
    ULONG ThreadCount;
    VF_USE Use[2];      /* [0] nonpaged, [1] paged: what threads have added up */
    VF_RECORD *Records; /* of blocks in the arenas; NULL where the host has no room for them */
    SIZE_T RecordBytes;
    HOST_TABLE Others; /* by address: of the other blocks, and of all where there are no Records */
    BOOLEAN HasNoted;  /* tracking was on since the last EmuReset */
    BOOLEAN HasRecord; /* a record was taken since all were forgotten */
    BOOLEAN HasOther;  /* one of the Others was */
} VfTrack = {.Others = {NULL, sizeof(VF_OTHER), VF_OTHERS, VF_MOST_STEPS}};

static EMU_THREAD_LOCAL VF_THREAD *VfThread;

/* ---- Counters ------------------------------------------------------------------------------------------------- */

static VOID VfAddOne(ULONG64 *Counter)
{
    EMU_ATOMIC_STORE(Counter, EMU_ATOMIC_LOAD(Counter, EMU_ORDER_NONE) + 1, EMU_ORDER_NONE);
}

static inline VOID VfCountUse(LONG64 *Now, LONG64 *Peak, LONG64 Change)
{
    LONG64 Sum = EMU_ATOMIC_LOAD(Now, EMU_ORDER_NONE) + Change;

    EMU_ATOMIC_STORE(Now, Sum, EMU_ORDER_NONE);
    if (Sum > EMU_ATOMIC_LOAD(Peak, EMU_ORDER_NONE)) {
        EMU_ATOMIC_STORE(Peak, Sum, EMU_ORDER_NONE);
    }
}

static inline VOID VfCountBlock(VF_THREAD *Thread, const MI_BLOCK *Block, LONG64 Sign)
{
    VF_USE *Use = &Thread->Use[Block->PoolType & PagedPool];

    VfCountUse(&Use->Now[0], &Use->Peak[0], Sign);
    VfCountUse(&Use->Now[1], &Use->Peak[1], Sign * (LONG64)Block->Size);
}

static VOID VfRaisePeak(LONG64 *Peak, LONG64 Value)
{
    LONG64 Found = EMU_ATOMIC_LOAD(Peak, EMU_ORDER_NONE);

    while (Value > Found) {
        LONG64 Before = Found;
        Found = EMU_ATOMIC_COMPARE_EXCHANGE(64, Peak, Value, Before, EMU_ORDER_FULL);
        if (Found == Before) {
            return;
        }
    }
}

static VOID VfAddUp(VF_THREAD *Thread)
{
    for (ULONG Kind = 0; Kind < 2; Kind++) {
        for (ULONG What = 0; What < 2; What++) {
            VF_USE *Own = &Thread->Use[Kind];
            LONG64 Before = EMU_ATOMIC_ADD(64, &VfTrack.Use[Kind].Now[What], Own->Now[What], EMU_ORDER_NONE);
            VfRaisePeak(&VfTrack.Use[Kind].Peak[What], Before + Own->Peak[What]);
            EMU_ATOMIC_STORE(&Own->Now[What], 0, EMU_ORDER_NONE);
            EMU_ATOMIC_STORE(&Own->Peak[What], 0, EMU_ORDER_NONE);
        }
    }
}

/* ---- Threads -------------------------------------------------------------------------------------------------- */

static VF_THREAD *VfMakeThread(VOID)
{
    VF_THREAD *Thread = HostAllocate(sizeof(*Thread));

    if (Thread == NULL) {
        return NULL;
    }
    Thread->Owner = MiThread;
    Thread->Trails = HostMakeTrails();
    Thread->Clock.Thread = EMU_ATOMIC_ADD(32, &VfTrack.ThreadCount, 1u, EMU_ORDER_NONE) + 1;
    if (Thread->Trails == NULL) {
        HostFree(Thread, sizeof(*Thread));
        return NULL;
    }
    VF_THREAD *First = EMU_ATOMIC_LOAD(&VfTrack.Threads, EMU_ORDER_NONE);
    for (;;) {
        Thread->Next = First;
        VF_THREAD *Found = EMU_ATOMIC_COMPARE_EXCHANGE_POINTER(&VfTrack.Threads, Thread, First, EMU_ORDER_FULL);
        if (Found == First) {
            return Thread;
        }
        First = Found;
    }
}

/* A thread's cache goes to a new thread when it ends; what is kept here goes with it. NULL: no memory. */
static EMU_NOINLINE VF_THREAD *VfAttachThread(VOID)
{
    if (!MiAttachThread()) {
        return NULL;
    }
    VfThread = EMU_ATOMIC_LOAD(&VfTrack.Threads, EMU_ORDER_ACQUIRE);
    while (VfThread != NULL && VfThread->Owner != MiThread) {
        VfThread = VfThread->Next;
    }
    if (VfThread == NULL) {
        VfThread = VfMakeThread();
    }
    return VfThread;
}

static inline VF_THREAD *VfThisThread(VOID)
{
    return EMU_LIKELY(VfThread != NULL && VfThread->Owner == MiThread) ? VfThread : VfAttachThread();
}

/* ---- Records -------------------------------------------------------------------------------------------------- */

/* NULL, too, when little would be left to others. */
static PVOID VfAllocateRecords(SIZE_T Bytes)
{
    SIZE_T RestBytes = min(Bytes, (SIZE_T)128 << 20);
    PVOID Records = HostAllocate(Bytes);
    PVOID Rest = Records == NULL || HostMapTakesMemory() ? NULL : HostAllocate(RestBytes);

    if (Rest != NULL) {
        HostFree(Rest, RestBytes);
    } else if (Records != NULL && !HostMapTakesMemory()) {
        HostFree(Records, Bytes);
        Records = NULL;
    }
    return Records;
}

static BOOLEAN VfMakeRecords(VOID)
{
    MiInitializeArenas();
    /* memcheck looks through all memory for pointers when the process ends: there it is the other table for all. */
    if (VfTrack.Records == NULL && KiSanitizer() != KiMemcheck) {
        VfTrack.RecordBytes = (MiRanges.Bytes >> VF_RECORD_SHIFT) * sizeof(VF_RECORD);
        VfTrack.Records = VfAllocateRecords(VfTrack.RecordBytes);
    }
    if (VfTrack.Others.Elements == NULL) {
        VfTrack.Others.Elements = HostAllocate(VF_OTHERS * sizeof(VF_OTHER));
    }
    return VfTrack.Others.Elements != NULL;
}

/* The one of the block that was freed longest ago gives way. */
static VF_RECORD *VfReuseOther(ULONG64 Address)
{
    VF_OTHER *Oldest = NULL;

    for (ULONG Step = 0; Step < VF_MOST_STEPS; Step++) {
        VF_OTHER *Other = (VF_OTHER *)HostKeyAt(&VfTrack.Others, Address, Step);
        if (EMU_ATOMIC_LOAD(&Other->Record.Free, EMU_ORDER_NONE) != 0 &&
            (Oldest == NULL || EMU_ATOMIC_LOAD(&Other->Record.Sequence, EMU_ORDER_NONE) < Oldest->Record.Sequence)) {
            Oldest = Other;
        }
    }
    if (Oldest == NULL) {
        return NULL;
    }
    ULONG64 Before = EMU_ATOMIC_LOAD(&Oldest->Address, EMU_ORDER_NONE);
    return EMU_ATOMIC_COMPARE_EXCHANGE(64, &Oldest->Address, Address, Before, EMU_ORDER_FULL) == Before
               ? &Oldest->Record
               : NULL;
}

static inline VOID VfNoteUse(BOOLEAN *IsUsed)
{
    if (!EMU_ATOMIC_LOAD(IsUsed, EMU_ORDER_NONE)) {
        EMU_ATOMIC_STORE(IsUsed, TRUE, EMU_ORDER_NONE);
    }
}

static VF_RECORD *VfOtherOf(ULONG64 Address, BOOLEAN Take)
{
    BOOLEAN IsNew;

    if (VfTrack.Others.Elements == NULL) {
        return NULL;
    }
    if (Take) {
        VfNoteUse(&VfTrack.HasOther);
    }
    VF_OTHER *Other =
        Take ? HostTakeElement(&VfTrack.Others, Address, &IsNew) : HostFindElement(&VfTrack.Others, Address);
    return Other != NULL ? &Other->Record : Take ? VfReuseOther(Address) : NULL;
}

/* NULL: there is none, and no room for one. */
static inline VF_RECORD *VfRecordOf(PVOID Address, BOOLEAN Take)
{
    ULONG_PTR Offset = (ULONG_PTR)Address - MiRanges.Base;

    if (EMU_LIKELY(Offset < MiRanges.Bytes && VfTrack.Records != NULL)) {
        if (Take) {
            VfNoteUse(&VfTrack.HasRecord);
        }
        return &VfTrack.Records[Offset >> VF_RECORD_SHIFT];
    }
    return VfOtherOf((ULONG_PTR)Address, Take);
}

/* ---- Operations ----------------------------------------------------------------------------------------------- */

VOID VfNoteEntry(PVOID Entry, PVOID Caller, BOOLEAN IsFree)
{
    VF_THREAD *Thread = VfThisThread();
    VF_RECORD *Record = VfRecordOf(Entry, TRUE);

    if (Thread != NULL && Record != NULL) {
        ULONG Stack = HostNameStack(Thread->Trails, Caller, VfNameStack);
        EMU_ATOMIC_STORE(IsFree ? &Record->Free : &Record->Allocation, Stack, EMU_ORDER_RELEASE);
        if (!IsFree) {
            EMU_ATOMIC_STORE(&Record->Free, 0u, EMU_ORDER_NONE);
        }
    }
}

VOID VfNoteAllocation(const MI_BLOCK *Block, PVOID Caller)
{
    if (!VfIsTracking()) {
        VfNoteEntry(Block->Address, Caller, FALSE);
        return;
    }
    VF_THREAD *Thread = VfThisThread();
    if (Thread == NULL) {
        return;
    }
    VfAddOne(&Thread->Allocations);
    if (EMU_UNLIKELY(Block->Tag == 'enoN')) {
        VfAddOne(&Thread->WithoutTag);
    }
    VF_RECORD *Record = VfRecordOf(Block->Address, TRUE);
    if (EMU_UNLIKELY(Record == NULL)) {
        VfAddOne(&Thread->NotTracked);
        return;
    }
    ULONG Stack = HostNameStack(Thread->Trails, Caller, VfNameStack);
    if (VfTick(&Thread->Clock, EMU_ATOMIC_LOAD(&Record->Sequence, EMU_ORDER_NONE))) {
        VfAddUp(Thread);
    }
    EMU_ATOMIC_STORE(&Record->Allocation, Stack, EMU_ORDER_RELEASE);
    EMU_ATOMIC_STORE(&Record->Free, 0u, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Record->Sequence, Thread->Clock.Sequence, EMU_ORDER_NONE);
    VfCountBlock(Thread, Block, 1);
    VfWriteLog(&Thread->Clock, Block, Stack, FALSE);
}

VOID VfNoteFree(const MI_BLOCK *Block, PVOID Caller)
{
    if (!VfIsTracking()) {
        VfNoteEntry(Block->Address, Caller, TRUE);
        return;
    }
    VF_THREAD *Thread = VfThisThread();
    VF_RECORD *Record = VfRecordOf(Block->Address, FALSE);

    if (Thread == NULL) {
        return;
    }
    ULONG Stack = HostNameStack(Thread->Trails, Caller, VfNameStack);
    if (VfTick(&Thread->Clock, Record == NULL ? 0 : EMU_ATOMIC_LOAD(&Record->Sequence, EMU_ORDER_NONE))) {
        VfAddUp(Thread);
    }
    if (EMU_LIKELY(Record != NULL)) {
        if (Record->Allocation != 0 && Record->Free == 0) { /* else it came before tracking did */
            VfCountBlock(Thread, Block, -1);
        }
        EMU_ATOMIC_STORE(&Record->Free, Stack, EMU_ORDER_RELEASE);
        EMU_ATOMIC_STORE(&Record->Sequence, Thread->Clock.Sequence, EMU_ORDER_NONE);
    }
    VfWriteLog(&Thread->Clock, Block, Stack, TRUE);
}

VOID VfNoteFailure(VOID)
{
    VF_THREAD *Thread = VfThisThread();

    if (Thread != NULL) {
        VfAddOne(&Thread->Failures);
    }
}

ULONG VfNameCall(PVOID Caller)
{
    VF_THREAD *Thread = VfThisThread();

    return Thread == NULL ? 0 : HostNameStack(Thread->Trails, Caller, VfNameStack);
}

BOOLEAN VfFindRecord(PVOID Address, VF_RECORD *Record)
{
    const VF_RECORD *Found = VfRecordOf(Address, FALSE);

    RtlZeroMemory(Record, sizeof(*Record));
    if (Found != NULL && VfIsRecording()) {
        Record->Allocation = EMU_ATOMIC_LOAD(&Found->Allocation, EMU_ORDER_ACQUIRE);
        Record->Free = EMU_ATOMIC_LOAD(&Found->Free, EMU_ORDER_ACQUIRE);
        Record->Sequence = EMU_ATOMIC_LOAD(&Found->Sequence, EMU_ORDER_NONE);
    }
    return Record->Allocation != 0 || Record->Free != 0;
}

/* ---- On and off ----------------------------------------------------------------------------------------------- */

static VOID VfForgetOperations(VOID)
{
    for (VF_THREAD *Thread = VfTrack.Threads; Thread != NULL; Thread = Thread->Next) {
        Thread->Clock.Sequence = 0;
        Thread->Clock.Chunk = 0;
        Thread->Allocations = Thread->WithoutTag = Thread->Failures = Thread->NotTracked = 0;
        RtlZeroMemory(Thread->Use, sizeof(Thread->Use));
    }
    RtlZeroMemory(VfTrack.Use, sizeof(VfTrack.Use));
    if (VfTrack.HasRecord) {
        HostDiscard(VfTrack.Records, VfTrack.RecordBytes);
    }
    if (VfTrack.HasOther) {
        HostDiscard(VfTrack.Others.Elements, VF_OTHERS * sizeof(VF_OTHER));
    }
    VfTrack.HasRecord = VfTrack.HasOther = FALSE;
    VfForgetLog();
    VfForgetStacks();
}

VOID VfReadyRecords(VOID)
{
    if (!VfMakeRecords() || !VfMakeStackTable()) {
        HostFatal("the host has no memory for the tables of call stacks");
    }
    VfTrack.HasNoted = TRUE;
}

VOID VfSetTracking(BOOLEAN Enable)
{
    if (Enable && !VfIsTracking()) {
        VfReadyRecords();
        if (!VfMakeLog()) {
            HostFatal("the host has no memory for the log of pool tracking");
        }
        VfForgetOperations();
    }
    KiSetUnusual(KI_TRACKING, Enable);
}

VOID EmuTrackPool(BOOLEAN Enable)
{
    VfSetTracking(Enable);
}

VOID VfNoteLoad(VOID)
{
    if (VfIsTracking()) {
        HostForgetUnloadedCode();
    }
}

VOID VfResetTracking(VOID)
{
    if (VfTrack.HasNoted) {
        VfSetTracking(FALSE);
        VfForgetOperations();
        VfTrack.HasNoted = VfIsRecording();
    }
    VfResetLog();
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

/* What threads have not added up yet counts, too. */
static EMU_TRACKED_USE VfSumUse(ULONG Kind)
{
    LONG64 Now[2], Peak[2];

    for (ULONG What = 0; What < 2; What++) {
        LONG64 Own = 0, OwnPeak = 0;
        for (const VF_THREAD *Thread = EMU_ATOMIC_LOAD(&VfTrack.Threads, EMU_ORDER_ACQUIRE); Thread != NULL;
             Thread = Thread->Next) {
            Own += EMU_ATOMIC_LOAD(&Thread->Use[Kind].Now[What], EMU_ORDER_NONE);
            OwnPeak = max(OwnPeak, EMU_ATOMIC_LOAD(&Thread->Use[Kind].Peak[What], EMU_ORDER_NONE));
        }
        LONG64 Sum = EMU_ATOMIC_LOAD(&VfTrack.Use[Kind].Now[What], EMU_ORDER_NONE);
        Now[What] = max(Sum + Own, 0);
        Peak[What] = max(EMU_ATOMIC_LOAD(&VfTrack.Use[Kind].Peak[What], EMU_ORDER_NONE), max(Sum + OwnPeak, Now[What]));
    }
    return (EMU_TRACKED_USE){(ULONG64)Now[0], (ULONG64)Now[1], (ULONG64)Peak[0], (ULONG64)Peak[1]};
}

VOID EmuQueryTracking(EMU_TRACKING *Tracking)
{
    if (Tracking == NULL) {
        return;
    }
    RtlZeroMemory(Tracking, sizeof(*Tracking));
    Tracking->Enabled = VfIsTracking();
    for (const VF_THREAD *Thread = EMU_ATOMIC_LOAD(&VfTrack.Threads, EMU_ORDER_ACQUIRE); Thread != NULL;
         Thread = Thread->Next) {
        Tracking->Succeeded += EMU_ATOMIC_LOAD(&Thread->Allocations, EMU_ORDER_NONE);
        Tracking->WithoutTag += EMU_ATOMIC_LOAD(&Thread->WithoutTag, EMU_ORDER_NONE);
        Tracking->Failed += EMU_ATOMIC_LOAD(&Thread->Failures, EMU_ORDER_NONE);
        Tracking->NotTracked += EMU_ATOMIC_LOAD(&Thread->NotTracked, EMU_ORDER_NONE);
    }
    Tracking->Attempted = Tracking->Succeeded + Tracking->Failed;
    Tracking->NonPaged = VfSumUse(0);
    Tracking->Paged = VfSumUse(1);
}

BOOLEAN EmuQueryStacks(PVOID Address, EMU_STACK *Allocation, EMU_STACK *Free)
{
    if (Allocation == NULL || Free == NULL) {
        return FALSE;
    }
    VF_RECORD Record;
    BOOLEAN Found = VfFindRecord(Address, &Record);

    *Allocation = VfStackOf(Record.Allocation);
    *Free = VfStackOf(Record.Free);
    return Found;
}

static SIZE_T VfDescribeOne(PCSTR Words, ULONG Stack, PSTR Text, SIZE_T Bytes)
{
    EMU_STACK Frames = VfStackOf(Stack);
    CHAR Call[256] = "code whose stack found no room";

    if (Stack == 0) {
        return 0;
    }
    if (Frames.Count != 0) {
        HostDescribeCall(Frames.Frames[0], Call, sizeof(Call));
    }
    int Length = snprintf(Text, Bytes, "%s %s", Words, Call);
    return min((SIZE_T)Length, Bytes - 1);
}

BOOLEAN VfDescribeHistory(PVOID Address, PSTR Text, SIZE_T Bytes)
{
    VF_RECORD Record;

    Text[0] = 0;
    if (!VfFindRecord(Address, &Record)) {
        return FALSE;
    }
    SIZE_T Length = VfDescribeOne("allocated by", Record.Allocation, Text, Bytes);
    VfDescribeOne(Length == 0 ? "freed by" : ", freed by", Record.Free, Text + Length, Bytes - Length);
    return TRUE;
}
