/* process.c: the current process and the quota that a driver charges to it by itself. */
#include <criterion/criterion.h>

#include "ntifs.h"
#include "poolemu.h"

Test(process, there_is_a_current_process_and_it_stays_the_same)
{
    cr_assert_not_null(PsGetCurrentProcess());
    cr_assert_eq(PsGetCurrentProcess(), IoGetCurrentProcess());
}

Test(process, a_charge_can_be_returned)
{
    PEPROCESS Process = PsGetCurrentProcess();
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsChargePoolQuota(Process, NonPagedPool, 100);
        PsReturnPoolQuota(Process, NonPagedPool, 60);
        PsReturnPoolQuota(Process, NonPagedPool, 40);
    }
    cr_assert_eq(Stop.Code, 0);
    cr_assert_eq(PsChargeProcessPoolQuota(Process, PagedPool, 100), STATUS_SUCCESS);
}

Test(process, returning_more_than_is_charged_is_quota_underflow)
{
    PEPROCESS Process = PsGetCurrentProcess();
    EMU_BUGCHECK Stop;

    PsChargePoolQuota(Process, PagedPool, 100);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsReturnPoolQuota(Process, PagedPool, 101);
    }
    cr_assert_eq(Stop.Code, 0x21);
    cr_assert_str_eq(Stop.Name, "QUOTA_UNDERFLOW");
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)Process);
    cr_assert_eq(Stop.Parameter[1], 1);
    cr_assert_eq(Stop.Parameter[2], 101);
    cr_assert_eq(Stop.Parameter[3], 1);
}

Test(process, paged_and_nonpaged_pool_are_charged_apart)
{
    EMU_BUGCHECK Stop;

    PsChargePoolQuota(PsGetCurrentProcess(), PagedPool, 100);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsReturnPoolQuota(PsGetCurrentProcess(), NonPagedPool, 100);
    }
    cr_assert_eq(Stop.Code, 0x21);
    cr_assert_eq(Stop.Parameter[1], 0);
    cr_assert_eq(Stop.Parameter[3], 100);
}

/* ---- Limits --------------------------------------------------------------------------------------------------- */

static EMU_PROCESS Process(VOID)
{
    EMU_PROCESS Shown;

    EmuQueryProcess(&Shown);
    return Shown;
}

static NTSTATUS StatusOfCharge(POOL_TYPE PoolType, SIZE_T Amount)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        PsChargePoolQuota(PsGetCurrentProcess(), PoolType, Amount);
    }
    return Status;
}

Test(process, at_first_nothing_is_charged_and_nothing_is_limited)
{
    EMU_PROCESS Shown = Process();

    cr_expect_eq(Shown.References, 1u);
    cr_expect(Shown.NonPaged.Limit == EMU_UNLIMITED && Shown.NonPaged.Usage == 0 && Shown.NonPaged.Peak == 0);
    cr_expect(Shown.Paged.Limit == EMU_UNLIMITED && Shown.Paged.Usage == 0 && Shown.Paged.Peak == 0);
}

Test(process, usage_and_peak_follow_the_charges)
{
    PEPROCESS Current = PsGetCurrentProcess();

    PsChargePoolQuota(Current, PagedPool, 100);
    cr_expect_eq(PsChargeProcessPoolQuota(Current, NonPagedPoolNx, 7), STATUS_SUCCESS);
    cr_expect_eq(PsChargeProcessPagedPoolQuota(Current, 20), STATUS_SUCCESS);
    cr_expect_eq(PsChargeProcessNonPagedPoolQuota(Current, 30), STATUS_SUCCESS);
    cr_expect_eq(Process().Paged.Usage, 120u);
    cr_expect_eq(Process().NonPaged.Usage, 37u);
    PsReturnPoolQuota(Current, PagedPool, 50);
    PsReturnProcessPagedPoolQuota(Current, 60);
    PsReturnProcessNonPagedPoolQuota(Current, 37);
    cr_expect_eq(Process().Paged.Usage, 10u);
    cr_expect_eq(Process().Paged.Peak, 120u);
    cr_expect_eq(Process().NonPaged.Usage, 0u);
    cr_expect_eq(Process().NonPaged.Peak, 37u);
    cr_expect_eq(Process().References, 1u, "a driver's own charge references nothing");
}

Test(process, the_cache_aligned_types_are_charged_as_the_plain_ones)
{
    PsChargePoolQuota(PsGetCurrentProcess(), PagedPoolCacheAligned, 5);
    PsChargePoolQuota(PsGetCurrentProcess(), NonPagedPoolCacheAligned, 6);
    cr_expect_eq(Process().Paged.Usage, 5u);
    cr_expect_eq(Process().NonPaged.Usage, 6u);
}

