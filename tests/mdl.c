/* mdl.c: memory descriptor lists: what they describe, and that a mapping is a second address for the same memory with
 * the rights that it was asked for. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdatomic.h>
#if !defined(_WIN32)
#include <sys/wait.h>
#endif
#include <unistd.h>

#include "os.h"
#include "access.h"

static PVOID Block;
static PMDL Mdl;

static VOID Describe(POOL_TYPE PoolType, SIZE_T Bytes)
{
    Block = ExAllocatePoolWithTag(PoolType, Bytes, TAG);
    cr_assert_not_null(Block);
    Mdl = IoAllocateMdl(Block, (ULONG)Bytes, FALSE, FALSE, NULL);
    cr_assert_not_null(Mdl);
}

static VOID LockBytes(POOL_TYPE PoolType, SIZE_T Bytes)
{
    Describe(PoolType, Bytes);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
}

static VOID Lock(POOL_TYPE PoolType)
{
    LockBytes(PoolType, 3 * PAGE_SIZE);
}

static PUCHAR Map(ULONG Priority)
{
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, Priority);

    cr_assert_not_null(Mapped);
    return Mapped;
}

/* A page table entry as x64 has it. */
static ULONG_PTR Pte(PVOID Address, ULONG_PTR Bits)
{
    return ((ULONG_PTR)Address & 0x000FFFFFFFFFF000) | Bits;
}

/* ---- What it describes ---------------------------------------------------------------------------------------- */

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
        PHYSICAL_ADDRESS Physical = MmGetPhysicalAddress((PUCHAR)Block + Page * PAGE_SIZE);
        cr_assert_eq(MmGetMdlPfnArray(Mdl)[Page], (PFN_NUMBER)(Physical.QuadPart >> PAGE_SHIFT));
        cr_assert_eq(MmGetMdlPfnArray(Mdl)[Page], MmGetMdlPfnArray(Mdl)[0] + Page);
    }
}

Test(mdl, every_page_has_a_physical_address_of_its_own_that_stays)
{
    static UCHAR Static;
    UCHAR Local;
    PVOID Pages[] = {ExAllocatePoolWithTag(PagedPool, PAGE_SIZE, TAG), ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG),
                     ExAllocatePoolWithTag(NonPagedPoolExecute, PAGE_SIZE, TAG), &Static, &Local};
    LONGLONG Before[COUNT(Pages)];

    for (SIZE_T Index = 0; Index < COUNT(Pages); Index++) {
        Before[Index] = MmGetPhysicalAddress(Pages[Index]).QuadPart;
        cr_expect_eq(Before[Index] % PAGE_SIZE, (LONGLONG)BYTE_OFFSET(Pages[Index]));
        for (SIZE_T Other = 0; Other < Index; Other++) {
            cr_expect_neq(Before[Index], Before[Other]);
        }
    }
    Lock(NonPagedPoolNx);
    LONGLONG Physical = MmGetPhysicalAddress(Block).QuadPart;
    PUCHAR Mapped = Map(NormalPagePriority);
    cr_expect_eq(MmGetPhysicalAddress(Block).QuadPart, Physical, "being mapped does not move a page");
    cr_expect_eq(MmGetPhysicalAddress(Mapped).QuadPart, Physical, "a mapping has the address of what is mapped");
    cr_expect_eq(MmGetPhysicalAddress(Mapped + 2 * PAGE_SIZE + 7).QuadPart, Physical + 2 * PAGE_SIZE + 7);
    MmUnlockPages(Mdl);
    cr_expect_eq(MmGetPhysicalAddress(Block).QuadPart, Physical);
    for (SIZE_T Index = 0; Index < COUNT(Pages); Index++) {
        cr_expect_eq(MmGetPhysicalAddress(Pages[Index]).QuadPart, Before[Index]);
    }
}

