/* The rules that are the same on every Windows, asked on every one; those of routines that came later, from theirs on.
 */
#define NTDDI_VERSION 0x05000000 /* the oldest Windows that this file is for */

#include <criterion/criterion.h>

#include "support.h"

static BOOLEAN IsAtLeast(ULONG Major, ULONG Minor, ULONG Build)
{
    const EMU_WINDOWS *Windows = EmuWindows();
    ULONG64 Actual = (ULONG64)Windows->Major << 40 | (ULONG64)Windows->Minor << 32 | Windows->Build;

    return Actual >= ((ULONG64)Major << 40 | (ULONG64)Minor << 32 | Build);
}

static void OnEveryWindows(void (*Check)(void))
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        Check();
        EmuReset();
    }
}

/* ---- Requests ------------------------------------------------------------------------------------------------- */

EMU_NOINLINE static NTSTATUS StatusOfShortage(PVOID (*Allocate)(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag),
                                              ULONG Modifiers)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        cr_expect_null(Allocate((POOL_TYPE)(PagedPool | Modifiers), MORE_THAN_AN_ARENA, TAG));
    }
    return Status;
}

static void CheckShortage(void)
{
    PCSTR Name = EmuWindows()->Name;
    NTSTATUS Short = STATUS_INSUFFICIENT_RESOURCES;

    cr_expect_eq(StatusOfShortage(ExAllocatePoolWithTag, 0), STATUS_SUCCESS, "%s", Name);
    cr_expect_eq(StatusOfShortage(ExAllocatePoolWithTag, POOL_RAISE_IF_ALLOCATION_FAILURE), Short, "%s", Name);
    cr_expect_eq(StatusOfShortage(ExAllocatePoolZero, 0), STATUS_SUCCESS, "%s", Name);
    cr_expect_eq(StatusOfShortage(ExAllocatePoolWithQuotaTag, 0), Short, "%s", Name);
    cr_expect_eq(StatusOfShortage(ExAllocatePoolWithQuotaTag, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), STATUS_SUCCESS, "%s",
                 Name);
}

Test(rules_windows, a_shortage_is_NULL_or_raises_as_the_routine_and_its_bits_say_on_every_Windows)
{
    OnEveryWindows(CheckShortage);
}

/* ---- Frees ---------------------------------------------------------------------------------------------------- */

static void CheckBadFrees(void)
{
    PCSTR Name = EmuWindows()->Name;
    KIRQL Old;
    ULONG Local;
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 200, TAG);
    UCHAR *Protected = ExAllocatePoolWithTag(PagedPool, 200, TAG | PROTECTED_POOL);

    EXPECT_STOP(StopOfUntaggedFree(NULL), BAD_POOL_CALLER, 0x46, 0, 0, 0);
    EXPECT_STOP(StopOfUntaggedFree(&Local), BAD_POOL_CALLER, 0x46, &Local, 0, 0);
    EXPECT_STOP(StopOfUntaggedFree(Protected), BAD_POOL_CALLER, 0x0A, Protected, TAG | PROTECTED_POOL, 0);
    cr_expect_eq(StopOfFree(Block + (1 << EMU_BY_WIDTH(30, 27)), TAG).Parameter[0],
                 HasHeap(EmuWindows()) ? 0x09u : 0x50u, "%s", Name);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x09, DISPATCH_LEVEL, PagedPool, Block);
    KeLowerIrql(PASSIVE_LEVEL);
    Block[-5] ^= 1;
    cr_expect_eq(StopOfFree(Block, TAG).Code,
                 (ULONG)(HasHeap(EmuWindows()) ? KERNEL_MODE_HEAP_CORRUPTION : BAD_POOL_HEADER), "%s", Name);
    Block[-5] ^= 1;
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    EXPECT_NO_STOP(StopOfFree(Protected, TAG));
}

