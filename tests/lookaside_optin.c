/* lookaside_optin.c: in a file with POOL_NX_OPTIN a nonpaged list is what the image's variable says when it is made. */
#define POOL_NX_OPTIN 1
#define NTDDI_VERSION 0x06010000 /* the oldest Windows that these tests are for */

#include <criterion/criterion.h>

#include "poolemu.h"

#define TAG 'ediS'

static NPAGED_LOOKASIDE_LIST List;

static BOOLEAN IsExecutable(PVOID Block)
{
    EMU_BLOCK Found;

    cr_assert(EmuQueryBlock(Block, &Found));
    return Found.Executable;
}

#if defined(EMU_ARCH_X64) /* elsewhere the headers replace POOL_NX_OPTIN by POOL_NX_OPTIN_AUTO */

Test(lookaside_optin, list_is_executable_without_the_call)
{
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 0);
    cr_expect(IsExecutable(ExAllocateFromNPagedLookasideList(&List)));
}

Test(lookaside_optin, list_made_before_the_call_stays_executable)
{
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_eq((ULONG)List.L.Type, 0);
    cr_expect(IsExecutable(ExAllocateFromNPagedLookasideList(&List)));
}

Test(lookaside_optin, list_is_executable_before_windows_8)
{
    cr_assert(NT_SUCCESS(EmuSetWindows("win7sp1")));
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 0);
    cr_expect(IsExecutable(ExAllocateFromNPagedLookasideList(&List)));
}

Test(lookaside_optin, call_without_the_flag_changes_nothing)
{
    ExInitializeDriverRuntime(0);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 0);
}

#endif

Test(lookaside_optin, list_is_no_execute_from_windows_8_on)
{
    cr_assert(NT_SUCCESS(EmuSetWindows("win8")));
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 512);
    cr_expect_not(IsExecutable(ExAllocateFromNPagedLookasideList(&List)));
}

Test(lookaside_optin, other_flags_are_kept)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_RAISE_IF_ALLOCATION_FAILURE, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 512 | 16);
}

Test(lookaside_optin, paged_list_is_not_redirected)
{
    static PAGED_LOOKASIDE_LIST Paged;

    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq((ULONG)Paged.L.Type, 1);
}

Test(lookaside_optin, ex_list_follows_nonpagedpool)
{
    static LOOKASIDE_LIST_EX Ex;

    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPool, 0, 100, TAG, 0)));
    cr_expect_eq((ULONG)Ex.L.Type, 512);
    cr_expect_not(IsExecutable(ExAllocateFromLookasideListEx(&Ex)));
}
