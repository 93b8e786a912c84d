/* slist.c: sequenced lists: results, order, depth, sequence number and the header's layout. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#if !defined(_WIN32)
#include <sys/mman.h>
#endif

#include "child.h"
#include "poolemu.h"

static const SLIST_HEADER NoEntries;
static SLIST_HEADER Head;
static SLIST_ENTRY A, B, C;

#define SEQUENCE EMU_BY_WIDTH(Head.HeaderX64.Sequence, Head.Sequence)

static void EmptyHead(void)
{
    InitializeSListHead(&Head);
}

TestSuite(slist, .init = EmptyHead);

Test(slist, new_list_is_empty)
{
    cr_expect_null(FirstEntrySList(&Head));
    cr_expect_eq(ExQueryDepthSList(&Head), 0);
    cr_expect_arr_eq(&Head, &NoEntries, sizeof(Head));
}

Test(slist, header_and_entry_are_16_bytes_aligned_to_16)
{
    cr_expect_eq(sizeof(SLIST_HEADER), EMU_BY_WIDTH(16, 8));
    cr_expect_eq(sizeof(SLIST_ENTRY), EMU_BY_WIDTH(16, 4));
    cr_expect_eq(_Alignof(SLIST_HEADER), EMU_BY_WIDTH(16, 8));
    cr_expect_eq(_Alignof(SLIST_ENTRY), EMU_BY_WIDTH(16, 4));
}

Test(slist, push_returns_the_entry_that_was_first)
{
    cr_expect_null(ExInterlockedPushEntrySList(&Head, &A, NULL));
    cr_expect_eq(ExInterlockedPushEntrySList(&Head, &B, NULL), &A);
    cr_expect_eq(ExInterlockedPushEntrySList(&Head, &C, NULL), &B);
}

Test(slist, push_links_the_entry_to_the_one_before)
{
    A.Next = &C;
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
    cr_expect_null(A.Next);
    cr_expect_eq(B.Next, &A);
}

Test(slist, pop_returns_the_entry_pushed_last)
{
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
    cr_expect_eq(ExInterlockedPopEntrySList(&Head, NULL), &B);
    cr_expect_eq(ExInterlockedPopEntrySList(&Head, NULL), &A);
    cr_expect_null(ExInterlockedPopEntrySList(&Head, NULL));
}

Test(slist, pop_leaves_next_of_the_entry_alone)
{
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
    InterlockedPopEntrySList(&Head);
    cr_expect_eq(B.Next, &A);
}

Test(slist, flush_returns_the_chain_and_empties_the_list)
{
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
    InterlockedPushEntrySList(&Head, &C);
    cr_expect_eq(ExInterlockedFlushSList(&Head), &C);
    cr_expect_eq(C.Next, &B);
    cr_expect_eq(B.Next, &A);
    cr_expect_null(A.Next);
    cr_expect_null(FirstEntrySList(&Head));
    cr_expect_eq(ExQueryDepthSList(&Head), 0);
}

Test(slist, flush_of_an_empty_list_is_null)
{
    cr_expect_null(InterlockedFlushSList(&Head));
}

Test(slist, first_entry_stays_in_the_list)
{
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(FirstEntrySList(&Head), &A);
    cr_expect_eq(FirstEntrySList(&Head), &A);
    cr_expect_eq(ExQueryDepthSList(&Head), 1);
}

Test(slist, depth_counts_the_entries)
{
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
    cr_expect_eq(QueryDepthSList(&Head), 2);
    InterlockedPopEntrySList(&Head);
    cr_expect_eq(QueryDepthSList(&Head), 1);
}

Test(slist, depth_wraps_at_65536_and_leaves_sequence_alone)
{
    static SLIST_ENTRY Many[65537];

    for (ULONG Index = 0; Index < 65537; Index++) {
        InterlockedPushEntrySList(&Head, &Many[Index]);
    }
    cr_expect_eq(ExQueryDepthSList(&Head), 1);
    cr_expect_eq(SEQUENCE, EMU_BY_WIDTH(65537, 1));
}

Test(slist, push_raises_sequence_and_pop_does_not)
{
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(SEQUENCE, 1);
    InterlockedPopEntrySList(&Head);
    cr_expect_eq(SEQUENCE, 1);
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(SEQUENCE, 2);
    InterlockedFlushSList(&Head);
    cr_expect_eq(SEQUENCE, 2);
}

Test(slist, header_holds_depth_sequence_and_first_entry)
{
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
#if defined(_WIN64)
    cr_expect_eq(Head.Alignment, (2ull << 16) | 2);
    cr_expect_eq(Head.Region, (ULONG_PTR)&B);
#else
    cr_expect_eq(Head.Alignment, (2ull << 48) | (2ull << 32) | (ULONG_PTR)&B);
#endif
}

/* x86 kernels do not look. */
#define OF_MISALIGNMENT EMU_BY_WIDTH(STATUS_DATATYPE_MISALIGNMENT, STATUS_SUCCESS)

