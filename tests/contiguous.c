/* Contiguous and noncached memory: where it lies in physical memory, its rights, and how it is freed. */
#include <criterion/criterion.h>

#include "access.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define RAM EMU_BY_WIDTH(8 * GIB, GIB / 2)

enum {
    NO_BOUNDARY = 0,
};

static PHYSICAL_ADDRESS At(ULONG64 Address)
{
    PHYSICAL_ADDRESS Physical;

    Physical.QuadPart = (LONGLONG)Address;
    return Physical;
}

static ULONG64 PhysicalOf(PVOID Address)
{
    return (ULONG64)MmGetPhysicalAddress(Address).QuadPart;
}

static PVOID Ask(SIZE_T Bytes, ULONG64 Lowest, ULONG64 Highest, ULONG64 Boundary)
{
    return MmAllocateContiguousMemorySpecifyCache(Bytes, At(Lowest), At(Highest), At(Boundary), MmCached);
}

static PVOID AskNode(ULONG Protect, NODE_REQUIREMENT Node)
{
    return MmAllocateContiguousNodeMemory(PAGE_SIZE, At(0), At(~0ull), At(0), Protect, Node);
}

static EMU_BUGCHECK StopOfContiguousFree(PVOID Address)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmFreeContiguousMemory(Address);
    }
    return Stop;
}

/* ---- Where it lies -------------------------------------------------------------------------------------------- */

Test(contiguous, it_begins_on_a_page_and_is_contiguous_usable_memory)
{
    static const SIZE_T Bytes[] = {1, 100, PAGE_SIZE, PAGE_SIZE + 1, 10 * PAGE_SIZE, 3 << 20};

    for (SIZE_T Index = 0; Index < COUNT(Bytes); Index++) {
        PUCHAR Memory = MmAllocateContiguousMemory(Bytes[Index], At(~0ull));
        cr_assert_not_null(Memory);
        cr_expect_eq((ULONG_PTR)Memory % PAGE_SIZE, 0u);
        for (SIZE_T Offset = 0; Offset < Bytes[Index]; Offset += 1000) {
            cr_expect_eq(PhysicalOf(Memory + Offset), PhysicalOf(Memory) + Offset);
        }
        FillPattern(Memory, Bytes[Index], 5);
        cr_expect(HasPattern(Memory, Bytes[Index], 5));
        MmFreeContiguousMemory(Memory);
        cr_expect_eq(StopOfRead(Memory).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    }
}

Test(contiguous, two_pieces_never_overlap)
{
    PUCHAR Pieces[200];

    for (SIZE_T Index = 0; Index < COUNT(Pieces); Index++) {
        Pieces[Index] = Ask(1 + Index * 300, 0, ~0ull, NO_BOUNDARY);
        cr_assert_not_null(Pieces[Index]);
        memset(Pieces[Index], (int)Index, 1 + Index * 300);
    }
    for (SIZE_T Index = 0; Index < COUNT(Pieces); Index++) {
        cr_expect(IsFilledWith(Pieces[Index], (UCHAR)Index, 1 + Index * 300));
        MmFreeContiguousMemory(Pieces[Index]);
    }
}

static volatile UCHAR *Where;

static EMU_BUGCHECK StopOfWriteAt(PVOID Address)
{
    EMU_BUGCHECK Stop;

    Where = Address;
    EMU_CATCH_BUGCHECK(&Stop)
    {
        *Where = 1;
    }
    return Stop;
}

static void ExpectStopBehind(PUCHAR Memory, SIZE_T Bytes, PCSTR What)
{
    PUCHAR Behind = Memory + ROUND_TO_PAGES(Bytes);
    EMU_BUGCHECK Stop = StopOfWriteAt(Behind);

    cr_expect_eq(Stop.Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA, "bug check 0x%X", Stop.Code);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Behind);
#if defined(_ARM64_)
    cr_expect_eq(Stop.Parameter[1], 1);
#else
    cr_expect_eq(Stop.Parameter[1], 2);
#endif
    cr_expect_eq(Stop.Parameter[3], 0);
    cr_expect_not_null(strstr(Stop.Text, What), "%s", Stop.Text);
    cr_expect_eq(StopOfRead(Memory + ROUND_TO_PAGES(Bytes) - 1).Code, 0u);
}