Test(mdl, MmSizeOfMdl_and_MmInitializeMdl_make_one_in_place)
{
    ULONG64 Memory[20];
    PMDL Own = (PMDL)Memory;

    cr_expect_eq(MmSizeOfMdl((PVOID)0x10FFF, 2), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    MmInitializeMdl(Own, (PVOID)0x10FFF, 2);
    cr_expect_null(Own->Next);
    cr_expect_eq(Own->Size, (CSHORT)(sizeof(MDL) + 2 * sizeof(PFN_NUMBER)));
    cr_expect_eq(Own->MdlFlags, 0);
    cr_expect_eq(Own->StartVa, (PVOID)0x10000);
    cr_expect_eq(Own->ByteOffset, 0xFFFu);
    cr_expect_eq(Own->ByteCount, 2u);
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

/* Since Vista an MDL may have more pages than its Size, 16 bits wide, can tell. */
Test(mdl, a_partial_MDL_of_more_pages_than_Size_can_tell_is_built)
{
    const ULONG Bytes = 80 << 20;
    ULONG Last = Bytes / PAGE_SIZE - 1;

    Describe(NonPagedPoolNx, Bytes);
    MmBuildMdlForNonPagedPool(Mdl);
    PMDL Target = IoAllocateMdl(Block, Bytes, FALSE, FALSE, NULL);
    cr_assert_not_null(Target);
    IoBuildPartialMdl(Mdl, Target, Block, 0);
    cr_expect_eq(Target->ByteCount, Bytes);
    cr_expect_eq(MmGetMdlPfnArray(Target)[Last], MmGetMdlPfnArray(Mdl)[Last]);
    IoFreeMdl(Target);
}

/* PAGE_SIZE * (65535 - sizeof(MDL)) / sizeof(ULONG_PTR) up to Windows Server 2003. */
#if defined(_WIN64)
#define LONGEST_OF_OLD 33529344u
#else
#define LONGEST_OF_OLD 67079168u
#endif

Test(mdl, IoAllocateMdl_takes_no_buffer_above_the_maximum_of_its_Windows)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);

    for (SIZE_T Row = 0; Row < Count; Row++) {
        BOOLEAN Is7 = Table[Row].Major > 6 || (Table[Row].Major == 6 && Table[Row].Minor >= 1);
        ULONG Longest = Is7 ? 0xFFFFF000u : Table[Row].Major == 6 ? 0x7FFFF000u : LONGEST_OF_OLD;
        IRP Irp = {0};

        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        PMDL Long = IoAllocateMdl(NULL, Longest, FALSE, FALSE, NULL);
        cr_assert_not_null(Long, "%s", Table[Row].Name);
        cr_expect_eq(Long->ByteCount, Longest, "%s", Table[Row].Name);
        IoFreeMdl(Long);
        cr_expect_null(IoAllocateMdl(NULL, Longest + 1, FALSE, FALSE, &Irp), "%s", Table[Row].Name);
        cr_expect_null(IoAllocateMdl(NULL, MAXULONG, FALSE, FALSE, &Irp), "%s", Table[Row].Name);
        cr_expect_null(Irp.MdlAddress, "%s", Table[Row].Name);
    }
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

/* ---- Locking -------------------------------------------------------------------------------------------------- */

Test(mdl, MmProbeAndLockPages_sets_flags_and_page_numbers_and_MmUnlockPages_takes_the_flags_back)
{
    Describe(NonPagedPoolNx, 2 * PAGE_SIZE);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    cr_expect_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED);
    cr_expect_eq(MmGetMdlPfnArray(Mdl)[1], (PFN_NUMBER)(MmGetPhysicalAddress(Block).QuadPart / PAGE_SIZE) + 1);
    MmUnlockPages(Mdl);
    cr_expect_eq(Mdl->MdlFlags, 0);
    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    cr_expect_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    MmUnlockPages(Mdl);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    cr_expect_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    MmUnlockPages(Mdl);
    cr_expect_eq(Mdl->MdlFlags, 0);
}

static NTSTATUS StatusOfLock(PVOID Address, ULONG Bytes, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    PMDL Probed = IoAllocateMdl(Address, Bytes, FALSE, FALSE, NULL);
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        MmProbeAndLockPages(Probed, Mode, Operation);
    }
    cr_expect_eq((Probed->MdlFlags & MDL_PAGES_LOCKED) != 0, NT_SUCCESS(Status));
    return Status;
}

