/* pool_stops.c: the rows of bug checks 0xC2 and 0x19 that a driver can cause, for every routine, type and size that can
 * cause them, and from another thread. pool_request, pool_free and pool_header have each row's rule itself. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

TestSuite(pool_stops, .init = SelectPoolWithoutHeap);

/* ---- The routines that allocate ---------------------------------------------------------------------------------- */

typedef PVOID CALL(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag);

static PVOID WithTag(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(Type, Bytes, Tag);
}

static PVOID Priority(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolWithTagPriority(Type, Bytes, Tag, NormalPoolPriority);
}

static PVOID QuotaTag(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolWithQuotaTag(Type, Bytes, Tag);
}

static PVOID Uninitialized(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolUninitialized(Type, Bytes, Tag);
}

static CALL *const Calls[] = {WithTag, Priority, QuotaTag, Uninitialized};

static PVOID Untagged(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ExAllocatePool(Type, Bytes);
}

static PVOID UntaggedQuota(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ExAllocatePoolWithQuota(Type, Bytes);
}

static CALL *const UntaggedCalls[] = {Untagged, UntaggedQuota};

EMU_NOINLINE static EMU_BUGCHECK StopOf(CALL *Call, POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Call(Type, Bytes, Tag);
    }
    return Stop;
}

static void RaiseTo(ULONG Irql)
{
    KIRQL Old;

    KeRaiseIrql((KIRQL)Irql, &Old);
}

Test(pool_stops, every_type_with_the_must_succeed_bit_stops_every_routine_with_0xC2_0x9A)
{
    static const ULONG Types[] = {NonPagedPoolMustSucceed,
                                  DontUseThisType,
                                  NonPagedPoolCacheAlignedMustS,
                                  MaxPoolType,
                                  NonPagedPoolMustSucceedSession,
                                  DontUseThisTypeSession,
                                  NonPagedPoolCacheAlignedMustSSession,
                                  NonPagedPoolNx | NonPagedPoolMustSucceed,
                                  NonPagedPoolMustSucceed | POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_COLD_ALLOCATION};

    for (SIZE_T Index = 0; Index < COUNT(Types); Index++) {
        POOL_TYPE Type = (POOL_TYPE)Types[Index];
        for (SIZE_T Call = 0; Call < COUNT(Calls); Call++) {
            EXPECT_STOP(StopOf(Calls[Call], Type, 100, TAG), BAD_POOL_CALLER, 0x9A, Type, 100, TAG);
        }
        for (SIZE_T Call = 0; Call < COUNT(UntaggedCalls); Call++) {
            EXPECT_STOP(StopOf(UntaggedCalls[Call], Type, 9000, 0), BAD_POOL_CALLER, 0x9A, Type, 9000, 'enoN');
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_stops, the_bad_tags_stop_every_routine_that_takes_one)
{
    for (SIZE_T Call = 0; Call < COUNT(Calls); Call++) {
        EMU_BUGCHECK Stop = StopOf(Calls[Call], PagedPool, 100, 0);
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9B, PagedPool, 100, Stop.Parameter[3]);
        cr_expect_neq(Stop.Parameter[3], 0, "the caller's address");
        Stop = StopOf(Calls[Call], PagedPool, 100, 'BIG');
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9C, PagedPool, 100, Stop.Parameter[3]);
        cr_expect_neq(Stop.Parameter[3], 0, "the caller's address");
        Stop = StopOf(Calls[Call], PagedPool, 100, '-*- ');
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9D, '-*- ', PagedPool, Stop.Parameter[3]);
        cr_expect_neq(Stop.Parameter[3], 0, "the caller's address");
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_stops, tag_BIG_written_so_that_it_reads_forwards_in_memory_stops_with_0xC2_0x9C)
{
    EMU_BUGCHECK Stop = StopOf(WithTag, NonPagedPoolNx, 100, ' GIB');

    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9C, NonPagedPoolNx, 100, Stop.Parameter[3]);
}

Test(pool_stops, the_protected_bit_is_neither_a_tag_nor_a_letter)
{
    EMU_BUGCHECK Stop = StopOf(WithTag, NonPagedPoolNx, 100, PROTECTED_POOL);

    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9D, PROTECTED_POOL, NonPagedPoolNx, Stop.Parameter[3]);
    /* 0xB1 in the top byte is a protected '1'. */
    cr_expect_eq(StopOf(WithTag, NonPagedPoolNx, 100, 0xB1202020).Code, 0u);
}

