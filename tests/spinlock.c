/* spinlock.c: spin locks exclude each other's owners, change the IRQL, and stop where a kernel would hang. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "support.h"

static KSPIN_LOCK Lock;

Test(spinlock, acquiring_raises_to_dispatch_level_and_releasing_restores)
{
    KIRQL Old = 0xFF;

    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Old);
    cr_assert_eq(Old, PASSIVE_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);

    KeReleaseSpinLock(&Lock, Old);
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
    cr_assert_eq(Lock, 0);
}

Test(spinlock, the_old_irql_may_be_apc_level)
{
    KIRQL Passive;
    KIRQL Old = 0xFF;

    KeInitializeSpinLock(&Lock);
    KeRaiseIrql(APC_LEVEL, &Passive);
    KeAcquireSpinLock(&Lock, &Old);
    cr_assert_eq(Old, APC_LEVEL);
    KeReleaseSpinLock(&Lock, Old);
    cr_assert_eq(KeGetCurrentIrql(), APC_LEVEL);
}

Test(spinlock, at_dpc_level_the_irql_stays)
{
    KIRQL Old = KeRaiseIrqlToDpcLevel();

    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
    cr_assert_not(KeTestSpinLock(&Lock));
    KeReleaseSpinLockFromDpcLevel(&Lock);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
    cr_assert(KeTestSpinLock(&Lock));
    KeLowerIrql(Old);
}

Test(spinlock, test_tells_whether_the_lock_is_free)
{
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    cr_assert_eq(KeTestSpinLock(&Lock), TRUE);
    KeAcquireSpinLock(&Lock, &Old);
    cr_assert_eq(KeTestSpinLock(&Lock), FALSE);
    KeReleaseSpinLock(&Lock, Old);
    cr_assert_eq(KeTestSpinLock(&Lock), TRUE);
}

Test(spinlock, try_takes_a_free_lock_and_leaves_a_taken_one)
{
    KeRaiseIrqlToDpcLevel();

    KeInitializeSpinLock(&Lock);
    cr_assert_eq(KeTryToAcquireSpinLockAtDpcLevel(&Lock), TRUE);
    cr_assert_eq(KeTryToAcquireSpinLockAtDpcLevel(&Lock), FALSE);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    cr_assert_eq(KeTryToAcquireSpinLockAtDpcLevel(&Lock), TRUE);
}

Test(spinlock, acquiring_twice_is_spin_lock_already_owned)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeAcquireSpinLock(&Lock, &Old);
        KeAcquireSpinLock(&Lock, &Old);
    }

    cr_assert_eq(Stop.Code, 0x0F);
    cr_assert_str_eq(Stop.Name, "SPIN_LOCK_ALREADY_OWNED");
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)&Lock);
    cr_assert_eq(Stop.Parameter[1], 0);
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* It was never initialized, or its memory is in use for something else. */
Test(spinlock, a_lock_that_nobody_releases_is_a_stop_after_a_while_at_either_irql, .timeout = 60)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    cr_assert_eq(setenv("POOLEMU_SPIN_SECONDS", "1", 1), 0);
    for (ULONG Round = 0; Round < 2; Round++) {
        memset(&Lock, 0xCD, sizeof(Lock));
        EMU_CATCH_BUGCHECK(&Stop)
        {
            if (Round == 0) {
                KeAcquireSpinLock(&Lock, &Old);
            } else {
                KeRaiseIrqlToDpcLevel();
                KeAcquireSpinLockAtDpcLevel(&Lock);
            }
        }
        EXPECT_STOP(Stop, DPC_WATCHDOG_VIOLATION, 1, 64, 0, 0);
        cr_expect_not_null(strstr(Stop.Text, "cdcdcdcd") != NULL ? Stop.Text : strstr(Stop.Text, "CDCDCDCD"), "%s",
                           Stop.Text);
        cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

/* The time counts anew with each owner. */
static atomic_int Done;

static void *HoldForAWhile(void *Unused)
{
    KIRQL Old;

    UNREFERENCED_PARAMETER(Unused);
    while (!atomic_load(&Done)) {
        KeAcquireSpinLock(&Lock, &Old);
        usleep(300 * 1000);
        KeReleaseSpinLock(&Lock, Old);
        usleep(20 * 1000); /* else this thread has it again before another looks */
    }
    return NULL;
}

Test(spinlock, threads_that_pass_a_lock_on_do_not_stop_the_one_that_waits, .timeout = 60)
{
    pthread_t Threads[2];
    KIRQL Old;

    cr_assert_eq(setenv("POOLEMU_SPIN_SECONDS", "1", 1), 0);
    KeInitializeSpinLock(&Lock);
    for (ULONG Index = 0; Index < 2; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, HoldForAWhile, NULL), 0);
    }
    for (ULONG Times = 0; Times < 3; Times++) {
        KeAcquireSpinLock(&Lock, &Old);
        KeReleaseSpinLock(&Lock, Old);
    }
    atomic_store(&Done, 1);
    for (ULONG Index = 0; Index < 2; Index++) {
        pthread_join(Threads[Index], NULL);
    }
}