Test(mdl, MmProbeAndLockPages_raises_STATUS_ACCESS_VIOLATION_for_what_is_not_accessible)
{
    PUCHAR Pages = OsPages(2 * PAGE_SIZE, FALSE);

    cr_expect_eq(StatusOfLock(Pages, 2 * PAGE_SIZE, UserMode, IoReadAccess), STATUS_SUCCESS);
    cr_expect_eq(StatusOfLock(Pages, 2 * PAGE_SIZE, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    cr_expect_eq(StatusOfLock(Pages, 2 * PAGE_SIZE, KernelMode, IoModifyAccess), STATUS_ACCESS_VIOLATION);
    OsDropPages(Pages + PAGE_SIZE, PAGE_SIZE);
    cr_expect_eq(StatusOfLock(Pages, PAGE_SIZE, UserMode, IoReadAccess), STATUS_SUCCESS);
    cr_expect_eq(StatusOfLock(Pages, PAGE_SIZE + 1, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    cr_expect_eq(StatusOfLock(NULL, 10, KernelMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    cr_expect_eq(StatusOfLock((PVOID) ~(ULONG_PTR)0xFF, 0x200, KernelMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
}

Test(mdl, MmProbeAndLockPages_does_not_let_UserMode_name_kernel_memory)
{
    Lock(PagedPool);
    cr_expect_eq(StatusOfLock(Block, 10, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    cr_expect_eq(StatusOfLock(Block, 10, KernelMode, IoReadAccess), STATUS_SUCCESS);
    cr_expect_eq(StatusOfLock(Map(NormalPagePriority), 10, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
}

Test(mdl, unlocking_what_is_not_locked_is_0x4E_0x07)
{
    EMU_BUGCHECK Stop;

    Lock(NonPagedPoolNx);
    MmUnlockPages(Mdl);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmUnlockPages(Mdl);
    }
    EXPECT_STOP(Stop, PFN_LIST_CORRUPT, 0x07, MmGetMdlPfnArray(Mdl)[0], 0, 0);
}

/* ---- Mapping -------------------------------------------------------------------------------------------------- */

Test(mdl, a_mapping_is_another_address_of_the_same_memory)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            LockBytes(Kinds[Kind].Type, Sizes[Size]);
            FillPattern(Block, Sizes[Size], 1);
            PUCHAR Mapped = Map(NormalPagePriority | MdlMappingNoExecute);
            cr_expect_neq(Mapped, Block, "%s", Kinds[Kind].Name);
            cr_expect_eq(BYTE_OFFSET(Mapped), BYTE_OFFSET(Block));
            cr_expect_eq(Mdl->MappedSystemVa, Mapped);
            cr_expect(HasPattern(Mapped, Sizes[Size], 1), "%s, %zu bytes", Kinds[Kind].Name, Sizes[Size]);
            FillPattern(Block, Sizes[Size], 2);
            cr_expect(HasPattern(Mapped, Sizes[Size], 2), "what is written to the block is read in the mapping");
            FillPattern(Mapped, Sizes[Size], 3);
            cr_expect(HasPattern(Block, Sizes[Size], 3), "and the other way round");
            MmUnmapLockedPages(Mapped, Mdl);
            cr_expect(HasPattern(Block, Sizes[Size], 3), "the contents stay");
            EXPECT_NO_STOP(StopOfWrite(Block));
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
        }
    }
}

Test(mdl, the_flags_follow_the_mapping)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority | MdlMappingNoExecute);
    cr_assert_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA);
    cr_assert_eq(Map(NormalPagePriority), Mapped, "an MDL is mapped once");
    MmUnmapLockedPages(Mapped, Mdl);
    cr_assert_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

Test(mdl, MmUnlockPages_unmaps)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    MmUnlockPages(Mdl);
    cr_expect_eq(Mdl->MdlFlags, 0);
    cr_expect_eq(StopOfRead(Mapped).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
}

Test(mdl, a_mapping_that_is_gone_is_0x50)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    MmUnmapLockedPages(Mapped, Mdl);
    EMU_BUGCHECK Stop = StopOfRead(Mapped + 5);
    EXPECT_STOP(Stop, PAGE_FAULT_IN_NONPAGED_AREA, Mapped + 5, 0, Stop.Parameter[2], 0);
    cr_expect_neq(Stop.Parameter[2], 0u, "the instruction");
    Stop = StopOfWrite(Mapped + PAGE_SIZE);
#if defined(_ARM64_)
    EXPECT_STOP(Stop, PAGE_FAULT_IN_NONPAGED_AREA, Mapped + PAGE_SIZE, 1, Stop.Parameter[2], 0);
#else
    EXPECT_STOP(Stop, PAGE_FAULT_IN_NONPAGED_AREA, Mapped + PAGE_SIZE, 2, Stop.Parameter[2], 0);
#endif
    RunCode(Mapped, &Stop);
#if defined(_ARM64_)
    EXPECT_STOP(Stop, PAGE_FAULT_IN_NONPAGED_AREA, Mapped, 8, Mapped, 0);
#else
    EXPECT_STOP(Stop, PAGE_FAULT_IN_NONPAGED_AREA, Mapped, 0x10, Mapped, 0);
#endif
}

Test(mdl, behind_a_mapping_there_is_nothing)
{
    Lock(NonPagedPoolNx);
    PUCHAR First = Map(NormalPagePriority);
    Lock(NonPagedPoolNx);
    Map(NormalPagePriority);
    cr_expect_eq(StopOfRead(First + 3 * PAGE_SIZE).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    EXPECT_NO_STOP(StopOfRead(First + 3 * PAGE_SIZE - 1));
}

Test(mdl, pages_are_locked_mapped_and_unmapped_up_to_DISPATCH_LEVEL)
{
    EMU_BUGCHECK Stop;
    KIRQL Irql;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        Lock(NonPagedPoolNx);
        Map(NormalPagePriority)[5] = 77;
        MmUnlockPages(Mdl);
        cr_expect_eq(((PUCHAR)Block)[5], 77);
        IoFreeMdl(Mdl);
        KeLowerIrql(Irql);
    }
    EXPECT_NO_STOP(Stop);
}

/* ---- The rights of a mapping ---------------------------------------------------------------------------------- */

static VOID ExpectRights(PUCHAR Mapped, BOOLEAN Writes, BOOLEAN Executes, PCSTR What)
{
    PAGE_RIGHTS Rights = RightsOf(Mapped);
    EMU_BUGCHECK Stop;

    WriteCode(Block);
    cr_expect(Rights.Read, "%s", What);
    cr_expect_eq(Rights.Write, Writes, "%s", What);
    cr_expect_eq(Rights.Execute, Executes, "%s", What);
    ULONG Answer = RunCode(Mapped, &Stop);
    if (Executes) {
        EXPECT_NO_STOP(Stop);
        cr_expect_eq(Answer, (ULONG)CODE_ANSWER, "%s", What);
    } else {
        EXPECT_STOP(Stop, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Mapped,
                    Pte(Mapped, 1ull << 63 | (Writes ? 0x63 : 0x21)), 0, 0);
    }
    if (Writes) {
        EXPECT_NO_STOP(StopOfWrite(Mapped));
    } else {
        EXPECT_STOP(StopOfWrite(Mapped), ATTEMPTED_WRITE_TO_READONLY_MEMORY, Mapped,
                    Pte(Mapped, (Executes ? 0 : 1ull << 63) | 0x21), 0, 0);
    }
}

Test(mdl, a_mapping_has_the_rights_asked_for_whatever_the_pool_has)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        LockBytes(Kinds[Kind].Type, PAGE_SIZE);
        ExpectRights(Map(NormalPagePriority), TRUE, TRUE, Kinds[Kind].Name);
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        ExpectRights(Map(HighPagePriority | MdlMappingNoExecute), TRUE, FALSE, Kinds[Kind].Name);
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        ExpectRights(Map(LowPagePriority | MdlMappingNoWrite), FALSE, TRUE, Kinds[Kind].Name);
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        ExpectRights(Map(NormalPagePriority | MdlMappingNoWrite | MdlMappingNoExecute), FALSE, FALSE, Kinds[Kind].Name);
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
}

Test(mdl, the_pool_keeps_its_own_rights_while_it_is_mapped_and_afterwards)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        LockBytes(Kinds[Kind].Type, PAGE_SIZE);
        cr_expect_str_eq(TryCode(Block), Kinds[Kind].Executable ? "runs" : "stops", "%s", Kinds[Kind].Name);
        PUCHAR Mapped = Map(Kinds[Kind].Executable ? NormalPagePriority | MdlMappingNoExecute : NormalPagePriority);
        cr_expect_str_eq(TryCode(Block), Kinds[Kind].Executable ? "runs" : "stops", "%s", Kinds[Kind].Name);
        MmUnmapLockedPages(Mapped, Mdl);
        cr_expect_str_eq(TryCode(Block), Kinds[Kind].Executable ? "runs" : "stops", "%s", Kinds[Kind].Name);
    }
}

Test(mdl, before_Windows_8_the_flags_are_unknown_and_every_mapping_is_executable)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        EmuReset();
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        LockBytes(PagedPool, PAGE_SIZE);
        BOOLEAN Ignores = !HasNxPool(&Table[Row]);
        ExpectRights(Map(NormalPagePriority), TRUE, TRUE, Table[Row].Title);
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        ExpectRights(Map(NormalPagePriority | MdlMappingNoExecute), TRUE, Ignores, Table[Row].Title);
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        ExpectRights(Map(NormalPagePriority | MdlMappingNoWrite), Ignores, TRUE, Table[Row].Title);
    }
}

