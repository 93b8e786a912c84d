/* A process with blocks and threads forks: the child can use the pool, the parent notices nothing. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

typedef int CHILD(void);

enum {
    HANGS_AFTER = 30, /* seconds: a child that waits for a lock for ever is killed and fails */
};

/* Runs the routine in a child; returns what it returned, 0 when all was well, or -signal. */
static int RunChild(CHILD *Routine)
{
    int Status;
    pid_t Process = fork();

    if (Process == 0) {
        alarm(HANGS_AFTER);
        _exit(Routine());
    }
    cr_assert_gt(Process, 0);
    cr_assert_eq(waitpid(Process, &Status, 0), Process);
    return WIFEXITED(Status) ? WEXITSTATUS(Status) : -WTERMSIG(Status);
}

static BOOLEAN IsStopOfSecondFree(EMU_BUGCHECK Stop)
{
    return EmuVerifier() != 0 ? Stop.Code == 0xC1 && Stop.Parameter[3] == 0x20
                              : Stop.Code == 0x13A && (Stop.Parameter[0] == 0x11 || Stop.Parameter[0] == 0x08);
}

/* In a child: no assertion of the test runner's. Each failure has a number of its own. */
static int UsePool(void)
{
    for (ULONG Round = 0; Round < 60; Round++) {
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            SIZE_T Bytes = Round % 10 == 0 ? 5000 + Round * 100 : 1 + Round * 19;
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG2);
            EMU_BUGCHECK Stop;
            if (Block == NULL) {
                return 1;
            }
            FillPattern(Block, Bytes, Round);
            if (!HasPattern(Block, Bytes, Round)) {
                return 2;
            }
            if (Round % 20 == 0 && Bytes >= sizeof(CodeBytes)) {
                WriteCode(Block);
                if (RunCode(Block, &Stop) != (Kinds[Kind].Executable ? (ULONG)CODE_ANSWER : 0)) {
                    return 3;
                }
            }
            if (StopOfFree(Block, TAG2).Code != 0) {
                return 4;
            }
            if (!IsStopOfSecondFree(StopOfFree(Block, TAG2))) {
                return 5;
            }
        }
    }
    return 0;
}

/* ---- One thread ----------------------------------------------------------------------------------------------- */

Test(fork, before_the_pool_was_used_both_can_use_it)
{
    cr_expect_eq(RunChild(UsePool), 0);
    cr_expect_eq(UsePool(), 0);
}

Test(fork, the_child_can_use_the_pool_and_so_can_its_child)
{
    cr_expect_eq(UsePool(), 0);
    cr_expect_eq(RunChild(UsePool), 0);
    cr_expect_eq(UsePool(), 0);
}

static int ForkAgain(void)
{
    int Status;
    pid_t Process = fork();

    if (Process == 0) {
        _exit(UsePool());
    }
    return waitpid(Process, &Status, 0) == Process && WIFEXITED(Status) ? WEXITSTATUS(Status) | UsePool() : 99;
}

Test(fork, a_childs_child_can_use_the_pool)
{
    cr_expect_eq(UsePool(), 0);
    cr_expect_eq(RunChild(ForkAgain), 0);
}

static PVOID Kept[300];

static SIZE_T KeptBytes(ULONG Index)
{
    return 1 + Index * 37;
}

static void KeepBlocks(void)
{
    for (ULONG Index = 0; Index < COUNT(Kept); Index++) {
        Kept[Index] = ExAllocatePoolWithTag(Kinds[Index % COUNT(Kinds)].Type, KeptBytes(Index), TAG);
        FillPattern(Kept[Index], KeptBytes(Index), Index);
    }
}

static int FreeKept(void)
{
    EMU_TAG_USAGE Usage;

    if (LiveBlocks() != COUNT(Kept)) {
        return 1;
    }
    for (ULONG Index = 0; Index < COUNT(Kept); Index++) {
        if (!HasPattern(Kept[Index], KeptBytes(Index), Index)) {
            return 2;
        }
        memset(Kept[Index], 0, KeptBytes(Index));
        if (StopOfFree(Kept[Index], TAG).Code != 0) {
            return 3;
        }
    }
    EmuQueryTag(TAG, &Usage);
    if (Usage.NonPaged.Allocs + Usage.Paged.Allocs != COUNT(Kept) ||
        Usage.NonPaged.Frees + Usage.Paged.Frees != COUNT(Kept) || Usage.NonPaged.Bytes + Usage.Paged.Bytes != 0) {
        return 4;
    }
    return LiveBlocks() == 0 ? 0 : 5;
}

