/* Four threads allocate, free and exchange blocks through a mailbox: no block is given out twice, none changes while it
 * lies in the mailbox, counters are exact at the end. Returns 0 when all is well; made for ThreadSanitizer, too. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    THREADS = 4,
    OPERATIONS = 40000,
    VERIFIED_OPERATIONS = 8000, /* under Driver Verifier, where a block costs the host several calls */
    HELD = 128,
    MAILBOX = 64,
    TAG = 'tseT',
    SHARED_TAG = 'rahS',
};

typedef struct LETTER {
    UCHAR *Block;
    ULONG Bytes;
    UCHAR Value;
} LETTER;

static pthread_mutex_t Lock = PTHREAD_MUTEX_INITIALIZER;
static LETTER Mailbox[MAILBOX];

static const POOL_TYPE Types[] = {NonPagedPoolExecute, PagedPool, NonPagedPoolNx, NonPagedPoolNxCacheAligned};

/* What each thread did with SHARED_TAG; [0] nonpaged, [1] paged. */
typedef struct WORKER {
    pthread_t Thread;
    ULONG Number;
    ULONG64 Allocs[2];
    ULONG64 Frees[2];
    ULONG64 Failures;
} WORKER;

static atomic_bool Done;
static ULONG Operations = OPERATIONS;

static ULONG Random(ULONG64 *State)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return (ULONG)(*State >> 32);
}

static void Fail(WORKER *Worker, const char *What)
{
    if (Worker->Failures++ == 0) {
        fprintf(stderr, "thread %u: %s\n", Worker->Number, What);
    }
}

/* Every byte is written and read, so that a block which two threads have is a wrong byte or a data race. */
static LETTER Allocate(WORKER *Worker, ULONG64 *State)
{
    ULONG Type = Random(State) % 4;
    ULONG Bytes = Random(State) % 50 == 0 ? 4000 + Random(State) % 12000 : 1 + Random(State) % 700;
    LETTER Letter = {ExAllocatePoolWithTag(Types[Type], Bytes, SHARED_TAG), Bytes, (UCHAR)Random(State)};

    if (Letter.Block == NULL) {
        Fail(Worker, "no block");
        return Letter;
    }
    Worker->Allocs[Types[Type] == PagedPool]++;
    RtlFillMemory(Letter.Block, Bytes, Letter.Value);
    return Letter;
}

static void Free(WORKER *Worker, LETTER *Letter)
{
    if (Letter->Block == NULL) {
        return;
    }
    for (ULONG Index = 0; Index < Letter->Bytes; Index++) {
        if (Letter->Block[Index] != Letter->Value) {
            Fail(Worker, "a block changed");
            break;
        }
    }
    EMU_BLOCK Block;
    if (!EmuQueryBlock(Letter->Block, &Block) || Block.Size != Letter->Bytes || Block.Tag != SHARED_TAG) {
        Fail(Worker, "a block is not the one that was allocated");
    }
    Worker->Frees[Block.PoolType == PagedPool]++;
    ExFreePoolWithTag(Letter->Block, SHARED_TAG);
    Letter->Block = NULL;
}

static void Exchange(LETTER *Letter, ULONG64 *State)
{
    LETTER *Place = &Mailbox[Random(State) % MAILBOX];

    pthread_mutex_lock(&Lock);
    LETTER Other = *Place;
    *Place = *Letter;
    *Letter = Other;
    pthread_mutex_unlock(&Lock);
}

static void *Work(void *Argument)
{
    WORKER *Worker = Argument;
    ULONG64 State = Worker->Number * 7919 + 1;
    static EMU_THREAD_LOCAL LETTER Held[HELD];

    for (ULONG Operation = 0; Operation < Operations; Operation++) {
        LETTER *Letter = &Held[Random(&State) % HELD];
        if (Random(&State) % 3 == 0) {
            Exchange(Letter, &State);
        } else if (Operation % 16 == 0) {
            Free(Worker, Letter); /* EmuQueryBlock reads the host's page tables, which takes long */
        } else if (Letter->Block == NULL) {
            *Letter = Allocate(Worker, &State);
        }
        if (Operation % 8 == 0) { /* and a tag of the thread's own, of which the new ones grow the table of tags */
            ULONG Tag = 'a\0\0\0' + Worker->Number * 1000 + Operation % 4000 / 8;
            ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 1 + Operation % 600, Tag), Tag);
        }
        ExFreePool(ExAllocatePoolWithTag(NonPagedPoolNx, 1 + Random(&State) % 900, TAG));
    }
    for (ULONG Index = 0; Index < HELD; Index++) {
        Free(Worker, &Held[Index]);
    }
    return NULL;
}

