/* lookaside_depth.c: the depth of lookaside lists from pass to pass of the balance-set manager. */
#include <criterion/criterion.h>

#include "support.h"

enum {
    MINIMUM_DEPTH = 4,
    MAXIMUM_DEPTH = 256,
};

static NPAGED_LOOKASIDE_LIST Nonpaged;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX Ex;
static PVOID Entries[1000];

static void Initialize(void)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
}

TestSuite(lookaside_depth, .init = Initialize);

static void Take(ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        Entries[Index] = ExAllocateFromNPagedLookasideList(&Nonpaged);
    }
}

static void PutBack(ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        ExFreeToNPagedLookasideList(&Nonpaged, Entries[Index]);
    }
}

/* A pass with so many entries in use at once. */
static USHORT DepthAfterUseOf(ULONG Count)
{
    Take(Count);
    PutBack(Count);
    EmuAdvanceBalanceSet();
    return Nonpaged.L.Depth;
}

/* ---- One pass -------------------------------------------------------------------------------------------------- */

Test(lookaside_depth, a_fresh_list_has_the_minimum_and_keeps_it_without_use)
{
    cr_expect_eq(Nonpaged.L.Depth, MINIMUM_DEPTH);
    for (ULONG Pass = 0; Pass < 10; Pass++) {
        EmuAdvanceBalanceSet();
        cr_expect_eq(Nonpaged.L.Depth, MINIMUM_DEPTH);
    }
}

Test(lookaside_depth, use_alone_changes_no_depth)
{
    for (ULONG Round = 0; Round < 100; Round++) {
        Take(20);
        PutBack(20);
    }
    cr_expect_eq(Nonpaged.L.Depth, MINIMUM_DEPTH);
}

Test(lookaside_depth, a_pass_adds_the_misses_to_the_depth)
{
    cr_expect_eq(DepthAfterUseOf(1), 5);
    cr_expect_eq(DepthAfterUseOf(3), 7, "one cached, two missed");
}

Test(lookaside_depth, a_pass_at_the_most_doubles_the_depth)
{
    cr_expect_eq(DepthAfterUseOf(1000), 8);
    cr_expect_eq(DepthAfterUseOf(1000), 16);
    cr_expect_eq(DepthAfterUseOf(1000), 32);
}

Test(lookaside_depth, the_depth_ends_at_MaximumDepth)
{
    for (ULONG Pass = 0; Pass < 6; Pass++) {
        DepthAfterUseOf(1000);
    }
    cr_expect_eq(Nonpaged.L.Depth, MAXIMUM_DEPTH);
    cr_expect_eq(DepthAfterUseOf(1000), MAXIMUM_DEPTH);
    cr_expect_eq(Nonpaged.L.MaximumDepth, MAXIMUM_DEPTH);
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), MAXIMUM_DEPTH);
}

Test(lookaside_depth, a_list_that_serves_all_it_is_asked_for_keeps_its_depth)
{
    for (ULONG Pass = 0; Pass < 6; Pass++) {
        DepthAfterUseOf(20);
    }
    USHORT Depth = Nonpaged.L.Depth;
    cr_expect_geq(Depth, 20);
    for (ULONG Pass = 0; Pass < 10; Pass++) {
        for (ULONG Round = 0; Round < 5; Round++) {
            Take(20);
            PutBack(20);
        }
        EmuAdvanceBalanceSet();
        cr_expect_eq(Nonpaged.L.Depth, Depth);
    }
    cr_expect_eq(Nonpaged.L.AllocateMisses, Nonpaged.L.LastAllocateMisses);
}

Test(lookaside_depth, an_idle_list_falls_by_half_a_pass_down_to_the_minimum)
{
    static const USHORT Wanted[] = {128, 64, 32, 16, 8, 4, 4, 4};

    for (ULONG Pass = 0; Pass < 6; Pass++) {
        DepthAfterUseOf(1000);
    }
    for (ULONG Pass = 0; Pass < COUNT(Wanted); Pass++) {
        EmuAdvanceBalanceSet();
        cr_expect_eq(Nonpaged.L.Depth, Wanted[Pass], "pass %u: %u", Pass, Nonpaged.L.Depth);
    }
}

Test(lookaside_depth, a_pass_leaves_room_for_what_was_taken)
{
    for (ULONG Pass = 0; Pass < 6; Pass++) {
        DepthAfterUseOf(1000);
    }
    cr_expect_eq(DepthAfterUseOf(256), MAXIMUM_DEPTH, "now all are cached");
    cr_expect_eq(DepthAfterUseOf(200), 200);
    cr_expect_eq(DepthAfterUseOf(50), 100);
    cr_expect_eq(DepthAfterUseOf(100), 100);
    cr_expect_eq(DepthAfterUseOf(99), 99);
}

