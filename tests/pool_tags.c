/* Pool tracking: the counters of each tag after each kind of allocation and free. */
#include <criterion/criterion.h>

#include "support.h"

static EMU_TAG_USAGE UsageOf(ULONG Tag)
{
    EMU_TAG_USAGE Usage;

    memset(&Usage, 0xEE, sizeof(Usage));
    EmuQueryTag(Tag, &Usage);
    return Usage;
}

#define EXPECT_USAGE(Usage, WantedAllocs, WantedFrees, WantedBytes)                                                    \
    do {                                                                                                               \
        cr_expect_eq((Usage).Allocs, (ULONG64)(WantedAllocs), "%llu allocs", (unsigned long long)(Usage).Allocs);      \
        cr_expect_eq((Usage).Frees, (ULONG64)(WantedFrees), "%llu frees", (unsigned long long)(Usage).Frees);          \
        cr_expect_eq((Usage).Bytes, (ULONG64)(WantedBytes), "%llu bytes", (unsigned long long)(Usage).Bytes);          \
    } while (0)

Test(pool_tags, a_tag_never_seen_is_all_zero)
{
    EMU_TAG_USAGE Usage = UsageOf(TAG);

    cr_expect_eq(Usage.Tag, TAG);
    EXPECT_USAGE(Usage.NonPaged, 0, 0, 0);
    EXPECT_USAGE(Usage.Paged, 0, 0, 0);
    ExAllocatePoolWithTag(PagedPool, 100, TAG2);
    Usage = UsageOf(TAG);
    EXPECT_USAGE(Usage.NonPaged, 0, 0, 0);
    EXPECT_USAGE(Usage.Paged, 0, 0, 0);
}

Test(pool_tags, every_type_and_size_counts_once_on_its_side_with_the_bytes_asked_for)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            ULONG Tag = (ULONG)('a000' + (Kind << 8) + Size);
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size] - 3, Tag);
            EMU_TAG_USAGE Usage = UsageOf(Tag);
            EXPECT_USAGE(Kinds[Kind].Paged ? Usage.Paged : Usage.NonPaged, 1, 0, Sizes[Size] - 3);
            EXPECT_USAGE(Kinds[Kind].Paged ? Usage.NonPaged : Usage.Paged, 0, 0, 0);
            ExFreePoolWithTag(Block, Tag);
            Usage = UsageOf(Tag);
            EXPECT_USAGE(Kinds[Kind].Paged ? Usage.Paged : Usage.NonPaged, 1, 1, 0);
            EXPECT_USAGE(Kinds[Kind].Paged ? Usage.NonPaged : Usage.Paged, 0, 0, 0);
        }
    }
}

/* ---- Every routine -------------------------------------------------------------------------------------------- */

static PVOID WithTag(SIZE_T Bytes)
{
    return ExAllocatePoolWithTag(PagedPool, Bytes, TAG);
}

static PVOID WithTagPriority(SIZE_T Bytes)
{
    return ExAllocatePoolWithTagPriority(PagedPool, Bytes, TAG, HighPoolPriority);
}

static PVOID WithQuotaTag(SIZE_T Bytes)
{
    return ExAllocatePoolWithQuotaTag(PagedPool, Bytes, TAG);
}

static PVOID Zero(SIZE_T Bytes)
{
    return ExAllocatePoolZero(PagedPool, Bytes, TAG);
}

static PVOID Uninitialized(SIZE_T Bytes)
{
    return ExAllocatePoolUninitialized(PagedPool, Bytes, TAG);
}

static PVOID QuotaZero(SIZE_T Bytes)
{
    return ExAllocatePoolQuotaZero(PagedPool, Bytes, TAG);
}

static PVOID QuotaUninitialized(SIZE_T Bytes)
{
    return ExAllocatePoolQuotaUninitialized(PagedPool, Bytes, TAG);
}

static PVOID PriorityZero(SIZE_T Bytes)
{
    return ExAllocatePoolPriorityZero(PagedPool, Bytes, TAG, LowPoolPriority);
}

static PVOID PriorityUninitialized(SIZE_T Bytes)
{
    return ExAllocatePoolPriorityUninitialized(PagedPool, Bytes, TAG, LowPoolPriority);
}

static PVOID Pool2(SIZE_T Bytes)
{
    return ExAllocatePool2(POOL_FLAG_PAGED, Bytes, TAG);
}

static PVOID Pool2WithQuota(SIZE_T Bytes)
{
    return ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, Bytes, TAG);
}

static PVOID Pool3(SIZE_T Bytes)
{
    return ExAllocatePool3(POOL_FLAG_PAGED, Bytes, TAG, NULL, 0);
}

