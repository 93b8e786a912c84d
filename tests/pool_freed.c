/* Free memory of the pool. Nothing that a driver writes there leads the emulator, and it is room for blocks of any
 * size. */
#include <criterion/criterion.h>

#include "support.h"

static const POOL_TYPE Types[] = {NonPagedPoolExecute, PagedPool, NonPagedPoolNx};

/* Of sizes that no thread keeps for itself. */
static const SIZE_T RunSizes[] = {36864, 65536, 131072};

static void Overwrite(PVOID Block, SIZE_T Bytes, ULONG_PTR Value)
{
    for (volatile ULONG_PTR *Word = Block; (ULONG_PTR)Word < (ULONG_PTR)Block + Bytes; Word++) {
        *Word = Value;
    }
}

static BOOLEAN Overlap(PVOID A, PVOID B, SIZE_T Bytes)
{
    return (ULONG_PTR)A < (ULONG_PTR)B + Bytes && (ULONG_PTR)B < (ULONG_PTR)A + Bytes;
}

/* ---- A few freed blocks --------------------------------------------------------------------------------------- */

static void ExpectNoLiveBlock(POOL_TYPE Type, SIZE_T Bytes)
{
    PVOID Live = ExAllocatePoolWithTag(Type, Bytes, TAG);
    PVOID Dead[2], New[4];

    FillPattern(Live, Bytes, 1);
    for (ULONG Index = 0; Index < COUNT(Dead); Index++) {
        Dead[Index] = ExAllocatePoolWithTag(Type, Bytes, TAG);
    }
    for (ULONG Index = 0; Index < COUNT(Dead); Index++) {
        ExFreePoolWithTag(Dead[Index], TAG);
    }
    for (ULONG Index = 0; Index < COUNT(Dead); Index++) {
        Overwrite(Dead[Index], sizeof(PVOID), (ULONG_PTR)Live);
    }
    for (ULONG Index = 0; Index < COUNT(New); Index++) {
        New[Index] = ExAllocatePoolWithTag(Type, Bytes, TAG);
        cr_assert_not_null(New[Index]);
        cr_assert_not(Overlap(New[Index], Live, Bytes), "%zu bytes of type %u", (size_t)Bytes, Type);
        for (ULONG Earlier = 0; Earlier < Index; Earlier++) {
            cr_assert_not(Overlap(New[Index], New[Earlier], Bytes), "%zu bytes of type %u", (size_t)Bytes, Type);
        }
        Overwrite(New[Index], Bytes, MAXULONG_PTR);
    }
    cr_expect(HasPattern(Live, Bytes, 1), "%zu bytes of type %u", (size_t)Bytes, Type);
    ExFreePoolWithTag(Live, TAG);
    for (ULONG Index = 0; Index < COUNT(New); Index++) {
        ExFreePoolWithTag(New[Index], TAG);
    }
}

Test(pool_freed, a_live_blocks_address_in_freed_blocks_is_not_handed_out)
{
    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        for (ULONG Size = 0; Size < COUNT(RunSizes); Size++) {
            ExpectNoLiveBlock(Types[Type], RunSizes[Size]);
        }
    }
}

Test(pool_freed, garbage_in_any_word_of_a_freed_block_leads_nowhere)
{
    enum {
        BYTES = 65536
    };

    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        for (SIZE_T Word = 0; Word < BYTES / sizeof(ULONG_PTR); Word++) {
            PVOID Block = ExAllocatePoolWithTag(Types[Type], BYTES, TAG);
            ExFreePoolWithTag(Block, TAG);
            Overwrite((ULONG_PTR *)Block + Word, sizeof(ULONG_PTR), 0x4141414141414141 & MAXULONG_PTR);
            PVOID First = ExAllocatePoolWithTag(Types[Type], BYTES, TAG);
            PVOID Second = ExAllocatePoolWithTag(Types[Type], BYTES, TAG);
            cr_assert_not_null(First);
            cr_assert_not_null(Second);
            cr_assert_not(Overlap(First, Second, BYTES));
            ExFreePoolWithTag(First, TAG);
            ExFreePoolWithTag(Second, TAG);
        }
    }
}

#if !defined(_WIN32) /* there, what lies in front may have been given back, and faults */

/* What a driver reaches of an arena is all of it, also in front of the first block. */
Test(pool_freed, nothing_in_front_of_the_lowest_block_is_believed)
{
    enum {
        BYTES = 65536,
        SEGMENT = EMU_BY_WIDTH(32, 4) << 20,
    };

    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        PVOID Blocks[64];
        ULONG_PTR Lowest = MAXULONG_PTR;
        for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
            Blocks[Index] = ExAllocatePoolWithTag(Types[Type], BYTES, TAG);
            FillPattern(Blocks[Index], BYTES, Index);
            Lowest = min(Lowest, (ULONG_PTR)Blocks[Index]);
        }
        ULONG_PTR Start = Lowest & ~(ULONG_PTR)(SEGMENT - 1);
        Overwrite((PVOID)Start, min(Lowest - Start, 65536), MAXULONG_PTR);
        for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
            cr_expect(HasPattern(Blocks[Index], BYTES, Index));
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
}

#endif

/* ---- All free memory -------------------------------------------------------------------------------------------- */

