/* lookaside.c: lookaside lists of the three families: what initialization leaves in the structure, hits and misses, the
 * depth limit, routines of the driver's own, pool types, and the stops. */
#include <criterion/criterion.h>

#include "poolemu.h"

#define TAG 'ediS'
#define TAG2 'tsiL'
#define PAGED_EXECUTES EMU_BY_WIDTH(FALSE, TRUE)

static NPAGED_LOOKASIDE_LIST Nonpaged;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX List;

static ULONG64 Allocs(void)
{
    EMU_TAG_USAGE Usage;

    EmuQueryTag(TAG, &Usage);
    return Usage.NonPaged.Allocs + Usage.Paged.Allocs;
}

static ULONG64 Frees(void)
{
    EMU_TAG_USAGE Usage;

    EmuQueryTag(TAG, &Usage);
    return Usage.NonPaged.Frees + Usage.Paged.Frees;
}

static POOL_TYPE TypeOf(PVOID Block)
{
    EMU_BLOCK Found;

    cr_assert(EmuQueryBlock(Block, &Found));
    return Found.PoolType;
}

static BOOLEAN IsExecutable(PVOID Block)
{
    EMU_BLOCK Found;

    cr_assert(EmuQueryBlock(Block, &Found));
    return Found.Executable;
}

static void OnWindows(PCSTR Name)
{
    cr_assert(NT_SUCCESS(EmuSetWindows(Name)));
}

/* ---- Initialization ---------------------------------------------------------------------------------------------- */

static const SLIST_HEADER NoEntries;

#define EXPECT_FRESH(L, ExpectedType, ExpectedSize)                                                                    \
    do {                                                                                                               \
        cr_expect_arr_eq(&(L).ListHead, &NoEntries, sizeof(NoEntries));                                                \
        cr_expect_eq((L).Depth, 4);                                                                                    \
        cr_expect_eq((L).MaximumDepth, 256);                                                                           \
        cr_expect_eq((L).TotalAllocates, 0);                                                                           \
        cr_expect_eq((L).AllocateMisses, 0);                                                                           \
        cr_expect_eq((L).TotalFrees, 0);                                                                               \
        cr_expect_eq((L).FreeMisses, 0);                                                                               \
        cr_expect_eq((ULONG)(L).Type, (ULONG)(ExpectedType));                                                          \
        cr_expect_eq((L).Tag, TAG);                                                                                    \
        cr_expect_eq((L).Size, (ExpectedSize));                                                                        \
        cr_expect_eq((L).LastTotalAllocates, 0);                                                                       \
        cr_expect_eq((L).LastAllocateMisses, 0);                                                                       \
    } while (0)

Test(lookaside, nonpaged_init_fills_the_structure)
{
    memset(&Nonpaged, 0xA5, sizeof(Nonpaged));
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    EXPECT_FRESH(Nonpaged.L, NonPagedPoolExecute, 100);
    cr_expect_eq(Nonpaged.L.Allocate, ExAllocatePoolWithTag);
    cr_expect_eq(Nonpaged.L.Free, ExFreePool);
}

Test(lookaside, paged_init_fills_the_structure)
{
    memset(&Paged, 0xA5, sizeof(Paged));
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    EXPECT_FRESH(Paged.L, PagedPool, 100);
    cr_expect_eq(Paged.L.Allocate, ExAllocatePoolWithTag);
    cr_expect_eq(Paged.L.Free, ExFreePool);
}

Test(lookaside, ex_init_fills_the_structure)
{
    memset(&List, 0xA5, sizeof(List));
    cr_expect_eq(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, 100, TAG, 0), STATUS_SUCCESS);
    EXPECT_FRESH(List.L, PagedPool, 100);
    cr_expect_not_null(List.L.AllocateEx);
    cr_expect_not_null(List.L.FreeEx);
}

Test(lookaside, init_allocates_nothing)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(Allocs(), 0);
}

Test(lookaside, depth_argument_is_ignored)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 32);
    cr_expect_eq(Nonpaged.L.Depth, 4);
    cr_expect_eq(Nonpaged.L.MaximumDepth, 256);
}

Test(lookaside, type_is_base_type_or_flags)
{
    ULONG Flags = POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE;

    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, Flags, 100, TAG, 0);
    cr_expect_eq((ULONG)Nonpaged.L.Type, 512 | 16);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, Flags, 100, TAG, 0);
    cr_expect_eq((ULONG)Paged.L.Type, 1 | 512 | 16);
}

