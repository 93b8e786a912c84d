/* Several threads: frees by other threads, threads that end, state that each thread has for itself. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

typedef void *ROUTINE(void *Argument);

static void RunThread(ROUTINE *Routine, void *Argument)
{
    pthread_t Thread;

    cr_assert_eq(pthread_create(&Thread, NULL, Routine, Argument), 0);
    cr_assert_eq(pthread_join(Thread, NULL), 0);
}

/* ---- Blocks that outlive or leave their thread ---------------------------------------------------------------- */

enum {
    BLOCKS = 2000,
};

typedef struct BLOCK_SET {
    PVOID Blocks[BLOCKS];
    EMU_BUGCHECK Stop;
} BLOCK_SET;

static SIZE_T BytesOf(ULONG Index)
{
    return Index % 50 == 0 ? 5000 + Index : 1 + Index * 7 % 3000;
}

static void *AllocateSet(void *Argument)
{
    BLOCK_SET *Set = Argument;

    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        Set->Blocks[Index] = ExAllocatePoolWithTag(Kinds[Index % COUNT(Kinds)].Type, BytesOf(Index), TAG);
        FillPattern(Set->Blocks[Index], BytesOf(Index), Index);
    }
    return NULL;
}

static void *FreeSet(void *Argument)
{
    BLOCK_SET *Set = Argument;

    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        EMU_BUGCHECK Stop = StopOfFree(Set->Blocks[Index], TAG);
        if (Stop.Code != 0) {
            Set->Stop = Stop;
        }
    }
    return NULL;
}

Test(pool_threads, blocks_outlive_the_thread_that_allocated_them)
{
    static BLOCK_SET Set;

    RunThread(AllocateSet, &Set);
    cr_expect_eq(LiveBlocks(), BLOCKS);
    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        cr_assert(HasPattern(Set.Blocks[Index], BytesOf(Index), Index), "block %u", Index);
    }
}

Test(pool_threads, a_block_may_be_freed_by_any_thread_and_the_counters_are_exact)
{
    static BLOCK_SET Set;
    EMU_TAG_USAGE Usage;

    RunThread(AllocateSet, &Set);
    RunThread(FreeSet, &Set);
    EXPECT_NO_STOP(Set.Stop);
    AllocateSet(&Set);
    RunThread(FreeSet, &Set);
    EXPECT_NO_STOP(Set.Stop);
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs + Usage.Paged.Allocs, 2 * BLOCKS);
    cr_expect_eq(Usage.NonPaged.Frees, Usage.NonPaged.Allocs);
    cr_expect_eq(Usage.Paged.Frees, Usage.Paged.Allocs);
    cr_expect_eq(Usage.NonPaged.Bytes, 0);
    cr_expect_eq(Usage.Paged.Bytes, 0);
    cr_expect_eq(LiveBlocks(), 0);
}

static void *AllocateAndFree(void *Result)
{
    *(PVOID *)Result = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    ExFreePoolWithTag(*(PVOID *)Result, TAG);
    return NULL;
}

Test(pool_threads, a_thread_that_ends_gives_its_free_blocks_back)
{
    enum {
        THREADS = 400,
    };
    static PVOID Seen[THREADS];
    SIZE_T Distinct = 0;

    for (ULONG Thread = 0; Thread < THREADS; Thread++) {
        RunThread(AllocateAndFree, &Seen[Thread]);
        SIZE_T Index = 0;
        while (Seen[Index] != Seen[Thread]) {
            Index++;
        }
        Distinct += Index == Thread;
    }
    cr_expect_lt(Distinct, THREADS / 2, "%zu different blocks", (size_t)Distinct);
}

enum {
    LEAVERS = 16,
    LEFT = 40,
};

static PVOID Left[LEAVERS][LEFT];
static pthread_barrier_t Together;

/* All of them at the same time, so that none continues with what another one left. Each leaves a block behind: a slab
 * that is quite empty may be given back, and its addresses come again or not. */
