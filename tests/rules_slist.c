/* Rules of sequenced lists beyond results and order: IRQL, the lock that is not used, alignment, eight threads. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

static SLIST_HEADER Head;
static SLIST_ENTRY A, B;

Test(rules_slist, they_work_at_HIGH_LEVEL)
{
    KIRQL Old;

    InitializeSListHead(&Head);
    KeRaiseIrql(HIGH_LEVEL, &Old);
    cr_expect_null(ExInterlockedPushEntrySList(&Head, &A, NULL));
    cr_expect_eq(ExInterlockedPushEntrySList(&Head, &B, NULL), &A);
    cr_expect_eq(ExQueryDepthSList(&Head), 2);
    cr_expect_eq(FirstEntrySList(&Head), &B);
    cr_expect_eq(ExInterlockedPopEntrySList(&Head, NULL), &B);
    cr_expect_eq(ExInterlockedFlushSList(&Head), &A);
    KeLowerIrql(Old);
}

Test(rules_slist, the_lock_argument_is_not_touched)
{
    KSPIN_LOCK Lock;

    InitializeSListHead(&Head);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLockRaiseToDpc(&Lock);
    ExInterlockedPushEntrySList(&Head, &A, &Lock);
    cr_expect_eq(ExInterlockedPopEntrySList(&Head, &Lock), &A, "the lock that this thread has is not asked for");
    KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);
}

Test(rules_slist, the_names_with_and_without_Ex_are_the_same_routines)
{
    memset(&Head, 0xA5, sizeof(Head));
    ExInitializeSListHead(&Head);
    cr_expect_eq(Head.Alignment, 0);
    cr_expect_eq(Head.Region, 0);
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(ExInterlockedPushEntrySList(&Head, &B, NULL), &A);
    cr_expect_eq(ExpInterlockedPopEntrySList(&Head), &B);
    cr_expect_eq(QueryDepthSList(&Head), ExQueryDepthSList(&Head));
    cr_expect_eq(ExpInterlockedFlushSList(&Head), &A);
}

static NTSTATUS StatusOf(PSLIST_ENTRY (*Routine)(PSLIST_HEADER), PSLIST_HEADER Header)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        Routine(Header);
    }
    return Status;
}

static PSLIST_ENTRY Pop(PSLIST_HEADER Header)
{
    return InterlockedPopEntrySList(Header);
}

static PSLIST_ENTRY Flush(PSLIST_HEADER Header)
{
    return InterlockedFlushSList(Header);
}

Test(rules_slist, pop_and_flush_of_a_misaligned_header_raise)
{
    static UCHAR Bytes[64] EMU_ALIGN(16);

    cr_expect_eq(StatusOf(Pop, (PSLIST_HEADER)(PVOID)(Bytes + 8)), STATUS_DATATYPE_MISALIGNMENT);
    cr_expect_eq(StatusOf(Flush, (PSLIST_HEADER)(PVOID)(Bytes + 8)), STATUS_DATATYPE_MISALIGNMENT);
}

/* ---- Eight threads -------------------------------------------------------------------------------------------- */

enum {
    THREADS = 8,
    ITEMS = 5, /* fewer than threads: entries come back at once, and that is when ABA strikes */
    PAIRS = 10000000 / 2 / THREADS,
};

typedef struct ITEM {
    SLIST_ENTRY Link;
    LONG Holders;
    ULONG Uses; /* written by the holder, without a lock */
} ITEM;

static ITEM Items[ITEMS];
static volatile LONG HeldTwice;

static void *PopAndPush(void *Context)
{
    for (ULONG Pair = 0; Pair < PAIRS; Pair++) {
        PSLIST_ENTRY Entry;
        while ((Entry = InterlockedPopEntrySList(&Head)) == NULL) {
            sched_yield();
        }
        ITEM *Item = CONTAINING_RECORD(Entry, ITEM, Link);
        if (InterlockedIncrement(&Item->Holders) != 1) {
            InterlockedIncrement(&HeldTwice);
        }
        Item->Uses++;
        InterlockedDecrement(&Item->Holders);
        InterlockedPushEntrySList(&Head, Entry);
    }
    return Context;
}

Test(rules_slist, eight_threads_push_and_pop_ten_million_times_and_lose_no_entry, .timeout = 100)
{
    pthread_t Threads[THREADS];
    ULONG Uses = 0;

    InitializeSListHead(&Head);
    for (ULONG Index = 0; Index < ITEMS; Index++) {
        InterlockedPushEntrySList(&Head, &Items[Index].Link);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, PopAndPush, NULL), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    cr_expect_eq(HeldTwice, 0);
    cr_expect_eq(ExQueryDepthSList(&Head), ITEMS);
    for (ULONG Index = 0; Index < ITEMS; Index++) {
        PSLIST_ENTRY Entry = InterlockedPopEntrySList(&Head);
        cr_assert_not_null(Entry);
        Uses += CONTAINING_RECORD(Entry, ITEM, Link)->Uses;
    }
    cr_expect_null(InterlockedPopEntrySList(&Head));
    cr_expect_eq(Uses, THREADS * PAIRS);
}