Test(lookaside, nx_flag_is_ignored_before_windows_8)
{
    OnWindows("win7sp1");
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    EXPECT_FRESH(Nonpaged.L, 0, 100);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    EXPECT_FRESH(Paged.L, 1, 100);
    cr_expect_eq(ExInitializeLookasideListEx(&List, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0), STATUS_SUCCESS);
    EXPECT_FRESH(List.L, 0, 100);
}

Test(lookaside, structures_have_the_kernel_layout)
{
    cr_expect_eq(sizeof(NPAGED_LOOKASIDE_LIST), EMU_BY_WIDTH(0x80, 0x50));
    cr_expect_eq(sizeof(PAGED_LOOKASIDE_LIST), EMU_BY_WIDTH(0x80, 0x68));
    cr_expect_eq(sizeof(LOOKASIDE_LIST_EX), EMU_BY_WIDTH(0x60, 0x48));
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L.Depth), EMU_BY_WIDTH(0x10, 0x8));
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L.TotalAllocates), EMU_BY_WIDTH(0x14, 0xC));
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L.Type), EMU_BY_WIDTH(0x24, 0x1C));
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L.Size), EMU_BY_WIDTH(0x2C, 0x24));
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L.Allocate), EMU_BY_WIDTH(0x30, 0x28));
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L.ListEntry), EMU_BY_WIDTH(0x40, 0x30));
    cr_expect_eq(FIELD_OFFSET(LOOKASIDE_LIST_EX, L.FreeEx), EMU_BY_WIDTH(0x38, 0x2C));
}

/* ---- Hits and misses --------------------------------------------------------------------------------------------- */

Test(lookaside, empty_list_misses_and_asks_the_pool)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_not_null(ExAllocateFromNPagedLookasideList(&Nonpaged));
    cr_expect_eq(Nonpaged.L.TotalAllocates, 1);
    cr_expect_eq(Nonpaged.L.AllocateMisses, 1);
    cr_expect_eq(Allocs(), 1);
}

Test(lookaside, entry_has_size_and_tag_of_the_list)
{
    EMU_BLOCK Block;

    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    cr_assert(EmuQueryBlock(ExAllocateFromPagedLookasideList(&Paged), &Block));
    cr_expect_eq(Block.Size, 100);
    cr_expect_eq(Block.Tag, TAG);
    cr_expect_eq(Block.PoolType, PagedPool);
}

Test(lookaside, free_keeps_the_entry_and_the_next_allocation_hits)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Nonpaged);
    ExFreeToNPagedLookasideList(&Nonpaged, Entry);
    cr_expect_eq(Nonpaged.L.TotalFrees, 1);
    cr_expect_eq(Nonpaged.L.FreeMisses, 0);
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), 1);
    cr_expect_eq(Frees(), 0);

    cr_expect_eq(ExAllocateFromNPagedLookasideList(&Nonpaged), Entry);
    cr_expect_eq(Nonpaged.L.TotalAllocates, 2);
    cr_expect_eq(Nonpaged.L.AllocateMisses, 1);
    cr_expect_eq(Allocs(), 1);
}

Test(lookaside, entry_freed_last_is_allocated_first)
{
    PVOID Entry[3];

    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    for (ULONG Index = 0; Index < 3; Index++) {
        Entry[Index] = ExAllocateFromPagedLookasideList(&Paged);
    }
    for (ULONG Index = 0; Index < 3; Index++) {
        ExFreeToPagedLookasideList(&Paged, Entry[Index]);
    }
    cr_expect_eq(ExAllocateFromPagedLookasideList(&Paged), Entry[2]);
    cr_expect_eq(ExAllocateFromPagedLookasideList(&Paged), Entry[1]);
    cr_expect_eq(ExAllocateFromPagedLookasideList(&Paged), Entry[0]);
}

Test(lookaside, fifth_free_goes_to_the_pool)
{
    PVOID Entry[5];

    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    for (ULONG Index = 0; Index < 5; Index++) {
        Entry[Index] = ExAllocateFromNPagedLookasideList(&Nonpaged);
    }
    for (ULONG Index = 0; Index < 4; Index++) {
        ExFreeToNPagedLookasideList(&Nonpaged, Entry[Index]);
    }
    cr_expect_eq(Nonpaged.L.FreeMisses, 0);
    cr_expect_eq(Frees(), 0);

    ExFreeToNPagedLookasideList(&Nonpaged, Entry[4]);
    cr_expect_eq(Nonpaged.L.TotalFrees, 5);
    cr_expect_eq(Nonpaged.L.FreeMisses, 1);
    cr_expect_eq(ExQueryDepthSList(&Nonpaged.L.ListHead), 4);
    cr_expect_eq(Frees(), 1);
}