Test(contiguous, a_write_behind_it_or_behind_noncached_memory_is_0x50)
{
    static const SIZE_T Bytes[] = {1, PAGE_SIZE, 3 * PAGE_SIZE, 3 * PAGE_SIZE + 100, 1 << 20};
    PUCHAR Contiguous[COUNT(Bytes)], NonCached[COUNT(Bytes)];

    for (SIZE_T Index = 0; Index < COUNT(Bytes); Index++) {
        Contiguous[Index] = MmAllocateContiguousMemory(Bytes[Index], At(~0ull));
        NonCached[Index] = MmAllocateNonCachedMemory(Bytes[Index]);
        cr_assert(Contiguous[Index] != NULL && NonCached[Index] != NULL);
    }
    for (SIZE_T Index = 0; Index < COUNT(Bytes); Index++) {
        ExpectStopBehind(Contiguous[Index], Bytes[Index], ": the page behind contiguous memory, whose ");
        ExpectStopBehind(NonCached[Index], Bytes[Index], ": the page behind noncached memory, whose ");
    }
}

Test(contiguous, what_comes_into_a_gap_leaves_a_page_free_on_both_sides)
{
    PVOID Low = Ask(PAGE_SIZE, 16 * MIB, 16 * MIB + PAGE_SIZE - 1, NO_BOUNDARY);
    PVOID High = Ask(PAGE_SIZE, 16 * MIB + 4 * PAGE_SIZE, 16 * MIB + 5 * PAGE_SIZE - 1, NO_BOUNDARY);

    cr_assert(Low != NULL && High != NULL);
    cr_expect_null(Ask(2 * PAGE_SIZE, 16 * MIB, 16 * MIB + 5 * PAGE_SIZE - 1, NO_BOUNDARY));
    PVOID Between = Ask(PAGE_SIZE, 16 * MIB, 16 * MIB + 5 * PAGE_SIZE - 1, NO_BOUNDARY);
    cr_assert_not_null(Between);
    cr_expect_eq(PhysicalOf(Between), 16 * MIB + 2 * PAGE_SIZE);
    ExpectStopBehind(Low, PAGE_SIZE, "behind contiguous memory");
    ExpectStopBehind(Between, PAGE_SIZE, "behind contiguous memory");
}

Test(contiguous, the_highest_acceptable_address_is_kept_and_included)
{
    static const ULONG64 Highest[] = {2 * MIB - 1, 16 * MIB - 1, 16 * MIB, 16 * MIB + 5, RAM / 2 - 1, RAM - 1};

    for (SIZE_T Index = 0; Index < COUNT(Highest); Index++) {
        PVOID Memory = MmAllocateContiguousMemory(3 * PAGE_SIZE, At(Highest[Index]));
        cr_assert_not_null(Memory);
        cr_expect_eq(PhysicalOf(Memory) + 3 * PAGE_SIZE, (Highest[Index] + 1) / PAGE_SIZE * PAGE_SIZE,
                     "the highest place that fits");
        MmFreeContiguousMemory(Memory);
    }
}

Test(contiguous, the_lowest_acceptable_address_is_kept)
{
    PVOID Memory = Ask(PAGE_SIZE, 16 * MIB, 16 * MIB + PAGE_SIZE - 1, NO_BOUNDARY);

    cr_assert_not_null(Memory);
    cr_expect_eq(PhysicalOf(Memory), 16 * MIB);
    cr_expect_null(Ask(PAGE_SIZE, 16 * MIB, 16 * MIB + PAGE_SIZE - 1, NO_BOUNDARY), "that page is taken");
    cr_expect_null(Ask(PAGE_SIZE, 16 * MIB + 1, 16 * MIB + 2 * PAGE_SIZE - 2, NO_BOUNDARY), "no whole page");
    cr_expect_null(Ask(1, 32 * MIB + 1, 32 * MIB + PAGE_SIZE - 1, NO_BOUNDARY), "a piece begins on a page");
    Memory = Ask(PAGE_SIZE, RAM / 8 * 5, ~0ull, NO_BOUNDARY);
    cr_assert_not_null(Memory);
    cr_expect_geq(PhysicalOf(Memory), RAM / 8 * 5);
}

