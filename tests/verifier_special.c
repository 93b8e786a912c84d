/* Special pool: which requests it serves, what it finds at the faulting instruction and at a free, and that all that
 * asks for blocks sees its own. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "touch.h"

enum {
    PATTERN = 0xA5,
    CODE_IN_FREED = DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL,
    CODE_BEYOND = DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION,
    CODE_CORRUPT = SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION,
};

static void SwitchOn(void)
{
    EmuReset();
    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL), STATUS_SUCCESS);
}

static void SwitchOff(void)
{
    EmuReset();
}

TestSuite(verifier_special, .init = SwitchOn, .fini = SwitchOff);

static PUCHAR Allocate(SIZE_T Bytes)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);

    cr_assert_not_null(Block);
    return Block;
}

static ULONG64 SpecialCount(void)
{
    EMU_VERIFIER_COUNTERS Counters;

    EmuQueryVerifier(&Counters);
    return Counters.AllocationsSucceededSpecialPool;
}

static void Set(EMU_SPECIAL_POOL Settings)
{
    cr_assert_eq(EmuSetSpecialPool(&Settings), STATUS_SUCCESS);
}

/* ---- Placement ------------------------------------------------------------------------------------------------ */

Test(verifier_special, a_block_ends_at_the_end_of_its_page_as_far_as_its_alignment_allows)
{
    for (SIZE_T Bytes = 1; Bytes < PAGE_SIZE; Bytes += 61) {
        PUCHAR Block = Allocate(Bytes);

        cr_expect_eq((ULONG_PTR)Block % UNIT, 0);
        cr_expect_eq(BYTE_OFFSET(Block), PAGE_SIZE - (Bytes + UNIT - 1) / UNIT * UNIT, "%zu bytes", (size_t)Bytes);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(verifier_special, with_verify_start_a_block_begins_on_its_page)
{
    Set((EMU_SPECIAL_POOL){.VerifyStart = TRUE});
    for (SIZE_T Bytes = 1; Bytes < PAGE_SIZE; Bytes += 61) {
        PUCHAR Block = Allocate(Bytes);

        cr_expect_eq(BYTE_OFFSET(Block), 0);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(verifier_special, a_cache_aligned_block_begins_on_a_cache_line)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, 100, TAG);

    cr_expect_eq(BYTE_OFFSET(Block), PAGE_SIZE - 128);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, a_block_of_a_page_and_more_begins_on_a_page)
{
    static const SIZE_T Large[] = {PAGE_SIZE, PAGE_SIZE + 1, 5 * PAGE_SIZE, 100 * PAGE_SIZE + 17};

    for (ULONG Index = 0; Index < COUNT(Large); Index++) {
        PUCHAR Block = Allocate(Large[Index]);

        cr_expect_eq(BYTE_OFFSET(Block), 0);
        memset(Block, 1, Large[Index]);
        EXPECT_STOP(StopOfRead(Block - 1), CODE_BEYOND, Block - 1, 0, TouchInstruction(TOUCH_READER), 0);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
        EXPECT_STOP(StopOfRead(Block), CODE_IN_FREED, Block, 0, TouchInstruction(TOUCH_READER), 0);
    }
    cr_expect_eq(SpecialCount(), COUNT(Large));
}

Test(verifier_special, the_priority_says_where_the_block_lies)
{
    static const struct {
        EX_POOL_PRIORITY Priority;
        BOOLEAN VerifyStart, AtStart;
    } Cases[] = {
        {LowPoolPrioritySpecialPoolOverrun, TRUE, FALSE},
        {LowPoolPrioritySpecialPoolUnderrun, FALSE, TRUE},
        {NormalPoolPrioritySpecialPoolOverrun, TRUE, FALSE},
        {NormalPoolPrioritySpecialPoolUnderrun, FALSE, TRUE},
        {HighPoolPrioritySpecialPoolOverrun, TRUE, FALSE},
        {HighPoolPrioritySpecialPoolUnderrun, FALSE, TRUE},
        {NormalPoolPriority, TRUE, TRUE},
        {NormalPoolPriority, FALSE, FALSE},
    };

    for (ULONG Index = 0; Index < COUNT(Cases); Index++) {
        Set((EMU_SPECIAL_POOL){.VerifyStart = Cases[Index].VerifyStart});
        PUCHAR Block = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, TAG, Cases[Index].Priority);
        cr_expect_eq(BYTE_OFFSET(Block), Cases[Index].AtStart ? 0 : PAGE_SIZE - 64, "case %u", Index);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(verifier_special, zeroed_blocks_are_zero_and_others_hold_the_pattern)
{
    PUCHAR Zeroed = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    PUCHAR Other = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 100, TAG);

    cr_expect(IsFilledWith(Zeroed, 0, 100));
    cr_expect(IsFilledWith(Other, PATTERN, 100));
    EXPECT_NO_STOP(StopOfFree(Zeroed, TAG));
    EXPECT_NO_STOP(StopOfFree(Other, TAG));
}

Test(verifier_special, a_block_of_no_bytes_is_a_block)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, TAG);
    EMU_BLOCK Info;

    cr_assert(EmuQueryBlock(Block, &Info));
    cr_expect_eq(Info.Size, 0);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, every_type_keeps_its_rights)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        PUCHAR Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 64, TAG);
        EMU_BLOCK Info;

        cr_assert(EmuQueryBlock(Block, &Info));
        cr_expect_eq(Info.PoolType, Kinds[Kind].Type, "%s is %u", Kinds[Kind].Name, (unsigned)Info.PoolType);
        cr_expect_str_eq(TryCode(Block), Kinds[Kind].Executable ? "runs" : "stops", "%s", Kinds[Kind].Name);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
    cr_expect_eq(SpecialCount(), COUNT(Kinds));
}