Test(mdl, MmMapLockedPages_maps_for_execution)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = MmMapLockedPages(Mdl, KernelMode);
    cr_assert_not_null(Mapped);
    ExpectRights(Mapped, TRUE, TRUE, "MmMapLockedPages");
    MmUnmapLockedPages(Mapped, Mdl);
}

static NTSTATUS Protect(ULONG Protection)
{
    return MmProtectMdlSystemAddress(Mdl, Protection);
}

Test(mdl, MmProtectMdlSystemAddress_changes_the_rights_of_the_mapping_only)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    cr_expect_eq(Protect(PAGE_READWRITE), STATUS_SUCCESS);
    ExpectRights(Mapped, TRUE, FALSE, "PAGE_READWRITE");
    cr_expect_eq(Protect(PAGE_READONLY), STATUS_SUCCESS);
    ExpectRights(Mapped, FALSE, FALSE, "PAGE_READONLY");
    cr_expect_eq(Protect(PAGE_EXECUTE_READ), STATUS_SUCCESS);
    ExpectRights(Mapped, FALSE, TRUE, "PAGE_EXECUTE_READ");
    cr_expect_eq(Protect(PAGE_EXECUTE), STATUS_SUCCESS);
    ExpectRights(Mapped, FALSE, TRUE, "PAGE_EXECUTE");
    cr_expect_eq(Protect(PAGE_EXECUTE_READWRITE), STATUS_SUCCESS);
    ExpectRights(Mapped, TRUE, TRUE, "PAGE_EXECUTE_READWRITE");
    cr_expect_eq(Protect(PAGE_NOACCESS), STATUS_SUCCESS);
    cr_expect_eq(StopOfRead(Mapped).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    EXPECT_NO_STOP(StopOfWrite(Block));
    cr_expect_str_eq(TryCode(Block), "stops");
    MmUnmapLockedPages(Mapped, Mdl);
    EXPECT_NO_STOP(StopOfWrite(Block));
}

