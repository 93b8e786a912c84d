/* lookaside_auto.c: in a file with POOL_NX_OPTIN_AUTO every nonpaged list is no-execute, without a call. */
#define POOL_NX_OPTIN_AUTO 1

#include <criterion/criterion.h>

#include "poolemu.h"

#define TAG 'ediS'

static NPAGED_LOOKASIDE_LIST List;

Test(lookaside_auto, list_is_no_execute)
{
    EMU_BLOCK Block;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 512);
    cr_assert(EmuQueryBlock(ExAllocateFromNPagedLookasideList(&List), &Block));
    cr_expect_eq(Block.PoolType, NonPagedPoolNx);
    cr_expect_not(Block.Executable);
}

Test(lookaside_auto, other_flags_are_kept)
{
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_RAISE_IF_ALLOCATION_FAILURE, 100, TAG, 0);
    cr_expect_eq((ULONG)List.L.Type, 512 | 16);
}
