/* lookaside_misuse.c: entries freed to where they do not belong, or twice. A lookaside list checks nothing, as on
 * Windows; the pool's checks see the mistake as soon as the entry reaches the pool. */
#include <criterion/criterion.h>

#include "support.h"

enum {
    LIST_TAG = 'tsiL',
    OTHER_TAG = 'rhtO',
    DEPTH = 4,
};

static NPAGED_LOOKASIDE_LIST List;
static NPAGED_LOOKASIDE_LIST Other;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX Ex;

static void InitializeLists(void)
{
    SelectPoolWithoutHeap();
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 100, LIST_TAG, 0);
    ExInitializeNPagedLookasideList(&Other, NULL, NULL, POOL_NX_ALLOCATION, 300, OTHER_TAG, 0);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0)));
}

TestSuite(lookaside_misuse, .init = InitializeLists);

static EMU_BUGCHECK StopOfDelete(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExDeleteNPagedLookasideList(Lookaside);
    }
    return Stop;
}

static EMU_BUGCHECK StopOfFreeTo(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreeToNPagedLookasideList(Lookaside, Entry);
    }
    return Stop;
}

static void FillUp(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    PVOID Entries[DEPTH];

    for (ULONG Index = 0; Index < DEPTH; Index++) {
        Entries[Index] = ExAllocateFromNPagedLookasideList(Lookaside);
    }
    for (ULONG Index = 0; Index < DEPTH; Index++) {
        ExFreeToNPagedLookasideList(Lookaside, Entries[Index]);
    }
    cr_assert_eq(ExQueryDepthSList(&Lookaside->L.ListHead), DEPTH);
}

/* ---- To the pool ----------------------------------------------------------------------------------------------- */

Test(lookaside_misuse, an_entry_may_be_freed_to_the_pool_and_the_list_does_not_count_it)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    EXPECT_NO_STOP(StopOfFree(Entry, LIST_TAG));
    cr_expect_eq(List.L.TotalFrees, 0);
    EXPECT_NO_STOP(StopOfUntaggedFree(ExAllocateFromNPagedLookasideList(&List)));
    cr_expect_eq(List.L.TotalAllocates, 2);
    cr_expect_eq(LiveBlocks(), 0);
}

Test(lookaside_misuse, an_entry_freed_to_the_pool_with_another_tag_than_the_lists_stops_with_0xC2_0x0A)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    EXPECT_STOP(StopOfFree(Entry, OTHER_TAG), BAD_POOL_CALLER, 0x0A, Entry, LIST_TAG, OTHER_TAG);
}

/* To the pool a cached entry is as live as any. */
Test(lookaside_misuse, a_cached_entry_freed_to_the_pool_stops_the_delete_with_0xC2_0x07)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    ExFreeToNPagedLookasideList(&List, Entry);
    EXPECT_NO_STOP(StopOfFree(Entry, LIST_TAG));
    ULONG Bits = HeaderBits((UCHAR *)Entry - HEADER_BYTES);
    EXPECT_STOP(StopOfDelete(&List), BAD_POOL_CALLER, 0x07, LIST_TAG, Bits, Entry);
}

Test(lookaside_misuse, a_cached_entry_freed_to_the_pool_is_still_served_and_its_next_free_stops_with_0xC2_0x07)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    ExFreeToNPagedLookasideList(&List, Entry);
    ExFreePoolWithTag(Entry, LIST_TAG);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
    cr_expect_not(IsLive(Entry));
    EMU_BUGCHECK Stop = StopOfFree(Entry, LIST_TAG);
    cr_expect_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
    cr_expect_eq(Stop.Parameter[0], 0x07u);
    cr_expect_eq(Stop.Parameter[3], (ULONG_PTR)Entry);
}

Test(lookaside_misuse, an_entry_freed_to_the_pool_and_then_to_a_full_list_stops_with_0xC2_0x07)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    ExFreePoolWithTag(Entry, LIST_TAG);
    PVOID Kept = ExAllocatePoolWithTag(NonPagedPoolNx, 100, LIST_TAG); /* not what FillUp gets */
    cr_assert_eq(Kept, Entry, "a thread gets back what it freed last");
    FillUp(&List);
    ExFreePoolWithTag(Kept, LIST_TAG);
    ULONG Bits = HeaderBits((UCHAR *)Entry - HEADER_BYTES);
    EXPECT_STOP(StopOfFreeTo(&List, Entry), BAD_POOL_CALLER, 0x07, LIST_TAG, Bits, Entry);
}

/* ---- To another list ------------------------------------------------------------------------------------------- */

