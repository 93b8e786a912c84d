/* windows.c: the emulator gets on with Windows: exceptions that are not its own, threads that end, poolemu.dll
 * unloaded, memory that is mapped as it is needed, and the stop screen's word on who called. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>

#include "child.h"
#include "support.h"

/* What is needed of windows.h, which declares many of the kernel's names by itself. */
#define WINDOWS(Type) __declspec(dllimport) Type

WINDOWS(PVOID) AddVectoredExceptionHandler(ULONG First, LONG (*Handler)(EXCEPTION_POINTERS *Pointers));
WINDOWS(PVOID) SetUnhandledExceptionFilter(LONG (*Filter)(EXCEPTION_POINTERS *Pointers));
WINDOWS(PVOID) VirtualAlloc(PVOID Address, SIZE_T Bytes, ULONG Type, ULONG Protection);
WINDOWS(int) VirtualProtect(PVOID Address, SIZE_T Bytes, ULONG Protection, ULONG *Old);
WINDOWS(PVOID) LoadLibraryA(PCSTR Name);
WINDOWS(PVOID) GetModuleHandleA(PCSTR Name);
WINDOWS(PVOID) GetProcAddress(PVOID Module, PCSTR Name);
WINDOWS(int) FreeLibrary(PVOID Module);
WINDOWS(PVOID) GetCurrentProcess(void);
WINDOWS(int) K32GetProcessMemoryInfo(PVOID Process, PVOID Counters, ULONG Bytes);

enum {
    FAILED = 99,
    CONTINUE_SEARCH = 0,
    CONTINUE_EXECUTION = -1,
};

#define EXPECT_EXIT(Status, Code)                                                                                      \
    do {                                                                                                               \
        int Was = (Status);                                                                                            \
        cr_expect(WIFEXITED(Was) && WEXITSTATUS(Was) == (Code), "the child's status is 0x%X", (unsigned)Was);          \
    } while (0)

static int RunQuietly(void (*Body)(void))
{
    char Errors[1024];

    return RunChild(Body, Errors, sizeof(Errors));
}

static void UsePool(void)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        ExFreePoolWithTag(ExAllocatePoolWithTag(Kinds[Kind].Type, 100, TAG), TAG);
    }
}

/* ---- Exceptions ----------------------------------------------------------------------------------------------- */

static volatile ULONG Faults;
static UCHAR *Guarded; /* a page that only a handler makes accessible */

static LONG Mend(EXCEPTION_POINTERS *Pointers)
{
    ULONG Old;

    if (Pointers->ExceptionRecord->ExceptionInformation[1] != (ULONG_PTR)Guarded) {
        return CONTINUE_SEARCH;
    }
    Faults++;
    return VirtualProtect(Guarded, PAGE_SIZE, PAGE_READWRITE, &Old) ? CONTINUE_EXECUTION : CONTINUE_SEARCH;
}

static LONG Count(EXCEPTION_POINTERS *Pointers)
{
    UNREFERENCED_PARAMETER(Pointers);
    Faults++;
    return CONTINUE_SEARCH;
}

static void TouchGuarded(void)
{
    Guarded = VirtualAlloc(NULL, PAGE_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    *(volatile UCHAR *)Guarded = 1;
}

static BOOLEAN ExecutingNxPoolStops(void)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    EMU_BUGCHECK Stop;

    WriteCode(Block);
    ULONG Answer = RunCode(Block, &Stop);
    ExFreePoolWithTag(Block, TAG);
    return Answer == 0 && Stop.Code == ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY && Stop.Parameter[0] == (ULONG_PTR)Block;
}

Test(windows, executing_nx_pool_is_caught_ten_times_in_a_row)
{
    for (ULONG Round = 0; Round < 10; Round++) {
        cr_assert(ExecutingNxPoolStops());
    }
}

Test(windows, executing_nx_pool_does_not_reach_a_vectored_handler_added_before)
{
    AddVectoredExceptionHandler(TRUE, Count);
    UsePool();
    cr_expect(ExecutingNxPoolStops());
    cr_expect_eq(Faults, 0);
}

Test(windows, other_faults_reach_the_vectored_handler_and_go_on_where_it_says)
{
    AddVectoredExceptionHandler(TRUE, Mend);
    UsePool();
    for (ULONG Round = 1; Round <= 3; Round++) {
        TouchGuarded();
        cr_expect_eq(Faults, Round);
        cr_expect_eq(*Guarded, 1);
    }
}

Test(windows, other_faults_reach_the_unhandled_exception_filter)
{
    UsePool();
    SetUnhandledExceptionFilter(Mend);
    TouchGuarded();
    cr_expect_eq(Faults, 1);
}

