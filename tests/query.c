/* The test's questions to the pool: one block, all blocks, all tags, PoolMon's table. */
#include <criterion/criterion.h>

#include "support.h"

/* ---- EmuQueryBlock -------------------------------------------------------------------------------------------- */

Test(query, a_live_block_is_described_as_it_was_asked_for)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size] - 1, TAG);
            EMU_BLOCK Info;
            memset(&Info, 0xEE, sizeof(Info));
            cr_assert_eq(EmuQueryBlock(Block, &Info), TRUE);
            cr_expect_eq(Info.Address, Block);
            cr_expect_eq(Info.Size, Sizes[Size] - 1);
            cr_expect_eq(Info.Tag, TAG);
            cr_expect_eq(Info.PoolType, Kinds[Kind].Type);
            cr_expect_eq(Info.Executable, Kinds[Kind].Executable);
            cr_expect_eq(Info.QuotaCharged, FALSE);
        }
    }
}

Test(query, any_address_may_be_asked_for_before_the_pool_is_used)
{
    ULONG Local;

    cr_expect_not(IsLive(NULL));
    cr_expect_not(IsLive(&Local));
    cr_expect_not(IsLive((PVOID) ~(ULONG_PTR)0));
    cr_expect_eq(LiveBlocks(), 0);
}

Test(query, an_address_that_is_no_start_of_a_live_block_is_none)
{
    UCHAR *Small = ExAllocatePoolWithTag(PagedPool, 100, TAG);
    UCHAR *Large = ExAllocatePoolWithTag(NonPagedPoolNx, 100000, TAG);
    UCHAR *Freed = ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG);
    UCHAR *FreedLarge = ExAllocatePoolWithTag(NonPagedPoolExecute, 100000, TAG);
    ULONG Local;

    ExFreePoolWithTag(Freed, TAG);
    ExFreePoolWithTag(FreedLarge, TAG);
    cr_expect(IsLive(Small));
    cr_expect(IsLive(Large));
    for (LONG Offset = -64; Offset <= 64; Offset++) {
        cr_expect(Offset == 0 || !IsLive(Small + Offset), "%d", Offset);
        cr_expect(Offset == 0 || !IsLive(Large + Offset), "%d", Offset);
        cr_expect_not(IsLive(Freed + Offset), "%d", Offset);
        cr_expect_not(IsLive(FreedLarge + Offset), "%d", Offset);
    }
    cr_expect_not(IsLive(Large + PAGE_SIZE));
    cr_expect_not(IsLive(Large + 100000 / PAGE_SIZE * PAGE_SIZE + PAGE_SIZE));
    cr_expect_not(IsLive(NULL));
    cr_expect_not(IsLive(&Local));
    cr_expect_not(IsLive((PVOID) ~(ULONG_PTR)0));
    cr_expect_not(IsLive((PVOID)((ULONG_PTR)1 << (8 * sizeof(ULONG_PTR) - 1))));
}

Test(query, a_question_leaves_the_answer_alone_when_there_is_none)
{
    EMU_BLOCK Info;

    memset(&Info, 0xEE, sizeof(Info));
    cr_expect_eq(EmuQueryBlock(NULL, &Info), FALSE);
    cr_expect(IsFilledWith(&Info, 0xEE, sizeof(Info)));
}

/* ---- EmuForEachBlock ------------------------------------------------------------------------------------------ */

enum {
    WANTED = 3000,
};

static struct {
    EMU_BLOCK Block;
    ULONG Seen;
} Wanted[WANTED];

static ULONG Strangers;

static BOOLEAN CheckWanted(const EMU_BLOCK *Block, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Index = 0; Index < WANTED; Index++) {
        if (Wanted[Index].Block.Address == Block->Address) {
            Wanted[Index].Seen++;
            cr_expect_eq(Block->Size, Wanted[Index].Block.Size);
            cr_expect_eq(Block->Tag, Wanted[Index].Block.Tag);
            cr_expect_eq(Block->PoolType, Wanted[Index].Block.PoolType);
            cr_expect_eq(Block->Executable, Wanted[Index].Block.Executable);
            cr_expect_eq(Block->QuotaCharged, Wanted[Index].Block.QuotaCharged);
            return TRUE;
        }
    }
    Strangers++;
    return TRUE;
}

