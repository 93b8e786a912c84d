/* ExAllocatePool2 and ExAllocatePool3: flags, extended parameters, and how failure is reported. */
#include <criterion/criterion.h>

#include "support.h"

static const POOL_FLAGS KindFlags[] = {POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE, POOL_FLAG_PAGED};

/* NULL without POOL_FLAG_RAISE_ON_FAILURE, that status with it. */
static void ExpectRefused(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG Count,
                          NTSTATUS Wanted)
{
    NTSTATUS Status;
    volatile BOOLEAN Returned = FALSE;

    cr_expect_null(ExAllocatePool3(Flags & ~POOL_FLAG_RAISE_ON_FAILURE, Bytes, Tag, Parameters, Count), "0x%llX",
                   (unsigned long long)Flags);
    EMU_CATCH_EXCEPTION(&Status)
    {
        ExAllocatePool3(Flags | POOL_FLAG_RAISE_ON_FAILURE, Bytes, Tag, Parameters, Count);
        Returned = TRUE;
    }
    cr_expect_eq(Status, Wanted, "0x%llX: 0x%08X", (unsigned long long)Flags, (unsigned)Status);
    cr_expect_not(Returned);
    if (Parameters == NULL && Count == 0) {
        cr_expect_null(ExAllocatePool2(Flags & ~POOL_FLAG_RAISE_ON_FAILURE, Bytes, Tag), "0x%llX",
                       (unsigned long long)Flags);
        EMU_CATCH_EXCEPTION(&Status)
        {
            ExAllocatePool2(Flags | POOL_FLAG_RAISE_ON_FAILURE, Bytes, Tag);
        }
        cr_expect_eq(Status, Wanted, "0x%llX: 0x%08X", (unsigned long long)Flags, (unsigned)Status);
    }
    cr_expect_eq(LiveBlocks(), 0);
}

static void ExpectInvalid(POOL_FLAGS Flags)
{
    ExpectRefused(Flags, 100, TAG, NULL, 0, STATUS_INVALID_PARAMETER);
}

static void ExpectGranted(POOL_FLAGS Flags, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG Count, POOL_TYPE Type)
{
    PVOID Block = ExAllocatePool3(Flags, 100, TAG, Parameters, Count);
    EMU_BLOCK Info;

    cr_assert(EmuQueryBlock(Block, &Info), "0x%llX", (unsigned long long)Flags);
    cr_expect_eq(Info.Size, 100);
    cr_expect_eq(Info.Tag, TAG);
    cr_expect_eq(Info.PoolType, Type, "0x%llX: %d", (unsigned long long)Flags, (int)Info.PoolType);
    ExFreePoolWithTag(Block, TAG);
}

/* ---- The kind of pool ----------------------------------------------------------------------------------------- */

Test(pool_flags, each_kind_flag_gives_its_pool_type)
{
    ExpectGranted(POOL_FLAG_NON_PAGED, NULL, 0, NonPagedPoolNx);
    ExpectGranted(POOL_FLAG_NON_PAGED_EXECUTE, NULL, 0, NonPagedPoolExecute);
    ExpectGranted(POOL_FLAG_PAGED, NULL, 0, PagedPool);
    ExpectGranted(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, NULL, 0, NonPagedPoolNxCacheAligned);
    ExpectGranted(POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, NULL, 0, PagedPoolCacheAligned);
    ExpectGranted(POOL_FLAG_NON_PAGED | POOL_FLAG_SESSION, NULL, 0, NonPagedPoolSessionNx);
}

Test(pool_flags, no_kind_flag_is_invalid)
{
    ExpectInvalid(0);
    ExpectInvalid(POOL_FLAG_UNINITIALIZED);
    ExpectInvalid(POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_USE_QUOTA);
}

