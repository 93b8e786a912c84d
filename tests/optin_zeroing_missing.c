/* Without POOL_ZERO_DOWN_LEVEL_SUPPORT the inline routines rely on the kernel, which before build 19041 does not zero.
 */
#include <criterion/criterion.h>

#include "support.h"

enum {
    DIRT = 0xA5
};

static void ExpectContents(PVOID Dirty, UCHAR *Block, const EMU_WINDOWS *Windows)
{
    cr_assert_eq(Block, Dirty);
    if (ZeroesPool(Windows)) {
        cr_expect(IsFilledWith(Block, 0, 100), "%s", Windows->Title);
    } else {
        cr_expect_eq(Block[99], Leftover(DIRT), "%s", Windows->Title);
    }
    ExFreePool(Block);
}

Test(optin_zeroing_missing, blocks_are_zero_only_where_the_kernel_zeroes_with_or_without_the_call)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (ULONG Call = 0; Call < 2; Call++) {
        for (SIZE_T Row = 0; Row < Rows; Row++) {
            const EMU_WINDOWS *Windows = &Table[Row];
            PVOID Dirty;
            cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
            if (Call != 0) {
                ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
            }
            Dirty = LeaveDirt(PagedPool, 100, DIRT);
            ExpectContents(Dirty, ExAllocatePoolZero(PagedPool, 100, TAG), Windows);
            Dirty = LeaveDirt(NonPagedPoolNx, 100, DIRT);
            ExpectContents(Dirty, ExAllocatePoolQuotaZero(NonPagedPoolNx, 100, TAG), Windows);
            Dirty = LeaveDirt(NonPagedPoolExecute, 100, DIRT);
            ExpectContents(Dirty, ExAllocatePoolPriorityZero(NonPagedPoolExecute, 100, TAG, LowPoolPriority), Windows);
        }
    }
}

Test(optin_zeroing_missing, the_call_leaves_the_flag_FALSE_on_every_Windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        cr_expect_eq(ExPoolZeroingNativelySupported, FALSE, "%s", Table[Row].Title);
    }
}
