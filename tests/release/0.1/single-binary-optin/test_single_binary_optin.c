/* The same driver on every Windows: where NX pool exists, executing its block stops the system. */
#include <criterion/criterion.h>

#include "poolemu.h"

#include "driver.h"

static void ExpectBlock(const EMU_WINDOWS *Windows, BOOLEAN Executable)
{
    PDRIVER_OBJECT Driver;
    EMU_BLOCK Block;
    EMU_BUGCHECK Stop;
    volatile ULONG Answer = 0;

    cr_assert(NT_SUCCESS(EmuSetWindows(Windows->Name)));
    cr_assert(NT_SUCCESS(EmuLoadDriver(DriverEntry, "single-binary-optin", &Driver)));
    cr_assert(EmuQueryBlock(GetBlock(), &Block));
    cr_expect_eq(Block.PoolType, Executable ? NonPagedPoolExecute : NonPagedPoolNx, "on %s", Windows->Title);
    cr_expect_eq(Block.Executable, Executable, "on %s", Windows->Title);

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Answer = RunBlock();
    }
    cr_expect_eq(Answer, Executable ? 42 : 0, "on %s", Windows->Title);
    cr_expect_eq(Stop.Code, Executable ? 0 : ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, "on %s", Windows->Title);
    if (!Executable) {
        cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)GetBlock());
    }

    cr_expect(NT_SUCCESS(EmuUnloadDriver(Driver)));
    cr_expect_eq(EmuLeakCount(), 0);
}

static BOOLEAN HasNxPool(const EMU_WINDOWS *Windows)
{
    return Windows->Major * 100 + Windows->Minor >= 602;
}

/* Windows runs on AArch64 since Windows 8 only. */
#if !defined(_ARM64_)
Test(single_binary_optin, block_is_executable_before_windows_8)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);

    for (SIZE_T Row = 0; Row < Count; Row++) {
        if (!HasNxPool(&Table[Row])) {
            ExpectBlock(&Table[Row], TRUE);
        }
    }
}
#endif

Test(single_binary_optin, block_is_no_execute_since_windows_8)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);

    for (SIZE_T Row = 0; Row < Count; Row++) {
        if (HasNxPool(&Table[Row])) {
            ExpectBlock(&Table[Row], FALSE);
        }
    }
}
