/* Where blocks lie: alignment, the page rule and sizes, for every pool type. */
#include <criterion/criterion.h>

#include "support.h"

typedef PVOID ALLOCATE(ULONG64 Kind, SIZE_T Bytes);

static PVOID AllocateByType(ULONG64 Kind, SIZE_T Bytes)
{
    return ExAllocatePoolWithTag((POOL_TYPE)Kind, Bytes, TAG);
}

static PVOID AllocateByFlags(ULONG64 Kind, SIZE_T Bytes)
{
    return ExAllocatePool2(Kind, Bytes, TAG);
}

static void ExpectPlace(PVOID Block, SIZE_T Bytes, BOOLEAN CacheAligned, PCSTR Name)
{
    cr_assert_not_null(Block, "%s: no block of %zu bytes", Name, (size_t)Bytes);
    cr_assert(IS_ALIGNED(Block, CacheAligned ? SYSTEM_CACHE_ALIGNMENT_SIZE : MEMORY_ALLOCATION_ALIGNMENT),
              "%s: %zu bytes at %p", Name, (size_t)Bytes, Block);
    if (Bytes > LargestInPage()) {
        cr_assert(IS_ALIGNED(Block, PAGE_SIZE), "%s: %zu bytes at %p", Name, (size_t)Bytes, Block);
    }
    if (Bytes <= PAGE_SIZE) {
        cr_assert(IsOnOnePage(Block, Bytes), "%s: %zu bytes at %p cross a page", Name, (size_t)Bytes, Block);
    }
}

/* ---- Every size ----------------------------------------------------------------------------------------------- */

enum {
    EVERY_SIZE = 5000,
};

static PVOID Live[EVERY_SIZE + 1];

static void ExpectEverySize(ALLOCATE *Allocate, ULONG64 Kind, BOOLEAN CacheAligned, PCSTR Name)
{
    for (SIZE_T Bytes = 1; Bytes <= EVERY_SIZE; Bytes++) {
        Live[Bytes] = Allocate(Kind, Bytes);
        ExpectPlace(Live[Bytes], Bytes, CacheAligned, Name);
        FillPattern(Live[Bytes], Bytes, (ULONG)Bytes);
    }
    for (SIZE_T Bytes = 1; Bytes <= EVERY_SIZE; Bytes++) {
        cr_assert(HasPattern(Live[Bytes], Bytes, (ULONG)Bytes), "%s: %zu bytes", Name, (size_t)Bytes);
        ExFreePoolWithTag(Live[Bytes], TAG);
    }
}

Test(pool_size, every_size_of_every_pool_type_is_aligned_and_crosses_no_page)
{
    for (SIZE_T Index = 0; Index < COUNT(Kinds); Index++) {
        ExpectEverySize(AllocateByType, Kinds[Index].Type, Kinds[Index].CacheAligned, Kinds[Index].Name);
    }
}

Test(pool_size, every_size_of_ExAllocatePool2_is_aligned_and_crosses_no_page)
{
    ExpectEverySize(AllocateByFlags, POOL_FLAG_NON_PAGED, FALSE, "POOL_FLAG_NON_PAGED");
    ExpectEverySize(AllocateByFlags, POOL_FLAG_NON_PAGED_EXECUTE, FALSE, "POOL_FLAG_NON_PAGED_EXECUTE");
    ExpectEverySize(AllocateByFlags, POOL_FLAG_PAGED, FALSE, "POOL_FLAG_PAGED");
    ExpectEverySize(AllocateByFlags, POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, TRUE, "POOL_FLAG_CACHE_ALIGNED");
    ExpectEverySize(AllocateByFlags, POOL_FLAG_NON_PAGED | POOL_FLAG_SESSION, FALSE, "POOL_FLAG_SESSION");
}

