/* races.c: two threads free the same block at the same time. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "support.h"

enum {
    ROUNDS = 20000,
    CACHED_ROUNDS = 2500,
    UNCACHED_BYTES = 1 << 20,
    HELD = 80, /* more than a thread keeps for itself: whoever holds so many has emptied its cache */
};

TestSuite(races, .init = SelectPoolWithoutHeap);

/* ---- A second thread that does as it is told ------------------------------------------------------------------ */

typedef void JOB(ULONG Who); /* 0: the first thread, 1: the second */

static JOB *volatile Job; /* NULL: end */
static atomic_uint Given;
static atomic_uint Done;
static atomic_uint Arrived;

static void WaitFor(atomic_uint *Counter, ULONG Value)
{
    for (ULONG Spins = 0; atomic_load(Counter) < Value; Spins++) {
        if (Spins % 2000 == 1999) {
            sched_yield();
        }
    }
}

static void *DoJobs(void *Argument)
{
    for (ULONG Number = 1;; Number++) {
        WaitFor(&Given, Number);
        if (Job == NULL) {
            return Argument;
        }
        Job(1);
        atomic_store(&Done, Number);
    }
}

static void GiveJob(JOB *Wanted)
{
    Job = Wanted;
    atomic_fetch_add(&Given, 1);
}

static void AwaitJob(void)
{
    WaitFor(&Done, atomic_load(&Given));
}

static void RunOn(ULONG Who, JOB *Wanted)
{
    if (Who == 0) {
        Wanted(0);
    } else {
        GiveJob(Wanted);
        AwaitJob();
    }
}

static void RunOnBoth(JOB *Wanted)
{
    GiveJob(Wanted);
    Wanted(0);
    AwaitJob();
}

static pthread_t StartSecond(void)
{
    pthread_t Thread;

    cr_assert_eq(pthread_create(&Thread, NULL, DoJobs, NULL), 0);
    return Thread;
}

static void EndSecond(pthread_t Thread)
{
    GiveJob(NULL);
    pthread_join(Thread, NULL);
}

/* ---- The race ------------------------------------------------------------------------------------------------- */

static PVOID Contested;
static EMU_BUGCHECK StopOf[2];

static void FreeContested(ULONG Who)
{
    /* Both arrive before either goes on. */
    ULONG Order = atomic_fetch_add(&Arrived, 1);

    WaitFor(&Arrived, (Order | 1) + 1);
    StopOf[Who] = StopOfFree(Contested, TAG);
}

static EMU_NOINLINE PVOID Allocate(SIZE_T Bytes, EMU_BUGCHECK *Stop)
{
    PVOID volatile Block = NULL;

    EMU_CATCH_BUGCHECK(Stop)
    {
        Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
    }
    return Block;
}

static BOOLEAN IsDoubleFree(const EMU_BUGCHECK *Stop)
{
    return Stop->Code == BAD_POOL_CALLER && Stop->Parameter[0] == 0x07 && Stop->Parameter[3] == (ULONG_PTR)Contested;
}

/* ---- Blocks that no thread keeps for itself
 * --------------------------------------------------------------------------------------------- */

Test(races, of_two_threads_that_free_a_large_block_one_wins_and_the_other_gets_0xC2_0x07, .timeout = 60)
{
    pthread_t Second = StartSecond();
    EMU_TAG_USAGE Usage;
    EMU_BUGCHECK Stop;

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        Contested = Allocate(UNCACHED_BYTES, &Stop);
        cr_assert_not_null(Contested, "round %u: bug check 0x%X: %s", Round, Stop.Code, Stop.Text);
        RunOnBoth(FreeContested);
        EMU_BUGCHECK *Lost = StopOf[0].Code != 0 ? &StopOf[0] : &StopOf[1];
        EMU_BUGCHECK *Won = StopOf[0].Code != 0 ? &StopOf[1] : &StopOf[0];
        cr_assert(IsDoubleFree(Lost), "round %u: bug check 0x%X: %s", Round, Lost->Code, Lost->Text);
        cr_assert_eq(Won->Code, 0u, "round %u: bug check 0x%X: %s", Round, Won->Code, Won->Text);
    }
    EndSecond(Second);
    cr_expect_eq(LiveBlocks(), 0);
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs, ROUNDS);
    cr_expect_eq(Usage.NonPaged.Frees, ROUNDS);
    cr_expect_eq(Usage.NonPaged.Bytes, 0);
}