Test(mdl, MmProtectMdlSystemAddress_wants_a_mapping_and_a_protection_it_knows)
{
    static const ULONG Unknown[] = {
        0, PAGE_WRITECOPY, PAGE_EXECUTE_WRITECOPY, PAGE_READWRITE | PAGE_GUARD, PAGE_READONLY | PAGE_READWRITE, ~0u};

    Lock(NonPagedPoolNx);
    cr_expect_eq(Protect(PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    PUCHAR Mapped = Map(NormalPagePriority);
    for (SIZE_T Index = 0; Index < COUNT(Unknown); Index++) {
        cr_expect_eq(Protect(Unknown[Index]), STATUS_INVALID_PAGE_PROTECTION, "0x%X", Unknown[Index]);
    }
    ExpectRights(Mapped, TRUE, TRUE, "unchanged");
}

/* ---- Several at once ------------------------------------------------------------------------------------------ */

Test(mdl, a_page_may_be_in_many_mappings_with_different_rights)
{
    PMDL Mdls[8];
    PUCHAR Views[8];

    Describe(NonPagedPoolNx, 8 * PAGE_SIZE);
    for (ULONG Index = 0; Index < 8; Index++) {
        Mdls[Index] = IoAllocateMdl((PUCHAR)Block + Index * PAGE_SIZE / 2, 4 * PAGE_SIZE + Index, FALSE, FALSE, NULL);
        MmProbeAndLockPages(Mdls[Index], KernelMode, IoModifyAccess);
        Views[Index] = MmMapLockedPagesSpecifyCache(Mdls[Index], KernelMode, MmCached, NULL, FALSE,
                                                    NormalPagePriority | (Index % 2 ? MdlMappingNoWrite : 0));
        cr_assert_not_null(Views[Index]);
    }
    for (ULONG Round = 0; Round < 8; Round++) {
        FillPattern(Block, 8 * PAGE_SIZE, Round);
        for (ULONG Index = Round; Index < 8; Index++) {
            cr_expect_arr_eq(Views[Index], (PUCHAR)Block + Index * PAGE_SIZE / 2, 4 * PAGE_SIZE + Index);
        }
        MmUnmapLockedPages(Views[Round], Mdls[Round]);
        cr_expect(HasPattern(Block, 8 * PAGE_SIZE, Round));
    }
}

Test(mdl, a_mapping_shows_the_pages_in_the_order_of_their_numbers)
{
    Lock(NonPagedPoolNx);
    for (ULONG Page = 0; Page < 3; Page++) {
        memset((PUCHAR)Block + Page * PAGE_SIZE, (int)Page, PAGE_SIZE);
    }
    PPFN_NUMBER Pfns = MmGetMdlPfnArray(Mdl);
    PFN_NUMBER First = Pfns[0];
    Pfns[0] = Pfns[2];
    Pfns[2] = First;
    PUCHAR Mapped = Map(NormalPagePriority);
    for (ULONG Page = 0; Page < 3; Page++) {
        cr_expect(IsFilledWith(Mapped + Page * PAGE_SIZE, (UCHAR)(2 - Page), PAGE_SIZE));
    }
}

Test(mdl, the_mapping_of_a_mapping_shows_the_same_page)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    PMDL Again = IoAllocateMdl(Mapped + 100, PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Again, KernelMode, IoModifyAccess);
    cr_expect_eq(MmGetMdlPfnArray(Again)[0], MmGetMdlPfnArray(Mdl)[0]);
    PUCHAR Second = MmGetSystemAddressForMdlSafe(Again, NormalPagePriority);
    cr_assert_not_null(Second);
    MmUnlockPages(Mdl);
    Second[0] = 77;
    cr_expect_eq(((PUCHAR)Block)[100], 77);
    MmUnlockPages(Again);
    cr_expect_eq(((PUCHAR)Block)[100], 77);
}

Test(mdl, thousands_of_mappings_one_after_the_other)
{
    Lock(NonPagedPoolNx);
    for (ULONG Round = 0; Round < 5000; Round++) {
        PUCHAR Mapped = Map(NormalPagePriority | MdlMappingNoExecute);
        Mapped[Round % PAGE_SIZE] = (UCHAR)Round;
        MmUnmapLockedPages(Mapped, Mdl);
        cr_assert_eq(((PUCHAR)Block)[Round % PAGE_SIZE], (UCHAR)Round);
    }
}

/* Lines of /proc/self/maps. The kernel has a limit for them, 65530 by default. */
static SIZE_T HostMappings(VOID)
{
    FILE *Maps = fopen("/proc/self/maps", "r");
    CHAR Line[512];
    SIZE_T Lines = 0;

    cr_assert_not_null(Maps);
    while (fgets(Line, sizeof(Line), Maps) != NULL) {
        Lines++;
    }
    fclose(Maps);
    return Lines;
}

Test(mdl, what_was_mapped_once_leaves_no_mapping_of_the_host_behind)
{
    static PVOID Blocks[600];

    for (SIZE_T Index = 0; Index < COUNT(Blocks); Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolExecute, PAGE_SIZE, TAG);
        memset(Blocks[Index], (int)Index, PAGE_SIZE);
    }
    Lock(NonPagedPoolExecute);
    Map(NormalPagePriority);
    MmUnlockPages(Mdl);
    SIZE_T Before = HostMappings();
    for (SIZE_T Index = 0; Index < COUNT(Blocks); Index += 2) {
        Mdl = IoAllocateMdl(Blocks[Index], PAGE_SIZE, FALSE, FALSE, NULL);
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
        cr_assert(IsFilledWith(Map(NormalPagePriority), (UCHAR)Index, PAGE_SIZE));
        MmUnlockPages(Mdl);
    }
    cr_expect_leq(HostMappings(), Before + 10);
    for (SIZE_T Index = 0; Index < COUNT(Blocks); Index++) {
        cr_expect(IsFilledWith(Blocks[Index], (UCHAR)Index, PAGE_SIZE));
    }
    cr_expect_str_eq(TryCode(Blocks[0]), "runs");
}

