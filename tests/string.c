/* string.c: counted strings, and RtlCompareMemory. */
#include <criterion/criterion.h>

#include "poolemu.h"

static WCHAR Buffer[16];

static UNICODE_STRING EmptyString(USHORT MaximumLength)
{
    UNICODE_STRING String = {0, MaximumLength, Buffer};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Buffer); Index++) {
        Buffer[Index] = L'#';
    }
    return String;
}

static UNICODE_STRING WideString(PCWSTR Text)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Text);
    return String;
}

static ANSI_STRING NarrowString(PCSTR Text)
{
    ANSI_STRING String;

    RtlInitAnsiString(&String, Text);
    return String;
}

/* ---- Making --------------------------------------------------------------------------------------------------- */

Test(string, init_counts_without_the_null_character)
{
    UNICODE_STRING Wide;
    ANSI_STRING Narrow;
    STRING Plain;

    RtlInitUnicodeString(&Wide, L"Fred");
    cr_assert_eq(Wide.Length, 8);
    cr_assert_eq(Wide.MaximumLength, 10);
    cr_assert_eq(Wide.Buffer[3], L'd');

    RtlInitAnsiString(&Narrow, "Fred");
    cr_assert_eq(Narrow.Length, 4);
    cr_assert_eq(Narrow.MaximumLength, 5);
    cr_assert_str_eq(Narrow.Buffer, "Fred");

    RtlInitString(&Plain, "Fred");
    cr_assert_eq(Plain.Length, 4);
    cr_assert_eq(Plain.MaximumLength, 5);
}

Test(string, init_of_null_is_all_zero)
{
    UNICODE_STRING Wide = {1, 2, Buffer};
    ANSI_STRING Narrow = {1, 2, (PCHAR)Buffer};

    RtlInitUnicodeString(&Wide, NULL);
    cr_assert_eq(Wide.Length, 0);
    cr_assert_eq(Wide.MaximumLength, 0);
    cr_assert_null(Wide.Buffer);

    RtlInitAnsiString(&Narrow, NULL);
    cr_assert_eq(Narrow.Length, 0);
    cr_assert_eq(Narrow.MaximumLength, 0);
    cr_assert_null(Narrow.Buffer);

    cr_assert_eq(RtlInitUnicodeStringEx(&Wide, NULL), STATUS_SUCCESS);
    cr_assert_null(Wide.Buffer);
}

Test(string, a_text_that_is_too_long_is_capped)
{
    static WCHAR Wide[40000];
    static CHAR Narrow[70000];
    UNICODE_STRING LongWide;
    ANSI_STRING LongNarrow;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wide) - 1; Index++) {
        Wide[Index] = L'x';
    }
    memset(Narrow, 'x', sizeof(Narrow) - 1);

    RtlInitUnicodeString(&LongWide, Wide);
    cr_assert_eq(LongWide.Length, 0xFFFC);
    cr_assert_eq(LongWide.MaximumLength, 0xFFFE);

    RtlInitAnsiString(&LongNarrow, Narrow);
    cr_assert_eq(LongNarrow.Length, 0xFFFE);
    cr_assert_eq(LongNarrow.MaximumLength, 0xFFFF);
}

Test(string, init_ex_refuses_what_is_too_long)
{
    static WCHAR Wide[0x7FFF + 1];
    UNICODE_STRING String;

    for (ULONG Index = 0; Index < 0x7FFE; Index++) {
        Wide[Index] = L'x';
    }
    cr_assert_eq(RtlInitUnicodeStringEx(&String, Wide), STATUS_SUCCESS);
    cr_assert_eq(String.Length, 0xFFFC);

    Wide[0x7FFE] = L'x';
    cr_assert_eq(RtlInitUnicodeStringEx(&String, Wide), STATUS_NAME_TOO_LONG);
}

/* ---- Copying and appending ------------------------------------------------------------------------------------ */

Test(string, copy_takes_what_fits)
{
    UNICODE_STRING Source = WideString(L"Fred");
    UNICODE_STRING Destination = EmptyString(6);

    RtlCopyUnicodeString(&Destination, &Source);
    cr_assert_eq(Destination.Length, 6);
    cr_assert_eq(Destination.MaximumLength, 6);
    cr_assert_eq(Buffer[2], L'e');
    cr_assert_eq(Buffer[3], L'#');
}

Test(string, copy_terminates_where_there_is_room)
{
    UNICODE_STRING Source = WideString(L"Fred");
    UNICODE_STRING Destination = EmptyString(8);

    RtlCopyUnicodeString(&Destination, &Source);
    cr_assert_eq(Destination.Length, 8);
    cr_assert_eq(Buffer[4], L'#');

    Destination = EmptyString(10);
    RtlCopyUnicodeString(&Destination, &Source);
    cr_assert_eq(Destination.Length, 8);
    cr_assert_eq(Buffer[4], 0);
    cr_assert_eq(Buffer[5], L'#');
}

