/* Threads that allocate and free each other's blocks while they are tracked, and one that reads log, stacks, counters:
 * what is read is whole, each block's operations take turns, and nothing is lost. Returns 0 when all is well. */
#include <pthread.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    THREADS = 4,
    ROUNDS = 4000,
    SHARED = 16,
    TAG = 'tseT',
};

static PVOID Shared[SHARED];
static pthread_barrier_t Start;
static ULONG Errors;

static void Complain(const char *What)
{
    printf("%s\n", What);
    __atomic_fetch_add(&Errors, 1, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) PVOID Allocate(SIZE_T Bytes)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
    __asm__ volatile("");
    return Block;
}

/* Puts a block of its own into a place and frees the one that another thread had put there. */
static void *Work(void *Context)
{
    pthread_barrier_wait(&Start);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        PVOID Other = __atomic_exchange_n(&Shared[(Round * 7 + (ULONG)(ULONG_PTR)Context) % SHARED],
                                          Allocate(16 + Round % 100), __ATOMIC_ACQ_REL);
        if (Other != NULL) {
            ExFreePoolWithTag(Other, TAG);
        }
    }
    return NULL;
}

static BOOLEAN CheckEvent(const EMU_POOL_EVENT *Event, PVOID Context)
{
    ULONG64 *Last = Context;

    if (Event->Sequence < *Last || Event->Tag != TAG || Event->Size < 16 || Event->Size >= 116 ||
        Event->PoolType != NonPagedPoolNx || Event->Stack.Count < 2 || Event->Thread == 0) {
        Complain("an event of the log is not whole, or out of order");
    }
    *Last = Event->Sequence;
    return TRUE;
}

static BOOLEAN TakeTurns(const EMU_POOL_EVENT *Event, PVOID Context)
{
    BOOLEAN *IsLive = Context;

    if (Event->IsFree != *IsLive) {
        Complain("a block was freed or allocated twice in a row");
    }
    *IsLive = !*IsLive;
    return TRUE;
}

static void *Watch(void *Context)
{
    EMU_STACK Allocation, Free;
    EMU_TRACKING Tracking;

    (void)Context;
    pthread_barrier_wait(&Start);
    for (ULONG Round = 0; Round < 20; Round++) {
        ULONG64 Last = 0;
        EmuQueryLog(NULL, CheckEvent, &Last);
        EmuQueryTracking(&Tracking);
        EmuQueryStacks(__atomic_load_n(&Shared[Round % SHARED], __ATOMIC_ACQUIRE), &Allocation, &Free);
    }
    return NULL;
}

int main(void)
{
    pthread_t Threads[THREADS + 1];
    EMU_TRACKING Tracking;
    ULONG Left = 0;

    EmuTrackPool(TRUE);
    pthread_barrier_init(&Start, NULL, THREADS + 1);
    for (ULONG Index = 0; Index <= THREADS; Index++) {
        pthread_create(&Threads[Index], NULL, Index == THREADS ? Watch : Work, (PVOID)(ULONG_PTR)Index);
    }
    for (ULONG Index = 0; Index <= THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    for (ULONG Index = 0; Index < SHARED; Index++) {
        if (Shared[Index] != NULL) {
            BOOLEAN IsLive = FALSE;
            Left++;
            EmuQueryLog(Shared[Index], TakeTurns, &IsLive);
            if (!IsLive) {
                Complain("a live block's last operation is a free");
            }
        }
    }
    EmuQueryTracking(&Tracking);
    if (Tracking.Succeeded != (ULONG64)THREADS * ROUNDS || Tracking.NonPaged.Blocks != Left) {
        Complain("operations are not counted");
    }
    return Errors == 0 ? 0 : 1;
}