Test(contiguous, what_physical_memory_does_not_hold_is_NULL)
{
    cr_expect_null(Ask(0, 0, ~0ull, NO_BOUNDARY));
    cr_expect_null(Ask(PAGE_SIZE, 0, 0, NO_BOUNDARY));
    cr_expect_null(Ask(PAGE_SIZE, 0, PAGE_SIZE - 2, NO_BOUNDARY));
    cr_expect_null(Ask(PAGE_SIZE, 0, MIB - 1, NO_BOUNDARY), "the first MiB is the firmware's");
    cr_expect_null(Ask(PAGE_SIZE, RAM, ~0ull, NO_BOUNDARY));
    cr_expect_null(Ask(PAGE_SIZE, RAM / 4, RAM / 8, NO_BOUNDARY));
    cr_expect_null(Ask(2 * MIB, 0, 2 * MIB - 1, NO_BOUNDARY));
    cr_expect_null(Ask((SIZE_T)(RAM + GIB), 0, ~0ull, NO_BOUNDARY));
    cr_expect_null(Ask(MAXSIZE_T, 0, ~0ull, NO_BOUNDARY));
}

Test(contiguous, it_does_not_cross_the_boundary)
{
    for (ULONG64 Boundary = PAGE_SIZE; Boundary <= 16 * MIB; Boundary *= 4) {
        for (SIZE_T Bytes = PAGE_SIZE; Bytes <= Boundary; Bytes = Bytes * 3 + 7) {
            PVOID Memory = Ask(Bytes, 0, 64 * MIB - 3 * PAGE_SIZE, Boundary);
            cr_assert_not_null(Memory, "%zu bytes, boundary 0x%llX", Bytes, Boundary);
            cr_expect_eq(PhysicalOf(Memory) / Boundary, (PhysicalOf(Memory) + Bytes - 1) / Boundary);
        }
    }
}

Test(contiguous, a_boundary_that_cannot_be_kept_or_is_none_is_NULL)
{
    cr_expect_null(Ask(PAGE_SIZE + 1, 0, ~0ull, PAGE_SIZE));
    cr_expect_null(Ask(101, 0, ~0ull, 64));
    cr_expect_not_null(Ask(64, 0, ~0ull, 64));
    cr_expect_null(Ask(100, 0, ~0ull, 3 * PAGE_SIZE), "no power of two");
    cr_expect_null(Ask(100, 0, ~0ull, ~0ull));
}

Test(contiguous, there_is_one_node_and_six_ways_of_caching)
{
    static const NODE_REQUIREMENT Good[] = {0, MM_ANY_NODE_OK, 1 | MM_ANY_NODE_OK};

    for (SIZE_T Index = 0; Index < COUNT(Good); Index++) {
        cr_expect_not_null(
            MmAllocateContiguousMemorySpecifyCacheNode(1, At(0), At(~0ull), At(0), MmCached, Good[Index]));
        cr_expect_not_null(AskNode(PAGE_READWRITE, Good[Index]));
    }
    cr_expect_null(MmAllocateContiguousMemorySpecifyCacheNode(1, At(0), At(~0ull), At(0), MmCached, 1));
    cr_expect_null(AskNode(PAGE_READWRITE, 1));
    for (int Type = -1; Type <= MmMaximumCacheType; Type++) {
        PVOID Memory = MmAllocateContiguousMemorySpecifyCache(1, At(0), At(~0ull), At(0), (MEMORY_CACHING_TYPE)Type);
        cr_expect_eq(Memory != NULL, Type >= 0 && Type < MmMaximumCacheType, "type %d", Type);
    }
}

/* ---- Rights --------------------------------------------------------------------------------------------------- */

static VOID ExpectExecutable(PVOID Memory, BOOLEAN Executable, PCSTR What)
{
    EMU_BUGCHECK Stop;

    cr_assert_not_null(Memory, "%s", What);
    WriteCode(Memory);
    ULONG Answer = RunCode(Memory, &Stop);
    cr_expect_eq(Answer, Executable ? (ULONG)CODE_ANSWER : 0, "%s", What);
    if (!Executable) {
        EXPECT_STOP(Stop, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Memory,
                    1ull << 63 | ((ULONG_PTR)Memory & 0x000FFFFFFFFFF000) | 0x63, 0, 0);
    }
    cr_expect_eq(RightsOf(Memory).Execute, Executable, "%s", What);
}

