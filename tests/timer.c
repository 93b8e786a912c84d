/* timer.c: timers expire, once or again and again, wake who waits, and call their DPC. */
#include <criterion/criterion.h>
#include <stdatomic.h>

#include "child.h"
#include "support.h"

enum {
    MILLISECOND = 10000,
};

static KTIMER Timer;
static KDPC Dpc;
static atomic_uint Calls;
static atomic_uint WrongCalls;

static VOID NTAPI CountCall(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    if (Object != &Dpc || Context != &Calls || Argument1 != NULL || Argument2 != NULL ||
        KeGetCurrentIrql() != DISPATCH_LEVEL) {
        atomic_fetch_add(&WrongCalls, 1);
    }
    atomic_fetch_add(&Calls, 1);
}

static LARGE_INTEGER FromNow(LONGLONG Time)
{
    return (LARGE_INTEGER){.QuadPart = -Time};
}

static NTSTATUS WaitFor(PVOID Object)
{
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, NULL);
}

/* ---- Expiry --------------------------------------------------------------------------------------------------- */

Test(timer, it_is_not_signalled_until_it_is_due, .timeout = 60)
{
    KeInitializeTimer(&Timer);
    cr_expect_eq(KeReadStateTimer(&Timer), FALSE);
    cr_expect_eq(Timer.Header.Type, 8);
    cr_expect_eq(KeSetTimer(&Timer, FromNow(3600ll * 1000 * MILLISECOND), NULL), FALSE);
    cr_expect_eq(KeReadStateTimer(&Timer), FALSE);
    cr_expect_eq(KeSetTimer(&Timer, FromNow(2 * MILLISECOND), NULL), TRUE, "it was set before");
    cr_expect_eq(WaitFor(&Timer), STATUS_SUCCESS);
    cr_expect_eq(KeReadStateTimer(&Timer), TRUE);
    cr_expect_eq(KeCancelTimer(&Timer), FALSE, "it has expired");
}

Test(timer, a_synchronization_timer_is_reset_by_a_wait, .timeout = 60)
{
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    cr_expect_eq(Timer.Header.Type, 9);
    KeSetTimer(&Timer, FromNow(MILLISECOND), NULL);
    cr_expect_eq(WaitFor(&Timer), STATUS_SUCCESS);
    cr_expect_eq(KeReadStateTimer(&Timer), FALSE);
}

Test(timer, a_due_time_in_the_past_expires_at_once, .timeout = 60)
{
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, (LARGE_INTEGER){.QuadPart = 1}, NULL);
    cr_expect_eq(WaitFor(&Timer), STATUS_SUCCESS);
}

Test(timer, a_cancelled_timer_does_not_expire)
{
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CountCall, &Calls);
    KeSetTimer(&Timer, FromNow(3600ll * 1000 * MILLISECOND), &Dpc);
    cr_expect_eq(KeCancelTimer(&Timer), TRUE);
    cr_expect_eq(KeCancelTimer(&Timer), FALSE);
    KeFlushQueuedDpcs();
    cr_expect_eq(KeReadStateTimer(&Timer), FALSE);
    cr_expect_eq(atomic_load(&Calls), 0u);
}

Test(timer, setting_it_again_takes_the_signal_back, .timeout = 60)
{
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, FromNow(MILLISECOND), NULL);
    WaitFor(&Timer);
    cr_expect_eq(KeSetTimer(&Timer, FromNow(3600ll * 1000 * MILLISECOND), NULL), FALSE);
    cr_expect_eq(KeReadStateTimer(&Timer), FALSE);
}

Test(timer, the_earlier_of_two_expires_first, .timeout = 60)
{
    KTIMER Later;

    KeInitializeTimer(&Later);
    KeInitializeTimer(&Timer);
    KeSetTimer(&Later, FromNow(3600ll * 1000 * MILLISECOND), NULL);
    KeSetTimer(&Timer, FromNow(MILLISECOND), NULL);
    cr_expect_eq(WaitFor(&Timer), STATUS_SUCCESS);
    cr_expect_eq(KeReadStateTimer(&Later), FALSE);
    cr_expect_eq(KeCancelTimer(&Later), TRUE);
}

/* ---- DPCs ----------------------------------------------------------------------------------------------------- */

Test(timer, its_DPC_runs_once_at_DISPATCH_LEVEL, .timeout = 60)
{
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CountCall, &Calls);
    KeSetTimer(&Timer, FromNow(MILLISECOND), &Dpc);
    WaitFor(&Timer);
    KeFlushQueuedDpcs();
    cr_expect_eq(atomic_load(&Calls), 1u);
    cr_expect_eq(atomic_load(&WrongCalls), 0u);
}

Test(timer, a_periodic_timer_expires_until_it_is_cancelled, .timeout = 60)
{
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeInitializeDpc(&Dpc, CountCall, &Calls);
    KeSetTimerEx(&Timer, FromNow(MILLISECOND), 2, &Dpc);
    cr_expect_eq(Timer.Period, 2);
    for (ULONG Round = 0; Round < 5; Round++) {
        cr_expect_eq(WaitFor(&Timer), STATUS_SUCCESS);
    }
    cr_expect_eq(KeCancelTimer(&Timer), TRUE);
    KeFlushQueuedDpcs();
    unsigned Before = atomic_load(&Calls);
    cr_expect_geq(Before, 5u);
    cr_expect_eq(atomic_load(&WrongCalls), 0u);
    KeFlushQueuedDpcs();
    cr_expect_eq(atomic_load(&Calls), Before);
}

/* ---- Quota in a DPC --------------------------------------------------------------------------------------------- */