Test(pool_size, every_size_is_remembered_exactly)
{
    static const ULONG64 Some[] = {NonPagedPoolExecute, PagedPool, NonPagedPoolNxCacheAligned};

    for (SIZE_T Index = 0; Index < COUNT(Some); Index++) {
        for (SIZE_T Bytes = 1; Bytes <= EVERY_SIZE; Bytes += Bytes < 300 || Bytes > 4000 ? 1 : 37) {
            PVOID Block = AllocateByType(Some[Index], Bytes);
            EMU_BLOCK Info;
            cr_assert(EmuQueryBlock(Block, &Info));
            cr_assert_eq(Info.Size, Bytes);
            cr_assert_eq(Info.Address, Block);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

Test(pool_size, sizes_around_powers_of_two_up_to_64_MiB_lie_right_and_are_the_callers)
{
    static const LONG Around[] = {-65, -64, -17, -16, -15, -1, 0, 1, 15, 16, 17, 63, 64, 65};

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (ULONG Shift = 7; Shift <= 26; Shift++) {
            for (SIZE_T Index = 0; Index < COUNT(Around); Index++) {
                SIZE_T Bytes = ((SIZE_T)1 << Shift) + (SIZE_T)Around[Index];
                UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG);
                ExpectPlace(Block, Bytes, Kinds[Kind].CacheAligned, Kinds[Kind].Name);
                cr_assert_geq(SlotBytes(Block), Bytes, "%s: %zu bytes", Kinds[Kind].Name, (size_t)Bytes);
                SIZE_T Stride = Bytes <= 1 << 20 ? PAGE_SIZE : 61 * PAGE_SIZE; /* memory costs time */
                for (SIZE_T Offset = 0; Offset < Bytes; Offset += Stride) {
                    Block[Offset] = 0x5A;
                }
                Block[Bytes - 1] = 0x5A;
                ExFreePoolWithTag(Block, TAG);
            }
        }
    }
}

/* ---- Many blocks ---------------------------------------------------------------------------------------------- */

Test(pool_size, of_a_million_mixed_blocks_below_a_page_none_crosses_a_page)
{
    enum {
        MIXED = 1000000,
        KEPT = 8192,
    };
    static PVOID Kept[KEPT];
    ULONG64 State = 20260101;

    for (ULONG Round = 0; Round < Rounds(MIXED); Round++) {
        SIZE_T Bytes = 1 + Random(&State) % 4095;
        PVOID *Place = &Kept[Random(&State) % KEPT];
        if (*Place != NULL) {
            ExFreePoolWithTag(*Place, TAG);
        }
        *Place = ExAllocatePoolWithTag(Kinds[Random(&State) % COUNT(Kinds)].Type, Bytes, TAG);
        cr_assert_not_null(*Place);
        cr_assert(IsOnOnePage(*Place, Bytes), "%zu bytes at %p", (size_t)Bytes, *Place);
    }
}

Test(pool_size, ten_thousand_mixed_live_blocks_do_not_overlap)
{
    enum {
        MIXED = 10000,
    };
    static struct {
        PVOID Address;
        SIZE_T Bytes;
    } Mixed[MIXED];
    ULONG64 State = 7;

    for (ULONG Index = 0; Index < MIXED; Index++) {
        ULONG Chance = Random(&State) % 100;
        Mixed[Index].Bytes = Chance < 60   ? 1 + Random(&State) % 256
                             : Chance < 90 ? 1 + Random(&State) % 4095
                             : Chance < 99 ? 4096 + Random(&State) % 9000
                                           : 65536 + Random(&State) % 65536;
        Mixed[Index].Address =
            ExAllocatePoolWithTag(Kinds[Random(&State) % COUNT(Kinds)].Type, Mixed[Index].Bytes, TAG);
        cr_assert_not_null(Mixed[Index].Address);
        FillPattern(Mixed[Index].Address, Mixed[Index].Bytes, Index);
    }
    for (ULONG Index = 0; Index < MIXED; Index++) {
        cr_assert(HasPattern(Mixed[Index].Address, Mixed[Index].Bytes, Index), "block %u", Index);
    }
    for (ULONG Index = 0; Index < MIXED; Index++) {
        ExFreePoolWithTag(Mixed[Index].Address, TAG); /* also finds each header as it was written */
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_size, live_blocks_keep_their_contents_while_others_come_and_go)
{
    enum {
        MIXED = 2000,
    };
    static struct {
        PVOID Address;
        SIZE_T Bytes;
        ULONG Seed;
    } Mixed[MIXED];
    ULONG64 State = 99;

    for (ULONG Round = 0; Round < 60000; Round++) {
        ULONG Index = Random(&State) % MIXED;
        if (Mixed[Index].Address != NULL) {
            cr_assert(HasPattern(Mixed[Index].Address, Mixed[Index].Bytes, Mixed[Index].Seed), "round %u", Round);
            ExFreePoolWithTag(Mixed[Index].Address, TAG);
        }
        Mixed[Index].Bytes = Random(&State) % 20 == 0 ? 1 + Random(&State) % 20000 : 1 + Random(&State) % 600;
        Mixed[Index].Seed = Round;
        Mixed[Index].Address =
            ExAllocatePoolWithTag(Kinds[Random(&State) % COUNT(Kinds)].Type, Mixed[Index].Bytes, TAG);
        cr_assert_not_null(Mixed[Index].Address);
        FillPattern(Mixed[Index].Address, Mixed[Index].Bytes, Round);
    }
}

/* ---- ExQueryPoolBlockSize ------------------------------------------------------------------------------------- */

static SIZE_T QueriedSize(POOL_TYPE Type, SIZE_T Bytes)
{
    PVOID Block = ExAllocatePoolWithTag(Type, Bytes, TAG);
    SIZE_T Size = SlotBytes(Block);

    ExFreePoolWithTag(Block, TAG);
    return Size;
}

Test(pool_size, block_size_of_a_small_block_is_what_of_its_slot_is_its_own)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Bytes = 1; Bytes <= 4000; Bytes += 13) {
            SIZE_T Size = QueriedSize(Kinds[Kind].Type, Bytes);
            cr_assert_geq(Size, Bytes, "%s: %zu of %zu bytes", Kinds[Kind].Name, (size_t)Size, (size_t)Bytes);
            cr_assert_lt(Size, PAGE_SIZE);
            cr_assert(IS_ALIGNED(Size, MEMORY_ALLOCATION_ALIGNMENT));
        }
    }
}