/* ---- Faults --------------------------------------------------------------------------------------------------- */

Test(verifier_special, an_overrun_stops_at_the_instruction_with_0xD6)
{
    PUCHAR Block = Allocate(64);

    EXPECT_STOP(StopOfRead(Block + 64), CODE_BEYOND, Block + 64, 0, TouchInstruction(TOUCH_READER), 0);
    EXPECT_STOP(StopOfWrite(Block + 64, 1), CODE_BEYOND, Block + 64, 1, TouchInstruction(TOUCH_WRITER), 0);
    EXPECT_STOP(StopOfWrite(Block + 64 + PAGE_SIZE - 1, 1), CODE_BEYOND, Block + 64 + PAGE_SIZE - 1, 1,
                TouchInstruction(TOUCH_WRITER), 0);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, an_underrun_stops_at_the_instruction_with_0xD6_where_the_start_is_verified)
{
    Set((EMU_SPECIAL_POOL){.VerifyStart = TRUE});
    PUCHAR Block = Allocate(64);

    EXPECT_STOP(StopOfRead(Block - 1), CODE_BEYOND, Block - 1, 0, TouchInstruction(TOUCH_READER), 0);
    EXPECT_STOP(StopOfWrite(Block - 1, 1), CODE_BEYOND, Block - 1, 1, TouchInstruction(TOUCH_WRITER), 0);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, between_two_blocks_the_text_names_the_nearer_one)
{
    Set((EMU_SPECIAL_POOL){.VerifyStart = TRUE});
    PUCHAR First = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, 'tsrF');
    PUCHAR Second = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, 'dnoS');

    cr_assert_eq(Second, First + 2 * PAGE_SIZE);
    cr_expect_not_null(strstr(StopOfRead(First + PAGE_SIZE).Text, "Frst"));
    cr_expect_not_null(strstr(StopOfRead(Second - 1).Text, "Sond"));
}

Test(verifier_special, use_after_free_stops_at_the_instruction_with_0xD5)
{
    PUCHAR Block = Allocate(64);

    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    EXPECT_STOP(StopOfRead(Block + 8), CODE_IN_FREED, Block + 8, 0, TouchInstruction(TOUCH_READER), 0);
    EXPECT_STOP(StopOfWrite(Block + 63, 1), CODE_IN_FREED, Block + 63, 1, TouchInstruction(TOUCH_WRITER), 0);
}

Test(verifier_special, a_touch_far_behind_where_no_block_ever_was_stops_with_0xD6)
{
    PUCHAR Far = Allocate(64) + 64 + 1024 * PAGE_SIZE;

    EXPECT_STOP(StopOfWrite(Far, 1), CODE_BEYOND, Far, 1, TouchInstruction(TOUCH_WRITER), 0);
    cr_expect_not_null(strstr(StopOfRead(Far).Text, "in special pool: nothing is or was allocated here"));
}

/* The page of these stops knows reads and writes only. */
Test(verifier_special, execution_of_a_freed_block_stops_as_a_read)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolExecute, 64, TAG);
    EMU_BUGCHECK Stop;

    WriteCode(Block);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    cr_expect_eq(RunCode(Block, &Stop), 0);
    EXPECT_STOP(Stop, CODE_IN_FREED, Block, 0, Block, 0);
}

