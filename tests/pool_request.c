/* Requests: what each rule of the older routines stops with, the modifier bits, and how failure is reported. */
#include <criterion/criterion.h>

#include "support.h"

/* ---- Zero bytes ----------------------------------------------------------------------------------------------- */

Test(pool_request, zero_bytes_stop_with_0xC2_0x00)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        EXPECT_STOP(StopOfAllocation(Kinds[Kind].Type, 0, TAG), BAD_POOL_CALLER, 0x00, 0, Kinds[Kind].Type, TAG);
    }
}

/* The tag is known and blocks of every size wait in the thread's cache: nothing but the size is in the way. */
Test(pool_request, zero_bytes_stop_when_everything_else_is_at_hand)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (ULONG Bytes = 1; Bytes <= 64; Bytes++) {
            ExFreePoolWithTag(ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG), TAG);
        }
        POOL_TYPE Zeroed = (POOL_TYPE)(Kinds[Kind].Type | POOL_ZERO_ALLOCATION);
        EXPECT_STOP(StopOfAllocation(Kinds[Kind].Type, 0, TAG), BAD_POOL_CALLER, 0x00, 0, Kinds[Kind].Type, TAG);
        EXPECT_STOP(StopOfAllocation(Zeroed, 0, TAG), BAD_POOL_CALLER, 0x00, 0, Zeroed, TAG);
    }
}

Test(pool_request, zero_bytes_stop_every_older_routine)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePool(PagedPool, 0);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x00, 0, PagedPool, 'enoN');
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithQuota(PagedPool, 0);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x00, 0, PagedPool, 'enoN');
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithQuotaTag(PagedPool, 0, TAG);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x00, 0, PagedPool, TAG);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithTagPriority(PagedPool, 0, TAG, NormalPoolPriority);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x00, 0, PagedPool, TAG);
}

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

static void ExpectTagStop(ULONG Cause, POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    EMU_BUGCHECK Stop = StopOfAllocation(Type, Bytes, Tag);

    EXPECT_STOP(Stop, BAD_POOL_CALLER, Cause, Type, Bytes, Stop.Parameter[3]);
    cr_expect_neq(Stop.Parameter[3], 0, "the caller's address");
}

Test(pool_request, tag_0_stops_with_0xC2_0x9B)
{
    ExpectTagStop(0x9B, NonPagedPoolNx, 100, 0);
    ExpectTagStop(0x9B, PagedPool, 10000, 0);
}

Test(pool_request, tag_BIG_stops_with_0xC2_0x9C)
{
    ExpectTagStop(0x9C, NonPagedPoolNx, 100, 'BIG');
    ExpectTagStop(0x9C, PagedPool, 10000, 'BIG');
}

Test(pool_request, the_callers_address_of_a_tag_stop_is_in_the_calling_function)
{
    EMU_BUGCHECK Stop = StopOfAllocation(NonPagedPoolNx, 100, 0);
    ULONG_PTR Function = (ULONG_PTR)StopOfAllocation;

    cr_expect_gt(Stop.Parameter[3], Function);
    cr_expect_lt(Stop.Parameter[3], Function + 0x1000);
}

Test(pool_request, a_tag_without_letter_and_digit_stops_with_0xC2_0x9D)
{
    static const ULONG Tags[] = {'    ', '----', '.', '_!%&', '@[`{', '/:~?', 0x01020304};

    for (SIZE_T Index = 0; Index < COUNT(Tags); Index++) {
        EMU_BUGCHECK Stop = StopOfAllocation(NonPagedPoolNx, 100, Tags[Index]);
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9D, Tags[Index], NonPagedPoolNx, Stop.Parameter[3]);
        cr_expect_neq(Stop.Parameter[3], 0, "the caller's address");
    }
}

Test(pool_request, one_letter_or_digit_makes_a_tag)
{
    static const ULONG Tags[] = {'a', 'z', 'A', 'Z', '0', '9', 'a   ', '   a', '--9-', 'BIGG', 'big', 'Dh 0'};

    for (SIZE_T Index = 0; Index < COUNT(Tags); Index++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, Tags[Index]);
        EMU_BLOCK Info;
        cr_assert(EmuQueryBlock(Block, &Info), "tag 0x%08X", Tags[Index]);
        cr_expect_eq(Info.Tag, Tags[Index]);
        EXPECT_NO_STOP(StopOfFree(Block, Tags[Index]));
    }
}

