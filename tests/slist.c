/* slist.c: sequenced lists: results, order, depth, sequence number and the header's layout. */
#include <criterion/criterion.h>

#include "poolemu.h"

static SLIST_HEADER Head;
static SLIST_ENTRY A, B, C;

static void EmptyHead(void)
{
    InitializeSListHead(&Head);
}

TestSuite(slist, .init = EmptyHead);

Test(slist, new_list_is_empty)
{
    cr_expect_null(FirstEntrySList(&Head));
    cr_expect_eq(ExQueryDepthSList(&Head), 0);
    cr_expect_eq(Head.Alignment, 0);
    cr_expect_eq(Head.Region, 0);
}

Test(slist, header_and_entry_are_16_bytes_aligned_to_16)
{
    cr_expect_eq(sizeof(SLIST_HEADER), 16);
    cr_expect_eq(sizeof(SLIST_ENTRY), 16);
    cr_expect_eq(_Alignof(SLIST_HEADER), 16);
    cr_expect_eq(_Alignof(SLIST_ENTRY), 16);
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
    cr_expect_eq(Head.HeaderX64.Sequence, 65537);
}

Test(slist, push_raises_sequence_and_pop_does_not)
{
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(Head.HeaderX64.Sequence, 1);
    InterlockedPopEntrySList(&Head);
    cr_expect_eq(Head.HeaderX64.Sequence, 1);
    InterlockedPushEntrySList(&Head, &A);
    cr_expect_eq(Head.HeaderX64.Sequence, 2);
    InterlockedFlushSList(&Head);
    cr_expect_eq(Head.HeaderX64.Sequence, 2);
}

Test(slist, header_holds_depth_sequence_and_first_entry)
{
    InterlockedPushEntrySList(&Head, &A);
    InterlockedPushEntrySList(&Head, &B);
    cr_expect_eq(Head.Alignment, (2ull << 16) | 2);
    cr_expect_eq(Head.Region, (ULONG_PTR)&B);
}

Test(slist, misaligned_header_raises)
{
    static UCHAR Bytes[64] EMU_ALIGN(16);
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        InitializeSListHead((PSLIST_HEADER)(PVOID)(Bytes + 8));
    }
    cr_expect_eq(Status, STATUS_DATATYPE_MISALIGNMENT);
    EMU_CATCH_EXCEPTION(&Status)
    {
        InterlockedPushEntrySList((PSLIST_HEADER)(PVOID)(Bytes + 8), &A);
    }
    cr_expect_eq(Status, STATUS_DATATYPE_MISALIGNMENT);
}

Test(slist, misaligned_entry_raises)
{
    static UCHAR Bytes[64] EMU_ALIGN(16);
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        InterlockedPushEntrySList(&Head, (PSLIST_ENTRY)(PVOID)(Bytes + 8));
    }
    cr_expect_eq(Status, STATUS_DATATYPE_MISALIGNMENT);
    cr_expect_eq(ExQueryDepthSList(&Head), 0);
}
