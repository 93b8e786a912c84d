/* No macro, or macros defined as 0, which is the same: NonPagedPool is executable. */
#define POOL_NX_OPTIN 0
#define POOL_NX_OPTIN_AUTO 0
#define POOL_NX_OPTOUT 0

#include <criterion/criterion.h>

#include "support.h"

#if defined(_ARM64_)

C_ASSERT(NonPagedPool == NonPagedPoolNx); /* AArch64 forces POOL_NX_OPTIN_AUTO */

#else

C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);

Test(optin_none, NonPagedPool_is_executable_on_every_Windows_before_and_after_the_call)
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

Test(optin_none, lookaside_lists_and_mappings_are_not_redirected)
{
    static NPAGED_LOOKASIDE_LIST List;
    PMDL Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPool, 100, TAG), 100, FALSE, FALSE, NULL);

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(List.L.Type, NonPagedPoolExecute);
    MmBuildMdlForNonPagedPool(Mdl);
    PVOID Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    EMU_BUGCHECK Stop;
    WriteCode(Mapped);
    cr_expect_eq(RunCode(Mapped, &Stop), (ULONG)CODE_ANSWER);
}

#endif

Test(optin_none, NonPagedPoolNx_can_be_asked_for_without_any_macro)
{
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG)), "stops");
}
