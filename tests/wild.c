/* wild.c: a driver's access to NULL or another wild address is what it is on Windows, and a crash of a run says which
 * call was failed. */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>

#include "child.h"
#include "support.h"

static volatile ULONG Calls;
static volatile ULONG_PTR Where;

static EMU_NOINLINE VOID Use(VOID)
{
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG), TAG);
}

__attribute__((__no_sanitize__("undefined"))) static EMU_NOINLINE VOID Read(VOID)
{
    Calls += *(volatile UCHAR *)Where;
}

__attribute__((__no_sanitize__("undefined"))) static EMU_NOINLINE VOID Write(VOID)
{
    *(volatile UCHAR *)Where = 1;
    Calls++;
}

__attribute__((__no_sanitize__("undefined"))) static EMU_NOINLINE VOID Execute(VOID)
{
    ((VOID(*)(VOID))Where)();
    Calls++;
}

static EMU_NOINLINE VOID Copy(VOID)
{
    UCHAR To[512];
    volatile SIZE_T Bytes = sizeof(To);

    RtlCopyMemory(To, (PVOID)Where, Bytes);
    Calls += To[Bytes - 1];
}

static EMU_BUGCHECK StopOf(VOID (*Body)(VOID), ULONG_PTR Address, KIRQL Irql)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    Use();
    Where = Address;
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(Irql, &Old);
        Body();
    }
    return Stop;
}

static VOID ExpectStop(const EMU_BUGCHECK *Stop, ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    cr_expect_eq(Stop->Code, Code, "0x%X: %s", Stop->Code, Stop->Text);
    cr_expect_eq(Stop->Parameter[0], P1, "0x%zx", (size_t)Stop->Parameter[0]);
    cr_expect_eq(Stop->Parameter[1], P2, "0x%zx", (size_t)Stop->Parameter[1]);
    cr_expect_eq(Stop->Parameter[2], P3, "0x%zx", (size_t)Stop->Parameter[2]);
    cr_expect_eq(Stop->Parameter[3], P4, "0x%zx", (size_t)Stop->Parameter[3]);
}

static BOOLEAN IsIn(VOID (*Routine)(VOID), ULONG_PTR Instruction)
{
    return Instruction - (ULONG_PTR)Routine < 64;
}

#define VIOLATION ((ULONG_PTR)(LONG_PTR)STATUS_ACCESS_VIOLATION)

/* AddressSanitizer looks at its shadow before each access and copies by code of its own, and both fault in its code. So
 * there is nothing to see of the driver's. */
static BOOLEAN AreAccessesInstrumented(VOID)
{
#if defined(__SANITIZE_ADDRESS__)
    return TRUE;
#else
    return FALSE;
#endif
}

Test(wild, below_DISPATCH_LEVEL_it_is_0x1E_with_0xC0000005)
{
    EMU_BUGCHECK Stop = StopOf(Read, 0x10, APC_LEVEL);
    cr_expect(IsIn(Read, Stop.Parameter[1]));
    ExpectStop(&Stop, 0x1E, VIOLATION, Stop.Parameter[1], 0, 0x10);

    Stop = StopOf(Write, 0, PASSIVE_LEVEL);
    cr_expect(IsIn(Write, Stop.Parameter[1]));
    ExpectStop(&Stop, 0x1E, VIOLATION, Stop.Parameter[1], 1, 0);

    Stop = StopOf(Execute, 0x20, PASSIVE_LEVEL);
    ExpectStop(&Stop, 0x1E, VIOLATION, 0x20, 8, 0x20);
}

Test(wild, from_DISPATCH_LEVEL_on_it_is_0xD1)
{
    EMU_BUGCHECK Stop = StopOf(Write, 0x10, DISPATCH_LEVEL);

    cr_expect(IsIn(Write, Stop.Parameter[3]));
    ExpectStop(&Stop, 0xD1, 0x10, DISPATCH_LEVEL, 1, Stop.Parameter[3]);
}

