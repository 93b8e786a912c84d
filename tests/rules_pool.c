/* The order of the rules, what every routine shares, and every combination of the low bits of POOL_FLAGS. */
#include <criterion/criterion.h>

#include "support.h"

/* ---- Requests ------------------------------------------------------------------------------------------------- */

EMU_NOINLINE static EMU_BUGCHECK StopOf(KIRQL Irql, POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(Irql, &Old);
        ExAllocatePoolWithTag(Type, Bytes, Tag);
        KeLowerIrql(Old);
    }
    return Stop;
}

Test(rules_pool, characters_outside_0x20_to_0x7E_are_accepted_beside_a_letter)
{
    static const ULONG Tags[] = {0x41010203, 0x7F410000, 0x0000007A, 0x1F1F1F30};

    for (SIZE_T Index = 0; Index < COUNT(Tags); Index++) {
        PVOID Block = ExAllocatePoolWithTag(PagedPool, 100, Tags[Index]);
        cr_assert_not_null(Block);
        EXPECT_NO_STOP(StopOfFree(Block, Tags[Index]));
    }
}

/* The type is looked at first, then the size, the tag and the IRQL. */
Test(rules_pool, of_several_mistakes_the_first_in_order_stops)
{
    POOL_TYPE BadType = (POOL_TYPE)(PagedPool | NonPagedPoolMustSucceed);

    cr_expect_eq(StopOf(HIGH_LEVEL, BadType, 0, 0).Parameter[0], 0x9Au);
    cr_expect_eq(StopOf(HIGH_LEVEL, PagedPool, 0, 0).Parameter[0], 0x00u);
    cr_expect_eq(StopOf(HIGH_LEVEL, PagedPool, 100, 0).Parameter[0], 0x9Bu);
    cr_expect_eq(StopOf(HIGH_LEVEL, PagedPool, 100, 'BIG').Parameter[0], 0x9Cu);
    cr_expect_eq(StopOf(HIGH_LEVEL, PagedPool, 100, '----').Parameter[0], 0x9Du);
    cr_expect_eq(StopOf(HIGH_LEVEL, PagedPool, MORE_THAN_AN_ARENA, TAG).Parameter[0], 0x08u);
}

/* For every type that is not must-succeed, with any of the modifier bits. */
Test(rules_pool, bit_0_of_the_type_decides_whether_DISPATCH_LEVEL_is_too_high)
{
    for (ULONG Type = 0; Type < 2048; Type++) {
        if ((Type & NonPagedPoolBaseMustSucceed) == 0) {
            EMU_BUGCHECK Stop = StopOf(DISPATCH_LEVEL, (POOL_TYPE)Type, 40, TAG);
            if ((Type & 1) != 0) {
                EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x08, DISPATCH_LEVEL, Type, 40);
            } else {
                EXPECT_NO_STOP(Stop);
            }
        }
    }
}

/* ---- The routines --------------------------------------------------------------------------------------------- */

static PVOID Plain(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ExAllocatePool(Type, Bytes);
}

static PVOID WithQuota(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ExAllocatePoolWithQuota(Type, Bytes);
}

static PVOID Priority(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolWithTagPriority(Type, Bytes, Tag, HighPoolPriority);
}

static PVOID PriorityZero(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolPriorityZero(Type, Bytes, Tag, NormalPoolPriority);
}

static PVOID PriorityUninitialized(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolPriorityUninitialized(Type, Bytes, Tag, LowPoolPriority);
}

static PVOID FsRtl(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return FsRtlAllocatePool(Type, (ULONG)Bytes);
}

static PVOID FsRtlTag(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return FsRtlAllocatePoolWithTag(Type, (ULONG)Bytes, Tag);
}

static PVOID FsRtlQuota(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return FsRtlAllocatePoolWithQuota(Type, (ULONG)Bytes);
}

static PVOID FsRtlQuotaTag(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return FsRtlAllocatePoolWithQuotaTag(Type, (ULONG)Bytes, Tag);
}

typedef struct ROUTINE {
    PCSTR Name;
    PVOID (*Allocate)(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag);
    BOOLEAN Untagged;
} ROUTINE;

