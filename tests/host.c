/* host.c: the emulator gets on with its host: large thread variables, dlclose, no file handles left, memory that is
 * touched only when the driver does, and the stop screen's word on who called. */
#define _GNU_SOURCE
#include <criterion/criterion.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "support.h"

enum {
    FAILED = 99
};

/* ---- Threads -------------------------------------------------------------------------------------------------- */

static EMU_THREAD_LOCAL volatile UCHAR LargeVariable[300000];

static void *UsePool(void *Argument)
{
    LargeVariable[sizeof(LargeVariable) - 1] = 1;
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG);
        if (Block == NULL || StopOfFree(Block, TAG).Code != 0) {
            return NULL;
        }
    }
    return LargeVariable[sizeof(LargeVariable) - 1] == 1 ? Argument : NULL;
}

Test(host, a_program_with_300000_bytes_of_thread_variables_can_allocate)
{
    static int Done;
    pthread_t Thread;
    void *Result;

    cr_expect_eq(UsePool(&Done), &Done);
    cr_assert_eq(pthread_create(&Thread, NULL, UsePool, &Done), 0);
    cr_assert_eq(pthread_join(Thread, &Result), 0);
    cr_expect_eq(Result, &Done);
}

/* The command lies above the shared library's folder. */
static void *OpenLibrary(void)
{
    char Path[sizeof(POOLEMU_TOOL) + 64];

    snprintf(Path, sizeof(Path), "%s", POOLEMU_TOOL);
    strcpy(strrchr(Path, '/'), "/emu/libpoolemu.so");
    return dlopen(Path, RTLD_NOW | RTLD_LOCAL);
}

static void *UseAndUnloadLibrary(void *Argument)
{
    typedef PVOID ALLOCATE(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag);
    void *Library = OpenLibrary();
    ALLOCATE *Routine = NULL;

    if (Library != NULL) {
        *(void **)&Routine = dlsym(Library, "ExAllocatePoolWithTag");
    }
    if (Routine == NULL || Routine(NonPagedPoolNx, 64, TAG) == NULL || dlclose(Library) != 0) {
        _exit(FAILED);
    }
    return Argument;
}

static void EndThreadAfterUnloading(void)
{
    pthread_t Thread;

    if (pthread_create(&Thread, NULL, UseAndUnloadLibrary, NULL) != 0 || pthread_join(Thread, NULL) != 0) {
        _exit(FAILED);
    }
}

Test(host, a_thread_may_unload_the_shared_library_and_end)
{
    char Errors[1024];

    cr_expect_eq(RunChild(EndThreadAfterUnloading, Errors, sizeof(Errors)), 0, "%s", Errors);
}

/* ---- Files ---------------------------------------------------------------------------------------------------- */

static void QueryWithoutFileHandles(void)
{
    PVOID Addresses[COUNT(Kinds)][COUNT(Sizes)];
    struct rlimit None = {0, 0};

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            Addresses[Kind][Size] = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
        }
    }
    if (setrlimit(RLIMIT_NOFILE, &None) != 0 || fopen("/proc/self/maps", "r") != NULL) {
        _exit(FAILED);
    }
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            EMU_BLOCK Block;
            if (!EmuQueryBlock(Addresses[Kind][Size], &Block) || Block.Executable != Kinds[Kind].Executable) {
                _exit(1 + (int)Kind);
            }
        }
    }
}

Test(host, EmuQueryBlock_knows_what_is_executable_when_the_host_cannot_be_asked)
{
    char Errors[1024];
    int Status = RunChild(QueryWithoutFileHandles, Errors, sizeof(Errors));

    cr_expect_eq(Status, 0, "the child's status is 0x%X: kind %d", Status, WEXITSTATUS(Status) - 1);
}

/* ---- Memory --------------------------------------------------------------------------------------------------- */

static const POOL_FLAGS Pools[] = {POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE, POOL_FLAG_PAGED};

static SIZE_T ResidentBytes(void)
{
    FILE *File = fopen("/proc/self/statm", "r");
    unsigned long Pages, Resident = 0;

    cr_assert_not_null(File);
    cr_assert_eq(fscanf(File, "%lu %lu", &Pages, &Resident), 2);
    fclose(File);
    return Resident * (SIZE_T)sysconf(_SC_PAGESIZE);
}