#if defined(_AMD64_)
Test(wild, in_the_kernels_half_it_is_0x50_and_between_the_halves_0x1E_with_the_address_minus_1)
{
    if (AreAccessesInstrumented()) {
        return;
    }
    EMU_BUGCHECK Stop = StopOf(Read, 0xFFFFA00012345678, PASSIVE_LEVEL);
    cr_expect(IsIn(Read, Stop.Parameter[2]));
    ExpectStop(&Stop, 0x50, 0xFFFFA00012345678, 0, Stop.Parameter[2], 0);

    Stop = StopOf(Write, 0x4141414141414141, PASSIVE_LEVEL);
    ExpectStop(&Stop, 0x1E, VIOLATION, Stop.Parameter[1], 0, MAXULONG_PTR);
}
#endif

/* ---- __try ------------------------------------------------------------------------------------------------------ */

static EMU_NOINLINE NTSTATUS TryToWrite(ULONG_PTR *Kind, ULONG_PTR *Address)
{
    volatile NTSTATUS Status = STATUS_SUCCESS;

    __try {
        Write();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
        *Kind = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0];
        *Address = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[1];
    }
    return Status;
}

Test(wild, a_try_catches_an_access_violation_again_and_again)
{
    Use();
    Where = 0x30;
    for (ULONG Time = 0; Time < 3; Time++) {
        ULONG_PTR Kind = 99, Address = 99;
        cr_expect_eq(TryToWrite(&Kind, &Address), STATUS_ACCESS_VIOLATION);
        cr_expect_eq(Kind, 1);
        cr_expect_eq(Address, 0x30);
    }
}

static VOID Try(VOID)
{
    ULONG_PTR Kind, Address;

    TryToWrite(&Kind, &Address);
    Calls++;
}

Test(wild, a_try_does_not_catch_it_at_DISPATCH_LEVEL)
{
    EMU_BUGCHECK Stop = StopOf(Try, 0x10, DISPATCH_LEVEL);

    ExpectStop(&Stop, 0xD1, 0x10, DISPATCH_LEVEL, 1, Stop.Parameter[3]);
}

/* ---- Nobody catches it ------------------------------------------------------------------------------------------ */

static VOID WriteToNull(VOID)
{
    Use();
    Where = 0;
    Write();
}

static VOID CopyFromNull(VOID)
{
    Use();
    Where = 0;
    Copy();
}

static VOID CallNull(VOID)
{
    Use();
    Where = 0;
    Execute();
}

Test(wild, uncaught_the_screen_names_the_code_and_the_signal_goes_on)
{
    static const struct {
        VOID (*Body)(VOID);
        PCSTR Words;
        PCSTR Code;
    } Cases[] = {
        {WriteToNull, " tried to write to 0x0,", "    by Write (wild.c:"},
        {CopyFromNull, " tried to read 0x0,", "    by Copy (wild.c:"},
        {CallNull, " tried to execute 0x0,", "    by Execute (wild.c:"},
    };
    CHAR Screen[4096];

    if (AreAccessesInstrumented()) {
        return;
    }
    for (SIZE_T Index = 0; Index < COUNT(Cases); Index++) {
        int Status = RunChild(Cases[Index].Body, Screen, sizeof(Screen));
        cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGSEGV, "status 0x%X", Status);
        cr_expect_not_null(strstr(Screen, "*** STOP: 0x0000001E"), "%s", Screen);
        cr_expect_not_null(strstr(Screen, Cases[Index].Words), "%s", Screen);
        cr_expect_not_null(strstr(Screen, Cases[Index].Code), "%s", Screen);
    }
}

static EMU_NOINLINE VOID FreeMdlNowhere(VOID)
{
    Use();
    IoFreeMdl((PMDL)(ULONG_PTR)0x1000);
    Calls++;
}

static EMU_NOINLINE VOID SignalNowhereAtDispatchLevel(VOID)
{
    KIRQL Old;

    Use();
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeSetEvent((PRKEVENT)(ULONG_PTR)0x1000, 0, FALSE);
    Calls++;
}

