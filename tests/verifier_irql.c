/* Force IRQL checking: paged pool is not there above APC_LEVEL, comes back below it, and holds no objects. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "touch.h"

enum {
    CODE_IRQL = DRIVER_IRQL_NOT_LESS_OR_EQUAL,
    CODE_VERIFIER = DRIVER_VERIFIER_DETECTED_VIOLATION,
};

static void SwitchOn(void)
{
    EmuReset();
    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL), STATUS_SUCCESS);
}

static void SwitchOff(void)
{
    EmuReset();
}

TestSuite(verifier_irql, .init = SwitchOn, .fini = SwitchOff);

static PUCHAR AllocatePaged(SIZE_T Bytes)
{
    PUCHAR Block = ExAllocatePoolWithTag(PagedPool, Bytes, TAG);

    cr_assert_not_null(Block);
    memset(Block, 7, Bytes);
    return Block;
}

static KIRQL Raise(KIRQL Irql)
{
    KIRQL Old;

    KeRaiseIrql(Irql, &Old);
    return Old;
}

static EMU_VERIFIER_COUNTERS Counters(void)
{
    EMU_VERIFIER_COUNTERS Now;

    EmuQueryVerifier(&Now);
    return Now;
}

/* ---- Touching ------------------------------------------------------------------------------------------------- */

