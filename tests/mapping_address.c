/* MmAllocateMappingAddress and its relatives: addresses that are reserved first and mapped to later. */
#include <criterion/criterion.h>

#include "access.h"

enum {
    OWNER = 'nwoM',
};

static PUCHAR Reserved;
static PUCHAR Block;
static PMDL Mdl;

/* Four pages of addresses, and a locked MDL of three pages that begins inside a page. */
static void Make(void)
{
    Reserved = MmAllocateMappingAddress(4 * PAGE_SIZE - 10, OWNER);
    cr_assert_not_null(Reserved);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG);
    Mdl = IoAllocateMdl(Block + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
}

TestSuite(mapping_address, .init = Make);

static PVOID Map(VOID)
{
    return MmMapLockedPagesWithReservedMapping(Reserved, OWNER, Mdl, MmCached);
}

typedef VOID STEP(VOID);

static EMU_NOINLINE EMU_BUGCHECK StopOf(STEP *Step)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Step();
    }
    return Stop;
}

/* ---- Reserving ------------------------------------------------------------------------------------------------ */

Test(mapping_address, it_begins_on_a_page_and_has_no_memory)
{
    cr_expect_eq((ULONG_PTR)Reserved % PAGE_SIZE, 0u);
    for (SIZE_T Page = 0; Page < 4; Page++) {
        EMU_BUGCHECK Stop = StopOfRead(Reserved + Page * PAGE_SIZE);
        EXPECT_STOP(Stop, PAGE_FAULT_IN_NONPAGED_AREA, Reserved + Page * PAGE_SIZE, 0, Stop.Parameter[2], 0);
    }
}

static VOID ReserveNothing(VOID)
{
    MmAllocateMappingAddress(0, OWNER);
}

static VOID ReserveNothingEx(VOID)
{
    MmAllocateMappingAddressEx(0, OWNER, 0);
}

Test(mapping_address, zero_bytes_are_0x100)
{
    EMU_BUGCHECK Stop = StopOf(ReserveNothing);
    EXPECT_STOP(Stop, SYSTEM_PTE_MISUSE, 0x100, 0, OWNER, Stop.Parameter[3]);
    cr_expect_neq(Stop.Parameter[3], 0u, "the caller");
    Stop = StopOf(ReserveNothingEx);
    EXPECT_STOP(Stop, SYSTEM_PTE_MISUSE, 0x100, 0, OWNER, Stop.Parameter[3]);
}

Test(mapping_address, more_addresses_than_there_are_is_NULL)
{
    cr_expect_null(MmAllocateMappingAddress((SIZE_T)1 << EMU_BY_WIDTH(40, 30), OWNER));
    cr_expect_null(MmAllocateMappingAddress(MAXSIZE_T, OWNER));
}

Test(mapping_address, the_Ex_routine_reserves_as_well)
{
    PUCHAR Other = MmAllocateMappingAddressEx(1, OWNER, 0);

    cr_assert_not_null(Other);
    Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    cr_expect_eq(MmMapLockedPagesWithReservedMapping(Other, OWNER, Mdl, MmCached), Other);
    MmUnmapReservedMapping(Other, OWNER, Mdl);
    MmFreeMappingAddress(Other, OWNER);
}

static VOID FreeIt(VOID)
{
    MmFreeMappingAddress(Reserved, OWNER);
}

static VOID FreeAsAnother(VOID)
{
    MmFreeMappingAddress(Reserved, TAG);
}

static VOID FreeInside(VOID)
{
    MmFreeMappingAddress(Reserved + PAGE_SIZE, OWNER);
}

Test(mapping_address, a_free_wants_the_address_and_the_tag)
{
    EXPECT_STOP(StopOf(FreeAsAnother), SYSTEM_PTE_MISUSE, 0x101, Reserved, TAG, OWNER);
    EXPECT_STOP(StopOf(FreeInside), SYSTEM_PTE_MISUSE, 0x102, Reserved + PAGE_SIZE, OWNER, 0);
    EXPECT_NO_STOP(StopOf(FreeIt));
    EXPECT_STOP(StopOf(FreeIt), SYSTEM_PTE_MISUSE, 0x102, Reserved, OWNER, 0);
}

Test(mapping_address, a_free_of_a_range_in_use_is_0x103)
{
    Map();
    EXPECT_STOP(StopOf(FreeIt), SYSTEM_PTE_MISUSE, 0x103, Reserved, OWNER, 4);
    MmUnmapReservedMapping(Reserved, OWNER, Mdl);
    EXPECT_NO_STOP(StopOf(FreeIt));
}

/* ---- Mapping -------------------------------------------------------------------------------------------------- */

