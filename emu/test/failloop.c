/* failloop.c: EMU_FOR_EACH_FAILURE: runs a test's block with each of its calls failing once, and finds what a run has
 * left. Loops belong to a thread; what they need lies outside its stack, from which a longjmp may take them. */
#include "test/failloop.h"

#include <stdlib.h>
#include <string.h>

#include "nt/ex/lookaside.h"
#include "host/code.h"
#include "host/host.h"
#include "core/bugcheck.h"
#include "core/array.h"
#include "mem/block.h"
#include "mem/physical.h"
#include "mem/space.h"
#include "watch/lowres.h"

/* A pool block, or what is handed out by the page. */
typedef struct EMUP_THING {
    ULONG_PTR Address;
    SIZE_T Bytes;
    ULONG Tag;
    POOL_TYPE PoolType;
    PCSTR What; /* NULL: a block */
} EMUP_THING;

/* In ascending order of their addresses, once sorted. */
typedef struct EMUP_THINGS {
    EMUP_THING *Thing;
    SIZE_T Count;
    SIZE_T Room;
} EMUP_THINGS;

typedef struct EMUP_LOOP {
    struct EMUP_LOOP *Outer;
    BOOLEAN Started;
    ULONG Run;          /* the call to fail; 0: none */
    ULONG Calls;        /* in this run */
    ULONG Total;        /* in run 0 */
    EMU_FAILURE Failed; /* in this run; Routine is NULL when there was none yet */
    PVOID Caller;
    EMUP_THINGS Before;
} EMUP_LOOP;

/* The calling thread's innermost loop; KiThread.FailureLoops is how many there are. */
static EMU_THREAD_LOCAL EMUP_LOOP *EmupLoop;

/* ---- What is there -------------------------------------------------------------------------------------------- */

static VOID EmupAddThing(EMUP_THINGS *Things, EMUP_THING Thing)
{
    EMUP_THING *Larger = KiMakeRoom(Things->Thing, Things->Count, &Things->Room, sizeof(*Larger));

    if (Larger == NULL) {
        HostFatal("no memory for the list of blocks before a run of EMU_FOR_EACH_FAILURE");
    }
    Things->Thing = Larger;
    Things->Thing[Things->Count++] = Thing;
}

static BOOLEAN EmupAddBlock(const EMU_BLOCK *Block, PVOID Things)
{
    EmupAddThing(Things, (EMUP_THING){(ULONG_PTR)Block->Address, Block->Size, Block->Tag, Block->PoolType, NULL});
    return TRUE;
}

static VOID EmupAddRam(const MI_EXTENT *Extent, PVOID Things)
{
    EmupAddThing(Things, (EMUP_THING){Extent->Base, Extent->Bytes, 0, NonPagedPoolBase, Extent->What});
}

/* Secure pools and the like are there, too; their blocks have been added as such. */
static VOID EmupAddMapping(const MI_EXTENT *Extent, PVOID Things)
{
    if (Extent->Mapped != 0 || Extent->Reserved) {
        EmupAddThing(Things, (EMUP_THING){Extent->Base, Extent->Pages << PAGE_SHIFT, Extent->Tag, NonPagedPoolBase,
                                          Extent->What});
    }
}

static int EmupCompareThings(const void *Left, const void *Right)
{
    ULONG_PTR LeftAddress = ((const EMUP_THING *)Left)->Address;
    ULONG_PTR RightAddress = ((const EMUP_THING *)Right)->Address;

    return (LeftAddress > RightAddress) - (LeftAddress < RightAddress);
}

static VOID EmupAddWaitingEntry(PVOID Entry, PVOID Things)
{
    EmupAddThing(Things, (EMUP_THING){.Address = (ULONG_PTR)Entry});
}

static VOID EmupSortThings(EMUP_THINGS *Things)
{
    if (Things->Count != 0) {
        qsort(Things->Thing, Things->Count, sizeof(EMUP_THING), EmupCompareThings);
    }
}

static VOID EmupFreeThings(EMUP_THINGS *Things)
{
    free(Things->Thing);
    *Things = (EMUP_THINGS){0};
}

