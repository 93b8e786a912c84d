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