Test(fork, the_child_has_the_blocks_and_counters_and_the_parent_keeps_its_own)
{
    KeepBlocks();
    cr_expect_eq(RunChild(FreeKept), 0);
    cr_expect_eq(FreeKept(), 0, "the parent's blocks are as they were");
}

static int ResetAndUse(void)
{
    EmuReset();
    return LiveBlocks() == 0 ? UsePool() : 77;
}

Test(fork, the_child_can_reset)
{
    KeepBlocks();
    cr_expect_eq(RunChild(ResetAndUse), 0);
    cr_expect_eq(FreeKept(), 0);
}

Test(fork, headers_and_checks_hold_in_the_child)
{
    KeepBlocks();
    for (ULONG Round = 0; Round < 5; Round++) {
        cr_expect_eq(RunChild(FreeKept), 0);
    }
}

/* ---- Threads -------------------------------------------------------------------------------------------------- */

enum {
    THREADS = 3,
    FORKS = 25,
};

static atomic_bool Done;
static atomic_bool IsResting;
static atomic_uint Failures;
static pthread_barrier_t Turn;
static pthread_mutex_t RestLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t RestIsOver = PTHREAD_COND_INITIALIZER;

/* Each turn of a worker's begins here. */
static BOOLEAN GoesOn(void)
{
    if (atomic_load(&IsResting)) {
        pthread_mutex_lock(&RestLock);
        while (atomic_load(&IsResting)) {
            pthread_cond_wait(&RestIsOver, &RestLock);
        }
        pthread_mutex_unlock(&RestLock);
    }
    return !atomic_load(&Done);
}

/* Forks while the workers work. While the child does they rest, so that it has the processors; then they work on. */
static int RunChildOfWorkers(CHILD *Routine)
{
    int Status;
    pid_t Process = fork();

    if (Process == 0) {
        alarm(HANGS_AFTER);
        _exit(Routine());
    }
    atomic_store(&IsResting, TRUE);
    cr_assert_gt(Process, 0);
    cr_assert_eq(waitpid(Process, &Status, 0), Process);
    pthread_mutex_lock(&RestLock);
    atomic_store(&IsResting, FALSE);
    pthread_cond_broadcast(&RestIsOver);
    pthread_mutex_unlock(&RestLock);
    usleep(2000); /* until they are at it, each somewhere else */
    return WIFEXITED(Status) ? WEXITSTATUS(Status) : -WTERMSIG(Status);
}

/* Returns when all run: a thread that starts is in the C library's or a sanitizer's allocator, which a child that forks
 * at that moment could not use any more. */
static void StartWorkers(pthread_t *Threads, void *(*Routine)(void *Argument))
{
    ExFreePool(ExAllocatePoolWithTag(PagedPool, 10, TAG));
    pthread_barrier_init(&Turn, NULL, THREADS + 1);
    for (ULONG_PTR Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, Routine, (void *)(Index + 1)), 0);
    }
    pthread_barrier_wait(&Turn);
}

static void EndWorkers(pthread_t *Threads)
{
    atomic_store(&Done, TRUE);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
    cr_expect_eq(atomic_load(&Failures), 0);
    cr_expect_eq(LiveBlocks(), 0);
}

