/* pool_edges.c: sizes at the edges of the integers, for every routine that allocates: a block is as long as was asked
 * for, or there is none. */
#include <criterion/criterion.h>

#include "support.h"

/* ---- The routines ---------------------------------------------------------------------------------------------- */

static const POOL_EXTENDED_PARAMETER LowPriority = {.Type = PoolExtendedParameterPriority, .Priority = LowPoolPriority};

static PVOID CallAllocatePool(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePool(Type, Bytes);
}

static PVOID CallWithTag(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolWithTag(Type, Bytes, TAG);
}

static PVOID CallPriority(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolWithTagPriority(Type, Bytes, TAG, LowPoolPriority);
}

static PVOID CallQuota(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolWithQuota(Type, Bytes);
}

static PVOID CallQuotaTag(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolWithQuotaTag(Type, Bytes, TAG);
}

static PVOID CallZero(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolZero(Type, Bytes, TAG);
}

static PVOID CallUninitialized(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolUninitialized(Type, Bytes, TAG);
}

static PVOID CallQuotaZero(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolQuotaZero(Type, Bytes, TAG);
}

static PVOID CallQuotaUninitialized(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolQuotaUninitialized(Type, Bytes, TAG);
}

static PVOID CallPriorityZero(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolPriorityZero(Type, Bytes, TAG, HighPoolPriority);
}

static PVOID CallPriorityUninitialized(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePoolPriorityUninitialized(Type, Bytes, TAG, HighPoolPriority);
}