Test(lookaside, ex_list_counts_like_the_others)
{
    PVOID Entry[5];

    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0)));
    for (ULONG Index = 0; Index < 5; Index++) {
        Entry[Index] = ExAllocateFromLookasideListEx(&List);
    }
    for (ULONG Index = 0; Index < 5; Index++) {
        ExFreeToLookasideListEx(&List, Entry[Index]);
    }
    cr_expect_eq(ExAllocateFromLookasideListEx(&List), Entry[3]);
    cr_expect_eq(List.L.TotalAllocates, 6);
    cr_expect_eq(List.L.AllocateMisses, 5);
    cr_expect_eq(List.L.TotalFrees, 5);
    cr_expect_eq(List.L.FreeMisses, 1);
}

Test(lookaside, entries_are_aligned_to_16_bytes)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 24, TAG, 0);
    for (ULONG Index = 0; Index < 20; Index++) {
        cr_expect_eq((ULONG_PTR)ExAllocateFromNPagedLookasideList(&Nonpaged) % MEMORY_ALLOCATION_ALIGNMENT, 0);
    }
}

/* Most lists are part of a larger block, and no block is aligned to the cache line that their type asks for. */
Test(lookaside, list_may_be_in_a_pool_block)
{
    const ULONG Most = MEMORY_ALLOCATION_ALIGNMENT;
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, Most + sizeof(NPAGED_LOOKASIDE_LIST), TAG2);

    cr_assert_not_null(Block);
    for (ULONG Offset = 0; Offset <= Most; Offset += MEMORY_ALLOCATION_ALIGNMENT) {
        PNPAGED_LOOKASIDE_LIST InBlock = (PNPAGED_LOOKASIDE_LIST)(PVOID)(Block + Offset);
        ExInitializeNPagedLookasideList(InBlock, NULL, NULL, 0, 100, TAG, 0);
        ExFreeToNPagedLookasideList(InBlock, ExAllocateFromNPagedLookasideList(InBlock));
        ExDeleteNPagedLookasideList(InBlock);
    }
    cr_expect_eq(Frees(), 2);
    ExFreePoolWithTag(Block, TAG2);
}

Test(lookaside, entries_of_a_page_are_page_aligned)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, PAGE_SIZE, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Nonpaged);
    cr_expect_eq((ULONG_PTR)Entry % PAGE_SIZE, 0);
    ExFreeToNPagedLookasideList(&Nonpaged, Entry);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&Nonpaged), Entry);
}

Test(lookaside, works_at_dispatch_level)
{
    KIRQL Irql;

    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Nonpaged);
    cr_expect_not_null(Entry);
    ExFreeToNPagedLookasideList(&Nonpaged, Entry);
    KeLowerIrql(Irql);
}

/* ---- The smallest block ------------------------------------------------------------------------------------------ */

Test(lookaside, minimum_block_size_is_8)
{
    cr_expect_eq(LOOKASIDE_MINIMUM_BLOCK_SIZE, EMU_BY_WIDTH(8, 4));
}

Test(lookaside, size_8_stays_8)
{
    EMU_BLOCK Block;

    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, EMU_BY_WIDTH(8, 4), TAG, 0);
    cr_expect_eq(Nonpaged.L.Size, EMU_BY_WIDTH(8, 4));
    cr_assert(EmuQueryBlock(ExAllocateFromNPagedLookasideList(&Nonpaged), &Block));
    cr_expect_eq(Block.Size, EMU_BY_WIDTH(8, 4));
}

Test(lookaside, smaller_size_is_a_bug_check)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, EMU_BY_WIDTH(7, 3), TAG, 0);
    }
    cr_expect_eq(Stop.Code, 0xC4);
    cr_expect_eq(Stop.Parameter[0], 0xCD);
    cr_expect_eq(Stop.Parameter[1], (ULONG_PTR)&Nonpaged);
    cr_expect_eq(Stop.Parameter[2], EMU_BY_WIDTH(7, 3));
    cr_expect_eq(Stop.Parameter[3], EMU_BY_WIDTH(8, 4));
}

/* ---- Flush and delete -------------------------------------------------------------------------------------------- */

Test(lookaside, delete_frees_cached_entries_only)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    PVOID Held = ExAllocateFromNPagedLookasideList(&Nonpaged);
    PVOID First = ExAllocateFromNPagedLookasideList(&Nonpaged);
    PVOID Second = ExAllocateFromNPagedLookasideList(&Nonpaged);
    ExFreeToNPagedLookasideList(&Nonpaged, First);
    ExFreeToNPagedLookasideList(&Nonpaged, Second);

    ExDeleteNPagedLookasideList(&Nonpaged);
    EMU_BLOCK Block;
    cr_expect_eq(Frees(), 2);
    cr_expect(EmuQueryBlock(Held, &Block));
    cr_expect_not(EmuQueryBlock(First, &Block));
    cr_expect_not(EmuQueryBlock(Second, &Block));
}