Test(mapping_address, a_mapping_appears_there_with_the_byte_offset_of_the_mdl)
{
    FillPattern(Block, 4 * PAGE_SIZE, 1);
    PUCHAR Mapped = Map();
    cr_expect_eq(Mapped, Reserved + BYTE_OFFSET(Block + 100));
    cr_expect_eq(Mdl->MappedSystemVa, Reserved, "without the offset, as the page of the routine says");
    cr_expect_eq(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, MDL_MAPPED_TO_SYSTEM_VA);
    cr_expect_arr_eq(Mapped, Block + 100, 2 * PAGE_SIZE);
    Mapped[5] = 77;
    cr_expect_eq(Block[105], 77);
    cr_expect_eq(StopOfRead(Reserved + 3 * PAGE_SIZE).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA, "the fourth page");
    MmUnmapReservedMapping(Reserved, OWNER, Mdl);
    cr_expect_eq(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    cr_expect_eq(StopOfRead(Reserved).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    cr_expect_eq(Block[105], 77);
}

Test(mapping_address, the_same_addresses_are_used_again_and_again)
{
    for (ULONG Round = 0; Round < 50; Round++) {
        PUCHAR Mapped = Map();
        cr_assert_eq(Mapped, Reserved + BYTE_OFFSET(Block + 100));
        Mapped[Round] = (UCHAR)Round;
        MmUnmapReservedMapping(Mapped, OWNER, Mdl);
        cr_assert_eq(Block[100 + Round], (UCHAR)Round);
    }
}

Test(mapping_address, the_mapping_is_executable)
{
    EMU_BUGCHECK Stop;

    WriteCode(Block + 100);
    cr_expect_eq(RunCode(Map(), &Stop), (ULONG)CODE_ANSWER);
}

Test(mapping_address, an_mdl_that_is_larger_than_the_range_is_NULL)
{
    PUCHAR Small = MmAllocateMappingAddress(2 * PAGE_SIZE, OWNER);

    cr_expect_null(MmMapLockedPagesWithReservedMapping(Small, OWNER, Mdl, MmCached));
    cr_expect_eq(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
}

static VOID MapIt(VOID)
{
    Map();
}

static VOID MapAsAnother(VOID)
{
    MmMapLockedPagesWithReservedMapping(Reserved, TAG, Mdl, MmCached);
}

static VOID MapInside(VOID)
{
    MmMapLockedPagesWithReservedMapping(Reserved + PAGE_SIZE, OWNER, Mdl, MmCached);
}

static VOID MapIntoPool(VOID)
{
    MmMapLockedPagesWithReservedMapping(Block, OWNER, Mdl, MmCached);
}

Test(mapping_address, mapping_wants_a_reserved_range_its_tag_and_that_it_is_empty)
{
    EXPECT_STOP(StopOf(MapAsAnother), SYSTEM_PTE_MISUSE, 0x104, Reserved, TAG, OWNER);
    EXPECT_STOP(StopOf(MapInside), SYSTEM_PTE_MISUSE, 0x105, Reserved + PAGE_SIZE, OWNER, 0);
    EXPECT_STOP(StopOf(MapIntoPool), SYSTEM_PTE_MISUSE, 0x105, Block, OWNER, 0);
    EXPECT_NO_STOP(StopOf(MapIt));
    EXPECT_STOP(StopOf(MapIt), SYSTEM_PTE_MISUSE, 0x107, Reserved, Reserved, Reserved + 3 * PAGE_SIZE);
}

Test(mapping_address, mapping_wants_locked_pages)
{
    MmUnlockPages(Mdl);
    EMU_BUGCHECK Stop = StopOf(MapIt);
    EXPECT_STOP(Stop, MEMORY_MANAGEMENT, 0x1236, Mdl, Mdl + 1, Stop.Parameter[3]);
}

/* ---- Unmapping ------------------------------------------------------------------------------------------------ */

static PMDL Other;

static VOID UnmapIt(VOID)
{
    MmUnmapReservedMapping(Reserved, OWNER, Mdl);
}

static VOID UnmapAsAnother(VOID)
{
    MmUnmapReservedMapping(Reserved, TAG, Mdl);
}

static VOID UnmapInside(VOID)
{
    MmUnmapReservedMapping(Reserved + PAGE_SIZE, OWNER, Mdl);
}

static VOID UnmapOther(VOID)
{
    MmUnmapReservedMapping(Reserved, OWNER, Other);
}

Test(mapping_address, unmapping_wants_the_range_its_tag_and_all_pages_of_the_mapping)
{
    EXPECT_STOP(StopOf(UnmapIt), SYSTEM_PTE_MISUSE, 0x10B, Reserved, OWNER, 3);
    Map();
    EXPECT_STOP(StopOf(UnmapAsAnother), SYSTEM_PTE_MISUSE, 0x108, Reserved, TAG, OWNER);
    EXPECT_STOP(StopOf(UnmapInside), SYSTEM_PTE_MISUSE, 0x109, Reserved + PAGE_SIZE, OWNER, 0);
    Other = IoAllocateMdl(Block, 5 * PAGE_SIZE, FALSE, FALSE, NULL);
    EXPECT_STOP(StopOf(UnmapOther), SYSTEM_PTE_MISUSE, 0x10A, Reserved, 4, 5);
    Other = IoAllocateMdl(Block, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    EXPECT_STOP(StopOf(UnmapOther), SYSTEM_PTE_MISUSE, 0x10B, Reserved, OWNER, 4);
    Other = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    EXPECT_STOP(StopOf(UnmapOther), SYSTEM_PTE_MISUSE, 0x10C, Reserved, OWNER, 1);
    EXPECT_NO_STOP(StopOf(UnmapIt));
}

Test(mapping_address, EmuReset_gives_the_addresses_back)
{
    Map();
    EmuReset();
    EXPECT_STOP(StopOf(FreeIt), SYSTEM_PTE_MISUSE, 0x102, Reserved, OWNER, 0);
    cr_expect_eq(StopOfRead(Reserved).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    Make();
    cr_expect_not_null(Map());
}