static const ROUTINE Routines[] = {
    {"ExAllocatePool", Plain, TRUE},
    {"ExAllocatePoolWithTag", ExAllocatePoolWithTag, FALSE},
    {"ExAllocatePoolWithTagPriority", Priority, FALSE},
    {"ExAllocatePoolWithQuota", WithQuota, TRUE},
    {"ExAllocatePoolWithQuotaTag", ExAllocatePoolWithQuotaTag, FALSE},
    {"ExAllocatePoolZero", ExAllocatePoolZero, FALSE},
    {"ExAllocatePoolUninitialized", ExAllocatePoolUninitialized, FALSE},
    {"ExAllocatePoolQuotaZero", ExAllocatePoolQuotaZero, FALSE},
    {"ExAllocatePoolQuotaUninitialized", ExAllocatePoolQuotaUninitialized, FALSE},
    {"ExAllocatePoolPriorityZero", PriorityZero, FALSE},
    {"ExAllocatePoolPriorityUninitialized", PriorityUninitialized, FALSE},
    {"FsRtlAllocatePool", FsRtl, TRUE},
    {"FsRtlAllocatePoolWithTag", FsRtlTag, FALSE},
    {"FsRtlAllocatePoolWithQuota", FsRtlQuota, TRUE},
    {"FsRtlAllocatePoolWithQuotaTag", FsRtlQuotaTag, FALSE},
};

static const ROUTINE *const EndOfRoutines = Routines + COUNT(Routines);

static ULONG TagOf(const ROUTINE *Routine)
{
    return Routine->Untagged ? 'enoN' : TAG;
}

Test(rules_pool, a_tag_written_backwards_reads_forwards_in_memory)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'derF');

    cr_expect_arr_eq(Block - EMU_BY_WIDTH(12, 4), "Fred", 4);
}

Test(rules_pool, the_raise_bit_changes_nothing_for_a_request_that_succeeds)
{
    for (const ROUTINE *Routine = Routines; Routine < EndOfRoutines; Routine++) {
        EMU_BLOCK Info;
        PVOID Block = Routine->Allocate((POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), 100, TAG);
        cr_assert(EmuQueryBlock(Block, &Info), "%s", Routine->Name);
        cr_expect_eq(Info.PoolType, PagedPool, "%s", Routine->Name);
        cr_expect_eq(Info.Size, 100, "%s", Routine->Name);
        cr_expect_eq(Info.Tag, TagOf(Routine), "%s", Routine->Name);
    }
}

EMU_NOINLINE static EMU_BUGCHECK StopOfFree2(PVOID Address, ULONG Tag)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Address, Tag, NULL, 0);
    }
    return Stop;
}

Test(rules_pool, every_free_routine_frees_the_blocks_of_every_allocation_routine)
{
    for (const ROUTINE *Routine = Routines; Routine < EndOfRoutines; Routine++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            EXPECT_NO_STOP(StopOfUntaggedFree(Routine->Allocate(NonPagedPoolNx, Sizes[Size], TAG)));
            EXPECT_NO_STOP(StopOfFree(Routine->Allocate(NonPagedPoolNx, Sizes[Size], TAG), 0));
            EXPECT_NO_STOP(StopOfFree(Routine->Allocate(NonPagedPoolNx, Sizes[Size], TAG), TagOf(Routine)));
            EXPECT_NO_STOP(StopOfFree2(Routine->Allocate(NonPagedPoolNx, Sizes[Size], TAG), TagOf(Routine)));
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

/* ---- Failure -------------------------------------------------------------------------------------------------- */

EMU_NOINLINE static NTSTATUS StatusOfShortage(PVOID (*Allocate)(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag),
                                              ULONG Modifiers)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        cr_expect_null(Allocate((POOL_TYPE)(PagedPool | Modifiers), MORE_THAN_AN_ARENA, TAG));
    }
    return Status;
}