/* Leaves in Things what is not in Before. */
static VOID EmupSubtractThings(EMUP_THINGS *Things, const EMUP_THINGS *Before)
{
    SIZE_T Kept = 0;

    for (SIZE_T Index = 0; Index < Things->Count; Index++) {
        if (Before->Count == 0 || bsearch(&Things->Thing[Index], Before->Thing, Before->Count, sizeof(EMUP_THING),
                                          EmupCompareThings) == NULL) {
            Things->Thing[Kept++] = Things->Thing[Index];
        }
    }
    Things->Count = Kept;
}

/* An entry that waits in a lookaside list is nobody's. */
static EMUP_THINGS EmupCollectThings(VOID)
{
    EMUP_THINGS Things = {0}, Waiting = {0};

    EmuForEachBlock(EmupAddBlock, &Things);
    MiForEachExtent(&MiRam, EmupAddRam, &Things);
    MiForEachExtent(&MiSystemSpace, EmupAddMapping, &Things);
    ExpForEachWaitingEntry(EmupAddWaitingEntry, &Waiting);
    EmupSortThings(&Things);
    EmupSortThings(&Waiting);
    EmupSubtractThings(&Things, &Waiting);
    EmupFreeThings(&Waiting);
    return Things;
}

/* ---- What a run has left ---------------------------------------------------------------------------------------- */

static SIZE_T EmupDescribeRun(const EMUP_LOOP *Loop, PSTR Text, SIZE_T Bytes)
{
    CHAR Code[256], Tag[MI_QUOTED_TAG];

    if (Loop->Run == 0) {
        return (SIZE_T)snprintf(Text, Bytes, "EMU_FOR_EACH_FAILURE: the run in which nothing failed");
    }
    MiQuoteTag(Loop->Failed.Tag, Tag);
    HostDescribeCall(Loop->Caller, Code, sizeof(Code));
    return (SIZE_T)snprintf(Text, Bytes, "EMU_FOR_EACH_FAILURE: run %u of %u, in which %s%s%s failed, called by %s,",
                            (unsigned)Loop->Run, (unsigned)Loop->Total, Loop->Failed.Routine,
                            Loop->Failed.Tag != 0 ? " of tag " : "", Loop->Failed.Tag != 0 ? Tag : "", Code);
}

static VOID EmupDescribeThing(const EMUP_THING *Thing, PSTR Text, SIZE_T Bytes)
{
    MI_BLOCK Block = {(PVOID)Thing->Address, Thing->Bytes, Thing->Tag, Thing->PoolType, FALSE, FALSE};

    if (Thing->What == NULL) {
        MiDescribeBlock(&Block, Text, Bytes);
    } else {
        snprintf(Text, Bytes, "%s, %zu bytes at 0x%zx", Thing->What, (size_t)Thing->Bytes, (size_t)Thing->Address);
    }
}

static VOID EmupDescribeRunLeaks(const EMUP_LOOP *Loop, const EMUP_THINGS *Leaks, PSTR Text, SIZE_T Bytes)
{
    CHAR Words[160];
    SIZE_T Length = EmupDescribeRun(Loop, Text, Bytes);

    for (SIZE_T Index = 0; Index <= Leaks->Count && Length < Bytes; Index++) {
        if (Index == 0) {
            snprintf(Words, sizeof(Words), " left %zu %s behind:", (size_t)Leaks->Count,
                     Leaks->Count == 1 ? "allocation" : "allocations");
        } else {
            memcpy(Words, "\n        ", 10);
            EmupDescribeThing(&Leaks->Thing[Index - 1], Words + 9, sizeof(Words) - 9);
        }
        if (Length + strlen(Words) + 16 > Bytes) {
            snprintf(Text + Length, Bytes - Length, "\n        ...");
            return;
        }
        Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "%s", Words);
    }
}

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