Test(pool_stops, a_wrong_IRQL_stops_every_routine_with_0xC2_0x08)
{
    static CALL *const All[] = {WithTag, Priority, QuotaTag, Uninitialized, Untagged, UntaggedQuota};

    for (SIZE_T Call = 0; Call < COUNT(All); Call++) {
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
                for (ULONG Irql = Kinds[Kind].Paged ? DISPATCH_LEVEL : DISPATCH_LEVEL + 1; Irql <= HIGH_LEVEL; Irql++) {
                    RaiseTo(Irql);
                    EXPECT_STOP(StopOf(All[Call], Kinds[Kind].Type, Sizes[Size], TAG), BAD_POOL_CALLER, 0x08, Irql,
                                Kinds[Kind].Type, Sizes[Size]);
                    KeLowerIrql(PASSIVE_LEVEL);
                }
            }
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

EMU_NOINLINE static EMU_BUGCHECK StopOfPool2(POOL_FLAGS Flags, SIZE_T Bytes)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool(ExAllocatePool2(Flags, Bytes, TAG));
    }
    return Stop;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfPool3(POOL_FLAGS Flags, SIZE_T Bytes)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool(ExAllocatePool3(Flags, Bytes, TAG, NULL, 0));
    }
    return Stop;
}

/* A wrong IRQL is no failure that POOL_FLAG_RAISE_ON_FAILURE or NULL would report. */
Test(pool_stops, a_wrong_IRQL_stops_ExAllocatePool2_and_3_with_0xC2_0x08)
{
    static const struct {
        POOL_FLAGS Flags;
        POOL_TYPE Type;
        KIRQL Limit;
    } Pools[] = {{POOL_FLAG_NON_PAGED, NonPagedPoolNx, DISPATCH_LEVEL},
                 {POOL_FLAG_NON_PAGED_EXECUTE, NonPagedPoolExecute, DISPATCH_LEVEL},
                 {POOL_FLAG_PAGED, PagedPool, APC_LEVEL},
                 {POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, PagedPool, APC_LEVEL}};

    for (SIZE_T Pool = 0; Pool < COUNT(Pools); Pool++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            RaiseTo(Pools[Pool].Limit);
            EXPECT_NO_STOP(StopOfPool2(Pools[Pool].Flags, Sizes[Size]));
            EXPECT_NO_STOP(StopOfPool3(Pools[Pool].Flags, Sizes[Size]));
            RaiseTo(Pools[Pool].Limit + 1u);
            EXPECT_STOP(StopOfPool2(Pools[Pool].Flags, Sizes[Size]), BAD_POOL_CALLER, 0x08, Pools[Pool].Limit + 1,
                        Pools[Pool].Type, Sizes[Size]);
            EXPECT_STOP(StopOfPool3(Pools[Pool].Flags, Sizes[Size]), BAD_POOL_CALLER, 0x08, Pools[Pool].Limit + 1,
                        Pools[Pool].Type, Sizes[Size]);
            KeLowerIrql(PASSIVE_LEVEL);
        }
    }
}

/* ---- The routines that free -------------------------------------------------------------------------------------- */

EMU_NOINLINE static EMU_BUGCHECK StopOfFree2(PVOID Address, ULONG Tag)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Address, Tag, NULL, 0);
    }
    return Stop;
}

Test(pool_stops, a_wrong_IRQL_stops_every_free_of_every_type_with_0xC2_0x09)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            for (ULONG Irql = Kinds[Kind].Paged ? DISPATCH_LEVEL : DISPATCH_LEVEL + 1; Irql <= HIGH_LEVEL; Irql++) {
                RaiseTo(Irql);
                EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x09, Irql, Kinds[Kind].Type, Block);
                EXPECT_STOP(StopOfUntaggedFree(Block), BAD_POOL_CALLER, 0x09, Irql, Kinds[Kind].Type, Block);
                EXPECT_STOP(StopOfFree2(Block, TAG), BAD_POOL_CALLER, 0x09, Irql, Kinds[Kind].Type, Block);
                KeLowerIrql(PASSIVE_LEVEL);
            }
            cr_expect(IsLive(Block));
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
        }
    }
}

Test(pool_stops, the_wrong_IRQL_is_reported_before_the_wrong_tag_and_the_address_before_both)
{
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 64, TAG);

    RaiseTo(DISPATCH_LEVEL);
    EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x09, DISPATCH_LEVEL, PagedPool, Block);
    cr_expect_eq(StopOfFree(Block + 16, TAG2).Parameter[0], 0x41286u);
    EXPECT_STOP(StopOfFree(&Block, TAG2), BAD_POOL_CALLER, 0x46, &Block, 0, 0);
}

