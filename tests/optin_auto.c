/* POOL_NX_OPTIN_AUTO: NonPagedPool is the constant NonPagedPoolNx, on every Windows. */
#define POOL_NX_OPTIN_AUTO 1

#include <criterion/criterion.h>

#include "support.h"

C_ASSERT(NonPagedPool == 512);
C_ASSERT(NonPagedPoolCacheAligned == 516);
C_ASSERT(NonPagedPoolExecute == 0);
C_ASSERT(NonPagedPoolBase == 0);
C_ASSERT(NonPagedPoolBaseCacheAligned == 4);

static BOOLEAN UseWindows(const EMU_WINDOWS *Windows)
{
    cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
    return HasNxPool(Windows);
}

/* Before Windows 8 the kernel does not know the type: it is executable memory there. */
Test(optin_auto, NonPagedPool_is_type_512_on_every_Windows_and_no_execute_where_that_exists)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        BOOLEAN Nx = UseWindows(&Table[Row]);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(NonPagedPool, Sizes[Size], TAG);
            EMU_BLOCK Info;
            cr_assert(EmuQueryBlock(Block, &Info));
            cr_expect_eq(Info.PoolType, 512, "%s", Table[Row].Title);
            cr_expect_str_eq(TryCode(Block), Nx ? "stops" : "runs", "%s", Table[Row].Title);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

Test(optin_auto, it_needs_no_call_and_the_call_changes_nothing)
{
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "stops");
    ExInitializeDriverRuntime(0);
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "stops");
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "stops");
}

Test(optin_auto, NonPagedPoolExecute_still_gives_executable_pool)
{
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG)), "runs");
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPoolBase, 100, TAG)), "runs");
}

Test(optin_auto, NonPagedPoolCacheAligned_is_no_execute_and_on_a_cache_line)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, 100, TAG);

    cr_expect(IS_ALIGNED(Block, SYSTEM_CACHE_ALIGNMENT_SIZE));
    cr_expect_str_eq(TryCode(Block), "stops");
}

Test(optin_auto, a_nonpaged_lookaside_list_is_no_execute)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(List.L.Type, NonPagedPoolNx);
    cr_expect_str_eq(TryCode(ExAllocateFromNPagedLookasideList(&List)), "stops");
}

Test(optin_auto, a_paged_lookaside_list_is_not_affected)
{
    static PAGED_LOOKASIDE_LIST List;

    ExInitializePagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(List.L.Type, PagedPool);
}

Test(optin_auto, mappings_ask_for_no_execute)
{
    PMDL Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG), 100, FALSE, FALSE, NULL);

    MmBuildMdlForNonPagedPool(Mdl);
    PVOID Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    EMU_BUGCHECK Stop;
    WriteCode(Mapped);
    cr_expect_eq(RunCode(Mapped, &Stop), 0u);
    cr_expect_eq(Stop.Code, (ULONG)ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Mapped);
}