Test(lookaside_depth, a_pass_remembers_the_counters_and_leaves_them_alone)
{
    Take(7);
    PutBack(7);
    cr_expect_eq(Nonpaged.L.LastTotalAllocates, 0);
    cr_expect_eq(Nonpaged.L.LastAllocateMisses, 0);
    EmuAdvanceBalanceSet();
    cr_expect_eq(Nonpaged.L.LastTotalAllocates, 7);
    cr_expect_eq(Nonpaged.L.LastAllocateMisses, 7);
    Take(2);
    EmuAdvanceBalanceSet();
    cr_expect_eq(Nonpaged.L.LastTotalAllocates, 9);
    cr_expect_eq(Nonpaged.L.LastAllocateMisses, 7);
    cr_expect_eq(Nonpaged.L.TotalAllocates, 9);
    cr_expect_eq(Nonpaged.L.AllocateMisses, 7);
    cr_expect_eq(Nonpaged.L.TotalFrees, 7);
    cr_expect_eq(Nonpaged.L.FreeMisses, 3);
}

Test(lookaside_depth, counters_that_wrap_make_no_difference)
{
    Nonpaged.L.TotalAllocates = Nonpaged.L.LastTotalAllocates = MAXULONG - 1;
    Nonpaged.L.AllocateMisses = Nonpaged.L.LastAllocateMisses = MAXULONG;
    cr_expect_eq(DepthAfterUseOf(3), 7);
    cr_expect_eq(Nonpaged.L.LastTotalAllocates, 1);
    cr_expect_eq(Nonpaged.L.LastAllocateMisses, 2);
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

Test(lookaside_depth, a_deeper_list_keeps_more)
{
    DepthAfterUseOf(1000);
    Take(8);
    PutBack(8);
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), 8);
    cr_expect_eq(LiveBlocks(), 8);
}

Test(lookaside_depth, a_pass_gives_surplus_entries_back_to_the_pool)
{
    cr_expect_eq(DepthAfterUseOf(1000), 8);
    cr_expect_eq(DepthAfterUseOf(1000), 16);
    Take(8);
    for (ULONG Index = 8; Index < 16; Index++) {
        Entries[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG); /* no miss of the list's */
    }
    PutBack(16);
    EmuAdvanceBalanceSet();
    cr_expect_eq(Nonpaged.L.Depth, 8, "8 were taken");
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), 8);
    cr_expect_eq(LiveBlocks(), 8);
    EmuAdvanceBalanceSet();
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), MINIMUM_DEPTH);
    cr_expect_eq(LiveBlocks(), MINIMUM_DEPTH);
}

Test(lookaside_depth, a_pass_leaves_entries_within_the_depth_alone)
{
    Take(4);
    PutBack(4);
    for (ULONG Pass = 0; Pass < 5; Pass++) {
        EmuAdvanceBalanceSet();
    }
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), 4);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&Nonpaged), Entries[3]);
}

static ULONG Freed;
static PLOOKASIDE_LIST_EX FreedTo;

static VOID NTAPI FreeAndCount(PVOID Buffer)
{
    Freed++;
    ExFreePoolWithTag(Buffer, TAG);
}

static VOID NTAPI FreeAndCountEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    FreedTo = Lookaside;
    FreeAndCount(Buffer);
}

Test(lookaside_depth, surplus_entries_go_to_the_free_routine_of_a_paged_list)
{
    ExInitializePagedLookasideList(&Paged, NULL, FreeAndCount, 0, 100, TAG, 0);
    for (ULONG Index = 0; Index < 8; Index++) {
        Entries[Index] = ExAllocateFromPagedLookasideList(&Paged);
    }
    EmuAdvanceBalanceSet();
    cr_expect_eq(Paged.L.Depth, 8);
    for (ULONG Index = 0; Index < 8; Index++) {
        ExFreeToPagedLookasideList(&Paged, Entries[Index]);
    }
    cr_expect_eq(Freed, 0);
    EmuAdvanceBalanceSet();
    cr_expect_eq(Paged.L.Depth, MINIMUM_DEPTH);
    cr_expect_eq(Freed, 4);
    cr_expect_eq(Paged.L.FreeMisses, 0, "a pass counts no frees");
}