Test(host, a_zeroed_block_of_256_MiB_costs_no_memory_before_it_is_touched)
{
    WantLargestArenas();
    for (SIZE_T Pool = 0; Pool < COUNT(Pools); Pool++) {
        SIZE_T Before = ResidentBytes();
        PVOID Block = ExAllocatePool2(Pools[Pool], (SIZE_T)256 << 20, TAG);
        cr_assert_not_null(Block);
        SIZE_T After = ResidentBytes();
        cr_expect_lt(After, Before + ((SIZE_T)16 << 20), "from %zu to %zu bytes", (size_t)Before, (size_t)After);
        ExFreePoolWithTag(Block, TAG);
    }
}

Test(host, a_large_zeroed_block_reads_as_zero_when_its_memory_was_used_before)
{
    enum {
        Blocks = 8,
        Bytes = 4 << 20
    };
    ULONG Recycled = 0;

    for (SIZE_T Pool = 0; Pool < COUNT(Pools); Pool++) {
        PVOID Dirty[Blocks];
        for (ULONG Index = 0; Index < Blocks; Index++) {
            Dirty[Index] = ExAllocatePool2(Pools[Pool] | POOL_FLAG_UNINITIALIZED, Bytes, TAG);
            memset(Dirty[Index], 0xAA, Bytes);
        }
        for (ULONG Index = 0; Index < Blocks; Index++) {
            ExFreePoolWithTag(Dirty[Index], TAG);
        }
        for (ULONG Index = 0; Index < Blocks; Index++) {
            PVOID Block = ExAllocatePool2(Pools[Pool], Bytes, TAG);
            cr_expect(IsFilledWith(Block, 0, Bytes), "block %u of pool %zu", Index, (size_t)Pool);
            for (ULONG Other = 0; Other < Blocks; Other++) {
                Recycled += Block == Dirty[Other];
            }
        }
    }
    cr_expect_gt(Recycled, 0, "all the memory is other memory, which shows nothing");
}

/* ---- The caller ----------------------------------------------------------------------------------------------- */

/* Nothing is the last call of its function: there the caller's caller would be the one who called. */
#define CALLER __attribute__((__visibility__("default"))) EMU_NOINLINE void

static volatile BOOLEAN Returned;

CALLER FreeWrongly(void);
CALLER FreeUntaggedWrongly(void);
CALLER FreeWronglyWithParameters(void);
CALLER AllocateWrongly(void);
CALLER Allocate2Wrongly(void);
CALLER QueryWrongly(void);

CALLER FreeWrongly(void)
{
    ExFreePoolWithTag(NULL, TAG);
    Returned = TRUE;
}

CALLER FreeUntaggedWrongly(void)
{
    ExFreePool(NULL);
    Returned = TRUE;
}

CALLER FreeWronglyWithParameters(void)
{
    ExFreePool2(NULL, TAG, NULL, 0);
    Returned = TRUE;
}

CALLER AllocateWrongly(void)
{
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, 0);
    Returned = TRUE;
}

CALLER Allocate2Wrongly(void)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExAllocatePool2(POOL_FLAG_PAGED, 10, TAG);
    Returned = TRUE;
}

CALLER QueryWrongly(void)
{
    BOOLEAN QuotaCharged;

    ExQueryPoolBlockSize(NULL, &QuotaCharged);
    Returned = TRUE;
}

typedef struct CALL {
    void (*Caller)(void);
    PCSTR Routine;
} CALL;

static const CALL Calls[] = {
    {FreeWrongly, "ExFreePoolWithTag"},         {FreeUntaggedWrongly, "ExFreePool"},
    {FreeWronglyWithParameters, "ExFreePool2"}, {AllocateWrongly, "ExAllocatePoolWithTag"},
    {Allocate2Wrongly, "ExAllocatePool2"},      {QueryWrongly, "ExQueryPoolBlockSize"},
};