Test(contiguous, the_older_routines_give_executable_memory_on_every_Windows_whatever_the_caching)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    EmuAllowMissingExports(TRUE);
    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        ExpectExecutable(MmAllocateContiguousMemory(1, At(~0ull)), TRUE, Table[Row].Title);
        ExpectExecutable(MmAllocateContiguousMemorySpecifyCache(1, At(0), At(~0ull), At(0), MmNonCached), TRUE,
                         Table[Row].Title);
        ExpectExecutable(MmAllocateContiguousMemorySpecifyCacheNode(1, At(0), At(~0ull), At(0), MmCached, 0), TRUE,
                         Table[Row].Title);
    }
}

Test(contiguous, node_memory_is_executable_as_Protect_says)
{
    static const ULONG Caching[] = {0, PAGE_NOCACHE, PAGE_WRITECOMBINE};

    for (SIZE_T Index = 0; Index < COUNT(Caching); Index++) {
        ExpectExecutable(AskNode(PAGE_READWRITE | Caching[Index], MM_ANY_NODE_OK), FALSE, "PAGE_READWRITE");
        ExpectExecutable(AskNode(PAGE_EXECUTE_READWRITE | Caching[Index], 0), TRUE, "PAGE_EXECUTE_READWRITE");
    }
}

Test(contiguous, Protect_is_exactly_one_right_with_at_most_one_way_of_caching)
{
    static const ULONG Bad[] = {
        0,
        PAGE_NOACCESS,
        PAGE_READONLY,
        PAGE_EXECUTE,
        PAGE_EXECUTE_READ,
        PAGE_NOCACHE,
        PAGE_READWRITE | PAGE_EXECUTE_READWRITE,
        PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
        PAGE_EXECUTE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
        PAGE_READWRITE | PAGE_GUARD,
    };

    for (SIZE_T Index = 0; Index < COUNT(Bad); Index++) {
        cr_expect_null(AskNode(Bad[Index], 0), "0x%X", Bad[Index]);
    }
}

/* ---- MmAllocateContiguousMemoryEx ----------------------------------------------------------------------------- */

static NTSTATUS AskEx(SIZE_T *Bytes, ULONG64 Highest, ULONG Protect, PVOID Partition, ULONG Tag, ULONG Flags,
                      PVOID *Memory)
{
    return MmAllocateContiguousMemoryEx(Bytes, At(0), At(Highest), At(0), MM_ANY_NODE_OK, Protect, Partition, Tag,
                                        Flags, Memory);
}

Test(contiguous, the_Ex_routine_has_a_status_and_rounds_the_size_up)
{
    SIZE_T Bytes = PAGE_SIZE + 1;
    PVOID Memory = NULL;

    cr_expect_eq(AskEx(&Bytes, ~0ull, PAGE_READWRITE, NULL, TAG, 0, &Memory), STATUS_SUCCESS);
    cr_expect_eq(Bytes, 2u * PAGE_SIZE);
    ExpectExecutable(Memory, FALSE, "PAGE_READWRITE");
    MmFreeContiguousMemory(Memory);
    cr_expect_eq(
        AskEx(&Bytes, ~0ull, PAGE_EXECUTE_READWRITE, NULL, TAG, MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY, &Memory),
        STATUS_SUCCESS);
    ExpectExecutable(Memory, TRUE, "PAGE_EXECUTE_READWRITE");
}

