/* POOL_NX_OPTOUT with POOL_NX_OPTIN_AUTO: this file keeps executable NonPagedPool. */
#define POOL_NX_OPTIN_AUTO 1
#define POOL_NX_OPTOUT 1

#include <criterion/criterion.h>

#include "support.h"

C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);

Test(optin_auto_optout, NonPagedPool_is_executable_on_every_Windows_before_and_after_the_call)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "runs", "%s", Table[Row].Title);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "runs", "%s", Table[Row].Title);
    }
}

Test(optin_auto_optout, NonPagedPoolNx_is_still_there)
{
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG)), "stops");
}

Test(optin_auto_optout, lookaside_lists_and_mappings_are_not_redirected)
{
    static NPAGED_LOOKASIDE_LIST List;
    PMDL Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPool, 100, TAG), 100, FALSE, FALSE, NULL);

    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(List.L.Type, NonPagedPoolExecute);
    cr_expect_str_eq(TryCode(ExAllocateFromNPagedLookasideList(&List)), "runs");
    MmBuildMdlForNonPagedPool(Mdl);
    PVOID Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    EMU_BUGCHECK Stop;
    WriteCode(Mapped);
    cr_expect_eq(RunCode(Mapped, &Stop), (ULONG)CODE_ANSWER);
}
