/* EmuSetPoolLimit: pool that runs short, and whose request fails first. */
#include <criterion/criterion.h>

#include <pthread.h>

#include "support.h"

enum {
    LIMIT = 8000, /* 3/4 are 6000, 7/8 are 7000 */
};

static PVOID Ask(POOL_TYPE Type, SIZE_T Bytes, EX_POOL_PRIORITY Priority)
{
    return ExAllocatePoolWithTagPriority(Type, Bytes, TAG, Priority);
}

static VOID Fill(POOL_TYPE Type, SIZE_T Bytes)
{
    for (; Bytes >= 1000; Bytes -= 1000) {
        cr_assert_not_null(Ask(Type, 1000, HighPoolPriority));
    }
    cr_assert(Bytes == 0 || Ask(Type, Bytes, HighPoolPriority) != NULL);
}

/* The largest request of that priority that is served when so much is in use. */
static SIZE_T Room(POOL_TYPE Type, EX_POOL_PRIORITY Priority)
{
    SIZE_T Bytes = 0;

    for (SIZE_T Step = 4096; Step > 0; Step /= 2) {
        PVOID Block = Ask(Type, Bytes + Step, Priority);
        if (Block != NULL) {
            ExFreePoolWithTag(Block, TAG);
            Bytes += Step;
        }
    }
    return Bytes;
}

Test(pool_limit, low_fails_at_three_quarters_normal_at_seven_eighths_high_at_the_limit)
{
    static const struct {
        EX_POOL_PRIORITY Priority;
        SIZE_T Room;
    } Wanted[] = {
        {LowPoolPriority, 1000},
        {LowPoolPrioritySpecialPoolOverrun, 1000},
        {LowPoolPrioritySpecialPoolUnderrun, 1000},
        {NormalPoolPriority, 2000},
        {NormalPoolPrioritySpecialPoolOverrun, 2000},
        {NormalPoolPrioritySpecialPoolUnderrun, 2000},
        {HighPoolPriority, 3000},
        {HighPoolPrioritySpecialPoolOverrun, 3000},
        {HighPoolPrioritySpecialPoolUnderrun, 3000},
    };

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        EmuReset();
        EmuSetPoolLimit(Kinds[Kind].Type, LIMIT);
        Fill(Kinds[Kind].Type, 5000);
        for (SIZE_T Index = 0; Index < COUNT(Wanted); Index++) {
            cr_expect_eq(Room(Kinds[Kind].Type, Wanted[Index].Priority), Wanted[Index].Room, "%s, priority %d",
                         Kinds[Kind].Name, Wanted[Index].Priority);
        }
    }
}

Test(pool_limit, each_priority_fails_once_its_share_is_used_up)
{
    EmuSetPoolLimit(PagedPool, LIMIT);
    Fill(PagedPool, 6000);
    cr_expect_null(Ask(PagedPool, 1, LowPoolPriority));
    cr_expect_eq(Room(PagedPool, NormalPoolPriority), 1000u);
    Fill(PagedPool, 1000);
    cr_expect_null(Ask(PagedPool, 1, NormalPoolPriority));
    cr_expect_eq(Room(PagedPool, HighPoolPriority), 1000u);
    Fill(PagedPool, 1000);
    cr_expect_null(Ask(PagedPool, 1, HighPoolPriority));
}

Test(pool_limit, a_priority_that_is_none_counts_as_the_next_lower_one)
{
    EmuSetPoolLimit(PagedPool, LIMIT);
    Fill(PagedPool, 5000);
    cr_expect_eq(Room(PagedPool, (EX_POOL_PRIORITY)15), 1000u);
    cr_expect_eq(Room(PagedPool, (EX_POOL_PRIORITY)31), 2000u);
    cr_expect_eq(Room(PagedPool, (EX_POOL_PRIORITY)48), 3000u);
}

Test(pool_limit, a_request_without_a_priority_goes_to_the_limit)
{
    EmuSetPoolLimit(NonPagedPoolNx, LIMIT);
    Fill(NonPagedPoolNx, LIMIT - 100);
    cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolNx, 101, TAG));
    cr_expect_null(ExAllocatePool(NonPagedPoolNx, 101));
    cr_expect_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 101, TAG));
    cr_expect_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 101, TAG, NULL, 0));
    cr_expect_null(ExAllocatePoolWithQuotaTag(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 101, TAG));
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    cr_assert_not_null(Block);
    ExFreePoolWithTag(Block, TAG);
    cr_expect_not_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG));
}

