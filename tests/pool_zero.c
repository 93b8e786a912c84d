/* Zeroed memory: who promises it, on which Windows. A block may be zero by luck, so each test recycles a dirty one. */
#include <criterion/criterion.h>

#include "support.h"

enum {
    DIRT = 0xA5
};

static const SIZE_T SmallSizes[] = {1, 15, 16, 17, 48, 100, 255, 256, 1000, 2000, 4000};
static const SIZE_T LargeSizes[] = {4065, 4096, 4097, 8192, 20000, 1 << 16, 1 << 20, 5 << 20};

static void ExpectZero(const VOID *Block, SIZE_T Bytes, PCSTR Name)
{
    cr_assert_not_null(Block, "%s", Name);
    cr_assert(IsFilledWith(Block, 0, Bytes), "%s: %zu bytes are not all zero", Name, (size_t)Bytes);
}

static void ExpectDirt(const VOID *Block, SIZE_T Bytes, PCSTR Name)
{
    cr_assert_eq(((const UCHAR *)Block)[Bytes - 1], Leftover(DIRT), "%s: the last of %zu bytes is 0x%02X", Name,
                 (size_t)Bytes, ((const UCHAR *)Block)[Bytes - 1]);
}

Test(pool_zero, POOL_ZERO_ALLOCATION_zeroes_a_recycled_block)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        POOL_TYPE Type = (POOL_TYPE)(Kinds[Kind].Type | POOL_ZERO_ALLOCATION);
        for (SIZE_T Size = 0; Size < COUNT(SmallSizes); Size++) {
            PVOID Dirty = LeaveDirt(Kinds[Kind].Type, SmallSizes[Size], DIRT);
            PVOID Block = ExAllocatePoolWithTag(Type, SmallSizes[Size], TAG);
            cr_assert_eq(Block, Dirty);
            ExpectZero(Block, SmallSizes[Size], Kinds[Kind].Name);
        }
    }
}

Test(pool_zero, POOL_ZERO_ALLOCATION_zeroes_a_large_block)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        POOL_TYPE Type = (POOL_TYPE)(Kinds[Kind].Type | POOL_ZERO_ALLOCATION);
        for (SIZE_T Size = 0; Size < COUNT(LargeSizes); Size++) {
            LeaveDirt(Kinds[Kind].Type, LargeSizes[Size], DIRT);
            PVOID Block = ExAllocatePoolWithTag(Type, LargeSizes[Size], TAG);
            ExpectZero(Block, LargeSizes[Size], Kinds[Kind].Name);
            memset(Block, DIRT, LargeSizes[Size]);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

/* In the debug configuration: as the pattern filled it. */
Test(pool_zero, a_request_without_it_returns_the_block_as_it_was)
{
    for (SIZE_T Size = 0; Size < COUNT(SmallSizes); Size++) {
        PVOID Dirty = LeaveDirt(NonPagedPoolNx, SmallSizes[Size], DIRT);
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, SmallSizes[Size], TAG);
        cr_assert_eq(Block, Dirty);
        ExpectDirt(Block, SmallSizes[Size], "ExAllocatePoolWithTag");
    }
}

Test(pool_zero, ExAllocatePool2_zeroes_unless_it_is_told_not_to)
{
    static const struct {
        POOL_FLAGS Flags;
        POOL_TYPE Type;
    } Pools[] = {{POOL_FLAG_NON_PAGED, NonPagedPoolNx},
                 {POOL_FLAG_NON_PAGED_EXECUTE, NonPagedPoolExecute},
                 {POOL_FLAG_PAGED, PagedPool},
                 {POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, PagedPoolCacheAligned},
                 {POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, PagedPool}};

    for (SIZE_T Pool = 0; Pool < COUNT(Pools); Pool++) {
        for (SIZE_T Size = 0; Size < COUNT(SmallSizes); Size++) {
            PVOID Dirty = LeaveDirt(Pools[Pool].Type, SmallSizes[Size], DIRT);
            PVOID Block = ExAllocatePool2(Pools[Pool].Flags, SmallSizes[Size], TAG);
            cr_assert_eq(Block, Dirty);
            ExpectZero(Block, SmallSizes[Size], "ExAllocatePool2");

            Dirty = LeaveDirt(Pools[Pool].Type, SmallSizes[Size], DIRT);
            Block = ExAllocatePool2(Pools[Pool].Flags | POOL_FLAG_UNINITIALIZED, SmallSizes[Size], TAG);
            cr_assert_eq(Block, Dirty);
            ExpectDirt(Block, SmallSizes[Size], "ExAllocatePool2, uninitialized");
        }
    }
}