/* ---- Pool types ----------------------------------------------------------------------------------------------- */

Test(pool_request, must_succeed_types_stop_with_0xC2_0x9A)
{
    static const POOL_TYPE Types[] = {NonPagedPoolMustSucceed, NonPagedPoolCacheAlignedMustS,
                                      NonPagedPoolMustSucceedSession, NonPagedPoolCacheAlignedMustSSession};

    for (SIZE_T Index = 0; Index < COUNT(Types); Index++) {
        EXPECT_STOP(StopOfAllocation(Types[Index], 100, TAG), BAD_POOL_CALLER, 0x9A, Types[Index], 100, TAG);
        EXPECT_STOP(StopOfAllocation(Types[Index], 10000, TAG), BAD_POOL_CALLER, 0x9A, Types[Index], 10000, TAG);
    }
}

Test(pool_request, the_type_of_a_block_is_the_one_asked_for)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            EMU_BLOCK Info;
            cr_assert(EmuQueryBlock(Block, &Info));
            cr_expect_eq(Info.PoolType, Kinds[Kind].Type, "%s, %zu bytes: %d", Kinds[Kind].Name, (size_t)Sizes[Size],
                         (int)Info.PoolType);
        }
    }
}

Test(pool_request, modifier_bits_are_not_part_of_a_blocks_type)
{
    static const ULONG Modifiers[] = {POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, POOL_RAISE_IF_ALLOCATION_FAILURE,
                                      POOL_COLD_ALLOCATION, POOL_ZERO_ALLOCATION,
                                      POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE |
                                          POOL_COLD_ALLOCATION | POOL_ZERO_ALLOCATION};

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Index = 0; Index < COUNT(Modifiers); Index++) {
            for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
                POOL_TYPE Type = (POOL_TYPE)(Kinds[Kind].Type | Modifiers[Index]);
                PVOID Block = ExAllocatePoolWithTag(Type, Sizes[Size], TAG);
                EMU_BLOCK Info;
                cr_assert(EmuQueryBlock(Block, &Info));
                cr_expect_eq(Info.PoolType, Kinds[Kind].Type, "0x%X", (unsigned)Type);
                cr_expect_eq(Info.Executable, Kinds[Kind].Executable, "0x%X", (unsigned)Type);
                ExFreePoolWithTag(Block, TAG);
            }
        }
    }
}

/* Paged pool is no-execute, and on x86 executable, with or without it. */
Test(pool_request, POOL_NX_ALLOCATION_changes_nothing_for_paged_pool)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_NX_ALLOCATION), Sizes[Size], TAG);
        EMU_BLOCK Info;
        EMU_TAG_USAGE Usage;
        cr_assert(EmuQueryBlock(Block, &Info));
        cr_expect_eq(Info.PoolType, PagedPool, "%d", (int)Info.PoolType);
        cr_expect_eq(Info.Executable, PAGED_EXECUTES);
        EmuQueryTag(TAG, &Usage);
        cr_expect_eq(Usage.Paged.Allocs, Size + 1);
        cr_expect_eq(Usage.NonPaged.Allocs, 0);
    }
}

Test(pool_request, every_priority_gives_a_block)
{
    static const EX_POOL_PRIORITY Priorities[] = {
        LowPoolPriority,    LowPoolPrioritySpecialPoolOverrun,    LowPoolPrioritySpecialPoolUnderrun,
        NormalPoolPriority, NormalPoolPrioritySpecialPoolOverrun, NormalPoolPrioritySpecialPoolUnderrun,
        HighPoolPriority,   HighPoolPrioritySpecialPoolOverrun,   HighPoolPrioritySpecialPoolUnderrun};

    for (SIZE_T Index = 0; Index < COUNT(Priorities); Index++) {
        PVOID Block = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 100, TAG, Priorities[Index]);
        EMU_BLOCK Info;
        cr_assert(EmuQueryBlock(Block, &Info));
        cr_expect_eq(Info.Size, 100);
        cr_expect_eq(Info.PoolType, NonPagedPoolNx);
    }
}