Test(rules_pool, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE_is_for_the_quota_routines_and_does_not_undo_the_raise_bit)
{
    ULONG Both = POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE;

    cr_expect_eq(StatusOfShortage(ExAllocatePoolWithTag, Both), STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(StatusOfShortage(ExAllocatePoolWithQuotaTag, Both), STATUS_INSUFFICIENT_RESOURCES);
}

/* ---- POOL_FLAGS ----------------------------------------------------------------------------------------------- */

enum {
    DIRT = 0xA5,
    UNKNOWN_REQUIRED = 0x800, /* the lowest bit that has no name */
};

/* FALSE: the flags are invalid. */
static BOOLEAN TypeOfFlags(POOL_FLAGS Flags, POOL_TYPE *Type)
{
    ULONG64 Kind = Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
    ULONG Plain = Kind == POOL_FLAG_NON_PAGED ? NonPagedPoolNx : Kind == POOL_FLAG_PAGED ? PagedPool : 0;

    *Type = (POOL_TYPE)(Plain | ((Flags & POOL_FLAG_SESSION) != 0 ? 32u : 0u) |
                        ((Flags & POOL_FLAG_CACHE_ALIGNED) != 0 ? 4u : 0u));
    return Kind != 0 && (Kind & (Kind - 1)) == 0 && (Flags & (POOL_FLAG_RESERVED1 | UNKNOWN_REQUIRED)) == 0;
}

EMU_NOINLINE static PVOID Request(BOOLEAN Pool3, POOL_FLAGS Flags, NTSTATUS *Status)
{
    PVOID volatile Block = NULL;

    EMU_CATCH_EXCEPTION(Status)
    {
        Block = Pool3 ? ExAllocatePool3(Flags, 100, TAG, NULL, 0) : ExAllocatePool2(Flags, 100, TAG);
    }
    return Block;
}

static void ExpectFlags(BOOLEAN Pool3, POOL_FLAGS Flags)
{
    BOOLEAN Quota = (Flags & POOL_FLAG_USE_QUOTA) != 0;
    POOL_TYPE Type;
    NTSTATUS Status;
    EMU_BLOCK Info;

    if (!TypeOfFlags(Flags, &Type)) {
        cr_assert_null(Request(Pool3, Flags, &Status), "0x%llX", (unsigned long long)Flags);
        cr_assert_eq(Status, (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS,
                     "0x%llX", (unsigned long long)Flags);
        return;
    }
    PVOID Dirty = LeaveDirt(Type, 100, DIRT);
    UCHAR *Block = Request(Pool3, Flags, &Status);
    cr_assert_eq(Status, STATUS_SUCCESS, "0x%llX", (unsigned long long)Flags);
    if (EmuVerifier() == 0) { /* special pool does not hand it out again soon */
        cr_assert_eq(Block, Dirty, "0x%llX", (unsigned long long)Flags);
    }
    cr_assert(EmuQueryBlock(Block, &Info), "0x%llX", (unsigned long long)Flags);
    cr_assert_eq(Info.PoolType, Type, "0x%llX", (unsigned long long)Flags);
    cr_assert_eq(Info.QuotaCharged, Quota, "0x%llX", (unsigned long long)Flags);
    if ((Flags & POOL_FLAG_UNINITIALIZED) == 0) {
        cr_assert(IsFilledWith(Block, 0, 100), "0x%llX", (unsigned long long)Flags);
    }
    cr_assert(IS_ALIGNED(Block, (Flags & POOL_FLAG_CACHE_ALIGNED) != 0 ? SYSTEM_CACHE_ALIGNMENT_SIZE : UNIT));
    ExFreePoolWithTag(Block, TAG);
}

Test(rules_pool, every_combination_of_the_low_12_bits_of_POOL_FLAGS_is_granted_or_refused_as_its_bits_say)
{
    static const POOL_FLAGS Optional[] = {0, POOL_FLAG_SPECIAL_POOL, POOL_FLAG_OPTIONAL_END, 0xFFFFFFFF00000000ull};

    for (SIZE_T High = 0; High < COUNT(Optional); High++) {
        for (POOL_FLAGS Low = 0; Low < 0x1000; Low++) {
            ExpectFlags(FALSE, Optional[High] | Low);
            ExpectFlags(TRUE, Optional[High] | Low);
        }
    }
}

/* ---- Extended parameters -------------------------------------------------------------------------------------- */

EMU_NOINLINE static NTSTATUS StatusOfParameter(const POOL_EXTENDED_PARAMETER *Parameter)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        cr_expect_not_null(ExAllocatePool3(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 100, TAG, Parameter, 1));
    }
    return Status;
}

Test(rules_pool, a_priority_that_is_no_EX_POOL_PRIORITY_is_invalid_unless_it_is_optional)
{
    for (ULONG Value = 0; Value < 256; Value++) {
        ULONG Level = Value & ~9u;
        BOOLEAN Known = (Level == 0 || Level == 16 || Level == 32) && (Value & 9) != 1;
        POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority};

        Parameter.Priority = (EX_POOL_PRIORITY)Value;
        cr_expect_eq(StatusOfParameter(&Parameter), Known ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER, "%u", Value);
        Parameter.Optional = 1;
        cr_expect_eq(StatusOfParameter(&Parameter), STATUS_SUCCESS, "%u, optional", Value);
    }
}

Test(rules_pool, each_of_the_55_reserved_bits_makes_a_parameter_invalid_optional_or_not)
{
    for (ULONG Bit = 0; Bit < 55; Bit++) {
        for (ULONG Optional = 0; Optional < 2; Optional++) {
            POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterPriority, .Optional = Optional};

            Parameter.Reserved = (ULONG64)1 << Bit;
            Parameter.Priority = NormalPoolPriority;
            cr_expect_eq(StatusOfParameter(&Parameter), STATUS_INVALID_PARAMETER, "bit %u", Bit);
        }
    }
}

Test(rules_pool, parameter_type_0_is_invalid_even_when_it_is_optional)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterInvalidType, .Optional = 1};

    cr_expect_eq(StatusOfParameter(&Parameter), STATUS_INVALID_PARAMETER);
}