static void *FreeSomeAndEnd(void *Blocks)
{
    for (ULONG Index = 0; Index < LEFT; Index++) {
        ((PVOID *)Blocks)[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    }
    pthread_barrier_wait(&Together);
    for (ULONG Index = 1; Index < LEFT; Index++) {
        ExFreePoolWithTag(((PVOID *)Blocks)[Index], TAG);
    }
    pthread_barrier_wait(&Together);
    return NULL;
}

Test(pool_threads, the_free_blocks_of_threads_that_ended_are_handed_out_again)
{
    pthread_t Threads[LEAVERS];
    ULONG Again = 0;

    pthread_barrier_init(&Together, NULL, LEAVERS);
    for (ULONG Index = 0; Index < LEAVERS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, FreeSomeAndEnd, Left[Index]), 0);
    }
    for (ULONG Index = 0; Index < LEAVERS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    for (ULONG Index = 0; Index < 20 * LEAVERS * LEFT; Index++) {
        ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    }
    for (ULONG Index = 0; Index < LEAVERS * LEFT; Index++) {
        Again += IsLive(Left[Index / LEFT][Index % LEFT]);
    }
    cr_expect_eq(Again, LEAVERS * LEFT);
}

static void *FreeOne(void *Block)
{
    ExFreePoolWithTag(Block, TAG);
    return NULL;
}

/* A producer that only allocates and a consumer that only frees must not use up the pool. */
Test(pool_threads, blocks_freed_by_other_threads_come_back_to_the_allocator)
{
    ULONG_PTR Lowest = ~(ULONG_PTR)0, Highest = 0;

    for (ULONG Round = 0; Round < 500; Round++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 4000, TAG);
        Lowest = Lowest < (ULONG_PTR)Block ? Lowest : (ULONG_PTR)Block;
        Highest = Highest > (ULONG_PTR)Block ? Highest : (ULONG_PTR)Block;
        RunThread(FreeOne, Block);
    }
    cr_expect_lt(Highest - Lowest, 200 * PAGE_SIZE, "500 blocks of a page each, one at a time");
}

/* ---- What each thread has for itself -------------------------------------------------------------------------- */

static void *QueryIrql(void *Result)
{
    *(ULONG *)Result = KeGetCurrentIrql();
    EMU_BUGCHECK Stop = StopOfAllocation(PagedPool, 100, TAG);
    *(ULONG *)Result |= Stop.Code;
    return NULL;
}

Test(pool_threads, the_IRQL_is_the_threads_own)
{
    ULONG Result = 99;
    KIRQL Old;

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    RunThread(QueryIrql, &Result);
    cr_expect_eq(Result, 0);
    cr_expect_eq(StopOfAllocation(PagedPool, 100, TAG).Code, (ULONG)BAD_POOL_CALLER);
}

static void *StopHere(void *Argument)
{
    *(EMU_BUGCHECK *)Argument = StopOfUntaggedFree(Argument);
    return NULL;
}

Test(pool_threads, a_stop_is_caught_by_its_own_thread)
{
    EMU_BUGCHECK Mine, Theirs;
    volatile BOOLEAN Reached = FALSE;

    EMU_CATCH_BUGCHECK(&Mine)
    {
        RunThread(StopHere, &Theirs);
        Reached = TRUE;
    }
    cr_expect(Reached);
    EXPECT_NO_STOP(Mine);
    EXPECT_STOP(Theirs, BAD_POOL_CALLER, 0x46, &Theirs, 0, 0);
}

/* ---- At the same time ----------------------------------------------------------------------------------------- */

enum {
    TOGETHER = 8,
};

static pthread_barrier_t Start;

static void *FirstUse(void *Result)
{
    pthread_barrier_wait(&Start);
    *(PVOID *)Result = ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG);
    return NULL;
}