Test(rules_windows, bad_frees_stop_on_every_Windows)
{
    OnEveryWindows(CheckBadFrees);
}

/* ---- Lookaside lists and sequenced lists ---------------------------------------------------------------------- */

static void CheckExLists(void)
{
    static LOOKASIDE_LIST_EX List;
    POOL_TYPE Nx = HasNxPool(EmuWindows()) ? NonPagedPoolNx : NonPagedPoolExecute;

    if (!IsAtLeast(6, 0, 0)) {
        return;
    }
    cr_expect_eq(ExInitializeLookasideListEx(&List, NULL, NULL, MaxPoolType, 0, 64, TAG, 0),
                 STATUS_INVALID_PARAMETER_4);
    cr_expect_eq(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 3, 64, TAG, 0), STATUS_INVALID_PARAMETER_5);
    cr_assert_eq(ExInitializeLookasideListEx(&List, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0), STATUS_SUCCESS);
    cr_expect_eq((ULONG)List.L.Type, (ULONG)Nx, "%s", EmuWindows()->Name);
    cr_expect(List.L.Depth == 4 && List.L.MaximumDepth == 256, "%s", EmuWindows()->Name);
    ExFreeToLookasideListEx(&List, ExAllocateFromLookasideListEx(&List));
    ExFlushLookasideListEx(&List);
    cr_expect_eq(LiveBlocks(), 0);
    ExDeleteLookasideListEx(&List);
}

Test(rules_windows, Ex_lookaside_lists_are_the_same_on_every_Windows_since_Vista)
{
    OnEveryWindows(CheckExLists);
}

static void CheckSequencedList(void)
{
    static SLIST_ENTRY A, B;
    SLIST_HEADER Head;

    if (IsAtLeast(5, 1, 0)) {
        InitializeSListHead(&Head);
        cr_expect_null(InterlockedPushEntrySList(&Head, &A));
        cr_expect_eq(InterlockedPushEntrySList(&Head, &B), &A);
        cr_expect_eq(ExQueryDepthSList(&Head), 2);
        cr_expect_eq(InterlockedPopEntrySList(&Head), &B);
        cr_expect_eq(InterlockedFlushSList(&Head), &A);
    }
}

Test(rules_windows, sequenced_lists_are_the_same_on_every_Windows_since_XP)
{
    OnEveryWindows(CheckSequencedList);
}

/* ---- ExAllocatePool2 ------------------------------------------------------------------------------------------ */

EMU_NOINLINE static NTSTATUS StatusOfFlags(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag)
{
    NTSTATUS Status;

    cr_expect_null(ExAllocatePool2(Flags, Bytes, Tag));
    EMU_CATCH_EXCEPTION(&Status)
    {
        ExAllocatePool2(Flags | POOL_FLAG_RAISE_ON_FAILURE, Bytes, Tag);
    }
    return Status;
}

static void CheckPool2(void)
{
    if (IsAtLeast(10, 0, 19041)) {
        LeaveDirt(PagedPool, 100, 0xA5);
        UCHAR *Block = ExAllocatePool2(POOL_FLAG_PAGED, 100, TAG);
        cr_expect(IsFilledWith(Block, 0, 100), "%s", EmuWindows()->Name);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
        EXPECT_NO_STOP(StopOfFree(ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, TAG), TAG));
        cr_expect_eq(StatusOfFlags(POOL_FLAG_PAGED, 100, 0), STATUS_INVALID_PARAMETER);
        cr_expect_eq(StatusOfFlags(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 100, TAG), STATUS_INVALID_PARAMETER);
        cr_expect_eq(StatusOfFlags(POOL_FLAG_PAGED, MORE_THAN_AN_ARENA, TAG), STATUS_INSUFFICIENT_RESOURCES);
    }
}

Test(rules_windows, ExAllocatePool2_is_the_same_on_every_Windows_since_10_version_2004)
{
    OnEveryWindows(CheckPool2);
}