static void WantBlock(ULONG Index)
{
    const POOL_KIND *Kind = &Kinds[Index % COUNT(Kinds)];
    SIZE_T Bytes = Index % 20 == 0 ? LARGEST_SMALL + 1 + Index * 11 : 1 + Index * 13 % 4000;
    BOOLEAN Quota = Index % 3 == 0;

    Wanted[Index].Block = (EMU_BLOCK){
        .Address = Quota ? ExAllocatePoolWithQuotaTag(Kind->Type, Bytes, TAG + Index)
                         : ExAllocatePoolWithTag(Kind->Type, Bytes, TAG + Index),
        .Size = Bytes,
        .Tag = TAG + Index,
        .PoolType = Kind->Type,
        .Executable = Kind->Executable,
        .QuotaCharged = Quota && Bytes <= PAGE_SIZE,
    };
    Wanted[Index].Seen = 0;
}

Test(query, each_live_block_is_shown_once_and_nothing_else)
{
    for (ULONG Index = 0; Index < WANTED; Index++) {
        WantBlock(Index);
    }
    for (ULONG Index = 0; Index < WANTED; Index += 2) {
        ExFreePool(Wanted[Index].Block.Address);
        Wanted[Index].Block.Address = NULL;
    }
    EmuForEachBlock(CheckWanted, NULL);
    cr_expect_eq(Strangers, 0);
    for (ULONG Index = 0; Index < WANTED; Index++) {
        cr_assert_eq(Wanted[Index].Seen, Index % 2, "block %u", Index);
    }
}

Test(query, an_empty_pool_shows_nothing)
{
    cr_expect_eq(LiveBlocks(), 0);
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        ExFreePool(ExAllocatePoolWithTag(PagedPool, Sizes[Size], TAG));
    }
    cr_expect_eq(LiveBlocks(), 0);
}

static BOOLEAN StopAtContext(const EMU_BLOCK *Block, PVOID Context)
{
    UNREFERENCED_PARAMETER(Block);
    return --*(LONG *)Context > 0;
}

Test(query, the_walk_over_blocks_ends_when_the_callback_returns_FALSE)
{
    for (ULONG Index = 0; Index < 200; Index++) {
        ExAllocatePoolWithTag(Kinds[Index % 3].Type, Index % 2 == 0 ? 50 : 5000, TAG);
    }
    for (LONG Limit = 1; Limit <= 200; Limit++) {
        LONG Left = Limit;
        EmuForEachBlock(StopAtContext, &Left);
        cr_assert_eq(Left, 0, "%d calls too many", -Left);
    }
}

Test(query, the_walk_over_blocks_leaves_no_lock_behind_when_it_ends_early)
{
    for (ULONG Index = 0; Index < 100; Index++) {
        ExAllocatePoolWithTag(Kinds[Index % 3].Type, 50 + Index * 100, TAG);
    }
    LONG Left = 1;
    EmuForEachBlock(StopAtContext, &Left);
    for (ULONG Index = 0; Index < 1000; Index++) {
        cr_assert_not_null(ExAllocatePoolWithTag(Kinds[Index % 3].Type, 50 + Index * 10, TAG));
    }
    cr_expect_eq(LiveBlocks(), 1100);
}

static BOOLEAN QueryShownBlock(const EMU_BLOCK *Block, PVOID Count)
{
    EMU_BLOCK Again;
    EMU_TAG_USAGE Usage;

    cr_assert(EmuQueryBlock(Block->Address, &Again));
    cr_expect_eq(Again.Size, Block->Size);
    EmuQueryTag(Block->Tag, &Usage);
    cr_expect_eq(Usage.Paged.Allocs, 60);
    ++*(ULONG *)Count;
    return TRUE;
}

Test(query, the_callback_may_ask_questions)
{
    ULONG Count = 0;

    for (ULONG Index = 0; Index < 60; Index++) {
        ExAllocatePoolWithTag(PagedPool, 100 + Index * 100, TAG);
    }
    EmuForEachBlock(QueryShownBlock, &Count);
    cr_expect_eq(Count, 60);
}

