/* lookaside.c: eight threads take entries from lists of the three families and put them back, while the main thread
 * lets the balance-set manager change the lists' depths. No entry has two holders, and none is left at the end. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "poolemu.h"

enum {
    THREADS = 8,
#ifdef EMU_THREAD_SANITIZER
    ROUNDS = 2000,
#else
    ROUNDS = 60000,
#endif
    VERIFIED_ROUNDS = 2000, /* under Driver Verifier, where a block costs the host several calls */
    HELD = 12,              /* of each list at a time: more than the lists keep at first */
    BYTES = 64,
    TAG = 'tseT',
};

typedef struct ENTRY {
    SLIST_ENTRY Link; /* the list's while it has the entry */
    PVOID Holder;     /* written without a lock by whoever has it */
    ULONG Uses;
} ENTRY;

static NPAGED_LOOKASIDE_LIST Nonpaged;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX Ex;

static pthread_barrier_t Start;
static atomic_uint Running = THREADS;
static ULONG Rounds = ROUNDS;
static atomic_uint Allocated, Freed; /* by the routines of the Ex list */

static void Fail(const char *What, ULONG Value)
{
    fprintf(stderr, "lookaside: %s: %u\n", What, (unsigned)Value);
    exit(1);
}

static PVOID NTAPI AllocateEx(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    if (Lookaside != &Ex || NumberOfBytes != BYTES || Tag != TAG) {
        Fail("wrong arguments of the allocate routine, size", (ULONG)NumberOfBytes);
    }
    atomic_fetch_add(&Allocated, 1);
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI FreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    if (Lookaside != &Ex) {
        Fail("wrong list in the free routine", 0);
    }
    atomic_fetch_add(&Freed, 1);
    ExFreePoolWithTag(Buffer, TAG);
}

static ENTRY *Take(ULONG List)
{
    return List == 0   ? ExAllocateFromNPagedLookasideList(&Nonpaged)
           : List == 1 ? ExAllocateFromPagedLookasideList(&Paged)
                       : ExAllocateFromLookasideListEx(&Ex);
}

static void PutBack(ULONG List, ENTRY *Entry)
{
    if (List == 0) {
        ExFreeToNPagedLookasideList(&Nonpaged, Entry);
    } else if (List == 1) {
        ExFreeToPagedLookasideList(&Paged, Entry);
    } else {
        ExFreeToLookasideListEx(&Ex, Entry);
    }
}

static void *Work(void *Context)
{
    ENTRY *Held[HELD];

    (void)Context;
    pthread_barrier_wait(&Start);
    for (ULONG Round = 0; Round < Rounds; Round++) {
        ULONG List = Round % 3, Count = 1 + Round % HELD;
        for (ULONG Index = 0; Index < Count; Index++) {
            Held[Index] = Take(List);
            Held[Index]->Holder = Held;
            Held[Index]->Uses = Round;
        }
        for (ULONG Index = 0; Index < Count; Index++) {
            if (Held[Index]->Holder != Held || Held[Index]->Uses != Round) {
                Fail("an entry has two holders, round", Round);
            }
            PutBack(List, Held[Index]);
        }
    }
    atomic_fetch_sub(&Running, 1);
    return NULL;
}

/* Counters may miss some of what happens at once; they never count what did not happen. */
static void ExpectCounters(const GENERAL_LOOKASIDE_POOL *L, ULONG Most)
{
    if (L->TotalAllocates > Most || L->AllocateMisses > L->TotalAllocates || L->TotalFrees > Most) {
        Fail("allocations counted", L->TotalAllocates);
    }
    if (L->Depth < 4 || L->Depth > 256) {
        Fail("depth", L->Depth);
    }
}

int main(void)
{
    pthread_t Thread[THREADS];
    EMU_TAG_USAGE Usage;
    ULONG Passes = 0, Most = 0;

    if (EmuVerifier() != 0) {
        Rounds = VERIFIED_ROUNDS;
    }
    pthread_barrier_init(&Start, NULL, THREADS);
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, BYTES, TAG, 0);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, BYTES, TAG, 0);
    if (!NT_SUCCESS(ExInitializeLookasideListEx(&Ex, AllocateEx, FreeEx, NonPagedPoolNx, 0, BYTES, TAG, 0))) {
        Fail("no list", 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        if (pthread_create(&Thread[Index], NULL, Work, NULL) != 0) {
            Fail("no thread", Index);
        }
    }
    do {
        EmuAdvanceBalanceSet();
        Passes++;
    } while (atomic_load(&Running) != 0);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Thread[Index], NULL);
    }
    for (ULONG Round = 0; Round < Rounds; Round++) {
        Most += (1 + Round % HELD) * THREADS;
    }

    ExpectCounters((const GENERAL_LOOKASIDE_POOL *)(const void *)&Nonpaged.L, Most);
    ExpectCounters((const GENERAL_LOOKASIDE_POOL *)(const void *)&Paged.L, Most);
    ExpectCounters(&Ex.L, Most);
    ExDeleteNPagedLookasideList(&Nonpaged);
    ExDeletePagedLookasideList(&Paged);
    ExDeleteLookasideListEx(&Ex);
    EmuQueryTag(TAG, &Usage);
    if (Usage.NonPaged.Allocs != Usage.NonPaged.Frees || Usage.Paged.Allocs != Usage.Paged.Frees ||
        Usage.NonPaged.Bytes + Usage.Paged.Bytes != 0 || atomic_load(&Allocated) != atomic_load(&Freed)) {
        Fail("blocks left over after so many passes", Passes);
    }
    return 0;
}