Test(pool_flags, several_kind_flags_are_invalid)
{
    ExpectInvalid(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED);
    ExpectInvalid(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE);
    ExpectInvalid(POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
    ExpectInvalid(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
}

Test(pool_flags, every_unknown_required_bit_is_invalid)
{
    for (ULONG Bit = 11; Bit < 32; Bit++) {
        for (SIZE_T Kind = 0; Kind < COUNT(KindFlags); Kind++) {
            ExpectInvalid(KindFlags[Kind] | (ULONG64)1 << Bit);
        }
    }
}

Test(pool_flags, RESERVED1_is_invalid)
{
    for (SIZE_T Kind = 0; Kind < COUNT(KindFlags); Kind++) {
        ExpectInvalid(KindFlags[Kind] | POOL_FLAG_RESERVED1);
    }
}

Test(pool_flags, RESERVED2_is_accepted)
{
    ExpectGranted(POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED2, NULL, 0, NonPagedPoolNx);
    ExpectGranted(POOL_FLAG_PAGED | POOL_FLAG_RESERVED2, NULL, 0, PagedPool);
}

Test(pool_flags, every_optional_bit_is_accepted_known_or_not)
{
    for (ULONG Bit = 32; Bit < 64; Bit++) {
        ExpectGranted(POOL_FLAG_NON_PAGED | (ULONG64)1 << Bit, NULL, 0, NonPagedPoolNx);
        ExpectGranted(POOL_FLAG_PAGED | (ULONG64)1 << Bit, NULL, 0, PagedPool);
    }
}

/* ---- Tags and sizes ------------------------------------------------------------------------------------------- */

Test(pool_flags, tag_0_is_refused_as_an_invalid_parameter)
{
    for (SIZE_T Kind = 0; Kind < COUNT(KindFlags); Kind++) {
        ExpectRefused(KindFlags[Kind], 100, 0, NULL, 0, STATUS_INVALID_PARAMETER);
        ExpectRefused(KindFlags[Kind], 10000, 0, NULL, 0, STATUS_INVALID_PARAMETER);
    }
}

Test(pool_flags, tag_BIG_and_tags_without_letter_and_digit_stop_as_in_the_older_routines)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'BIG');
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9C, NonPagedPoolNx, 100, Stop.Parameter[3]);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePool2(POOL_FLAG_PAGED, 100, '----');
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9D, '----', PagedPool, Stop.Parameter[3]);
}

Test(pool_flags, zero_bytes_give_a_live_block_of_size_0)
{
    for (SIZE_T Kind = 0; Kind < COUNT(KindFlags); Kind++) {
        PVOID Block = ExAllocatePool2(KindFlags[Kind], 0, TAG);
        PVOID Other = ExAllocatePool3(KindFlags[Kind], 0, TAG, NULL, 0);
        EMU_BLOCK Info;
        cr_assert(EmuQueryBlock(Block, &Info));
        cr_expect_eq(Info.Size, 0);
        cr_expect(IS_ALIGNED(Block, MEMORY_ALLOCATION_ALIGNMENT));
        cr_assert(EmuQueryBlock(Other, &Info));
        cr_expect_eq(Info.Size, 0);
        cr_expect_neq(Block, Other);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
        EXPECT_NO_STOP(StopOfFree(Other, TAG));
    }
    ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, 0, TAG), TAG);
}

Test(pool_flags, a_shortage_is_STATUS_INSUFFICIENT_RESOURCES)
{
    for (SIZE_T Kind = 0; Kind < COUNT(KindFlags); Kind++) {
        ExpectRefused(KindFlags[Kind], MORE_THAN_AN_ARENA, TAG, NULL, 0, STATUS_INSUFFICIENT_RESOURCES);
        ExpectRefused(KindFlags[Kind], MAXSIZE_T, TAG, NULL, 0, STATUS_INSUFFICIENT_RESOURCES);
        ExpectRefused(KindFlags[Kind] | POOL_FLAG_CACHE_ALIGNED, MAXSIZE_T - 63, TAG, NULL, 0,
                      STATUS_INSUFFICIENT_RESOURCES);
        ExpectRefused(KindFlags[Kind] | POOL_FLAG_USE_QUOTA, MORE_THAN_AN_ARENA, TAG, NULL, 0,
                      STATUS_INSUFFICIENT_RESOURCES);
    }
}

Test(pool_flags, a_driver_catches_the_exception_with_its_own_try)
{
    NTSTATUS volatile Status = STATUS_SUCCESS;

    __try {
        ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, MORE_THAN_AN_ARENA, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    cr_expect_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
}

Test(pool_flags, RAISE_ON_FAILURE_changes_nothing_for_a_request_that_succeeds)
{
    ExpectGranted(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, NULL, 0, NonPagedPoolNx);
}

/* ---- IRQL ----------------------------------------------------------------------------------------------------- */

static EMU_BUGCHECK StopOfFlags(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Irql)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql((KIRQL)Irql, &Old);
        ExAllocatePool2(Flags, Bytes, TAG);
        KeLowerIrql(Old);
    }
    return Stop;
}

