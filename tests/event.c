/* event.c: events, and waiting for them: who is let go, who goes on waiting, and what time has to do with it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>

#include "support.h"

static KEVENT Event;

static NTSTATUS WaitFor(PVOID Object, LONGLONG Timeout)
{
    LARGE_INTEGER Time = {.QuadPart = Timeout};

    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Time);
}

/* ---- State ---------------------------------------------------------------------------------------------------- */

Test(event, its_state_is_what_it_was_initialized_with)
{
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    cr_expect_eq(KeReadStateEvent(&Event), 1);
    cr_expect_eq(Event.Header.Type, 0);
    cr_expect_eq(Event.Header.Size, EMU_BY_WIDTH(6, 4), "in units of 4 bytes");
    cr_expect(IsListEmpty(&Event.Header.WaitListHead));
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    cr_expect_eq(KeReadStateEvent(&Event), 0);
    cr_expect_eq(Event.Header.Type, 1);
}

Test(event, setting_and_resetting_return_the_state_before)
{
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    cr_expect_eq(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
    cr_expect_eq(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 1);
    cr_expect_eq(KeResetEvent(&Event), 1);
    cr_expect_eq(KeResetEvent(&Event), 0);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&Event);
    cr_expect_eq(KeReadStateEvent(&Event), 0);
}

/* ---- Waiting -------------------------------------------------------------------------------------------------- */

Test(event, a_wait_leaves_a_notification_event_set_and_resets_a_synchronization_event)
{
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    cr_expect_eq(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    cr_expect_eq(KeReadStateEvent(&Event), 1);
    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    cr_expect_eq(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    cr_expect_eq(KeReadStateEvent(&Event), 0);
}

Test(event, a_wait_with_a_timeout_of_0_tells_the_state_also_at_DISPATCH_LEVEL)
{
    KIRQL Irql;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    cr_expect_eq(WaitFor(&Event, 0), STATUS_TIMEOUT);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    cr_expect_eq(WaitFor(&Event, 0), STATUS_SUCCESS);
    KeLowerIrql(Irql);
}

Test(event, a_wait_ends_when_the_time_is_over)
{
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    cr_expect_eq(WaitFor(&Event, -10000), STATUS_TIMEOUT, "a millisecond from now");
    cr_expect_eq(WaitFor(&Event, 1), STATUS_TIMEOUT, "the year 1601");
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    cr_expect_eq(WaitFor(&Event, MINLONG), STATUS_SUCCESS);
}

enum {
    WAITERS = 5,
};

static atomic_uint Ready, Gone;

static void *Wait(void *Argument)
{
    atomic_fetch_add(&Ready, 1);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    atomic_fetch_add(&Gone, 1);
    return Argument;
}

static void StartWaiters(pthread_t *Threads, ULONG Count)
{
    KEVENT Never;

    for (ULONG Index = 0; Index < Count; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, Wait, NULL), 0);
    }
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    while (atomic_load(&Ready) < Count) {
        WaitFor(&Never, -10000);
    }
    WaitFor(&Never, -200000); /* by then they wait most likely; the tests hold either way */
}

static void EndWaiters(const pthread_t *Threads, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        pthread_join(Threads[Index], NULL);
    }
}

Test(event, a_notification_event_lets_all_waiters_go, .timeout = 60)
{
    pthread_t Threads[WAITERS];

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    StartWaiters(Threads, WAITERS);
    cr_expect_eq(atomic_load(&Gone), 0u);
    cr_expect_eq(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
    EndWaiters(Threads, WAITERS);
    cr_expect_eq(KeReadStateEvent(&Event), 1);
}

/* As many signals as waiters, one right after the other: none is lost. */
Test(event, a_synchronization_event_lets_one_waiter_go_for_each_time_that_it_is_set, .timeout = 60)
{
    pthread_t Threads[WAITERS];

    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    StartWaiters(Threads, WAITERS);
    for (ULONG Index = 0; Index < WAITERS; Index++) {
        while (KeSetEvent(&Event, IO_NO_INCREMENT, FALSE) != 0) {
        }
    }
    EndWaiters(Threads, WAITERS);
    cr_expect_eq(atomic_load(&Gone), (unsigned)WAITERS);
}

Test(event, setting_it_with_a_waiter_leaves_a_synchronization_event_reset, .timeout = 60)
{
    pthread_t Thread;

    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    StartWaiters(&Thread, 1);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    EndWaiters(&Thread, 1);
    cr_expect_eq(KeReadStateEvent(&Event), 0);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------------- */

EMU_NOINLINE static EMU_BUGCHECK StopOfWait(PVOID Object, PLARGE_INTEGER Timeout, KIRQL Irql)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KfRaiseIrql(Irql);
        KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, Timeout);
    }
    return Stop;
}