Test(verifier_special, no_handler_of_the_driver_takes_these_stops)
{
    PUCHAR Block = Allocate(64);
    volatile BOOLEAN Handled = FALSE;
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        __try {
            ((TOUCH *)TouchInstruction(TOUCH_WRITER))(Block + 64, 0);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Handled = TRUE;
        }
    }
    cr_expect_eq(Stop.Code, (ULONG)CODE_BEYOND);
    cr_expect_not(Handled);
}

Test(verifier_special, a_block_stays_guarded_after_the_verifier_is_switched_off)
{
    PUCHAR Block = Allocate(64);

    EmuSetVerifier(0);
    EXPECT_STOP(StopOfRead(Block + 64), CODE_BEYOND, Block + 64, 0, TouchInstruction(TOUCH_READER), 0);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    EXPECT_STOP(StopOfRead(Block), CODE_IN_FREED, Block, 0, TouchInstruction(TOUCH_READER), 0);
}

/* ---- Frees ---------------------------------------------------------------------------------------------------- */

Test(verifier_special, a_write_before_the_block_stops_the_free_with_0xC1_0x23)
{
    PUCHAR Block = Allocate(64);

    memset(Block - 3, 0, 2);
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block - 3, 0, 0x23);
    cr_expect(IsLive(Block));
    memset(Block - 3, PATTERN, 2);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, a_write_into_the_slack_behind_the_block_stops_the_free_with_0xC1_0x24)
{
    PUCHAR Block = Allocate(61);

    Block[62] = 0;
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block + 62, 0, 0x24);
    Block[62] = PATTERN;
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, an_overrun_where_the_start_is_verified_stops_the_free_with_0xC1_0x24)
{
    Set((EMU_SPECIAL_POOL){.VerifyStart = TRUE});
    PUCHAR Block = Allocate(64);

    Block[64] = 0;
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block + 64, 0, 0x24);
    Block[64] = PATTERN;
    Block[PAGE_SIZE - 1] = 0;
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block + PAGE_SIZE - 1, 0, 0x24);
}

Test(verifier_special, a_single_changed_bit_stops_the_free_with_0xC1_0x32)
{
    PUCHAR Block = Allocate(61);

    Block[-100] ^= 0x10;
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block - 100, 0, 0x32);
    Block[-99] ^= 0x10;
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block - 100, 0, 0x23);
    Block[-100] = Block[-99] = PATTERN;
    Block[61] ^= 0x80;
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, Block + 61, 0, 0x32);
}

Test(verifier_special, a_double_free_stops_with_0xC1_0x20)
{
    PUCHAR Block = Allocate(64);

    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, Block, 0, 0, 0x20);
    EXPECT_STOP(StopOfUntaggedFree(Block + 16), CODE_CORRUPT, Block + 16, 0, 0, 0x20);
}

Test(verifier_special, a_free_beside_every_block_stops_with_0xC1_0x20)
{
    PUCHAR Block = Allocate(64);

    EXPECT_STOP(StopOfFree(Block + 64, TAG), CODE_CORRUPT, Block + 64, 0, 0, 0x20);
    EXPECT_STOP(StopOfFree(Block + (64 << 20), TAG), CODE_CORRUPT, Block + (64 << 20), 0, 0, 0x20);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, a_free_inside_a_block_stops_with_0xC1_0x21_and_before_it_with_0x22)
{
    PUCHAR Block = Allocate(64);

    EXPECT_STOP(StopOfFree(Block + 16, TAG), CODE_CORRUPT, Block + 16, 64, 48, 0x21);
    EXPECT_STOP(StopOfFree(Block - 16, TAG), CODE_CORRUPT, Block - 16, 64, 80, 0x22);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, a_free_with_a_wrong_tag_stops_with_0xC2_0x0A)
{
    PUCHAR Block = Allocate(64);

    EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier_special, a_free_at_a_wrong_irql_stops_with_0xC4_and_without_the_verifier_with_0xC1_0x31)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    EMU_BUGCHECK Stop;
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Stop = StopOfFree(Block, TAG);
    EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x11, DISPATCH_LEVEL, PagedPool, Block);
    EmuSetVerifier(0);
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_CORRUPT, DISPATCH_LEVEL, PagedPool, Block, 0x31);
    KeLowerIrql(Irql);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

/* ---- Which requests ------------------------------------------------------------------------------------------- */

static BOOLEAN IsServedSpecial(SIZE_T Bytes, ULONG Tag)
{
    ULONG64 Before = SpecialCount();
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, Tag);

    EXPECT_NO_STOP(StopOfFree(Block, Tag));
    return SpecialCount() == Before + 1;
}

Test(verifier_special, without_the_option_nothing_is_special)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    cr_expect_not(IsServedSpecial(64, TAG));
    PVOID Asked = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_SPECIAL_POOL, 64, TAG);
    cr_expect_neq(BYTE_OFFSET(Asked), PAGE_SIZE - 64);
    cr_expect_eq(SpecialCount(), 0);
}

