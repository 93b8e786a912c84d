/* verifier_mdl.c: what Driver Verifier says about MDLs and about waits, a row each. */
#include <criterion/criterion.h>

#include "support.h"

static PVOID Buffer;
static PMDL Mdl;

static VOID Prepare(VOID)
{
    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_STANDARD & ~EMU_VERIFIER_SPECIAL_POOL), STATUS_SUCCESS);
    Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG);
    Mdl = IoAllocateMdl(Buffer, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    cr_assert_not_null(Mdl);
}

TestSuite(verifier_mdl, .init = Prepare, .timeout = 60);

static VOID Lock(VOID)
{
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
}

static VOID Unlock(VOID)
{
    MmUnlockPages(Mdl);
}

static VOID Map(VOID)
{
    MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static VOID MapForUser(VOID)
{
    MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static VOID MapOrStop(VOID)
{
    MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, TRUE, NormalPagePriority);
}

static VOID MapPlainly(VOID)
{
    MmMapLockedPages(Mdl, KernelMode);
}

static VOID MapPlainlyForUser(VOID)
{
    MmMapLockedPages(Mdl, UserMode);
}

static VOID Unmap(VOID)
{
    MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
}

static VOID Free(VOID)
{
    IoFreeMdl(Mdl);
}

EMU_NOINLINE static EMU_BUGCHECK StopAt(KIRQL Irql, VOID (*Call)(VOID))
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KIRQL Before;

        KeRaiseIrql(Irql, &Before);
        Call();
        KeLowerIrql(Before);
    }
    return Stop;
}

#define EXPECT_ROW(Irql, Call, Row, P2, P3, P4)                                                                        \
    EXPECT_STOP(StopAt(Irql, Call), DRIVER_VERIFIER_DETECTED_VIOLATION, Row, P2, P3, P4)

enum {
    ABOVE = DISPATCH_LEVEL + 1
};

static ULONG_PTR Flags(VOID)
{
    return (ULONG_PTR)(USHORT)Mdl->MdlFlags;
}

/* ---- The IRQL: of the documentation's rows, before any rule of DDI compliance ---------------------------------- */

Test(verifier_mdl, MmProbeAndLockPages_above_DISPATCH_LEVEL_is_0x70)
{
    EXPECT_ROW(ABOVE, Lock, 0x70, ABOVE, Mdl, KernelMode);
    EXPECT_NO_STOP(StopAt(DISPATCH_LEVEL, Lock));
}

Test(verifier_mdl, MmMapLockedPages_above_DISPATCH_LEVEL_is_0x74_and_for_user_mode_above_APC_LEVEL_0x75)
{
    Lock();
    EXPECT_ROW(ABOVE, MapPlainly, 0x74, ABOVE, Mdl, KernelMode);
    EXPECT_ROW(DISPATCH_LEVEL, MapPlainlyForUser, 0x75, DISPATCH_LEVEL, Mdl, UserMode);
}

Test(verifier_mdl, MmMapLockedPagesSpecifyCache_above_DISPATCH_LEVEL_is_0x76_and_for_user_mode_above_APC_LEVEL_0x77)
{
    Lock();
    EXPECT_ROW(ABOVE, Map, 0x76, ABOVE, Mdl, KernelMode);
    EXPECT_ROW(DISPATCH_LEVEL, MapForUser, 0x77, DISPATCH_LEVEL, Mdl, UserMode);
    EXPECT_NO_STOP(StopAt(DISPATCH_LEVEL, Map));
}

Test(verifier_mdl, MmUnlockPages_above_DISPATCH_LEVEL_is_0x78)
{
    Lock();
    EXPECT_ROW(ABOVE, Unlock, 0x78, ABOVE, Mdl, 0);
    EXPECT_NO_STOP(StopAt(DISPATCH_LEVEL, Unlock));
}

Test(verifier_mdl, MmUnmapLockedPages_above_DISPATCH_LEVEL_is_0x79)
{
    Lock();
    Map();
    EXPECT_ROW(ABOVE, Unmap, 0x79, ABOVE, Mdl->MappedSystemVa, Mdl);
    EXPECT_NO_STOP(StopAt(DISPATCH_LEVEL, Unmap));
}

/* ---- How it is mapped ------------------------------------------------------------------------------------------ */

Test(verifier_mdl, MmMapLockedPages_is_0x81_unless_the_mapping_can_fail)
{
    Lock();
    EXPECT_ROW(PASSIVE_LEVEL, MapPlainly, 0x81, Mdl, Flags(), 0);
    Mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL;
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, MapPlainly));
}

Test(verifier_mdl, BugCheckOnFailure_is_0x82_unless_the_mapping_can_fail)
{
    Lock();
    EXPECT_ROW(PASSIVE_LEVEL, MapOrStop, 0x82, Mdl, Flags(), 0);
    Mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL;
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, MapOrStop));
}

/* ---- Flags, since Vista ---------------------------------------------------------------------------------------- */

