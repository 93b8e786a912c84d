/* What the pool types give on each Windows: NX pool exists since Windows 8, before it is executable memory. */
#include <criterion/criterion.h>

#include "support.h"

static void ExpectKinds(const EMU_WINDOWS *Windows)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        BOOLEAN Executable = Kinds[Kind].Executable || (!HasNxPool(Windows) && !Kinds[Kind].Paged);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            EMU_BLOCK Info;
            EMU_BUGCHECK Stop;
            cr_assert(EmuQueryBlock(Block, &Info));
            cr_assert_eq(Info.PoolType, Kinds[Kind].Type, "%s on %s", Kinds[Kind].Name, Windows->Title);
            cr_assert_eq(Info.Executable, Executable, "%s on %s", Kinds[Kind].Name, Windows->Title);
            cr_assert_eq(RightsOf(Block).Execute, Executable, "%s on %s", Kinds[Kind].Name, Windows->Title);
            WriteCode(Block);
            ULONG Answer = RunCode(Block, &Stop);
            cr_assert_eq(Answer, Executable ? CODE_ANSWER : 0, "%s on %s", Kinds[Kind].Name, Windows->Title);
            cr_assert_eq(Stop.Code, Executable ? 0u : 0xFCu, "%s on %s", Kinds[Kind].Name, Windows->Title);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

Test(pool_windows, nx_types_are_executable_before_Windows_8_and_no_execute_since)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        ExpectKinds(&Table[Row]);
    }
}

/* The same in the opposite order, so that no free block of a Windows before is handed out under another one. */
Test(pool_windows, free_blocks_of_another_Windows_are_not_handed_out)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    while (Rows-- > 0) {
        cr_assert_eq(EmuSetWindows(Table[Rows].Name), STATUS_SUCCESS);
        ExpectKinds(&Table[Rows]);
    }
}

Test(pool_windows, blocks_stay_as_they_are_when_the_Windows_changes)
{
    EMU_BUGCHECK Stop;
    EMU_BLOCK Info;

    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    PVOID Old = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    WriteCode(Old);
    cr_assert_eq(EmuSetWindows("win11-24h2"), STATUS_SUCCESS);
    PVOID New = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    WriteCode(New);
    cr_expect_eq(RunCode(Old, &Stop), CODE_ANSWER);
    cr_assert(EmuQueryBlock(Old, &Info));
    cr_expect(Info.Executable);
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_expect_eq(RunCode(New, &Stop), 0);
    cr_expect_eq(Stop.Code, 0xFCu);
    cr_assert(EmuQueryBlock(New, &Info));
    cr_expect_not(Info.Executable);
    EXPECT_NO_STOP(StopOfFree(Old, TAG));
    EXPECT_NO_STOP(StopOfFree(New, TAG));
}

Test(pool_windows, sizes_alignment_and_headers_are_the_same_on_every_Windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            for (SIZE_T Bytes = 1; Bytes <= 4500; Bytes += 173) {
                UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG);
                cr_assert(IS_ALIGNED(Block, Kinds[Kind].CacheAligned ? 64 : UNIT));
                cr_assert(Bytes > PAGE_SIZE || IsOnOnePage(Block, Bytes));
                cr_assert(Bytes <= LARGEST_SMALL || BYTE_OFFSET(Block) == 0);
                cr_assert(Bytes > 4000 || memcmp(Block - EMU_BY_WIDTH(12, 4), "Test", 4) == 0);
                ExFreePoolWithTag(Block, TAG);
            }
        }
    }
}

Test(pool_windows, counters_are_exact_on_every_Windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        EMU_TAG_USAGE Usage;
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), TAG);
        ExAllocatePoolWithTag(PagedPool, 100, TAG);
        EmuQueryTag(TAG, &Usage);
        cr_assert_eq(Usage.NonPaged.Allocs, Row + 1);
        cr_assert_eq(Usage.NonPaged.Frees, Row + 1);
        cr_assert_eq(Usage.NonPaged.Bytes, 0);
        cr_assert_eq(Usage.Paged.Allocs, Row + 1);
        cr_assert_eq(Usage.Paged.Bytes, (Row + 1) * 100);
    }
}
