/* POOL_NX_OPTIN: NonPagedPool is a variable of this image, which ExInitializeDriverRuntime sets from Windows 8 on. */
#define POOL_NX_OPTIN 1
#define NTDDI_VERSION 0x05000000 /* the oldest Windows that these tests are for */

#include <criterion/criterion.h>

#include "support.h"

#if defined(_ARM64_)

Test(optin, on_AArch64_it_is_POOL_NX_OPTIN_AUTO)
{
    static const POOL_TYPE Constant = NonPagedPool;

    cr_expect_eq(Constant, NonPagedPoolNx);
}

#else

static const char *const Releases[] = {"win2000", "winxpsp3",   "win7",       "win7sp1",    "win8",
                                       "win8.1",  "win10-1507", "win10-1909", "win10-2004", "win11-24h2"};

static BOOLEAN UseWindows(PCSTR Name)
{
    cr_assert_eq(EmuSetWindows(Name), STATUS_SUCCESS, "%s", Name);
    ExDefaultNonPagedPoolType = NonPagedPoolExecute;
    ExDefaultMdlProtection = 0;
    return HasNxPool(EmuWindows());
}

static PCSTR TryNewBlock(POOL_TYPE Type, SIZE_T Bytes)
{
    PVOID Block = ExAllocatePoolWithTag(Type, Bytes, TAG);
    PCSTR Does = TryCode(Block);

    ExFreePoolWithTag(Block, TAG);
    return Does;
}

/* ---- The variables -------------------------------------------------------------------------------------------- */

Test(optin, the_variables_start_as_executable)
{
    cr_expect_eq(ExDefaultNonPagedPoolType, NonPagedPoolExecute);
    cr_expect_eq(ExDefaultMdlProtection, 0);
    cr_expect_eq(&NonPagedPool, &ExDefaultNonPagedPoolType);
}

Test(optin, the_call_sets_the_variables_since_Windows_8_and_leaves_them_before)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        BOOLEAN Nx = UseWindows(Table[Row].Name);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        cr_expect_eq(ExDefaultNonPagedPoolType, Nx ? NonPagedPoolNx : NonPagedPoolExecute, "%s", Table[Row].Title);
        cr_expect_eq(ExDefaultMdlProtection, Nx ? MdlMappingNoExecute : 0, "%s", Table[Row].Title);
    }
}

Test(optin, the_call_without_its_flag_leaves_the_variables)
{
    ExInitializeDriverRuntime(0);
    cr_expect_eq(ExDefaultNonPagedPoolType, NonPagedPoolExecute);
    cr_expect_eq(ExDefaultMdlProtection, 0);
    ExInitializeDriverRuntime(~(ULONG)DrvRtPoolNxOptIn);
    cr_expect_eq(ExDefaultNonPagedPoolType, NonPagedPoolExecute);
    ExInitializeDriverRuntime(~(ULONG)0);
    cr_expect_eq(ExDefaultNonPagedPoolType, NonPagedPoolNx);
    cr_expect_eq(ExDefaultMdlProtection, MdlMappingNoExecute);
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

Test(optin, before_the_call_NonPagedPool_is_executable_on_every_Windows)
{
    for (SIZE_T Release = 0; Release < COUNT(Releases); Release++) {
        UseWindows(Releases[Release]);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            cr_expect_str_eq(TryNewBlock(NonPagedPool, Sizes[Size]), "runs", "%s", Releases[Release]);
        }
    }
}

Test(optin, after_the_call_NonPagedPool_is_no_execute_since_Windows_8_and_executable_before)
{
    for (SIZE_T Release = 0; Release < COUNT(Releases); Release++) {
        BOOLEAN Nx = UseWindows(Releases[Release]);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            cr_expect_str_eq(TryNewBlock(NonPagedPool, Sizes[Size]), Nx ? "stops" : "runs", "%s", Releases[Release]);
        }
    }
}

Test(optin, a_block_allocated_before_the_call_stays_executable)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);

    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_str_eq(TryCode(Block), "runs");
    cr_expect_str_eq(TryNewBlock(NonPagedPool, 100), "stops");
}

Test(optin, NonPagedPoolExecute_is_never_remapped)
{
    for (SIZE_T Release = 0; Release < COUNT(Releases); Release++) {
        UseWindows(Releases[Release]);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        cr_expect_eq(NonPagedPoolExecute, 0);
        cr_expect_str_eq(TryNewBlock(NonPagedPoolExecute, 100), "runs", "%s", Releases[Release]);
    }
}