Test(contiguous, the_Ex_routine_tells_bad_parameters_from_a_lack_of_memory)
{
    SIZE_T Bytes = 100, None = 0;
    PVOID Memory = NULL;

    cr_expect_eq(AskEx(&Bytes, MIB - 1, PAGE_READWRITE, NULL, TAG, 0, &Memory), STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(AskEx(&None, ~0ull, PAGE_READWRITE, NULL, TAG, 0, &Memory), STATUS_INVALID_PARAMETER);
    cr_expect_eq(AskEx(&Bytes, ~0ull, PAGE_READONLY, NULL, TAG, 0, &Memory), STATUS_INVALID_PARAMETER);
    cr_expect_eq(AskEx(&Bytes, ~0ull, PAGE_READWRITE, &Bytes, TAG, 0, &Memory), STATUS_INVALID_PARAMETER);
    cr_expect_eq(AskEx(&Bytes, ~0ull, PAGE_READWRITE, NULL, 0, 0, &Memory), STATUS_INVALID_PARAMETER);
    cr_expect_eq(AskEx(&Bytes, ~0ull, PAGE_READWRITE, NULL, TAG, 2, &Memory), STATUS_INVALID_PARAMETER);
    cr_expect_null(Memory);
    cr_expect_eq(Bytes, 100u);
}

/* ---- Freeing -------------------------------------------------------------------------------------------------- */

Test(contiguous, a_bad_pointer_is_0xC2_0x60)
{
    PUCHAR Memory = Ask(3 * PAGE_SIZE, 0, ~0ull, NO_BOUNDARY);
    PVOID Pool = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    PVOID NonCached = MmAllocateNonCachedMemory(PAGE_SIZE);
    PVOID Bad[] = {NULL, Memory + 1, Memory + PAGE_SIZE, Pool, NonCached, &Memory};

    for (SIZE_T Index = 0; Index < COUNT(Bad); Index++) {
        EXPECT_STOP(StopOfContiguousFree(Bad[Index]), BAD_POOL_CALLER, 0x60, Bad[Index], 0, 0);
    }
    EXPECT_NO_STOP(StopOfContiguousFree(Memory));
    EXPECT_STOP(StopOfContiguousFree(Memory), BAD_POOL_CALLER, 0x60, Memory, 0, 0);
}

static EMU_BUGCHECK StopOfSpecifyCache(PVOID Address, SIZE_T Bytes, MEMORY_CACHING_TYPE Type)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmFreeContiguousMemorySpecifyCache(Address, Bytes, Type);
    }
    return Stop;
}

Test(contiguous, MmAllocateContiguousMemorySpecifyCache_works_on_Windows_without_the_Node_routine)
{
    PVOID volatile Memory = NULL;
    EMU_BUGCHECK Stop;

    EmuSetWindows("win2000");
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Memory = MmAllocateContiguousMemorySpecifyCache(1, At(0), At(~0ull), At(0), MmCached);
    }
    cr_expect_eq(Stop.Code, 0u, "%s", Stop.Text);
    cr_expect_not_null(Memory);
}

Test(contiguous, MmFreeContiguousMemorySpecifyCache_wants_the_size_and_the_caching_of_the_allocation)
{
    PUCHAR Memory = MmAllocateContiguousMemorySpecifyCache(100, At(0), At(~0ull), At(0), MmWriteCombined);

    EXPECT_STOP(StopOfSpecifyCache(Memory, 101, MmWriteCombined), BAD_POOL_CALLER, 0x60, Memory, 0, 0);
    EXPECT_STOP(StopOfSpecifyCache(Memory, 100, MmCached), BAD_POOL_CALLER, 0x60, Memory, 0, 0);
    EXPECT_STOP(StopOfSpecifyCache(Memory + 1, 100, MmWriteCombined), BAD_POOL_CALLER, 0x60, Memory + 1, 0, 0);
    EXPECT_NO_STOP(StopOfRead(Memory));
    EXPECT_NO_STOP(StopOfSpecifyCache(Memory, 100, MmWriteCombined));
    EXPECT_NO_STOP(StopOfSpecifyCache(AskNode(PAGE_READWRITE | PAGE_NOCACHE, 0), PAGE_SIZE, MmNonCached));
}

Test(contiguous, the_other_free_routines_do_not_know_it)
{
    PVOID Memory = Ask(PAGE_SIZE, 0, ~0ull, NO_BOUNDARY);

    EXPECT_STOP(StopOfUntaggedFree(Memory), BAD_POOL_CALLER, 0x46, Memory, 0, 0);
}

