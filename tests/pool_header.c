/* The POOL_HEADER in front of small blocks: what it says, and what happens when a driver overwrites it. */
#include <criterion/criterion.h>

#include "support.h"

/* As public debugger symbols show it. */
#if defined(_WIN64)
typedef struct HEADER {
    ULONG PreviousSize : 8;
    ULONG PoolIndex : 8;
    ULONG BlockSize : 8;
    ULONG PoolType : 8;
    ULONG PoolTag;
    ULONG64 ProcessBilled;
} HEADER;
#else
typedef struct HEADER {
    USHORT PreviousSize : 9;
    USHORT PoolIndex : 7;
    USHORT BlockSize : 9;
    USHORT PoolType : 7;
    ULONG PoolTag;
} HEADER;
#endif

C_ASSERT(sizeof(HEADER) == HEADER_BYTES);

static HEADER *HeaderOf(PVOID Block)
{
    return (HEADER *)Block - 1;
}

TestSuite(pool_header, .init = SelectPoolWithoutHeap);

Test(pool_header, the_tag_lies_12_bytes_in_front_of_a_small_block)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Bytes = 1; Bytes <= (Kinds[Kind].CacheAligned ? 4000 : LARGEST_SMALL); Bytes += 9) {
            UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG);
            ULONG Tag;
            memcpy(&Tag, Block - EMU_BY_WIDTH(12, 4), sizeof(Tag));
            cr_assert_eq(Tag, TAG, "%s, %zu bytes", Kinds[Kind].Name, (size_t)Bytes);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

Test(pool_header, the_header_of_every_routine_carries_its_tag)
{
    cr_expect_eq(HeaderOf(ExAllocatePool(PagedPool, 40))->PoolTag, 'enoN');
    cr_expect_eq(HeaderOf(ExAllocatePoolWithQuota(PagedPool, 40))->PoolTag, 'enoN');
    cr_expect_eq(HeaderOf(ExAllocatePoolWithQuotaTag(PagedPool, 40, TAG))->PoolTag, TAG);
    cr_expect_eq(HeaderOf(ExAllocatePoolWithTagPriority(PagedPool, 40, TAG, LowPoolPriority))->PoolTag, TAG);
    cr_expect_eq(HeaderOf(ExAllocatePool2(POOL_FLAG_PAGED, 40, TAG))->PoolTag, TAG);
    cr_expect_eq(HeaderOf(ExAllocatePool3(POOL_FLAG_PAGED, 40, TAG, NULL, 0))->PoolTag, TAG);
}

Test(pool_header, block_size_counts_16_byte_units_with_the_header)
{
    for (SIZE_T Bytes = 1; Bytes <= 3000; Bytes += 7) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
        cr_assert_eq(HeaderOf(Block)->BlockSize * (ULONG)UNIT, SlotBytes(Block) + HEADER_BYTES, "%zu bytes",
                     (size_t)Bytes);
        ExFreePoolWithTag(Block, TAG);
    }
}

Test(pool_header, previous_size_is_0_for_the_first_block_of_a_page_and_its_neighbours_size_for_others)
{
    for (ULONG Index = 0; Index < 500; Index++) {
        UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
        ULONG Wanted = BYTE_OFFSET(Block) == HEADER_BYTES ? 0 : HeaderOf(Block)->BlockSize;
        cr_assert_eq(HeaderOf(Block)->PreviousSize, Wanted);
    }
}

Test(pool_header, the_pool_index_is_the_arenas)
{
    ULONG Index[3] = {HeaderOf(ExAllocatePoolWithTag(NonPagedPoolExecute, 40, TAG))->PoolIndex,
                      HeaderOf(ExAllocatePoolWithTag(PagedPool, 40, TAG))->PoolIndex,
                      HeaderOf(ExAllocatePoolWithTag(NonPagedPoolNx, 40, TAG))->PoolIndex};

    cr_expect_neq(Index[0], Index[1]);
    cr_expect_neq(Index[0], Index[2]);
    cr_expect_neq(Index[1], Index[2]);
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 40, TAG);
        cr_expect_eq(HeaderOf(Block)->PoolIndex,
                     Index[Kinds[Kind].Paged        ? 1
                           : Kinds[Kind].Executable ? 0
                                                    : 2],
                     "%s", Kinds[Kind].Name);
    }
}

Test(pool_header, the_type_of_a_live_block_is_not_0_and_tells_paged_from_nonpaged)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 40, TAG);
        cr_expect_neq(HeaderOf(Block)->PoolType, 0, "%s", Kinds[Kind].Name);
        cr_expect_eq(HeaderOf(Block)->PoolType & 1, Kinds[Kind].Paged, "%s", Kinds[Kind].Name);
        ExFreePoolWithTag(Block, TAG);
        cr_expect_eq(HeaderOf(Block)->PoolType, 0, "%s, freed", Kinds[Kind].Name);
    }
}