Test(pool_zero, ExAllocatePool2_zeroes_large_blocks)
{
    for (SIZE_T Size = 0; Size < COUNT(LargeSizes); Size++) {
        for (ULONG Round = 0; Round < 5; Round++) {
            PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, LargeSizes[Size], TAG);
            ExpectZero(Block, LargeSizes[Size], "ExAllocatePool2");
            memset(Block, DIRT, LargeSizes[Size]);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

Test(pool_zero, ExAllocatePool3_zeroes_unless_it_is_told_not_to)
{
    PVOID Dirty = LeaveDirt(PagedPool, 100, DIRT);
    PVOID Block = ExAllocatePool3(POOL_FLAG_PAGED, 100, TAG, NULL, 0);

    cr_assert_eq(Block, Dirty);
    ExpectZero(Block, 100, "ExAllocatePool3");
    Dirty = LeaveDirt(PagedPool, 100, DIRT);
    Block = ExAllocatePool3(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, 100, TAG, NULL, 0);
    cr_assert_eq(Block, Dirty);
    ExpectDirt(Block, 100, "ExAllocatePool3, uninitialized");
}

Test(pool_zero, the_inline_routines_zero_or_not_as_they_are_named)
{
    LeaveDirt(PagedPool, 100, DIRT);
    ExpectZero(ExAllocatePoolZero(PagedPool, 100, TAG), 100, "ExAllocatePoolZero");
    LeaveDirt(PagedPool, 100, DIRT);
    ExpectZero(ExAllocatePoolQuotaZero(PagedPool, 100, TAG), 100, "ExAllocatePoolQuotaZero");
    LeaveDirt(PagedPool, 100, DIRT);
    ExpectZero(ExAllocatePoolPriorityZero(PagedPool, 100, TAG, LowPoolPriority), 100, "ExAllocatePoolPriorityZero");
    LeaveDirt(PagedPool, 100, DIRT);
    ExpectDirt(ExAllocatePoolUninitialized(PagedPool, 100, TAG), 100, "ExAllocatePoolUninitialized");
    LeaveDirt(PagedPool, 100, DIRT);
    ExpectDirt(ExAllocatePoolQuotaUninitialized(PagedPool, 100, TAG), 100, "ExAllocatePoolQuotaUninitialized");
    LeaveDirt(PagedPool, 100, DIRT);
    ExpectDirt(ExAllocatePoolPriorityUninitialized(PagedPool, 100, TAG, LowPoolPriority), 100,
               "ExAllocatePoolPriorityUninitialized");
}

Test(pool_zero, POOL_ZERO_ALLOCATION_is_ignored_before_build_19041)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            PVOID Dirty = LeaveDirt(Kinds[Kind].Type, 100, DIRT);
            PVOID Block = ExAllocatePoolWithTag((POOL_TYPE)(Kinds[Kind].Type | POOL_ZERO_ALLOCATION), 100, TAG);
            cr_assert_eq(Block, Dirty);
            if (ZeroesPool(&Table[Row])) {
                ExpectZero(Block, 100, Table[Row].Title);
            } else {
                ExpectDirt(Block, 100, Table[Row].Title);
            }
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

/* ---- Uninitialized memory -------------------------------------------------------------------------------------- */

static ULONG64 Takes;

/* The bytes asked for are filled in the debug configuration, and no others in any. */
static void ExpectFilled(UCHAR *Block, SIZE_T Bytes, PCSTR Name)
{
    cr_assert_not_null(Block, "%s", Name);
    if (POOLEMU_FILL) {
        cr_assert(IsFilledWith(Block, 0xCD, Bytes < MOST_FILLED ? Bytes : MOST_FILLED), "%s: %zu bytes", Name,
                  (size_t)Bytes);
    }
    Takes++;
    ExFreePool(Block);
}

/* Fresh from the host memory is zero: without the pattern a driver that forgets to initialize would pass by luck. */
Test(pool_zero, uninitialized_blocks_of_every_type_are_filled_with_0xCD_in_the_debug_configuration)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        POOL_TYPE Type = Kinds[Kind].Type;
        for (ULONG Round = 0; Round < 3; Round++) { /* slow path, fast path, recycled */
            for (SIZE_T Size = 0; Size < COUNT(SmallSizes) + COUNT(LargeSizes); Size++) {
                SIZE_T Bytes = Size < COUNT(SmallSizes) ? SmallSizes[Size] : LargeSizes[Size - COUNT(SmallSizes)];
                ExpectFilled(ExAllocatePoolWithTag(Type, Bytes, TAG), Bytes, Kinds[Kind].Name);
                ExpectFilled(ExAllocatePool(Type, Bytes), Bytes, Kinds[Kind].Name);
                ExpectFilled(ExAllocatePoolWithQuotaTag(Type, Bytes, TAG), Bytes, Kinds[Kind].Name);
                ExpectFilled(ExAllocatePoolWithTagPriority(Type, Bytes, TAG, NormalPoolPriority), Bytes,
                             Kinds[Kind].Name);
                ExpectFilled(ExAllocatePoolUninitialized(Type, Bytes, TAG), Bytes, Kinds[Kind].Name);
            }
        }
    }
    cr_expect_eq(Takes, COUNT(Kinds) * 3 * (COUNT(SmallSizes) + COUNT(LargeSizes)) * 5);
}