Test(verifier_special, tags_are_selected_by_a_pattern)
{
    static const struct {
        PCSTR Pattern;
        ULONG Tag;
        BOOLEAN Selected;
    } Cases[] = {
        {"Fred", 'derF', TRUE},
        {"Fred", 'derf', FALSE},
        {"fred", 'derF', FALSE},
        {"F?ed", 'derF', TRUE},
        {"F?d", 'derF', FALSE},
        {"F*", 'derF', TRUE},
        {"*d", 'derF', TRUE},
        {"*e", 'derF', FALSE},
        {"*r*", 'derF', TRUE},
        {"*", 'derF', TRUE},
        {"????", 'derF', TRUE},
        {"???", 'derF', FALSE},
        {"F**d", 'derF', TRUE},
        {"Ab", 'bA', TRUE},
        {"Ab", 'cbA', FALSE},
        {"Ab*", 'cbA', TRUE},
        {"Fred", 'derF' | PROTECTED_POOL, TRUE},
    };

    for (ULONG Index = 0; Index < COUNT(Cases); Index++) {
        Set((EMU_SPECIAL_POOL){.TagPattern = Cases[Index].Pattern});
        cr_expect_eq(IsServedSpecial(64, Cases[Index].Tag), Cases[Index].Selected, "%s", Cases[Index].Pattern);
    }
}

Test(verifier_special, sizes_are_selected_by_the_bucket_of_GFlags)
{
    static const struct {
        ULONG Bucket;
        SIZE_T First, Last;
    } Cases[] = {
#if defined(_WIN64)
        {0x20, 1, 16},
        {0x30, 17, 32},
        {0x40, 33, 48},
        {0xFF0, 0xFD1, 0xFE0},
#else
        {0x10, 1, 8},
        {0x18, 9, 16},
        {0x20, 17, 24},
        {0xFF8, 0xFE9, 0xFF0},
#endif
    };

    for (ULONG Index = 0; Index < COUNT(Cases); Index++) {
        Set((EMU_SPECIAL_POOL){.SizeBucket = Cases[Index].Bucket});
        cr_expect(IsServedSpecial(Cases[Index].First, TAG));
        cr_expect(IsServedSpecial(Cases[Index].Last, TAG));
        cr_expect(Cases[Index].First == 1 || !IsServedSpecial(Cases[Index].First - 1, TAG));
        cr_expect_not(IsServedSpecial(Cases[Index].Last + 1, TAG));
    }
}

Test(verifier_special, a_bucket_also_selects_the_tag_of_that_number)
{
    Set((EMU_SPECIAL_POOL){.SizeBucket = 0x340});
    cr_expect_not(IsServedSpecial(64, 0x330)); /* '0' and 3: a tag with a digit */
    Set((EMU_SPECIAL_POOL){.SizeBucket = 0x330});
    cr_expect(IsServedSpecial(64, 0x330));
}

Test(verifier_special, POOL_FLAG_SPECIAL_POOL_asks_for_it_whatever_is_selected)
{
    Set((EMU_SPECIAL_POOL){.TagPattern = "None"});
    cr_expect_not(IsServedSpecial(64, TAG));
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_SPECIAL_POOL, 64, TAG);
    cr_expect_eq(BYTE_OFFSET(Block), PAGE_SIZE - 64);
    Set((EMU_SPECIAL_POOL){.SizeBucket = 0x20});
    PUCHAR Other = ExAllocatePool3(POOL_FLAG_NON_PAGED | POOL_FLAG_SPECIAL_POOL, 64, TAG, NULL, 0);
    cr_expect_eq(BYTE_OFFSET(Other), PAGE_SIZE - 64);
    cr_expect_eq(SpecialCount(), 2);
}

Test(verifier_special, settings_that_make_no_sense_are_refused)
{
    static const EMU_SPECIAL_POOL Wrong[] = {
        {.TagPattern = ""},
        {.TagPattern = "0123456789abcdef"},
        {.TagPattern = "a", .SizeBucket = 0x20},
        {.SizeBucket = HEADER_BYTES},
        {.SizeBucket = 0x21},
        {.SizeBucket = 0x20 + UNIT / 2},
        {.SizeBucket = 0x1000},
        {.Reserved = {0, 1}},
    };

    Set((EMU_SPECIAL_POOL){.TagPattern = "Keep"});
    for (ULONG Index = 0; Index < COUNT(Wrong); Index++) {
        cr_expect_eq(EmuSetSpecialPool(&Wrong[Index]), STATUS_INVALID_PARAMETER, "case %u", Index);
    }
    cr_expect(IsServedSpecial(64, 'peeK'));
    cr_expect_not(IsServedSpecial(64, TAG));
    cr_expect_eq(EmuSetSpecialPool(NULL), STATUS_SUCCESS);
    cr_expect(IsServedSpecial(64, TAG));
}

