/* fast_mutex.c: fast mutexes keep threads from each other, raise the IRQL, and stop where a thread would hang. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

static FAST_MUTEX Mutex;

/* ---- One thread ----------------------------------------------------------------------------------------------- */

Test(fast_mutex, nobody_has_it_after_initialization)
{
    ExInitializeFastMutex(&Mutex);
    cr_expect_eq(Mutex.Count, 1);
    cr_expect_null(Mutex.Owner);
    cr_expect_eq(Mutex.Contention, 0u);
    cr_expect_eq(Mutex.Event.Header.Type, 1);
}

Test(fast_mutex, acquiring_raises_to_APC_LEVEL_and_releasing_puts_the_IRQL_back)
{
    KIRQL Irql;

    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
    cr_expect_eq(Mutex.Count, 0);
    cr_expect_not_null(Mutex.Owner);
    ExReleaseFastMutex(&Mutex);
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
    cr_expect_eq(Mutex.Count, 1);
    cr_expect_null(Mutex.Owner);
    KeRaiseIrql(APC_LEVEL, &Irql);
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
}

Test(fast_mutex, the_unsafe_routines_leave_the_IRQL_alone)
{
    ExInitializeFastMutex(&Mutex);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Mutex);
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
    cr_expect_eq(Mutex.Count, 0);
    ExReleaseFastMutexUnsafe(&Mutex);
    cr_expect_eq(Mutex.Count, 1);
    KeLeaveCriticalRegion();
}

/* ---- Two threads ---------------------------------------------------------------------------------------------- */

static void *TryIt(void *Result)
{
    *(BOOLEAN *)Result = ExTryToAcquireFastMutex(&Mutex);
    return NULL;
}

static BOOLEAN TryInThread(void)
{
    BOOLEAN Acquired = 2;
    pthread_t Thread;

    cr_assert_eq(pthread_create(&Thread, NULL, TryIt, &Acquired), 0);
    pthread_join(Thread, NULL);
    return Acquired;
}

Test(fast_mutex, trying_fails_while_another_thread_has_it_and_leaves_the_IRQL_alone)
{
    ExInitializeFastMutex(&Mutex);
    cr_expect_eq(TryInThread(), TRUE);
    cr_expect_eq(ExTryToAcquireFastMutex(&Mutex), FALSE);
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ExInitializeFastMutex(&Mutex);
    cr_expect_eq(ExTryToAcquireFastMutex(&Mutex), TRUE);
    cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
    cr_expect_eq(TryInThread(), FALSE);
}

enum {
    THREADS = 4,
    ROUNDS = 20000,
};

static ULONG Counter;

static void *Add(void *Argument)
{
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        ExAcquireFastMutex(&Mutex);
        ULONG volatile *Value = &Counter;
        *Value = *Value + 1;
        ExReleaseFastMutex(&Mutex);
    }
    return Argument;
}

Test(fast_mutex, of_many_threads_one_at_a_time_has_it, .timeout = 60)
{
    pthread_t Threads[THREADS];

    ExInitializeFastMutex(&Mutex);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, Add, NULL), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    cr_expect_eq(Counter, (ULONG)THREADS * ROUNDS);
    cr_expect_eq(Mutex.Count, 1);
    cr_expect_null(Mutex.Owner);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------------- */

typedef VOID ROUTINE(PFAST_MUTEX Mutex);

EMU_NOINLINE static EMU_BUGCHECK StopAt(ROUTINE *Routine, KIRQL Irql)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        if (Irql > KeGetCurrentIrql()) {
            KfRaiseIrql(Irql);
        } else {
            KeLowerIrql(Irql);
        }
        Routine(&Mutex);
    }
    return Stop;
}

static VOID Try(PFAST_MUTEX FastMutex)
{
    ExTryToAcquireFastMutex(FastMutex);
}

Test(fast_mutex, acquiring_it_again_stops_with_0xC4_0x1000)
{
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    EXPECT_STOP(StopAt(ExAcquireFastMutex, APC_LEVEL), 0xC4, 0x1000, &Mutex, 0, 0);
    cr_expect_eq(Mutex.Count, 0);
    EXPECT_NO_STOP(StopAt(ExReleaseFastMutex, APC_LEVEL));
}

Test(fast_mutex, releasing_what_nobody_has_stops_with_0xC4_0x1007)
{
    ExInitializeFastMutex(&Mutex);
    EXPECT_STOP(StopAt(ExReleaseFastMutex, APC_LEVEL), 0xC4, 0x1007, &Mutex, 0, 0);
    cr_expect_eq(Mutex.Count, 1);
}

Test(fast_mutex, releasing_what_another_thread_has_stops_with_0xC4_0x1004_and_both_threads)
{
    ExInitializeFastMutex(&Mutex);
    cr_assert_eq(TryInThread(), TRUE);
    ULONG_PTR Owner = (ULONG_PTR)Mutex.Owner;
    EXPECT_STOP(StopAt(ExReleaseFastMutex, APC_LEVEL), 0xC4, 0x1004, &Mutex, Owner, ThisThread());
    cr_expect_neq(Owner, ThisThread());
}