static void *Work(void *Argument)
{
    ULONG64 State = (ULONG_PTR)Argument;
    PVOID Held[64] = {NULL};

    pthread_barrier_wait(&Turn);
    while (GoesOn()) {
        PVOID *Place = &Held[Random(&State) % COUNT(Held)];
        if (*Place != NULL && StopOfFree(*Place, TAG).Code != 0) {
            atomic_fetch_add(&Failures, 1);
        }
        SIZE_T Bytes = Random(&State) % 10 == 0 ? 5000 + Random(&State) % 50000 : 1 + Random(&State) % 3000;
        *Place =
            ExAllocatePoolWithTag(Kinds[Random(&State) % COUNT(Kinds)].Type, Bytes, 'a\0\0\0' + Random(&State) % 3000);
        if (*Place == NULL) {
            atomic_fetch_add(&Failures, 1);
        }
        if (*Place != NULL) {
            ExFreePool(*Place);
            *Place = ExAllocatePoolWithTag(Kinds[Random(&State) % COUNT(Kinds)].Type, Bytes, TAG);
        }
    }
    for (ULONG Index = 0; Index < COUNT(Held); Index++) {
        if (Held[Index] != NULL) {
            ExFreePoolWithTag(Held[Index], TAG);
        }
    }
    return NULL;
}

static int UsePoolAndNewTags(void)
{
    for (ULONG Number = 0; Number < 500; Number++) {
        ExAllocatePoolWithTag(PagedPool, 10, 'b\0\0\0' + Number);
    }
    return UsePool();
}

Test(fork, the_child_can_use_the_pool_whatever_other_threads_were_doing, .timeout = 120)
{
    pthread_t Threads[THREADS];

    StartWorkers(Threads, Work);
    for (ULONG Round = 0; Round < Rounds(FORKS); Round++) {
        int Result = RunChildOfWorkers(UsePoolAndNewTags);
        cr_assert_eq(Result, 0, "fork %u: %d", Round, Result);
    }
    EndWorkers(Threads);
    cr_expect_eq(UsePool(), 0);
}

/* Fills and empties its cache all the time, so that a fork often comes while blocks are on their way. */
static void *FillAndEmptyCache(void *Argument)
{
    PVOID Blocks[150];

    pthread_barrier_wait(&Turn);
    while (GoesOn()) {
        for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
            Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
        }
        for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
    return Argument;
}

static int TakeMany(void)
{
    static UCHAR *Many[3000];
    EMU_BUGCHECK Stop;

    for (ULONG Round = 0; Round < 3; Round++) {
        EMU_CATCH_BUGCHECK(&Stop)
        {
            for (ULONG Index = 0; Index < COUNT(Many); Index++) {
                Many[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG2);
                FillPattern(Many[Index], 200, Index);
            }
            for (ULONG Index = 0; Index < COUNT(Many); Index++) {
                if (!HasPattern(Many[Index], 200, Index)) {
                    return 1;
                }
                ExFreePoolWithTag(Many[Index], TAG2);
            }
        }
        if (Stop.Code != 0) {
            return 2;
        }
    }
    return 0;
}

Test(fork, the_child_gets_no_block_twice_whatever_other_threads_were_doing, .timeout = 120)
{
    pthread_t Threads[THREADS];

    StartWorkers(Threads, FillAndEmptyCache);
    for (ULONG Round = 0; Round < Rounds(150); Round++) {
        int Result = RunChildOfWorkers(TakeMany);
        cr_assert_eq(Result, 0, "fork %u: %d", Round, Result);
    }
    EndWorkers(Threads);
}

static void *KeepBlocksAndWait(void *Argument)
{
    KeepBlocks();
    pthread_barrier_wait(&Turn); /* the main thread forks now */
    pthread_barrier_wait(&Turn);
    return Argument;
}

Test(fork, the_child_may_free_the_blocks_of_threads_that_it_does_not_have)
{
    pthread_t Thread;

    pthread_barrier_init(&Turn, NULL, 2);
    cr_assert_eq(pthread_create(&Thread, NULL, KeepBlocksAndWait, NULL), 0);
    pthread_barrier_wait(&Turn);
    cr_expect_eq(RunChild(FreeKept), 0);
    cr_expect_eq(RunChild(UsePool), 0);
    pthread_barrier_wait(&Turn);
    pthread_join(Thread, NULL);
    cr_expect_eq(FreeKept(), 0);
}

static void *WorkInChild(void *Argument)
{
    *(int *)Argument = UsePool();
    return NULL;
}

static int StartThread(void)
{
    pthread_t Thread;
    int Result = 98;

    return pthread_create(&Thread, NULL, WorkInChild, &Result) == 0 && pthread_join(Thread, NULL) == 0 ? Result : 97;
}