/* ---- IRQL ----------------------------------------------------------------------------------------------------- */

static void RaiseTo(ULONG Irql)
{
    KIRQL Old;

    KeRaiseIrql((KIRQL)Irql, &Old);
}

Test(pool_request, nonpaged_pool_is_allocated_up_to_DISPATCH_LEVEL)
{
    for (ULONG Irql = PASSIVE_LEVEL; Irql <= DISPATCH_LEVEL; Irql++) {
        RaiseTo(Irql);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            EXPECT_NO_STOP(StopOfAllocation(NonPagedPoolExecute, Sizes[Size], TAG));
            EXPECT_NO_STOP(StopOfAllocation(NonPagedPoolNx, Sizes[Size], TAG));
        }
    }
    cr_expect_eq(LiveBlocks(), 3 * 2 * COUNT(Sizes));
}

Test(pool_request, paged_pool_is_allocated_up_to_APC_LEVEL)
{
    for (ULONG Irql = PASSIVE_LEVEL; Irql <= APC_LEVEL; Irql++) {
        RaiseTo(Irql);
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            EXPECT_NO_STOP(StopOfAllocation(PagedPool, Sizes[Size], TAG));
        }
    }
    cr_expect_eq(LiveBlocks(), 2 * COUNT(Sizes));
}

Test(pool_request, nonpaged_pool_above_DISPATCH_LEVEL_stops_with_0xC2_0x08)
{
    static const POOL_TYPE Types[] = {NonPagedPoolExecute, NonPagedPoolNx, NonPagedPoolNxCacheAligned};

    for (ULONG Irql = DISPATCH_LEVEL + 1; Irql <= HIGH_LEVEL; Irql++) {
        for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
            for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
                RaiseTo(Irql);
                EXPECT_STOP(StopOfAllocation(Types[Type], Sizes[Size], TAG), BAD_POOL_CALLER, 0x08, Irql, Types[Type],
                            Sizes[Size]);
                KeLowerIrql(PASSIVE_LEVEL);
            }
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_request, paged_pool_above_APC_LEVEL_stops_with_0xC2_0x08)
{
    static const POOL_TYPE Types[] = {PagedPool, PagedPoolCacheAligned, PagedPoolSession};

    ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 64, TAG), TAG); /* a free block is at hand */
    for (ULONG Irql = DISPATCH_LEVEL; Irql <= HIGH_LEVEL; Irql++) {
        for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
            for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
                RaiseTo(Irql);
                EXPECT_STOP(StopOfAllocation(Types[Type], Sizes[Size], TAG), BAD_POOL_CALLER, 0x08, Irql, Types[Type],
                            Sizes[Size]);
                KeLowerIrql(PASSIVE_LEVEL);
            }
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_request, a_refused_request_counts_nothing)
{
    EMU_TAG_USAGE Usage;

    StopOfAllocation(NonPagedPoolNx, 0, TAG);
    StopOfAllocation(NonPagedPoolMustSucceed, 100, TAG);
    ExAllocatePoolWithTag(NonPagedPoolNx, MORE_THAN_AN_ARENA, TAG);
    RaiseTo(HIGH_LEVEL);
    StopOfAllocation(NonPagedPoolNx, 100, TAG);
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs, 0);
    cr_expect_eq(Usage.NonPaged.Bytes, 0);
    cr_expect_eq(LiveBlocks(), 0);
}

/* ---- Failure -------------------------------------------------------------------------------------------------- */

#define EXPECT_STATUS(Wanted, Statement)                                                                               \
    do {                                                                                                               \
        NTSTATUS Status;                                                                                               \
        volatile BOOLEAN Returned = FALSE;                                                                             \
        EMU_CATCH_EXCEPTION(&Status)                                                                                   \
        {                                                                                                              \
            cr_expect_null(Statement);                                                                                 \
            Returned = TRUE;                                                                                           \
        }                                                                                                              \
        cr_expect_eq(Status, (Wanted), "0x%08X", (unsigned)Status);                                                    \
        cr_expect_eq(Returned, (Wanted) == STATUS_SUCCESS);                                                            \
    } while (0)