Test(lookaside, delete_of_a_paged_list_frees_cached_entries)
{
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    ExFreeToPagedLookasideList(&Paged, ExAllocateFromPagedLookasideList(&Paged));
    ExDeletePagedLookasideList(&Paged);
    cr_expect_eq(Frees(), 1);
}

Test(lookaside, deleted_list_may_be_initialized_again)
{
    for (ULONG Round = 0; Round < 3; Round++) {
        cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, 100, TAG, 0)));
        ExFreeToLookasideListEx(&List, ExAllocateFromLookasideListEx(&List));
        ExDeleteLookasideListEx(&List);
    }
    cr_expect_eq(Allocs(), 3);
    cr_expect_eq(Frees(), 3);
}

Test(lookaside, flush_frees_cached_entries_and_keeps_the_list)
{
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, 100, TAG, 0)));
    PVOID Held = ExAllocateFromLookasideListEx(&List);
    ExFreeToLookasideListEx(&List, ExAllocateFromLookasideListEx(&List));

    ExFlushLookasideListEx(&List);
    cr_expect_eq(Frees(), 1);
    cr_expect_eq(ExQueryDepthSList(&List.L.ListHead), 0);

    ExFreeToLookasideListEx(&List, Held);
    cr_expect_eq(ExAllocateFromLookasideListEx(&List), Held);
}

Test(lookaside, hundreds_of_lists_at_once)
{
    static LOOKASIDE_LIST_EX Many[1500];

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Many); Index++) {
        cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&Many[Index], NULL, NULL, PagedPool, 0, 64, TAG, 0)));
        ExFreeToLookasideListEx(&Many[Index], ExAllocateFromLookasideListEx(&Many[Index]));
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Many); Index++) {
        ExDeleteLookasideListEx(&Many[Index]);
    }
    cr_expect_eq(Frees(), RTL_NUMBER_OF(Many));
}

Test(lookaside, reset_forgets_lists)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    EmuReset();
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    ExDeleteNPagedLookasideList(&Nonpaged);
}

/* ---- Routines of the driver's own -------------------------------------------------------------------------------- */

static struct {
    ULONG Allocates;
    ULONG Frees;
    POOL_TYPE Type;
    SIZE_T Size;
    ULONG Tag;
    PVOID Freed;
    PLOOKASIDE_LIST_EX List;
    UCHAR Memory[256] EMU_ALIGN(16);
} Own;

static PVOID NTAPI OwnAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    Own.Allocates++;
    Own.Type = PoolType;
    Own.Size = NumberOfBytes;
    Own.Tag = Tag;
    return Own.Memory;
}

static VOID NTAPI OwnFree(PVOID Buffer)
{
    Own.Frees++;
    Own.Freed = Buffer;
}

static PVOID NTAPI OwnAllocateEx(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    Own.List = Lookaside;
    return OwnAllocate(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI OwnFreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    Own.List = Lookaside;
    OwnFree(Buffer);
}

Test(lookaside, own_routines_get_type_size_and_tag)
{
    ExInitializeNPagedLookasideList(&Nonpaged, OwnAllocate, OwnFree, POOL_NX_ALLOCATION, 100, TAG, 0);
    cr_expect_eq(Nonpaged.L.Allocate, OwnAllocate);
    cr_expect_eq(Nonpaged.L.Free, OwnFree);

    cr_expect_eq(ExAllocateFromNPagedLookasideList(&Nonpaged), Own.Memory);
    cr_expect_eq((ULONG)Own.Type, 512);
    cr_expect_eq(Own.Size, 100);
    cr_expect_eq(Own.Tag, TAG);
}

Test(lookaside, own_allocate_is_called_on_a_miss_only)
{
    ExInitializePagedLookasideList(&Paged, OwnAllocate, OwnFree, 0, 100, TAG, 0);
    PVOID Entry = ExAllocateFromPagedLookasideList(&Paged);
    ExFreeToPagedLookasideList(&Paged, Entry);
    cr_expect_eq(ExAllocateFromPagedLookasideList(&Paged), Entry);
    cr_expect_eq(Own.Allocates, 1);
    cr_expect_eq(Own.Frees, 0);
}

Test(lookaside, own_free_gets_what_the_list_cannot_keep)
{
    static UCHAR More[4][128] EMU_ALIGN(16);

    ExInitializeNPagedLookasideList(&Nonpaged, OwnAllocate, OwnFree, 0, 100, TAG, 0);
    for (ULONG Index = 0; Index < 4; Index++) {
        ExFreeToNPagedLookasideList(&Nonpaged, More[Index]);
    }
    cr_expect_eq(Own.Frees, 0);
    ExFreeToNPagedLookasideList(&Nonpaged, Own.Memory);
    cr_expect_eq(Own.Frees, 1);
    cr_expect_eq(Own.Freed, Own.Memory);
    ExDeleteNPagedLookasideList(&Nonpaged);
    cr_expect_eq(Own.Frees, 5);
}

Test(lookaside, own_ex_routines_get_the_list)
{
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, OwnAllocateEx, OwnFreeEx, NonPagedPoolNx, 0, 100, TAG, 0)));
    cr_expect_eq(List.L.AllocateEx, OwnAllocateEx);
    cr_expect_eq(List.L.FreeEx, OwnFreeEx);

    PVOID Entry = ExAllocateFromLookasideListEx(&List);
    cr_expect_eq(Entry, Own.Memory);
    cr_expect_eq(Own.List, &List);
    cr_expect_eq((ULONG)Own.Type, 512);
    cr_expect_eq(Own.Size, 100);
    cr_expect_eq(Own.Tag, TAG);

    Own.List = NULL;
    ExFreeToLookasideListEx(&List, Entry);
    cr_expect_eq(Own.Frees, 0);
    ExFlushLookasideListEx(&List);
    cr_expect_eq(Own.Freed, Own.Memory);
    cr_expect_eq(Own.List, &List);
}

