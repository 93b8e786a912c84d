/* Frees: what is legal, and what each illegal free stops with. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

static const POOL_TYPE Plain[] = {NonPagedPoolExecute, PagedPool, NonPagedPoolNx};

static BOOLEAN IsPaged(POOL_TYPE Type)
{
    return (Type & PagedPool) != 0;
}

TestSuite(pool_free, .init = SelectPoolWithoutHeap);

/* ---- Legal frees ---------------------------------------------------------------------------------------------- */

Test(pool_free, a_block_of_any_type_and_size_is_freed_with_its_tag)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            cr_expect(IsLive(Block));
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
            cr_expect_not(IsLive(Block));
        }
    }
}

Test(pool_free, a_tagged_block_is_freed_by_ExFreePool)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG);
        EXPECT_NO_STOP(StopOfUntaggedFree(Block));
        cr_expect_not(IsLive(Block));
    }
}

Test(pool_free, tag_0_at_free_means_no_check)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(PagedPool, Sizes[Size], TAG);
        EXPECT_NO_STOP(StopOfFree(Block, 0));
        cr_expect_not(IsLive(Block));
    }
}

Test(pool_free, an_untagged_block_is_freed_with_the_tag_None)
{
    EXPECT_NO_STOP(StopOfFree(ExAllocatePool(PagedPool, 100), 'enoN'));
    EXPECT_NO_STOP(StopOfUntaggedFree(ExAllocatePool(PagedPool, 100)));
}

Test(pool_free, ExFreePool2_frees_with_the_tag)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Block, TAG2, NULL, 0);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Block, TAG, NULL, 0);
    }
    EXPECT_NO_STOP(Stop);
    cr_expect_not(IsLive(Block));
}

/* ---- The wrong tag -------------------------------------------------------------------------------------------- */

Test(pool_free, free_with_a_wrong_tag_stops_with_0xC2_0x0A)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
        }
    }
}

Test(pool_free, every_bit_of_the_tag_counts)
{
    PVOID Small = ExAllocatePoolWithTag(NonPagedPoolNx, 24, TAG);
    PVOID Large = ExAllocatePoolWithTag(NonPagedPoolNx, 8000, TAG);

    for (ULONG Bit = 0; Bit < 32; Bit++) {
        ULONG Wrong = (ULONG)TAG ^ 1u << Bit;
        EXPECT_STOP(StopOfFree(Small, Wrong), BAD_POOL_CALLER, 0x0A, Small, TAG, Wrong);
        EXPECT_STOP(StopOfFree(Large, Wrong), BAD_POOL_CALLER, 0x0A, Large, TAG, Wrong);
    }
}

Test(pool_free, free_of_an_untagged_block_with_a_tag_stops_with_0xC2_0x0A)
{
    PVOID Block = ExAllocatePool(NonPagedPoolNx, 24);

    EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x0A, Block, 'enoN', TAG);
}

Test(pool_free, a_block_stays_live_and_counted_after_a_caught_stop_of_its_free)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG);
        EMU_TAG_USAGE Before, After;
        memset(Block, 0x3C, Sizes[Size]);
        EmuQueryTag(TAG, &Before);
        cr_expect_eq(StopOfFree(Block, TAG2).Code, (ULONG)BAD_POOL_CALLER);
        EmuQueryTag(TAG, &After);
        cr_expect_arr_eq(&Before, &After, sizeof(Before));
        cr_expect(IsLive(Block));
        cr_expect(IsFilledWith(Block, 0x3C, Sizes[Size]));
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
        cr_expect_not(IsLive(Block));
    }
}

Test(pool_free, a_stop_names_itself_and_says_which_block_it_was)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 1234, TAG);
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG2);

    cr_expect_str_eq(Stop.Name, "BAD_POOL_CALLER");
    cr_expect_not_null(strstr(Stop.Text, "1234"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "Test"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "Othr"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "NonPagedPoolNx"), "%s", Stop.Text);
}

/* ---- Protected tags ------------------------------------------------------------------------------------------- */

Test(pool_free, a_protected_tag_is_freed_with_or_without_the_protected_bit)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        EXPECT_NO_STOP(StopOfFree(ExAllocatePoolWithTag(PagedPool, Sizes[Size], TAG | PROTECTED_POOL), TAG));
        EXPECT_NO_STOP(
            StopOfFree(ExAllocatePoolWithTag(PagedPool, Sizes[Size], TAG | PROTECTED_POOL), TAG | PROTECTED_POOL));
    }
}

Test(pool_free, ExFreePool_of_a_protected_tag_stops_with_0xC2_0x0A)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG | PROTECTED_POOL);
        EXPECT_STOP(StopOfUntaggedFree(Block), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL, 0);
        EXPECT_STOP(StopOfFree(Block, 0), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL, 0);
        cr_expect(IsLive(Block));
    }
}

