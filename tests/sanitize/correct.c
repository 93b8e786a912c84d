/* correct.c: what a driver may do with pool, lists and MDLs, for which no sanitizer must have a word. Its argument is
 * the sanitizer that has to be watching. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ntifs.h"
#include "poolemu.h"

#define TAG 'gnaR'

static VOID Require(BOOLEAN Condition, PCSTR What)
{
    if (!Condition) {
        fprintf(stderr, "%s\n", What);
        _exit(1);
    }
}

static const POOL_TYPE Types[] = {NonPagedPoolExecute,   PagedPool,
                                  NonPagedPoolNx,        NonPagedPoolBaseCacheAligned,
                                  PagedPoolCacheAligned, NonPagedPoolNxCacheAligned};
static const SIZE_T Sizes[] = {1, 8, 15, 16, 17, 24, 100, 1000, 4000, 4064, 4065, 4096, 4097, 8192, 40000, 2000000};

static VOID FillAndFree(UCHAR *Block, SIZE_T Bytes, PBOOLEAN Zeroed)
{
    Require(Block != NULL, "no memory");
    Require(!*Zeroed || (Block[0] == 0 && Block[Bytes / 2] == 0 && Block[Bytes - 1] == 0), "not zeroed");
    memset(Block, 0x5A, Bytes);
    Require(Block[0] == 0x5A && Block[Bytes - 1] == 0x5A, "does not hold what was written");
    ExFreePoolWithTag(Block, TAG);
}

static VOID UseEveryKind(VOID)
{
    BOOLEAN Zeroed = TRUE, Unknown = FALSE;

    for (ULONG Type = 0; Type < RTL_NUMBER_OF(Types); Type++) {
        for (ULONG Size = 0; Size < RTL_NUMBER_OF(Sizes); Size++) {
            SIZE_T Bytes = Sizes[Size];
            FillAndFree(ExAllocatePoolWithTag(Types[Type], Bytes, TAG), Bytes, &Unknown);
            FillAndFree(ExAllocatePoolZero(Types[Type], Bytes, TAG), Bytes, &Zeroed);
        }
    }
    FillAndFree(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 200, TAG), 200, &Zeroed);
    FillAndFree(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 200, TAG), 200, &Unknown);
    ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, TAG), TAG);
}

/* Blocks live and die in no order, and keep what was written to them. */
static void *Churn(void *Argument)
{
    enum {
        Slots = 200,
        Turns = 20000,
    };
    static EMU_THREAD_LOCAL ULONG *Blocks[Slots];
    ULONG Seed = (ULONG)(ULONG_PTR)Argument;

    for (ULONG Turn = 0; Turn < Turns; Turn++) {
        Seed = Seed * 1664525 + 1013904223;
        ULONG **Block = &Blocks[(Seed >> 8) % Slots];
        if (*Block != NULL) {
            Require(**Block == (ULONG)(ULONG_PTR)*Block, "a block has changed");
            ExFreePoolWithTag(*Block, TAG);
        }
        *Block = ExAllocatePoolWithTag(Types[Seed % RTL_NUMBER_OF(Types)], 4 + (Seed >> 16) % 9000, TAG);
        **Block = (ULONG)(ULONG_PTR)*Block;
    }
    for (ULONG Slot = 0; Slot < Slots; Slot++) {
        if (Blocks[Slot] != NULL) {
            ExFreePoolWithTag(Blocks[Slot], TAG);
        }
    }
    return NULL;
}

static VOID ChurnInThreads(VOID)
{
    pthread_t Threads[2];

    for (ULONG_PTR Index = 0; Index < RTL_NUMBER_OF(Threads); Index++) {
        Require(pthread_create(&Threads[Index], NULL, Churn, (PVOID)(Index + 1)) == 0, "no thread");
    }
    for (ULONG_PTR Index = 0; Index < RTL_NUMBER_OF(Threads); Index++) {
        pthread_join(Threads[Index], NULL);
    }
}

static VOID UseLists(VOID)
{
    static NPAGED_LOOKASIDE_LIST NonPaged;
    static PAGED_LOOKASIDE_LIST Paged;
    static LOOKASIDE_LIST_EX Ex;
    PVOID Entries[10];

    ExInitializeNPagedLookasideList(&NonPaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 5000, TAG, 0);
    Require(ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0) == STATUS_SUCCESS, "no list");
    for (ULONG Turn = 0; Turn < 3; Turn++) {
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Entries); Index++) {
            Entries[Index] = memset(ExAllocateFromNPagedLookasideList(&NonPaged), 1, 100);
        }
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Entries); Index++) {
            ExFreeToNPagedLookasideList(&NonPaged, Entries[Index]);
        }
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Entries); Index++) {
            Entries[Index] = memset(ExAllocateFromPagedLookasideList(&Paged), 2, 5000);
        }
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Entries); Index++) {
            ExFreeToPagedLookasideList(&Paged, Entries[Index]);
        }
        ExFreeToLookasideListEx(&Ex, memset(ExAllocateFromLookasideListEx(&Ex), 3, 64));
        EmuAdvanceBalanceSet();
    }
    ExFlushLookasideListEx(&Ex);
    ExDeleteLookasideListEx(&Ex);
    ExDeletePagedLookasideList(&Paged);
    ExDeleteNPagedLookasideList(&NonPaged);
}