Test(lookaside_misuse, an_entry_freed_to_another_list_is_served_by_it_with_the_size_and_tag_of_its_own)
{
    PVOID Small = ExAllocateFromNPagedLookasideList(&List);
    EMU_BLOCK Block;

    EXPECT_NO_STOP(StopOfFreeTo(&Other, Small));
    cr_expect_eq(List.L.TotalFrees, 0);
    cr_expect_eq(Other.L.TotalFrees, 1);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&Other), Small);
    cr_expect_eq(Other.L.AllocateMisses, 0);
    cr_assert(EmuQueryBlock(Small, &Block));
    cr_expect_eq(Block.Size, 100, "and not the 300 that the list promises");
    cr_expect_eq(Block.Tag, LIST_TAG);
}

/* ExFreePool asks for no tag: deleting the wrong list is no stop. The counts of the tags tell. */
Test(lookaside_misuse, an_entry_of_another_list_is_freed_by_the_delete_under_its_own_tag)
{
    EMU_TAG_USAGE Own, Wrong;

    ExFreeToNPagedLookasideList(&Other, ExAllocateFromNPagedLookasideList(&List));
    EXPECT_NO_STOP(StopOfDelete(&Other));
    EmuQueryTag(LIST_TAG, &Own);
    EmuQueryTag(OTHER_TAG, &Wrong);
    cr_expect_eq(Own.NonPaged.Frees, 1);
    cr_expect_eq(Wrong.NonPaged.Frees, 0);
    cr_expect_eq(LiveBlocks(), 0);
}

static VOID NTAPI FreeWithOtherTag(PVOID Buffer)
{
    ExFreePoolWithTag(Buffer, OTHER_TAG);
}

Test(lookaside_misuse, a_free_routine_that_names_the_tag_stops_with_0xC2_0x0A_at_an_entry_of_another_list)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    ExDeleteNPagedLookasideList(&Other);
    ExInitializeNPagedLookasideList(&Other, NULL, FreeWithOtherTag, POOL_NX_ALLOCATION, 300, OTHER_TAG, 0);
    ExFreeToNPagedLookasideList(&Other, Entry);
    EXPECT_STOP(StopOfDelete(&Other), BAD_POOL_CALLER, 0x0A, Entry, LIST_TAG, OTHER_TAG);
}

Test(lookaside_misuse, using_the_short_entry_as_a_long_one_stops_its_free_with_0x19_0x21)
{
    enum {
        ENTRIES = 64,
    };
    UCHAR *Entries[ENTRIES], *Left = NULL;

    for (ULONG Index = 0; Index < ENTRIES; Index++) {
        Entries[Index] = ExAllocateFromNPagedLookasideList(&List);
    }
    SIZE_T Slot = SlotBytes(Entries[0]);
    for (ULONG Index = 0; Index < ENTRIES * ENTRIES && Left == NULL; Index++) {
        UCHAR *Candidate = Entries[Index / ENTRIES];
        if (Entries[Index % ENTRIES] == Candidate + Slot + HEADER_BYTES &&
            PAGE_ALIGN(Candidate) == PAGE_ALIGN(Entries[Index % ENTRIES])) {
            Left = Candidate;
        }
    }
    cr_assert_not_null(Left);
    ExFreeToNPagedLookasideList(&Other, Left);
    cr_assert_eq(ExAllocateFromNPagedLookasideList(&Other), Left);
    memset(Left, 'B', Slot + 8);
    EXPECT_STOP(StopOfFree(Left, LIST_TAG), BAD_POOL_HEADER, 0x21, Left, 100, 0x4242424242424242);
}

Test(lookaside_misuse, a_paged_entry_freed_to_a_full_nonpaged_list_at_DISPATCH_LEVEL_stops_with_0xC2_0x09)
{
    PVOID Entry = ExAllocateFromPagedLookasideList(&Paged);
    KIRQL Old;

    FillUp(&List);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    EXPECT_STOP(StopOfFreeTo(&List, Entry), BAD_POOL_CALLER, 0x09, DISPATCH_LEVEL, PagedPool, Entry);
    KeLowerIrql(Old);
    cr_expect(IsLive(Entry));
}

Test(lookaside_misuse, a_paged_entry_that_a_nonpaged_list_keeps_is_served_as_nonpaged)
{
    PVOID Entry = ExAllocateFromPagedLookasideList(&Paged);
    EMU_BLOCK Block;
    KIRQL Old;

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    EXPECT_NO_STOP(StopOfFreeTo(&List, Entry));
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
    KeLowerIrql(Old);
    cr_assert(EmuQueryBlock(Entry, &Block));
    cr_expect_eq(Block.PoolType, PagedPool);
}

/* ---- Twice ------------------------------------------------------------------------------------------------------- */

Test(lookaside_misuse, an_entry_freed_twice_is_served_twice)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    ExFreeToNPagedLookasideList(&List, Entry);
    EXPECT_NO_STOP(StopOfFreeTo(&List, Entry));
    cr_expect_eq(ExQueryDepthSList(&List.L.ListHead), 2);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
    cr_expect_eq(List.L.AllocateMisses, 1);
}