Test(host, the_stop_screen_names_the_caller)
{
    for (SIZE_T Index = 0; Index < COUNT(Calls); Index++) {
        char Screen[4096];
        int Status = RunChild(Calls[Index].Caller, Screen, sizeof(Screen));
        cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "%s: status 0x%X", Calls[Index].Routine, Status);
        cr_expect_not_null(strstr(Screen, "Wrongly"), "%s", Screen);
        cr_expect_not_null(strstr(Screen, " (host.c:"), "%s", Screen);
    }
}

/* ---- Small stacks --------------------------------------------------------------------------------------------- */

static EMU_NOINLINE void *FreeOnSmallStack(void *Context)
{
    ExFreePoolWithTag(NULL, TAG);
    Returned = TRUE;
    return Context;
}

static void StopOnSmallStack(void)
{
    pthread_attr_t Attributes;
    pthread_t Thread;

    pthread_attr_init(&Attributes);
    pthread_attr_setstacksize(&Attributes, (296 + 48) << 10); /* thread variables lie there, too */
    int Error = pthread_create(&Thread, &Attributes, FreeOnSmallStack, NULL);
    if (Error != 0) {
        fprintf(stderr, "no thread: %s\n", strerror(Error));
        return;
    }
    pthread_join(Thread, NULL);
}

/* libdw, which finds the line, takes more stack than such a thread has. */
Test(host, the_stop_screen_of_a_thread_with_a_small_stack_names_the_line)
{
    char Screen[4096];
    int Status = RunChild(StopOnSmallStack, Screen, sizeof(Screen));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "status 0x%X", Status);
    cr_expect_not_null(strstr(Screen, "    by FreeOnSmallStack (host.c:"), "%s", Screen);
}

static void AllocateWithoutKeys(void)
{
    pthread_key_t Key;

    while (pthread_key_create(&Key, NULL) == 0) {
    }
    ExAllocatePoolWithTag(NonPagedPoolNx, 8, TAG);
    _exit(0);
}

Test(host, what_the_emulator_cannot_do_without_ends_the_process_with_the_reason)
{
    char Errors[1024];
    int Status = RunChild(AllocateWithoutKeys, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "status 0x%X", Status);
    cr_expect_str_eq(Errors, "poolemu: no pthread key is left; free one (pthread_key_delete)\n");
}

static EMU_NOINLINE EMU_BUGCHECK StopOfCall(const CALL *Call)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Call->Caller();
    }
    return Stop;
}

Test(host, a_stop_names_the_routine_that_was_called)
{
    for (SIZE_T Index = 0; Index < COUNT(Calls); Index++) {
        EMU_BUGCHECK Stop = StopOfCall(&Calls[Index]);
        PCSTR Routine = Calls[Index].Routine;
        cr_expect_neq(Stop.Code, 0u);
        cr_expect(strncmp(Stop.Text, Routine, strlen(Routine)) == 0 && strchr(" :", Stop.Text[strlen(Routine)]) != NULL,
                  "%s: %s", Routine, Stop.Text);
    }
}

/* ---- Signal handlers ------------------------------------------------------------------------------------------ */

static volatile sig_atomic_t InterruptProtect;

int mprotect(void *Address, size_t Bytes, int Protection);

/* In the place of the C library's: special pool calls it while it holds its lock. */
int mprotect(void *Address, size_t Bytes, int Protection)
{
    if (InterruptProtect) {
        InterruptProtect = 0;
        raise(SIGUSR1);
    }
    return (int)syscall(SYS_mprotect, Address, Bytes, Protection);
}

static void UsePoolInHandler(int Signal)
{
    UNREFERENCED_PARAMETER(Signal);
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), TAG);
}

static void InterruptARoutine(void)
{
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    signal(SIGUSR1, UsePoolInHandler);
    alarm(10);
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), TAG);
    raise(SIGUSR1); /* outside a routine a handler may */
    for (ULONG Round = 0; Round < 10; Round++) {
        InterruptProtect = 1;
        ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), TAG);
    }
}

Test(host, a_signal_handler_that_uses_the_pool_while_its_lock_is_held_ends_the_process_with_words)
{
    char Errors[4096];
    int Status = RunChild(InterruptARoutine, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "0x%x", (unsigned)Status);
    cr_expect_str_eq(Errors, "poolemu: a routine was called on a thread that is inside another one and holds its lock. "
                             "That is not allowed: a signal handler or a callback must not use the pool\n");
}
