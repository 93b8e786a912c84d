/* The file that opted out runs its code on every Windows; the data of the others is no-execute since Windows 8. */
#include <criterion/criterion.h>

#include "poolemu.h"

#include "../answer.h"
#include "driver.h"

static PDRIVER_OBJECT LoadOn(PCSTR Windows)
{
    PDRIVER_OBJECT Driver;

    cr_assert(NT_SUCCESS(EmuSetWindows(Windows)));
    cr_assert(NT_SUCCESS(EmuLoadDriver(DriverEntry, "selective-optout", &Driver)));
    return Driver;
}

static void ExpectNoLeaks(PDRIVER_OBJECT Driver)
{
    cr_expect(NT_SUCCESS(EmuUnloadDriver(Driver)));
    cr_expect_eq(EmuLeakCount(), 0);
}

static void ExpectRoutineRuns(PCSTR Windows)
{
    PDRIVER_OBJECT Driver = LoadOn(Windows);
    EMU_BLOCK Block;

    cr_assert(EmuQueryBlock(GetRoutine(), &Block));
    cr_expect_eq(Block.PoolType, NonPagedPoolExecute);
    cr_expect_eq(CallRoutine(), 42);
    ExpectNoLeaks(Driver);
}

Test(selective_optout, routine_runs_on_windows_7)
{
    ExpectRoutineRuns("win7");
}

Test(selective_optout, routine_runs_on_windows_8)
{
    ExpectRoutineRuns("win8");
}

Test(selective_optout, routine_runs_on_windows_11)
{
    ExpectRoutineRuns("win11-25h2");
}

Test(selective_optout, journal_is_no_execute_on_windows_8)
{
    PDRIVER_OBJECT Driver = LoadOn("win8");
    EMU_BLOCK Block;
    EMU_BUGCHECK Stop;

    cr_assert(EmuQueryBlock(GetJournal(), &Block));
    cr_expect_eq(Block.PoolType, NonPagedPoolNx);

    WriteAnswerCode(GetJournal());
    EMU_CATCH_BUGCHECK(&Stop)
    {
        RunAnswerCode(GetJournal());
    }
    cr_expect_eq(Stop.Code, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)GetJournal());
    ExpectNoLeaks(Driver);
}

/* Windows runs on AArch64 since Windows 8 only. */
#if !defined(_ARM64_)
Test(selective_optout, journal_is_executable_on_windows_7)
{
    PDRIVER_OBJECT Driver = LoadOn("win7");
    EMU_BLOCK Block;

    cr_assert(EmuQueryBlock(GetJournal(), &Block));
    cr_expect_eq(Block.PoolType, NonPagedPoolExecute);
    WriteAnswerCode(GetJournal());
    cr_expect_eq(RunAnswerCode(GetJournal()), 42);
    ExpectNoLeaks(Driver);
}
#endif