Test(verifier_mdl, MmProbeAndLockPages_of_an_MDL_that_is_locked_or_of_nonpaged_pool_is_0xB0)
{
    Lock();
    EXPECT_ROW(PASSIVE_LEVEL, Lock, 0xB0, Mdl, Flags(), MDL_PAGES_LOCKED);
    Unlock();
    MmBuildMdlForNonPagedPool(Mdl);
    EXPECT_ROW(PASSIVE_LEVEL, Lock, 0xB0, Mdl, Flags(), MDL_SOURCE_IS_NONPAGED_POOL);
    cr_assert_eq(EmuSetWindows("winxp"), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Lock));
}

Test(verifier_mdl, a_second_mapping_is_0xB2)
{
    Lock();
    Map();
    EXPECT_ROW(PASSIVE_LEVEL, Map, 0xB2, Mdl, Flags(), MDL_MAPPED_TO_SYSTEM_VA);
    EXPECT_ROW(PASSIVE_LEVEL, MapPlainly, 0xB2, Mdl, Flags(), MDL_MAPPED_TO_SYSTEM_VA);
    cr_assert_eq(EmuSetWindows("winxp"), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Map));
}

Test(verifier_mdl, a_mapping_of_pages_that_are_not_locked_is_0xB3)
{
    ULONG_PTR Wanted = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE;

    EXPECT_ROW(PASSIVE_LEVEL, Map, 0xB3, Mdl, Flags(), Wanted);
    EXPECT_ROW(PASSIVE_LEVEL, MapPlainly, 0xB3, Mdl, Flags(), Wanted);
    cr_assert_eq(EmuSetWindows("winxp"), STATUS_SUCCESS);
    EXPECT_STOP(StopAt(PASSIVE_LEVEL, Map), MEMORY_MANAGEMENT, 0x1236, Mdl, MmGetMdlPfnArray(Mdl),
                MmGetMdlPfnArray(Mdl)[0]);
}

Test(verifier_mdl, MmUnlockPages_of_a_partial_MDL_is_0xB4)
{
    PMDL Whole = Mdl;

    Lock();
    Mdl = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(Whole, Mdl, Buffer, PAGE_SIZE);
    EXPECT_ROW(PASSIVE_LEVEL, Unlock, 0xB4, Mdl, Flags(), MDL_PARTIAL);
    cr_assert_eq(EmuSetWindows("winxp"), STATUS_SUCCESS);
    EXPECT_ROW(PASSIVE_LEVEL, Unlock, 0x7C, Mdl, Flags(), 0);
}

Test(verifier_mdl, IoFreeMdl_of_pages_that_are_mapped_is_0xB8)
{
    MmBuildMdlForNonPagedPool(Mdl);
    Map();
    EXPECT_ROW(PASSIVE_LEVEL, Free, 0xB8, Mdl, Flags(), 0);
    Unmap();
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Free));
}

Test(verifier_mdl, a_partial_MDL_that_was_mapped_is_freed_with_its_mapping)
{
    PMDL Whole = Mdl;

    Lock();
    Mdl = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(Whole, Mdl, Buffer, PAGE_SIZE);
    Map();
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Free));
}

Test(verifier_mdl, MmUnlockPages_with_another_byte_count_than_that_of_the_lock_is_0xCB)
{
    Lock();
    Mdl->ByteCount = PAGE_SIZE;
    EMU_BUGCHECK Stop = StopAt(PASSIVE_LEVEL, Unlock);
    EXPECT_STOP(Stop, DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, Stop.Parameter[0], 0, Mdl, 2);
    cr_expect_neq(Stop.Parameter[0], 0u);
    Mdl->ByteCount = 2 * PAGE_SIZE;
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Unlock));
}

/* ---- Waits ----------------------------------------------------------------------------------------------------- */

static PKEVENT Waited;
static KPROCESSOR_MODE Mode;

static VOID Wait(VOID)
{
    KeWaitForSingleObject(Waited, UserRequest, Mode, FALSE, NULL);
}

Test(verifier_mdl, a_wait_in_user_mode_for_an_object_on_the_stack_is_0x123)
{
    static KEVENT InData;
    KEVENT OnStack;

    KeInitializeEvent(&InData, NotificationEvent, TRUE);
    KeInitializeEvent(&OnStack, NotificationEvent, TRUE);
    Waited = &OnStack;
    Mode = UserMode;
    EXPECT_ROW(PASSIVE_LEVEL, Wait, 0x123, &OnStack, 0, 0);
    Mode = KernelMode;
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Wait));
    Waited = &InData;
    Mode = UserMode;
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Wait));
    Waited = &OnStack;
    cr_assert_eq(EmuSetWindows("vista"), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, Wait));
}

Test(verifier_mdl, without_the_verifier_nothing_looks_at_it)
{
    EmuSetVerifier(0);
    EXPECT_NO_STOP(StopAt(ABOVE, Lock));
    EXPECT_NO_STOP(StopAt(ABOVE, MapPlainly));
    EXPECT_NO_STOP(StopAt(PASSIVE_LEVEL, MapOrStop));
    Mdl->ByteCount = PAGE_SIZE;
    EXPECT_NO_STOP(StopAt(ABOVE, Unlock));
}