Test(process, a_charge_up_to_the_limit_succeeds_and_one_byte_more_is_STATUS_QUOTA_EXCEEDED)
{
    PEPROCESS Current = PsGetCurrentProcess();

    EmuSetQuotaLimit(PagedPool, 100);
    cr_expect_eq(Process().Paged.Limit, 100u);
    cr_expect_eq(StatusOfCharge(PagedPool, 101), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(PsChargeProcessPoolQuota(Current, PagedPool, 101), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(PsChargeProcessPagedPoolQuota(Current, 101), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(Process().Paged.Usage, 0u, "a refused charge is none");
    cr_expect_eq(Process().Paged.Peak, 0u);
    cr_expect_eq(StatusOfCharge(PagedPool, 100), STATUS_SUCCESS);
    cr_expect_eq(PsChargeProcessPagedPoolQuota(Current, 1), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(PsChargeProcessPagedPoolQuota(Current, MAXSIZE_T), STATUS_QUOTA_EXCEEDED);
    PsReturnPoolQuota(Current, PagedPool, 1);
    cr_expect_eq(PsChargeProcessPagedPoolQuota(Current, 1), STATUS_SUCCESS);
}

Test(process, each_pool_has_a_limit_of_its_own)
{
    EmuSetQuotaLimit(NonPagedPool, 10);
    cr_expect_eq(StatusOfCharge(PagedPool, 100), STATUS_SUCCESS);
    cr_expect_eq(StatusOfCharge(NonPagedPoolNx, 11), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(PsChargeProcessNonPagedPoolQuota(PsGetCurrentProcess(), 11), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(PsChargeProcessNonPagedPoolQuota(PsGetCurrentProcess(), 10), STATUS_SUCCESS);
}

Test(process, without_a_limit_the_sum_of_the_charges_cannot_overflow)
{
    cr_expect_eq(StatusOfCharge(PagedPool, MAXSIZE_T), STATUS_SUCCESS);
    cr_expect_eq(StatusOfCharge(PagedPool, 1), STATUS_QUOTA_EXCEEDED);
}

Test(process, a_limit_below_the_usage_refuses_and_leaves_what_is_charged)
{
    cr_expect_eq(StatusOfCharge(PagedPool, 100), STATUS_SUCCESS);
    EmuSetQuotaLimit(PagedPool, 50);
    cr_expect_eq(Process().Paged.Usage, 100u);
    cr_expect_eq(StatusOfCharge(PagedPool, 1), STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(StatusOfCharge(PagedPool, 0), STATUS_QUOTA_EXCEEDED);
    EmuSetQuotaLimit(PagedPool, EMU_UNLIMITED);
    cr_expect_eq(StatusOfCharge(PagedPool, 1), STATUS_SUCCESS);
}

Test(process, a_quota_underflow_changes_nothing)
{
    EMU_BUGCHECK Stop;

    PsChargePoolQuota(PsGetCurrentProcess(), NonPagedPool, 100);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsReturnProcessNonPagedPoolQuota(PsGetCurrentProcess(), 130);
    }
    cr_expect_eq(Stop.Code, (ULONG)QUOTA_UNDERFLOW);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)PsGetCurrentProcess());
    cr_expect_eq(Stop.Parameter[1], 0u);
    cr_expect_eq(Stop.Parameter[2], 130u);
    cr_expect_eq(Stop.Parameter[3], 30u);
    cr_expect_eq(Process().NonPaged.Usage, 100u);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsReturnProcessPagedPoolQuota(PsGetCurrentProcess(), 1);
    }
    cr_expect_eq(Stop.Code, (ULONG)QUOTA_UNDERFLOW);
    cr_expect_eq(Stop.Parameter[1], 1u);
}

Test(process, EmuReset_returns_all_charges_and_lifts_the_limits)
{
    PsChargePoolQuota(PsGetCurrentProcess(), PagedPool, 100);
    cr_assert_not_null(ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 10, 'tseT'));
    EmuSetQuotaLimit(PagedPool, 100);
    EmuSetQuotaLimit(NonPagedPool, 100);
    EmuReset();
    EMU_PROCESS Shown = Process();
    cr_expect_eq(Shown.References, 1u);
    cr_expect(Shown.NonPaged.Limit == EMU_UNLIMITED && Shown.NonPaged.Usage == 0 && Shown.NonPaged.Peak == 0);
    cr_expect(Shown.Paged.Limit == EMU_UNLIMITED && Shown.Paged.Usage == 0 && Shown.Paged.Peak == 0);
}