/* The POOL_FLAGS that give a block of that type. */
static POOL_FLAGS FlagsOf(POOL_TYPE Type)
{
    return ((Type & PagedPool) != 0            ? POOL_FLAG_PAGED
            : (Type & POOL_NX_ALLOCATION) != 0 ? POOL_FLAG_NON_PAGED
                                               : POOL_FLAG_NON_PAGED_EXECUTE) |
           ((Type & NonPagedPoolBaseCacheAligned) != 0 ? POOL_FLAG_CACHE_ALIGNED : 0) |
           ((Type & NonPagedPoolSession) != 0 ? POOL_FLAG_SESSION : 0) |
           ((Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0 ? POOL_FLAG_RAISE_ON_FAILURE : 0);
}

static PVOID CallPool2(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePool2(FlagsOf(Type), Bytes, TAG);
}

static PVOID CallPool2Uninitialized(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePool2(FlagsOf(Type) | POOL_FLAG_UNINITIALIZED | POOL_FLAG_USE_QUOTA, Bytes, TAG);
}

static PVOID CallPool3(POOL_TYPE Type, SIZE_T Bytes)
{
    return ExAllocatePool3(FlagsOf(Type), Bytes, TAG, &LowPriority, 1);
}

typedef enum FAILURE {
    IsNull,          /* unless POOL_RAISE_IF_ALLOCATION_FAILURE or POOL_FLAG_RAISE_ON_FAILURE asks for a raise */
    RaisesLikeQuota, /* unless POOL_QUOTA_FAIL_INSTEAD_OF_RAISE asks for NULL */
} FAILURE;

static const struct {
    PCSTR Name;
    PVOID (*Call)(POOL_TYPE Type, SIZE_T Bytes);
    FAILURE Failure;
    BOOLEAN EmptyIsLegal;
    ULONG Tag;
} Routines[] = {
    {"ExAllocatePool", CallAllocatePool, IsNull, FALSE, 'enoN'},
    {"ExAllocatePoolWithTag", CallWithTag, IsNull, FALSE, TAG},
    {"ExAllocatePoolWithTagPriority", CallPriority, IsNull, FALSE, TAG},
    {"ExAllocatePoolWithQuota", CallQuota, RaisesLikeQuota, FALSE, 'enoN'},
    {"ExAllocatePoolWithQuotaTag", CallQuotaTag, RaisesLikeQuota, FALSE, TAG},
    {"ExAllocatePoolZero", CallZero, IsNull, FALSE, TAG},
    {"ExAllocatePoolUninitialized", CallUninitialized, IsNull, FALSE, TAG},
    {"ExAllocatePoolQuotaZero", CallQuotaZero, RaisesLikeQuota, FALSE, TAG},
    {"ExAllocatePoolQuotaUninitialized", CallQuotaUninitialized, RaisesLikeQuota, FALSE, TAG},
    {"ExAllocatePoolPriorityZero", CallPriorityZero, IsNull, FALSE, TAG},
    {"ExAllocatePoolPriorityUninitialized", CallPriorityUninitialized, IsNull, FALSE, TAG},
    {"ExAllocatePool2", CallPool2, IsNull, TRUE, TAG},
    {"ExAllocatePool2, uninitialized, quota", CallPool2Uninitialized, IsNull, TRUE, TAG},
    {"ExAllocatePool3", CallPool3, IsNull, TRUE, TAG},
};

/* ---- What may come of a request ---------------------------------------------------------------------------------- */

typedef struct OUTCOME {
    PVOID Block;
    NTSTATUS Status; /* raised */
    EMU_BUGCHECK Stop;
} OUTCOME;

EMU_NOINLINE static OUTCOME Try(PVOID (*Call)(POOL_TYPE Type, SIZE_T Bytes), POOL_TYPE Type, SIZE_T Bytes)
{
    PVOID volatile Block = NULL;
    NTSTATUS volatile Status = STATUS_SUCCESS;
    OUTCOME Outcome;

    EMU_CATCH_BUGCHECK(&Outcome.Stop)
    {
        NTSTATUS Raised;
        EMU_CATCH_EXCEPTION(&Raised)
        {
            Block = Call(Type, Bytes);
        }
        Status = Raised;
    }
    Outcome.Block = Block;
    Outcome.Status = Status;
    return Outcome;
}

/* The block is as long as was asked for, to its last byte, and no other block's. */
static void ExpectWhole(PVOID Block, SIZE_T Bytes, PCSTR Name)
{
    EMU_BLOCK Info;

    cr_assert_not_null(Block, "%s of 0x%zx bytes", Name, (size_t)Bytes);
    cr_assert(EmuQueryBlock(Block, &Info), "%s of 0x%zx bytes", Name, (size_t)Bytes);
    cr_expect_eq(Info.Size, Bytes, "%s of 0x%zx bytes gave 0x%zx", Name, (size_t)Bytes, (size_t)Info.Size);
    cr_expect_geq(SlotBytes(Block), Bytes, "%s of 0x%zx bytes", Name, (size_t)Bytes);
    if (Bytes != 0) {
        ((UCHAR *)Block)[0] = 0x5A;
        ((UCHAR *)Block)[Bytes - 1] = 0x5A;
    }
    EXPECT_NO_STOP(StopOfUntaggedFree(Block));
}

static void ExpectNone(OUTCOME Outcome, NTSTATUS Wanted, PCSTR Name, SIZE_T Bytes)
{
    cr_expect_eq(Outcome.Stop.Code, 0u, "%s of 0x%zx bytes: %s", Name, (size_t)Bytes, Outcome.Stop.Text);
    cr_expect_null(Outcome.Block, "%s of 0x%zx bytes", Name, (size_t)Bytes);
    cr_expect_eq(Outcome.Status, Wanted, "%s of 0x%zx bytes: 0x%08X", Name, (size_t)Bytes, (unsigned)Outcome.Status);
}

/* ---- Sizes ------------------------------------------------------------------------------------------------------- */

/* Each is too much for any pool, and wraps when a header, a slot, a page or a run of pages is rounded up for it. */
static const SIZE_T TooMuch[] = {
    MAXSIZE_T,
    MAXSIZE_T - 1,
    MAXSIZE_T - 7,
    MAXSIZE_T - 14,
    MAXSIZE_T - 15,
    MAXSIZE_T - 16,
    MAXSIZE_T - 31,
    MAXSIZE_T - 47,
    MAXSIZE_T - 62,
    MAXSIZE_T - 63,
    MAXSIZE_T - 64,
    MAXSIZE_T - 4063,
    MAXSIZE_T - 4079,
    MAXSIZE_T - 4094,
    MAXSIZE_T - 4095,
    MAXSIZE_T - 4096,
    MAXSIZE_T - 8191,
    MAXSIZE_T - 65535,
    MAXSIZE_T / 2 + 1,
    MAXSIZE_T / 2,
    MAXSIZE_T / 2 + 101,
#if defined(_WIN64)
    MAXSIZE_T - MAXULONG,
    ((SIZE_T)1 << 44) + 100,
    ((SIZE_T)1 << 52) + 100,
    (SIZE_T)100 << 32,
    ((SIZE_T)100 << 32) + 1,
#endif
};

Test(pool_edges, sizes_that_overflow_give_no_block_in_any_routine_and_of_any_type)
{
    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        NTSTATUS Wanted = Routines[Routine].Failure == IsNull ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            for (SIZE_T Size = 0; Size < COUNT(TooMuch); Size++) {
                ExpectNone(Try(Routines[Routine].Call, Kinds[Kind].Type, TooMuch[Size]), Wanted, Routines[Routine].Name,
                           TooMuch[Size]);
            }
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_edges, sizes_that_overflow_raise_where_a_raise_is_asked_for)
{
    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            POOL_TYPE Type = (POOL_TYPE)(Kinds[Kind].Type | POOL_RAISE_IF_ALLOCATION_FAILURE);
            for (SIZE_T Size = 0; Size < COUNT(TooMuch); Size++) {
                ExpectNone(Try(Routines[Routine].Call, Type, TooMuch[Size]), STATUS_INSUFFICIENT_RESOURCES,
                           Routines[Routine].Name, TooMuch[Size]);
            }
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_edges, sizes_that_overflow_are_NULL_in_the_quota_routines_that_shall_not_raise)
{
    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        for (SIZE_T Size = 0; Size < COUNT(TooMuch); Size++) {
            POOL_TYPE Type = (POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
            ExpectNone(Try(Routines[Routine].Call, Type, TooMuch[Size]), STATUS_SUCCESS, Routines[Routine].Name,
                       TooMuch[Size]);
        }
    }
}

Test(pool_edges, zero_bytes_stop_the_older_routines_and_are_a_block_to_the_newer_ones)
{
    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            OUTCOME Outcome = Try(Routines[Routine].Call, Kinds[Kind].Type, 0);
            if (Routines[Routine].EmptyIsLegal) {
                EXPECT_NO_STOP(Outcome.Stop);
                ExpectWhole(Outcome.Block, 0, Routines[Routine].Name);
            } else {
                ULONG_PTR Type = Outcome.Stop.Parameter[2];
                cr_expect_eq(Type & ~(ULONG_PTR)POOL_ZERO_ALLOCATION, (ULONG_PTR)Kinds[Kind].Type);
                EXPECT_STOP(Outcome.Stop, BAD_POOL_CALLER, 0x00, 0, Type, Routines[Routine].Tag);
            }
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_edges, small_and_page_edges_give_whole_blocks_in_every_routine)
{
    static const SIZE_T Edges[] = {1,    2,    15,   16,   17,   4015, 4016, 4017, 4063,  4064,
                                   4065, 4079, 4080, 4081, 4095, 4096, 4097, 8192, 65535, 65536};

    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            for (SIZE_T Size = 0; Size < COUNT(Edges); Size++) {
                OUTCOME Outcome = Try(Routines[Routine].Call, Kinds[Kind].Type, Edges[Size]);
                EXPECT_NO_STOP(Outcome.Stop);
                ExpectWhole(Outcome.Block, Edges[Size], Routines[Routine].Name);
            }
        }
    }
}