Test(verifier_irql, a_touch_of_paged_pool_at_DISPATCH_LEVEL_stops_with_0xD1)
{
    static const SIZE_T Bytes[] = {64, 4000, PAGE_SIZE, 20 * PAGE_SIZE};

    for (ULONG Index = 0; Index < COUNT(Bytes); Index++) {
        PUCHAR Block = AllocatePaged(Bytes[Index]);
        PUCHAR Last = Block + Bytes[Index] - 1;

        KIRQL Old = Raise(DISPATCH_LEVEL);
        EXPECT_STOP(StopOfRead(Block), CODE_IRQL, Block, DISPATCH_LEVEL, 0, TouchInstruction(TOUCH_READER));
        EXPECT_STOP(StopOfWrite(Last, 1), CODE_IRQL, Last, DISPATCH_LEVEL, 1, TouchInstruction(TOUCH_WRITER));
        KeLowerIrql(Old);
        cr_expect(IsFilledWith(Block, 7, Bytes[Index]));
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(verifier_irql, the_stop_tells_the_irql)
{
    PUCHAR Block = AllocatePaged(64);

    Raise(HIGH_LEVEL);
    EXPECT_STOP(StopOfRead(Block), CODE_IRQL, Block, HIGH_LEVEL, 0, TouchInstruction(TOUCH_READER));
}

static const ULONG AnswerOfPaged = PAGED_EXECUTES ? CODE_ANSWER : 0;

Test(verifier_irql, execution_of_paged_pool_at_DISPATCH_LEVEL_stops_with_0xD1_and_below_with_0xFC)
{
    PUCHAR Block = AllocatePaged(64);
    EMU_BUGCHECK Stop;

    WriteCode(Block);
    KIRQL Old = Raise(DISPATCH_LEVEL);
    cr_expect_eq(RunCode(Block, &Stop), 0);
    EXPECT_STOP(Stop, CODE_IRQL, Block, DISPATCH_LEVEL, 8, Block);
    KeLowerIrql(Old);
    cr_expect_eq(RunCode(Block, &Stop), AnswerOfPaged);
    cr_expect_eq(Stop.Code, PAGED_EXECUTES ? 0 : (ULONG)ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
}

Test(verifier_irql, trimmed_paged_pool_comes_back_as_executable_as_it_was)
{
    static const SIZE_T Bytes[] = {64, PAGE_SIZE, 3 * PAGE_SIZE};

    for (ULONG Index = 0; Index < 2 * COUNT(Bytes); Index++) {
        EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL | (Index % 2 == 0 ? 0 : EMU_VERIFIER_SPECIAL_POOL));
        PUCHAR Block = AllocatePaged(Bytes[Index / 2]);
        PUCHAR Last = Block + Bytes[Index / 2] - sizeof(ULONG[2]);
        EMU_BUGCHECK Stop;

        WriteCode(Block);
        WriteCode(Last);
        KIRQL Old = Raise(DISPATCH_LEVEL);
        cr_expect_eq(RunCode(Last, &Stop), 0);
        EXPECT_STOP(Stop, CODE_IRQL, Last, DISPATCH_LEVEL, 8, Last);
        KeLowerIrql(Old);
        cr_expect_not(RightsOf(Last).Read);
        ULONG64 PageIns = Counters().PageIns;
        cr_expect_eq(RunCode(Last, &Stop), AnswerOfPaged, "its execution brings it back");
        cr_expect_eq(Counters().PageIns, PageIns + PAGED_EXECUTES);
        cr_expect_eq(RightsOf(Last).Execute, PAGED_EXECUTES);
        KeLowerIrql(Raise(DISPATCH_LEVEL));
        EXPECT_NO_STOP(StopOfRead(Block));
        cr_expect_eq(RunCode(Block, &Stop), AnswerOfPaged, "a read does");
        cr_expect_str_eq(TryCode(Block), PAGED_EXECUTES ? "runs" : "stops");
        KeLowerIrql(Raise(DISPATCH_LEVEL));
        EmuSetVerifier(0);
        cr_expect_eq(RunCode(Last, &Stop), AnswerOfPaged, "the end of the checking does");
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(verifier_irql, nonpaged_pool_stays)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    Raise(DISPATCH_LEVEL);
    EXPECT_NO_STOP(StopOfWrite(Block, 1));
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_irql, at_APC_LEVEL_paged_pool_stays)
{
    PUCHAR Block = AllocatePaged(64);

    Raise(APC_LEVEL);
    EXPECT_NO_STOP(StopOfWrite(Block, 1));
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_irql, without_the_option_paged_pool_stays)
{
    PUCHAR Block = AllocatePaged(64);

    EmuSetVerifier(EMU_VERIFIER_STANDARD & ~(ULONG)(EMU_VERIFIER_FORCE_IRQL | EMU_VERIFIER_SPECIAL_POOL));
    Raise(DISPATCH_LEVEL);
    EXPECT_NO_STOP(StopOfWrite(Block, 1));
    cr_expect_eq(Counters().Trims, 0);
}

Test(verifier_irql, a_spin_lock_trims_too)
{
    PUCHAR Block = AllocatePaged(64);
    KSPIN_LOCK Lock;
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Old);
    EXPECT_STOP(StopOfRead(Block), CODE_IRQL, Block, DISPATCH_LEVEL, 0, TouchInstruction(TOUCH_READER));
    KeReleaseSpinLock(&Lock, Old);
    EXPECT_NO_STOP(StopOfRead(Block));
}

Test(verifier_irql, a_page_touched_below_DISPATCH_LEVEL_comes_back_alone)
{
    PUCHAR Block = AllocatePaged(3 * PAGE_SIZE);

    KIRQL Old = Raise(DISPATCH_LEVEL);
    KeLowerIrql(Old);
    cr_expect_not(RightsOf(Block).Read);
    EXPECT_NO_STOP(StopOfRead(Block + PAGE_SIZE));
    cr_expect(RightsOf(Block + PAGE_SIZE).Write);
    cr_expect_not(RightsOf(Block).Read);
    cr_expect_not(RightsOf(Block + 2 * PAGE_SIZE).Read);
}

Test(verifier_irql, switched_off_all_of_it_comes_back)
{
    PUCHAR Block = AllocatePaged(3 * PAGE_SIZE);

    Raise(DISPATCH_LEVEL);
    EmuSetVerifier(0);
    EXPECT_NO_STOP(StopOfRead(Block));
    cr_expect(RightsOf(Block + 2 * PAGE_SIZE).Write);
}

Test(verifier_irql, paged_blocks_of_special_pool_are_trimmed_and_come_back)
{
    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL | EMU_VERIFIER_SPECIAL_POOL);
    PUCHAR Block = AllocatePaged(64);
    PUCHAR Other = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    cr_assert_eq(BYTE_OFFSET(Block), PAGE_SIZE - 64);
    KIRQL Old = Raise(DISPATCH_LEVEL);
    EXPECT_STOP(StopOfWrite(Block, 1), CODE_IRQL, Block, DISPATCH_LEVEL, 1, TouchInstruction(TOUCH_WRITER));
    EXPECT_NO_STOP(StopOfWrite(Other, 1));
    KeLowerIrql(Old);
    cr_expect(IsFilledWith(Block, 7, 64));
    Block[-1] = 0;
    Old = Raise(DISPATCH_LEVEL);
    KeLowerIrql(Old);
    EXPECT_STOP(StopOfFree(Block, TAG), SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, Block, Block - 1, 0, 0x23);
    EXPECT_STOP(StopOfRead(Block + 64), DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, Block + 64, 0,
                TouchInstruction(TOUCH_READER), 0);
    EmuSetVerifier(0);
    cr_expect(RightsOf(Block).Write);
}

/* ---- The emulator itself --------------------------------------------------------------------------------------- */

Test(verifier_irql, a_wrong_free_at_DISPATCH_LEVEL_is_reported_for_what_it_is)
{
    PUCHAR Block = AllocatePaged(64);

    ExFreePoolWithTag(Block, TAG);
    Raise(DISPATCH_LEVEL);
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
    cr_expect_eq(Stop.Code, (ULONG)CODE_VERIFIER);
    cr_expect_eq(Stop.Parameter[0], 0x13);
    cr_expect_eq(Stop.Parameter[2], (ULONG_PTR)Block - HEADER_BYTES);
}

Test(verifier_irql, a_thread_gives_its_blocks_back_whatever_was_trimmed)
{
    PVOID Blocks[2000];

    for (ULONG Round = 0; Round < 3; Round++) {
        for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
            Blocks[Index] = ExAllocatePoolWithTag(Index % 2 == 0 ? PagedPool : NonPagedPoolNx, 1 + Index * 7, TAG);
        }
        KIRQL Old = Raise(DISPATCH_LEVEL);
        for (ULONG Index = 1; Index < COUNT(Blocks); Index += 2) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
        for (ULONG Index = 1; Index < COUNT(Blocks); Index += 2) {
            Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 20000 + Index, TAG);
        }
        KeLowerIrql(Old);
        for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

/* ---- Locked pages ---------------------------------------------------------------------------------------------- */

Test(verifier_irql, pages_that_an_mdl_locks_stay)
{
    PUCHAR Block = AllocatePaged(2 * PAGE_SIZE);
    PMDL Mdl = IoAllocateMdl(Block, 64, FALSE, FALSE, NULL);
    EMU_BUGCHECK Stop;

    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    KIRQL Old = Raise(DISPATCH_LEVEL);
    EXPECT_NO_STOP(StopOfWrite(Block, 1));
    EXPECT_STOP(StopOfRead(Block + PAGE_SIZE), CODE_IRQL, Block + PAGE_SIZE, DISPATCH_LEVEL, 0,
                TouchInstruction(TOUCH_READER));
    WriteCode(Block);
    cr_expect_eq(RunCode(Block, &Stop), AnswerOfPaged);
    cr_expect_eq(Stop.Code, PAGED_EXECUTES ? 0 : (ULONG)ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
    KeLowerIrql(Old);
    MmUnlockPages(Mdl);
    Raise(DISPATCH_LEVEL);
    EXPECT_STOP(StopOfRead(Block), CODE_IRQL, Block, DISPATCH_LEVEL, 0, TouchInstruction(TOUCH_READER));
    IoFreeMdl(Mdl);
}

Test(verifier_irql, the_mapping_of_an_mdl_stays)
{
    PUCHAR Block = AllocatePaged(PAGE_SIZE);
    PMDL Mdl = IoAllocateMdl(Block, 64, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    PUCHAR View = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    KIRQL Old = Raise(DISPATCH_LEVEL);
    EXPECT_NO_STOP(StopOfWrite(View, 9));
    KeLowerIrql(Old);
    cr_expect_eq(Block[0], 9);
    MmUnlockPages(Mdl);
    cr_expect_eq(Block[0], 9);
    IoFreeMdl(Mdl);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

/* ---- Objects --------------------------------------------------------------------------------------------------- */

static EMU_BUGCHECK StopOfLock(PKSPIN_LOCK Lock, ULONG Routine)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        switch (Routine) {
        case 0:
            KeAcquireSpinLock(Lock, &Old);
            break;
        case 1:
            KeAcquireSpinLockAtDpcLevel(Lock);
            break;
        default:
            KeTryToAcquireSpinLockAtDpcLevel(Lock);
        }
    }
    return Stop;
}

Test(verifier_irql, a_spin_lock_in_paged_pool_stops_with_0xC4_0xE1)
{
    PKSPIN_LOCK Lock = (PKSPIN_LOCK)AllocatePaged(64);

    KeInitializeSpinLock(Lock);
    EXPECT_STOP(StopOfLock(Lock, 0), CODE_VERIFIER, 0xE1, Lock, 0, 0);
    Raise(DISPATCH_LEVEL);
    EXPECT_STOP(StopOfLock(Lock, 1), CODE_VERIFIER, 0xE1, Lock, 0, 0);
    EXPECT_STOP(StopOfLock(Lock, 2), CODE_VERIFIER, 0xE1, Lock, 0, 0);
}

Test(verifier_irql, objects_in_paged_pool_are_looked_for_since_vista)
{
    PKSPIN_LOCK Lock = (PKSPIN_LOCK)AllocatePaged(64);

    KeInitializeSpinLock(Lock);
    EmuSetWindows("ws2003");
    cr_expect_neq(StopOfLock(Lock, 0).Parameter[0], 0xE1);
    *Lock = 0;
    EmuSetWindows("vista");
    EXPECT_STOP(StopOfLock(Lock, 0), CODE_VERIFIER, 0xE1, Lock, 0, 0);
}

static EMU_BUGCHECK StopOfList(PVOID List, ULONG Family)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        switch (Family) {
        case 0:
            ExInitializeNPagedLookasideList(List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
            break;
        case 1:
            ExInitializePagedLookasideList(List, NULL, NULL, 0, 64, TAG, 0);
            break;
        default:
            ExInitializeLookasideListEx(List, NULL, NULL, PagedPool, 0, 64, TAG, 0);
        }
    }
    return Stop;
}

Test(verifier_irql, a_lookaside_list_in_paged_pool_stops_with_0xC4_0xE1)
{
    PVOID List = AllocatePaged(256);
    PVOID Good = ExAllocatePoolWithTag(NonPagedPoolNx, 256, TAG);

    for (ULONG Family = 0; Family < 3; Family++) {
        EXPECT_STOP(StopOfList(List, Family), CODE_VERIFIER, 0xE1, List, 0, 0);
    }
    EXPECT_NO_STOP(StopOfList(Good, 1));
    ExDeletePagedLookasideList(Good);
}

/* ---- Counters -------------------------------------------------------------------------------------------------- */

Test(verifier_irql, raises_spin_locks_and_trims_are_counted)
{
    PUCHAR Block = AllocatePaged(64);
    EMU_VERIFIER_COUNTERS Before = Counters();
    KSPIN_LOCK Lock;
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    KeLowerIrql(Raise(DISPATCH_LEVEL));
    KeLowerIrql(Raise(APC_LEVEL));
    KeAcquireSpinLock(&Lock, &Old);
    KeReleaseSpinLock(&Lock, Old);
    cr_expect_eq(Counters().IrqlRaises, Before.IrqlRaises + 3);
    cr_expect_eq(Counters().SpinLocksAcquired, Before.SpinLocksAcquired + 1);
    cr_expect_eq(Counters().Trims, Before.Trims + 1, "nothing came back, so the second raise trims nothing");
    cr_expect_eq(Counters().PageIns, Before.PageIns);
    EXPECT_NO_STOP(StopOfRead(Block));
    cr_expect_eq(Counters().PageIns, Before.PageIns + 1);
    Raise(DISPATCH_LEVEL);
    cr_expect_eq(Counters().Trims, Before.Trims + 2);
}

Test(verifier_irql, a_raise_to_APC_LEVEL_trims_nothing_and_one_from_there_does)
{
    PUCHAR Block = AllocatePaged(64);
    EMU_VERIFIER_COUNTERS Before = Counters();

    Raise(APC_LEVEL);
    cr_expect_eq(Counters().Trims, Before.Trims);
    EXPECT_NO_STOP(StopOfRead(Block));
    cr_expect_eq(Counters().PageIns, Before.PageIns, "nothing was trimmed");
    Raise(DISPATCH_LEVEL);
    cr_expect_eq(Counters().Trims, Before.Trims + 1);
    EXPECT_STOP(StopOfRead(Block), CODE_IRQL, Block, DISPATCH_LEVEL, 0, TouchInstruction(TOUCH_READER));
}

/* ---- Threads and processes -------------------------------------------------------------------------------------- */

enum {
    THREADS = 3,
    ROUNDS = 2000,
};

static atomic_uint Stops;

/* Raises and lowers, uses paged pool while it is low, and so pages in what the others trim. */
EMU_NOINLINE static void UsePaged(ULONG64 State)
{
    PUCHAR Blocks[8] = {NULL};

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        ULONG Index = Random(&State) % 8;
        if (Blocks[Index] != NULL) {
            if (!IsFilledWith(Blocks[Index], (UCHAR)(Index + 1), 500 * (Index + 1))) {
                Stops++;
            }
            ExFreePoolWithTag(Blocks[Index], TAG);
            Blocks[Index] = NULL;
        } else {
            Blocks[Index] = ExAllocatePoolWithTag(PagedPool, 500 * (Index + 1), TAG);
            memset(Blocks[Index], (int)Index + 1, 500 * (Index + 1));
        }
        if (Round % 4 == 0) {
            KeLowerIrql(Raise(DISPATCH_LEVEL));
        }
    }
    for (ULONG Index = 0; Index < 8; Index++) {
        if (Blocks[Index] != NULL) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
}

static void *RaiseAndLower(void *Seed)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        UsePaged((ULONG_PTR)Seed);
    }
    Stops += Stop.Code != 0;
    return NULL;
}