Test(fast_mutex, acquiring_it_above_APC_LEVEL_stops_with_0x09)
{
    EmuSetVerifier(0);
    ExInitializeFastMutex(&Mutex);
    EXPECT_STOP(StopAt(ExAcquireFastMutex, DISPATCH_LEVEL), 0x09, DISPATCH_LEVEL, APC_LEVEL, 0, 0);
    EXPECT_STOP(StopAt(Try, DISPATCH_LEVEL), 0x09, DISPATCH_LEVEL, APC_LEVEL, 0, 0);
}

Test(fast_mutex, verified_a_wrong_IRQL_stops_with_0xC4_0x33_and_0x34)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    ExInitializeFastMutex(&Mutex);
    EXPECT_STOP(StopAt(ExAcquireFastMutex, DISPATCH_LEVEL), 0xC4, 0x33, DISPATCH_LEVEL, &Mutex, 0);
    ExAcquireFastMutex(&Mutex);
    EXPECT_STOP(StopAt(ExReleaseFastMutex, PASSIVE_LEVEL), 0xC4, 0x34, PASSIVE_LEVEL, &Mutex, 0);
}

Test(fast_mutex, with_DDI_compliance_acquiring_it_above_APC_LEVEL_stops_with_0xC4_0x20005_since_Windows_8)
{
    EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE);
    ExInitializeFastMutex(&Mutex);
    EMU_BUGCHECK Stop = StopAt(Try, DISPATCH_LEVEL);
    EXPECT_STOP(Stop, 0xC4, 0x20005, Stop.Parameter[1], 0, 0);
    cr_expect_not_null(strstr((PCSTR)Stop.Parameter[1], "IrqlExApcLte1"));
    cr_assert_eq(EmuSetWindows("win7sp1"), STATUS_SUCCESS);
    EXPECT_STOP(StopAt(Try, DISPATCH_LEVEL), 0xC4, 0x33, DISPATCH_LEVEL, &Mutex, 0);
}

Test(fast_mutex, verified_the_unsafe_routines_want_APCs_disabled_or_stop_with_0xC4_0x39_and_0x3A)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    ExInitializeFastMutex(&Mutex);
    EXPECT_STOP(StopAt(ExAcquireFastMutexUnsafe, PASSIVE_LEVEL), 0xC4, 0x39, PASSIVE_LEVEL, 0, &Mutex);
    EXPECT_NO_STOP(StopAt(ExAcquireFastMutexUnsafe, APC_LEVEL));
    EXPECT_STOP(StopAt(ExReleaseFastMutexUnsafe, PASSIVE_LEVEL), 0xC4, 0x3A, PASSIVE_LEVEL, 0, &Mutex);
    EXPECT_NO_STOP(StopAt(ExReleaseFastMutexUnsafe, APC_LEVEL));
}

Test(fast_mutex, force_IRQL_checking_stops_one_in_paged_pool_with_0xC4_0xE1)
{
    PFAST_MUTEX Paged = ExAllocatePoolWithTag(PagedPool, sizeof(FAST_MUTEX), TAG);
    EMU_BUGCHECK Stop;

    ExInitializeFastMutex(&Mutex);
    memcpy(Paged, &Mutex, sizeof(Mutex));
    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAcquireFastMutex(Paged);
    }
    EXPECT_STOP(Stop, 0xC4, 0xE1, Paged, 0, 0);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInitializeFastMutex(Paged);
    }
    EXPECT_STOP(Stop, 0xC4, 0xE1, &Paged->Event, 0, 0);
}

/* ---- Critical regions ------------------------------------------------------------------------------------------ */

EMU_NOINLINE static EMU_BUGCHECK StopOfRegion(VOID(NTAPI *Routine)(VOID), KIRQL Irql)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KfRaiseIrql(Irql);
        Routine();
    }
    return Stop;
}

Test(fast_mutex, verified_a_critical_region_at_DISPATCH_LEVEL_stops_with_0xC4_0x11A_and_0x11B)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    EXPECT_STOP(StopOfRegion(KeEnterCriticalRegion, DISPATCH_LEVEL), 0xC4, 0x11A, DISPATCH_LEVEL, 0, 0);
    KeEnterCriticalRegion();
    EXPECT_STOP(StopOfRegion(KeLeaveCriticalRegion, DISPATCH_LEVEL), 0xC4, 0x11B, DISPATCH_LEVEL, 0, 0);
    EXPECT_NO_STOP(StopOfRegion(KeLeaveCriticalRegion, APC_LEVEL));
}

Test(fast_mutex, verified_leaving_a_critical_region_that_was_not_entered_stops_with_0xC4_0x3E)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    EXPECT_STOP(StopOfRegion(KeLeaveCriticalRegion, PASSIVE_LEVEL), 0xC4, 0x3E, 0, 0, 0);
}

Test(fast_mutex, a_caught_stop_ends_the_critical_regions_entered_inside)
{
    EMU_BUGCHECK Stop;

    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeEnterCriticalRegion();
        KeBugCheck(0xE2);
    }
    cr_expect_eq(Stop.Code, 0xE2u);
    EXPECT_STOP(StopOfRegion(KeLeaveCriticalRegion, PASSIVE_LEVEL), 0xC4, 0x3E, 0, 0, 0);
}