static const struct {
    PCSTR Name;
    PVOID (*Allocate)(SIZE_T Bytes);
} Routines[] = {
    {"ExAllocatePoolWithTag", WithTag},
    {"ExAllocatePoolWithTagPriority", WithTagPriority},
    {"ExAllocatePoolWithQuotaTag", WithQuotaTag},
    {"ExAllocatePoolZero", Zero},
    {"ExAllocatePoolUninitialized", Uninitialized},
    {"ExAllocatePoolQuotaZero", QuotaZero},
    {"ExAllocatePoolQuotaUninitialized", QuotaUninitialized},
    {"ExAllocatePoolPriorityZero", PriorityZero},
    {"ExAllocatePoolPriorityUninitialized", PriorityUninitialized},
    {"ExAllocatePool2", Pool2},
    {"ExAllocatePool2 with quota", Pool2WithQuota},
    {"ExAllocatePool3", Pool3},
};

Test(pool_tags, every_tagged_routine_files_under_its_tag_and_either_free_takes_it_off)
{
    ULONG64 Allocs = 0, Frees = 0;

    for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID First = Routines[Routine].Allocate(Sizes[Size]);
            PVOID Second = Routines[Routine].Allocate(Sizes[Size]);
            EMU_BLOCK Info;
            cr_assert(EmuQueryBlock(First, &Info), "%s", Routines[Routine].Name);
            cr_expect_eq(Info.Tag, TAG, "%s", Routines[Routine].Name);
            Allocs += 2;
            EXPECT_USAGE(UsageOf(TAG).Paged, Allocs, Frees, 2 * Sizes[Size]);
            ExFreePool(First);
            EXPECT_USAGE(UsageOf(TAG).Paged, Allocs, Frees + 1, Sizes[Size]);
            ExFreePoolWithTag(Second, TAG);
            Frees += 2;
            EXPECT_USAGE(UsageOf(TAG).Paged, Allocs, Frees, 0);
        }
    }
    EXPECT_USAGE(UsageOf(TAG).NonPaged, 0, 0, 0);
}

Test(pool_tags, untagged_routines_file_under_None)
{
    PVOID First = ExAllocatePool(NonPagedPoolNx, 100);
    PVOID Second = ExAllocatePoolWithQuota(NonPagedPoolNx, 5000);
    EMU_BLOCK Info;

    cr_assert(EmuQueryBlock(First, &Info));
    cr_expect_arr_eq(&Info.Tag, "None", 4, "in memory order");
    cr_assert(EmuQueryBlock(Second, &Info));
    cr_expect_arr_eq(&Info.Tag, "None", 4);
    EXPECT_USAGE(UsageOf('enoN').NonPaged, 2, 0, 5100);
    ExFreePool(First);
    ExFreePool(Second);
    EXPECT_USAGE(UsageOf('enoN').NonPaged, 2, 2, 0);
}

Test(pool_tags, a_block_of_zero_bytes_counts_as_an_allocation)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, TAG);

    EXPECT_USAGE(UsageOf(TAG).NonPaged, 1, 0, 0);
    ExFreePoolWithTag(Block, TAG);
    EXPECT_USAGE(UsageOf(TAG).NonPaged, 1, 1, 0);
}

Test(pool_tags, a_protected_tag_is_a_tag_of_its_own)
{
    ExAllocatePoolWithTag(PagedPool, 100, TAG | PROTECTED_POOL);
    EXPECT_USAGE(UsageOf(TAG | PROTECTED_POOL).Paged, 1, 0, 100);
    EXPECT_USAGE(UsageOf(TAG).Paged, 0, 0, 0);
}

#if defined(_WIN64)
Test(pool_tags, counters_do_not_wrap_at_4_GiB)
{
    SIZE_T Bytes = (SIZE_T)1 << 30; /* some versions of mimalloc have no larger blocks */
    PVOID Blocks[6];

    WantLargestArenas();

    for (ULONG Index = 0; Index < COUNT(Blocks); Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
        cr_assert_not_null(Blocks[Index]);
    }
    EXPECT_USAGE(UsageOf(TAG).NonPaged, 6, 0, 6 * Bytes);
    ExFreePool(Blocks[0]);
    EXPECT_USAGE(UsageOf(TAG).NonPaged, 6, 1, 5 * Bytes);
}
#endif

Test(pool_tags, counters_are_exact_over_a_hundred_thousand_mixed_operations)
{
    enum {
        KEPT = 500,
        TAGS = 7,
    };
    static struct {
        PVOID Block;
        SIZE_T Bytes;
        ULONG Tag;
        BOOLEAN Paged;
    } Kept[KEPT];
    EMU_POOL_USAGE Wanted[TAGS][2] = {0};
    ULONG64 State = 11;

    for (ULONG Round = 0; Round < 100000; Round++) {
        ULONG Index = Random(&State) % KEPT;
        if (Kept[Index].Block != NULL) {
            EMU_POOL_USAGE *Usage = &Wanted[Kept[Index].Tag][Kept[Index].Paged];
            ExFreePool(Kept[Index].Block);
            Usage->Frees++;
            Usage->Bytes -= Kept[Index].Bytes;
        }
        ULONG Kind = Random(&State) % COUNT(Kinds);
        Kept[Index].Bytes = 1 + Random(&State) % 5000;
        Kept[Index].Tag = Random(&State) % TAGS;
        Kept[Index].Paged = Kinds[Kind].Paged;
        Kept[Index].Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Kept[Index].Bytes, 'gat0' + Kept[Index].Tag);
        Wanted[Kept[Index].Tag][Kept[Index].Paged].Allocs++;
        Wanted[Kept[Index].Tag][Kept[Index].Paged].Bytes += Kept[Index].Bytes;
    }
    for (ULONG Tag = 0; Tag < TAGS; Tag++) {
        EMU_TAG_USAGE Usage = UsageOf('gat0' + Tag);
        EXPECT_USAGE(Usage.NonPaged, Wanted[Tag][0].Allocs, Wanted[Tag][0].Frees, Wanted[Tag][0].Bytes);
        EXPECT_USAGE(Usage.Paged, Wanted[Tag][1].Allocs, Wanted[Tag][1].Frees, Wanted[Tag][1].Bytes);
    }
}