/* Adds 1 to a counter in pool until told to stop. */
typedef struct WRITER {
    pthread_t Thread;
    volatile ULONG64 *Counter;
    ULONG64 Additions;
    _Atomic BOOLEAN Stop;
} WRITER;

static void *Add(void *Argument)
{
    WRITER *Writer = Argument;

    while (!Writer->Stop) {
        ++*Writer->Counter;
        Writer->Additions++;
    }
    return NULL;
}

/* The counters lie in the first page and the last, and a megabyte is on the move each time: there is time to write. */
Test(mdl, no_write_of_another_thread_is_lost_while_pages_are_mapped_and_unmapped)
{
    WRITER Writers[2] = {{0}, {0}};

    LockBytes(PagedPool, 1 << 20);
    memset(Block, 0, 1 << 20);
    for (SIZE_T Index = 0; Index < COUNT(Writers); Index++) {
        Writers[Index].Counter = (ULONG64 *)((PUCHAR)Block + Index * ((1 << 20) - PAGE_SIZE));
        cr_assert_eq(pthread_create(&Writers[Index].Thread, NULL, Add, &Writers[Index]), 0);
    }
    for (ULONG Round = 0; Round < 300; Round++) {
        MmUnmapLockedPages(Map(NormalPagePriority), Mdl);
    }
    for (SIZE_T Index = 0; Index < COUNT(Writers); Index++) {
        Writers[Index].Stop = TRUE;
        pthread_join(Writers[Index].Thread, NULL);
        cr_expect_eq(*Writers[Index].Counter, Writers[Index].Additions);
    }
}

/* ---- The program's own memory --------------------------------------------------------------------------------- */

Test(mdl, memory_of_the_program_is_mapped_where_it_is)
{
    static UCHAR Memory[3 * PAGE_SIZE];

    Mdl = IoAllocateMdl(Memory + 5, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, UserMode, IoWriteAccess);
    cr_expect_eq(Mdl->Process, PsGetCurrentProcess());
    cr_expect_eq(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute), Memory + 5);
    cr_expect_eq(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, MDL_MAPPED_TO_SYSTEM_VA);
    cr_expect_eq(Protect(PAGE_READONLY), STATUS_NOT_SUPPORTED);
    MmUnlockPages(Mdl);
    cr_expect_eq(Mdl->MdlFlags, 0);
    Memory[5] = 1;
}

Test(mdl, there_a_mapping_without_writing_is_refused)
{
    static UCHAR Bytes[100];

    Mdl = IoAllocateMdl(Bytes, 100, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
    cr_expect_null(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoWrite));
    cr_expect_eq(Mdl->MdlFlags, MDL_PAGES_LOCKED);
}

