/* fault.c: what the program had set for SIGSEGV and SIGBUS before it used the pool goes on as if there were no pool. */
#define _GNU_SOURCE
#include <criterion/criterion.h>

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "child.h"
#include "support.h"

enum {
    HANGS_AFTER = 30, /* seconds: a child that faults for ever is killed and fails */
    TOO_MANY_FAULTS = 5,
    FAILED = 99,
};

static UCHAR *Guarded; /* a page that only a handler makes accessible */
static volatile sig_atomic_t Faults;
static siginfo_t SeenInfo;
static ucontext_t *SeenContext;
static sigset_t SeenMask;
static sigjmp_buf Back;

/* ---- What the children do ------------------------------------------------------------------------------------- */

static void UsePool(void)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        ExFreePoolWithTag(ExAllocatePoolWithTag(Kinds[Kind].Type, 100, TAG), TAG);
    }
}

/* The handler first, then the pool. */
static void Handle(int Signal, void (*Handler)(int Signal), int Flags, int Blocked)
{
    struct sigaction Action = {.sa_handler = Handler, .sa_flags = Flags};

    alarm(HANGS_AFTER);
    sigemptyset(&Action.sa_mask);
    if (Blocked != 0) {
        sigaddset(&Action.sa_mask, Blocked);
    }
    sigaction(Signal, &Action, NULL);
    UsePool();
}

static void HandleWithInfo(void (*Handler)(int Signal, siginfo_t *Info, void *Context))
{
    struct sigaction Action = {.sa_sigaction = Handler, .sa_flags = SA_SIGINFO};

    alarm(HANGS_AFTER);
    sigemptyset(&Action.sa_mask);
    sigaction(SIGSEGV, &Action, NULL);
    UsePool();
}