Test(pool_free, a_wrong_tag_for_a_protected_one_stops_with_0xC2_0x0A)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 24, TAG | PROTECTED_POOL);

    EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL, TAG2);
    EXPECT_STOP(StopOfFree(Block, TAG2 | PROTECTED_POOL), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL,
                TAG2 | PROTECTED_POOL);
    EXPECT_STOP(StopOfFree(Block, PROTECTED_POOL), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL, PROTECTED_POOL);
}

/* ---- Freed before --------------------------------------------------------------------------------------------- */

Test(pool_free, a_second_free_of_a_small_block_stops_with_0xC2_0x07_its_tag_and_the_headers_first_4_bytes)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 64, TAG);
        ExFreePoolWithTag(Block, TAG);
        ULONG Bits = HeaderBits((UCHAR *)Block - HEADER_BYTES);
        EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x07, TAG, Bits, Block);
        EXPECT_STOP(StopOfUntaggedFree(Block), BAD_POOL_CALLER, 0x07, TAG, Bits, Block);
    }
}

Test(pool_free, a_second_free_of_a_large_block_stops_with_0xC2_0x07_and_its_tag)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 3 * PAGE_SIZE, TAG);
        ExFreePoolWithTag(Block, TAG);
        EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x07, TAG, 0, Block);
    }
}

Test(pool_free, a_second_free_is_told_from_a_wrong_tag_whatever_tag_it_uses)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    ExFreePoolWithTag(Block, TAG);
    cr_expect_eq(StopOfFree(Block, TAG2).Parameter[0], 0x07u);
}

Test(pool_free, every_one_of_a_thousand_freed_blocks_is_known_as_freed)
{
    enum {
        BLOCKS = 1000,
    };
    PVOID Blocks[BLOCKS];

    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 1 + Index * 4, TAG);
    }
    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        ExFreePoolWithTag(Blocks[Index], TAG);
    }
    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        EMU_BUGCHECK Stop = StopOfFree(Blocks[Index], TAG);
        cr_assert_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
        cr_assert_eq(Stop.Parameter[0], 0x07u, "block %u: 0x%zx", Index, (size_t)Stop.Parameter[0]);
        cr_assert_eq(Stop.Parameter[3], (ULONG_PTR)Blocks[Index]);
    }
}

static void *FreeBlock(void *Block)
{
    ExFreePoolWithTag(Block, TAG);
    return NULL;
}

Test(pool_free, a_second_free_is_found_when_another_thread_did_the_first)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    pthread_t Thread;

    cr_assert_eq(pthread_create(&Thread, NULL, FreeBlock, Block), 0);
    pthread_join(Thread, NULL);
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
    cr_expect_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
    cr_expect_eq(Stop.Parameter[0], 0x07u);
    cr_expect_eq(Stop.Parameter[3], (ULONG_PTR)Block);
}

Test(pool_free, a_caught_second_free_does_no_harm)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    EMU_TAG_USAGE Usage;

    ExFreePoolWithTag(Block, TAG);
    cr_expect_eq(StopOfFree(Block, TAG).Code, (ULONG)BAD_POOL_CALLER);
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Frees, 1);
    PVOID First = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    PVOID Second = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    cr_expect_neq(First, Second);
}

/* ---- No pool address ------------------------------------------------------------------------------------------ */

Test(pool_free, free_of_NULL_stops_with_0xC2_0x46)
{
    EXPECT_STOP(StopOfUntaggedFree(NULL), BAD_POOL_CALLER, 0x46, 0, 0, 0);
    EXPECT_STOP(StopOfFree(NULL, TAG), BAD_POOL_CALLER, 0x46, 0, 0, 0);
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    EXPECT_STOP(StopOfUntaggedFree(NULL), BAD_POOL_CALLER, 0x46, 0, 0, 0);
    EXPECT_STOP(StopOfFree(NULL, TAG), BAD_POOL_CALLER, 0x46, 0, 0, 0);
    ExFreePoolWithTag(Block, TAG);
}

Test(pool_free, free_of_what_is_no_pool_stops_with_0xC2_0x46)
{
    static ULONG Static;
    ULONG Local;
    PVOID Heap = malloc(100);
    PVOID const Addresses[] = {&Static,
                               &Local,
                               Heap,
                               (PVOID)(ULONG_PTR)StopOfFree,
                               (PVOID)1,
                               (PVOID)(ULONG_PTR)0x1000,
                               (PVOID) ~(ULONG_PTR)0,
                               (PVOID) ~(ULONG_PTR)15,
                               (PVOID)(MAXULONG_PTR / 2 + 1)};

    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG), TAG);
    for (SIZE_T Index = 0; Index < COUNT(Addresses); Index++) {
        EXPECT_STOP(StopOfFree(Addresses[Index], TAG), BAD_POOL_CALLER, 0x46, Addresses[Index], 0, 0);
        EXPECT_STOP(StopOfUntaggedFree(Addresses[Index]), BAD_POOL_CALLER, 0x46, Addresses[Index], 0, 0);
    }
    free(Heap);
}