Test(pool_zero, uninitialized_blocks_of_ExAllocatePool2_are_filled_with_0xCD_in_the_debug_configuration)
{
    static const POOL_FLAGS Flags[] = {POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE, POOL_FLAG_PAGED,
                                       POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED,
                                       POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA};

    for (SIZE_T Index = 0; Index < COUNT(Flags); Index++) {
        for (SIZE_T Size = 0; Size < COUNT(SmallSizes) + COUNT(LargeSizes); Size++) {
            SIZE_T Bytes = Size < COUNT(SmallSizes) ? SmallSizes[Size] : LargeSizes[Size - COUNT(SmallSizes)];
            ExpectFilled(ExAllocatePool2(Flags[Index] | POOL_FLAG_UNINITIALIZED, Bytes, TAG), Bytes, "Pool2");
            ExpectFilled(ExAllocatePool3(Flags[Index] | POOL_FLAG_UNINITIALIZED, Bytes, TAG, NULL, 0), Bytes, "Pool3");
        }
    }
    cr_expect_eq(Takes, COUNT(Flags) * (COUNT(SmallSizes) + COUNT(LargeSizes)) * 2);
}

Test(pool_zero, the_pattern_ends_where_the_block_does)
{
    for (SIZE_T Bytes = 193; Bytes <= 208; Bytes++) {
        UCHAR *Dirty = LeaveDirt(PagedPool, Bytes, DIRT);
        UCHAR *Block = ExAllocatePoolWithTag(PagedPool, Bytes, TAG);
        cr_assert_eq(Block, Dirty, "a thread gets back what it freed last");
        cr_expect(IsFilledWith(Block, Leftover(DIRT), Bytes), "%zu bytes", (size_t)Bytes);
        cr_expect(IsFilledWith(Block + Bytes, DIRT, SlotBytes(Block) - Bytes), "behind %zu bytes", (size_t)Bytes);
        ExFreePoolWithTag(Block, TAG);
    }
}

Test(pool_zero, memory_fresh_from_the_host_is_not_zero_in_the_debug_configuration)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, MOST_FILLED + PAGE_SIZE, TAG);

    cr_assert_not_null(Block);
    cr_expect(IsFilledWith(Block, Leftover(0), MOST_FILLED));
    cr_expect(IsFilledWith(Block + MOST_FILLED, 0, PAGE_SIZE), "of a larger block the rest is left alone");
}

Test(pool_zero, entries_of_a_lookaside_list_are_filled_when_they_come_from_the_pool_and_not_from_the_list)
{
    NPAGED_LOOKASIDE_LIST List;

    LeaveDirt(NonPagedPoolNx, 100, DIRT);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    UCHAR *Entry = ExAllocateFromNPagedLookasideList(&List);
    cr_expect(IsFilledWith(Entry, Leftover(DIRT), 100));
    memset(Entry, DIRT, 100);
    ExFreeToNPagedLookasideList(&List, Entry);
    cr_assert_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
    cr_expect(IsFilledWith(Entry + sizeof(SLIST_ENTRY), DIRT, 100 - sizeof(SLIST_ENTRY)));
    ExFreeToNPagedLookasideList(&List, Entry);
    ExDeleteNPagedLookasideList(&List);
}