Test(wild, a_fault_of_the_emulators_own_has_a_screen_that_names_the_drivers_call)
{
    static const struct {
        VOID (*Body)(VOID);
        PCSTR Stop;
        PCSTR Code;
    } Cases[] = {
        {FreeMdlNowhere, "*** STOP: 0x0000001E", "    by FreeMdlNowhere (wild.c:"},
        {SignalNowhereAtDispatchLevel, "*** STOP: 0x0000000A", "    by SignalNowhereAtDispatchLevel (wild.c:"},
    };
    CHAR Screen[4096];

    if (AreAccessesInstrumented()) {
        return;
    }
    for (SIZE_T Index = 0; Index < COUNT(Cases); Index++) {
        int Status = RunChild(Cases[Index].Body, Screen, sizeof(Screen));
        cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGSEGV, "status 0x%X", Status);
        cr_expect_not_null(strstr(Screen, Cases[Index].Stop), "%s", Screen);
        cr_expect_not_null(strstr(Screen, "    poolemu itself tried to "), "%s", Screen);
        cr_expect_not_null(strstr(Screen, Cases[Index].Code), "%s", Screen);
    }
}

static VOID WriteToNullWithoutStops(VOID)
{
    setenv("POOLEMU_FAULT_STOPS", "0", 1);
    StopOf(Write, 0, PASSIVE_LEVEL);
}

Test(wild, POOLEMU_FAULT_STOPS_0_leaves_the_signal_alone)
{
    CHAR Screen[4096];
    int Status = RunChild(WriteToNullWithoutStops, Screen, sizeof(Screen));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGSEGV, "status 0x%X", Status);
    cr_expect_null(strstr(Screen, "***"), "%s", Screen); /* qemu-user may say that the signal ended the program */
}

static void Leave(int Signal)
{
    UNREFERENCED_PARAMETER(Signal);
    _exit(77);
}

static VOID WriteToNullBehindHandler(VOID)
{
    signal(SIGSEGV, Leave);
    WriteToNull();
}

static VOID WriteToNullBeforeHandler(VOID)
{
    Use();
    WriteToNullBehindHandler();
}

Test(wild, a_handler_of_the_programs_gets_the_signal_set_before_the_pool_or_after)
{
    static VOID (*const Bodies[])(VOID) = {WriteToNullBehindHandler, WriteToNullBeforeHandler};
    CHAR Screen[4096];

    for (SIZE_T Index = 0; Index < COUNT(Bodies); Index++) {
        int Status = RunChild(Bodies[Index], Screen, sizeof(Screen));
        cr_expect(WIFEXITED(Status) && WEXITSTATUS(Status) == 77, "status 0x%X", Status);
        cr_expect_str_eq(Screen, "");
    }
}

/* ---- Failed calls ----------------------------------------------------------------------------------------------- */

static EMU_NOINLINE VOID AllocateAndWrite(VOID)
{
    for (ULONG Index = 0; Index < 3; Index++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
        if (Block == NULL && Index < 2) {
            return;
        }
        Where = (ULONG_PTR)Block;
        Write();
        ExFreePoolWithTag(Block, TAG);
    }
}

static VOID LoopOverAllocations(VOID)
{
    EMU_FOR_EACH_FAILURE(Run)
    {
        AllocateAndWrite();
    }
}

Test(wild, a_crash_in_a_failure_loop_says_which_call_was_failed_with_its_stack)
{
    CHAR Screen[8192];

    RunChild(LoopOverAllocations, Screen, sizeof(Screen));
    cr_expect_not_null(strstr(Screen, "    by Write (wild.c:"), "%s", Screen);
    cr_expect_not_null(strstr(Screen, "before that, the 3rd call that can fail was failed by EMU_FOR_EACH_FAILURE:\n"
                                      "failed deliberately: ExAllocatePoolWithTag, tag "),
                       "%s", Screen);
    cr_expect_not_null(strstr(Screen, "\n    AllocateAndWrite (wild.c:"), "%s", Screen);
}