BOOLEAN EmupFailsInLoop(EMU_FAILURE *Call, PVOID Caller)
{
    BOOLEAN Fails = FALSE;

    Call->Number = EmupLoop->Calls + 1;
    for (EMUP_LOOP *Loop = EmupLoop; Loop != NULL; Loop = Loop->Outer) {
        Loop->Calls++;
        if (Loop->Calls == Loop->Run) {
            Loop->Failed = *Call;
            Loop->Caller = Caller;
            Fails = TRUE;
        }
    }
    return Fails;
}

static VOID EmupBeginRun(EMUP_LOOP *Loop, ULONG Run)
{
    EmupFreeThings(&Loop->Before);
    Loop->Before = EmupCollectThings();
    Loop->Run = Run;
    Loop->Calls = 0;
    Loop->Failed.Routine = NULL;
}

/* Returns how many there are. */
static SIZE_T EmupFindLeaks(const EMUP_LOOP *Loop, PSTR Text, SIZE_T Bytes)
{
    EMUP_THINGS Things = EmupCollectThings();

    EmupSubtractThings(&Things, &Loop->Before);
    SIZE_T Count = Things.Count;
    if (Count != 0) {
        EmupDescribeRunLeaks(Loop, &Things, Text, Bytes);
    }
    EmupFreeThings(&Things);
    return Count;
}

VOID EmupLeaveFailureLoops(ULONG Depth)
{
    while (KiThread.FailureLoops > Depth) {
        EMUP_LOOP *Left = EmupLoop;
        EmupLoop = Left->Outer;
        KiThread.FailureLoops--;
        EmupFreeThings(&Left->Before);
        free(Left);
        VfCountLoop(FALSE);
    }
}

BOOLEAN EmuBeginFailureLoop(EMU_FAILURE_LOOP *Loop)
{
    if (Loop->Begun) {
        EmuEndFailureLoop(Loop);
        return FALSE;
    }
    EMUP_LOOP *Begun = calloc(1, sizeof(*Begun));
    if (Begun == NULL) {
        HostFatal("no memory for EMU_FOR_EACH_FAILURE");
    }
    Begun->Outer = EmupLoop;
    EmupLoop = Begun;
    KiThread.FailureLoops++;
    VfCountLoop(TRUE);
    Loop->Begun = TRUE;
    Loop->Depth = KiThread.FailureLoops;
    return TRUE;
}

VOID EmuEndFailureLoop(EMU_FAILURE_LOOP *Loop)
{
    if (Loop->Depth != 0) {
        EmupLeaveFailureLoops(Loop->Depth - 1);
        Loop->Depth = 0;
    }
}

/* Where no run before it has failed, a run has no other calls than run 0 up to the one that it fails. When it did not
 * get there the block does not do the same each time, and there is nothing more to fail. */
static BOOLEAN EmupIsLastRun(EMUP_LOOP *Loop)
{
    if (Loop->Run == 0) {
        Loop->Total = Loop->Calls;
    }
    return Loop->Run >= Loop->Total || (Loop->Run != 0 && Loop->Failed.Routine == NULL);
}

BOOLEAN EmuNextFailureRun(EMU_FAILURE_LOOP *Loop, ULONG *Index)
{
    CHAR Text[1024];

    EmupLeaveFailureLoops(Loop->Depth); /* one inside that a longjmp of the test's has left */
    EMUP_LOOP *Running = EmupLoop;

    if (!Running->Started) {
        Running->Started = TRUE;
        EmupBeginRun(Running, 0);
        *Index = 0;
        return TRUE;
    }
    BOOLEAN IsLast = EmupIsLastRun(Running);
    SIZE_T Leaks = EmupFindLeaks(Running, Text, sizeof(Text));
    if (IsLast || Leaks != 0) {
        EmuEndFailureLoop(Loop);
    }
    if (Leaks != 0) {
        KiStopF(EMU_RETURN_ADDRESS(),
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_UNLOADED_WITH_BLOCKS,
                           (ULONG_PTR) "EMU_FOR_EACH_FAILURE", 0, Leaks),
                "%s", Text);
    }
    if (!IsLast) {
        EmupBeginRun(Running, Running->Run + 1);
        *Index = Running->Run;
    }
    return !IsLast;
}