Test(optin, the_base_and_session_types_and_paged_pool_are_never_remapped)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_eq(NonPagedPoolBase, 0);
    cr_expect_eq(NonPagedPoolBaseCacheAligned, 4);
    cr_expect_eq(NonPagedPoolSession, 32);
    cr_expect_eq(PagedPool, 1);
    cr_expect_str_eq(TryNewBlock(NonPagedPoolBase, 100), "runs");
    cr_expect_str_eq(TryNewBlock(NonPagedPoolSession, 100), "runs");
    cr_expect_str_eq(TryNewBlock(PagedPool, 100), PAGED_EXECUTES ? "runs" : "stops");
}

Test(optin, NonPagedPoolCacheAligned_is_the_variable_plus_4)
{
    EMU_BLOCK Info;

    cr_expect_eq(NonPagedPoolCacheAligned, 4);
    cr_expect_str_eq(TryNewBlock(NonPagedPoolCacheAligned, 100), "runs");
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_eq(NonPagedPoolCacheAligned, NonPagedPoolNxCacheAligned);
    cr_expect_str_eq(TryNewBlock(NonPagedPoolCacheAligned, 100), "stops");
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, 100, TAG);
    cr_assert(EmuQueryBlock(Block, &Info));
    cr_expect_eq(Info.PoolType, NonPagedPoolNxCacheAligned);
    cr_expect(IS_ALIGNED(Block, SYSTEM_CACHE_ALIGNMENT_SIZE));
}

Test(optin, the_other_routines_take_the_variable_as_well)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_str_eq(TryCode(ExAllocatePool(NonPagedPool, 100)), "stops");
    cr_expect_str_eq(TryCode(ExAllocatePoolWithQuotaTag(NonPagedPool, 100, TAG)), "stops");
    cr_expect_str_eq(TryCode(ExAllocatePoolZero(NonPagedPool, 100, TAG)), "stops");
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTagPriority(NonPagedPool, 100, TAG, LowPoolPriority)), "stops");
}

/* ---- Lookaside lists ------------------------------------------------------------------------------------------ */

Test(optin, a_lookaside_list_made_after_the_call_is_no_execute_since_Windows_8)
{
    static NPAGED_LOOKASIDE_LIST Lists[COUNT(Releases)];

    for (SIZE_T Release = 0; Release < COUNT(Releases); Release++) {
        BOOLEAN Nx = UseWindows(Releases[Release]);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        ExInitializeNPagedLookasideList(&Lists[Release], NULL, NULL, 0, 100, TAG, 0);
        cr_expect_eq(Lists[Release].L.Type, Nx ? NonPagedPoolNx : NonPagedPoolExecute, "%s", Releases[Release]);
        cr_expect_str_eq(TryCode(ExAllocateFromNPagedLookasideList(&Lists[Release])), Nx ? "stops" : "runs", "%s",
                         Releases[Release]);
    }
}

Test(optin, a_lookaside_list_made_before_the_call_stays_executable)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_eq(List.L.Type, NonPagedPoolExecute);
    cr_expect_str_eq(TryCode(ExAllocateFromNPagedLookasideList(&List)), "runs");
}

Test(optin, the_flags_of_a_lookaside_list_are_kept)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_RAISE_IF_ALLOCATION_FAILURE, 100, TAG, 0);
    cr_expect_eq(List.L.Type, NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE);
    cr_expect_eq(List.L.Size, 100);
    cr_expect_eq(List.L.Tag, TAG);
}

Test(optin, a_paged_lookaside_list_is_not_affected)
{
    static PAGED_LOOKASIDE_LIST List;

    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    ExInitializePagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(List.L.Type, PagedPool);
}

/* ---- Memory descriptor lists ---------------------------------------------------------------------------------- */

static PVOID MapExecutableBlock(void)
{
    PMDL Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG), 100, FALSE, FALSE, NULL);

    MmBuildMdlForNonPagedPool(Mdl);
    return MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

Test(optin, mappings_ask_for_no_execute_after_the_call_since_Windows_8)
{
    for (SIZE_T Release = 0; Release < COUNT(Releases); Release++) {
        BOOLEAN Nx = UseWindows(Releases[Release]);
        cr_expect(RightsOf(MapExecutableBlock()).Execute, "%s, before the call", Releases[Release]);
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
        PVOID Mapped = MapExecutableBlock();
        cr_expect(RightsOf(Mapped).Write, "%s, after the call", Releases[Release]);
        cr_expect_eq(RightsOf(Mapped).Execute, !Nx, "%s, after the call", Releases[Release]);
    }
}

#endif