/* Bit 3, which says that ProcessBilled is a process. */
Test(pool_header, the_type_has_bit_8_when_and_only_when_the_block_is_charged)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 1; Size <= 4000; Size += 333) {
            PVOID Charged = ExAllocatePoolWithQuotaTag(Kinds[Kind].Type, Size, TAG);
            ULONG Wanted = Kinds[Kind].Paged ? 8 | 3 : 8 | 2;
            cr_expect_eq(HeaderOf(Charged)->PoolType, Wanted, "%s, %zu", Kinds[Kind].Name, (size_t)Size);
            ExFreePoolWithTag(Charged, TAG);
            cr_expect_eq(HeaderOf(Charged)->PoolType, 0, "%s, %zu", Kinds[Kind].Name, (size_t)Size);
            PVOID Free = ExAllocatePoolWithTag(Kinds[Kind].Type, Size, TAG);
            cr_expect_eq(HeaderOf(Free)->PoolType, Wanted & 3, "%s, %zu", Kinds[Kind].Name, (size_t)Size);
            ExFreePoolWithTag(Free, TAG);
        }
    }
    PVOID Charged = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 100, TAG);
    cr_expect_eq(HeaderOf(Charged)->PoolType, 8 | 3);
}

/* ---- Overwritten headers -------------------------------------------------------------------------------------- */

static void ExpectBadHeader(UCHAR *Block, SIZE_T Slot)
{
    UCHAR *Header = Block - HEADER_BYTES;

    EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_HEADER, 0x20, Header, Header + HEADER_BYTES + Slot,
                HeaderBits(Header));
}

Test(pool_header, free_after_any_byte_of_the_header_changed_stops_with_0x19_0x20)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 200, TAG);
        SIZE_T Slot = SlotBytes(Block);
        for (SIZE_T Offset = 1; Offset <= HEADER_BYTES; Offset++) {
            for (ULONG Bit = 0; Bit < 8; Bit++) {
                Block[-(LONG_PTR)Offset] ^= (UCHAR)(1u << Bit);
                ExpectBadHeader(Block, Slot);
                Block[-(LONG_PTR)Offset] ^= (UCHAR)(1u << Bit);
            }
        }
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(pool_header, free_after_the_whole_header_was_filled_stops_with_0x19_0x20)
{
    for (ULONG Value = 0; Value < 256; Value++) {
        UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
        SIZE_T Slot = SlotBytes(Block);
        memset(Block - HEADER_BYTES, (int)Value, HEADER_BYTES);
        ExpectBadHeader(Block, Slot);
    }
}

Test(pool_header, a_header_copied_from_another_block_stops_with_0x19_0x20)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    UCHAR *Other = ExAllocatePoolWithTag(NonPagedPoolNx, EMU_BY_WIDTH(200, 300), TAG); /* else the same on x86 */
    SIZE_T Slot = SlotBytes(Block);

    memcpy(Block - HEADER_BYTES, Other - HEADER_BYTES, HEADER_BYTES);
    ExpectBadHeader(Block, Slot);
}

/* An exclusive-or over a buffer that begins too early changes both halves alike. */
Test(pool_header, a_header_whose_halves_changed_alike_stops_with_0x19_0x20)
{
    for (ULONG Bit = 0; Bit < RTL_BITS_OF(ULONG_PTR); Bit++) {
        UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
        SIZE_T Slot = SlotBytes(Block);
        ((ULONG_PTR *)Block)[-2] ^= (ULONG_PTR)1 << Bit;
        ((ULONG_PTR *)Block)[-1] ^= (ULONG_PTR)1 << Bit;
        ExpectBadHeader(Block, Slot);
    }
}

Test(pool_header, the_header_is_checked_before_the_tag)
{
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 200, TAG);

    memset(Block - HEADER_BYTES, 'A', HEADER_BYTES);
    cr_expect_eq(StopOfFree(Block, TAG2).Code, (ULONG)BAD_POOL_HEADER);
    cr_expect_eq(StopOfUntaggedFree(Block).Code, (ULONG)BAD_POOL_HEADER);
}

Test(pool_header, a_block_with_an_overwritten_header_is_still_found_with_its_size_and_tag)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    EMU_BLOCK Info;

    memset(Block - HEADER_BYTES, 0xFF, HEADER_BYTES);
    cr_assert(EmuQueryBlock(Block, &Info));
    cr_expect_eq(Info.Size, 200);
    cr_expect_eq(Info.Tag, TAG);
    cr_expect_eq(Info.PoolType, NonPagedPoolNx);
}

/* ---- Overruns into the next block ----------------------------------------------------------------------------- */

typedef struct NEIGHBOURS {
    UCHAR *Left;
    UCHAR *Right;
    SIZE_T Slot; /* the bytes of Left's slot that are its own */
} NEIGHBOURS;