Test(string, copy_of_null_empties)
{
    UNICODE_STRING Destination = EmptyString(8);

    Destination.Length = 4;
    RtlCopyUnicodeString(&Destination, NULL);
    cr_assert_eq(Destination.Length, 0);
    cr_assert_eq(Buffer[0], L'#');
}

Test(string, append_adds_and_terminates)
{
    UNICODE_STRING Source = WideString(L"cd");
    UNICODE_STRING Destination = EmptyString(12);

    cr_assert_eq(RtlAppendUnicodeToString(&Destination, L"ab"), STATUS_SUCCESS);
    cr_assert_eq(Destination.Length, 4);
    cr_assert_eq(Buffer[2], 0);

    cr_assert_eq(RtlAppendUnicodeStringToString(&Destination, &Source), STATUS_SUCCESS);
    cr_assert_eq(Destination.Length, 8);
    cr_assert_eq(Buffer[0], L'a');
    cr_assert_eq(Buffer[3], L'd');
    cr_assert_eq(Buffer[4], 0);
    cr_assert_eq(Buffer[5], L'#');
}

Test(string, append_may_fill_the_buffer_to_the_end)
{
    UNICODE_STRING Destination = EmptyString(4);

    cr_assert_eq(RtlAppendUnicodeToString(&Destination, L"ab"), STATUS_SUCCESS);
    cr_assert_eq(Destination.Length, 4);
    cr_assert_eq(Buffer[2], L'#');
}

Test(string, append_of_too_much_changes_nothing)
{
    UNICODE_STRING Source = WideString(L"abc");
    UNICODE_STRING Destination = EmptyString(4);

    cr_assert_eq(RtlAppendUnicodeToString(&Destination, L"abc"), STATUS_BUFFER_TOO_SMALL);
    cr_assert_eq(RtlAppendUnicodeStringToString(&Destination, &Source), STATUS_BUFFER_TOO_SMALL);
    cr_assert_eq(Destination.Length, 0);
    cr_assert_eq(Buffer[0], L'#');
}

Test(string, append_of_null_adds_nothing)
{
    UNICODE_STRING Destination = EmptyString(4);

    cr_assert_eq(RtlAppendUnicodeToString(&Destination, NULL), STATUS_SUCCESS);
    cr_assert_eq(Destination.Length, 0);
    cr_assert_eq(Buffer[0], L'#');
}

/* ---- Comparing ------------------------------------------------------------------------------------------------ */

static LONG Compare(PCWSTR First, PCWSTR Second, BOOLEAN IgnoreCase)
{
    UNICODE_STRING Left, Right;

    RtlInitUnicodeString(&Left, First);
    RtlInitUnicodeString(&Right, Second);
    cr_assert_eq(RtlEqualUnicodeString(&Left, &Right, IgnoreCase),
                 RtlCompareUnicodeString(&Left, &Right, IgnoreCase) == 0);
    return RtlCompareUnicodeString(&Left, &Right, IgnoreCase);
}

Test(string, compare_orders_by_the_first_difference)
{
    cr_assert_eq(Compare(L"Fred", L"Fred", FALSE), 0);
    cr_assert_lt(Compare(L"Fred", L"Fret", FALSE), 0);
    cr_assert_gt(Compare(L"Fret", L"Fred", FALSE), 0);
    cr_assert_lt(Compare(L"Fre", L"Fred", FALSE), 0);
    cr_assert_gt(Compare(L"Fred", L"Fre", FALSE), 0);
    cr_assert_lt(Compare(L"", L"F", FALSE), 0);
    cr_assert_eq(Compare(L"", L"", FALSE), 0);
}

Test(string, case_counts_unless_it_is_ignored)
{
    cr_assert_neq(Compare(L"Fred", L"fRED", FALSE), 0);
    cr_assert_eq(Compare(L"Fred", L"fRED", TRUE), 0);
    cr_assert_lt(Compare(L"fred", L"FRET", TRUE), 0);
    cr_assert_neq(Compare(L"[", L"{", TRUE), 0);
    cr_assert_neq(Compare(L"@", L"`", TRUE), 0);
}

Test(string, case_is_ignored_for_european_letters)
{
    cr_assert_eq(Compare(L"\u00E4\u00F6\u00FC\u00FF", L"\u00C4\u00D6\u00DC\u0178", TRUE), 0);
    cr_assert_eq(Compare(L"\u03B1\u03C9", L"\u0391\u03A9", TRUE), 0);
    cr_assert_eq(Compare(L"\u0430\u044F\u0451", L"\u0410\u042F\u0401", TRUE), 0);
    cr_assert_neq(Compare(L"\u00F7", L"\u00D7", TRUE), 0);
    cr_assert_neq(Compare(L"\u00DF", L"\u00BF", TRUE), 0);
}

/* ---- ANSI and Unicode ----------------------------------------------------------------------------------------- */