/* ---- Inside a block ------------------------------------------------------------------------------------------- */

Test(pool_free, free_inside_a_nonpaged_block_stops_with_0xC2_0x99)
{
    static const POOL_TYPE Types[] = {NonPagedPoolExecute, NonPagedPoolNx, NonPagedPoolNxCacheAligned};

    for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            UCHAR *Block = ExAllocatePoolWithTag(Types[Type], Sizes[Size], TAG);
            for (SIZE_T Offset = 1; Offset < Sizes[Size]; Offset += Offset < 70 ? 1 : 251) {
                EXPECT_STOP(StopOfFree(Block + Offset, TAG), BAD_POOL_CALLER, 0x99, Block + Offset, 0, 0);
            }
            cr_expect(IsLive(Block));
        }
    }
}

/* In front of these there can be no header: of the lowest page of pool, not even memory. */
Test(pool_free, free_in_the_first_bytes_of_a_page_of_small_blocks_stops_with_0xC2_0x99)
{
    static const POOL_TYPE Types[] = {NonPagedPoolExecute, NonPagedPoolNx};

    for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
        UCHAR *Page = PAGE_ALIGN(ExAllocatePoolWithTag(Types[Type], 64, TAG));
        for (SIZE_T Offset = 0; Offset < HEADER_BYTES; Offset++) {
            EXPECT_STOP(StopOfFree(Page + Offset, TAG), BAD_POOL_CALLER, 0x99, Page + Offset, 0, 0);
        }
    }
}

Test(pool_free, free_in_a_later_page_of_a_large_block_stops_with_0xC2_0x99)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 1 << 20, TAG);

    for (SIZE_T Offset = PAGE_SIZE; Offset < 1 << 20; Offset += PAGE_SIZE) {
        EXPECT_STOP(StopOfFree(Block + Offset, TAG), BAD_POOL_CALLER, 0x99, Block + Offset, 0, 0);
    }
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(pool_free, free_inside_a_paged_block_stops_with_0xC2_0x41286_and_the_offset_in_paged_pool)
{
    UCHAR *Small = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    UCHAR *Large = ExAllocatePoolWithTag(PagedPool, 20000, TAG);
    EMU_BUGCHECK Stop = StopOfFree(Small + 8, TAG);

    cr_assert_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
    ULONG_PTR Start = (ULONG_PTR)Small + 8 - Stop.Parameter[3];
    cr_expect_eq(BYTE_OFFSET(Start), 0, "paged pool starts on a page");
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x41286, 0, 0, (ULONG_PTR)Small + 8 - Start);
    EXPECT_STOP(StopOfFree(Small + 1, TAG), BAD_POOL_CALLER, 0x41286, 0, 0, (ULONG_PTR)Small + 1 - Start);
    EXPECT_STOP(StopOfFree(Large + 16, TAG), BAD_POOL_CALLER, 0x41286, 0, 0, (ULONG_PTR)Large + 16 - Start);
    EXPECT_STOP(StopOfFree(Large + 4096, TAG), BAD_POOL_CALLER, 0x41286, 0, 0, (ULONG_PTR)Large + 4096 - Start);
    cr_expect(IsLive(Small));
    cr_expect(IsLive(Large));
}

/* ---- Where nothing is allocated ------------------------------------------------------------------------------- */

enum {
    FAR_AWAY = 1 << EMU_BY_WIDTH(30, 27), /* from the first block of an arena; nothing of that arena is in use there */
};

Test(pool_free, free_where_no_nonpaged_pool_is_allocated_stops_with_0xC2_0x44)
{
    static const POOL_TYPE Types[] = {NonPagedPoolExecute, NonPagedPoolNx};

    for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
        UCHAR *Nowhere = (UCHAR *)ExAllocatePoolWithTag(Types[Type], 64, TAG) + FAR_AWAY;
        EXPECT_STOP(StopOfFree(Nowhere, TAG), BAD_POOL_CALLER, 0x44, Nowhere, 0, 0);
        Nowhere = PAGE_ALIGN(Nowhere);
        EXPECT_STOP(StopOfFree(Nowhere, TAG), BAD_POOL_CALLER, 0x44, Nowhere, 0, 0);
    }
}

