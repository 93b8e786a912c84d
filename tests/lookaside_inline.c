/* lookaside_inline.c: built for Windows 11 21H2 or older, allocate and free are inline functions of the header; they do
 * what the exports do. */
#define NTDDI_VERSION 0x06010000

#include <criterion/criterion.h>

#include <string.h>

#include "os.h"

#define TAG 'ediS'

static NPAGED_LOOKASIDE_LIST Nonpaged;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX Ex;

static void InitializeLists(void)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0)));
}

static void DeleteLists(void)
{
    ExDeleteNPagedLookasideList(&Nonpaged);
    ExDeletePagedLookasideList(&Paged);
    ExDeleteLookasideListEx(&Ex);
}

TestSuite(lookaside_inline, .init = InitializeLists, .fini = DeleteLists);

/* Five entries out, five back, one out: five misses, one free too many, the entry freed fourth comes first. */
#define EXPECT_COUNTERS(Family, List)                                                                                  \
    do {                                                                                                               \
        PVOID Entry[5], Last;                                                                                          \
        for (ULONG Index = 0; Index < 5; Index++) {                                                                    \
            Entry[Index] = ExAllocateFrom##Family(&(List));                                                            \
        }                                                                                                              \
        for (ULONG Index = 0; Index < 5; Index++) {                                                                    \
            ExFreeTo##Family(&(List), Entry[Index]);                                                                   \
        }                                                                                                              \
        Last = ExAllocateFrom##Family(&(List));                                                                        \
        cr_expect_eq(Last, Entry[3]);                                                                                  \
        cr_expect_eq((List).L.TotalAllocates, 6);                                                                      \
        cr_expect_eq((List).L.AllocateMisses, 5);                                                                      \
        cr_expect_eq((List).L.TotalFrees, 5);                                                                          \
        cr_expect_eq((List).L.FreeMisses, 1);                                                                          \
        ExFreeTo##Family(&(List), Last);                                                                               \
    } while (0)

Test(lookaside_inline, nonpaged_list)
{
    EXPECT_COUNTERS(NPagedLookasideList, Nonpaged);
}

Test(lookaside_inline, paged_list)
{
    EXPECT_COUNTERS(PagedLookasideList, Paged);
}

Test(lookaside_inline, ex_list)
{
    EXPECT_COUNTERS(LookasideListEx, Ex);
}

/* ---- On every Windows -------------------------------------------------------------------------------------------- */

static BOOLEAN IsExecutable(PVOID Entry)
{
    EMU_BLOCK Block;

    cr_assert(EmuQueryBlock(Entry, &Block));
    return Block.Executable;
}

Test(lookaside_inline, types_follow_the_flags_from_windows_8_on_and_drop_the_nx_bit_before)
{
    ULONG Flags = POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE;
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        NPAGED_LOOKASIDE_LIST NonpagedNx;
        PAGED_LOOKASIDE_LIST PagedNx;
        ULONG Nx = Table[Row].Major * 100 + Table[Row].Minor >= 602 ? POOL_NX_ALLOCATION : 0;
        cr_assert(NT_SUCCESS(EmuSetWindows(Table[Row].Name)));
        ExInitializeNPagedLookasideList(&NonpagedNx, NULL, NULL, Flags, 100, TAG, 9);
        ExInitializePagedLookasideList(&PagedNx, NULL, NULL, Flags, 100, TAG, 9);
        cr_expect_eq((ULONG)NonpagedNx.L.Type, Nx | 16, "%s", Table[Row].Title);
        cr_expect_eq((ULONG)PagedNx.L.Type, 1 | Nx | 16, "%s", Table[Row].Title);
        cr_expect(NonpagedNx.L.Depth == 4 && PagedNx.L.Depth == 4, "%s", Table[Row].Title);
        cr_expect(NonpagedNx.L.MaximumDepth == 256 && PagedNx.L.MaximumDepth == 256, "%s", Table[Row].Title);
        cr_expect_eq(IsExecutable(ExAllocateFromNPagedLookasideList(&NonpagedNx)), Nx == 0, "%s", Table[Row].Title);
        cr_expect_eq(IsExecutable(ExAllocateFromPagedLookasideList(&PagedNx)), EMU_BY_WIDTH(FALSE, TRUE), "%s",
                     Table[Row].Title);
        ExDeleteNPagedLookasideList(&NonpagedNx);
        ExDeletePagedLookasideList(&PagedNx);
    }
}