/* Counters and listings may be asked for at any time. */
static BOOLEAN Look(const EMU_BLOCK *Block, PVOID Context)
{
    *(ULONG64 *)Context += Block->Size;
    return TRUE;
}

static BOOLEAN LookAtTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    *(ULONG64 *)Context += Usage->Paged.Allocs;
    return TRUE;
}

static void *Watch(void *Argument)
{
    ULONG64 Sum = 0;

    while (!atomic_load(&Done)) {
        EMU_TAG_USAGE Usage;
        EmuQueryTag(SHARED_TAG, &Usage);
        EmuForEachBlock(Look, &Sum);
        EmuForEachTag(LookAtTag, &Sum);
    }
    *(ULONG64 *)Argument = Sum;
    return NULL;
}

static int Expect(const char *What, ULONG64 Is, ULONG64 Wanted)
{
    if (Is != Wanted) {
        fprintf(stderr, "%s: %llu, not %llu\n", What, (unsigned long long)Is, (unsigned long long)Wanted);
    }
    return Is != Wanted;
}

static BOOLEAN CountBlock(const EMU_BLOCK *Block, PVOID Count)
{
    UNREFERENCED_PARAMETER(Block);
    ++*(ULONG64 *)Count;
    return TRUE;
}

int main(void)
{
    static WORKER Workers[THREADS];
    WORKER Last = {.Number = THREADS};
    ULONG64 Allocs[2] = {0, 0}, Frees[2] = {0, 0}, Failures = 0, Live = 0, Sum = 0;
    EMU_TAG_USAGE Usage;
    pthread_t Watcher;
    int Wrong = 0;

    if (EmuVerifier() != 0) {
        Operations = VERIFIED_OPERATIONS;
    }
    if (pthread_create(&Watcher, NULL, Watch, &Sum) != 0) {
        return 1;
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        Workers[Index].Number = Index;
        if (pthread_create(&Workers[Index].Thread, NULL, Work, &Workers[Index]) != 0) {
            return 1;
        }
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Workers[Index].Thread, NULL);
    }
    atomic_store(&Done, TRUE);
    pthread_join(Watcher, NULL);

    for (ULONG Index = 0; Index < MAILBOX; Index++) {
        Free(&Last, &Mailbox[Index]);
    }
    Failures = Last.Failures;
    for (ULONG Kind = 0; Kind < 2; Kind++) {
        Frees[Kind] = Last.Frees[Kind];
        for (ULONG Index = 0; Index < THREADS; Index++) {
            Allocs[Kind] += Workers[Index].Allocs[Kind];
            Frees[Kind] += Workers[Index].Frees[Kind];
            Failures += Kind == 0 ? Workers[Index].Failures : 0;
        }
    }
    EmuQueryTag(SHARED_TAG, &Usage);
    Wrong |= Expect("failures", Failures, 0);
    Wrong |= Expect("nonpaged allocations", Usage.NonPaged.Allocs, Allocs[0]);
    Wrong |= Expect("nonpaged frees", Usage.NonPaged.Frees, Frees[0]);
    Wrong |= Expect("nonpaged bytes", Usage.NonPaged.Bytes, 0);
    Wrong |= Expect("paged allocations", Usage.Paged.Allocs, Allocs[1]);
    Wrong |= Expect("paged frees", Usage.Paged.Frees, Frees[1]);
    Wrong |= Expect("paged bytes", Usage.Paged.Bytes, 0);
    EmuQueryTag(TAG, &Usage);
    Wrong |= Expect("allocations of the other tag", Usage.NonPaged.Allocs, THREADS * Operations);
    Wrong |= Expect("frees of the other tag", Usage.NonPaged.Frees, THREADS * Operations);
    for (ULONG Tag = 0; Tag < THREADS * 1000; Tag++) {
        EmuQueryTag('a\0\0\0' + Tag, &Usage);
        Wrong |=
            Expect("allocations of a thread's own tag", Usage.Paged.Allocs, Tag % 1000 < 500 ? Operations / 4000 : 0);
        Wrong |= Expect("bytes of a thread's own tag", Usage.Paged.Bytes, 0);
    }
    EmuForEachBlock(CountBlock, &Live);
    Wrong |= Expect("live blocks", Live, 0);
    return Wrong;
}
