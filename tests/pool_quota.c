/* Quota: which blocks are charged, and that the charge goes with the block. */
#include <criterion/criterion.h>

#include "support.h"

static BOOLEAN IsCharged(PVOID Block)
{
    BOOLEAN Charged = 2;
    EMU_BLOCK Info;

    cr_assert(EmuQueryBlock(Block, &Info));
    ExQueryPoolBlockSize(Block, &Charged);
    cr_assert_eq(Info.QuotaCharged, Charged, "EmuQueryBlock and ExQueryPoolBlockSize agree");
    return Charged;
}

Test(pool_quota, blocks_of_the_quota_routines_are_charged)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        cr_expect(IsCharged(ExAllocatePoolWithQuota(Kinds[Kind].Type, 100)), "%s", Kinds[Kind].Name);
        cr_expect(IsCharged(ExAllocatePoolWithQuotaTag(Kinds[Kind].Type, 100, TAG)), "%s", Kinds[Kind].Name);
        cr_expect(IsCharged(ExAllocatePoolQuotaZero(Kinds[Kind].Type, 100, TAG)), "%s", Kinds[Kind].Name);
        cr_expect(IsCharged(ExAllocatePoolQuotaUninitialized(Kinds[Kind].Type, 100, TAG)), "%s", Kinds[Kind].Name);
    }
    cr_expect(IsCharged(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 100, TAG)));
    cr_expect(IsCharged(ExAllocatePool3(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, 100, TAG, NULL, 0)));
}

Test(pool_quota, blocks_of_the_other_routines_are_not_charged)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        cr_expect_not(IsCharged(ExAllocatePool(PagedPool, Sizes[Size])));
        cr_expect_not(IsCharged(ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG)));
        cr_expect_not(IsCharged(ExAllocatePoolWithTagPriority(PagedPool, Sizes[Size], TAG, LowPoolPriority)));
        cr_expect_not(IsCharged(ExAllocatePool2(POOL_FLAG_NON_PAGED, Sizes[Size], TAG)));
    }
}

Test(pool_quota, a_block_of_a_page_is_charged_since_Windows_8_smaller_ones_always_larger_ones_never)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        cr_expect(IsCharged(ExAllocatePoolWithQuotaTag(PagedPool, 1, TAG)), "%s", Table[Row].Title);
        cr_expect(IsCharged(ExAllocatePoolWithQuotaTag(PagedPool, PAGE_SIZE - 1, TAG)), "%s", Table[Row].Title);
        cr_expect_eq(IsCharged(ExAllocatePoolWithQuotaTag(PagedPool, PAGE_SIZE, TAG)), HasNxPool(&Table[Row]), "%s",
                     Table[Row].Title);
        cr_expect_not(IsCharged(ExAllocatePoolWithQuotaTag(PagedPool, PAGE_SIZE + 1, TAG)), "%s", Table[Row].Title);
        cr_expect_not(IsCharged(ExAllocatePoolWithQuotaTag(PagedPool, 1 << 20, TAG)), "%s", Table[Row].Title);
    }
}

Test(pool_quota, a_recycled_block_is_not_charged_for_its_former_owner)
{
    PVOID Charged = ExAllocatePoolWithQuotaTag(PagedPool, 100, TAG);

    ExFreePoolWithTag(Charged, TAG);
    PVOID Again = ExAllocatePoolWithTag(PagedPool, 100, TAG);
    cr_assert_eq(Again, Charged, "a thread gets back what it freed last");
    cr_expect_not(IsCharged(Again));
}

/* PsReturnPoolQuota stops when more is returned than is charged: that measures the charge from outside. */
static EMU_BUGCHECK StopOfReturn(POOL_TYPE Type, SIZE_T Bytes)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsReturnPoolQuota(PsGetCurrentProcess(), Type, Bytes);
    }
    return Stop;
}

Test(pool_quota, a_live_charged_block_counts_its_bytes_and_a_freed_one_none)
{
    PVOID Block = ExAllocatePoolWithQuotaTag(PagedPool, 1000, TAG);

    cr_expect_eq(StopOfReturn(NonPagedPoolNx, 1).Code, (ULONG)QUOTA_UNDERFLOW, "the other pool");
    cr_expect_eq(StopOfReturn(PagedPool, 1001).Code, (ULONG)QUOTA_UNDERFLOW);
    ExFreePoolWithTag(Block, TAG);
    cr_expect_eq(StopOfReturn(PagedPool, 1).Code, (ULONG)QUOTA_UNDERFLOW);
}

Test(pool_quota, a_charged_block_is_checked_at_free_like_any_other)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithQuotaTag(NonPagedPoolNx, Sizes[Size], TAG);
        EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
        EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
        cr_expect_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
        cr_expect_eq(Stop.Parameter[0], 0x07u);
    }
}