Test(pool_flags, the_IRQL_rules_are_those_of_the_older_routines)
{
    static const SIZE_T SomeSizes[] = {100, 5000};

    for (SIZE_T Size = 0; Size < COUNT(SomeSizes); Size++) {
        SIZE_T Bytes = SomeSizes[Size];
        EXPECT_NO_STOP(StopOfFlags(POOL_FLAG_PAGED, Bytes, APC_LEVEL));
        EXPECT_STOP(StopOfFlags(POOL_FLAG_PAGED, Bytes, DISPATCH_LEVEL), BAD_POOL_CALLER, 0x08, DISPATCH_LEVEL,
                    PagedPool, Bytes);
        EXPECT_NO_STOP(StopOfFlags(POOL_FLAG_NON_PAGED, Bytes, DISPATCH_LEVEL));
        EXPECT_NO_STOP(StopOfFlags(POOL_FLAG_NON_PAGED_EXECUTE, Bytes, DISPATCH_LEVEL));
        EXPECT_STOP(StopOfFlags(POOL_FLAG_NON_PAGED, Bytes, DISPATCH_LEVEL + 1), BAD_POOL_CALLER, 0x08,
                    DISPATCH_LEVEL + 1, NonPagedPoolNx, Bytes);
        EXPECT_STOP(StopOfFlags(POOL_FLAG_NON_PAGED_EXECUTE, Bytes, HIGH_LEVEL), BAD_POOL_CALLER, 0x08, HIGH_LEVEL,
                    NonPagedPoolExecute, Bytes);
    }
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- Extended parameters -------------------------------------------------------------------------------------- */

static void ExpectBadParameters(POOL_FLAGS Flags, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG Count)
{
    ExpectRefused(Flags, 100, TAG, Parameters, Count, STATUS_INVALID_PARAMETER);
}

Test(pool_flags, no_parameters_are_fine)
{
    POOL_EXTENDED_PARAMETER Unused = {.Type = PoolExtendedParameterInvalidType};

    ExpectGranted(POOL_FLAG_NON_PAGED, NULL, 0, NonPagedPoolNx);
    ExpectGranted(POOL_FLAG_NON_PAGED, &Unused, 0, NonPagedPoolNx);
}

Test(pool_flags, a_count_without_parameters_is_invalid)
{
    ExpectBadParameters(POOL_FLAG_NON_PAGED, NULL, 1);
}

Test(pool_flags, the_invalid_parameter_type_is_invalid)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterInvalidType};

    ExpectBadParameters(POOL_FLAG_NON_PAGED, &Parameter, 1);
}

Test(pool_flags, a_reserved_bit_of_a_parameter_is_invalid)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority, .Reserved = 1};

    Parameter.Priority = NormalPoolPriority;
    ExpectBadParameters(POOL_FLAG_NON_PAGED, &Parameter, 1);
}

Test(pool_flags, every_documented_priority_is_understood)
{
    static const EX_POOL_PRIORITY Priorities[] = {
        LowPoolPriority,    LowPoolPrioritySpecialPoolOverrun,    LowPoolPrioritySpecialPoolUnderrun,
        NormalPoolPriority, NormalPoolPrioritySpecialPoolOverrun, NormalPoolPrioritySpecialPoolUnderrun,
        HighPoolPriority,   HighPoolPrioritySpecialPoolOverrun,   HighPoolPrioritySpecialPoolUnderrun};

    for (SIZE_T Index = 0; Index < COUNT(Priorities); Index++) {
        POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority};
        Parameter.Priority = Priorities[Index];
        ExpectGranted(POOL_FLAG_PAGED, &Parameter, 1, PagedPool);
    }
}

Test(pool_flags, an_unknown_parameter_type_is_invalid_unless_it_is_optional)
{
    for (ULONG Type = PoolExtendedParameterMax; Type < 256; Type++) {
        POOL_EXTENDED_PARAMETER Parameter = {.Type = Type};
        ExpectBadParameters(POOL_FLAG_NON_PAGED, &Parameter, 1);
        Parameter.Optional = 1;
        ExpectGranted(POOL_FLAG_NON_PAGED, &Parameter, 1, NonPagedPoolNx);
    }
}