Test(query, a_block_is_shown_although_its_header_was_overwritten)
{
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 123, TAG);

    memset(Block - HEADER_BYTES, 0xFF, HEADER_BYTES);
    Wanted[0].Block =
        (EMU_BLOCK){.Address = Block, .Size = 123, .Tag = TAG, .PoolType = PagedPool, .Executable = PAGED_EXECUTES};
    EmuForEachBlock(CheckWanted, NULL);
    cr_expect_eq(Wanted[0].Seen, 1);
    cr_expect_eq(Strangers, 0);
}

/* ---- EmuForEachTag -------------------------------------------------------------------------------------------- */

typedef struct TAG_LIST {
    EMU_TAG_USAGE Tags[64];
    ULONG Count;
    ULONG Limit;
} TAG_LIST;

static BOOLEAN CollectTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    TAG_LIST *List = Context;

    List->Tags[List->Count++] = *Usage;
    return List->Count < List->Limit;
}

static const EMU_TAG_USAGE *FindTag(const TAG_LIST *List, ULONG Tag)
{
    const EMU_TAG_USAGE *Found = NULL;

    for (ULONG Index = 0; Index < List->Count; Index++) {
        if (List->Tags[Index].Tag == Tag) {
            cr_assert_null(Found, "the tag is there twice");
            Found = &List->Tags[Index];
        }
    }
    cr_assert_not_null(Found);
    return Found;
}

Test(query, each_tag_is_shown_once_with_both_sides)
{
    TAG_LIST List = {.Limit = 64};

    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
    ExFreePool(ExAllocatePoolWithTag(NonPagedPoolNx, 1000, TAG));
    ExFreePool(ExAllocatePoolWithTag(NonPagedPoolNx, 100000, TAG2));
    ExAllocatePool(PagedPool, 7);
    EmuForEachTag(CollectTag, &List);
    cr_assert_eq(List.Count, 3);

    const EMU_TAG_USAGE *Usage = FindTag(&List, TAG);
    cr_expect_eq(Usage->Paged.Allocs, 1);
    cr_expect_eq(Usage->Paged.Frees, 0);
    cr_expect_eq(Usage->Paged.Bytes, 100);
    cr_expect_eq(Usage->NonPaged.Allocs, 2);
    cr_expect_eq(Usage->NonPaged.Frees, 1);
    cr_expect_eq(Usage->NonPaged.Bytes, 10);
    Usage = FindTag(&List, TAG2);
    cr_expect_eq(Usage->NonPaged.Allocs, 1);
    cr_expect_eq(Usage->NonPaged.Frees, 1);
    cr_expect_eq(Usage->NonPaged.Bytes, 0);
    cr_expect_eq(FindTag(&List, 'enoN')->Paged.Bytes, 7);
}

Test(query, no_tag_is_shown_before_the_first_allocation)
{
    TAG_LIST List = {.Limit = 64};

    EmuForEachTag(CollectTag, &List);
    cr_expect_eq(List.Count, 0);
}

Test(query, the_walk_over_tags_ends_when_the_callback_returns_FALSE)
{
    for (ULONG Index = 0; Index < 50; Index++) {
        ExAllocatePoolWithTag(PagedPool, 100, TAG + Index);
    }
    for (ULONG Limit = 1; Limit <= 50; Limit++) {
        TAG_LIST List = {.Limit = Limit};
        EmuForEachTag(CollectTag, &List);
        cr_expect_eq(List.Count, Limit);
    }
}

typedef struct TAG_SUM {
    ULONG64 Tags;
    ULONG64 Allocs;
    ULONG64 Overflows;
} TAG_SUM;

static BOOLEAN SumTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    TAG_SUM *Sum = Context;

    Sum->Tags++;
    Sum->Allocs += Usage->NonPaged.Allocs + Usage->Paged.Allocs;
    Sum->Overflows += Usage->Tag == 'lfvO';
    return TRUE;
}

Test(query, forty_thousand_tags_are_32766_and_Ovfl)
{
    TAG_SUM Sum = {0, 0, 0};

    for (ULONG Number = 0; Number < 40000; Number++) {
        ExAllocatePoolWithTag(PagedPool, 10, 'a\0\0\0' + Number);
    }
    EmuForEachTag(SumTag, &Sum);
    cr_expect_eq(Sum.Tags, 32767);
    cr_expect_eq(Sum.Overflows, 1);
    cr_expect_eq(Sum.Allocs, 40000);
}

