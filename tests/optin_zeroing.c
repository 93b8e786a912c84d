/* POOL_ZERO_DOWN_LEVEL_SUPPORT: the inline routines zero by hand unless ExInitializeDriverRuntime found that the kernel
 * does. Each test recycles a dirty block, as a fresh one may be zero by luck. */
#define POOL_ZERO_DOWN_LEVEL_SUPPORT

#include <criterion/criterion.h>

#include "support.h"

enum {
    DIRT = 0xA5
};

static const SIZE_T SomeSizes[] = {1, 16, 100, 1000, 4000, 4096, 20000};

static void UseWindows(PCSTR Name)
{
    cr_assert_eq(EmuSetWindows(Name), STATUS_SUCCESS, "%s", Name);
    ExPoolZeroingNativelySupported = FALSE;
}

static void ExpectZeroed(PVOID Block, SIZE_T Bytes, PCSTR Windows)
{
    cr_assert_not_null(Block);
    cr_expect(IsFilledWith(Block, 0, Bytes), "%zu bytes on %s", (size_t)Bytes, Windows);
    ExFreePool(Block);
}

/* The file says that it zeroes where the kernel does not. */
Test(optin_zeroing, with_the_macro_nothing_is_a_violation)
{
    UseWindows("win10-1909");
    ExAllocatePoolZero(PagedPool, 100, TAG);
    ExAllocatePoolQuotaZero(PagedPool, 100, TAG);
    ExAllocatePoolPriorityZero(PagedPool, 100, TAG, LowPoolPriority);
    cr_expect_eq(EmuViolationCount(), 0);
}

static void ExpectAllZeroed(PCSTR Windows)
{
    for (SIZE_T Size = 0; Size < COUNT(SomeSizes); Size++) {
        SIZE_T Bytes = SomeSizes[Size];
        LeaveDirt(PagedPool, Bytes, DIRT);
        ExpectZeroed(ExAllocatePoolZero(PagedPool, Bytes, TAG), Bytes, Windows);
        LeaveDirt(NonPagedPoolNx, Bytes, DIRT);
        ExpectZeroed(ExAllocatePoolZero(NonPagedPoolNx, Bytes, TAG), Bytes, Windows);
        LeaveDirt(PagedPool, Bytes, DIRT);
        ExpectZeroed(ExAllocatePoolQuotaZero(PagedPool, Bytes, TAG), Bytes, Windows);
        LeaveDirt(PagedPool, Bytes, DIRT);
        ExpectZeroed(ExAllocatePoolPriorityZero(PagedPool, Bytes, TAG, LowPoolPriority), Bytes, Windows);
    }
}

Test(optin_zeroing, the_flag_starts_FALSE)
{
    cr_expect_eq(ExPoolZeroingNativelySupported, FALSE);
}

Test(optin_zeroing, the_call_sets_the_flag_where_the_kernel_zeroes_and_only_there)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        UseWindows(Table[Row].Name);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        cr_expect_eq(ExPoolZeroingNativelySupported, ZeroesPool(&Table[Row]), "%s", Table[Row].Title);
    }
}

Test(optin_zeroing, version_1909_is_not_taken_for_one_that_zeroes)
{
    UseWindows("win10-1909");
    ExInitializeDriverRuntime(0);
    cr_expect_eq(ExPoolZeroingNativelySupported, FALSE);
    UseWindows("win10-2004");
    ExInitializeDriverRuntime(0);
    cr_expect_eq(ExPoolZeroingNativelySupported, TRUE);
}

Test(optin_zeroing, blocks_are_zero_on_every_Windows_after_the_call)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        UseWindows(Table[Row].Name);
        ExInitializeDriverRuntime(0);
        ExpectAllZeroed(Table[Row].Title);
    }
}

Test(optin_zeroing, blocks_are_zero_on_every_Windows_without_the_call)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        UseWindows(Table[Row].Name);
        ExpectAllZeroed(Table[Row].Title);
        cr_expect_eq(ExPoolZeroingNativelySupported, FALSE);
    }
}

/* What drivers built with the first kit that had these routines did on version 1909. */
Test(optin_zeroing, nothing_is_zeroed_by_hand_when_the_flag_is_TRUE)
{
    UseWindows("win10-1909");
    ExPoolZeroingNativelySupported = TRUE;
    PVOID Dirty = LeaveDirt(PagedPool, 100, DIRT);
    UCHAR *Block = ExAllocatePoolZero(PagedPool, 100, TAG);
    cr_assert_eq(Block, Dirty);
    cr_expect_eq(Block[99], Leftover(DIRT));
}

Test(optin_zeroing, exactly_the_bytes_asked_for_are_zeroed_by_hand)
{
    UseWindows("win10-1909");
    PVOID Dirty = LeaveDirt(PagedPool, 100, DIRT);
    UCHAR *Block = ExAllocatePoolZero(PagedPool, 97, TAG);
    cr_assert_eq(Block, Dirty);
    cr_expect(IsFilledWith(Block, 0, 97));
    cr_expect_eq(Block[97], DIRT);
}

Test(optin_zeroing, a_shortage_is_still_NULL)
{
    UseWindows("win10-1909");
    cr_expect_null(ExAllocatePoolZero(PagedPool, (SIZE_T)1 << EMU_BY_WIDTH(40, 30), TAG));
    cr_expect_null(ExAllocatePoolPriorityZero(PagedPool, (SIZE_T)1 << EMU_BY_WIDTH(40, 30), TAG, LowPoolPriority));
}

Test(optin_zeroing, the_uninitialized_routines_zero_nothing)
{
    UseWindows("win10-1909");
    PVOID Dirty = LeaveDirt(PagedPool, 100, DIRT);
    UCHAR *Block = ExAllocatePoolUninitialized(PagedPool, 100, TAG);
    cr_assert_eq(Block, Dirty);
    cr_expect_eq(Block[99], Leftover(DIRT));
}