Test(lookaside, delete_and_flush_free_the_entry_cached_last_first)
{
    static UCHAR More[3][128] EMU_ALIGN(16);

    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, OwnAllocateEx, OwnFreeEx, NonPagedPoolNx, 0, 100, TAG, 0)));
    ExInitializePagedLookasideList(&Paged, OwnAllocate, OwnFree, 0, 100, TAG, 0);
    for (ULONG Index = 0; Index < 3; Index++) {
        ExFreeToLookasideListEx(&List, More[Index]);
    }
    ExFlushLookasideListEx(&List);
    cr_expect_eq(Own.Frees, 3);
    cr_expect_eq(Own.Freed, More[0]);
    for (ULONG Index = 0; Index < 3; Index++) {
        ExFreeToPagedLookasideList(&Paged, More[Index]);
    }
    ExDeletePagedLookasideList(&Paged);
    cr_expect_eq(Own.Frees, 6);
    cr_expect_eq(Own.Freed, More[0]);
}

static struct {
    ULONG TotalAllocates;
    ULONG AllocateMisses;
    ULONG TotalFrees;
    ULONG FreeMisses;
    KIRQL Irql;
} Seen;

static PVOID NTAPI LookAndAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    Seen.TotalAllocates = Nonpaged.L.TotalAllocates;
    Seen.AllocateMisses = Nonpaged.L.AllocateMisses;
    Seen.Irql = KeGetCurrentIrql();
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI LookAndFree(PVOID Buffer)
{
    Seen.TotalFrees = Nonpaged.L.TotalFrees;
    Seen.FreeMisses = Nonpaged.L.FreeMisses;
    Seen.Irql = KeGetCurrentIrql();
    ExFreePool(Buffer);
}

Test(lookaside, own_routines_run_at_the_callers_IRQL_after_the_miss_was_counted)
{
    PVOID Entry[5];
    KIRQL Irql;

    ExInitializeNPagedLookasideList(&Nonpaged, LookAndAllocate, LookAndFree, POOL_NX_ALLOCATION, 100, TAG, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    for (ULONG Index = 0; Index < 5; Index++) {
        Entry[Index] = ExAllocateFromNPagedLookasideList(&Nonpaged);
        cr_expect_eq(Seen.TotalAllocates, Index + 1);
        cr_expect_eq(Seen.AllocateMisses, Index + 1);
    }
    cr_expect_eq(Seen.Irql, DISPATCH_LEVEL);
    KeLowerIrql(APC_LEVEL);
    for (ULONG Index = 0; Index < 5; Index++) {
        ExFreeToNPagedLookasideList(&Nonpaged, Entry[Index]);
    }
    cr_expect_eq(Seen.TotalFrees, 5);
    cr_expect_eq(Seen.FreeMisses, 1);
    cr_expect_eq(Seen.Irql, APC_LEVEL);
    KeLowerIrql(Irql);
}

/* ---- Pool types -------------------------------------------------------------------------------------------------- */

Test(lookaside, nonpaged_entries_are_executable_without_the_nx_flag)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Nonpaged);
    cr_expect_eq(TypeOf(Entry), NonPagedPoolExecute);
    cr_expect(IsExecutable(Entry));
}

