/* Threads that allocate while calls are failed at random, while each runs a loop of its own, and while settings change:
 * a loop fails exactly its own thread's calls, and what is counted as failed is what came back as NULL. */
#include <pthread.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    THREADS = 4,
    ROUNDS = 200,
    CALLS = 5,
    TAG = 'tseT',
};

static ULONG64 Failed; /* what all threads saw */
static ULONG Mistakes;

static ULONG TakeAll(VOID)
{
    PVOID Block[CALLS];
    ULONG Missing = 0;

    for (ULONG Call = 0; Call < CALLS; Call++) {
        Block[Call] = ExAllocatePoolWithTag(NonPagedPoolNx, 16 + Call * 100, TAG);
        Missing += Block[Call] == NULL;
    }
    for (ULONG Call = 0; Call < CALLS; Call++) {
        if (Block[Call] != NULL) {
            ExFreePoolWithTag(Block[Call], TAG);
        }
    }
    EMU_ATOMIC_ADD(64, &Failed, (ULONG64)Missing, EMU_ORDER_NONE);
    return Missing;
}

static void *FailAtRandom(void *Argument)
{
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        TakeAll();
    }
    return Argument;
}

/* Blocks of the other threads look like leaks to a loop that ends while they are live, so it is left before. */
static void *FailInLoops(void *Argument)
{
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        EMU_FOR_EACH_FAILURE(Failure)
        {
            if (TakeAll() != 0) {
                EMU_ATOMIC_ADD(32, &Mistakes, 1u, EMU_ORDER_NONE);
            }
            break;
        }
    }
    return Argument;
}

static void *ChangeSettings(void *Argument)
{
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        EmuFailAllocationsFrom(1);
        EmuSetLowResources(NULL);
    }
    return Argument;
}

static VOID Run(void *(*Others)(void *), void *(*First)(void *))
{
    pthread_t Thread[THREADS];

    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_create(&Thread[Index], NULL, Index == 0 ? First : Others, NULL);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Thread[Index], NULL);
    }
}

int main(void)
{
    EMU_LOW_RESOURCES Settings = {.Probability = 1000, .Seed = 1};
    EMU_LOW_RESOURCES_STATISTICS Statistics;

    EmuSetLowResources(&Settings);
    Run(FailAtRandom, FailAtRandom);
    EmuQueryLowResources(&Statistics);
    if (Statistics.Failed != Failed || Failed == 0 || Statistics.Calls != THREADS * ROUNDS * CALLS) {
        fprintf(stderr, "%llu of %llu calls failed, %llu were NULL\n", (ULONGLONG)Statistics.Failed,
                (ULONGLONG)Statistics.Calls, (ULONGLONG)Failed);
        return 1;
    }
    EmuFailAllocationsFrom(1);
    Run(FailInLoops, FailInLoops);
    if (Mistakes != 0) {
        fprintf(stderr, "%u times a call failed in run 0 of a loop\n", Mistakes);
        return 1;
    }
    Run(FailInLoops, ChangeSettings);
    EmuSetLowResources(NULL);
    return Mistakes == 0 && TakeAll() == 0 ? 0 : 1;
}
