/* strsafe.c: the safe string routines of ntstrsafe.h. */
#include <criterion/criterion.h>

#include <ntstrsafe.h>

#include "poolemu.h"

static BOOLEAN IsWide(PCWSTR Text, PCWSTR Wanted)
{
    while (*Text == *Wanted && *Text != 0) {
        Text++;
        Wanted++;
    }
    return *Text == *Wanted;
}

/* ---- Copies ---------------------------------------------------------------------------------------------------- */

Test(strsafe, a_copy_that_fits_is_terminated)
{
    CHAR Text[6] = "xxxxx";
    WCHAR Wide[6] = L"xxxxx";

    cr_expect_eq(RtlStringCchCopyA(Text, 6, "abcde"), STATUS_SUCCESS);
    cr_expect_str_eq(Text, "abcde");
    cr_expect_eq(RtlStringCbCopyW(Wide, sizeof(Wide), L"abcde"), STATUS_SUCCESS);
    cr_expect(IsWide(Wide, L"abcde"));
}

Test(strsafe, a_copy_that_does_not_fit_is_truncated_and_terminated)
{
    CHAR Text[4] = "xxx";
    WCHAR Wide[4] = L"xxx";

    cr_expect_eq(RtlStringCchCopyA(Text, 4, "abcd"), STATUS_BUFFER_OVERFLOW);
    cr_expect_str_eq(Text, "abc");
    cr_expect_eq(RtlStringCchCopyW(Wide, 4, L"abcdef"), STATUS_BUFFER_OVERFLOW);
    cr_expect(IsWide(Wide, L"abc"));
}

Test(strsafe, a_size_of_nothing_or_too_much_is_invalid_and_nothing_is_written)
{
    CHAR Text[4] = "xxx";

    cr_expect_eq(RtlStringCchCopyA(Text, 0, "a"), STATUS_INVALID_PARAMETER);
    cr_expect_eq(RtlStringCchCopyA(Text, (SIZE_T)NTSTRSAFE_MAX_CCH + 1, "a"), STATUS_INVALID_PARAMETER);
    cr_expect_eq(RtlStringCbCopyW((PWSTR)Text, 1, L"a"), STATUS_INVALID_PARAMETER);
    cr_expect_str_eq(Text, "xxx");
}

Test(strsafe, a_copy_of_n_ends_at_the_terminator_or_after_n)
{
    CHAR Text[8];

    cr_expect_eq(RtlStringCchCopyNA(Text, 8, "abcdef", 3), STATUS_SUCCESS);
    cr_expect_str_eq(Text, "abc");
    cr_expect_eq(RtlStringCchCopyNA(Text, 8, "ab", 5), STATUS_SUCCESS);
    cr_expect_str_eq(Text, "ab");
    cr_expect_eq(RtlStringCchCopyNA(Text, 3, "abcdef", 3), STATUS_BUFFER_OVERFLOW);
    cr_expect_str_eq(Text, "ab");
}

Test(strsafe, an_ex_copy_tells_where_the_string_ends_and_what_is_left)
{
    WCHAR Wide[8];
    PWSTR End = NULL;
    SIZE_T Left = 0;

    cr_expect_eq(RtlStringCchCopyExW(Wide, 8, L"abc", &End, &Left, 0), STATUS_SUCCESS);
    cr_expect_eq(End, Wide + 3);
    cr_expect_eq(Left, 5);
    cr_expect_eq(RtlStringCbCopyExW(Wide, sizeof(Wide), L"abc", &End, &Left, 0), STATUS_SUCCESS);
    cr_expect_eq(Left, 10);
}