Test(pool_limit, the_priority_of_ExAllocatePool3_counts)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority};

    EmuSetPoolLimit(PagedPool, LIMIT);
    Fill(PagedPool, 6000);
    Parameter.Priority = LowPoolPriority;
    cr_expect_null(ExAllocatePool3(POOL_FLAG_PAGED, 1, TAG, &Parameter, 1));
    Parameter.Optional = 1;
    cr_expect_null(ExAllocatePool3(POOL_FLAG_PAGED, 1, TAG, &Parameter, 1), "a known optional one counts as well");
    Parameter.Priority = NormalPoolPriority;
    cr_expect_not_null(ExAllocatePool3(POOL_FLAG_PAGED, 1000, TAG, &Parameter, 1));
    cr_expect_null(ExAllocatePool3(POOL_FLAG_PAGED, 1, TAG, &Parameter, 1));
    Parameter.Priority = HighPoolPriority;
    cr_expect_not_null(ExAllocatePool3(POOL_FLAG_PAGED, 1000, TAG, &Parameter, 1));
    cr_expect_null(ExAllocatePool3(POOL_FLAG_PAGED, 1, TAG, &Parameter, 1));
}

Test(pool_limit, an_optional_parameter_with_an_unknown_priority_is_ignored)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority, .Optional = 1};

    EmuSetPoolLimit(PagedPool, LIMIT);
    Fill(PagedPool, 7500);
    Parameter.Priority = (EX_POOL_PRIORITY)7;
    cr_expect_not_null(ExAllocatePool3(POOL_FLAG_PAGED, 500, TAG, &Parameter, 1));
}

static NTSTATUS StatusOf(PVOID (*Request)(VOID))
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        Request();
    }
    return Status;
}

static PVOID RaisingPriority(VOID)
{
    return Ask((POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), 1, LowPoolPriority);
}

static PVOID RaisingTag(VOID)
{
    return ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), LIMIT, TAG);
}

static PVOID RaisingQuota(VOID)
{
    return ExAllocatePoolWithQuotaTag(PagedPool, 4000, TAG);
}

static PVOID RaisingFlags(VOID)
{
    return ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, LIMIT, TAG);
}

static PVOID RaisingFsRtl(VOID)
{
    return FsRtlAllocatePoolWithTag(PagedPool, LIMIT, TAG);
}

Test(pool_limit, the_routines_that_raise_raise_STATUS_INSUFFICIENT_RESOURCES)
{
    static PVOID (*const Requests[])(VOID) = {RaisingPriority, RaisingTag, RaisingQuota, RaisingFlags, RaisingFsRtl};

    EmuSetPoolLimit(PagedPool, LIMIT);
    Fill(PagedPool, 6000);
    for (SIZE_T Index = 0; Index < COUNT(Requests); Index++) {
        cr_expect_eq(StatusOf(Requests[Index]), STATUS_INSUFFICIENT_RESOURCES, "request %zu", (size_t)Index);
    }
}

Test(pool_limit, paged_and_nonpaged_pool_have_limits_of_their_own)
{
    EmuSetPoolLimit(PagedPool, 100);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 101, TAG));
    cr_expect_not_null(ExAllocatePoolWithTag(NonPagedPoolNx, 101, TAG));
    EmuSetPoolLimit(NonPagedPool, 300);
    cr_expect_not_null(ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG), "with the 101 before, 201");
    cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), "executable or not, it is nonpaged pool");
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 100, TAG));
}

Test(pool_limit, what_was_in_use_before_counts)
{
    PVOID Small = ExAllocatePoolWithTag(PagedPool, 1000, TAG);
    PVOID Large = ExAllocatePoolWithTag(PagedPool, 100000, TAG2);

    ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 500, TAG), TAG);
    EmuSetPoolLimit(PagedPool, 102000);
    cr_expect_eq(Room(PagedPool, HighPoolPriority), 1000u);
    ExFreePoolWithTag(Small, TAG);
    cr_expect_eq(Room(PagedPool, HighPoolPriority), 2000u);
    ExFreePoolWithTag(Large, TAG2);
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 102000, TAG));
}