Test(pool_free, free_where_no_paged_pool_is_allocated_stops_with_0xC2_0x50_the_offset_and_the_size_of_paged_pool)
{
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    UCHAR *Nowhere = Block + FAR_AWAY;
    EMU_BUGCHECK Inside = StopOfFree(Block + 8, TAG);
    ULONG_PTR Start = (ULONG_PTR)Block + 8 - Inside.Parameter[3];
    EMU_BUGCHECK Stop = StopOfFree(Nowhere, TAG);
    SIZE_T PagedBytes = Stop.Parameter[3];

    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x50, Nowhere, (ULONG_PTR)Nowhere - Start, PagedBytes);
    cr_expect(IS_ALIGNED(PagedBytes, PAGE_SIZE));
    UCHAR *Last = (UCHAR *)Start + PagedBytes - PAGE_SIZE;
    EXPECT_STOP(StopOfFree(Last, TAG), BAD_POOL_CALLER, 0x50, Last, PagedBytes - PAGE_SIZE, PagedBytes);
    EMU_BUGCHECK Behind = StopOfFree(Last + PAGE_SIZE, TAG);
    cr_expect_eq(Behind.Code, (ULONG)BAD_POOL_CALLER);
    cr_expect_neq(Behind.Parameter[0], 0x50u, "paged pool ends there");
}

Test(pool_free, free_behind_a_large_block_is_not_inside_it)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 5 * PAGE_SIZE, TAG);
    EMU_BUGCHECK Stop = StopOfFree(Block + 5 * PAGE_SIZE, TAG);

    cr_expect_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
    cr_expect_eq(Stop.Parameter[0], 0x44u, "0x%zx", (size_t)Stop.Parameter[0]);
}

/* ---- IRQL ----------------------------------------------------------------------------------------------------- */

static void RaiseTo(ULONG Irql)
{
    KIRQL Old;

    KeRaiseIrql((KIRQL)Irql, &Old);
}

Test(pool_free, nonpaged_pool_is_freed_up_to_DISPATCH_LEVEL)
{
    for (ULONG Irql = PASSIVE_LEVEL; Irql <= DISPATCH_LEVEL; Irql++) {
        RaiseTo(Irql);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Execute = ExAllocatePoolWithTag(NonPagedPoolExecute, Sizes[Size], TAG);
            PVOID Nx = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG);
            EXPECT_NO_STOP(StopOfFree(Execute, TAG));
            EXPECT_NO_STOP(StopOfFree(Nx, TAG));
        }
    }
}

Test(pool_free, paged_pool_is_freed_up_to_APC_LEVEL)
{
    for (ULONG Irql = PASSIVE_LEVEL; Irql <= APC_LEVEL; Irql++) {
        RaiseTo(Irql);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            EXPECT_NO_STOP(StopOfFree(ExAllocatePoolWithTag(PagedPool, Sizes[Size], TAG), TAG));
        }
    }
}

Test(pool_free, free_of_nonpaged_pool_above_DISPATCH_LEVEL_stops_with_0xC2_0x09)
{
    static const POOL_TYPE Types[] = {NonPagedPoolExecute, NonPagedPoolNx};

    for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Types[Type], Sizes[Size], TAG);
            for (ULONG Irql = DISPATCH_LEVEL + 1; Irql <= HIGH_LEVEL; Irql++) {
                RaiseTo(Irql);
                EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x09, Irql, Types[Type], Block);
                cr_expect_eq(KeGetCurrentIrql(), Irql);
                KeLowerIrql(PASSIVE_LEVEL);
            }
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
        }
    }
}

Test(pool_free, free_of_paged_pool_above_APC_LEVEL_stops_with_0xC2_0x09)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(PagedPool, Sizes[Size], TAG);
        for (ULONG Irql = DISPATCH_LEVEL; Irql <= HIGH_LEVEL; Irql++) {
            RaiseTo(Irql);
            EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x09, Irql, PagedPool, Block);
            KeLowerIrql(PASSIVE_LEVEL);
        }
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

/* ---- On every Windows ----------------------------------------------------------------------------------------- */

Test(pool_free, the_checks_at_free_are_the_same_on_every_Windows_whose_pool_is_no_heap)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows && !HasHeap(&Table[Row]); Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        for (SIZE_T Type = 0; Type < COUNT(Plain); Type++) {
            UCHAR *Block = ExAllocatePoolWithTag(Plain[Type], 100, TAG);
            EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
            cr_expect_eq(StopOfFree(Block + 8, TAG).Parameter[0], IsPaged(Plain[Type]) ? 0x41286u : 0x99u);
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
            cr_expect_eq(StopOfFree(Block, TAG).Parameter[0], 0x07u);
        }
    }
}
