/* Compiled twice, like the driver: each build's block is of the type that the build chose. */
#include <criterion/criterion.h>

#include "poolemu.h"

#include "driver.h"

static void ExpectBlock(PCSTR Windows, BOOLEAN Executable)
{
    PDRIVER_OBJECT Driver;
    EMU_BLOCK Block;
    EMU_BUGCHECK Stop;
    volatile ULONG Answer = 0;

    cr_assert(NT_SUCCESS(EmuSetWindows(Windows)));
    cr_assert(NT_SUCCESS(EmuLoadDriver(DriverEntry, "multi-binary-optin-auto", &Driver)));
    cr_assert(EmuQueryBlock(GetBlock(), &Block));
    cr_expect_eq(Block.PoolType, Executable ? NonPagedPoolExecute : NonPagedPoolNx, "on %s", Windows);

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Answer = RunBlock();
    }
    cr_expect_eq(Answer, Executable ? 42 : 0, "on %s", Windows);
    cr_expect_eq(Stop.Code, Executable ? 0 : ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, "on %s", Windows);
    if (!Executable) {
        cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)GetBlock());
    }

    cr_expect(NT_SUCCESS(EmuUnloadDriver(Driver)));
    cr_expect_eq(EmuLeakCount(), 0);
}

#if POOL_NX_OPTIN_AUTO

Test(multi_binary_optin_auto, windows_8_build_is_no_execute)
{
    ExpectBlock("win8", FALSE);
    ExpectBlock("win8.1", FALSE);
    ExpectBlock("win11-25h2", FALSE);
}

#else

/* The old build still runs on a new Windows, and there its pool is executable still. */
Test(multi_binary_optin_auto, windows_7_build_is_executable)
{
    ExpectBlock("win7", TRUE);
    ExpectBlock("win7sp1", TRUE);
    ExpectBlock("win11-25h2", TRUE);
}

#endif