static void FaultUnhandled(void)
{
    UsePool();
    TouchGuarded();
}

Test(windows, a_fault_that_nobody_handles_ends_the_process_as_an_access_violation)
{
    int Status = RunQuietly(FaultUnhandled);

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGSEGV, "the child's status is 0x%X", (unsigned)Status);
}

static volatile ULONG_PTR Nowhere;

__declspec(dllexport) EMU_NOINLINE void WriteToNull(void);

EMU_NOINLINE void WriteToNull(void)
{
    UsePool();
    *(volatile UCHAR *)Nowhere = 1;
    Faults++;
}

__declspec(dllexport) EMU_NOINLINE void CallNull(void);

EMU_NOINLINE void CallNull(void)
{
    UsePool();
    ((void (*)(void))Nowhere)();
    Faults++;
}

Test(windows, an_access_to_NULL_that_nobody_handles_shows_the_stop_screen)
{
    static const struct {
        void (*Body)(void);
        PCSTR Words;
        PCSTR Code;
    } Cases[] = {
        {WriteToNull, " tried to write to 0x0,", "    by WriteToNull (windows.c:"},
        {CallNull, " tried to execute 0x0,", "    by CallNull (windows.c:"},
    };
    char Screen[4096];

    for (ULONG Index = 0; Index < COUNT(Cases); Index++) {
        int Status = RunChild(Cases[Index].Body, Screen, sizeof(Screen));
        cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGSEGV, "the child's status is 0x%X", (unsigned)Status);
        cr_expect_not_null(strstr(Screen, "*** STOP: 0x0000001E"), "%s", Screen);
        cr_expect_not_null(strstr(Screen, Cases[Index].Words), "%s", Screen);
        cr_expect_not_null(strstr(Screen, Cases[Index].Code), "%s", Screen);
    }
}

static void MendBehindThePool(void)
{
    SetUnhandledExceptionFilter(Mend);
    UsePool();
    TouchGuarded();
}

Test(windows, a_fault_that_the_programs_filter_mends_shows_no_stop_screen)
{
    char Screen[4096];
    int Status = RunChild(MendBehindThePool, Screen, sizeof(Screen));

    EXPECT_EXIT(Status, 0);
    cr_expect_str_eq(Screen, "");
}

static volatile BOOLEAN StoppedOnThread;

static void *ExecuteOnThread(void *Argument)
{
    StoppedOnThread = ExecutingNxPoolStops();
    return Argument;
}

Test(windows, executing_nx_pool_stops_on_any_thread)
{
    pthread_t Thread;

    UsePool();
    cr_assert_eq(pthread_create(&Thread, NULL, ExecuteOnThread, NULL), 0);
    pthread_join(Thread, NULL);
    cr_expect(StoppedOnThread);
}

/* ---- Threads and modules -------------------------------------------------------------------------------------- */

static PVOID FreedByThread;

static void *AllocateAndFree(void *Argument)
{
    FreedByThread = ExAllocatePoolWithTag(NonPagedPoolNx, 3000, TAG);
    ExFreePoolWithTag(FreedByThread, TAG);
    return Argument;
}

Test(windows, a_thread_that_ends_gives_its_free_blocks_to_the_others)
{
    enum {
        Blocks = 4096 /* more than the slab of that block has */
    };
    pthread_t Thread;
    BOOLEAN Found = FALSE;

    cr_assert_eq(pthread_create(&Thread, NULL, AllocateAndFree, NULL), 0);
    pthread_join(Thread, NULL);
    for (ULONG Index = 0; Index < Blocks; Index++) {
        Found |= ExAllocatePoolWithTag(NonPagedPoolNx, 3000, TAG) == FreedByThread;
    }
    cr_expect(Found);
}

static void *UseAndUnloadLibrary(void *Argument)
{
    typedef PVOID ALLOCATE(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag);
    PVOID Library = LoadLibraryA("poolemu.dll");
    ALLOCATE *Routine = (ALLOCATE *)(ULONG_PTR)GetProcAddress(Library, "ExAllocatePoolWithTag");

    if (Routine == NULL || Routine(NonPagedPoolNx, 64, TAG) == NULL || !FreeLibrary(Library) || !FreeLibrary(Library)) {
        _Exit(FAILED);
    }
    return Argument;
}

static void EndThreadAfterUnloading(void)
{
    pthread_t Thread;

    if (pthread_create(&Thread, NULL, UseAndUnloadLibrary, NULL) != 0 || pthread_join(Thread, NULL) != 0 ||
        GetModuleHandleA("poolemu.dll") == NULL) {
        _Exit(FAILED);
    }
}