Test(pool_request, a_shortage_is_NULL)
{
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePool(PagedPool, MORE_THAN_AN_ARENA));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolWithTag(PagedPool, MORE_THAN_AN_ARENA, TAG));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolWithTagPriority(PagedPool, MORE_THAN_AN_ARENA, TAG, HighPoolPriority));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolZero(PagedPool, MORE_THAN_AN_ARENA, TAG));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolUninitialized(PagedPool, MORE_THAN_AN_ARENA, TAG));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolPriorityZero(PagedPool, MORE_THAN_AN_ARENA, TAG, LowPoolPriority));
}

static void ExpectRaised(POOL_TYPE Type, SIZE_T Bytes)
{
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePool(Type, Bytes));
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolWithTag(Type, Bytes, TAG));
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolWithTagPriority(Type, Bytes, TAG, HighPoolPriority));
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolZero(Type, Bytes, TAG));
}

Test(pool_request, a_shortage_raises_with_POOL_RAISE_IF_ALLOCATION_FAILURE)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        ExpectRaised((POOL_TYPE)(Kinds[Kind].Type | POOL_RAISE_IF_ALLOCATION_FAILURE), MORE_THAN_AN_ARENA);
        ExpectRaised((POOL_TYPE)(Kinds[Kind].Type | POOL_RAISE_IF_ALLOCATION_FAILURE), MAXSIZE_T);
    }
}

Test(pool_request, a_shortage_raises_in_the_quota_routines)
{
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolWithQuota(PagedPool, MORE_THAN_AN_ARENA));
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolWithQuotaTag(PagedPool, MORE_THAN_AN_ARENA, TAG));
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolQuotaZero(PagedPool, MORE_THAN_AN_ARENA, TAG));
    EXPECT_STATUS(STATUS_INSUFFICIENT_RESOURCES, ExAllocatePoolQuotaUninitialized(PagedPool, MORE_THAN_AN_ARENA, TAG));
}

Test(pool_request, a_shortage_is_NULL_in_the_quota_routines_with_POOL_QUOTA_FAIL_INSTEAD_OF_RAISE)
{
    POOL_TYPE Type = (POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);

    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolWithQuota(Type, MORE_THAN_AN_ARENA));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolWithQuotaTag(Type, MORE_THAN_AN_ARENA, TAG));
    EXPECT_STATUS(STATUS_SUCCESS, ExAllocatePoolQuotaZero(Type, MORE_THAN_AN_ARENA, TAG));
}

Test(pool_request, a_raised_shortage_outside_a_handler_is_KMODE_EXCEPTION_NOT_HANDLED)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), MORE_THAN_AN_ARENA, TAG);
    }
    cr_expect_eq(Stop.Code, (ULONG)KMODE_EXCEPTION_NOT_HANDLED);
    cr_expect_eq((NTSTATUS)Stop.Parameter[0], STATUS_INSUFFICIENT_RESOURCES);
}

/* 17 GiB, or 1 GiB, do not fit into an arena; what was there before must survive the attempt, and so must the arena. */
Test(pool_request, the_pool_is_usable_after_it_was_exhausted)
{
    enum {
        CHUNK = 1 << EMU_BY_WIDTH(30, 26),
        CHUNKS = 64,
    };
    static PVOID Chunks[CHUNKS];
    ULONG Got = 0;
    UCHAR *Before = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);

    memset(Before, 0x42, 100);
    while (Got < CHUNKS && (Chunks[Got] = ExAllocatePoolWithTag(NonPagedPoolNx, CHUNK, TAG)) != NULL) {
        Got++;
    }
    cr_assert_gt(Got, 1, "%u", Got);
    cr_assert_lt(Got, CHUNKS);
    cr_expect_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, CHUNK, TAG));
    ExpectRaised((POOL_TYPE)(NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE), CHUNK);
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 100, TAG2), "another arena");
    cr_expect(IsFilledWith(Before, 0x42, 100));
    while (Got > 0) {
        ExFreePoolWithTag(Chunks[--Got], TAG);
    }
    PVOID After = ExAllocatePoolWithTag(NonPagedPoolNx, CHUNK, TAG);
    cr_expect_not_null(After);
    EXPECT_NO_STOP(StopOfFree(After, TAG));
    EXPECT_NO_STOP(StopOfFree(Before, TAG));
}