Test(lookaside, nonpaged_entries_are_no_execute_with_the_nx_flag)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Nonpaged);
    cr_expect_eq(TypeOf(Entry), NonPagedPoolNx);
    cr_expect_not(IsExecutable(Entry));
}

Test(lookaside, nonpaged_entries_are_executable_before_windows_8)
{
    OnWindows("win7");
    EmuAllowMissingExports(
        TRUE); /* there the routine below is inline in the driver, as tests/lookaside_inline.c has it */
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    cr_expect(IsExecutable(ExAllocateFromNPagedLookasideList(&Nonpaged)));
}

Test(lookaside, nx_flag_changes_nothing_for_paged_entries)
{
    ExInitializePagedLookasideList(&Paged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    PVOID Entry = ExAllocateFromPagedLookasideList(&Paged);
    cr_expect_eq(TypeOf(Entry) & PagedPool, PagedPool);
    cr_expect_eq(IsExecutable(Entry), PAGED_EXECUTES);
}

Test(lookaside, ex_entries_are_of_the_type_asked_for)
{
    static const POOL_TYPE Types[] = {NonPagedPoolExecute, PagedPool, NonPagedPoolNx};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Types); Index++) {
        cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, Types[Index], 0, 100, TAG, 0)));
        PVOID Entry = ExAllocateFromLookasideListEx(&List);
        cr_expect_eq(TypeOf(Entry), Types[Index]);
        cr_expect_eq(IsExecutable(Entry),
                     Types[Index] == NonPagedPoolExecute || (Types[Index] == PagedPool && PAGED_EXECUTES));
        ExFreeToLookasideListEx(&List, Entry);
        ExDeleteLookasideListEx(&List);
    }
}

/* ---- Failure ----------------------------------------------------------------------------------------------------- */

#define TOO_LARGE 0xFFFFF000 /* fits into L.Size, and into no pool when asked for often enough */

static PVOID NTAPI NoMemory(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(Tag);
    return NULL;
}

Test(lookaside, failure_of_the_allocate_routine_is_null)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NoMemory, OwnFree, 0, 100, TAG, 0);
    cr_expect_null(ExAllocateFromNPagedLookasideList(&Nonpaged));
    cr_expect_eq(Nonpaged.L.TotalAllocates, 1);
    cr_expect_eq(Nonpaged.L.AllocateMisses, 1);
}

/* 4 GB less a page each: the pool ends some time. */
#define ALLOCATE_UNTIL_FAILURE(Status, Last, Allocation)                                                               \
    EMU_CATCH_EXCEPTION(Status)                                                                                        \
    {                                                                                                                  \
        ULONG Left = 100000;                                                                                           \
        do {                                                                                                           \
            Last = (Allocation);                                                                                       \
        } while (Last != NULL && --Left > 0);                                                                          \
    }

Test(lookaside, pool_failure_is_null)
{
    NTSTATUS Status;
    PVOID volatile Last;

    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, TOO_LARGE, TAG, 0);
    ALLOCATE_UNTIL_FAILURE(&Status, Last, ExAllocateFromPagedLookasideList(&Paged));
    cr_expect_eq(Status, STATUS_SUCCESS);
    cr_expect_null(Last);
}

Test(lookaside, pool_failure_raises_with_the_raise_flag)
{
    NTSTATUS Status;
    PVOID volatile Last;

    ExInitializePagedLookasideList(&Paged, NULL, NULL, POOL_RAISE_IF_ALLOCATION_FAILURE, TOO_LARGE, TAG, 0);
    ALLOCATE_UNTIL_FAILURE(&Status, Last, ExAllocateFromPagedLookasideList(&Paged));
    cr_expect_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
}

Test(lookaside, pool_failure_of_an_ex_list_raises_with_raise_on_fail)
{
    NTSTATUS Status;
    PVOID volatile Last;

    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool,
                                                     EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, TOO_LARGE, TAG, 0)));
    ALLOCATE_UNTIL_FAILURE(&Status, Last, ExAllocateFromLookasideListEx(&List));
    cr_expect_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
}

Test(lookaside, pool_failure_of_an_ex_list_is_null_with_fail_no_raise)
{
    NTSTATUS Status;
    PVOID volatile Last;

    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool,
                                                     EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, TOO_LARGE, TAG, 0)));
    ALLOCATE_UNTIL_FAILURE(&Status, Last, ExAllocateFromLookasideListEx(&List));
    cr_expect_eq(Status, STATUS_SUCCESS);
    cr_expect_null(Last);
}

/* ---- Flags and types of Ex lists --------------------------------------------------------------------------------- */

static NTSTATUS InitializeEx(ULONG PoolType, ULONG Flags)
{
    return ExInitializeLookasideListEx(&List, OwnAllocateEx, OwnFreeEx, (POOL_TYPE)PoolType, Flags, 100, TAG, 0);
}