Test(pool_limit, tags_that_found_the_table_of_tags_full_count_as_well)
{
    for (ULONG Tag = 'A\0\0\0'; Tag < 'A\0\0\0' + 40000; Tag++) {
        cr_assert_not_null(ExAllocatePoolWithTag(PagedPool, 10, Tag));
    }
    EmuSetPoolLimit(PagedPool, 400000 + 500);
    cr_expect_eq(Room(PagedPool, HighPoolPriority), 500u);
}

Test(pool_limit, a_limit_below_what_is_in_use_leaves_the_blocks_and_refuses_new_ones)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 1000, TAG);

    EmuSetPoolLimit(PagedPool, 500);
    cr_expect(IsLive(Block));
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 1, TAG));
    ExFreePoolWithTag(Block, TAG);
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 500, TAG));
}

Test(pool_limit, blocks_of_every_size_count_with_the_bytes_asked_for)
{
    static const SIZE_T Bytes[] = {1, 17, LARGEST_SMALL, LARGEST_SMALL + 1, PAGE_SIZE, 9 * PAGE_SIZE, 3 << 20};

    for (SIZE_T Index = 0; Index < COUNT(Bytes); Index++) {
        EmuSetPoolLimit(NonPagedPool, 2 * Bytes[Index]);
        PVOID First = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes[Index], TAG);
        PVOID Second = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes[Index], TAG);
        cr_assert(First != NULL && Second != NULL, "%zu bytes", (size_t)Bytes[Index]);
        cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolNx, 1, TAG), "%zu bytes", (size_t)Bytes[Index]);
        ExFreePool(First);
        ExFreePoolWithTag(Second, TAG);
    }
}

Test(pool_limit, a_refused_request_counts_nothing)
{
    EMU_TAG_USAGE Usage;

    EmuSetPoolLimit(PagedPool, 100);
    for (ULONG Try = 0; Try < 50; Try++) {
        cr_expect_null(ExAllocatePoolWithTag(PagedPool, 101, TAG));
    }
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.Paged.Allocs, 0u);
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 100, TAG));
}

Test(pool_limit, a_request_for_more_than_the_host_has_counts_nothing)
{
    EmuSetPoolLimit(PagedPool, MORE_THAN_AN_ARENA);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, MORE_THAN_AN_ARENA, TAG));
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, MAXULONG_PTR - 1, TAG));
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 100, TAG));
}

Test(pool_limit, EMU_UNLIMITED_lifts_it)
{
    EmuSetPoolLimit(PagedPool, 100);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 101, TAG));
    EmuSetPoolLimit(PagedPool, EMU_UNLIMITED);
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 1 << 20, TAG));
}

Test(pool_limit, EmuReset_lifts_it)
{
    EmuSetPoolLimit(PagedPool, 0);
    EmuSetPoolLimit(NonPagedPool, 0);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 1, TAG));
    EmuReset();
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 1, TAG));
    cr_expect_not_null(ExAllocatePoolWithTag(NonPagedPoolNx, 1, TAG));
}

Test(pool_limit, it_holds_on_every_Windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        EmuReset();
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        EmuSetPoolLimit(PagedPool, LIMIT);
        Fill(PagedPool, 6000);
        cr_expect_null(Ask(PagedPool, 1, LowPoolPriority), "%s", Table[Row].Title);
        cr_expect_not_null(Ask(PagedPool, 1, NormalPoolPriority), "%s", Table[Row].Title);
    }
}

static void *AskAndFree(void *Argument)
{
    for (ULONG Turn = 0; Turn < 20000; Turn++) {
        PVOID Block = ExAllocatePoolWithTag(PagedPool, 100 + Turn % 64, TAG);
        if (Block != NULL) {
            ExFreePoolWithTag(Block, TAG);
        }
    }
    return Argument;
}

Test(pool_limit, it_stays_exact_with_many_threads)
{
    pthread_t Threads[4];

    EmuSetPoolLimit(PagedPool, 400);
    for (SIZE_T Index = 0; Index < COUNT(Threads); Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, AskAndFree, NULL), 0);
    }
    for (SIZE_T Index = 0; Index < COUNT(Threads); Index++) {
        pthread_join(Threads[Index], NULL);
    }
    cr_expect_eq(Room(PagedPool, HighPoolPriority), 400u);
}
