/* heap_stops.c: what the pool finds at a free, on three Windows: 7 and 10 1809, whose pool says it in rows of 0x19 and
 * 0xC2, and the newest, whose heap says it as a type of 0x13A KERNEL_MODE_HEAP_CORRUPTION (since 10 1903). */
#include <criterion/criterion.h>

#include "support.h"

/* Driver Verifier has rows of its own. */
static VOID SwitchVerifierOff(VOID)
{
    EmuSetVerifier(0);
}

TestSuite(heap_stops, .init = SwitchVerifierOff);

static const PCSTR Olds[] = {"win7", "win10-1809"};

static VOID Select(PCSTR Name)
{
    cr_assert_eq(EmuSetWindows(Name), STATUS_SUCCESS);
}

static PCSTR Newest(VOID)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    return Table[Rows - 1].Name;
}

static const POOL_TYPE Types[] = {NonPagedPoolExecute, NonPagedPoolNx, PagedPool};

static UCHAR *NewBlock(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = ExAllocatePoolWithTag(Type, Bytes, TAG);

    cr_assert_not_null(Block);
    return Block;
}

static ULONG_PTR ReadWord(const VOID *Address)
{
    ULONG_PTR Word;

    memcpy(&Word, Address, sizeof(Word));
    return Word;
}

static ULONG ReadHeader(const UCHAR *Block)
{
    return (ULONG)ReadWord(Block - HEADER_BYTES);
}

/* Where the kind of pool begins that the block lies in, as a free of what is not allocated says it on the newest
 * Windows. */
static ULONG_PTR HeapOf(const UCHAR *Block)
{
    EMU_BUGCHECK Stop;

    Select(Newest());
    Stop = StopOfFree((PVOID)(Block + (1 << 19) + 8), TAG);
    cr_assert_eq(Stop.Code, (ULONG)KERNEL_MODE_HEAP_CORRUPTION);
    cr_assert_eq(Stop.Parameter[1] % PAGE_SIZE, 0u);
    cr_assert_leq(Stop.Parameter[1], (ULONG_PTR)Block);
    return Stop.Parameter[1];
}

#define EXPECT_HEAP(Happened, Type, Heap, Address)                                                                     \
    EXPECT_STOP(Happened, KERNEL_MODE_HEAP_CORRUPTION, Type, Heap, Address, 0)

Test(heap_stops, a_small_block_freed_twice_is_0xC2_0x07_then_0x13A_0x11)
{
    for (ULONG Type = 0; Type < COUNT(Types); Type++) {
        UCHAR *Block = NewBlock(Types[Type], 100);
        ULONG_PTR Heap = HeapOf(Block);
        ExFreePoolWithTag(Block, TAG);
        for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
            Select(Olds[Old]);
            EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x07, TAG, ReadHeader(Block), Block);
        }
        Select(Newest());
        EXPECT_HEAP(StopOfFree(Block, TAG), 0x11, Heap, Block);
    }
}

Test(heap_stops, a_block_without_a_header_freed_twice_is_0xC2_0x07_then_0x13A_0x08)
{
    static const SIZE_T Large[] = {PAGE_SIZE, 5 * PAGE_SIZE, 1000000};

    for (ULONG Size = 0; Size < COUNT(Large); Size++) {
        UCHAR *Block = NewBlock(PagedPool, Large[Size]);
        ULONG_PTR Heap = HeapOf(Block);
        ExFreePoolWithTag(Block, TAG);
        for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
            Select(Olds[Old]);
            EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x07, TAG, 0, Block);
        }
        Select(Newest());
        EXPECT_HEAP(StopOfFree(Block, TAG), 0x08, Heap, Block);
    }
}

Test(heap_stops, the_inside_of_a_nonpaged_block_is_0xC2_0x99_then_0x13A_0x09)
{
    UCHAR *Block = NewBlock(NonPagedPoolNx, 200), *Inside = Block + 32;
    ULONG_PTR Heap = HeapOf(Block);

    for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
        Select(Olds[Old]);
        EXPECT_STOP(StopOfFree(Inside, TAG), BAD_POOL_CALLER, 0x99, Inside, 0, 0);
    }
    Select(Newest());
    EXPECT_HEAP(StopOfFree(Inside, TAG), 0x09, Heap, Inside);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(heap_stops, the_inside_of_a_paged_block_is_0xC2_0x41286_then_0x13A_0x09)
{
    UCHAR *Block = NewBlock(PagedPool, 3 * PAGE_SIZE), *Inside = Block + PAGE_SIZE;
    ULONG_PTR Heap = HeapOf(Block);

    for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
        Select(Olds[Old]);
        EXPECT_STOP(StopOfFree(Inside, TAG), BAD_POOL_CALLER, 0x41286, 0, 0, (ULONG_PTR)Inside - Heap);
    }
    Select(Newest());
    EXPECT_HEAP(StopOfFree(Inside, TAG), 0x09, Heap, Inside);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(heap_stops, pool_that_is_not_allocated_is_0xC2_0x44_or_0x50_then_0x13A_0x09)
{
    SIZE_T Far = (SIZE_T)1 << EMU_BY_WIDTH(30, 27);
    UCHAR *NonPaged = NewBlock(NonPagedPoolNx, 100), *Paged = NewBlock(PagedPool, 100);
    ULONG_PTR NonPagedHeap = HeapOf(NonPaged), PagedHeap = HeapOf(Paged);

    for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
        Select(Olds[Old]);
        EXPECT_STOP(StopOfFree(NonPaged + Far, TAG), BAD_POOL_CALLER, 0x44, NonPaged + Far, 0, 0);
        EMU_BUGCHECK Stop = StopOfFree(Paged + Far, TAG);
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x50, Paged + Far, (ULONG_PTR)(Paged + Far) - PagedHeap, Stop.Parameter[3]);
    }
    Select(Newest());
    EXPECT_HEAP(StopOfFree(NonPaged + Far, TAG), 0x09, NonPagedHeap, NonPaged + Far);
    EXPECT_HEAP(StopOfFree(Paged + Far, TAG), 0x09, PagedHeap, Paged + Far);
}