/* ---- Room ----------------------------------------------------------------------------------------------------- */

Test(verifier_special, where_there_is_no_room_requests_are_served_from_ordinary_pool)
{
    EMU_VERIFIER_COUNTERS Counters;
    PVOID Blocks[5];

    Set((EMU_SPECIAL_POOL){.MostPages = 3});
    for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
        Blocks[Index] = Allocate(64);
        memset(Blocks[Index], 1, 64);
    }
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.AllocationsSucceeded, 5);
    cr_expect_eq(Counters.AllocationsSucceededSpecialPool, 3);
    cr_expect_eq(Counters.SpecialPoolFallbacks, 2);
    for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
        EXPECT_NO_STOP(StopOfFree(Blocks[Index], TAG));
    }
    cr_expect(IsServedSpecial(3 * PAGE_SIZE, TAG));
    cr_expect_not(IsServedSpecial(3 * PAGE_SIZE + 1, TAG));
}

Test(verifier_special, a_block_too_large_for_it_is_served_from_ordinary_pool)
{
    cr_expect(IsServedSpecial(4095 * PAGE_SIZE, TAG));
    cr_expect_not(IsServedSpecial(4096 * PAGE_SIZE, TAG));
}

Test(verifier_special, the_oldest_of_the_freed_pages_is_used_again_first)
{
    PUCHAR Blocks[4];

    Set((EMU_SPECIAL_POOL){.QuarantinePages = 2});
    for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
        Blocks[Index] = Allocate(64);
    }
    for (ULONG Index = 0; Index < 3; Index++) {
        EXPECT_NO_STOP(StopOfFree(Blocks[Index], TAG));
    }
    cr_expect_eq(Allocate(64), Blocks[0]);
    cr_expect_neq(Allocate(64), Blocks[1]);
    EXPECT_STOP(StopOfRead(Blocks[1]), CODE_IN_FREED, Blocks[1], 0, TouchInstruction(TOUCH_READER), 0);
    EXPECT_STOP(StopOfRead(Blocks[2]), CODE_IN_FREED, Blocks[2], 0, TouchInstruction(TOUCH_READER), 0);
}

Test(verifier_special, many_blocks_come_and_go)
{
    enum {
        LIVE = 5000
    };
    static PUCHAR Blocks[LIVE];
    static SIZE_T Bytes[LIVE];
    ULONG64 State = 7;

    Set((EMU_SPECIAL_POOL){.QuarantinePages = 100});
    for (ULONG Round = 0; Round < 30000; Round++) {
        ULONG Index = Random(&State) % LIVE;
        if (Blocks[Index] != NULL) {
            cr_assert(HasPattern(Blocks[Index], Bytes[Index], Index));
            ExFreePoolWithTag(Blocks[Index], TAG);
            Blocks[Index] = NULL;
        } else {
            Bytes[Index] = 1 + Random(&State) % (Round % 50 == 0 ? 20000 : 4000);
            Blocks[Index] = Allocate(Bytes[Index]);
            FillPattern(Blocks[Index], Bytes[Index], Index);
        }
    }
    EMU_VERIFIER_COUNTERS Counters;
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.SpecialPoolFallbacks, 0);
}

/* ---- All see them --------------------------------------------------------------------------------------------- */

Test(verifier_special, the_questions_to_the_pool_see_the_blocks)
{
    PUCHAR Block = ExAllocatePoolWithQuotaTag(PagedPool, 100, TAG);
    EMU_TAG_USAGE Usage;
    EMU_PROCESS Process;
    EMU_BLOCK Info;
    BOOLEAN Quota;

    cr_assert(EmuQueryBlock(Block, &Info));
    cr_expect_eq(Info.Address, Block);
    cr_expect_eq(Info.Size, 100);
    cr_expect_eq(Info.Tag, TAG);
    cr_expect_eq(Info.PoolType, PagedPool);
    cr_expect(Info.QuotaCharged);
    cr_expect_not(EmuQueryBlock(Block + 16, &Info));
    cr_expect_eq(LiveBlocks(), 1);
    cr_expect_eq(ExQueryPoolBlockSize(Block, &Quota), 100);
    cr_expect(Quota);
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.Paged.Allocs, 1);
    cr_expect_eq(Usage.Paged.Frees, 0);
    cr_expect_eq(Usage.Paged.Bytes, 100);
    EmuQueryProcess(&Process);
    cr_expect_eq(Process.Paged.Usage, 100);

    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.Paged.Frees, 1);
    cr_expect_eq(Usage.Paged.Bytes, 0);
    EmuQueryProcess(&Process);
    cr_expect_eq(Process.Paged.Usage, 0);
    cr_expect_eq(LiveBlocks(), 0);
    cr_expect_not(IsLive(Block));
}