Test(string, ansi_becomes_unicode_in_the_callers_buffer)
{
    ANSI_STRING Source = NarrowString("A\x80\xE4");
    UNICODE_STRING Destination = EmptyString(8);

    cr_assert_eq(RtlAnsiStringToUnicodeString(&Destination, &Source, FALSE), STATUS_SUCCESS);
    cr_assert_eq(Destination.Length, 6);
    cr_assert_eq(Destination.MaximumLength, 8);
    cr_assert_eq(Buffer[0], L'A');
    cr_assert_eq(Buffer[1], 0x20AC);
    cr_assert_eq(Buffer[2], 0x00E4);
    cr_assert_eq(Buffer[3], 0);
}

Test(string, ansi_that_does_not_fit_with_its_null_character_is_an_overflow)
{
    ANSI_STRING Source = NarrowString("Fred");
    UNICODE_STRING Destination = EmptyString(8);

    cr_assert_eq(RtlAnsiStringToUnicodeString(&Destination, &Source, FALSE), STATUS_BUFFER_OVERFLOW);
    cr_assert_eq(Buffer[0], L'#');
}

Test(string, ansi_that_no_unicode_string_holds_is_refused)
{
    static CHAR Long[0x7FFF];
    ANSI_STRING Source = {0x7FFF, 0x7FFF, Long};
    UNICODE_STRING Destination = EmptyString(8);

    cr_assert_eq(RtlAnsiStringToUnicodeString(&Destination, &Source, FALSE), STATUS_INVALID_PARAMETER_2);
}

Test(string, unicode_becomes_ansi_and_what_has_no_character_a_question_mark)
{
    UNICODE_STRING Source = WideString(L"A\u20AC\u00E4\u4E2D");
    CHAR Text[5];
    ANSI_STRING Destination = {0, sizeof(Text), Text};

    cr_assert_eq(RtlUnicodeStringToAnsiString(&Destination, &Source, FALSE), STATUS_SUCCESS);
    cr_assert_eq(Destination.Length, 4);
    cr_assert_str_eq(Text, "A\x80\xE4?");
}

Test(string, unicode_that_does_not_fit_is_cut)
{
    UNICODE_STRING Source = WideString(L"Fred");
    CHAR Text[4];
    ANSI_STRING Destination = {0, sizeof(Text), Text};

    cr_assert_eq(RtlUnicodeStringToAnsiString(&Destination, &Source, FALSE), STATUS_BUFFER_OVERFLOW);
    cr_assert_eq(Destination.Length, 3);
    cr_assert_str_eq(Text, "Fre");

    Destination.MaximumLength = 0;
    cr_assert_eq(RtlUnicodeStringToAnsiString(&Destination, &Source, FALSE), STATUS_BUFFER_OVERFLOW);
}

Test(string, allocated_strings_are_paged_pool_until_they_are_freed)
{
    ANSI_STRING Narrow = NarrowString("Fred");
    UNICODE_STRING Wide;
    EMU_BLOCK Block;
    PVOID Address;

    cr_assert_eq(RtlAnsiStringToUnicodeString(&Wide, &Narrow, TRUE), STATUS_SUCCESS);
    cr_assert_eq(Wide.Length, 8);
    cr_assert_eq(Wide.MaximumLength, 10);
    Address = Wide.Buffer;
    cr_assert(EmuQueryBlock(Address, &Block));
    cr_assert_eq(Block.PoolType, PagedPool);
    cr_assert_eq(Block.Size, 10);
    cr_assert_eq(Block.Tag, 'grtS');

    RtlFreeUnicodeString(&Wide);
    cr_assert_null(Wide.Buffer);
    cr_assert_eq(Wide.Length, 0);
    cr_assert_not(EmuQueryBlock(Address, &Block));
}

Test(string, an_allocated_ansi_string_comes_and_goes_as_well)
{
    UNICODE_STRING Wide = WideString(L"Fred");
    ANSI_STRING Narrow;
    EMU_BLOCK Block;

    cr_assert_eq(RtlUnicodeStringToAnsiString(&Narrow, &Wide, TRUE), STATUS_SUCCESS);
    cr_assert_eq(Narrow.MaximumLength, 5);
    cr_assert_str_eq(Narrow.Buffer, "Fred");
    cr_assert(EmuQueryBlock(Narrow.Buffer, &Block));
    cr_assert_eq(Block.Size, 5);

    RtlFreeAnsiString(&Narrow);
    cr_assert_null(Narrow.Buffer);
    RtlFreeAnsiString(&Narrow);
}

/* ---- Memory --------------------------------------------------------------------------------------------------- */

Test(string, compare_memory_counts_the_equal_bytes)
{
    cr_assert_eq(RtlCompareMemory("abcd", "abcd", 4), 4);
    cr_assert_eq(RtlCompareMemory("abcd", "abXd", 4), 2);
    cr_assert_eq(RtlCompareMemory("abcd", "Xbcd", 4), 0);
    cr_assert_eq(RtlCompareMemory("abcd", "abXd", 2), 2);
    cr_assert_eq(RtlCompareMemory("a", "b", 0), 0);
}