Test(lookaside_depth, surplus_entries_go_to_the_free_routine_of_an_Ex_list_with_the_list)
{
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, NULL, FreeAndCountEx, NonPagedPoolNx, 0, 100, TAG, 0)));
    for (ULONG Index = 0; Index < 8; Index++) {
        Entries[Index] = ExAllocateFromLookasideListEx(&Ex);
    }
    EmuAdvanceBalanceSet();
    for (ULONG Index = 0; Index < 8; Index++) {
        ExFreeToLookasideListEx(&Ex, Entries[Index]);
    }
    EmuAdvanceBalanceSet();
    cr_expect_eq(Ex.L.Depth, MINIMUM_DEPTH);
    cr_expect_eq(Freed, 4);
    cr_expect_eq(FreedTo, &Ex);
}

/* A free routine that uses lists itself: the pass holds nothing that it needs. */
static VOID NTAPI FreeAndUseLists(PVOID Buffer)
{
    static NPAGED_LOOKASIDE_LIST Own;

    ExInitializeNPagedLookasideList(&Own, NULL, NULL, 0, 64, TAG2, 0);
    ExFreeToNPagedLookasideList(&Own, ExAllocateFromNPagedLookasideList(&Own));
    ExDeleteNPagedLookasideList(&Own);
    FreeAndCount(Buffer);
}

Test(lookaside_depth, a_free_routine_may_use_lists_of_its_own)
{
    ExInitializePagedLookasideList(&Paged, NULL, FreeAndUseLists, 0, 100, TAG, 0);
    for (ULONG Index = 0; Index < 8; Index++) {
        Entries[Index] = ExAllocateFromPagedLookasideList(&Paged);
    }
    EmuAdvanceBalanceSet();
    for (ULONG Index = 0; Index < 8; Index++) {
        ExFreeToPagedLookasideList(&Paged, Entries[Index]);
    }
    EmuAdvanceBalanceSet();
    cr_expect_eq(Freed, 4);
    cr_expect_eq(Paged.L.Depth, MINIMUM_DEPTH);
}

/* ---- All lists --------------------------------------------------------------------------------------------------- */

Test(lookaside_depth, a_pass_is_over_all_lists_and_each_has_its_own_depth)
{
    static LOOKASIDE_LIST_EX Many[300];

    for (ULONG List = 0; List < COUNT(Many); List++) {
        cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&Many[List], NULL, NULL, PagedPool, 0, 64, TAG, 0)));
        for (ULONG Taken = 0; Taken < List % 4; Taken++) {
            ExAllocateFromLookasideListEx(&Many[List]);
        }
    }
    EmuAdvanceBalanceSet();
    for (ULONG List = 0; List < COUNT(Many); List++) {
        cr_expect_eq(Many[List].L.Depth, MINIMUM_DEPTH + List % 4);
    }
}

Test(lookaside_depth, a_deleted_list_is_unlinked_and_a_pass_leaves_it_alone)
{
    NPAGED_LOOKASIDE_LIST Before;

    Take(8);
    ExDeleteNPagedLookasideList(&Nonpaged);
    memcpy(&Before, &Nonpaged, sizeof(Before));
    EmuAdvanceBalanceSet();
    cr_expect_eq(memcmp(&Before, &Nonpaged, sizeof(Before)), 0);
}

Test(lookaside_depth, an_initialized_list_starts_again_at_the_minimum)
{
    DepthAfterUseOf(1000);
    cr_expect_eq(Nonpaged.L.Depth, 8);
    ExDeleteNPagedLookasideList(&Nonpaged);
    Initialize();
    cr_expect_eq(Nonpaged.L.Depth, MINIMUM_DEPTH);
    cr_expect_eq(Nonpaged.L.LastTotalAllocates, 0);
}

Test(lookaside_depth, a_list_that_a_reset_forgot_is_left_alone)
{
    Take(8);
    EmuReset();
    EmuAdvanceBalanceSet();
    cr_expect_eq(Nonpaged.L.Depth, MINIMUM_DEPTH);
}

/* ---- Lists whose memory is gone ---------------------------------------------------------------------------------- */

static EMU_BUGCHECK StopOfPass(void)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuAdvanceBalanceSet();
    }
    return Stop;
}

Test(lookaside_depth, a_pass_stops_with_0xC4_0xCC_at_a_list_whose_pool_block_was_freed)
{
    for (SIZE_T Size = 0; Size < 2; Size++) {
        EmuReset();
        PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, Size == 0 ? 512 : 3 * PAGE_SIZE, TAG);
        PNPAGED_LOOKASIDE_LIST Inside = (PNPAGED_LOOKASIDE_LIST)(PVOID)(Block + 32);
        ExInitializeNPagedLookasideList(Inside, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
        EXPECT_NO_STOP(StopOfPass());
        ExFreePoolWithTag(Block, TAG);
        EXPECT_STOP(StopOfPass(), DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCC, Inside, 0, 0);
    }
}
