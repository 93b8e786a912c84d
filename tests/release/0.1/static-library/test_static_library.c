/* Compiled twice, as the driver is: against the right one the library's ring is no-execute on Windows 8, against the
 * wrong one it is not. */
#include <criterion/criterion.h>

#include "poolemu.h"

#include "../answer.h"
#include "driver.h"

/* Answers with what executing the ring's bytes did: 42, or the code of the bug check. */
static ULONG ExecuteRing(PCSTR Windows)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;
    volatile ULONG Answer = 0;

    cr_assert(NT_SUCCESS(EmuSetWindows(Windows)));
    cr_assert(NT_SUCCESS(EmuLoadDriver(DriverEntry, "static-library", &Driver)));
    WriteAnswerCode(GetRing()->Bytes);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Answer = RunAnswerCode(GetRing()->Bytes);
    }
    if (Stop.Code != 0) {
        cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)GetRing()->Bytes);
        Answer = Stop.Code;
    }
    cr_expect(NT_SUCCESS(EmuUnloadDriver(Driver)));
    cr_expect_eq(EmuLeakCount(), 0);
    return Answer;
}

Test(static_library, ring_gives_bytes_in_order)
{
    RING Ring;
    UCHAR Byte;

    cr_assert(NT_SUCCESS(RingCreate(&Ring, 2)));
    cr_expect(RingPut(&Ring, 1));
    cr_expect(RingPut(&Ring, 2));
    cr_expect_not(RingPut(&Ring, 3));
    cr_expect(RingGet(&Ring, &Byte));
    cr_expect_eq(Byte, 1);
    cr_expect(RingPut(&Ring, 3));
    cr_expect(RingGet(&Ring, &Byte));
    cr_expect_eq(Byte, 2);
    cr_expect(RingGet(&Ring, &Byte));
    cr_expect_eq(Byte, 3);
    cr_expect_not(RingGet(&Ring, &Byte));
    RingDelete(&Ring);
}

/* On AArch64 the headers opt in by themselves, for library and driver alike, and Windows begins with Windows 8. */
#if defined(_ARM64_)

Test(static_library, opted_in_whatever_the_driver_says)
{
    cr_expect_eq(ExecuteRing("win8"), ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
}

#else

Test(static_library, executable_on_windows_7)
{
    cr_expect_eq(ExecuteRing("win7"), 42);
}

#if POOL_NX_OPTIN
Test(static_library, opted_in_by_a_driver_that_has_the_macro)
{
    cr_expect_eq(ExecuteRing("win8"), ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
    cr_expect_eq(ExecuteRing("win11-25h2"), ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
}
#else
Test(static_library, left_executable_by_a_driver_without_the_macro)
{
    cr_expect_eq(ExecuteRing("win8"), 42);
    cr_expect_eq(ExecuteRing("win11-25h2"), 42);
}
#endif

#endif