static EMU_BUGCHECK StopOfFreeAt(KIRQL Level, PVOID Memory)
{
    EMU_BUGCHECK Stop;
    KIRQL Irql;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(Level, &Irql);
        MmFreeContiguousMemory(Memory);
        KeLowerIrql(Irql);
    }
    return Stop;
}

Test(contiguous, the_IRQL_of_a_free_is_up_to_DISPATCH_LEVEL_and_before_Server_2008_up_to_APC_LEVEL)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    EmuAllowMissingExports(TRUE);
    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        BOOLEAN Old = Table[Row].Major < 6 || Table[Row].Build < 6001;
        PVOID Memory = Ask(1, 0, ~0ull, NO_BOUNDARY);
        EMU_BUGCHECK Stop = StopOfFreeAt(DISPATCH_LEVEL, Memory);
        cr_expect_eq(Stop.Code, Old ? (ULONG)BAD_POOL_CALLER : 0, "%s", Table[Row].Title);
        Memory = Ask(1, 0, ~0ull, NO_BOUNDARY);
        EXPECT_NO_STOP(StopOfFreeAt(APC_LEVEL, Memory));
        Memory = Ask(1, 0, ~0ull, NO_BOUNDARY);
        EXPECT_STOP(StopOfFreeAt(DISPATCH_LEVEL + 1, Memory), BAD_POOL_CALLER, 0x09, DISPATCH_LEVEL + 1, 0, Memory);
    }
}

Test(contiguous, the_IRQL_of_an_allocation_is_up_to_DISPATCH_LEVEL)
{
    EMU_BUGCHECK Stop;
    KIRQL Irql;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        cr_expect_not_null(Ask(100, 0, ~0ull, NO_BOUNDARY));
        KeLowerIrql(Irql);
    }
    EXPECT_NO_STOP(Stop);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(DISPATCH_LEVEL + 1, &Irql);
        Ask(100, 0, ~0ull, NO_BOUNDARY);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x08, DISPATCH_LEVEL + 1, 0, 100);
}

/* ---- MDLs ----------------------------------------------------------------------------------------------------- */

Test(contiguous, an_mdl_describes_it_and_maps_it)
{
    PUCHAR Memory = AskNode(PAGE_READWRITE, 0);
    PMDL Mdl = IoAllocateMdl(Memory, PAGE_SIZE, FALSE, FALSE, NULL);
    EMU_BUGCHECK Stop;

    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    cr_expect_eq(MmGetMdlPfnArray(Mdl)[0], PhysicalOf(Memory) / PAGE_SIZE);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    cr_assert_not_null(Mapped);
    cr_expect_neq(Mapped, Memory);
    WriteCode(Memory);
    cr_expect_eq(RunCode(Mapped, &Stop), (ULONG)CODE_ANSWER, "the mapping is executable");
    cr_expect_eq(RunCode(Memory, &Stop), 0u, "the memory itself is not");
    EXPECT_STOP(StopOfContiguousFree(Memory), PFN_LIST_CORRUPT, 0x9A, PhysicalOf(Memory) / PAGE_SIZE, 0, 1);
    MmUnlockPages(Mdl);
    cr_expect_eq(RunCode(Memory, &Stop), 0u);
    EXPECT_NO_STOP(StopOfContiguousFree(Memory));
}

/* ---- Noncached memory ----------------------------------------------------------------------------------------- */

static EMU_BUGCHECK StopOfNonCachedFree(PVOID Address, SIZE_T Bytes)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmFreeNonCachedMemory(Address, Bytes);
    }
    return Stop;
}

