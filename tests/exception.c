/* exception.c: __try, __except, __finally, ExRaiseStatus and EMU_CATCH_EXCEPTION, and how they nest. */
#include <criterion/criterion.h>

#include <signal.h>

#include "child.h"
#include "poolemu.h"

/* ---- EMU_CATCH_EXCEPTION -------------------------------------------------------------------------------------- */

Test(exception, a_block_without_one_succeeds)
{
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    volatile ULONG Runs = 0;

    EMU_CATCH_EXCEPTION(&Status)
    {
        Runs++;
    }

    cr_assert_eq(Runs, 1);
    cr_assert_eq(Status, STATUS_SUCCESS);
}

Test(exception, a_raise_ends_the_block)
{
    NTSTATUS Status;
    volatile BOOLEAN Behind = FALSE;

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        Behind = TRUE;
    }

    cr_assert_not(Behind);
    cr_assert_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
}

Test(exception, the_other_raisers_have_their_status)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExRaiseAccessViolation();
    }
    cr_assert_eq(Status, STATUS_ACCESS_VIOLATION);

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExRaiseDatatypeMisalignment();
    }
    cr_assert_eq(Status, STATUS_DATATYPE_MISALIGNMENT);
}

Test(exception, without_one_the_irql_stays_as_the_block_left_it)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        KeRaiseIrqlToDpcLevel();
    }
    cr_assert_eq(Status, STATUS_SUCCESS);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

Test(exception, after_one_the_irql_is_that_at_entry)
{
    NTSTATUS Status;
    KIRQL Old;

    KeRaiseIrql(APC_LEVEL, &Old);
    EMU_CATCH_EXCEPTION(&Status)
    {
        KeRaiseIrqlToDpcLevel();
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    cr_assert_eq(KeGetCurrentIrql(), APC_LEVEL);
}

static VOID RaiseInside(NTSTATUS *Inner)
{
    EMU_CATCH_EXCEPTION(Inner)
    {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
}

Test(exception, the_innermost_block_catches)
{
    NTSTATUS Outer;
    static NTSTATUS Inner;

    EMU_CATCH_EXCEPTION(&Outer)
    {
        RaiseInside(&Inner);
    }
    cr_assert_eq(Inner, STATUS_NO_MEMORY);
    cr_assert_eq(Outer, STATUS_SUCCESS);

    EMU_CATCH_EXCEPTION(&Outer)
    {
        RaiseInside(&Inner);
        ExRaiseStatus(STATUS_QUOTA_EXCEEDED);
    }
    cr_assert_eq(Inner, STATUS_NO_MEMORY);
    cr_assert_eq(Outer, STATUS_QUOTA_EXCEEDED);
}

static VOID RaiseBehindBreak(NTSTATUS *Inner)
{
    EMU_CATCH_EXCEPTION(Inner)
    {
        break;
    }

    ExRaiseStatus(STATUS_QUOTA_EXCEEDED);
}

Test(exception, break_leaves_the_block)
{
    NTSTATUS Outer;
    static NTSTATUS Inner;

    EMU_CATCH_EXCEPTION(&Outer)
    {
        RaiseBehindBreak(&Inner);
    }

    cr_assert_eq(Inner, STATUS_SUCCESS);
    cr_assert_eq(Outer, STATUS_QUOTA_EXCEEDED);
}

static VOID RaiseThroughBugCheckBlock(EMU_BUGCHECK *Stop)
{
    EMU_CATCH_BUGCHECK(Stop)
    {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
}

Test(exception, an_exception_passes_a_block_that_catches_bug_checks)
{
    static EMU_BUGCHECK Stop;
    NTSTATUS Status;
    volatile NTSTATUS Handled = STATUS_SUCCESS;

    EMU_CATCH_EXCEPTION(&Status)
    {
        RaiseThroughBugCheckBlock(&Stop);
    }
    cr_assert_eq(Status, STATUS_NO_MEMORY);
    cr_assert_eq(Stop.Code, 0);

    __try {
        RaiseThroughBugCheckBlock(&Stop);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handled = GetExceptionCode();
    }
    cr_assert_eq(Handled, STATUS_NO_MEMORY);
    cr_assert_eq(Stop.Code, 0);
}

Test(exception, passing_a_block_unlinks_it)
{
    static EMU_BUGCHECK Inner;
    EMU_BUGCHECK Outer;
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        RaiseThroughBugCheckBlock(&Inner);
    }
    EMU_CATCH_BUGCHECK(&Outer)
    {
        KeBugCheck(BAD_POOL_CALLER);
    }

    cr_assert_eq(Outer.Code, 0xC2);
    cr_assert_eq(Inner.Code, 0);
}

/* ---- Nobody handles it ---------------------------------------------------------------------------------------- */

static __attribute__((noinline)) VOID RaiseHere(VOID)
{
    ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
}

Test(exception, unhandled_it_is_kmode_exception_not_handled)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        RaiseHere();
    }

    cr_assert_eq(Stop.Code, 0x1E);
    cr_assert_str_eq(Stop.Name, "KMODE_EXCEPTION_NOT_HANDLED");
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)0xFFFFFFFFC000009A);
    cr_assert_gt(Stop.Parameter[1], (ULONG_PTR)RaiseHere);
    cr_assert_lt(Stop.Parameter[1], (ULONG_PTR)RaiseHere + 256);
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
}