static EMU_BUGCHECK StopInDpc;

static VOID NTAPI ChargeQuota(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    EMU_CATCH_BUGCHECK(&StopInDpc)
    {
        ExFreePool(ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 64, TAG));
    }
    atomic_fetch_add(&Calls, 1);
}

static EMU_BUGCHECK StopOfQuotaInDpc(ULONG Flags)
{
    unsigned Before = atomic_load(&Calls);

    EmuSetVerifier(Flags);
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, ChargeQuota, NULL);
    KeSetTimer(&Timer, FromNow(MILLISECOND), &Dpc);
    WaitFor(&Timer);
    KeFlushQueuedDpcs();
    cr_expect_eq(atomic_load(&Calls), Before + 1);
    EmuSetVerifier(0);
    return StopInDpc;
}

Test(timer, with_pool_tracking_a_DPC_that_charges_quota_stops_with_0xC4_0x10B_since_Windows_7, .timeout = 60)
{
    EXPECT_STOP(StopOfQuotaInDpc(EMU_VERIFIER_POOL_TRACKING), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x10B, 0, 0, 0);
    EXPECT_NO_STOP(StopOfQuotaInDpc(EMU_VERIFIER_MISCELLANEOUS));
    EXPECT_NO_STOP(StopOfQuotaInDpc(0));
    EmuSetWindows("vista");
    EXPECT_NO_STOP(StopOfQuotaInDpc(EMU_VERIFIER_POOL_TRACKING));
    EmuSetWindows("win7");
    EXPECT_STOP(StopOfQuotaInDpc(EMU_VERIFIER_POOL_TRACKING), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x10B, 0, 0, 0);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------------- */

Test(timer, freeing_a_block_that_holds_one_that_is_set_stops_with_0xC4_0x15)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    PKTIMER Inside = (PKTIMER)(PVOID)(Block + 32);

    KeInitializeTimer(Inside);
    KeSetTimer(Inside, FromNow(3600ll * 1000 * MILLISECOND), NULL);
    EXPECT_STOP(StopOfFree(Block, TAG), 0xC4, 0x15, Inside, NonPagedPoolNx, Block);
    cr_expect(IsLive(Block));
    KeCancelTimer(Inside);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

static void ExpireInFreedBlock(void)
{
    EmuSetVerifier(0);
    PKTIMER Inside = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KTIMER), TAG);

    KeInitializeTimer(Inside);
    KeSetTimer(Inside, FromNow(50 * MILLISECOND), NULL);
    ExFreePoolWithTag(Inside, TAG);
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, FromNow(20000ll * MILLISECOND), NULL);
    WaitFor(&Timer);
}

/* On the emulator's thread nobody catches it. */
Test(timer, one_whose_block_was_freed_stops_with_0xC7_when_it_is_due, .timeout = 60)
{
    CHAR Errors[4096];
    int Status = RunChild(ExpireInFreedBlock, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status));
    cr_expect_not_null(
        strstr(Errors, EMU_BY_WIDTH("STOP: 0x000000C7 (0x0000000000000000,", "STOP: 0x000000C7 (0x00000000,")), "%s",
        Errors);
    cr_expect_not_null(strstr(Errors, "the timer was not cancelled before"), "%s", Errors);
}

Test(timer, force_IRQL_checking_stops_one_in_paged_pool_with_0xC4_0xE1)
{
    PKTIMER Paged = ExAllocatePoolWithTag(PagedPool, sizeof(KTIMER), TAG);
    EMU_BUGCHECK Stop;

    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeInitializeTimer(Paged);
    }
    EXPECT_STOP(Stop, 0xC4, 0xE1, Paged, 0, 0);
}

static VOID UnloadDriver(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS SetTimerInEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = UnloadDriver;
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, FromNow(3600ll * 1000 * MILLISECOND), NULL);
    return STATUS_SUCCESS;
}

Test(timer, verified_one_that_an_unloaded_driver_left_set_stops_with_0xC7)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;

    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    cr_assert_eq(EmuLoadDriver(SetTimerInEntry, "demo", &Driver), STATUS_SUCCESS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }
    EXPECT_STOP(Stop, 0xC7, 0, &Timer, Stop.Parameter[2], Stop.Parameter[3]);
    cr_expect_leq(Stop.Parameter[2], (ULONG_PTR)&Timer);
    cr_expect_gt(Stop.Parameter[3], (ULONG_PTR)&Timer);
    cr_expect_not_null(strstr(Stop.Text, "demo"), "%s", Stop.Text);
}

Test(timer, EmuReset_cancels_it)
{
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, FromNow(3600ll * 1000 * MILLISECOND), NULL);
    EmuReset();
    cr_expect_eq(KeCancelTimer(&Timer), FALSE);
}

/* ---- Fork ----------------------------------------------------------------------------------------------------- */

#if !defined(_WIN32)

EMU_UNUSED static void WaitInChild(void)
{
    _exit(WaitFor(&Timer) == STATUS_SUCCESS ? 0 : 1);
}

Test(timer, one_that_is_set_expires_in_a_forked_child_as_well, .timeout = 60)
{
    CHAR Errors[1024];

    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, FromNow(100ll * MILLISECOND), NULL);
    UNREFERENCED_PARAMETER(Errors);
#if !defined(__SANITIZE_ADDRESS__) /* a fork does not take the locks of its allocator: the child may wait for ever */
    cr_expect_eq(RunChild(WaitInChild, Errors, sizeof(Errors)), 0, "%s", Errors);
#endif
    cr_expect_eq(WaitFor(&Timer), STATUS_SUCCESS);
}

#endif