Test(windows, a_thread_may_unload_poolemu_and_end_and_poolemu_stays)
{
    EXPECT_EXIT(RunQuietly(EndThreadAfterUnloading), 0);
}

/* ---- Memory --------------------------------------------------------------------------------------------------- */

/* PROCESS_MEMORY_COUNTERS, of which the working set is asked. */
static SIZE_T ResidentBytes(void)
{
    struct {
        ULONG Bytes, PageFaults;
        SIZE_T Peak, WorkingSet, Others[6];
    } Counters = {.Bytes = sizeof(Counters)};

    cr_assert(K32GetProcessMemoryInfo(GetCurrentProcess(), &Counters, sizeof(Counters)));
    return Counters.WorkingSet;
}

Test(windows, a_zeroed_block_of_256_MiB_costs_no_memory_before_it_is_touched)
{
    static const POOL_FLAGS Pools[] = {POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE, POOL_FLAG_PAGED};

    UsePool();
    for (SIZE_T Pool = 0; Pool < COUNT(Pools); Pool++) {
        SIZE_T Before = ResidentBytes();
        PVOID Block = ExAllocatePool2(Pools[Pool], (SIZE_T)256 << 20, TAG);
        cr_assert_not_null(Block);
        SIZE_T After = ResidentBytes();
        cr_expect_lt(After, Before + ((SIZE_T)16 << 20), "from %zu to %zu bytes", (size_t)Before, (size_t)After);
        ExFreePoolWithTag(Block, TAG);
    }
}

/* Until there is no more; returns the MiB. */
static ULONG FillExecutablePool(void)
{
    ULONG Mib = 0;

    while (ExAllocatePoolWithTag(NonPagedPoolExecute, 1 << 20, TAG) != NULL) {
        Mib++;
    }
    return Mib;
}

Test(windows, pool_that_went_back_to_the_host_is_0x50)
{
    volatile SIZE_T Bytes = (SIZE_T)128 << 20; /* more than is kept */
    volatile UCHAR *Block = ExAllocatePoolWithTag(PagedPool, Bytes, TAG);
    EMU_BUGCHECK Stop;

    cr_assert_not_null(Block);
    Block[Bytes / 2] = 1;
    ExFreePoolWithTag((PVOID)Block, TAG);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Block[Bytes / 2] = 1;
    }
    cr_expect_eq(Stop.Code, 0x50, "0x%X: %s", Stop.Code, Stop.Text);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Block + Bytes / 2);
    cr_expect_eq(Stop.Parameter[1], 2);
    cr_expect_not_null(strstr(Stop.Text, "pool that is free"), "%s", Stop.Text);
}

Test(windows, there_are_512_MiB_of_executable_pool)
{
    ULONG Mib = FillExecutablePool();

    cr_expect_gt(Mib, 450u, "%u MiB", Mib);
    cr_expect_lt(Mib, 513u, "%u MiB", Mib);
}

Test(windows, POOLEMU_EXECUTE_MIB_says_how_much_executable_pool_there_is)
{
    setenv("POOLEMU_EXECUTE_MIB", "128", 1);
    ULONG Mib = FillExecutablePool();

    cr_expect_gt(Mib, 100u, "%u MiB", Mib);
    cr_expect_lt(Mib, 129u, "%u MiB", Mib);
}

Test(windows, what_is_freed_of_full_executable_pool_is_still_executable_when_it_comes_back)
{
    enum {
        Most = 1024
    };
    static PVOID Blocks[Most];
    ULONG Count = 0;

    for (ULONG Round = 0; Round < 2; Round++) {
        for (Count = 0;
             Count < Most && (Blocks[Count] = ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, 1 << 20, TAG)) != NULL;
             Count++) {
            cr_assert(RightsOf(Blocks[Count]).Execute);
            cr_assert(IsFilledWith(Blocks[Count], 0, 1 << 20));
            memset(Blocks[Count], 0xCC, 1 << 20);
        }
        cr_assert_gt(Count, 400u);
        for (ULONG Index = 0; Index < Count; Index++) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
}

static void AskForTooLittle(void)
{
    setenv("POOLEMU_EXECUTE_MIB", "63", 1);
    UsePool();
}

Test(windows, a_wrong_POOLEMU_EXECUTE_MIB_ends_the_process_with_words)
{
    char Words[1024];
    int Status = RunChild(AskForTooLittle, Words, sizeof(Words));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "the child's status is 0x%X", (unsigned)Status);
    cr_expect_str_eq(Words, "poolemu: the environment variable POOLEMU_EXECUTE_MIB is \"63\"; want a number from 64 to "
                            "16384 (x86: 1024); the default is 512.\n");
}