Test(pool_flags, one_bad_parameter_among_good_ones_is_enough)
{
    POOL_EXTENDED_PARAMETER Parameters[3] = {
        {.Type = PoolExtendedParameterPriority}, {.Type = PoolExtendedParameterNumaNode}, {.Type = 200}};

    Parameters[0].Priority = LowPoolPriority;
    Parameters[1].PreferredNode = 0;
    ExpectGranted(POOL_FLAG_NON_PAGED, Parameters, 2, NonPagedPoolNx);
    ExpectBadParameters(POOL_FLAG_NON_PAGED, Parameters, 3);
}

Test(pool_flags, a_required_secure_pool_cannot_be_honoured_an_optional_one_is_ignored)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};

    ExpectBadParameters(POOL_FLAG_NON_PAGED, &Parameter, 1);
    Parameter.Optional = 1;
    ExpectGranted(POOL_FLAG_NON_PAGED, &Parameter, 1, NonPagedPoolNx);
}

Test(pool_flags, node_0_is_the_only_node_unless_any_node_is_ok)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterNumaNode};

    Parameter.PreferredNode = 0;
    ExpectGranted(POOL_FLAG_NON_PAGED, &Parameter, 1, NonPagedPoolNx);
    Parameter.PreferredNode = 1;
    ExpectBadParameters(POOL_FLAG_NON_PAGED, &Parameter, 1);
    Parameter.PreferredNode = 1 | MM_ANY_NODE_OK;
    ExpectGranted(POOL_FLAG_NON_PAGED, &Parameter, 1, NonPagedPoolNx);
}

Test(pool_flags, a_node_is_for_POOL_FLAG_NON_PAGED_only)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterNumaNode};

    Parameter.PreferredNode = 0;
    ExpectBadParameters(POOL_FLAG_PAGED, &Parameter, 1);
    ExpectBadParameters(POOL_FLAG_NON_PAGED_EXECUTE, &Parameter, 1);
    Parameter.Optional = 1;
    ExpectGranted(POOL_FLAG_PAGED, &Parameter, 1, PagedPool);
}

Test(pool_flags, the_same_parameter_twice_is_invalid)
{
    POOL_EXTENDED_PARAMETER Parameters[2] = {{.Type = PoolExtendedParameterPriority},
                                             {.Type = PoolExtendedParameterPriority}};

    Parameters[0].Priority = LowPoolPriority;
    Parameters[1].Priority = LowPoolPriority;
    ExpectBadParameters(POOL_FLAG_NON_PAGED, Parameters, 2);
}

Test(pool_flags, parameters_do_not_excuse_bad_flags)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority};

    Parameter.Priority = HighPoolPriority;
    ExpectBadParameters(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, &Parameter, 1);
    ExpectRefused(POOL_FLAG_PAGED, MORE_THAN_AN_ARENA, TAG, &Parameter, 1, STATUS_INSUFFICIENT_RESOURCES);
}

Test(pool_flags, before_Server_2022_a_node_is_an_unknown_parameter)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterNumaNode};
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    EmuAllowMissingExports(TRUE);
    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        Parameter.PreferredNode = 0;
        Parameter.Optional = 0;
        cr_expect_eq(ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, &Parameter, 1) != NULL, Table[Row].Build >= 20348,
                     "%s", Table[Row].Title);
        Parameter.Optional = 1;
        cr_expect_not_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, &Parameter, 1), "%s", Table[Row].Title);
    }
}

Test(pool_flags, an_optional_parameter_that_comes_twice_or_is_malformed_is_refused_as_well)
{
    POOL_EXTENDED_PARAMETER Parameters[2] = {{.Type = 200, .Optional = 1}, {.Type = 200, .Optional = 1}};

    ExpectBadParameters(POOL_FLAG_NON_PAGED, Parameters, 2);
    Parameters[1].Type = PoolExtendedParameterInvalidType;
    ExpectBadParameters(POOL_FLAG_NON_PAGED, Parameters, 2);
    Parameters[1].Type = 201;
    ExpectGranted(POOL_FLAG_NON_PAGED, Parameters, 2, NonPagedPoolNx);
    Parameters[1].Reserved = 1;
    ExpectBadParameters(POOL_FLAG_NON_PAGED, Parameters, 2);
}
