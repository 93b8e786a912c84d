/* test_seh.c: the handlers of a driver's compiler and those of a test and of poolemu's headers are one nesting. */
#include <criterion/criterion.h>

#include "ntifs.h"
#include "poolemu.h"

__declspec(dllimport) PVOID LoadLibraryA(PCSTR Name);
__declspec(dllimport) PVOID GetProcAddress(PVOID Module, PCSTR Name);

static NTSTATUS (*TakeQuota)(VOID);
static VOID (*RefuseQuota)(VOID);

static void LoadDriver(void)
{
    PVOID Module = LoadLibraryA(SEH_DRIVER);

    cr_assert_not_null(Module);
    TakeQuota = (NTSTATUS(*)(VOID))(ULONG_PTR)GetProcAddress(Module, "TakeQuota");
    RefuseQuota = (VOID(*)(VOID))(ULONG_PTR)GetProcAddress(Module, "RefuseQuota");
    cr_assert(TakeQuota != NULL && RefuseQuota != NULL);
}

TestSuite(seh, .init = LoadDriver);

Test(seh, a_handler_inside_EMU_CATCH_EXCEPTION_comes_first)
{
    volatile NTSTATUS Taken = STATUS_SUCCESS;
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        Taken = TakeQuota();
    }
    cr_expect_eq(Taken, STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(Status, STATUS_SUCCESS);
}

Test(seh, what_it_refuses_EMU_CATCH_EXCEPTION_gets)
{
    for (ULONG Round = 0; Round < 3; Round++) {
        NTSTATUS Status;
        EMU_CATCH_EXCEPTION(&Status)
        {
            RefuseQuota();
        }
        cr_expect_eq(Status, STATUS_QUOTA_EXCEEDED);
    }
}

Test(seh, what_it_refuses_is_a_bug_check_when_nobody_else_is_there)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        RefuseQuota();
    }
    cr_expect_eq(Stop.Code, KMODE_EXCEPTION_NOT_HANDLED);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)(LONG_PTR)STATUS_QUOTA_EXCEEDED);
}

Test(seh, a_handler_inside_a_try_of_poolemus_headers_comes_first)
{
    volatile NTSTATUS Taken = STATUS_SUCCESS;
    volatile ULONG Handled = 0;

    __try {
        Taken = TakeQuota();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handled++;
    }
    cr_expect_eq(Taken, STATUS_QUOTA_EXCEEDED);
    cr_expect_eq(Handled, 0);
}

Test(seh, what_it_refuses_the_try_of_poolemus_headers_gets)
{
    volatile NTSTATUS Code = STATUS_SUCCESS;

    __try {
        RefuseQuota();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    cr_expect_eq(Code, STATUS_QUOTA_EXCEEDED);
}