enum {
    BLOCKS = 400,
    ROUNDS = 20000,
};

typedef struct MEMORY {
    PVOID Block[BLOCKS];
    SIZE_T Bytes[BLOCKS];
    BOOLEAN IsLive[BLOCKS];
} MEMORY;

static void Take(MEMORY *Memory, POOL_TYPE Type, ULONG Index, ULONG Random)
{
    SIZE_T Bytes = PAGE_SIZE * (1 + (SIZE_T)Random % 40);

    Memory->Block[Index] = ExAllocatePoolWithTag(Type, Bytes, TAG);
    cr_assert_not_null(Memory->Block[Index]);
    Memory->Bytes[Index] = Bytes;
    Memory->IsLive[Index] = TRUE;
    FillPattern(Memory->Block[Index], Bytes, Index);
}

static void Give(MEMORY *Memory, ULONG Index)
{
    cr_assert(HasPattern(Memory->Block[Index], Memory->Bytes[Index], Index), "block %u was handed out twice", Index);
    ExFreePoolWithTag(Memory->Block[Index], TAG);
    Memory->IsLive[Index] = FALSE;
}

static void ScribbleOver(POOL_TYPE Type, BOOLEAN WithAddresses)
{
    static MEMORY Memory;
    ULONG Random = 1;

    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        Random = Random * 1103515245 + 12345;
        Take(&Memory, Type, Index, Random >> 8);
    }
    for (ULONG Index = 0; Index < BLOCKS; Index += 2) {
        Give(&Memory, Index);
    }
    for (ULONG Index = 0; Index < BLOCKS; Index += 2) {
        ULONG_PTR Live = (ULONG_PTR)Memory.Block[Index + 1];
        Overwrite(Memory.Block[Index], Memory.Bytes[Index], WithAddresses ? Live : MAXULONG_PTR);
    }
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        Random = Random * 1103515245 + 12345;
        ULONG Index = (Random >> 8) % BLOCKS;
        if (Memory.IsLive[Index]) {
            Give(&Memory, Index);
            Overwrite(Memory.Block[Index], PAGE_SIZE,
                      WithAddresses ? (ULONG_PTR)Memory.Block[(Index + 1) % BLOCKS] : MAXULONG_PTR);
        } else {
            Take(&Memory, Type, Index, Random >> 16);
        }
    }
    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        if (Memory.IsLive[Index]) {
            Give(&Memory, Index);
        }
    }
}

Test(pool_freed, ones_all_over_the_free_memory_change_nothing)
{
    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        ScribbleOver(Types[Type], FALSE);
    }
}

Test(pool_freed, addresses_of_live_blocks_all_over_the_free_memory_change_nothing)
{
    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        ScribbleOver(Types[Type], TRUE);
    }
}

/* ---- Free memory is room for blocks of any size ----------------------------------------------------------------- */

static SIZE_T LargestMiB(POOL_TYPE Type)
{
    SIZE_T Least = 0, Most = 64;

    while (Least < Most) {
        SIZE_T Middle = (Least + Most + 1) / 2;
        PVOID Block = ExAllocatePoolWithTag(Type, Middle << 20, TAG);
        if (Block != NULL) {
            ExFreePoolWithTag(Block, TAG);
            Least = Middle;
        } else {
            Most = Middle - 1;
        }
    }
    return Least;
}

/* Until the arena is full of blocks of every size class. */
static ULONG FillArena(POOL_TYPE Type, PVOID *Blocks, ULONG Most)
{
    ULONG Random = 1;

    for (ULONG Count = 0; Count < Most; Count++) {
        Random = Random * 1103515245 + 12345;
        Blocks[Count] = ExAllocatePoolWithTag(Type, 1 + ((Random >> 8) & (Random & 1 ? 0xFFF : 0x3FFFF)), TAG);
        if (Blocks[Count] == NULL) {
            return Count;
        }
    }
    return Most;
}

Test(pool_freed, the_largest_block_after_much_use_is_that_of_a_fresh_process)
{
    static PVOID Blocks[10000];

    setenv("POOLEMU_ARENA_MIB", "64", 1);
    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        SIZE_T Fresh = LargestMiB(Types[Type]);
        cr_expect_geq(Fresh, 30);
        for (ULONG Round = 0; Round < 3; Round++) {
            ULONG Count = FillArena(Types[Type], Blocks, COUNT(Blocks));
            cr_assert_lt(Count, COUNT(Blocks));
            while (Count > 0) {
                ExFreePoolWithTag(Blocks[--Count], TAG);
            }
        }
        cr_expect_eq(LargestMiB(Types[Type]), Fresh, "%zu, not %zu MiB", (size_t)LargestMiB(Types[Type]),
                     (size_t)Fresh);
    }
}

Test(pool_freed, the_largest_block_after_a_reset_is_that_of_a_fresh_process)
{
    static PVOID Blocks[10000];

    setenv("POOLEMU_ARENA_MIB", "64", 1);
    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        SIZE_T Fresh = LargestMiB(Types[Type]);
        FillArena(Types[Type], Blocks, COUNT(Blocks));
        EmuReset();
        cr_expect_eq(LargestMiB(Types[Type]), Fresh, "%zu, not %zu MiB", (size_t)LargestMiB(Types[Type]),
                     (size_t)Fresh);
    }
}