Test(lookaside, raise_on_fail_adds_the_raise_bit)
{
    cr_expect_eq(InitializeEx(PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL), STATUS_SUCCESS);
    cr_expect_eq((ULONG)List.L.Type, PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE);
    ExAllocateFromLookasideListEx(&List);
    cr_expect_eq((ULONG)Own.Type, PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE);
}

Test(lookaside, fail_no_raise_adds_the_quota_bit)
{
    cr_expect_eq(InitializeEx(NonPagedPoolNx, EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE), STATUS_SUCCESS);
    cr_expect_eq((ULONG)List.L.Type, NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
    ExAllocateFromLookasideListEx(&List);
    cr_expect_eq((ULONG)Own.Type, NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
}

Test(lookaside, both_flags_are_invalid)
{
    cr_expect_eq(
        InitializeEx(PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE),
        STATUS_INVALID_PARAMETER_5);
}

Test(lookaside, unknown_flags_are_invalid)
{
    cr_expect_eq(InitializeEx(PagedPool, 4), STATUS_INVALID_PARAMETER_5);
    cr_expect_eq(InitializeEx(PagedPool, POOL_NX_ALLOCATION), STATUS_INVALID_PARAMETER_5);
}

Test(lookaside, must_succeed_types_are_invalid)
{
    cr_expect_eq(InitializeEx(2, 0), STATUS_INVALID_PARAMETER_4);
    cr_expect_eq(InitializeEx(3, 0), STATUS_INVALID_PARAMETER_4);
    cr_expect_eq(InitializeEx(6, 0), STATUS_INVALID_PARAMETER_4);
    cr_expect_eq(InitializeEx(MaxPoolType, 0), STATUS_INVALID_PARAMETER_4);
}

Test(lookaside, unknown_type_bits_are_invalid)
{
    cr_expect_eq(InitializeEx(64, 0), STATUS_INVALID_PARAMETER_4);
    cr_expect_eq(InitializeEx(0x80000000, 0), STATUS_INVALID_PARAMETER_4);
}

Test(lookaside, bad_type_is_reported_before_bad_flags)
{
    cr_expect_eq(InitializeEx(MaxPoolType, 3), STATUS_INVALID_PARAMETER_4);
}

Test(lookaside, refused_list_is_left_alone)
{
    memset(&List, 0xA5, sizeof(List));
    InitializeEx(MaxPoolType, 0);
    for (ULONG Index = 0; Index < sizeof(List); Index++) {
        cr_expect_eq(((PUCHAR)&List)[Index], 0xA5);
    }
}

/* ---- Stops ------------------------------------------------------------------------------------------------------- */

Test(lookaside, second_initialization_is_a_bug_check)
{
    EMU_BUGCHECK Stop;

    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, 0, 100, TAG, 0);
    }
    cr_expect_eq(Stop.Code, 0xC4);
    cr_expect_eq(Stop.Parameter[0], 0xCA);
    cr_expect_eq(Stop.Parameter[1], (ULONG_PTR)&Nonpaged);
}

Test(lookaside, delete_of_an_uninitialized_list_is_a_bug_check)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExDeleteLookasideListEx(&List);
    }
    cr_expect_eq(Stop.Code, 0xC4);
    cr_expect_eq(Stop.Parameter[0], 0xCB);
    cr_expect_eq(Stop.Parameter[1], (ULONG_PTR)&List);
}

Test(lookaside, second_delete_is_a_bug_check)
{
    EMU_BUGCHECK Stop;

    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    ExDeletePagedLookasideList(&Paged);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExDeletePagedLookasideList(&Paged);
    }
    cr_expect_eq(Stop.Code, 0xC4);
    cr_expect_eq(Stop.Parameter[0], 0xCB);
}

Test(lookaside, misaligned_list_raises)
{
    static UCHAR Bytes[sizeof(LOOKASIDE_LIST_EX) + 64] EMU_ALIGN(64);
    PLOOKASIDE_LIST_EX Misaligned = (PLOOKASIDE_LIST_EX)(PVOID)(Bytes + MEMORY_ALLOCATION_ALIGNMENT / 2);
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        (void)ExInitializeLookasideListEx(Misaligned, NULL, NULL, PagedPool, 0, 100, TAG, 0);
    }
    cr_expect_eq(Status, EMU_BY_WIDTH(STATUS_DATATYPE_MISALIGNMENT, STATUS_SUCCESS));
