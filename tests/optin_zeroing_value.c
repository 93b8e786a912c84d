/* POOL_ZERO_DOWN_LEVEL_SUPPORT counts by being defined, unlike the opt-in macros, which count by value. */
#define POOL_ZERO_DOWN_LEVEL_SUPPORT 0

#include <criterion/criterion.h>

#include "support.h"

Test(optin_zeroing_value, defined_as_0_it_zeroes_by_hand_as_well)
{
    cr_assert_eq(EmuSetWindows("win10-1909"), STATUS_SUCCESS);
    PVOID Dirty = LeaveDirt(PagedPool, 100, 0xA5);
    PVOID Block = ExAllocatePoolZero(PagedPool, 100, TAG);
    cr_assert_eq(Block, Dirty);
    cr_expect(IsFilledWith(Block, 0, 100));
}

Test(optin_zeroing_value, defined_as_0_the_call_sets_the_flag_as_well)
{
    ExInitializeDriverRuntime(0);
    cr_expect_eq(ExPoolZeroingNativelySupported, TRUE);
}