/* ---- EmuPrintPool --------------------------------------------------------------------------------------------- */

enum {
    MOST_LINES = 100,
};

typedef struct PRINTED {
    char *Text;
    size_t Bytes;
    char *Lines[MOST_LINES];
    ULONG Count;
} PRINTED;

static PRINTED PrintPool(void)
{
    PRINTED Printed = {NULL, 0, {NULL}, 0};
    FILE *Stream = tmpfile();

    cr_assert_not_null(Stream);
    EmuPrintPool(Stream);
    Printed.Bytes = (size_t)ftell(Stream);
    Printed.Text = malloc(Printed.Bytes + 1);
    rewind(Stream);
    cr_assert_eq(fread(Printed.Text, 1, Printed.Bytes, Stream), Printed.Bytes);
    Printed.Text[Printed.Bytes] = 0;
    fclose(Stream);
    for (char *Line = Printed.Text; *Line != 0 && Printed.Count < MOST_LINES;) {
        char *End = strchr(Line, '\n');
        cr_assert_not_null(End, "the last line ends, too");
        *End = 0;
        Printed.Lines[Printed.Count++] = Line;
        Line = End + 1;
    }
    return Printed;
}

/* The line of that tag and type, and only one, with these numbers. */
static void ExpectLine(const PRINTED *Printed, const char *Tag, const char *Type, ULONG64 Allocs, ULONG64 Frees,
                       ULONG64 Bytes)
{
    ULONG Found = 0;

    for (ULONG Index = 1; Index < Printed->Count; Index++) {
        char LineType[16];
        unsigned long long Number[5];
        if (strncmp(Printed->Lines[Index] + 1, Tag, 4) == 0 &&
            sscanf(Printed->Lines[Index] + 5, "%15s %llu %llu %llu %llu %llu", LineType, &Number[0], &Number[1],
                   &Number[2], &Number[3], &Number[4]) == 6 &&
            strcmp(LineType, Type) == 0) {
            Found++;
            cr_expect_eq(Number[0], Allocs, "%s", Printed->Lines[Index]);
            cr_expect_eq(Number[1], Frees, "%s", Printed->Lines[Index]);
            cr_expect_eq(Number[2], Allocs - Frees, "%s", Printed->Lines[Index]);
            cr_expect_eq(Number[3], Bytes, "%s", Printed->Lines[Index]);
            cr_expect_eq(Number[4], Allocs == Frees ? 0 : Bytes / (Allocs - Frees), "%s", Printed->Lines[Index]);
        }
    }
    cr_expect_eq(Found, 1, "%s %s: %u lines", Tag, Type, Found);
}

