/* resource.c: resources: one thread has one exclusively, or several share it; and what stops a wrong use. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>

#include "support.h"

static ERESOURCE Resource;

static void StartInRegion(void)
{
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
}

TestSuite(resource, .init = StartInRegion);

/* ---- One thread ----------------------------------------------------------------------------------------------- */

Test(resource, a_thread_that_has_it_exclusively_may_have_it_more_often)
{
    cr_expect_eq(ExAcquireResourceExclusiveLite(&Resource, TRUE), TRUE);
    cr_expect_eq(ExAcquireResourceExclusiveLite(&Resource, FALSE), TRUE);
    cr_expect_eq(ExAcquireResourceSharedLite(&Resource, FALSE), TRUE);
    cr_expect_eq(ExIsResourceAcquiredExclusiveLite(&Resource), TRUE);
    cr_expect_eq(ExIsResourceAcquiredSharedLite(&Resource), 3u);
    cr_expect_eq(Resource.Flag & 0x80, 0x80);
    cr_expect_eq(Resource.ActiveEntries, 1u);
    for (ULONG Left = 3; Left > 0; Left--) {
        cr_expect_eq(ExIsResourceAcquiredExclusiveLite(&Resource), TRUE);
        ExReleaseResourceLite(&Resource);
    }
    cr_expect_eq(ExIsResourceAcquiredExclusiveLite(&Resource), FALSE);
    cr_expect_eq(ExIsResourceAcquiredSharedLite(&Resource), 0u);
    cr_expect_eq(Resource.ActiveEntries, 0u);
    cr_expect_eq(ExDeleteResourceLite(&Resource), STATUS_SUCCESS);
}

Test(resource, a_thread_that_shares_it_may_share_it_more_often)
{
    cr_expect_eq(ExAcquireResourceSharedLite(&Resource, TRUE), TRUE);
    cr_expect_eq(ExAcquireResourceSharedLite(&Resource, TRUE), TRUE);
    cr_expect_eq(ExIsResourceAcquiredSharedLite(&Resource), 2u);
    cr_expect_eq(ExIsResourceAcquiredExclusiveLite(&Resource), FALSE);
    cr_expect_eq(ExAcquireResourceExclusiveLite(&Resource, FALSE), FALSE);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    cr_expect_eq(ExAcquireResourceExclusiveLite(&Resource, FALSE), TRUE);
}

/* ---- Several threads ------------------------------------------------------------------------------------------ */

typedef BOOLEAN NTAPI ACQUIRE(PERESOURCE Resource, BOOLEAN Wait);

typedef struct TRY {
    ACQUIRE *Acquire;
    BOOLEAN Acquired;
} TRY;

static void *TryIt(void *Argument)
{
    TRY *Try = Argument;

    KeEnterCriticalRegion();
    Try->Acquired = Try->Acquire(&Resource, FALSE);
    if (Try->Acquired) {
        ExReleaseResourceLite(&Resource);
    }
    KeLeaveCriticalRegion();
    return NULL;
}

static BOOLEAN TryInThread(ACQUIRE *Acquire)
{
    TRY Try = {Acquire, 2};
    pthread_t Thread;

    cr_assert_eq(pthread_create(&Thread, NULL, TryIt, &Try), 0);
    pthread_join(Thread, NULL);
    return Try.Acquired;
}

Test(resource, others_share_it_with_a_sharer_only)
{
    cr_expect_eq(TryInThread(ExAcquireResourceExclusiveLite), TRUE);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    cr_expect_eq(TryInThread(ExAcquireResourceSharedLite), TRUE);
    cr_expect_eq(TryInThread(ExAcquireResourceExclusiveLite), FALSE);
    ExReleaseResourceLite(&Resource);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    cr_expect_eq(TryInThread(ExAcquireResourceSharedLite), FALSE);
    cr_expect_eq(TryInThread(ExAcquireResourceExclusiveLite), FALSE);
    ExReleaseResourceLite(&Resource);
    cr_expect_eq(TryInThread(ExAcquireResourceExclusiveLite), TRUE);
}

enum {
    THREADS = 6, /* half of them read, half of them write */
    ROUNDS = 4000,
};

static ULONG64 volatile Pair[2];
static atomic_uint Torn;

static void *Use(void *Argument)
{
    BOOLEAN Writes = (ULONG_PTR)Argument % 2 != 0;

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        KeEnterCriticalRegion();
        (Writes ? ExAcquireResourceExclusiveLite : ExAcquireResourceSharedLite)(&Resource, TRUE);
        if (Pair[0] != Pair[1]) {
            atomic_fetch_add(&Torn, 1);
        }
        if (Writes) {
            Pair[0] = Pair[0] + 1;
            Pair[1] = Pair[1] + 1;
        }
        ExReleaseResourceLite(&Resource);
        KeLeaveCriticalRegion();
    }
    return NULL;
}