Test(verifier_special, the_limit_of_the_pool_counts_the_blocks)
{
    EmuSetPoolLimit(NonPagedPoolBase, 100);
    PVOID Block = Allocate(100);
    cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolNx, 1, TAG));
    ExFreePoolWithTag(Block, TAG);
    cr_expect_not_null(ExAllocatePoolWithTag(NonPagedPoolNx, 1, TAG));
}

Test(verifier_special, EmuReset_frees_them_and_forgets_what_was_freed)
{
    EMU_TAG_USAGE Usage;
    PUCHAR Freed = Allocate(64);

    Allocate(64);
    ExFreePoolWithTag(Freed, TAG);
    EmuReset();
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs, 0);
    cr_expect_eq(Usage.NonPaged.Bytes, 0);
    cr_expect_eq(LiveBlocks(), 0);
    cr_expect_eq(EmuVerifier(), 0);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    cr_expect_eq(Allocate(64), Freed);
}

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS NTAPI LeakOne(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    ExAllocatePoolWithTag(PagedPool, 77, TAG2);
    return STATUS_SUCCESS;
}

static BOOLEAN TakeLeak(const EMU_BLOCK *Block, PVOID Leak)
{
    *(EMU_BLOCK *)Leak = *Block;
    return TRUE;
}

Test(verifier_special, a_block_that_a_driver_leaves_is_a_leak)
{
    PDRIVER_OBJECT Driver;
    EMU_BLOCK Leak = {0};

    Allocate(64);
    cr_assert_eq(EmuLoadDriver(LeakOne, "leaky", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_expect_eq(EmuLeakCount(), 1);
    EmuForEachLeak(TakeLeak, &Leak);
    cr_expect_eq(Leak.Size, 77);
    cr_expect_eq(Leak.Tag, TAG2);
}

/* ---- MDLs ----------------------------------------------------------------------------------------------------- */

Test(verifier_special, an_mdl_maps_a_block)
{
    PUCHAR Block = Allocate(64);
    PMDL Mdl = IoAllocateMdl(Block, 64, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    PUCHAR View = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute | MdlMappingNoWrite);
    cr_assert_not_null(View);
    cr_expect_neq(View, Block);
    Block[5] = 42;
    cr_expect_eq(View[5], 42);
    EXPECT_STOP(StopOfRead(Block + 64), CODE_BEYOND, Block + 64, 0, TouchInstruction(TOUCH_READER), 0);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    cr_expect_eq(Block[5], 42);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    EXPECT_STOP(StopOfRead(Block), CODE_IN_FREED, Block, 0, TouchInstruction(TOUCH_READER), 0);
}

Test(verifier_special, a_block_freed_while_it_is_mapped_stays_out_of_reach)
{
    PUCHAR Block = Allocate(64);
    PMDL Mdl = IoAllocateMdl(Block, 64, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    cr_assert_not_null(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute));
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    MmUnlockPages(Mdl);
    EXPECT_STOP(StopOfRead(Block), CODE_IN_FREED, Block, 0, TouchInstruction(TOUCH_READER), 0);
    IoFreeMdl(Mdl);
}

/* ---- Threads and processes ------------------------------------------------------------------------------------ */

#if defined(_WIN32)

Test(verifier_special, a_forked_child_has_the_same_blocks_for_itself)
{
    cr_skip_test("Windows has no fork");
}

#else

static int UseInChild(PUCHAR Live, PUCHAR Freed)
{
    if (Live[0] != 17 || StopOfRead(Live + 64).Code != CODE_BEYOND || StopOfRead(Freed).Code != CODE_IN_FREED ||
        StopOfFree(Live, TAG).Code != 0 || StopOfRead(Live).Code != CODE_IN_FREED) {
        return 1;
    }
    PUCHAR Own = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    return StopOfRead(Own + 64).Code == CODE_BEYOND && StopOfFree(Own, TAG).Code == 0 ? 0 : 2;
}

Test(verifier_special, a_forked_child_has_the_same_blocks_for_itself)
{
    PUCHAR Live = Allocate(64);
    PUCHAR Freed = Allocate(64);
    int Status;

    Live[0] = 17;
    ExFreePoolWithTag(Freed, TAG);
    pid_t Child = fork();
    if (Child == 0) {
        alarm(30);
        _exit(UseInChild(Live, Freed));
    }
    cr_assert_eq(waitpid(Child, &Status, 0), Child);
    cr_expect(WIFEXITED(Status) && WEXITSTATUS(Status) == 0);
    cr_expect_eq(Live[0], 17);
    EXPECT_NO_STOP(StopOfFree(Live, TAG));
}

#endif

enum {
    THREADS = 4,
    ROUNDS = 3000,
};

static atomic_uint Stops;

EMU_NOINLINE static void UseSome(ULONG64 State)
{
    PUCHAR Blocks[16] = {NULL};

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        ULONG Index = Random(&State) % 16;
        if (Blocks[Index] != NULL) {
            ExFreePoolWithTag(Blocks[Index], TAG);
            Blocks[Index] = NULL;
        } else {
            Blocks[Index] = ExAllocatePoolWithTag(Index % 2 == 0 ? NonPagedPoolNx : PagedPool, 100 + Index, TAG);
            memset(Blocks[Index], (int)Index, 100 + Index);
        }
    }
    for (ULONG Index = 0; Index < 16; Index++) {
        if (Blocks[Index] != NULL) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
}

static void *UseBlocks(void *Seed)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        UseSome((ULONG_PTR)Seed);
    }
    Stops += Stop.Code != 0;
    return NULL;
}