Test(slist, misaligned_header_raises)
{
    static UCHAR Bytes[64] EMU_ALIGN(16);
    PSLIST_HEADER Misaligned = (PSLIST_HEADER)(PVOID)(Bytes + EMU_BY_WIDTH(8, 4));
    NTSTATUS Status;

    memset(Bytes, 0xA5, sizeof(Bytes));
    EMU_CATCH_EXCEPTION(&Status)
    {
        InitializeSListHead(Misaligned);
    }
    cr_expect_eq(Status, OF_MISALIGNMENT);
    EMU_CATCH_EXCEPTION(&Status)
    {
        InterlockedPushEntrySList(Misaligned, &A);
    }
    cr_expect_eq(Status, OF_MISALIGNMENT);
#if defined(EMU_ARCH_X86)
    cr_expect_eq(ExQueryDepthSList(Misaligned), 1);
    cr_expect_eq(FirstEntrySList(Misaligned), &A);
#endif
}

Test(slist, pop_and_flush_of_a_misaligned_header_raise)
{
    static UCHAR Bytes[64] EMU_ALIGN(16);

    for (ULONG Offset = 1; Offset < MEMORY_ALLOCATION_ALIGNMENT; Offset++) {
        PSLIST_HEADER Misaligned = (PSLIST_HEADER)(PVOID)(Bytes + Offset);
        PSLIST_ENTRY volatile Got = NULL;
        NTSTATUS Status;
#if defined(EMU_ARCH_X86)
        InitializeSListHead(Misaligned);
        InterlockedPushEntrySList(Misaligned, &A);
        InterlockedPushEntrySList(Misaligned, &B);
#endif
        EMU_CATCH_EXCEPTION(&Status)
        {
            Got = InterlockedPopEntrySList(Misaligned);
        }
        cr_expect_eq(Status, OF_MISALIGNMENT);
        cr_expect_eq(Got, EMU_BY_WIDTH(NULL, &B));
        EMU_CATCH_EXCEPTION(&Status)
        {
            Got = InterlockedFlushSList(Misaligned);
        }
        cr_expect_eq(Status, OF_MISALIGNMENT);
        cr_expect_eq(Got, EMU_BY_WIDTH(NULL, &A));
    }
}

Test(slist, the_spin_lock_of_a_call_is_not_taken)
{
    KSPIN_LOCK Lock = (KSPIN_LOCK)-1;

    cr_expect_null(ExInterlockedPushEntrySList(&Head, &A, &Lock));
    cr_expect_eq(ExInterlockedPopEntrySList(&Head, &Lock), &A);
    cr_expect_eq(Lock, (KSPIN_LOCK)-1);
}