Test(pool_stops, ExFreePool2_stops_as_the_others_do)
{
    UCHAR *Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);
    UCHAR *Header = Block - HEADER_BYTES;
    SIZE_T Slot = SlotBytes(Block);

    EXPECT_STOP(StopOfFree2(NULL, TAG), BAD_POOL_CALLER, 0x46, 0, 0, 0);
    EXPECT_STOP(StopOfFree2(Block + 8, TAG), BAD_POOL_CALLER, 0x99, Block + 8, 0, 0);
    EXPECT_STOP(StopOfFree2(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    Header[0] ^= 1;
    EXPECT_STOP(StopOfFree2(Block, TAG), BAD_POOL_HEADER, 0x20, Header, Header + HEADER_BYTES + Slot,
                HeaderBits(Header));
    Header[0] ^= 1;
    EXPECT_NO_STOP(StopOfFree2(Block, TAG));
    EXPECT_STOP(StopOfFree2(Block, TAG), BAD_POOL_CALLER, 0x07, TAG, HeaderBits(Header), Block);
}

/* ---- Large blocks, cached and given back to the engine ----------------------------------------------------------- */

static const SIZE_T LargeSizes[] = {LARGEST_SMALL + 1, PAGE_SIZE, 2 * PAGE_SIZE, 8 * PAGE_SIZE,
                                    8 * PAGE_SIZE + 1, 100 << 10, 1 << 20,       20 << 20};

Test(pool_stops, a_large_block_of_any_size_has_all_the_checks)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(LargeSizes); Size++) {
            UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, LargeSizes[Size], TAG);
            EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
            EMU_BUGCHECK Stop = StopOfFree(Block + 16, TAG);
            if (Kinds[Kind].Paged) {
                EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x41286, 0, 0, Stop.Parameter[3]);
            } else {
                EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x99, Block + 16, 0, 0);
            }
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
            EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x07, TAG, 0, Block);
            EXPECT_STOP(StopOfUntaggedFree(Block), BAD_POOL_CALLER, 0x07, TAG, 0, Block);
        }
    }
}

Test(pool_stops, a_large_block_with_a_protected_tag_needs_it_at_the_free)
{
    for (SIZE_T Size = 0; Size < COUNT(LargeSizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, LargeSizes[Size], TAG | PROTECTED_POOL);
        EXPECT_STOP(StopOfUntaggedFree(Block), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL, 0);
        EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG | PROTECTED_POOL, TAG2);
        EXPECT_NO_STOP(StopOfFree(Block, TAG | PROTECTED_POOL));
    }
}

/* A driver that sets the bit at the free only has the wrong tag. */
Test(pool_stops, the_protected_bit_at_the_free_of_an_unprotected_block_stops_with_0xC2_0x0A)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Sizes[Size], TAG);
        EXPECT_STOP(StopOfFree(Block, TAG | PROTECTED_POOL), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG | PROTECTED_POOL);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

/* ---- Damaged headers --------------------------------------------------------------------------------------------- */

#if defined(_WIN64)
Test(pool_stops, an_overwritten_ProcessBilled_of_a_charged_block_stops_with_0xC2_0x0D)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 1; Size <= 3000; Size += 301) {
            UCHAR *Block = ExAllocatePoolWithQuotaTag(Kinds[Kind].Type, Size, TAG), *Header = Block - HEADER_BYTES;
            UCHAR Saved[8];

            memcpy(Saved, Header + 8, sizeof(Saved));
            memset(Header + 8, 0x41, sizeof(Saved));
            EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x0D, Block, TAG, 0x4141414141414141);
            EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0D, Block, TAG, 0x4141414141414141);
            memcpy(Header + 8, Saved, sizeof(Saved));
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
        }
    }
}

static VOID DamageHeader(UCHAR *Header, SIZE_T Offset)
{
    SIZE_T Slot = SlotBytes(Header + HEADER_BYTES);

    Header[8] ^= 0x10;
    Header[Offset] ^= 0x10;
    EXPECT_STOP(StopOfFree(Header + HEADER_BYTES, TAG), BAD_POOL_HEADER, 0x20, Header, Header + HEADER_BYTES + Slot,
                HeaderBits(Header));
    Header[Offset] ^= 0x10;
    Header[8] ^= 0x10;
}

/* ExFreePool returns the quota of a charged block only, and only when the rest of the header is right. */
Test(pool_stops, ProcessBilled_is_its_own_stop_only_when_the_block_is_charged_and_the_rest_is_right)
{
    UCHAR *Charged = ExAllocatePoolWithQuotaTag(PagedPool, 100, TAG),
          *Free = ExAllocatePoolWithTag(PagedPool, 100, TAG);

    for (SIZE_T Offset = 0; Offset < 8; Offset++) {
        DamageHeader(Charged - HEADER_BYTES, Offset);
    }
    DamageHeader(Free - HEADER_BYTES, 9);
    EXPECT_NO_STOP(StopOfFree(Charged, TAG));
    EXPECT_NO_STOP(StopOfFree(Free, TAG));
}
#endif