static void RaiseAndNobodyHandles(void)
{
    ExRaiseStatus(STATUS_NO_MEMORY);
}

Test(exception, without_any_block_it_ends_the_process)
{
    char Screen[4096];
    int Status = RunChild(RaiseAndNobodyHandles, Screen, sizeof(Screen));

    cr_assert(WIFSIGNALED(Status));
    cr_assert_eq(WTERMSIG(Status), SIGABRT);
    cr_assert_not_null(
        strstr(Screen, EMU_BY_WIDTH("*** STOP: 0x0000001E (0xFFFFFFFFC0000017,", "*** STOP: 0x0000001E (0xC0000017,")),
        "%s", Screen);
    cr_assert_not_null(strstr(Screen, "KMODE_EXCEPTION_NOT_HANDLED"));
    cr_assert_not_null(strstr(Screen, "0xC0000017"));
}

/* ---- __try and __except --------------------------------------------------------------------------------------- */

Test(exception, a_try_without_exception_skips_the_handler)
{
    volatile ULONG Steps = 0;

    __try {
        Steps = Steps * 10 + 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Steps = Steps * 10 + 2;
    }

    cr_assert_eq(Steps, 1);
}

Test(exception, the_handler_runs_once_and_execution_goes_on_behind_it)
{
    volatile ULONG Steps = 0;

    __try {
        Steps = Steps * 10 + 1;
        ExRaiseStatus(STATUS_NO_MEMORY);
        Steps = Steps * 10 + 9;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Steps = Steps * 10 + 2;
    }
    Steps = Steps * 10 + 3;

    cr_assert_eq(Steps, 123);
}

Test(exception, filter_and_handler_see_the_exception)
{
    volatile NTSTATUS InFilter = STATUS_SUCCESS;
    volatile NTSTATUS InHandler = STATUS_SUCCESS;
    PVOID volatile Address = NULL;
    volatile ULONG Parameters = 99;

    __try {
        RaiseHere();
    } __except (InFilter = GetExceptionCode(), Address = GetExceptionInformation()->ExceptionRecord->ExceptionAddress,
                Parameters = GetExceptionInformation()->ExceptionRecord->NumberParameters, EXCEPTION_EXECUTE_HANDLER) {
        InHandler = GetExceptionCode();
    }

    cr_assert_eq(InFilter, STATUS_INSUFFICIENT_RESOURCES);
    cr_assert_eq(InHandler, STATUS_INSUFFICIENT_RESOURCES);
    cr_assert_eq(Parameters, 0);
    cr_assert_gt((ULONG_PTR)Address, (ULONG_PTR)RaiseHere);
    cr_assert_lt((ULONG_PTR)Address, (ULONG_PTR)RaiseHere + 256);
}

Test(exception, a_filter_that_continues_the_search_leaves_it_to_the_outer_try)
{
    volatile ULONG Steps = 0;

    __try {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __except (Steps = Steps * 10 + 1, EXCEPTION_CONTINUE_SEARCH) {
            Steps = Steps * 10 + 9;
        }
        Steps = Steps * 10 + 8;
    } __except (GetExceptionCode() == STATUS_NO_MEMORY ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        Steps = Steps * 10 + 2;
    }

    cr_assert_eq(Steps, 12);
}

Test(exception, a_handler_may_raise_again)
{
    volatile NTSTATUS Outer = STATUS_SUCCESS;
    volatile NTSTATUS Inner = STATUS_SUCCESS;

    __try {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Inner = GetExceptionCode();
            ExRaiseStatus(STATUS_UNSUCCESSFUL);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outer = GetExceptionCode();
    }

    cr_assert_eq(Inner, STATUS_NO_MEMORY);
    cr_assert_eq(Outer, STATUS_UNSUCCESSFUL);
}

Test(exception, execution_cannot_be_continued)
{
    volatile NTSTATUS Outer = STATUS_SUCCESS;
    volatile NTSTATUS Original = STATUS_SUCCESS;

    __try {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __except (EXCEPTION_CONTINUE_EXECUTION) {
            Outer = STATUS_UNSUCCESSFUL;
        }
    } __except (Original = GetExceptionInformation()->ExceptionRecord->ExceptionRecord->ExceptionCode,
                EXCEPTION_EXECUTE_HANDLER) {
        Outer = GetExceptionCode();
    }

    cr_assert_eq(Outer, STATUS_NONCONTINUABLE_EXCEPTION);
    cr_assert_eq(Original, STATUS_NO_MEMORY);
}

