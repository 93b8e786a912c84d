/* wait.c: threads hand a token around by events, count under a fast mutex and a resource, and have timers set and
 * cancelled meanwhile. No signal is lost and no count is torn. Returns 0 when all is well. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    THREADS = 4,
#ifdef EMU_THREAD_SANITIZER
    ROUNDS = 300,
#else
    ROUNDS = 3000,
#endif
};

static KEVENT Turns[THREADS];
static FAST_MUTEX Mutex;
static ERESOURCE Resource;
static ULONG ByToken, ByMutex, ByResource; /* each guarded by what it is named for */
static atomic_uint Torn, Expired;

static VOID NTAPI CountExpiry(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    atomic_fetch_add(&Expired, 1);
}

static void UseLocks(ULONG Round)
{
    ExAcquireFastMutex(&Mutex);
    ByMutex++;
    ExReleaseFastMutex(&Mutex);
    KeEnterCriticalRegion();
    if (Round % 4 == 0) {
        ExAcquireResourceExclusiveLite(&Resource, TRUE);
        ByResource++;
    } else {
        ExAcquireResourceSharedLite(&Resource, TRUE);
        if (ByResource > THREADS * ROUNDS) {
            atomic_fetch_add(&Torn, 1);
        }
    }
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static void *Work(void *Argument)
{
    ULONG Number = (ULONG)(ULONG_PTR)Argument;
    KTIMER Timer;
    KDPC Dpc;

    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CountExpiry, NULL);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        KeWaitForSingleObject(&Turns[Number], Executive, KernelMode, FALSE, NULL);
        ByToken++;
        KeSetEvent(&Turns[(Number + 1) % THREADS], IO_NO_INCREMENT, FALSE);
        UseLocks(Round);
        KeSetTimer(&Timer, (LARGE_INTEGER){.QuadPart = Round % 2 != 0 ? -1 : -36000000000ll}, &Dpc);
    }
    KeSetTimer(&Timer, (LARGE_INTEGER){.QuadPart = -1}, &Dpc);
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    KeFlushQueuedDpcs();
    return NULL;
}

static int Expect(const char *What, ULONG Is, ULONG Wanted)
{
    if (Is != Wanted) {
        fprintf(stderr, "wait: %s: %u, not %u\n", What, (unsigned)Is, (unsigned)Wanted);
    }
    return Is != Wanted;
}

int main(void)
{
    pthread_t Threads[THREADS];
    int Wrong = 0;

    ExInitializeFastMutex(&Mutex);
    ExInitializeResourceLite(&Resource);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        KeInitializeEvent(&Turns[Index], SynchronizationEvent, Index == 0);
    }
    for (ULONG_PTR Index = 0; Index < THREADS; Index++) {
        if (pthread_create(&Threads[Index], NULL, Work, (void *)Index) != 0) {
            return 1;
        }
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    Wrong |= Expect("turns", ByToken, THREADS * ROUNDS);
    Wrong |= Expect("counted under the mutex", ByMutex, THREADS * ROUNDS);
    Wrong |= Expect("counted under the resource", ByResource, THREADS * ((ROUNDS + 3) / 4));
    Wrong |= Expect("torn", atomic_load(&Torn), 0);
    Wrong |= Expect("at least one expiry of each timer", atomic_load(&Expired) >= THREADS, 1);
    ExDeleteResourceLite(&Resource);
    return Wrong;
}