Test(heap_stops, a_damaged_header_is_0x19_0x20_then_0x13A_0x03)
{
    UCHAR *Block = NewBlock(NonPagedPoolNx, 100), *Header = Block - HEADER_BYTES;
    ULONG_PTR Heap = HeapOf(Block);

    Header[2]++;
    for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
        Select(Olds[Old]);
        EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
        EXPECT_STOP(Stop, BAD_POOL_HEADER, 0x20, Header, Stop.Parameter[2], ReadHeader(Block));
        cr_expect_gt(Stop.Parameter[2], (ULONG_PTR)Block + 99);
    }
    Select(Newest());
    EXPECT_HEAP(StopOfFree(Block, TAG), 0x03, Heap, Header);
    Header[2]--;
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(heap_stops, a_damaged_header_behind_the_block_is_0x19_0x21_then_0x13A_0x06)
{
    enum {
        PAIRS = 64
    };
    UCHAR *Block = NewBlock(NonPagedPoolNx, 112), *Next = NULL;
    ULONG_PTR Heap = HeapOf(Block);

    for (ULONG Pair = 0; Pair < PAIRS && Next != Block + 112 + HEADER_BYTES; Pair++) {
        Block = Next != NULL && PAGE_ALIGN(Next) == PAGE_ALIGN(Next + 112 + HEADER_BYTES) ? Next : Block;
        Next = NewBlock(NonPagedPoolNx, 112);
    }
    cr_assert_eq(Next, Block + 112 + HEADER_BYTES, "neighbours");
    Next[-HEADER_BYTES] ^= 0x40;
    for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
        Select(Olds[Old]);
        EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_HEADER, 0x21, Block, 112, ReadWord(Next - HEADER_BYTES));
    }
    Select(Newest());
    EXPECT_HEAP(StopOfFree(Block, TAG), 0x06, Heap, Next - HEADER_BYTES);
    Next[-HEADER_BYTES] ^= 0x40;
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

/* ---- What stays 0xC2 ------------------------------------------------------------------------------------------- */

static VOID ExpectOnAll(PVOID Address, ULONG Tag, ULONG Row, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    for (ULONG Old = 0; Old < COUNT(Olds); Old++) {
        Select(Olds[Old]);
        EXPECT_STOP(StopOfFree(Address, Tag), BAD_POOL_CALLER, Row, P2, P3, P4);
    }
    Select(Newest());
    EXPECT_STOP(StopOfFree(Address, Tag), BAD_POOL_CALLER, Row, P2, P3, P4);
}

Test(heap_stops, an_address_that_is_no_pool_is_in_no_heap_and_stays_0xC2_0x46)
{
    ULONG Local;

    ExpectOnAll(NULL, TAG, 0x46, 0, 0, 0);
    ExpectOnAll(&Local, TAG, 0x46, (ULONG_PTR)&Local, 0, 0);
}

Test(heap_stops, a_wrong_tag_stays_0xC2_0x0A)
{
    UCHAR *Block = NewBlock(PagedPool, 100);

    ExpectOnAll(Block, TAG2, 0x0A, (ULONG_PTR)Block, TAG, TAG2);
}

Test(heap_stops, a_free_at_a_wrong_IRQL_stays_0xC2_0x09)
{
    UCHAR *Block = NewBlock(PagedPool, 100);
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExpectOnAll(Block, TAG, 0x09, DISPATCH_LEVEL, PagedPool, (ULONG_PTR)Block);
    KeLowerIrql(Irql);
}

#if defined(_WIN64)
Test(heap_stops, a_damaged_process_pointer_of_a_charged_block_stays_0xC2_0x0D)
{
    UCHAR *Block = ExAllocatePoolWithQuotaTag(PagedPool, 100, TAG);

    Block[-3] ^= 0x10;
    ExpectOnAll(Block, TAG, 0x0D, (ULONG_PTR)Block, TAG, ReadWord(Block - 8));
    Block[-3] ^= 0x10;
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}
#endif

/* ---- From which Windows on ------------------------------------------------------------------------------------- */

Test(heap_stops, the_pool_is_a_heap_since_Windows_10_1903)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);
    UCHAR *Block = NewBlock(NonPagedPoolNx, 100);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        Select(Table[Row].Name);
        ULONG Code = Table[Row].Build >= 18362 ? KERNEL_MODE_HEAP_CORRUPTION : BAD_POOL_CALLER;
        cr_expect_eq(StopOfFree(Block + 16, TAG).Code, Code, "%s", Table[Row].Title);
    }
}