Test(exception, leave_goes_behind_the_body)
{
    volatile ULONG Steps = 0;

    __try {
        Steps = Steps * 10 + 1;
        __leave;
        Steps = Steps * 10 + 9;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Steps = Steps * 10 + 8;
    }
    Steps = Steps * 10 + 2;

    cr_assert_eq(Steps, 12);
}

static ULONG ReturnFromTry(VOID)
{
    __try {
        return 7;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 8;
    }

    return 9;
}

Test(exception, return_and_break_leave_the_try)
{
    NTSTATUS Status;

    cr_assert_eq(ReturnFromTry(), 7);
    for (;;) {
        __try {
            break;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            cr_assert_fail();
        }
    }

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    cr_assert_eq(Status, STATUS_NO_MEMORY);
}

Test(exception, the_irql_stays_as_at_the_raise)
{
    __try {
        KeRaiseIrqlToDpcLevel();
        ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
    }
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

/* ---- __finally ------------------------------------------------------------------------------------------------ */

Test(exception, finally_runs_behind_the_body)
{
    volatile ULONG Steps = 0;

    __try {
        Steps = Steps * 10 + 1;
    } __finally {
        Steps = Steps * 10 + 2;
        cr_assert_not(AbnormalTermination());
    }
    Steps = Steps * 10 + 3;

    cr_assert_eq(Steps, 123);
}

Test(exception, finally_runs_and_the_exception_goes_on)
{
    volatile ULONG Steps = 0;
    volatile BOOLEAN Abnormal = FALSE;

    __try {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __finally {
            Abnormal = AbnormalTermination() != 0;
            Steps = Steps * 10 + 1;
        }
        Steps = Steps * 10 + 9;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        cr_assert_eq(GetExceptionCode(), STATUS_NO_MEMORY);
        Steps = Steps * 10 + 2;
    }

    cr_assert(Abnormal);
    cr_assert_eq(Steps, 12);
}

Test(exception, finally_runs_on_the_way_to_the_test)
{
    NTSTATUS Status;
    volatile ULONG Steps = 0;

    EMU_CATCH_EXCEPTION(&Status)
    {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __finally {
            Steps = Steps * 10 + 1;
        }
        Steps = Steps * 10 + 9;
    }

    cr_assert_eq(Steps, 1);
    cr_assert_eq(Status, STATUS_NO_MEMORY);
}

Test(exception, leave_runs_finally)
{
    volatile ULONG Steps = 0;

    __try {
        Steps = Steps * 10 + 1;
        __leave;
    } __finally {
        Steps = Steps * 10 + 2;
    }

    cr_assert_eq(Steps, 12);
}

Test(exception, an_exception_in_finally_replaces_the_first)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __finally {
            ExRaiseStatus(STATUS_UNSUCCESSFUL);
        }
    }

    cr_assert_eq(Status, STATUS_UNSUCCESSFUL);
}

/* ---- The driver's handlers and the test's --------------------------------------------------------------------- */

static NTSTATUS HandleInside(VOID)
{
    volatile NTSTATUS Handled = STATUS_SUCCESS;

    __try {
        ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handled = GetExceptionCode();
    }

    return Handled;
}

Test(exception, a_try_inside_a_block_handles_first)
{
    NTSTATUS Status;
    volatile NTSTATUS Handled = STATUS_SUCCESS;

    EMU_CATCH_EXCEPTION(&Status)
    {
        Handled = HandleInside();
    }

    cr_assert_eq(Handled, STATUS_NO_MEMORY);
    cr_assert_eq(Status, STATUS_SUCCESS);
}

Test(exception, a_block_inside_a_try_catches_first)
{
    static NTSTATUS Status;
    volatile BOOLEAN Handled = FALSE;

    __try {
        RaiseInside(&Status);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handled = TRUE;
    }

    cr_assert_eq(Status, STATUS_NO_MEMORY);
    cr_assert_not(Handled);
}

Test(exception, a_bug_check_inside_a_try_unlinks_it)
{
    EMU_BUGCHECK Stop;
    NTSTATUS Status;
    volatile BOOLEAN Handled = FALSE;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        __try {
            KeBugCheck(BAD_POOL_CALLER);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Handled = TRUE;
        }
    }
    cr_assert_eq(Stop.Code, 0xC2);

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    cr_assert_eq(Status, STATUS_NO_MEMORY);
    cr_assert_not(Handled);
}

Test(exception, a_bug_check_in_a_handler_is_caught)
{
    EMU_BUGCHECK Stop;
    volatile ULONG Steps = 0;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        __try {
            ExRaiseStatus(STATUS_NO_MEMORY);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            KeBugCheck(BAD_POOL_CALLER);
        }
    }
    cr_assert_eq(Stop.Code, 0xC2);

    __try {
        Steps = Steps * 10 + 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Steps = Steps * 10 + 9;
    }
    cr_assert_eq(Steps, 1);
}
