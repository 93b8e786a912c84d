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
    SelectPoolWithoutHeap();
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithQuotaTag(NonPagedPoolNx, Sizes[Size], TAG);
        EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
        EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
        cr_expect_eq(Stop.Code, (ULONG)BAD_POOL_CALLER);
        cr_expect_eq(Stop.Parameter[0], 0x07u);
    }
}

/* ---- Limits and references ------------------------------------------------------------------------------------ */

static EMU_PROCESS Process(VOID)
{
    EMU_PROCESS Shown;

    EmuQueryProcess(&Shown);
    return Shown;
}

static NTSTATUS StatusOfQuotaRequest(PVOID (*Request)(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag), POOL_TYPE Type,
                                     SIZE_T Bytes)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        cr_expect_not_null(Request(Type, Bytes, TAG), "a routine that raises returns no NULL");
    }
    return Status;
}

static PVOID RequestUntagged(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ExAllocatePoolWithQuota(Type, Bytes);
}

static PVOID RequestByFlags(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    POOL_FLAGS Kind = (Type & PagedPool) != 0 ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED;

    return ExAllocatePool2(Kind | POOL_FLAG_USE_QUOTA | POOL_FLAG_RAISE_ON_FAILURE, Bytes, Tag);
}

static PVOID RequestFsRtl(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return FsRtlAllocatePoolWithQuotaTag(Type, (ULONG)Bytes, Tag);
}

Test(pool_quota, a_request_beyond_the_limit_raises_STATUS_QUOTA_EXCEEDED)
{
    static PVOID (*const Requests[])(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag) = {
        RequestUntagged, ExAllocatePoolWithQuotaTag, ExAllocatePoolQuotaZero, RequestByFlags, RequestFsRtl};

    for (SIZE_T Index = 0; Index < COUNT(Requests); Index++) {
        EmuReset();
        EmuSetQuotaLimit(PagedPool, 100);
        EmuSetQuotaLimit(NonPagedPool, 200);
        cr_expect_eq(StatusOfQuotaRequest(Requests[Index], PagedPool, 101), STATUS_QUOTA_EXCEEDED, "%zu", Index);
        cr_expect_eq(StatusOfQuotaRequest(Requests[Index], PagedPool, 100), STATUS_SUCCESS, "%zu", Index);
        cr_expect_eq(StatusOfQuotaRequest(Requests[Index], PagedPool, 1), STATUS_QUOTA_EXCEEDED, "%zu", Index);
        cr_expect_eq(StatusOfQuotaRequest(Requests[Index], NonPagedPoolNx, 201), STATUS_QUOTA_EXCEEDED, "%zu", Index);
        cr_expect_eq(StatusOfQuotaRequest(Requests[Index], NonPagedPoolNx, 200), STATUS_SUCCESS, "%zu", Index);
        cr_expect_eq(Process().Paged.Usage, 100u);
        cr_expect_eq(Process().NonPaged.Usage, 200u);
    }
}

Test(pool_quota, with_POOL_QUOTA_FAIL_INSTEAD_OF_RAISE_it_returns_NULL)
{
    POOL_TYPE Type = (POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);

    EmuSetQuotaLimit(PagedPool, 100);
    cr_expect_null(ExAllocatePoolWithQuota(Type, 101));
    cr_expect_null(ExAllocatePoolWithQuotaTag(Type, 101, TAG));
    cr_expect_null(ExAllocatePoolQuotaZero(Type, 101, TAG));
    cr_expect_null(ExAllocatePoolQuotaUninitialized(Type, 101, TAG));
    cr_expect_null(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 101, TAG), "NULL is its default");
    cr_expect_eq(Process().Paged.Usage, 0u);
    cr_expect_eq(Process().References, 1u);
}

Test(pool_quota, what_is_not_charged_is_not_limited)
{
    EmuSetQuotaLimit(PagedPool, 0);
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 100, TAG));
    cr_expect_not_null(ExAllocatePoolWithQuotaTag(PagedPool, PAGE_SIZE + 1, TAG), "blocks above a page are free");
}

Test(pool_quota, a_live_charged_block_references_the_process)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        EmuReset();
        PVOID First = ExAllocatePoolWithQuotaTag(Kinds[Kind].Type, 100, TAG);
        PVOID Second = ExAllocatePoolWithQuotaTag(Kinds[Kind].Type, PAGE_SIZE, TAG);
        cr_expect_eq(Process().References, 3u, "%s", Kinds[Kind].Name);
        cr_expect_eq((Kinds[Kind].Paged ? Process().Paged : Process().NonPaged).Usage, 100u + PAGE_SIZE);
        ExFreePoolWithTag(First, TAG);
        cr_expect_eq(Process().References, 2u, "%s", Kinds[Kind].Name);
        ExFreePool(Second);
        cr_expect_eq(Process().References, 1u, "%s", Kinds[Kind].Name);
        cr_expect_eq((Kinds[Kind].Paged ? Process().Paged : Process().NonPaged).Usage, 0u);
    }
}

Test(pool_quota, a_block_that_is_not_charged_references_nothing)
{
    cr_assert_not_null(ExAllocatePoolWithTag(PagedPool, 100, TAG));
    cr_assert_not_null(ExAllocatePoolWithQuotaTag(PagedPool, PAGE_SIZE + 1, TAG));
    cr_expect_eq(Process().References, 1u);
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_assert_not_null(ExAllocatePoolWithQuotaTag(PagedPool, PAGE_SIZE, TAG));
    cr_expect_eq(Process().References, 1u, "before Windows 8 a page is not charged");
}

Test(pool_quota, a_request_that_finds_no_memory_gives_its_charge_back)
{
    POOL_TYPE Type = (POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);

    EmuSetPoolLimit(PagedPool, 50);
    cr_expect_null(ExAllocatePoolWithQuotaTag(Type, 100, TAG));
    cr_expect_eq(StatusOfQuotaRequest(ExAllocatePoolWithQuotaTag, PagedPool, 100), STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(Process().Paged.Usage, 0u);
    cr_expect_eq(Process().References, 1u);
}

Test(pool_quota, quota_is_asked_before_memory)
{
    EmuSetPoolLimit(PagedPool, 50);
    EmuSetQuotaLimit(PagedPool, 50);
    cr_expect_eq(StatusOfQuotaRequest(ExAllocatePoolWithQuotaTag, PagedPool, 100), STATUS_QUOTA_EXCEEDED);
}

Test(pool_quota, freeing_a_block_whose_charge_was_returned_already_is_quota_underflow)
{
    PVOID Block = ExAllocatePoolWithQuotaTag(PagedPool, 100, TAG);

    PsReturnPoolQuota(PsGetCurrentProcess(), PagedPool, 40);
    EXPECT_STOP(StopOfFree(Block, TAG), QUOTA_UNDERFLOW, PsGetCurrentProcess(), 1, 100, 40);
}