Test(lookaside_misuse, an_entry_freed_twice_stops_the_delete_with_0xC2_0x07)
{
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);

    ExFreeToNPagedLookasideList(&List, Entry);
    ExFreeToNPagedLookasideList(&List, Entry);
    EMU_BUGCHECK Stop = StopOfDelete(&List);
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x07, LIST_TAG, HeaderBits((UCHAR *)Entry - HEADER_BYTES), Entry);
}

Test(lookaside_misuse, an_entry_freed_twice_stops_the_flush_of_an_Ex_list_with_0xC2_0x07)
{
    PVOID Entry = ExAllocateFromLookasideListEx(&Ex);
    EMU_BUGCHECK Stop;

    ExFreeToLookasideListEx(&Ex, Entry);
    ExFreeToLookasideListEx(&Ex, Entry);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFlushLookasideListEx(&Ex);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x07, TAG, HeaderBits((UCHAR *)Entry - HEADER_BYTES), Entry);
}

/* ---- What never was an entry ------------------------------------------------------------------------------------- */

Test(lookaside_misuse, what_is_no_pool_stops_the_delete_with_0xC2_0x46)
{
    static UCHAR Bytes[128] EMU_ALIGN(16);

    EXPECT_NO_STOP(StopOfFreeTo(&List, Bytes));
    EXPECT_STOP(StopOfDelete(&List), BAD_POOL_CALLER, 0x46, Bytes, 0, 0);
}

Test(lookaside_misuse, the_inside_of_an_entry_stops_the_free_to_a_full_list_with_0xC2_0x99)
{
    FillUp(&List);
    UCHAR *Entry = ExAllocateFromNPagedLookasideList(&Other);
    EXPECT_STOP(StopOfFreeTo(&List, Entry + 32), BAD_POOL_CALLER, 0x99, Entry + 32, 0, 0);
}

Test(lookaside_misuse, a_misaligned_address_raises_and_is_not_kept)
{
    UCHAR *Entry = ExAllocateFromNPagedLookasideList(&List);
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExFreeToNPagedLookasideList(&List, Entry + MEMORY_ALLOCATION_ALIGNMENT / 2);
    }
#if defined(_WIN64)
    cr_expect_eq(Status, STATUS_DATATYPE_MISALIGNMENT);
    cr_expect_eq(ExQueryDepthSList(&List.L.ListHead), 0);
#else /* x86 kernels do not look, and the pool finds it */
    cr_expect_eq(Status, STATUS_SUCCESS);
    cr_expect_eq(ExQueryDepthSList(&List.L.ListHead), 1);
    EXPECT_STOP(StopOfDelete(&List), BAD_POOL_CALLER, 0x99, Entry + 4, 0, 0);
#endif
}

Test(lookaside_misuse, a_header_overwritten_while_the_entry_was_cached_stops_the_delete_with_0x19_0x20)
{
    UCHAR *Entry = ExAllocateFromNPagedLookasideList(&List), *Header = Entry - HEADER_BYTES;
    SIZE_T Slot = SlotBytes(Entry);

    ExFreeToNPagedLookasideList(&List, Entry);
    memset(Header, 'U', HEADER_BYTES);
    EXPECT_STOP(StopOfDelete(&List), BAD_POOL_HEADER, 0x20, Header, Header + HEADER_BYTES + Slot, HeaderBits(Header));
}

/* The default routine is ExFreePool, which a protected tag forbids. */
Test(lookaside_misuse, a_list_with_a_protected_tag_and_the_default_free_routine_stops_with_0xC2_0x0A)
{
    NPAGED_LOOKASIDE_LIST Protected;

    ExInitializeNPagedLookasideList(&Protected, NULL, NULL, POOL_NX_ALLOCATION, 100, LIST_TAG | PROTECTED_POOL, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Protected);
    ExFreeToNPagedLookasideList(&Protected, Entry);
    EXPECT_STOP(StopOfDelete(&Protected), BAD_POOL_CALLER, 0x0A, Entry, LIST_TAG | PROTECTED_POOL, 0);
}

/* ---- Outstanding entries ----------------------------------------------------------------------------------------- */

Test(lookaside_misuse, entries_that_are_out_at_the_delete_stay_live_and_go_back_to_the_pool)
{
    PVOID Out[6];

    for (ULONG Index = 0; Index < 6; Index++) {
        Out[Index] = ExAllocateFromNPagedLookasideList(&List);
    }
    ExFreeToNPagedLookasideList(&List, Out[5]);
    EXPECT_NO_STOP(StopOfDelete(&List));
    cr_expect_eq(LiveBlocks(), 5);
    for (ULONG Index = 0; Index < 5; Index++) {
        cr_expect(IsLive(Out[Index]));
        EXPECT_NO_STOP(StopOfFree(Out[Index], LIST_TAG));
    }
    cr_expect_eq(LiveBlocks(), 0);
}