Test(fork, the_child_can_start_threads_of_its_own)
{
    KeepBlocks();
    cr_expect_eq(RunChild(StartThread), 0);
}

static void *ForkFromHere(void *Argument)
{
    *(int *)Argument = RunChild(UsePool);
    return NULL;
}

Test(fork, a_thread_other_than_the_first_may_fork)
{
    pthread_t Thread;
    int Result = 98;

    KeepBlocks();
    cr_assert_eq(pthread_create(&Thread, NULL, ForkFromHere, &Result), 0);
    pthread_join(Thread, NULL);
    cr_expect_eq(Result, 0);
    cr_expect_eq(FreeKept(), 0);
}

static LOOKASIDE_LIST_EX Lists[1500]; /* so many that a fork often comes while the table of lists is searched */

static NTSTATUS InitializeList(LOOKASIDE_LIST_EX *List)
{
    return ExInitializeLookasideListEx(List, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0);
}

static void *InitializeAndDeleteLists(void *Argument)
{
    LOOKASIDE_LIST_EX List;

    pthread_barrier_wait(&Turn);
    while (GoesOn()) {
        if (InitializeList(&List) != STATUS_SUCCESS) {
            atomic_fetch_add(&Failures, 1);
        }
        ExDeleteLookasideListEx(&List);
    }
    return Argument;
}

static int UseList(void)
{
    LOOKASIDE_LIST_EX List;

    if (InitializeList(&List) != STATUS_SUCCESS) {
        return 1;
    }
    PVOID Entry = ExAllocateFromLookasideListEx(&List);
    if (Entry == NULL) {
        return 2;
    }
    ExFreeToLookasideListEx(&List, Entry);
    ExDeleteLookasideListEx(&List);
    return 0;
}

/* AddressSanitizer's allocator has locks that a fork does not take: where other threads are in it, the child may wait
 * for one for ever. So no test under it forks while others call malloc. */
static void SkipWhereMallocIsNotForked(void)
{
#if defined(__SANITIZE_ADDRESS__)
    cr_skip_test("the allocator of AddressSanitizer does not stand a fork");
#endif
}

Test(fork, the_child_can_initialise_a_lookaside_list_while_other_threads_do, .timeout = 120)
{
    pthread_t Threads[THREADS];

    SkipWhereMallocIsNotForked();
    for (ULONG Index = 0; Index < COUNT(Lists); Index++) {
        cr_assert_eq(InitializeList(&Lists[Index]), STATUS_SUCCESS);
    }
    StartWorkers(Threads, InitializeAndDeleteLists);
    for (ULONG Round = 0; Round < Rounds(FORKS); Round++) {
        int Result = RunChildOfWorkers(UseList);
        cr_assert_eq(Result, 0, "fork %u: %d", Round, Result);
    }
    EndWorkers(Threads);
}

static void UnloadNothing(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS EnterDriver(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = UnloadNothing;
    return STATUS_SUCCESS;
}

static int LoadAndUnload(void)
{
    PDRIVER_OBJECT Driver;

    if (EmuLoadDriver(EnterDriver, "fork", &Driver) != STATUS_SUCCESS) {
        return 1;
    }
    return EmuUnloadDriver(Driver) == STATUS_SUCCESS ? 0 : 2;
}

static void *LoadAndUnloadDrivers(void *Argument)
{
    pthread_barrier_wait(&Turn);
    while (GoesOn()) {
        if (LoadAndUnload() != 0) {
            atomic_fetch_add(&Failures, 1);
        }
    }
    return Argument;
}

Test(fork, the_child_can_load_a_driver_while_other_threads_do, .timeout = 120)
{
    pthread_t Threads[THREADS];

    SkipWhereMallocIsNotForked();
    StartWorkers(Threads, LoadAndUnloadDrivers);
    for (ULONG Round = 0; Round < Rounds(FORKS); Round++) {
        int Result = RunChildOfWorkers(LoadAndUnload);
        cr_assert_eq(Result, 0, "fork %u: %d", Round, Result);
    }
    EndWorkers(Threads);
}