static void RunThreads(void *(*Routine)(void *))
{
    pthread_t Threads[THREADS];

    for (ULONG_PTR Index = 0; Index < THREADS; Index++) {
        cr_assert_eq(pthread_create(&Threads[Index], NULL, Routine, (void *)(Index + 1)), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Threads[Index], NULL);
    }
}

Test(verifier_special, threads_use_it_together)
{
    Set((EMU_SPECIAL_POOL){.QuarantinePages = 8});
    RunThreads(UseBlocks);
    cr_expect_eq(Stops, 0);
    cr_expect_eq(LiveBlocks(), 0);
}

/* ---- Lists ---------------------------------------------------------------------------------------------------- */

typedef struct LINKED {
    SLIST_ENTRY Entry;
    ULONG64 Value;
} LINKED;

static DECLSPEC_ALIGN(16) SLIST_HEADER SharedList;

/* Pops, frees, allocates, pushes: the others look at entries that are gone. */
static void *ShareEntries(void *Type)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        for (ULONG Round = 0; Round < 4 * ROUNDS; Round++) {
            PSLIST_ENTRY Entry = InterlockedPopEntrySList(&SharedList);
            if (Entry != NULL) {
                ExFreePoolWithTag(Entry, TAG);
            }
            LINKED *New = ExAllocatePoolWithTag((POOL_TYPE)(ULONG_PTR)Type % 2, sizeof(LINKED), TAG);
            InterlockedPushEntrySList(&SharedList, &New->Entry);
        }
    }
    Stops += Stop.Code != 0;
    return NULL;
}

Test(verifier_special, an_entry_that_another_thread_popped_and_freed_is_no_false_report)
{
    PSLIST_ENTRY Entry;
    ULONG Count = 0;

    InitializeSListHead(&SharedList);
    RunThreads(ShareEntries);
    cr_expect_eq(Stops, 0);
    while ((Entry = InterlockedPopEntrySList(&SharedList)) != NULL) {
        ExFreePoolWithTag(Entry, TAG);
        Count++;
    }
    cr_expect_leq(Count, (ULONG)THREADS);
    cr_expect_eq(LiveBlocks(), 0);
}

/* Trimmed entries are read by way of a fault, which leaves the others much more time to pop and to free them. */
static void *TrimEntries(void *Ends)
{
    while (!atomic_load((atomic_bool *)Ends)) {
        KIRQL Old;
        KeRaiseIrql(DISPATCH_LEVEL, &Old);
        KeLowerIrql(Old);
    }
    return NULL;
}

static void *ShareTrimmedEntries(void *Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    return ShareEntries((void *)PagedPool);
}

Test(verifier_special, a_trimmed_entry_that_another_thread_popped_and_freed_is_no_false_report)
{
    atomic_bool Ends = false;
    pthread_t Trimmer;

    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL | EMU_VERIFIER_FORCE_IRQL);
    InitializeSListHead(&SharedList);
    cr_assert_eq(pthread_create(&Trimmer, NULL, TrimEntries, &Ends), 0);
    RunThreads(ShareTrimmedEntries);
    atomic_store(&Ends, true);
    pthread_join(Trimmer, NULL);
    cr_expect_eq(Stops, 0);
}