/* Each block and the page behind it, and what the host's tables take; not the 8 GiB that are reserved. */
Test(windows, special_pool_takes_memory_for_its_blocks_alone)
{
    HOSTS_WORD Word;

    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    UCHAR *Block = PAGE_ALIGN(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG));
    VirtualQuery(Block + PAGE_SIZE, &Word, sizeof(Word));
    cr_expect_eq(Word.State, MEM_COMMIT);
    cr_expect_eq(Word.RegionBytes, PAGE_SIZE);
    VirtualQuery(Block + 2 * PAGE_SIZE, &Word, sizeof(Word));
    cr_expect_eq(Word.State, MEM_RESERVE);
    EmuReset();
    VirtualQuery(Block, &Word, sizeof(Word));
    cr_expect_eq(Word.State, MEM_RESERVE);
}

static ULONG CodeAtDispatchLevel(PVOID Block)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        (void)*(volatile UCHAR *)Block;
    }
    KeLowerIrql(Old);
    return Stop.Code;
}

/* Only a part of the arena is committed, and more becomes so while the rest is trimmed. */
Test(windows, paged_pool_that_grows_is_trimmed_as_a_whole)
{
    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL);
    cr_expect_eq(CodeAtDispatchLevel(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG)), 0, "there is no paged pool yet");
    for (ULONG Round = 0; Round < 5; Round++) {
        UCHAR *Large = ExAllocatePoolWithTag(PagedPool, (SIZE_T)40 << 20, TAG);
        UCHAR *Small = ExAllocatePoolWithTag(PagedPool, 100, TAG);
        memset(Large, 1, (SIZE_T)40 << 20);
        *Small = 2;
        cr_expect_eq(CodeAtDispatchLevel(Large), (ULONG)DRIVER_IRQL_NOT_LESS_OR_EQUAL);
        cr_expect_eq(CodeAtDispatchLevel(Large + ((SIZE_T)40 << 20) - 1), (ULONG)DRIVER_IRQL_NOT_LESS_OR_EQUAL);
        cr_expect_eq(CodeAtDispatchLevel(Small), (ULONG)DRIVER_IRQL_NOT_LESS_OR_EQUAL);
        cr_expect_eq(*Small, 2);
        cr_expect(IsFilledWith(Large, 1, (SIZE_T)40 << 20));
    }
}

Test(windows, paged_pool_that_came_after_a_trim_is_trimmed_at_the_next_raise)
{
    UCHAR *Block = NULL;

    EmuSetVerifier(EMU_VERIFIER_FORCE_IRQL);
    for (ULONG Round = 0; Round < 20; Round++) {
        Block = ExAllocatePoolWithTag(PagedPool, (SIZE_T)40 << 20, TAG);
        cr_expect_eq(CodeAtDispatchLevel(Block), (ULONG)DRIVER_IRQL_NOT_LESS_OR_EQUAL, "%u", Round);
    }
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

Test(windows, the_command_takes_a_path_with_backslashes)
{
    char Path[512] = POOLEMU_TEST_DRIVERS "/tool_quiet" DRIVER_SUFFIX, Arguments[600], Output[4096];

    for (char *Character = Path; *Character != 0; Character++) {
        *Character = *Character == '/' ? '\\' : *Character;
    }
    snprintf(Arguments, sizeof(Arguments), "run --pool \"%s\"", Path);
    cr_expect_eq(RunProgram(NULL, POOLEMU_TOOL, Arguments, Output, sizeof(Output)), 0, "%s", Output);
}

/* ---- The caller ----------------------------------------------------------------------------------------------- */

enum {
    LINE_OF_FREE = __LINE__ + 9,
};

static volatile BOOLEAN Returned;

__declspec(dllexport) EMU_NOINLINE void FreeWrongly(void);

EMU_NOINLINE void FreeWrongly(void)
{
    ExFreePoolWithTag(NULL, TAG);
    Returned = TRUE;
}

Test(windows, the_stop_screen_names_the_caller_and_its_line)
{
    char Screen[4096], Words[64];
    int Status = RunChild(FreeWrongly, Screen, sizeof(Screen));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "the child's status is 0x%X", (unsigned)Status);
    snprintf(Words, sizeof(Words), "    by FreeWrongly (windows.c:%d)\n", LINE_OF_FREE);
    cr_expect_not_null(strstr(Screen, Words), "%s", Screen);
}