#if defined(EMU_ARCH_X86) /* where the kernel does not look */
    ExFreeToLookasideListEx(Misaligned, ExAllocateFromLookasideListEx(Misaligned));
    cr_expect_eq(ExQueryDepthSList(&Misaligned->L.ListHead), 1);
    ExDeleteLookasideListEx(Misaligned);
    cr_expect_eq(Frees(), 1);
#endif
}

/* The cached entry would be served without the pool being asked. */
Test(lookaside, paged_list_above_apc_level_is_a_bug_check)
{
    KIRQL Irql;
    EMU_BUGCHECK Stop;

    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    PVOID Entry = ExAllocateFromPagedLookasideList(&Paged);
    ExFreeToPagedLookasideList(&Paged, Entry);

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocateFromPagedLookasideList(&Paged);
    }
    cr_expect_eq(Stop.Code, 0xC2);
    cr_expect_eq(Stop.Parameter[0], 0x08);
    cr_expect_eq(Stop.Parameter[1], DISPATCH_LEVEL);
    cr_expect_eq(Stop.Parameter[2], PagedPool);
    cr_expect_eq(Stop.Parameter[3], 100);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreeToPagedLookasideList(&Paged, Entry);
    }
    cr_expect_eq(Stop.Code, 0xC2);
    cr_expect_eq(Stop.Parameter[0], 0x09);
    cr_expect_eq(Stop.Parameter[1], DISPATCH_LEVEL);
    cr_expect_eq(Stop.Parameter[2], PagedPool);
    cr_expect_eq(Stop.Parameter[3], (ULONG_PTR)Entry);
    KeLowerIrql(Irql);
}

static EMU_BUGCHECK StopOfAllocate(BOOLEAN IsEx)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        IsEx ? ExAllocateFromLookasideListEx(&List) : ExAllocateFromNPagedLookasideList(&Nonpaged);
    }
    return Stop;
}

static EMU_BUGCHECK StopOfFree(BOOLEAN IsEx, PVOID Entry)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        IsEx ? ExFreeToLookasideListEx(&List, Entry) : ExFreeToNPagedLookasideList(&Nonpaged, Entry);
    }
    return Stop;
}

static void ExpectIrqlStop(EMU_BUGCHECK Stop, ULONG Violation, KIRQL Irql, ULONG Type, ULONG_PTR Last)
{
    cr_expect_eq(Stop.Code, 0xC2);
    cr_expect_eq(Stop.Parameter[0], Violation);
    cr_expect_eq(Stop.Parameter[1], Irql);
    cr_expect_eq(Stop.Parameter[2], Type);
    cr_expect_eq(Stop.Parameter[3], Last);
}

Test(lookaside, nonpaged_list_above_dispatch_level_is_a_bug_check)
{
    ExInitializeNPagedLookasideList(&Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&Nonpaged);

    for (ULONG Irql = DISPATCH_LEVEL + 1; Irql <= HIGH_LEVEL; Irql++) {
        KIRQL Old;
        KeRaiseIrql((KIRQL)Irql, &Old);
        ExpectIrqlStop(StopOfAllocate(FALSE), 0x08, (KIRQL)Irql, 512, 100);
        ExpectIrqlStop(StopOfFree(FALSE, Entry), 0x09, (KIRQL)Irql, 512, (ULONG_PTR)Entry);
        KeLowerIrql(Old);
    }
    cr_expect_eq(Nonpaged.L.TotalAllocates, 1, "a stop counts nothing");
    cr_expect_eq(Nonpaged.L.TotalFrees, 0);
}

Test(lookaside, ex_list_above_the_irql_of_its_pool_type_is_a_bug_check)
{
    static const struct {
        POOL_TYPE Type;
        KIRQL Limit;
    } Pools[] = {{NonPagedPoolExecute, DISPATCH_LEVEL}, {NonPagedPoolNx, DISPATCH_LEVEL}, {PagedPool, APC_LEVEL}};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Pools); Index++) {
        KIRQL Old, Limit = Pools[Index].Limit;
        cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, Pools[Index].Type, 0, 100, TAG, 0)));
        KeRaiseIrql(Limit, &Old);
        PVOID Entry = ExAllocateFromLookasideListEx(&List);
        cr_expect_not_null(Entry);
        KeRaiseIrql((KIRQL)(Limit + 1), &Limit);
        ExpectIrqlStop(StopOfAllocate(TRUE), 0x08, (KIRQL)(Limit + 1), (ULONG)Pools[Index].Type, 100);
        ExpectIrqlStop(StopOfFree(TRUE, Entry), 0x09, (KIRQL)(Limit + 1), (ULONG)Pools[Index].Type, (ULONG_PTR)Entry);
        KeLowerIrql(Old);
        ExFreeToLookasideListEx(&List, Entry);
        ExDeleteLookasideListEx(&List);
    }
}