/* The line of that tag's text that ends so. */
static BOOLEAN HasLine(const PRINTED *Printed, const char *Tag, const char *End)
{
    for (ULONG Index = 1; Index < Printed->Count; Index++) {
        const char *Line = Printed->Lines[Index];
        if (strncmp(Line + 1, Tag, 4) == 0 && strlen(Line) > strlen(End) &&
            strcmp(Line + strlen(Line) - strlen(End), End) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

Test(query, the_text_of_a_stop_tells_tags_with_unprintable_characters_apart)
{
    EMU_BUGCHECK Stop;
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, 0x02414141);

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePoolWithTag(Block, 0x01414141);
    }
    cr_expect_not_null(strstr(Stop.Text, "'AAA.' (0x01414141)"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "tag 'AAA.' (0x02414141), "), "%s", Stop.Text);
    ExFreePool(Block);
}

Test(query, printed_tags_with_unprintable_characters_have_their_value)
{
    ExAllocatePoolWithTag(NonPagedPoolNx, 64, 0x01020341);
    ExAllocatePoolWithTag(NonPagedPoolNx, 64, 0x80FF7F41);
    ExAllocatePoolWithTag(NonPagedPoolNx, 64, '..A.');
    PRINTED Printed = PrintPool();
    cr_expect(HasLine(&Printed, "A...", "  (0x01020341)"));
    cr_expect(HasLine(&Printed, "A...", "  (0x80FF7F41)"));
    cr_expect(HasLine(&Printed, ".A..", " 64"));
    cr_expect_not(HasLine(&Printed, ".A..", ")"));
    free(Printed.Text);
}

Test(query, the_printed_pool_has_PoolMons_columns)
{
    PRINTED Printed = PrintPool();
    char Word[8][16];

    cr_assert_eq(Printed.Count, 1);
    cr_assert_eq(sscanf(Printed.Lines[0], "%15s %15s %15s %15s %15s %15s %15s %15s", Word[0], Word[1], Word[2], Word[3],
                        Word[4], Word[5], Word[6], Word[7]),
                 8);
    cr_expect_str_eq(Word[0], "Tag");
    cr_expect_str_eq(Word[1], "Type");
    cr_expect_str_eq(Word[2], "Allocs");
    cr_expect_str_eq(Word[3], "Frees");
    cr_expect_str_eq(Word[4], "Diff");
    cr_expect_str_eq(Word[5], "Bytes");
    cr_expect_str_eq(Word[6], "Per");
    cr_expect_str_eq(Word[7], "Alloc");
    free(Printed.Text);
}

Test(query, the_printed_pool_has_a_line_for_each_tag_and_type_in_use)
{
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    ExAllocatePoolWithTag(PagedPool, 101, TAG);
    ExAllocatePoolWithTag(PagedPool, 101, TAG);
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
    ExFreePool(ExAllocatePoolWithTag(NonPagedPoolExecute, 5000, TAG2));
    PRINTED Printed = PrintPool();

    cr_expect_eq(Printed.Count, 4);
    ExpectLine(&Printed, "Test", "Paged", 3, 0, 302); /* 100 an allocation: whole bytes */
    ExpectLine(&Printed, "Test", "Nonp", 1, 0, 10);
    ExpectLine(&Printed, "Othr", "Nonp", 1, 1, 0); /* 0 an allocation, when there is none */
    free(Printed.Text);
}

Test(query, the_printed_pool_is_sorted_by_tag_in_memory_order)
{
    static const ULONG Tags[] = {'cbaZ', 'aaaB', 'aaab', '1   ', 'zzzA', 'bbbB', 'abaB', 'ABCD'};

    for (SIZE_T Index = 0; Index < COUNT(Tags); Index++) {
        ExAllocatePoolWithTag(PagedPool, 100, Tags[Index]);
    }
    PRINTED Printed = PrintPool();
    cr_assert_eq(Printed.Count, 1 + COUNT(Tags));
    for (ULONG Index = 2; Index < Printed.Count; Index++) {
        cr_expect_lt(strncmp(Printed.Lines[Index - 1] + 1, Printed.Lines[Index] + 1, 4), 0, "%s", Printed.Lines[Index]);
    }
    ExpectLine(&Printed, "Zabc", "Paged", 1, 0, 100);
    ExpectLine(&Printed, "   1", "Paged", 1, 0, 100);
    free(Printed.Text);
}

Test(query, what_does_not_print_in_a_tag_is_a_dot)
{
    ExAllocatePoolWithTag(PagedPool, 100, 'a\x01\x7F\xFF');
    PRINTED Printed = PrintPool();

    ExpectLine(&Printed, "...a", "Paged", 1, 0, 100);
    free(Printed.Text);
}

Test(query, columns_are_as_wide_in_every_line)
{
    static const SIZE_T Bytes = (SIZE_T)1 << EMU_BY_WIDTH(30, 26);

    WantLargestArenas();
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    for (ULONG Index = 0; Index < 6; Index++) {
        cr_assert_not_null(ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, 'xxxx'));
    }
    PRINTED Printed = PrintPool();

    cr_assert_eq(Printed.Count, 3);
    cr_expect_eq(strlen(Printed.Lines[0]), strlen(Printed.Lines[1]));
    cr_expect_eq(strlen(Printed.Lines[0]), strlen(Printed.Lines[2]));
    ExpectLine(&Printed, "xxxx", "Nonp", 6, 0, (ULONG64)6 * Bytes);
    free(Printed.Text);
}