static void *TouchBelow(void *Block)
{
    EMU_BUGCHECK Stop = StopOfRead(Block);

    Stops += Stop.Code != 0;
    return NULL;
}

Test(verifier_irql, a_spin_lock_taken_at_DISPATCH_LEVEL_trims_what_another_thread_brought_back)
{
    PUCHAR Block = AllocatePaged(64);
    pthread_t Thread;
    KSPIN_LOCK Lock;

    KeInitializeSpinLock(&Lock);
    Raise(DISPATCH_LEVEL);
    cr_assert_eq(pthread_create(&Thread, NULL, TouchBelow, Block), 0);
    pthread_join(Thread, NULL);
    cr_expect_eq(Stops, 0);
    EXPECT_NO_STOP(StopOfRead(Block));
    KeAcquireSpinLockAtDpcLevel(&Lock);
    EXPECT_STOP(StopOfRead(Block), CODE_IRQL, Block, DISPATCH_LEVEL, 0, TouchInstruction(TOUCH_READER));
    KeReleaseSpinLockFromDpcLevel(&Lock);
}

static void RunThreads(void)
{
    pthread_t Threads[THREADS];

    for (ULONG_PTR Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, RaiseAndLower, (void *)(Index + 1)), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
}

Test(verifier_irql, threads_page_in_what_others_trim)
{
    RunThreads();
    cr_expect_eq(Stops, 0);
    cr_expect_eq(LiveBlocks(), 0);
}