/* A list of the driver's own: what it left in an entry is there when it comes back. */
static VOID UseSequencedList(VOID)
{
    typedef struct ITEM {
        SLIST_ENTRY Link;
        ULONG Value;
    } ITEM;
    PSLIST_HEADER Head = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Head), TAG);

    InitializeSListHead(Head);
    for (ULONG Value = 0; Value < 10; Value++) {
        ITEM *Item = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Item), TAG);
        Item->Value = Value;
        InterlockedPushEntrySList(Head, &Item->Link);
    }
    for (ULONG Value = 10; Value > 5; Value--) {
        ITEM *Item = (ITEM *)InterlockedPopEntrySList(Head);
        Require(Item->Value == Value - 1, "an entry has changed");
        ExFreePoolWithTag(Item, TAG);
    }
    for (PSLIST_ENTRY Link = InterlockedFlushSList(Head); Link != NULL;) {
        PSLIST_ENTRY Next = Link->Next;
        ExFreePoolWithTag(Link, TAG);
        Link = Next;
    }
    ExFreePoolWithTag(Head, TAG);
}

/* While an MDL is mapped its pages are others, and afterwards again: their neighbours have not changed. */
static VOID MapPages(VOID)
{
    UCHAR *Blocks[8];

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Blocks); Index++) {
        Blocks[Index] = memset(ExAllocatePoolWithTag(NonPagedPoolNx, 1000, TAG), (int)Index, 1000);
    }
    PMDL Mdl = IoAllocateMdl(Blocks[3], 1000, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    UCHAR *Mapped =
        MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority | MdlMappingNoExecute);
    Require(Mapped != NULL, "no mapping");
    Require(Mapped[999] == 3, "other pages");
    Mapped[0] = 77;
    Require(Blocks[3][0] == 77, "another page");
    MmUnmapLockedPages(Mapped, Mdl);
    IoFreeMdl(Mdl);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Blocks); Index++) {
        Require(Blocks[Index][999] == (UCHAR)Index, "a block has changed");
        ExFreePoolWithTag(Blocks[Index], TAG);
    }
}

/* Each page comes back by a fault, on AddressSanitizer's signal stack at first. */
static VOID UseTrimmedPool(VOID)
{
    UCHAR *Block = ExAllocatePoolZero(PagedPool, 3 * PAGE_SIZE, TAG);

    for (ULONG Turn = 0; Turn < 300; Turn++) {
        KeLowerIrql(KeRaiseIrqlToDpcLevel());
        Require(++Block[Turn % 3 * PAGE_SIZE] == Turn / 3 + 1, "a page has changed");
    }
    ExFreePoolWithTag(Block, TAG);
}

static VOID UseVerifier(VOID)
{
    /* A walk over the stack meets what nobody has written. */
    BOOLEAN IsMemory = strcmp(EmuSanitizer(), "MemorySanitizer") == 0;

    EmuSetVerifier(IsMemory ? EMU_VERIFIER_STANDARD & ~EMU_VERIFIER_POOL_TRACKING : EMU_VERIFIER_STANDARD);
    UseEveryKind();
    UseLists();
    UseTrimmedPool();
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG); /* which EmuReset frees */
    EmuReset();
}

static VOID Fork(VOID)
{
    int Status = 1;
    UCHAR *Block = memset(ExAllocatePoolWithTag(PagedPool, 24, TAG), 9, 24);
    pid_t Child = fork();

    if (Child == 0) {
        Require(Block[23] == 9, "the child has another block");
        UseLists();
        Churn((PVOID)5);
        _exit(0);
    }
    Require(waitpid(Child, &Status, 0) == Child && Status == 0, "the child has failed");
    ExFreePoolWithTag(Block, TAG);
}

/* Memory of the program's that only pool points to is no leak. */
static VOID KeepMemory(VOID)
{
    typedef struct HOLDER {
        PVOID Memory;
        UCHAR Rest[5000];
    } HOLDER;
    HOLDER *Small = ExAllocatePoolZero(NonPagedPoolNx, sizeof(PVOID), TAG);
    HOLDER *Large = ExAllocatePoolZero(PagedPool, sizeof(HOLDER), TAG);

    Small->Memory = malloc(100);
    Large->Memory = malloc(200);
}

int main(int Count, char **Arguments)
{
    if (Count != 2 || strcmp(EmuSanitizer(), Arguments[1]) != 0) {
        fprintf(stderr, "the sanitizer is \"%s\"\n", EmuSanitizer());
        return 2;
    }
    for (ULONG Round = 0; Round < 2; Round++) {
        UseEveryKind();
        ChurnInThreads();
        UseLists();
        UseSequencedList();
        MapPages();
        Fork();
        ExAllocatePoolWithTag(PagedPool, 24, TAG); /* which EmuReset frees */
        ExAllocatePoolWithTag(PagedPool, 24000, TAG);
        EmuReset();
    }
    UseVerifier();
    KeepMemory();
    return 0;
}