Test(resource, writers_have_it_alone_among_readers, .timeout = 60)
{
    pthread_t Threads[THREADS];

    for (ULONG_PTR Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, Use, (void *)Index), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    cr_expect_eq(atomic_load(&Torn), 0u);
    cr_expect_eq(Pair[0], (ULONG64)THREADS / 2 * ROUNDS);
    cr_expect_eq(Resource.ActiveEntries, 0u);
    cr_expect_eq(Resource.NumberOfSharedWaiters + Resource.NumberOfExclusiveWaiters, 0u);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------------- */

EMU_NOINLINE static EMU_BUGCHECK StopOf(NTSTATUS(NTAPI *Routine)(PERESOURCE Resource), PERESOURCE Object)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Routine(Object);
    }
    return Stop;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfAcquire(ACQUIRE *Acquire, PERESOURCE Object)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Acquire(Object, TRUE);
    }
    return Stop;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfRelease(void)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExReleaseResourceLite(&Resource);
    }
    return Stop;
}

Test(resource, initializing_it_twice_stops_with_0xC4_0xD0)
{
    EXPECT_STOP(StopOf(ExInitializeResourceLite, &Resource), 0xC4, 0xD0, &Resource, 0, 0);
    ExDeleteResourceLite(&Resource);
    EXPECT_NO_STOP(StopOf(ExInitializeResourceLite, &Resource));
}

Test(resource, deleting_it_twice_stops_with_0xC4_0xD1)
{
    EXPECT_NO_STOP(StopOf(ExDeleteResourceLite, &Resource));
    EXPECT_STOP(StopOf(ExDeleteResourceLite, &Resource), 0xC4, 0xD1, &Resource, 0, 0);
}

Test(resource, acquiring_it_before_initialization_stops_with_0xC4_0x1002)
{
    ERESOURCE Other = {0};

    EXPECT_STOP(StopOfAcquire(ExAcquireResourceExclusiveLite, &Other), 0xC4, 0x1002, &Other, 0, 0);
    EXPECT_STOP(StopOfAcquire(ExAcquireResourceSharedLite, &Other), 0xC4, 0x1002, &Other, 0, 0);
}

Test(resource, a_sharer_that_wants_it_exclusively_stops_with_0xC4_0x1000)
{
    ExAcquireResourceSharedLite(&Resource, TRUE);
    EXPECT_STOP(StopOfAcquire(ExAcquireResourceExclusiveLite, &Resource), 0xC4, 0x1000, &Resource, 0, 0);
    EXPECT_NO_STOP(StopOfRelease());
}

Test(resource, releasing_it_without_having_it_stops_with_0xE3)
{
    EXPECT_STOP(StopOfRelease(), 0xE3, &Resource, ThisThread(), 0, 0);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    EXPECT_NO_STOP(StopOfRelease());
    EXPECT_STOP(StopOfRelease(), 0xE3, &Resource, ThisThread(), Resource.OwnerTable, 0);
}

Test(resource, verified_using_it_outside_of_a_critical_region_stops_with_0xC4_0x37_and_0x38)
{
    KIRQL Irql;

    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    KeLeaveCriticalRegion();
    EXPECT_STOP(StopOfAcquire(ExAcquireResourceSharedLite, &Resource), 0xC4, 0x37, PASSIVE_LEVEL, 0, &Resource);
    KeRaiseIrql(APC_LEVEL, &Irql);
    EXPECT_NO_STOP(StopOfAcquire(ExAcquireResourceSharedLite, &Resource));
    KeLowerIrql(Irql);
    EXPECT_STOP(StopOfRelease(), 0xC4, 0x38, PASSIVE_LEVEL, 0, &Resource);
}

Test(resource, verified_one_that_is_not_aligned_stops_with_0xC4_0x3D)
{
    static UCHAR Memory[sizeof(ERESOURCE) + 8];
    PERESOURCE Unaligned = (PERESOURCE)(((ULONG_PTR)Memory & ~(ULONG_PTR)7) + sizeof(PVOID) / 2);

    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    EXPECT_STOP(StopOfAcquire(ExAcquireResourceExclusiveLite, Unaligned), 0xC4, 0x3D, 0, 0, Unaligned);
}

Test(resource, freeing_a_block_that_holds_one_stops_with_0xC4_0xD2)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 400, TAG);
    PERESOURCE Inside = (PERESOURCE)(PVOID)(Block + 64);

    ExInitializeResourceLite(Inside);
    EXPECT_STOP(StopOfFree(Block, TAG), 0xC4, 0xD2, Inside, Block, 400);
    cr_expect(IsLive(Block));
    ExDeleteResourceLite(Inside);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(resource, without_miscellaneous_checks_freeing_such_a_block_is_no_stop)
{
    EmuSetVerifier(0);
    PERESOURCE Inside = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ERESOURCE), TAG);

    ExInitializeResourceLite(Inside);
    EXPECT_NO_STOP(StopOfFree(Inside, TAG));
}

Test(resource, force_IRQL_checking_stops_one_in_paged_pool_with_0xC4_0xE1)
{
    PERESOURCE Paged = ExAllocatePoolWithTag(PagedPool, sizeof(ERESOURCE), TAG);

    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL);
    EXPECT_STOP(StopOf(ExInitializeResourceLite, Paged), 0xC4, 0xE1, Paged, 0, 0);
}

Test(resource, EmuReset_forgets_it)
{
    EmuReset();
    EXPECT_NO_STOP(StopOf(ExInitializeResourceLite, &Resource));
}
