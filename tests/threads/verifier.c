/* Threads that allocate, free and hand over blocks of special pool while others raise the IRQL, which trims paged pool.
 * Returns 0 when all is well. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "poolemu.h"

enum {
    THREADS = 4,
    ROUNDS = 1500,
    TAG = 'tseT',
};

static pthread_barrier_t Start;
static DECLSPEC_ALIGN(16) SLIST_HEADER Shared;

typedef struct LINKED {
    SLIST_ENTRY Entry;
    UCHAR Bytes[100];
} LINKED;

static BOOLEAN IsFilled(const UCHAR *Bytes, SIZE_T Count)
{
    return memcmp(Bytes, Bytes + 1, Count - 1) == 0;
}

static BOOLEAN UseOne(ULONG Round)
{
    LINKED *New = ExAllocatePoolWithTag(Round % 3 == 0 ? PagedPool : NonPagedPoolNx, sizeof(LINKED), TAG);

    memset(New->Bytes, (int)Round, sizeof(New->Bytes));
    InterlockedPushEntrySList(&Shared, &New->Entry);
    LINKED *Old = (LINKED *)InterlockedPopEntrySList(&Shared);
    if (Old != NULL) {
        BOOLEAN Filled = IsFilled(Old->Bytes, sizeof(Old->Bytes));
        ExFreePoolWithTag(Old, TAG);
        return Filled;
    }
    return TRUE;
}

static void *Work(void *Context)
{
    pthread_barrier_wait(&Start);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        if (!UseOne(Round)) {
            return Context;
        }
        if (Round % 8 == 0) {
            KIRQL Old;
            KeRaiseIrql(DISPATCH_LEVEL, &Old);
            KeLowerIrql(Old);
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t Threads[THREADS];
    EMU_VERIFIER_COUNTERS Counters;
    EMU_TAG_USAGE Usage;
    int Failed = 0;

    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL | EMU_VERIFIER_FORCE_IRQL);
    InitializeSListHead(&Shared);
    pthread_barrier_init(&Start, NULL, THREADS);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_create(&Threads[Index], NULL, Work, &Failed);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        void *Result;
        pthread_join(Threads[Index], &Result);
        Failed += Result != NULL;
    }
    for (PSLIST_ENTRY Entry; (Entry = InterlockedPopEntrySList(&Shared)) != NULL;) {
        ExFreePoolWithTag(Entry, TAG);
    }
    EmuQueryVerifier(&Counters);
    EmuQueryTag(TAG, &Usage);
    if (Counters.AllocationsSucceededSpecialPool != THREADS * ROUNDS || Counters.IrqlRaises < THREADS * ROUNDS / 8 ||
        Usage.Paged.Bytes + Usage.NonPaged.Bytes != 0) {
        fprintf(stderr, "counted %llu blocks, %llu raises; %llu bytes are left\n",
                (unsigned long long)Counters.AllocationsSucceededSpecialPool, (unsigned long long)Counters.IrqlRaises,
                (unsigned long long)(Usage.Paged.Bytes + Usage.NonPaged.Bytes));
        return 1;
    }
    return Failed;
}