/* ---- Forty thousand tags -------------------------------------------------------------------------------------- */

enum {
    TABLE_TAGS = 32766, /* those that come later count under "Ovfl" */
    MANY_TAGS = 40000,
};

static PVOID Tagged[MANY_TAGS];

static ULONG TagOfNumber(ULONG Number)
{
    static const CHAR Letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    return (ULONG)Letters[Number % 36] << 24 | (ULONG)Letters[Number / 36 % 36] << 16 |
           (ULONG)Letters[Number / 1296 % 36] << 8 | (ULONG)(UCHAR)Letters[Number / 46656 % 36];
}

static void AllocateManyTags(SIZE_T Bytes)
{
    for (ULONG Number = 0; Number < MANY_TAGS; Number++) {
        Tagged[Number] = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TagOfNumber(Number));
        cr_assert_not_null(Tagged[Number]);
    }
}

/* The callback sees them in the order in which they were first used. */
static BOOLEAN ExpectNextTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    ULONG Number = (*(ULONG *)Context)++;

    if (Number < TABLE_TAGS) {
        cr_assert_eq(Usage->Tag, TagOfNumber(Number), "tag %u", Number);
        cr_assert_eq(Usage->NonPaged.Allocs, 1, "tag %u", Number);
        cr_assert_eq(Usage->NonPaged.Frees, 0, "tag %u", Number);
        cr_assert_eq(Usage->NonPaged.Bytes, 24, "tag %u", Number);
    } else {
        cr_assert_eq(Usage->Tag, 'lfvO');
    }
    return TRUE;
}

Test(pool_tags, the_first_32766_tags_have_counters_of_their_own)
{
    ULONG Tags = 0;

    AllocateManyTags(24);
    EmuForEachTag(ExpectNextTag, &Tags);
    cr_expect_eq(Tags, TABLE_TAGS + 1);
    for (ULONG Number = 0; Number < TABLE_TAGS; Number += 997) {
        EXPECT_USAGE(UsageOf(TagOfNumber(Number)).NonPaged, 1, 0, 24);
    }
}

Test(pool_tags, all_later_tags_count_under_Ovfl)
{
    AllocateManyTags(24);
    EXPECT_USAGE(UsageOf('lfvO').NonPaged, MANY_TAGS - TABLE_TAGS, 0, (MANY_TAGS - TABLE_TAGS) * 24);
    for (ULONG Number = 0; Number < MANY_TAGS; Number++) {
        ExFreePoolWithTag(Tagged[Number], TagOfNumber(Number));
    }
    EXPECT_USAGE(UsageOf('lfvO').NonPaged, MANY_TAGS - TABLE_TAGS, MANY_TAGS - TABLE_TAGS, 0);
    EXPECT_USAGE(UsageOf(TagOfNumber(0)).NonPaged, 1, 1, 0);
    EXPECT_USAGE(UsageOf(TagOfNumber(TABLE_TAGS - 1)).NonPaged, 1, 1, 0);
}

Test(pool_tags, a_block_whose_tag_overflowed_still_has_that_tag_and_is_checked_against_it)
{
    static const SIZE_T Bytes[] = {24, 6000};

    AllocateManyTags(24);
    for (SIZE_T Index = 0; Index < COUNT(Bytes); Index++) {
        PVOID Block = ExAllocatePoolWithTag(PagedPool, Bytes[Index], TAG);
        EMU_BLOCK Info;
        cr_assert(EmuQueryBlock(Block, &Info));
        cr_expect_eq(Info.Tag, TAG);
        EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
        EXPECT_NO_STOP(StopOfFree(Block, TAG));
    }
}

Test(pool_tags, a_tag_that_has_counters_keeps_them_after_the_overflow)
{
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    AllocateManyTags(24);
    ExAllocatePoolWithTag(PagedPool, 200, TAG);
    EXPECT_USAGE(UsageOf(TAG).Paged, 2, 0, 300);
}

Test(pool_tags, a_driver_may_use_the_tag_Ovfl_itself)
{
    ExAllocatePoolWithTag(PagedPool, 100, 'lfvO');
    EXPECT_USAGE(UsageOf('lfvO').Paged, 1, 0, 100);
}
