/* mdl.c: memory descriptor lists for nonpaged pool, and the protection that a mapping asks for. */
#include <criterion/criterion.h>

#include "poolemu.h"

enum {
    TAG = 'tseT',
};

static PVOID Block;
static PMDL Mdl;

static VOID Describe(POOL_TYPE PoolType, SIZE_T Bytes)
{
    Block = ExAllocatePoolWithTag(PoolType, Bytes, TAG);
    Mdl = IoAllocateMdl(Block, (ULONG)Bytes, FALSE, FALSE, NULL);
    cr_assert_not_null(Mdl);
}

Test(mdl, it_describes_the_buffer)
{
    Describe(NonPagedPoolNx, 100);
    cr_assert_null(Mdl->Next);
    cr_assert_eq(Mdl->MdlFlags, 0);
    cr_assert_eq(Mdl->Size, sizeof(MDL) + sizeof(PFN_NUMBER));
    cr_assert_eq(MmGetMdlVirtualAddress(Mdl), Block);
    cr_assert_eq(MmGetMdlByteCount(Mdl), 100);
    cr_assert_eq(MmGetMdlByteOffset(Mdl), BYTE_OFFSET(Block));
    cr_assert_eq(MmGetMdlBaseVa(Mdl), PAGE_ALIGN(Block));
}

Test(mdl, it_has_a_page_number_for_every_page)
{
    Describe(NonPagedPoolNx, 2 * PAGE_SIZE + 1);
    cr_assert_eq(Mdl->Size, sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    MmBuildMdlForNonPagedPool(Mdl);
    for (ULONG Page = 0; Page < 3; Page++) {
        cr_assert_eq(MmGetMdlPfnArray(Mdl)[Page], ((ULONG_PTR)Block >> PAGE_SHIFT) + Page);
    }
}

Test(mdl, it_is_nonpaged_pool_itself)
{
    EMU_BLOCK Own;

    cr_assert_eq(EmuSetWindows("win8"), STATUS_SUCCESS);
    Describe(NonPagedPoolNx, 100);
    cr_assert(EmuQueryBlock(Mdl, &Own));
    cr_assert_eq(Own.PoolType, NonPagedPoolNx);
    cr_assert_eq(Own.Tag, ' ldM');
    IoFreeMdl(Mdl);
    cr_assert_not(EmuQueryBlock(Mdl, &Own));

    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    Describe(NonPagedPoolExecute, 100);
    cr_assert(EmuQueryBlock(Mdl, &Own));
    cr_assert_eq(Own.PoolType, NonPagedPoolExecute);
}

Test(mdl, an_irp_gets_it_as_the_first_or_behind_the_last)
{
    IRP Irp = {0};
    PMDL First;
    PMDL Second;

    First = IoAllocateMdl(NULL, 1, FALSE, FALSE, &Irp);
    cr_assert_eq(Irp.MdlAddress, First);
    Second = IoAllocateMdl(NULL, 1, TRUE, FALSE, &Irp);
    cr_assert_eq(Irp.MdlAddress, First);
    cr_assert_eq(First->Next, Second);
    cr_assert_null(Second->Next);
}

Test(mdl, the_system_address_of_nonpaged_pool_is_the_pool)
{
    Describe(NonPagedPoolNx, 100);
    MmBuildMdlForNonPagedPool(Mdl);
    cr_assert_eq(Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, MDL_SOURCE_IS_NONPAGED_POOL);
    cr_assert_eq(Mdl->MappedSystemVa, Block);
    cr_assert_eq(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Block);
    cr_assert_eq(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute), Block);
}

static VOID Lock(POOL_TYPE PoolType)
{
    Describe(PoolType, 3 * PAGE_SIZE);
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
}

Test(mdl, locked_pages_are_mapped_and_unmapped)
{
    Lock(NonPagedPoolNx);
    cr_assert_eq(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute), Block);
    cr_assert_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
    cr_assert_eq(Mdl->MappedSystemVa, Block);
    MmUnmapLockedPages(Block, Mdl);
    cr_assert_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED);
}

Test(mdl, an_executable_mapping_of_no_execute_pages_is_granted_without_execution)
{
    Lock(NonPagedPoolNx);
    cr_assert_eq(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Block);
}

Test(mdl, executable_pages_are_mapped_for_execution_only)
{
    Lock(NonPagedPoolExecute);
    cr_assert_null(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute));
    cr_assert_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED);
    cr_assert_eq(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Block);
}

Test(mdl, a_mapping_without_writing_is_refused)
{
    Lock(NonPagedPoolNx);
    cr_assert_null(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoWrite));
}

Test(mdl, a_refused_mapping_may_be_a_bug_check)
{
    EMU_BUGCHECK Stop;

    Lock(NonPagedPoolNx);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, TRUE, NormalPagePriority | MdlMappingNoWrite);
    }
    cr_assert_eq(Stop.Code, 0x3F);
    cr_assert_str_eq(Stop.Name, "NO_MORE_SYSTEM_PTES");
}

Test(mdl, a_mapping_for_user_mode_raises)
{
    NTSTATUS Status;

    Lock(NonPagedPoolNx);
    EMU_CATCH_EXCEPTION(&Status)
    {
        MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    }
    cr_assert_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
}

Test(mdl, pages_that_are_not_locked_cannot_be_mapped)
{
    EMU_BUGCHECK Stop;

    Describe(NonPagedPoolNx, 100);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    }
    cr_assert_eq(Stop.Code, 0x1A);
    cr_assert_eq(Stop.Parameter[0], 0x1236);
    cr_assert_eq(Stop.Parameter[1], (ULONG_PTR)Mdl);
    cr_assert_eq(Stop.Parameter[2], (ULONG_PTR)(Mdl + 1));
    cr_assert_eq(Stop.Parameter[3], 0);
}

Test(mdl, only_what_is_mapped_can_be_unmapped)
{
    EMU_BUGCHECK Stop;

    Lock(NonPagedPoolNx);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmUnmapLockedPages(Block, Mdl);
    }
    cr_assert_eq(Stop.Code, 0xDA);
    cr_assert_eq(Stop.Parameter[0], 0x06);
    cr_assert_eq(Stop.Parameter[1], (ULONG_PTR)Mdl);
    cr_assert_eq(Stop.Parameter[2], (ULONG_PTR)Block);
    cr_assert_eq(Stop.Parameter[3], 3);
}

Test(mdl, unmapping_takes_the_address_of_the_mapping)
{
    EMU_BUGCHECK Stop;

    Lock(NonPagedPoolNx);
    MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmUnmapLockedPages((PUCHAR)Block + 1, Mdl);
    }
    cr_assert_eq(Stop.Code, 0xDA);
    cr_assert_eq(Stop.Parameter[0], 0x03);
    cr_assert_eq(Stop.Parameter[2], (ULONG_PTR)Block);
    cr_assert_eq(Stop.Parameter[3], (ULONG_PTR)Block + 1);
}