Test(mdl, a_refused_mapping_may_be_a_bug_check)
{
    static UCHAR Byte;
    EMU_BUGCHECK Stop;

    Mdl = IoAllocateMdl(&Byte, 1, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, TRUE, NormalPagePriority | MdlMappingNoWrite);
    }
    EXPECT_STOP(Stop, NO_MORE_SYSTEM_PTES, 0, 1, 0, 0);
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
    PUCHAR Mapped = Map(NormalPagePriority);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmUnmapLockedPages(Mapped + 1, Mdl);
    }
    EXPECT_STOP(Stop, SYSTEM_PTE_MISUSE, 0x03, Mdl, Mapped, Mapped + 1);
}

/* ---- Partial MDLs --------------------------------------------------------------------------------------------- */

static PMDL Part(ULONG Offset, ULONG Length, ULONG Room)
{
    PUCHAR Start = (PUCHAR)MmGetMdlVirtualAddress(Mdl) + Offset;
    PMDL Partial = IoAllocateMdl(Start, Room, FALSE, FALSE, NULL);

    IoBuildPartialMdl(Mdl, Partial, Start, Length);
    return Partial;
}

Test(mdl, a_partial_mdl_describes_a_part)
{
    Lock(NonPagedPoolNx);
    PMDL Partial = Part(PAGE_SIZE + 10, 100, 100);
    cr_expect_eq(Partial->MdlFlags, MDL_PARTIAL);
    cr_expect_eq(MmGetMdlVirtualAddress(Partial), (PUCHAR)Block + PAGE_SIZE + 10);
    cr_expect_eq(Partial->ByteCount, 100u);
    cr_expect_eq(MmGetMdlPfnArray(Partial)[0], MmGetMdlPfnArray(Mdl)[1]);
    cr_expect_eq(Partial->Process, Mdl->Process);
    PMDL Rest = Part(PAGE_SIZE + 10, 0, 2 * PAGE_SIZE - 10);
    cr_expect_eq(Rest->ByteCount, 2u * PAGE_SIZE - 10, "length 0 is the rest");
    cr_expect_eq(MmGetMdlPfnArray(Rest)[1], MmGetMdlPfnArray(Mdl)[2]);
}

Test(mdl, a_partial_mdl_is_mapped_by_itself_and_unmapped_by_MmPrepareMdlForReuse)
{
    Lock(NonPagedPoolNx);
    FillPattern(Block, 3 * PAGE_SIZE, 9);
    PMDL Partial = Part(PAGE_SIZE + 10, 100, 100);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Partial, NormalPagePriority | MdlMappingNoExecute);
    cr_assert_not_null(Mapped);
    cr_expect_eq(Partial->MdlFlags, MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    cr_expect_arr_eq(Mapped, (PUCHAR)Block + PAGE_SIZE + 10, 100);
    MmPrepareMdlForReuse(Partial);
    cr_expect_eq(Partial->MdlFlags, MDL_PARTIAL);
    cr_expect_eq(StopOfRead(Mapped).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    IoBuildPartialMdl(Mdl, Partial, (PUCHAR)Block + 20, 30);
    Mapped = MmGetSystemAddressForMdlSafe(Partial, NormalPagePriority);
    cr_expect_arr_eq(Mapped, (PUCHAR)Block + 20, 30);
    IoFreeMdl(Partial);
    cr_expect_eq(StopOfRead(Mapped).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA, "IoFreeMdl unmaps, too");
}

Test(mdl, a_part_of_a_mapped_mdl_has_its_place_in_that_mapping)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    PMDL Partial = Part(PAGE_SIZE + 10, 100, 100);
    cr_expect_eq(Partial->MdlFlags, MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA);
    cr_expect_eq(MmGetSystemAddressForMdlSafe(Partial, NormalPagePriority), Mapped + PAGE_SIZE + 10);
    IoFreeMdl(Partial);
    EXPECT_NO_STOP(StopOfRead(Mapped + PAGE_SIZE + 10));
}

Test(mdl, a_part_of_nonpaged_pool_has_its_place_in_the_pool)
{
    Describe(NonPagedPoolNx, 3 * PAGE_SIZE);
    MmBuildMdlForNonPagedPool(Mdl);
    PMDL Partial = Part(PAGE_SIZE + 10, 100, 100);
    cr_expect_eq(Partial->MdlFlags, MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL);
    cr_expect_eq(MmGetSystemAddressForMdlSafe(Partial, NormalPagePriority), (PUCHAR)Block + PAGE_SIZE + 10);
}

static EMU_BUGCHECK StopOfPart(PMDL Target, PUCHAR Start, ULONG Length)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        IoBuildPartialMdl(Mdl, Target, Start, Length);
    }
    return Stop;
}