Test(slist, lists_are_used_at_every_IRQL)
{
    KIRQL Old;

    for (ULONG Irql = PASSIVE_LEVEL; Irql <= HIGH_LEVEL; Irql++) {
        KeRaiseIrql((KIRQL)Irql, &Old);
        InterlockedPushEntrySList(&Head, &A);
        InterlockedPushEntrySList(&Head, &B);
        cr_expect_eq(ExQueryDepthSList(&Head), 2);
        cr_expect_eq(InterlockedPopEntrySList(&Head), &B);
        cr_expect_eq(InterlockedFlushSList(&Head), &A);
        KeLowerIrql(PASSIVE_LEVEL);
    }
}

Test(slist, misaligned_entry_raises)
{
    static UCHAR Bytes[64] EMU_ALIGN(16);
    PSLIST_ENTRY Misaligned = (PSLIST_ENTRY)(PVOID)(Bytes + EMU_BY_WIDTH(8, 4));
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        InterlockedPushEntrySList(&Head, Misaligned);
    }
    cr_expect_eq(Status, OF_MISALIGNMENT);
    cr_expect_eq(ExQueryDepthSList(&Head), EMU_BY_WIDTH(0, 1));
    cr_expect_eq(FirstEntrySList(&Head), EMU_BY_WIDTH(NULL, Misaligned));
}

Test(slist, the_names_with_and_without_Ex_are_the_same_routines)
{
    memset(&Head, 0xA5, sizeof(Head));
    ExInitializeSListHead(&Head);
    cr_expect_arr_eq(&Head, &NoEntries, sizeof(Head));
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(ExInterlockedPushEntrySList(&Head, &B, NULL), &A);
    cr_expect_eq(QueryDepthSList(&Head), ExQueryDepthSList(&Head));
#if defined(_WIN64)
    cr_expect_eq(ExpInterlockedPopEntrySList(&Head), &B);
    cr_expect_eq(ExpInterlockedFlushSList(&Head), &A);
#else /* the routines behind the macros of the same names */
    cr_expect_eq((ExInterlockedPopEntrySList)(&Head, NULL), &B);
    cr_expect_eq((ExInterlockedPushEntrySList)(&Head, &C, NULL), &A);
    cr_expect_eq(ExInterlockedFlushSList(&Head), &C);
    cr_expect_eq(C.Next, &A);
#endif
}

/* ---- Ownership: a thread that alone uses lists changes them without a compare-and-swap ------------------------- */

enum {
    OWNERSHIP_ENTRIES = 3,
    OWNERSHIP_ROUNDS = 20000,
};

typedef struct ITEM {
    SLIST_ENTRY Link;
    LONG Holders;
} ITEM;

static SLIST_HEADER Shared;
static ITEM Items[OWNERSHIP_ENTRIES];
static volatile LONG SecondThreadIsReady;

static void TakeAndPutBack(void)
{
    PSLIST_ENTRY Entry = InterlockedPopEntrySList(&Shared);

    if (Entry != NULL) {
        ITEM *Item = CONTAINING_RECORD(Entry, ITEM, Link);
        if (InterlockedIncrement(&Item->Holders) != 1) {
            _exit(2);
        }
        InterlockedDecrement(&Item->Holders);
        InterlockedPushEntrySList(&Shared, Entry);
    }
}

static void *ComeSecond(void *Context)
{
    (void)Context;
    InterlockedExchange(&SecondThreadIsReady, 1);
    for (ULONG Round = 0; Round < OWNERSHIP_ROUNDS; Round++) {
        TakeAndPutBack();
    }
    return NULL;
}

/* The first thread is in the middle of its work, wherever that happens to be, when the second one comes. */
static void UseListsOfTwoThreads(void)
{
    pthread_t Second;

    InitializeSListHead(&Shared);
    for (ULONG Index = 0; Index < OWNERSHIP_ENTRIES; Index++) {
        InterlockedPushEntrySList(&Shared, &Items[Index].Link);
    }
    if (pthread_create(&Second, NULL, ComeSecond, NULL) != 0) {
        _exit(3);
    }
    for (ULONG Round = 0; Round < OWNERSHIP_ROUNDS || !SecondThreadIsReady; Round++) {
        TakeAndPutBack();
    }
    pthread_join(Second, NULL);
    if (ExQueryDepthSList(&Shared) != OWNERSHIP_ENTRIES) {
        _exit(4);
    }
}