Test(contiguous, noncached_memory_is_whole_pages)
{
    PUCHAR Memory = MmAllocateNonCachedMemory(PAGE_SIZE + 1);

    cr_assert_not_null(Memory);
    cr_expect_eq((ULONG_PTR)Memory % PAGE_SIZE, 0u);
    FillPattern(Memory, 2 * PAGE_SIZE, 3);
    cr_expect(HasPattern(Memory, 2 * PAGE_SIZE, 3));
    cr_expect_null(MmAllocateNonCachedMemory(0));
    cr_expect_null(MmAllocateNonCachedMemory(MAXSIZE_T));
    EXPECT_NO_STOP(StopOfNonCachedFree(Memory, PAGE_SIZE + 1));
    cr_expect_eq(StopOfRead(Memory).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
}

Test(contiguous, noncached_memory_is_freed_with_its_address_and_size)
{
    PUCHAR Memory = MmAllocateNonCachedMemory(3 * PAGE_SIZE);

    EXPECT_STOP(StopOfNonCachedFree(Memory, 2 * PAGE_SIZE), SYSTEM_PTE_MISUSE, 0x305, Memory, 2, 3);
    EXPECT_STOP(StopOfNonCachedFree(Memory, 3 * PAGE_SIZE - 1), SYSTEM_PTE_MISUSE, 0x305, Memory, 3, 3);
    EXPECT_STOP(StopOfNonCachedFree(Memory + PAGE_SIZE, 2 * PAGE_SIZE), SYSTEM_PTE_MISUSE, 0x303, Memory + PAGE_SIZE, 2,
                0);
    PUCHAR Contiguous = Ask(PAGE_SIZE, 0, ~0ull, NO_BOUNDARY);
    EXPECT_STOP(StopOfNonCachedFree(Contiguous, PAGE_SIZE), SYSTEM_PTE_MISUSE, 0x303, Contiguous, 1, 0);
    EXPECT_NO_STOP(StopOfNonCachedFree(Memory, 3 * PAGE_SIZE));
    EXPECT_STOP(StopOfNonCachedFree(Memory, 3 * PAGE_SIZE), SYSTEM_PTE_MISUSE, 0x303, Memory, 3, 0);
}

Test(contiguous, noncached_memory_is_executable_before_Windows_8_only)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        ExpectExecutable(MmAllocateNonCachedMemory(100), !HasNxPool(&Table[Row]), Table[Row].Title);
    }
}

Test(contiguous, noncached_memory_is_for_APC_LEVEL_and_below)
{
    PVOID Memory = MmAllocateNonCachedMemory(100);
    EMU_BUGCHECK Stop;
    KIRQL Irql;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        MmAllocateNonCachedMemory(100);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x08, DISPATCH_LEVEL, 0, 100);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        MmFreeNonCachedMemory(Memory, 100);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x09, DISPATCH_LEVEL, 0, Memory);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(APC_LEVEL, &Irql);
        MmFreeNonCachedMemory(Memory, 100);
        cr_expect_not_null(MmAllocateNonCachedMemory(100));
        KeLowerIrql(Irql);
    }
    EXPECT_NO_STOP(Stop);
}

/* ---- What it is not ------------------------------------------------------------------------------------------- */

Test(contiguous, it_is_no_pool_and_counts_under_no_tag_and_toward_no_limit)
{
    EMU_TAG_USAGE Usage;
    SIZE_T Bytes = PAGE_SIZE;
    PVOID Memory;

    EmuSetPoolLimit(NonPagedPool, 0);
    cr_expect_not_null(Ask(PAGE_SIZE, 0, ~0ull, NO_BOUNDARY));
    cr_expect_not_null(MmAllocateNonCachedMemory(PAGE_SIZE));
    cr_expect_eq(AskEx(&Bytes, ~0ull, PAGE_READWRITE, NULL, TAG, 0, &Memory), STATUS_SUCCESS);
    EmuQueryTag(TAG, &Usage);
    cr_expect(Usage.NonPaged.Allocs == 0 && Usage.NonPaged.Bytes == 0);
    cr_expect_eq(LiveBlocks(), 0u);
}

/* ---- Reset ---------------------------------------------------------------------------------------------------- */

Test(contiguous, EmuReset_frees_it)
{
    PVOID Memory = Ask(PAGE_SIZE, 16 * MIB, 16 * MIB + PAGE_SIZE - 1, NO_BOUNDARY);
    PVOID NonCached = MmAllocateNonCachedMemory(PAGE_SIZE);

    EmuReset();
    cr_expect_eq(StopOfRead(Memory).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    cr_expect_eq(StopOfRead(NonCached).Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    EXPECT_STOP(StopOfContiguousFree(Memory), BAD_POOL_CALLER, 0x60, Memory, 0, 0);
    cr_expect_eq(Ask(PAGE_SIZE, 16 * MIB, 16 * MIB + PAGE_SIZE - 1, NO_BOUNDARY), Memory);
}