Test(mdl, a_part_that_does_not_fit_is_TARGET_MDL_TOO_SMALL)
{
    Lock(NonPagedPoolNx);
    PMDL Target = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    EXPECT_STOP(StopOfPart(Target, Block, PAGE_SIZE + 1), TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    PMDL Roomy = IoAllocateMdl(Block, 8 * PAGE_SIZE, FALSE, FALSE, NULL);
    EXPECT_STOP(StopOfPart(Roomy, (PUCHAR)Block + 3 * PAGE_SIZE - 5, 6), TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    EXPECT_STOP(StopOfPart(Roomy, Block, 3 * PAGE_SIZE + 1), TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    EXPECT_NO_STOP(StopOfPart(Roomy, Block, 3 * PAGE_SIZE));
    EXPECT_STOP(StopOfPart(Target, (PUCHAR)Block - 1, 10), TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    EXPECT_STOP(StopOfPart(Target, (PUCHAR)Block + 3 * PAGE_SIZE - 5, 6), TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    EXPECT_NO_STOP(StopOfPart(Target, (PUCHAR)Block + 3 * PAGE_SIZE - 5, 5));
}

/* ---- Reset and fork ------------------------------------------------------------------------------------------- */

Test(mdl, EmuReset_ends_all_mappings)
{
    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    EmuReset();
    cr_expect_eq(StopOfRead(Mapped).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    cr_expect_eq(LiveBlocks(), 0u);
    Lock(NonPagedPoolNx);
    Map(NormalPagePriority)[0] = 9;
    cr_expect_eq(*(PUCHAR)Block, 9);
}

#if !defined(_WIN32)

/* 0 when the child has the page and its mapping as they were, still one, and none of the parent's. */
static int UseInChild(PUCHAR Mapped)
{
    if (!HasPattern(Block, 3 * PAGE_SIZE, 1) || !HasPattern(Mapped, 3 * PAGE_SIZE, 1)) {
        return 1;
    }
    FillPattern(Mapped, 3 * PAGE_SIZE, 2);
    if (!HasPattern(Block, 3 * PAGE_SIZE, 2)) {
        return 2;
    }
    MmUnlockPages(Mdl);
    if (!HasPattern(Block, 3 * PAGE_SIZE, 2)) {
        return 3;
    }
    return StopOfFree(Block, TAG).Code == 0 ? 0 : 4;
}

Test(mdl, a_forked_child_has_its_own_memory_behind_a_mapping)
{
    int Status;

    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    FillPattern(Block, 3 * PAGE_SIZE, 1);
    pid_t Child = fork();
    if (Child == 0) {
        _exit(UseInChild(Mapped));
    }
    cr_assert_eq(waitpid(Child, &Status, 0), Child);
    cr_assert(WIFEXITED(Status));
    cr_expect_eq(WEXITSTATUS(Status), 0);
    cr_expect(HasPattern(Block, 3 * PAGE_SIZE, 1));
    cr_expect(HasPattern(Mapped, 3 * PAGE_SIZE, 1));
    Mapped[0] = 99;
    cr_expect_eq(*(PUCHAR)Block, 99);
}

/* Maps and unmaps until told to stop. */
static void *MapForEver(void *Argument)
{
    WRITER *Writer = Argument;

    while (!Writer->Stop) {
        PVOID Own = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG2);
        PMDL Described = IoAllocateMdl(Own, 100, FALSE, FALSE, NULL);
        MmProbeAndLockPages(Described, KernelMode, IoModifyAccess);
        *(PUCHAR)MmGetSystemAddressForMdlSafe(Described, NormalPagePriority) = 1;
        MmUnlockPages(Described);
        IoFreeMdl(Described);
        ExFreePoolWithTag(Own, TAG2);
    }
    return NULL;
}

Test(mdl, a_process_forks_while_other_threads_map_and_write)
{
    WRITER Mapper = {0}, Writer = {0};
    int Status;

    Lock(NonPagedPoolNx);
    PUCHAR Mapped = Map(NormalPagePriority);
    FillPattern(Block, 3 * PAGE_SIZE, 1);
    Writer.Counter = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG2); /* on a page that the other thread maps */
    cr_assert_eq(pthread_create(&Mapper.Thread, NULL, MapForEver, &Mapper), 0);
    cr_assert_eq(pthread_create(&Writer.Thread, NULL, Add, &Writer), 0);
    for (ULONG Round = 0; Round < Rounds(100); Round++) {
        pid_t Child = fork();
        if (Child == 0) {
            alarm(30);
            _exit(UseInChild(Mapped));
        }
        cr_assert_eq(waitpid(Child, &Status, 0), Child);
        cr_assert(WIFEXITED(Status), "signal %d", WTERMSIG(Status));
        cr_assert_eq(WEXITSTATUS(Status), 0);
    }
    Mapper.Stop = TRUE;
    Writer.Stop = TRUE;
    pthread_join(Mapper.Thread, NULL);
    pthread_join(Writer.Thread, NULL);
}

#else

Test(mdl, a_forked_child_has_its_own_memory_behind_a_mapping)
{
    cr_skip_test("Windows has no fork");
}

Test(mdl, a_process_forks_while_other_threads_map_and_write)
{
    cr_skip_test("Windows has no fork");
}

#endif