Test(pool_size, a_small_block_can_be_written_to_its_block_size_without_harm)
{
    enum {
        BLOCKS = 300,
    };
    UCHAR *Blocks[BLOCKS];

    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, 1 + Index * 13, TAG);
        memset(Blocks[Index], (int)Index, SlotBytes(Blocks[Index]));
    }
    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        cr_assert(IsFilledWith(Blocks[Index], (UCHAR)Index, SlotBytes(Blocks[Index])), "block %u", Index);
        EXPECT_NO_STOP(StopOfFree(Blocks[Index], TAG));
    }
}

Test(pool_size, block_size_of_a_large_block_is_whole_pages)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        cr_expect_eq(QueriedSize(Kinds[Kind].Type, 4096), 4096);
        cr_expect_eq(QueriedSize(Kinds[Kind].Type, 4097), 8192);
        cr_expect_eq(QueriedSize(Kinds[Kind].Type, 8192), 8192);
        cr_expect_eq(QueriedSize(Kinds[Kind].Type, 8193), 12288);
        cr_expect_eq(QueriedSize(Kinds[Kind].Type, 1 << 20), 1 << 20);
    }
}

Test(pool_size, block_size_of_an_address_that_is_no_block_stops)
{
    EMU_BUGCHECK Stop;
    BOOLEAN QuotaCharged;
    ULONG Local;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExQueryPoolBlockSize(&Local, &QuotaCharged);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x46, &Local, 0, 0);
}

/* ---- The border between small and large ----------------------------------------------------------------------- */

Test(pool_size, blocks_up_to_4064_bytes_leave_room_for_a_header_and_larger_ones_have_none)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        if (!Kinds[Kind].CacheAligned) {
            PVOID Small = ExAllocatePoolWithTag(Kinds[Kind].Type, LARGEST_SMALL, TAG);
            PVOID Large = ExAllocatePoolWithTag(Kinds[Kind].Type, LARGEST_SMALL + 1, TAG);
            cr_expect_geq(BYTE_OFFSET(Small), HEADER_BYTES, "%s", Kinds[Kind].Name);
            cr_expect(IsOnOnePage(Small, LARGEST_SMALL), "%s", Kinds[Kind].Name);
            cr_expect_eq(BYTE_OFFSET(Large), 0, "%s", Kinds[Kind].Name);
        }
    }
}

/* ---- Sizes that no pool has ----------------------------------------------------------------------------------- */

static void ExpectNoBlock(POOL_TYPE Type, SIZE_T Bytes)
{
    cr_expect_null(ExAllocatePoolWithTag(Type, Bytes, TAG), "type %d, 0x%zx bytes", (int)Type, (size_t)Bytes);
    cr_expect_null(ExAllocatePoolZero(Type, Bytes, TAG), "type %d, 0x%zx bytes", (int)Type, (size_t)Bytes);
    cr_expect_null(ExAllocatePoolWithTagPriority(Type, Bytes, TAG, HighPoolPriority));
}

Test(pool_size, sizes_near_the_end_of_the_address_space_give_no_block)
{
    static const SIZE_T Below[] = {0,  1,  7,  14,   15,   16,   17,   31,   32,   47,
                                   48, 63, 64, 4031, 4064, 4079, 4095, 4096, 65536};

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Index = 0; Index < COUNT(Below); Index++) {
            ExpectNoBlock(Kinds[Kind].Type, MAXSIZE_T - Below[Index]);
            ExpectNoBlock(Kinds[Kind].Type, MAXSIZE_T / 2 - Below[Index]);
        }
    }
    cr_expect_eq(LiveBlocks(), 0);
}

Test(pool_size, a_tebibyte_is_more_than_the_pool_has)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        ExpectNoBlock(Kinds[Kind].Type, MORE_THAN_AN_ARENA);
    }
    cr_expect_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, MORE_THAN_AN_ARENA, TAG));
    cr_expect_null(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, MAXSIZE_T, TAG));
    cr_expect_eq(LiveBlocks(), 0);
}

#if defined(_WIN64)
/* A size whose low 32 bits are small must not be mistaken for a small one. */
Test(pool_size, a_size_above_4_GiB_is_never_cut_to_32_bits)
{
    for (SIZE_T Kind = 0; Kind < 3; Kind++) {
        for (SIZE_T Low = 1; Low <= 4097; Low += 1024) {
            SIZE_T Bytes = (SIZE_T)MAXULONG + Low;
            UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG);
            EMU_BLOCK Info;
            if (Block != NULL) {
                cr_assert(EmuQueryBlock(Block, &Info));
                cr_expect_eq(Info.Size, Bytes);
                cr_expect_eq(SlotBytes(Block), ROUND_TO_PAGES(Bytes));
                Block[0] = Block[Bytes - 1] = 0x5A;
                ExFreePoolWithTag(Block, TAG);
            }
        }
    }
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, ((SIZE_T)1 << 43) + 16, TAG)); /* the bits beyond 4 GiB, too */
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, ((SIZE_T)1 << 52) + 16, TAG));
}
#endif