Test(verifier_irql, so_they_do_with_special_pool)
{
    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL | EMU_VERIFIER_SPECIAL_POOL);
    RunThreads();
    cr_expect_eq(Stops, 0);
    cr_expect_eq(LiveBlocks(), 0);
}

static void *MapAndUnmap(void *Unused)
{
    EMU_BUGCHECK Stop;

    UNREFERENCED_PARAMETER(Unused);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        PUCHAR Block = ExAllocatePoolWithTag(PagedPool, PAGE_SIZE, TAG);
        PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
        for (ULONG Round = 0; Round < 200; Round++) {
            memset(Block, (int)Round, PAGE_SIZE);
            MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
            PUCHAR View = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
            if (View == NULL || !IsFilledWith(View, (UCHAR)Round, PAGE_SIZE)) {
                Stops++;
            }
            MmUnlockPages(Mdl);
        }
        IoFreeMdl(Mdl);
        ExFreePoolWithTag(Block, TAG);
    }
    Stops += Stop.Code != 0;
    return NULL;
}

Test(verifier_irql, trims_and_mappings_do_not_get_into_each_others_way)
{
    for (ULONG Round = 0; Round < 2; Round++) {
        pthread_t Threads[2];
        EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL | (Round == 0 ? 0 : EMU_VERIFIER_SPECIAL_POOL));
        cr_assert_eq(pthread_create(&Threads[0], NULL, MapAndUnmap, NULL), 0);
        cr_assert_eq(pthread_create(&Threads[1], NULL, RaiseAndLower, (void *)5), 0);
        pthread_join(Threads[0], NULL);
        pthread_join(Threads[1], NULL);
        cr_expect_eq(Stops, 0);
    }
}

#if defined(_WIN32)

Test(verifier_irql, a_forked_child_finds_paged_pool_as_it_was)
{
    cr_skip_test("Windows has no fork");
}

#else

Test(verifier_irql, a_forked_child_finds_paged_pool_as_it_was)
{
    PUCHAR Block = AllocatePaged(64);
    int Status;

    KeLowerIrql(Raise(DISPATCH_LEVEL));
    pid_t Child = fork();
    if (Child == 0) {
        alarm(30);
        KIRQL Old = Raise(DISPATCH_LEVEL);
        ULONG Code = StopOfRead(Block).Code;
        KeLowerIrql(Old);
        _exit(Code == CODE_IRQL && IsFilledWith(Block, 7, 64) && StopOfFree(Block, TAG).Code == 0 ? 0 : 1);
    }
    cr_assert_eq(waitpid(Child, &Status, 0), Child);
    cr_expect(WIFEXITED(Status) && WEXITSTATUS(Status) == 0);
    EXPECT_NO_STOP(StopOfRead(Block));
}

#endif