/* A pool of 16 GiB may have it or not, as mimalloc likes; a block that is cut to 32 bits is the mistake. */
Test(pool_edges, sizes_around_MAXULONG_give_a_whole_block_or_none)
{
    static const SIZE_T Edges[] = {
        MAXULONG - 4096,
        MAXULONG - 15,
        MAXULONG,
#if defined(_WIN64)
        MAXULONG + 1ull,
        MAXULONG + 1ull + 15,
        MAXULONG + 1ull + 4096,
#endif
    };

    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        if (Routines[Routine].Call == CallWithTag || Routines[Routine].Call == CallQuotaTag ||
            Routines[Routine].Call == CallPool2Uninitialized) { /* those that zero take a while for 4 GiB */
            for (SIZE_T Size = 0; Size < COUNT(Edges); Size++) {
                OUTCOME Outcome = Try(Routines[Routine].Call, PagedPool, Edges[Size]);
                EXPECT_NO_STOP(Outcome.Stop);
                if (Outcome.Block != NULL) {
                    ExpectWhole(Outcome.Block, Edges[Size], Routines[Routine].Name);
                }
            }
        }
    }
}

/* ---- FsRtl: lengths of 32 bits ----------------------------------------------------------------------------------- */

static PVOID CallFsRtl(POOL_TYPE Type, SIZE_T Bytes)
{
    return FsRtlAllocatePool(Type, (ULONG)Bytes);
}

static PVOID CallFsRtlTag(POOL_TYPE Type, SIZE_T Bytes)
{
    return FsRtlAllocatePoolWithTag(Type, (ULONG)Bytes, TAG);
}

static PVOID CallFsRtlQuota(POOL_TYPE Type, SIZE_T Bytes)
{
    return FsRtlAllocatePoolWithQuota(Type, (ULONG)Bytes);
}

static PVOID CallFsRtlQuotaTag(POOL_TYPE Type, SIZE_T Bytes)
{
    return FsRtlAllocatePoolWithQuotaTag(Type, (ULONG)Bytes, TAG);
}