/* ---- Blocks that a thread keeps for itself
 * --------------------------------------------------------------------------------------------- */

static SIZE_T Bytes;
static PVOID Held[2][HELD];
static ULONG Stops; /* of this round */
static EMU_BUGCHECK Wrong;

static void CountStop(const EMU_BUGCHECK *Stop)
{
    Stops += Stop->Code != 0;
    if (Stop->Code != 0 && !IsDoubleFree(Stop)) {
        Wrong = *Stop;
    }
}

static void AllocateHeld(ULONG Who)
{
    for (ULONG Index = 0; Index < HELD; Index++) {
        EMU_BUGCHECK Stop;
        Held[Who][Index] = Allocate(Bytes, &Stop);
        CountStop(&Stop);
        if (Held[Who][Index] != NULL) {
            FillPattern(Held[Who][Index], 64, Who * HELD + Index);
        }
    }
}

static void FreeHeld(ULONG Who)
{
    for (ULONG Index = 0; Index < HELD; Index++) {
        if (Held[Who][Index] != NULL) {
            EMU_BUGCHECK Stop = StopOfFree(Held[Who][Index], TAG);
            CountStop(&Stop);
        }
    }
}

static void EmptyCacheAndFillIt(ULONG Who)
{
    AllocateHeld(Who);
    FreeHeld(Who);
}

/* A block that both got is one whose pattern is the other's. */
static BOOLEAN AreHeldIntact(void)
{
    for (ULONG Index = 0; Index < 2 * HELD; Index++) {
        const VOID *Block = Held[Index / HELD][Index % HELD];
        if (Block != NULL && !HasPattern(Block, 64, Index)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Each round the block's free is accepted twice or once; what was accepted twice shows when the block is given out, or
 * leaves a cache, for the second time: in whatever order the two threads empty theirs, and whether or not they free in
 * between. */
static void ExpectOneStopARound(void)
{
    pthread_t Second = StartSecond();
    EMU_BUGCHECK Stop;

    for (ULONG Round = 0; Round < CACHED_ROUNDS; Round++) {
        ULONG First = Round & 1;
        Stops = 0;
        Contested = Allocate(Bytes, &Stop);
        cr_assert_not_null(Contested, "round %u: bug check 0x%X: %s", Round, Stop.Code, Stop.Text);
        RunOnBoth(FreeContested);
        CountStop(&StopOf[0]);
        CountStop(&StopOf[1]);
        if ((Round & 2) != 0) {
            RunOn(First, EmptyCacheAndFillIt);
            RunOn(!First, EmptyCacheAndFillIt);
        }
        RunOn(First, AllocateHeld);
        RunOn(!First, AllocateHeld);
        cr_assert(AreHeldIntact(), "round %u: a block was given out twice", Round);
        RunOn(First, FreeHeld);
        RunOn(!First, FreeHeld);
        cr_assert_eq(Wrong.Code, 0u, "round %u: bug check 0x%X: %s", Round, Wrong.Code, Wrong.Text);
        cr_assert_eq(Stops, 1, "round %u: %u stops", Round, Stops);
    }
    EndSecond(Second);
    cr_expect_eq(LiveBlocks(), 0);
}

Test(races, two_threads_that_free_a_small_block_get_one_0xC2_0x07_then_or_later, .timeout = 60)
{
    Bytes = 64;
    ExpectOneStopARound();
}

Test(races, two_threads_that_free_a_block_of_two_pages_get_one_0xC2_0x07_then_or_later, .timeout = 60)
{
    Bytes = 2 * PAGE_SIZE;
    ExpectOneStopARound();
}