Test(pool_threads, the_first_use_may_come_from_many_threads_at_once)
{
    pthread_t Threads[TOGETHER];
    PVOID Blocks[TOGETHER];
    EMU_TAG_USAGE Usage;

    pthread_barrier_init(&Start, NULL, TOGETHER);
    for (ULONG Index = 0; Index < TOGETHER; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, FirstUse, &Blocks[Index]), 0);
    }
    for (ULONG Index = 0; Index < TOGETHER; Index++) {
        pthread_join(Threads[Index], NULL);
        cr_expect(IsLive(Blocks[Index]));
        for (ULONG Other = 0; Other < Index; Other++) {
            cr_expect_neq(Blocks[Index], Blocks[Other]);
        }
    }
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs, TOGETHER);
}

enum {
    TAGS = 5000,
};

static void *UseManyTags(void *Argument)
{
    UNREFERENCED_PARAMETER(Argument);
    pthread_barrier_wait(&Start);
    for (ULONG Tag = 0; Tag < TAGS; Tag++) {
        ExAllocatePoolWithTag(PagedPool, 10, 'a\0\0\0' + Tag);
    }
    return NULL;
}

Test(pool_threads, new_tags_may_come_from_many_threads_at_once)
{
    pthread_t Threads[TOGETHER];

    pthread_barrier_init(&Start, NULL, TOGETHER);
    for (ULONG Index = 0; Index < TOGETHER; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, UseManyTags, NULL), 0);
    }
    for (ULONG Index = 0; Index < TOGETHER; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    for (ULONG Tag = 0; Tag < TAGS; Tag++) {
        EMU_TAG_USAGE Usage;
        EmuQueryTag('a\0\0\0' + Tag, &Usage);
        cr_assert_eq(Usage.Paged.Allocs, TOGETHER, "tag %u: %llu", Tag, (unsigned long long)Usage.Paged.Allocs);
        cr_assert_eq(Usage.Paged.Bytes, TOGETHER * 10);
    }
}

/* ---- Neighbours ----------------------------------------------------------------------------------------------- */

enum {
    NEIGHBOUR_BYTES = 48,
    NEIGHBOUR_ROUNDS = 400000,
};

typedef struct NEIGHBOUR {
    UCHAR *Block;
    EMU_BUGCHECK Stop;
} NEIGHBOUR;

/* The thread gets back what it freed last, so that it is the same block all the time. */
static void *FreeAndAllocateAgain(void *Argument)
{
    NEIGHBOUR *Neighbour = Argument;
    UCHAR *volatile Block = Neighbour->Block;

    pthread_barrier_wait(&Start);
    EMU_CATCH_BUGCHECK(&Neighbour->Stop)
    {
        for (ULONG Round = 0; Round < NEIGHBOUR_ROUNDS; Round++) {
            ExFreePoolWithTag(Block, TAG);
            Block = ExAllocatePoolWithTag(NonPagedPoolNx, NEIGHBOUR_BYTES, TAG);
        }
    }
    Neighbour->Block = Block;
    return NULL;
}

/* The free of a block looks at the header behind it, which another thread may be writing at that moment. */
Test(pool_threads, threads_may_free_and_allocate_neighbouring_blocks_at_the_same_time, .timeout = 120)
{
    enum {
        ROW = 4,
    };
    pthread_t Threads[ROW];
    NEIGHBOUR Neighbours[ROW];

    pthread_barrier_init(&Start, NULL, ROW);
    for (ULONG Index = 0; Index < ROW; Index++) {
        Neighbours[Index].Block = ExAllocatePoolWithTag(NonPagedPoolNx, NEIGHBOUR_BYTES, TAG);
        cr_assert(Index == 0 || Neighbours[Index].Block ==
                                    Neighbours[Index - 1].Block + SlotBytes(Neighbours[0].Block) + HEADER_BYTES,
                  "the first blocks of a size lie in a row");
    }
    for (ULONG Index = 0; Index < ROW; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, FreeAndAllocateAgain, &Neighbours[Index]), 0);
    }
    for (ULONG Index = 0; Index < ROW; Index++) {
        pthread_join(Threads[Index], NULL);
        EXPECT_NO_STOP(Neighbours[Index].Stop);
    }
    for (ULONG Index = 0; Index < ROW; Index++) {
        EXPECT_NO_STOP(StopOfFree(Neighbours[Index].Block, TAG));
    }
}