Test(pool_edges, the_FsRtl_routines_give_whole_blocks_up_to_MAXULONG_or_raise)
{
    static PVOID (*const Calls[])(POOL_TYPE Type, SIZE_T Bytes) = {CallFsRtl, CallFsRtlTag, CallFsRtlQuota,
                                                                   CallFsRtlQuotaTag};
    static const ULONG Edges[] = {1, 4064, 4065, 4096, 4097, MAXULONG - 4096, MAXULONG - 15, MAXULONG};

    for (SIZE_T Call = 0; Call < COUNT(Calls); Call++) {
        EXPECT_STOP(Try(Calls[Call], PagedPool, 0).Stop, BAD_POOL_CALLER, 0x00, 0,
                    PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE, Call % 2 == 0 ? 'enoN' : TAG);
        for (SIZE_T Size = 0; Size < COUNT(Edges); Size++) {
            OUTCOME Outcome = Try(Calls[Call], PagedPool, Edges[Size]);
            EXPECT_NO_STOP(Outcome.Stop);
            if (Outcome.Block == NULL) {
                cr_expect_gt(Edges[Size], 1 << 20);
                cr_expect_eq(Outcome.Status, STATUS_INSUFFICIENT_RESOURCES);
            } else {
                ExpectWhole(Outcome.Block, Edges[Size], "FsRtl");
            }
        }
    }
}

Test(pool_edges, the_FsRtl_routines_raise_when_the_pool_is_full)
{
    static PVOID (*const Calls[])(POOL_TYPE Type, SIZE_T Bytes) = {CallFsRtl, CallFsRtlTag, CallFsRtlQuota,
                                                                   CallFsRtlQuotaTag};

    for (ULONG Count = 0; Count < 64 && ExAllocatePoolWithTag(NonPagedPoolNx, 1 << 30, TAG) != NULL; Count++) {
    }
    for (SIZE_T Call = 0; Call < COUNT(Calls); Call++) {
        ExpectNone(Try(Calls[Call], NonPagedPoolNx, MAXULONG), STATUS_INSUFFICIENT_RESOURCES, "FsRtl", MAXULONG);
        POOL_TYPE Type = (POOL_TYPE)(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
        ExpectNone(Try(Calls[Call], Type, MAXULONG), STATUS_INSUFFICIENT_RESOURCES, "FsRtl", MAXULONG);
    }
}

/* ---- Lookaside lists: a SIZE_T that is kept in 32 bits ----------------------------------------------------------- */

static EMU_BUGCHECK StopOfInitialization(ULONG Family, PVOID List, SIZE_T Bytes)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        if (Family == 0) {
            ExInitializeNPagedLookasideList(List, NULL, NULL, 0, Bytes, TAG, 0);
        } else if (Family == 1) {
            ExInitializePagedLookasideList(List, NULL, NULL, 0, Bytes, TAG, 0);
        } else {
            cr_expect_eq(ExInitializeLookasideListEx(List, NULL, NULL, PagedPool, 0, Bytes, TAG, 0), STATUS_SUCCESS);
        }
    }
    return Stop;
}

Test(pool_edges, lookaside_sizes_below_the_minimum_and_above_MAXULONG_stop_with_0xC4_0xCD)
{
    static const SIZE_T Bad[] = {
        0,
        1,
        LOOKASIDE_MINIMUM_BLOCK_SIZE - 1,
#if defined(_WIN64)
        MAXULONG + 1ull,
        MAXULONG + 9ull,
        ((SIZE_T)1 << 32) + 100,
        (SIZE_T)1 << 63,
        MAXSIZE_T - 15,
        MAXSIZE_T,
#endif
    };
    static NPAGED_LOOKASIDE_LIST List;

    for (ULONG Family = 0; Family < 3; Family++) {
        for (SIZE_T Size = 0; Size < COUNT(Bad); Size++) {
            EXPECT_STOP(StopOfInitialization(Family, &List, Bad[Size]), DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCD, &List,
                        Bad[Size], LOOKASIDE_MINIMUM_BLOCK_SIZE);
        }
    }
}

Test(pool_edges, lookaside_entries_of_the_largest_size_are_whole_or_none)
{
    static NPAGED_LOOKASIDE_LIST List;

    EXPECT_NO_STOP(StopOfInitialization(1, &List, MAXULONG));
    cr_expect_eq(List.L.Size, MAXULONG);
    PVOID Entry = ExAllocateFromPagedLookasideList((PPAGED_LOOKASIDE_LIST)(PVOID)&List);
    if (Entry != NULL) {
        ExpectWhole(Entry, MAXULONG, "ExAllocateFromPagedLookasideList");
    }
    ExDeletePagedLookasideList((PPAGED_LOOKASIDE_LIST)(PVOID)&List);
}

Test(pool_edges, lookaside_entries_of_the_smallest_size_are_whole)
{
    static NPAGED_LOOKASIDE_LIST List;

    EXPECT_NO_STOP(StopOfInitialization(0, &List, LOOKASIDE_MINIMUM_BLOCK_SIZE));
    ExpectWhole(ExAllocateFromNPagedLookasideList(&List), LOOKASIDE_MINIMUM_BLOCK_SIZE, "lookaside list");
    ExDeleteNPagedLookasideList(&List);
}