static void Guard(void)
{
    Guarded = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static EMU_NOINLINE void Touch(void)
{
    *(volatile UCHAR *)Guarded = 1;
}

/* Counts, and makes the write succeed. */
static void Mend(int Signal)
{
    UNREFERENCED_PARAMETER(Signal);
    Faults++;
    pthread_sigmask(SIG_SETMASK, NULL, &SeenMask);
    mprotect(Guarded, PAGE_SIZE, PROT_READ | PROT_WRITE);
}

/* Counts, and lets the write fault again. */
static void CountFaults(int Signal)
{
    UNREFERENCED_PARAMETER(Signal);
    if (write(STDERR_FILENO, "x", 1) != 1 || ++Faults == TOO_MANY_FAULTS) {
        _exit(FAILED);
    }
}

static int RunQuietly(void (*Body)(void))
{
    char Errors[1024];

    return RunChild(Body, Errors, sizeof(Errors));
}

#define EXPECT_SIGNAL(Status, Signal)                                                                                  \
    do {                                                                                                               \
        int Was = (Status);                                                                                            \
        cr_expect(WIFSIGNALED(Was) && WTERMSIG(Was) == (Signal), "the child's status is 0x%X", Was);                   \
    } while (0)

#define EXPECT_EXIT(Status, Code)                                                                                      \
    do {                                                                                                               \
        int Was = (Status);                                                                                            \
        cr_expect(WIFEXITED(Was) && WEXITSTATUS(Was) == (Code), "the child's status is 0x%X", Was);                    \
    } while (0)

/* ---- No handler ----------------------------------------------------------------------------------------------- */

static void *volatile Nothing;

__attribute__((__no_sanitize__("undefined"))) static EMU_NOINLINE void DereferenceNull(void)
{
    *(volatile int *)Nothing = 1;
}

static void FaultWithoutHandler(void)
{
    Handle(SIGSEGV, SIG_DFL, 0, 0);
    DereferenceNull();
}

Test(fault, a_null_dereference_without_a_handler_kills_by_SIGSEGV)
{
    EXPECT_SIGNAL(RunQuietly(FaultWithoutHandler), SIGSEGV);
}

static void SendIgnored(void)
{
    Handle(SIGBUS, SIG_IGN, 0, 0);
    kill(getpid(), SIGBUS);
    kill(getpid(), SIGBUS);
}

Test(fault, an_ignored_SIGBUS_from_kill_is_ignored)
{
    EXPECT_EXIT(RunQuietly(SendIgnored), 0);
}

static void SendIgnoredSegv(void)
{
    Handle(SIGSEGV, SIG_IGN, 0, 0);
    kill(getpid(), SIGSEGV);
    kill(getpid(), SIGSEGV);
}

Test(fault, an_ignored_SIGSEGV_from_kill_is_ignored)
{
    EXPECT_EXIT(RunQuietly(SendIgnoredSegv), 0);
}

static void SendUnhandled(void)
{
    Handle(SIGBUS, SIG_DFL, 0, 0);
    kill(getpid(), SIGBUS);
}

Test(fault, a_SIGBUS_from_kill_without_a_handler_kills)
{
    EXPECT_SIGNAL(RunQuietly(SendUnhandled), SIGBUS);
}

static void FaultIgnored(void)
{
    Handle(SIGSEGV, SIG_IGN, 0, 0);
    DereferenceNull();
}

Test(fault, a_fault_cannot_be_ignored)
{
    EXPECT_SIGNAL(RunQuietly(FaultIgnored), SIGSEGV);
}

/* ---- A handler ------------------------------------------------------------------------------------------------ */

static void FaultAndGoOn(void)
{
    Handle(SIGSEGV, Mend, 0, 0);
    for (int Round = 1; Round <= 3; Round++) {
        Guard();
        Touch();
        if (Faults != Round || *Guarded != 1) {
            _exit(FAILED);
        }
    }
}

Test(fault, the_program_goes_on_where_the_handler_returns)
{
    EXPECT_EXIT(RunQuietly(FaultAndGoOn), 0);
}

static void FaultWithReset(void)
{
    Handle(SIGSEGV, CountFaults, (int)SA_RESETHAND, 0);
    Guard();
    Touch();
}

Test(fault, SA_RESETHAND_is_honoured_the_second_fault_kills)
{
    char Errors[1024];

    EXPECT_SIGNAL(RunChild(FaultWithReset, Errors, sizeof(Errors)), SIGSEGV);
    cr_expect_str_eq(Errors, "x");
}

static void FaultAgainAndAgain(void)
{
    Handle(SIGSEGV, CountFaults, 0, 0);
    Guard();
    Touch();
}

Test(fault, without_SA_RESETHAND_the_handler_stays)
{
    char Errors[1024];

    EXPECT_EXIT(RunChild(FaultAgainAndAgain, Errors, sizeof(Errors)), FAILED);
    cr_expect_str_eq(Errors, "xxxxx");
}

static void FaultWithMask(void)
{
    Handle(SIGSEGV, Mend, 0, SIGUSR1);
    Guard();
    Touch();
    if (!sigismember(&SeenMask, SIGUSR1) || !sigismember(&SeenMask, SIGSEGV) || sigismember(&SeenMask, SIGUSR2)) {
        _exit(FAILED);
    }
}

Test(fault, the_handlers_sa_mask_and_its_signal_are_blocked_while_it_runs)
{
    EXPECT_EXIT(RunQuietly(FaultWithMask), 0);
}

static void FaultWithoutDefer(void)
{
    Handle(SIGSEGV, Mend, SA_NODEFER, SIGUSR1);
    Guard();
    Touch();
    if (!sigismember(&SeenMask, SIGUSR1) || sigismember(&SeenMask, SIGSEGV)) {
        _exit(FAILED);
    }
}

Test(fault, with_SA_NODEFER_the_signal_itself_is_not_blocked)
{
    EXPECT_EXIT(RunQuietly(FaultWithoutDefer), 0);
}

static void FaultAndLookAtMask(void)
{
    sigset_t After;

    Handle(SIGSEGV, Mend, 0, SIGUSR1);
    Guard();
    Touch();
    pthread_sigmask(SIG_SETMASK, NULL, &After);
    if (Faults != 1 || sigismember(&After, SIGUSR1) || sigismember(&After, SIGSEGV)) {
        _exit(FAILED);
    }
}

Test(fault, nothing_is_blocked_when_the_handler_has_returned)
{
    EXPECT_EXIT(RunQuietly(FaultAndLookAtMask), 0);
}

static void MendWithInfo(int Signal, siginfo_t *Info, void *Context)
{
    SeenInfo = *Info;
    SeenContext = Context;
    if (Signal != SIGSEGV || Context == NULL || !sigismember(&SeenContext->uc_sigmask, SIGUSR2)) {
        _exit(FAILED);
    }
    Mend(Signal);
}

/* The context is the kernel's: it has the mask of the code that faulted. */
static void FaultWithInfo(void)
{
    sigset_t Blocked;

    HandleWithInfo(MendWithInfo);
    sigemptyset(&Blocked);
    sigaddset(&Blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &Blocked, NULL);
    Guard();
    Touch();
    if (Faults != 1 || SeenInfo.si_signo != SIGSEGV || SeenInfo.si_code != SEGV_ACCERR || SeenInfo.si_addr != Guarded) {
        _exit(FAILED);
    }
}

Test(fault, a_SA_SIGINFO_handler_gets_the_siginfo_and_the_context)
{
    EXPECT_EXIT(RunQuietly(FaultWithInfo), 0);
}

static void JumpOut(int Signal)
{
    siglongjmp(Back, Signal);
}

static void FaultAndJumpOut(void)
{
    volatile int Jumps = 0;

    Handle(SIGSEGV, JumpOut, 0, 0);
    Guard();
    while (Jumps < 3) {
        if (sigsetjmp(Back, 1) == 0) {
            Touch();
            _exit(FAILED);
        }
        Jumps++;
        UsePool();
    }
}

Test(fault, a_handler_may_siglongjmp_out_again_and_again)
{
    EXPECT_EXIT(RunQuietly(FaultAndJumpOut), 0);
}

/* ---- The emulator's own faults -------------------------------------------------------------------------------- */

static void ExecuteNxPool(void)
{
    for (ULONG Round = 0; Round < 3; Round++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Round], TAG);
        EMU_BUGCHECK Stop;
        WriteCode(Block);
        if (RunCode(Block, &Stop) != 0 || Stop.Code != ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY ||
            Stop.Parameter[0] != (ULONG_PTR)Block) {
            _exit(FAILED);
        }
        ExFreePoolWithTag(Block, TAG);
    }
}

static void ExecuteWithoutHandler(void)
{
    Handle(SIGSEGV, SIG_DFL, 0, 0);
    ExecuteNxPool();
}

Test(fault, executing_nx_pool_is_caught_three_times_in_a_row)
{
    EXPECT_EXIT(RunQuietly(ExecuteWithoutHandler), 0);
}

static void ExecuteWithHandler(void)
{
    Handle(SIGSEGV, CountFaults, (int)SA_RESETHAND, 0);
    ExecuteNxPool();
    Guard();
    Touch();
}

Test(fault, executing_nx_pool_does_not_reach_the_programs_handler_and_other_faults_do)
{
    char Errors[1024];

    EXPECT_SIGNAL(RunChild(ExecuteWithHandler, Errors, sizeof(Errors)), SIGSEGV);
    cr_expect_str_eq(Errors, "x");
}