Test(strsafe, flags_fill_behind_the_string_and_on_failure)
{
    CHAR Text[6];

    cr_expect_eq(RtlStringCchCopyExA(Text, 6, "ab", NULL, NULL, STRSAFE_FILL_BYTE('z')), STATUS_SUCCESS);
    cr_expect_arr_eq(Text, "ab\0zzz", 6);
    cr_expect_eq(RtlStringCchCopyExA(Text, 6, "abcdefgh", NULL, NULL, STRSAFE_FAILURE_BYTE('y')),
                 STATUS_BUFFER_OVERFLOW);
    cr_expect_arr_eq(Text, "yyyyy\0", 6);
    cr_expect_eq(RtlStringCchCopyExA(Text, 6, "abcdefgh", NULL, NULL, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW);
    cr_expect_str_eq(Text, "");
    cr_expect_eq(RtlStringCchCopyExA(Text, 6, "a", NULL, NULL, 0x2000), STATUS_INVALID_PARAMETER);
}

Test(strsafe, ignored_nulls_are_empty_strings)
{
    CHAR Text[6] = "xxxxx";
    PSTR End = NULL;
    SIZE_T Left = 0;

    cr_expect_eq(RtlStringCchCopyExA(Text, 6, NULL, NULL, NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    cr_expect_str_eq(Text, "");
    cr_expect_eq(RtlStringCchCopyExA(NULL, 0, "", &End, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    cr_expect_null(End);
    cr_expect_eq(Left, 0);
    cr_expect_eq(RtlStringCchCopyExA(NULL, 0, "a", NULL, NULL, STRSAFE_IGNORE_NULLS), STATUS_INVALID_PARAMETER);
}

/* ---- Concatenations, lengths ------------------------------------------------------------------------------------ */

Test(strsafe, a_concatenation_needs_a_terminated_destination)
{
    CHAR Text[8] = "abc";
    CHAR Full[3] = {'a', 'b', 'c'};

    cr_expect_eq(RtlStringCchCatA(Text, 8, "def"), STATUS_SUCCESS);
    cr_expect_str_eq(Text, "abcdef");
    cr_expect_eq(RtlStringCchCatA(Text, 8, "ghi"), STATUS_BUFFER_OVERFLOW);
    cr_expect_str_eq(Text, "abcdefg");
    cr_expect_eq(RtlStringCchCatA(Full, 3, "d"), STATUS_INVALID_PARAMETER);
    cr_expect_arr_eq(Full, "abc", 3);
}

Test(strsafe, a_concatenation_that_must_not_truncate_leaves_the_string_as_it_was)
{
    CHAR Text[6] = "abc";
    SIZE_T Left = 0;

    cr_expect_eq(RtlStringCchCatExA(Text, 6, "defg", NULL, &Left, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW);
    cr_expect_str_eq(Text, "abc");
    cr_expect_eq(Left, 3);
}

Test(strsafe, a_length_ends_within_the_size)
{
    SIZE_T Length = 7;

    cr_expect_eq(RtlStringCchLengthW(L"abc", 4, &Length), STATUS_SUCCESS);
    cr_expect_eq(Length, 3);
    cr_expect_eq(RtlStringCbLengthW(L"abc", 8, &Length), STATUS_SUCCESS);
    cr_expect_eq(Length, 6);
    cr_expect_eq(RtlStringCchLengthA("abc", 3, &Length), STATUS_INVALID_PARAMETER);
    cr_expect_eq(Length, 0);
    cr_expect_eq(RtlStringCchLengthA(NULL, 3, NULL), STATUS_INVALID_PARAMETER);
}

/* ---- Formats ---------------------------------------------------------------------------------------------------- */

Test(strsafe, a_format_knows_windows_conversions)
{
    CHAR Text[64];
    WCHAR Wide[64];
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"name");

    cr_expect_eq(RtlStringCchPrintfA(Text, 64, "%ws %wZ %I64x %S", L"wide", &Name, 0x123456789ABull, L"S"),
                 STATUS_SUCCESS);
    cr_expect_str_eq(Text, "wide name 123456789ab S");
    cr_expect_eq(RtlStringCchPrintfW(Wide, 64, L"%s %wZ %08lX %hs", L"wide", &Name, 0xBEEFu, "narrow"), STATUS_SUCCESS);
    cr_expect(IsWide(Wide, L"wide name 0000BEEF narrow"));
}

Test(strsafe, a_format_that_does_not_fit_is_truncated)
{
    CHAR Text[4];
    PSTR End = NULL;
    SIZE_T Left = 0;

    cr_expect_eq(RtlStringCchPrintfA(Text, 4, "%d", 12345), STATUS_BUFFER_OVERFLOW);
    cr_expect_str_eq(Text, "123");
    cr_expect_eq(RtlStringCbPrintfExA(Text, 4, &End, &Left, 0, "%d", 12), STATUS_SUCCESS);
    cr_expect_eq(End, Text + 2);
    cr_expect_eq(Left, 2);
    cr_expect_eq(RtlStringCchPrintfA(Text, 0, "a"), STATUS_INVALID_PARAMETER);
}

/* ---- UNICODE_STRINGs -------------------------------------------------------------------------------------------- */

Test(strsafe, a_unicode_string_is_filled_without_a_terminator)
{
    WCHAR Buffer[4] = L"xxx";
    UNICODE_STRING String = {0, 3 * sizeof(WCHAR), Buffer};
    UNICODE_STRING Source = RTL_CONSTANT_STRING(L"abcd");

    cr_expect_eq(RtlUnicodeStringCopyString(&String, L"abc"), STATUS_SUCCESS);
    cr_expect_eq(String.Length, 6);
    cr_expect_eq(Buffer[3], 0);
    cr_expect_eq(RtlUnicodeStringCopy(&String, &Source), STATUS_BUFFER_OVERFLOW);
    cr_expect_eq(String.Length, 6);
    cr_expect_eq(RtlUnicodeStringPrintf(&String, L"%u", 42u), STATUS_SUCCESS);
    cr_expect_eq(String.Length, 4);
    cr_expect_eq(RtlUnicodeStringCatString(&String, L"!"), STATUS_SUCCESS);
    cr_expect_eq(String.Length, 6);
    cr_expect_arr_eq(Buffer, L"42!", 6);
    cr_expect_eq(RtlUnicodeStringCat(&String, &Source), STATUS_BUFFER_OVERFLOW);
}

Test(strsafe, a_unicode_string_with_odd_lengths_is_invalid)
{
    WCHAR Buffer[4];
    UNICODE_STRING Odd = {1, 8, Buffer}, Long = {8, 6, Buffer}, Nowhere = {0, 8, NULL}, Empty = {0, 0, NULL};

    cr_expect_eq(RtlUnicodeStringValidate(&Odd), STATUS_INVALID_PARAMETER);
    cr_expect_eq(RtlUnicodeStringValidate(&Long), STATUS_INVALID_PARAMETER);
    cr_expect_eq(RtlUnicodeStringValidate(&Nowhere), STATUS_INVALID_PARAMETER);
    cr_expect_eq(RtlUnicodeStringValidate(&Empty), STATUS_SUCCESS);
    cr_expect_eq(RtlUnicodeStringCopyString(&Odd, L"a"), STATUS_INVALID_PARAMETER);
}

Test(strsafe, a_unicode_string_of_a_constant_has_room_for_its_terminator)
{
    UNICODE_STRING String;
    WCHAR Text[3];

    cr_expect_eq(RtlUnicodeStringInit(&String, L"abc"), STATUS_SUCCESS);
    cr_expect_eq(String.Length, 6);
    cr_expect_eq(String.MaximumLength, 8);
    cr_expect_eq(RtlStringCchCopyUnicodeString(Text, 3, &String), STATUS_BUFFER_OVERFLOW);
    cr_expect(IsWide(Text, L"ab"));
    cr_expect_eq(RtlUnicodeStringInit(&String, NULL), STATUS_SUCCESS);
    cr_expect_eq(String.MaximumLength, 0);
}