Test(spinlock, acquiring_twice_at_dpc_level_is_spin_lock_already_owned)
{
    EMU_BUGCHECK Stop;

    KeInitializeSpinLock(&Lock);
    KeRaiseIrqlToDpcLevel();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeAcquireSpinLockAtDpcLevel(&Lock);
        KeAcquireSpinLockAtDpcLevel(&Lock);
    }

    cr_assert_eq(Stop.Code, 0x0F);
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)&Lock);
}

Test(spinlock, releasing_a_free_lock_is_spin_lock_not_owned)
{
    EMU_BUGCHECK Stop;

    KeInitializeSpinLock(&Lock);
    KeRaiseIrqlToDpcLevel();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);
    }

    cr_assert_eq(Stop.Code, 0x10);
    cr_assert_str_eq(Stop.Name, "SPIN_LOCK_NOT_OWNED");
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)&Lock);
    cr_assert_eq(Stop.Parameter[1], 0);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

static void *TakeLock(void *Context)
{
    KeAcquireSpinLockRaiseToDpc(Context);
    return NULL;
}

Test(spinlock, releasing_the_lock_of_another_thread_is_spin_lock_not_owned)
{
    EMU_BUGCHECK Stop;
    pthread_t Thread;

    KeInitializeSpinLock(&Lock);
    cr_assert_eq(pthread_create(&Thread, NULL, TakeLock, &Lock), 0);
    pthread_join(Thread, NULL);

    KeRaiseIrqlToDpcLevel();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeReleaseSpinLockFromDpcLevel(&Lock);
    }

    cr_assert_eq(Stop.Code, 0x10);
    cr_assert_not(KeTestSpinLock(&Lock));
}

Test(spinlock, the_at_dpc_level_routines_below_it_are_irql_not_greater_or_equal)
{
    EMU_BUGCHECK Stop;

    KeInitializeSpinLock(&Lock);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeAcquireSpinLockAtDpcLevel(&Lock);
    }
    cr_assert_eq(Stop.Code, 0x09);
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)&Lock);
    cr_assert_eq(Stop.Parameter[1], PASSIVE_LEVEL);

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeTryToAcquireSpinLockAtDpcLevel(&Lock);
    }
    cr_assert_eq(Stop.Code, 0x09);
    cr_assert(KeTestSpinLock(&Lock));

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeReleaseSpinLockFromDpcLevel(&Lock);
    }
    cr_assert_eq(Stop.Code, 0x09);
}

Test(spinlock, acquiring_above_dispatch_level_is_irql_not_greater_or_equal)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &Old);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeAcquireSpinLock(&Lock, &Old);
    }

    cr_assert_eq(Stop.Code, 0x09);
    cr_assert_eq(Stop.Parameter[0], DISPATCH_LEVEL + 1);
    cr_assert_eq(Stop.Parameter[1], DISPATCH_LEVEL);
    cr_assert(KeTestSpinLock(&Lock));
}

enum {
    THREADS = 4,
    ROUNDS = 20000,
};

static ULONG Counter;

static void *CountUnderLock(void *Context)
{
    (void)Context;

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        KIRQL Old;

        KeAcquireSpinLock(&Lock, &Old);
        Counter++;
        KeReleaseSpinLock(&Lock, Old);
    }

    return NULL;
}

Test(spinlock, one_thread_at_a_time_has_the_lock)
{
    pthread_t Thread[THREADS];

    KeInitializeSpinLock(&Lock);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Thread[Index], NULL, CountUnderLock, NULL), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Thread[Index], NULL);
    }

    cr_assert_eq(Counter, THREADS * ROUNDS);
    cr_assert_eq(Lock, 0);
}