Test(event, waiting_at_DISPATCH_LEVEL_stops_with_0xB8)
{
    LARGE_INTEGER Timeout = {.QuadPart = -1};

    EmuSetVerifier(0);
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    cr_expect_eq(StopOfWait(&Event, NULL, DISPATCH_LEVEL).Code, 0xB8u);
    cr_expect_eq(StopOfWait(&Event, &Timeout, DISPATCH_LEVEL).Code, 0xB8u);
}

Test(event, waiting_for_what_is_no_object_stops_with_0xC4_0xE1)
{
    ULONG64 Nothing[8] = {~0ull};

    EXPECT_STOP(StopOfWait(Nothing, NULL, PASSIVE_LEVEL), 0xC4, 0xE1, Nothing, 0, 0);
}

Test(event, verified_waiting_at_a_raised_IRQL_stops_with_0xC4_0x120_to_0x122_since_Windows_7)
{
    LARGE_INTEGER Timeout = {.QuadPart = -1};

    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    EMU_BUGCHECK Above = StopOfWait(&Event, NULL, DISPATCH_LEVEL + 1);
    EXPECT_STOP(Above, 0xC4, 0x120, Above.Parameter[1], &Event, 0);
    cr_expect_eq(*(const KIRQL *)Above.Parameter[1], DISPATCH_LEVEL + 1);
    EMU_BUGCHECK Forever = StopOfWait(&Event, NULL, DISPATCH_LEVEL);
    EXPECT_STOP(Forever, 0xC4, 0x121, Forever.Parameter[1], &Event, 0);
    EMU_BUGCHECK AWhile = StopOfWait(&Event, &Timeout, DISPATCH_LEVEL);
    EXPECT_STOP(AWhile, 0xC4, 0x122, AWhile.Parameter[1], &Event, &Timeout);
    cr_assert_eq(EmuSetWindows("vistasp2"), STATUS_SUCCESS);
    cr_expect_eq(StopOfWait(&Event, NULL, DISPATCH_LEVEL).Code, 0xB8u);
}

EMU_NOINLINE static EMU_BUGCHECK StopOfSet(KIRQL Irql)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KfRaiseIrql(Irql);
        KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    }
    return Stop;
}

Test(event, verified_setting_it_above_DISPATCH_LEVEL_stops_with_0xC4_0x80)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    EXPECT_NO_STOP(StopOfSet(DISPATCH_LEVEL));
    EXPECT_STOP(StopOfSet(5), 0xC4, 0x80, 5, &Event, 0);
}

Test(event, force_IRQL_checking_stops_an_event_in_paged_pool_with_0xC4_0xE1)
{
    PKEVENT Paged = ExAllocatePoolWithTag(PagedPool, sizeof(KEVENT), TAG);
    EMU_BUGCHECK Stop;

    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeInitializeEvent(Paged, NotificationEvent, FALSE);
    }
    EXPECT_STOP(Stop, 0xC4, 0xE1, Paged, 0, 0);
    cr_expect_not_null(strstr(Stop.Text, "the event"), "%s", Stop.Text);
}

/* A stop in one of the routines leaves them usable: the lock is not held. */
Test(event, an_event_in_freed_special_pool_stops_with_0xD5_and_others_work_on)
{
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    PKEVENT Freed = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KEVENT), TAG);
    EMU_BUGCHECK Stop;

    KeInitializeEvent(Freed, NotificationEvent, FALSE);
    ExFreePoolWithTag(Freed, TAG);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeSetEvent(Freed, IO_NO_INCREMENT, FALSE);
    }
    cr_expect_eq(Stop.Code, 0xD5u);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    cr_expect_eq(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
}