Test(pool_stops, a_header_damaged_in_one_pool_does_not_stop_the_free_of_other_blocks)
{
    UCHAR *Damaged = ExAllocatePoolWithTag(NonPagedPoolNx, 3000, TAG); /* alone in its page */
    UCHAR *Good = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);

    Damaged[-1] ^= 0xFF;
    EXPECT_NO_STOP(StopOfFree(Good, TAG));
    cr_expect_eq(StopOfFree(Damaged, TAG).Code, (ULONG)BAD_POOL_HEADER);
}

/* ---- From another thread ----------------------------------------------------------------------------------------- */

typedef struct ERRAND {
    PVOID Address;
    ULONG Tag;
    ULONG Irql;
    EMU_BUGCHECK Stop;
} ERRAND;

static void *FreeOnThisThread(void *Context)
{
    ERRAND *Errand = Context;

    RaiseTo(Errand->Irql);
    Errand->Stop = StopOfFree(Errand->Address, Errand->Tag);
    return NULL;
}

static EMU_BUGCHECK StopOnAnotherThread(PVOID Address, ULONG Tag, ULONG Irql)
{
    ERRAND Errand = {.Address = Address, .Tag = Tag, .Irql = Irql};
    pthread_t Thread;

    cr_assert_eq(pthread_create(&Thread, NULL, FreeOnThisThread, &Errand), 0);
    pthread_join(Thread, NULL);
    return Errand.Stop;
}

Test(pool_stops, another_thread_frees_blocks_of_every_type_and_size)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            EXPECT_NO_STOP(StopOnAnotherThread(Block, TAG, PASSIVE_LEVEL));
            cr_expect_not(IsLive(Block));
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_stops, another_threads_mistakes_stop_it_with_the_same_parameters)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            EXPECT_STOP(StopOnAnotherThread(Block, TAG2, PASSIVE_LEVEL), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
            EXPECT_STOP(StopOnAnotherThread(Block, TAG, HIGH_LEVEL), BAD_POOL_CALLER, 0x09, HIGH_LEVEL,
                        Kinds[Kind].Type, Block);
            cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL, "an IRQL is its thread's");
            EXPECT_NO_STOP(StopOfFree(Block, TAG));
            ULONG Bits =
                Sizes[Size] <= LARGEST_SMALL && BYTE_OFFSET(Block) != 0 ? HeaderBits((UCHAR *)Block - HEADER_BYTES) : 0;
            EXPECT_STOP(StopOnAnotherThread(Block, TAG, PASSIVE_LEVEL), BAD_POOL_CALLER, 0x07, TAG, Bits, Block);
        }
    }
}

Test(pool_stops, another_thread_finds_the_damage_that_this_one_did)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG), *Header = Block - HEADER_BYTES;
    SIZE_T Slot = SlotBytes(Block);

    Header[4] ^= 0x20;
    EXPECT_STOP(StopOnAnotherThread(Block, TAG, PASSIVE_LEVEL), BAD_POOL_HEADER, 0x20, Header,
                Header + HEADER_BYTES + Slot, HeaderBits(Header));
}

/* ---- On every Windows -------------------------------------------------------------------------------------------- */

Test(pool_stops, the_checks_of_requests_are_the_same_on_every_Windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        EXPECT_STOP(StopOf(WithTag, PagedPool, 0, TAG), BAD_POOL_CALLER, 0x00, 0, PagedPool, TAG);
        EXPECT_STOP(StopOf(WithTag, NonPagedPoolMustSucceed, 64, TAG), BAD_POOL_CALLER, 0x9A, 2, 64, TAG);
        cr_expect_eq(StopOf(WithTag, PagedPool, 64, 0).Parameter[0], 0x9Bu);
        cr_expect_eq(StopOf(WithTag, PagedPool, 64, 'BIG').Parameter[0], 0x9Cu);
        cr_expect_eq(StopOf(WithTag, PagedPool, 64, '....').Parameter[0], 0x9Du);
        RaiseTo(DISPATCH_LEVEL);
        EXPECT_STOP(StopOf(WithTag, PagedPool, 64, TAG), BAD_POOL_CALLER, 0x08, DISPATCH_LEVEL, PagedPool, 64);
        KeLowerIrql(PASSIVE_LEVEL);
    }
}

Test(pool_stops, header_damage_is_the_same_on_every_Windows_whose_pool_is_no_heap)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows && !HasHeap(&Table[Row]); Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 100, TAG), *Header = Block - HEADER_BYTES;
        SIZE_T Slot = SlotBytes(Block);
        Header[2]++;
        EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_HEADER, 0x20, Header, Header + HEADER_BYTES + Slot,
                    HeaderBits(Header));
        Header[2]--;
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}