/* Two live blocks, the header of the right one directly behind the slot of the left one. */
static NEIGHBOURS MakeNeighbours(POOL_TYPE Type, SIZE_T Bytes)
{
    enum {
        TRIES = 256,
    };
    static UCHAR *Blocks[TRIES];
    NEIGHBOURS Pair = {NULL, NULL, 0};

    for (ULONG Index = 0; Index < TRIES; Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(Type, Bytes, TAG);
    }
    Pair.Slot = SlotBytes(Blocks[0]);
    for (ULONG Index = 0; Index < TRIES * TRIES && Pair.Left == NULL; Index++) {
        UCHAR *Left = Blocks[Index / TRIES], *Right = Blocks[Index % TRIES];
        if (Right == Left + Pair.Slot + HEADER_BYTES && PAGE_ALIGN(Left) == PAGE_ALIGN(Right)) {
            Pair.Left = Left;
            Pair.Right = Right;
        }
    }
    cr_assert_not_null(Pair.Left, "no two of %u blocks of %zu bytes are neighbours", TRIES, (size_t)Bytes);
    return Pair;
}

Test(pool_header, an_overrun_into_a_live_neighbour_stops_the_free_with_0x19_0x21)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Bytes = 24; Bytes < 1800; Bytes = Bytes * 2 + 5) {
            NEIGHBOURS Pair = MakeNeighbours(Kinds[Kind].Type, Bytes);
            memset(Pair.Left, 'B', Pair.Slot + HEADER_BYTES / 2); /* half of the next header */
            EXPECT_STOP(StopOfFree(Pair.Left, TAG), BAD_POOL_HEADER, 0x21, Pair.Left, Bytes,
                        (ULONG_PTR)0x4242424242424242);
            cr_expect(IsLive(Pair.Left));
        }
    }
}

Test(pool_header, an_overrun_by_one_byte_is_found)
{
    NEIGHBOURS Pair = MakeNeighbours(NonPagedPoolNx, 112);
    UCHAR Before = Pair.Left[Pair.Slot];

    Pair.Left[Pair.Slot] = (UCHAR)~Before;
    EXPECT_STOP(StopOfFree(Pair.Left, TAG), BAD_POOL_HEADER, 0x21, Pair.Left, 112, FirstWord(Pair.Left + Pair.Slot));
    Pair.Left[Pair.Slot] = Before;
    EXPECT_NO_STOP(StopOfFree(Pair.Left, TAG));
}

Test(pool_header, the_neighbour_that_was_run_over_stops_its_own_free_with_0x19_0x20)
{
    NEIGHBOURS Pair = MakeNeighbours(PagedPool, 48);

    memset(Pair.Left, 'B', Pair.Slot + HEADER_BYTES);
    ExpectBadHeader(Pair.Right, Pair.Slot);
}

Test(pool_header, what_lies_behind_a_block_is_nobodys_when_the_neighbour_is_free)
{
    NEIGHBOURS Pair = MakeNeighbours(NonPagedPoolNx, 48);

    ExFreePoolWithTag(Pair.Right, TAG);
    memset(Pair.Left, 'B', Pair.Slot + HEADER_BYTES / 2);
    EXPECT_NO_STOP(StopOfFree(Pair.Left, TAG));
}

Test(pool_header, an_overrun_over_a_free_neighbours_header_does_no_harm_to_its_next_owner)
{
    NEIGHBOURS Pair = MakeNeighbours(NonPagedPoolNx, 48);

    ExFreePoolWithTag(Pair.Right, TAG);
    memset(Pair.Left, 'B', Pair.Slot + HEADER_BYTES);
    UCHAR *Again = ExAllocatePoolWithTag(NonPagedPoolNx, 48, TAG2);
    cr_assert_eq(Again, Pair.Right, "a thread gets back what it freed last");
    EXPECT_NO_STOP(StopOfFree(Pair.Left, TAG));
    EXPECT_NO_STOP(StopOfFree(Again, TAG2));
}

Test(pool_header, both_blocks_can_be_freed_after_the_header_is_repaired)
{
    NEIGHBOURS Pair = MakeNeighbours(NonPagedPoolNx, 48);
    UCHAR Saved[HEADER_BYTES];

    memcpy(Saved, Pair.Right - HEADER_BYTES, HEADER_BYTES);
    memset(Pair.Right - HEADER_BYTES, 0, HEADER_BYTES);
    cr_expect_eq(StopOfFree(Pair.Left, TAG).Code, (ULONG)BAD_POOL_HEADER);
    cr_expect_eq(StopOfFree(Pair.Right, TAG).Code, (ULONG)BAD_POOL_HEADER);
    memcpy(Pair.Right - HEADER_BYTES, Saved, HEADER_BYTES);
    EXPECT_NO_STOP(StopOfFree(Pair.Left, TAG));
    EXPECT_NO_STOP(StopOfFree(Pair.Right, TAG));
}