Test(slist, no_entry_is_lost_or_held_twice_when_a_second_thread_comes)
{
    char Errors[256];

    for (ULONG Process = 0; Process < 100; Process++) {
        cr_assert_eq(RunChild(UseListsOfTwoThreads, Errors, sizeof(Errors)), 0, "%s", Errors);
    }
}

static void *PushOne(void *Context)
{
    InterlockedPushEntrySList(&Shared, Context);
    return NULL;
}

static void PopWhatTheParentPushed(void)
{
    if (InterlockedPopEntrySList(&Shared) != &Items[1].Link || InterlockedPopEntrySList(&Shared) != &Items[0].Link) {
        _exit(2);
    }
}

Test(slist, a_forked_child_uses_the_lists_of_whichever_thread_owned_them)
{
    char Errors[256];
    pthread_t Owner;

    InitializeSListHead(&Shared);
    cr_assert_eq(pthread_create(&Owner, NULL, PushOne, &Items[0].Link), 0);
    pthread_join(Owner, NULL);
    InterlockedPushEntrySList(&Shared, &Items[1].Link);
    cr_expect_eq(RunChild(PopWhatTheParentPushed, Errors, sizeof(Errors)), 0, "%s", Errors);
    cr_expect_eq(ExQueryDepthSList(&Shared), 2);
}

#if !defined(_WIN32)

static SLIST_HEADER *Sealed;
static volatile LONG OwnerIsStuck, SecondIsThrough;

static void *PushWhileTheOwnerIsStuck(void *Context)
{
    (void)Context;
    while (!OwnerIsStuck) {
        usleep(100);
    }
    InterlockedPushEntrySList(&Shared, &Items[1].Link);
    InterlockedExchange(&SecondIsThrough, 1);
    return NULL;
}

static void UnsealAfterAWhile(int Signal)
{
    (void)Signal;
    OwnerIsStuck = 1;
#if defined(EMU_ARCH_X86) /* where lists have no owner, who is waited for */
    while (!SecondIsThrough) {
        usleep(100);
    }
#else
    usleep(100000);
#endif
    if (SecondIsThrough != EMU_BY_WIDTH(FALSE, TRUE) || mprotect(Sealed, PAGE_SIZE, PROT_READ | PROT_WRITE) != 0) {
        _exit(5);
    }
}

static void GetStuckInAChange(void)
{
    struct sigaction Action = {.sa_handler = UnsealAfterAWhile};
    pthread_t Second;

    InitializeSListHead(&Shared);
    InterlockedPushEntrySList(&Shared, &Items[2].Link);
    Sealed = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sigaction(SIGSEGV, &Action, NULL) != 0 || pthread_create(&Second, NULL, PushWhileTheOwnerIsStuck, NULL) != 0) {
        _exit(3);
    }
    InterlockedPushEntrySList(Sealed, &Items[0].Link);
    pthread_join(Second, NULL);
    if (!SecondIsThrough || ExQueryDepthSList(Sealed) != 1 || ExQueryDepthSList(&Shared) != 2) {
        _exit(4);
    }
}

/* The owner's write of the header faults, and is held up there. */
Test(slist, a_second_thread_waits_for_the_end_of_the_change_that_is_under_way)
{
    char Errors[256];

    cr_expect_eq(RunChild(GetStuckInAChange, Errors, sizeof(Errors)), 0, "%s", Errors);
}

#else

Test(slist, a_second_thread_waits_for_the_end_of_the_change_that_is_under_way)
{
    cr_skip_test("it holds a thread up in a signal handler");
}

#endif
