/* Threads that allocate at the same call sites while blocks are counted and violations happen: all are counted, each
 * once, whichever thread comes first. Returns 0 when all is well. */
#include <pthread.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    THREADS = 6,
    ROUNDS = 2000,
    TAG = 'tseT',
};

static pthread_barrier_t Start;

static void *Work(void *Context)
{
    (void)Context;
    pthread_barrier_wait(&Start);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        PVOID Executable = ExAllocatePoolWithTag(NonPagedPoolExecute, 32, TAG);
        PVOID Nx = ExAllocatePoolWithTag(NonPagedPoolNx, 32, TAG);
        PVOID Paged = ExAllocatePoolWithTag(PagedPool, 32, TAG);
        ExFreePoolWithTag(Executable, TAG);
        ExFreePoolWithTag(Nx, TAG);
        ExFreePoolWithTag(Paged, TAG);
    }
    return NULL;
}

typedef struct TOTALS {
    ULONG Sites;
    ULONG64 Blocks;
    ULONG64 Executable;
    ULONG Violations;
    ULONG64 Times;
} TOTALS;

static BOOLEAN AddSite(const EMU_CALL_SITE *Site, PVOID Context)
{
    TOTALS *Totals = Context;

    Totals->Sites++;
    Totals->Blocks += Site->Blocks;
    Totals->Executable += Site->Executable;
    return TRUE;
}

static BOOLEAN AddViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    TOTALS *Totals = Context;

    Totals->Violations++;
    Totals->Times += Violation->Count;
    return TRUE;
}

/* Asks while the others are at it: what is half written is left out. */
static void *Watch(void *Context)
{
    TOTALS Totals = {0};

    (void)Context;
    pthread_barrier_wait(&Start);
    for (ULONG Round = 0; Round < 50; Round++) {
        EmuForEachCallSite(AddSite, &Totals);
        EmuForEachViolation(AddViolation, &Totals);
    }
    return NULL;
}

int main(void)
{
    pthread_t Thread[THREADS + 1];
    TOTALS Totals = {0};
    int Failures = 0;

    EmuSetWindows("win7");
    EmuCountCallSites(TRUE);
    pthread_barrier_init(&Start, NULL, THREADS + 1);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_create(&Thread[Index], NULL, Work, NULL);
    }
    pthread_create(&Thread[THREADS], NULL, Watch, NULL);
    for (ULONG Index = 0; Index <= THREADS; Index++) {
        pthread_join(Thread[Index], NULL);
    }
    EmuForEachCallSite(AddSite, &Totals);
    EmuForEachViolation(AddViolation, &Totals);
    Failures += Totals.Sites != 3 || Totals.Blocks != 3 * THREADS * ROUNDS;
    /* On Windows 7 NonPagedPoolNx is executable, too, and on x86 paged pool. */
    Failures += Totals.Executable != EMU_BY_WIDTH(2, 3) * THREADS * ROUNDS;
    Failures += Totals.Violations != 1 || Totals.Times != THREADS * ROUNDS;
    Failures += EmuViolationCount() != THREADS * ROUNDS;
    if (Failures != 0) {
        fprintf(stderr, "%u call sites, %llu blocks, %llu executable, %u violations, %llu times\n", Totals.Sites,
                (unsigned long long)Totals.Blocks, (unsigned long long)Totals.Executable, Totals.Violations,
                (unsigned long long)Totals.Times);
    }
    return Failures != 0;
}