Test(verifier_special, the_first_owner_of_all_lists_does_not_look_at_such_an_entry_either)
{
    DECLSPEC_ALIGN(16) SLIST_HEADER Own;
    LINKED Entry;

    EmuSetVerifier(0); /* this thread owns the lists before there is special pool */
    InitializeSListHead(&Own);
    InterlockedPushEntrySList(&Own, &Entry.Entry);
    cr_expect_eq(InterlockedPopEntrySList(&Own), &Entry.Entry);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    InitializeSListHead(&SharedList);
    pthread_t Thread;
    cr_assert_eq(pthread_create(&Thread, NULL, ShareEntries, NULL), 0);
    ShareEntries(NULL);
    pthread_join(Thread, NULL);
    cr_expect_eq(Stops, 0);
}

Test(verifier_special, an_entry_freed_while_it_is_in_a_list_stops_the_pop_with_0xD5)
{
    LINKED *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(LINKED), TAG);
    EMU_BUGCHECK Stop;

    InitializeSListHead(&SharedList);
    InterlockedPushEntrySList(&SharedList, &Entry->Entry);
    ExFreePoolWithTag(Entry, TAG);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        InterlockedPopEntrySList(&SharedList);
    }
    cr_expect_eq(Stop.Code, (ULONG)CODE_IN_FREED);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Entry);
    cr_expect_eq(Stop.Parameter[1], 0);
}

Test(verifier_special, entries_of_a_lookaside_list_are_special_where_the_list_asks_the_pool)
{
    static NPAGED_LOOKASIDE_LIST List;
    ULONG64 Before = SpecialCount();

    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    PUCHAR Entry = ExAllocateFromNPagedLookasideList(&List);
    cr_expect_eq(SpecialCount(), Before + 1);
    EXPECT_STOP(StopOfWrite(Entry + 64, 0), CODE_BEYOND, Entry + 64, 1, TouchInstruction(TOUCH_WRITER), 0);
    ExFreeToNPagedLookasideList(&List, Entry);
    ExDeleteNPagedLookasideList(&List);
    EXPECT_STOP(StopOfRead(Entry), CODE_IN_FREED, Entry, 0, TouchInstruction(TOUCH_READER), 0);
}

Test(verifier_special, a_list_keeps_its_entries_of_special_pool_and_hands_them_out_again)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    PUCHAR Entry = ExAllocateFromNPagedLookasideList(&List);
    ExFreeToNPagedLookasideList(&List, Entry);
    cr_expect_eq(StopOfWrite(Entry + 32, 1).Code, 0u, "what the list keeps is in reach");
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
    cr_expect_eq(List.L.AllocateMisses, 1u);
    cr_expect_eq(SpecialCount(), 1u);
    ExFreeToNPagedLookasideList(&List, Entry);
    ExDeleteNPagedLookasideList(&List);
}

Test(verifier_special, a_list_that_is_to_keep_nothing_puts_a_freed_entry_out_of_reach)
{
    static NPAGED_LOOKASIDE_LIST List;
    static LOOKASIDE_LIST_EX ExList;

    Set((EMU_SPECIAL_POOL){.EmptyLookaside = TRUE});
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    PUCHAR Entry = ExAllocateFromNPagedLookasideList(&List);
    ExFreeToNPagedLookasideList(&List, Entry);
    cr_expect_eq(StopOfWrite(Entry + 32, 1).Code, (ULONG)CODE_IN_FREED);
    PUCHAR Other = ExAllocateFromNPagedLookasideList(&List);
    cr_expect_neq(Other, Entry);
    cr_expect_eq(List.L.AllocateMisses, 2u);
    cr_expect_eq(List.L.FreeMisses, 1u);
    ExFreeToNPagedLookasideList(&List, Other);
    ExDeleteNPagedLookasideList(&List);

    cr_assert_eq(ExInitializeLookasideListEx(&ExList, NULL, NULL, PagedPool, 0, 64, TAG, 0), STATUS_SUCCESS);
    Entry = ExAllocateFromLookasideListEx(&ExList);
    ExFreeToLookasideListEx(&ExList, Entry);
    cr_expect_eq(StopOfWrite(Entry + 32, 1).Code, (ULONG)CODE_IN_FREED);
    ExDeleteLookasideListEx(&ExList);
    cr_expect_eq(LiveBlocks(), 0u);
}

Test(verifier_special, lists_keep_their_entries_again_when_the_option_ends)
{
    static NPAGED_LOOKASIDE_LIST List;

    Set((EMU_SPECIAL_POOL){.EmptyLookaside = TRUE});
    EmuSetVerifier(0);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);
    ExFreeToNPagedLookasideList(&List, Entry);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Entry);
}