Test(lookaside_inline, the_depth_policy_is_the_same_on_every_windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        NPAGED_LOOKASIDE_LIST List;
        PVOID Entry[7];
        cr_assert(NT_SUCCESS(EmuSetWindows(Table[Row].Name)));
        ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
        for (ULONG Index = 0; Index < 3; Index++) {
            Entry[Index] = ExAllocateFromNPagedLookasideList(&List);
        }
        EmuAdvanceBalanceSet();
        cr_expect_eq(List.L.Depth, 7, "%s", Table[Row].Title);
        for (ULONG Index = 3; Index < 7; Index++) {
            Entry[Index] = ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG);
        }
        for (ULONG Index = 0; Index < 7; Index++) {
            ExFreeToNPagedLookasideList(&List, Entry[Index]);
        }
        cr_expect_eq(ExQueryDepthSList(&List.L.ListHead), 7, "%s", Table[Row].Title);
        EmuAdvanceBalanceSet();
        cr_expect_eq(List.L.Depth, 4, "%s", Table[Row].Title);
        cr_expect_eq(ExQueryDepthSList(&List.L.ListHead), 4, "%s", Table[Row].Title);
        ExDeleteNPagedLookasideList(&List);
    }
}

/* Of the inline routines the emulator knows nothing but the SLIST. */
Test(lookaside_inline, an_entry_that_waits_in_a_list_is_no_leak_of_EMU_FOR_EACH_FAILURE)
{
    static NPAGED_LOOKASIDE_LIST List;
    ULONG Runs = 0;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 32, TAG, 0);
    EMU_FOR_EACH_FAILURE(Index)
    {
        PVOID Entry = ExAllocateFromNPagedLookasideList(&List);
        if (Entry != NULL) {
            ExFreeToNPagedLookasideList(&List, Entry);
        }
        Runs++;
    }
    cr_expect_eq(Runs, 2u);
    ExDeleteNPagedLookasideList(&List);
}

/* As a static one may: initialized data and zeroed data are mapped one after the other. */
Test(lookaside_inline, so_it_is_when_the_list_lies_across_two_mappings)
{
    UCHAR *Pages = OsPages(2 * PAGE_SIZE, TRUE);
    PNPAGED_LOOKASIDE_LIST List = (PNPAGED_LOOKASIDE_LIST)(Pages + PAGE_SIZE - 64);
    ULONG Runs = 0;

    OsMakeCode(Pages + PAGE_SIZE, PAGE_SIZE);
    ExInitializeNPagedLookasideList(List, NULL, NULL, 0, 32, TAG, 0);
    EMU_FOR_EACH_FAILURE(Index)
    {
        PVOID Entry = ExAllocateFromNPagedLookasideList(List);
        if (Entry != NULL) {
            ExFreeToNPagedLookasideList(List, Entry);
        }
        Runs++;
    }
    cr_expect_eq(Runs, 2u);
    ExDeleteNPagedLookasideList(List);
}

Test(lookaside_inline, an_entry_that_is_lost_is_a_leak_of_EMU_FOR_EACH_FAILURE)
{
    static NPAGED_LOOKASIDE_LIST List;
    EMU_BUGCHECK Stop;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 32, TAG, 0);
    ExFreeToNPagedLookasideList(&List, ExAllocateFromNPagedLookasideList(&List));
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EMU_FOR_EACH_FAILURE(Index)
        {
            ExAllocateFromNPagedLookasideList(&List);
        }
    }
    cr_expect_eq(Stop.Code, (ULONG)DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_expect_eq(Stop.Parameter[3], 1u);
    ExDeleteNPagedLookasideList(&List);
}

Test(lookaside_inline, a_forgotten_list_in_memory_that_is_gone_does_no_harm_to_EMU_FOR_EACH_FAILURE)
{
    PNPAGED_LOOKASIDE_LIST List = OsPages(PAGE_SIZE, TRUE);
    ULONG Runs = 0;

    ExInitializeNPagedLookasideList(List, NULL, NULL, 0, 32, TAG, 0);
    OsDropPages(List, PAGE_SIZE);
    EMU_FOR_EACH_FAILURE(Index)
    {
        Runs++;
    }
    cr_expect_eq(Runs, 1u);
}
