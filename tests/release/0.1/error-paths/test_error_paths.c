/* One loop takes every error path of OpenConnection: five calls in it can fail. */
#include <criterion/criterion.h>
#include <string.h>

#include "poolemu.h"

#include "connection.h"

static ULONG Runs;

static VOID OpenAndCloseWithEachFailure(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Connection0");

    Runs = 0;
    EMU_FOR_EACH_FAILURE(Failure)
    {
        CONNECTION *Connection;
        NTSTATUS Status = OpenConnection(&Name, &Connection);

        Runs++;
        cr_expect_eq(Status, Failure == 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
        cr_expect_eq(Connection != NULL, NT_SUCCESS(Status));
        if (Connection != NULL) {
            CloseConnection(Connection);
        }
    }
}

#ifdef AS_FOUND

Test(error_paths, the_connection_is_lost_when_its_name_cannot_be_copied)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        OpenAndCloseWithEachFailure();
    }
    cr_expect_eq(Stop.Code, DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_expect_eq(Stop.Parameter[0], 0x62);
    cr_expect_eq(Stop.Parameter[3], 1);
    cr_expect_not_null(strstr(Stop.Text, "run 2 of 5, in which ExAllocatePool2 of tag 'Conn' failed"), "%s", Stop.Text);
    cr_expect_eq(Runs, 3);
}

#else

Test(error_paths, nothing_is_left_whichever_call_fails)
{
    OpenAndCloseWithEachFailure();
    cr_expect_eq(Runs, 6);
}

#endif
