/* wide.c: the wide routines of the C library, as driver source calls them: characters have 16 bits. */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

#include "support.h"

#define EXPECT_TEXT(Actual, Expected) cr_expect_eq(memcmp(Actual, Expected, sizeof(Expected)), 0)

Test(wide, wcslen_and_wcsnlen_count_characters_of_16_bits)
{
    cr_expect_eq(wcslen(L""), 0);
    cr_expect_eq(wcslen(L"abcdef"), 6);
    cr_expect_eq(wcsnlen(L"abcdef", 4), 4);
    cr_expect_eq(wcsnlen(L"abcdef", 9), 6);
}

Test(wide, wcscpy_and_wcscat_write_up_to_the_null_character_and_no_further)
{
    WCHAR Text[16];

    memset(Text, 0xAA, sizeof(Text));
    cr_expect_eq(wcscpy(Text, L"abc"), Text);
    EXPECT_TEXT(Text, L"abc");
    cr_expect_eq(Text[4], 0xAAAA);
    cr_expect_eq(wcscat(Text, L"defg"), Text);
    EXPECT_TEXT(Text, L"abcdefg");
    cr_expect_eq(Text[8], 0xAAAA);
}

Test(wide, wcsncpy_fills_with_null_characters_and_wcsncat_ends_with_one)
{
    WCHAR Text[16];

    memset(Text, 0xAA, sizeof(Text));
    cr_expect_eq(wcsncpy(Text, L"ab", 4), Text);
    EXPECT_TEXT(Text, L"ab\0");
    cr_expect_eq(Text[4], 0xAAAA);
    wcsncpy(Text, L"xyz", 2);
    EXPECT_TEXT(Text, L"xy\0");
    cr_expect_eq(wcsncat(Text, L"12345", 3), Text);
    EXPECT_TEXT(Text, L"xy123");
}

Test(wide, comparisons_go_by_the_first_different_character)
{
    cr_expect_eq(wcscmp(L"abc", L"abc"), 0);
    cr_expect_lt(wcscmp(L"abc", L"abd"), 0);
    cr_expect_gt(wcscmp(L"abcd", L"abc"), 0);
    cr_expect_gt(wcscmp(L"\xFFFE", L"\x0001"), 0);
    cr_expect_eq(wcsncmp(L"abcX", L"abcY", 3), 0);
    cr_expect_neq(wcsncmp(L"abcX", L"abcY", 4), 0);
    cr_expect_lt(wmemcmp(L"a\0b", L"a\0c", 3), 0);
}

Test(wide, comparisons_without_case_fold_A_to_Z)
{
    cr_expect_eq(_wcsicmp(L"\\Device\\NULL", L"\\DEVICE\\null"), 0);
    cr_expect_lt(_wcsicmp(L"a", L"B"), 0);
    cr_expect_eq(_wcsnicmp(L"ABCx", L"abcy", 3), 0);
    cr_expect_neq(_wcsnicmp(L"ABCx", L"abcy", 4), 0);
    cr_expect_neq(_wcsicmp(L"\xC4", L"\xE4"), 0);
}

Test(wide, searches_find_the_character_or_the_part)
{
    const WCHAR Text[] = L"one,two;one";

    cr_expect_eq(wcschr(Text, ','), Text + 3);
    cr_expect_eq(wcschr(Text, 0), Text + 11);
    cr_expect_eq(wcschr(Text, 'x'), NULL);
    cr_expect_eq(wcsrchr(Text, 'o'), Text + 8);
    cr_expect_eq(wcsstr(Text, L"two"), Text + 4);
    cr_expect_eq(wcsstr(Text, L""), Text);
    cr_expect_eq(wcsstr(Text, L"three"), NULL);
    cr_expect_eq(wcsspn(Text, L"eno"), 3);
    cr_expect_eq(wcscspn(Text, L";,"), 3);
    cr_expect_eq(wcspbrk(Text, L";"), Text + 7);
    cr_expect_eq(wmemchr(Text, 't', 4), NULL);
    cr_expect_eq(wmemchr(Text, 't', 5), Text + 4);
}

#if !defined(_WIN32)
Test(wide, wcstok_cuts_a_string_into_its_parts)
{
    WCHAR Text[] = L",a,,bc,";
    WCHAR *Next;

    cr_expect_eq(wcstok(Text, L",", &Next), Text + 1);
    cr_expect_eq(wcstok(NULL, L",", &Next), Text + 4);
    EXPECT_TEXT(Text + 4, L"bc");
    cr_expect_eq(wcstok(NULL, L",", &Next), NULL);
    cr_expect_eq(wcstok(NULL, L",", &Next), NULL);
}
#endif

Test(wide, strings_are_changed_in_place)
{
    WCHAR Text[] = L"aBc\xE4";

    cr_expect_eq(_wcsupr(Text), Text);
    EXPECT_TEXT(Text, L"ABC\xE4");
    cr_expect_eq(_wcslwr(Text), Text);
    EXPECT_TEXT(Text, L"abc\xE4");
    cr_expect_eq(_wcsrev(Text), Text);
    EXPECT_TEXT(Text, L"\xE4\x63\x62\x61");
    _wcsnset(Text, '-', 2);
    EXPECT_TEXT(Text, L"--ba");
    _wcsset(Text, '+');
    EXPECT_TEXT(Text, L"++++");
    wmemset(Text, '*', 1);
    wmemmove(Text + 1, Text, 2);
    EXPECT_TEXT(Text, L"**++");
}

Test(wide, numbers_have_32_bits_where_the_type_is_long)
{
    WCHAR Text[] = L" -0x7fG";
    WCHAR *End;

    cr_expect_eq(wcstol(Text, &End, 16), -0x7F);
    cr_expect_eq(End, Text + 6);
    cr_expect_eq(wcstol(L"017", NULL, 0), 15);
    cr_expect_eq(wcstol(L"2147483648", NULL, 10), 2147483647);
    cr_expect_eq(wcstol(L"-2147483649", NULL, 10), -2147483647 - 1);
    cr_expect_eq(wcstoul(L"4294967296", NULL, 10), 4294967295u);
    cr_expect_eq(wcstoll(L"-9223372036854775809", NULL, 10), MINLONG64);
    cr_expect_eq(wcstoull(L"18446744073709551615", NULL, 10), MAXULONG64);
    cr_expect_eq(_wtoi(L"42x"), 42);
    cr_expect_eq(_wtol(L"-42"), -42);
    wcstol(Text + 4, &End, 10);
    cr_expect_eq(End, Text + 5);
    wcstol(Text + 6, &End, 10);
    cr_expect_eq(End, Text + 6);
    cr_expect_eq(wcstod(L"1.5e2", NULL), 150.0);
}

Test(wide, case_and_kind_are_those_of_ASCII)
{
    cr_expect_eq(towupper('z'), 'Z');
    cr_expect_eq(towlower('Z'), 'z');
    cr_expect_eq(towupper(0xE4), 0xE4);
    cr_expect(iswdigit('9') && !iswdigit('a') && iswxdigit('f') && !iswxdigit('g'));
    cr_expect(iswspace('\r') && !iswspace('x') && iswalpha('x') && !iswalpha('1') && iswalnum('1'));
    cr_expect(iswpunct('!') && !iswpunct('a') && iswprint(' ') && !iswgraph(' ') && iswcntrl(0x1F));
}

#if !defined(_WIN32)
Test(wide, mbstowcs_and_wcstombs_are_those_of_code_page_1252)
{
    WCHAR Wide[8];
    CHAR Narrow[8];

    memset(Wide, 0xAA, sizeof(Wide));
    cr_expect_eq(mbstowcs(Wide, "a\x80", 8), 2);
    EXPECT_TEXT(Wide, L"a\x20AC");
    cr_expect_eq(Wide[3], 0xAAAA);
    cr_expect_eq(mbstowcs(NULL, "abc", 0), 3);
    cr_expect_eq(wcstombs(Narrow, L"b\x20AC\x4E2D", 8), 3);
    cr_expect_eq(memcmp(Narrow, "b\x80?", 4), 0);
    cr_expect_eq(mbtowc(Wide, "x", 1), 1);
    cr_expect_eq(Wide[0], 'x');
    cr_expect_eq(wctomb(Narrow, 'y'), 1);
    cr_expect_eq(Narrow[0], 'y');
}

Test(wide, swprintf_writes_numbers_of_32_bits_and_strings_of_either_width)
{
    UNICODE_STRING Counted = RTL_CONSTANT_STRING(L"counted");
    WCHAR Text[80];

    cr_expect_eq(swprintf(Text, L"%u %ld %I64x", 7u, (LONG)-1, 0x123456789ull), 14);
    EXPECT_TEXT(Text, L"7 -1 123456789");
    cr_expect_eq(swprintf(Text, L"%s|%S|%hs|%ls|%ws|%c|%C", L"a\x4E2D", "b", "c", L"d", L"e", 'f', 'g'), 14);
    EXPECT_TEXT(Text, L"a\x4E2D|b|c|d|e|f|g");
    swprintf(Text, L"[%5s][%-5s][%.2s][%05d] %wZ%%", L"ab", L"cd", L"efg", 42, &Counted);
    EXPECT_TEXT(Text, L"[   ab][cd   ][ef][00042] counted%");
}

Test(wide, _snwprintf_writes_no_null_character_where_none_fits)
{
    WCHAR Text[8];

    memset(Text, 0xAA, sizeof(Text));
    cr_expect_eq(_snwprintf(Text, 4, L"%s", L"abc"), 3);
    EXPECT_TEXT(Text, L"abc");
    cr_expect_eq(_snwprintf(Text, 4, L"%s", L"wxyz"), 4);
    cr_expect_eq(Text[4], 0xAAAA);
    cr_expect_eq(_snwprintf(Text, 4, L"%s", L"12345"), -1);
    cr_expect_eq(Text[3], '4');
    cr_expect_eq(Text[4], 0xAAAA);
}

static int Print(int (*Printer)(WCHAR *, size_t, const WCHAR *, va_list), WCHAR *Text, size_t Size, const WCHAR *Format,
                 ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = Printer(Text, Size, Format, Arguments);
    va_end(Arguments);
    return Length;
}

Test(wide, what_does_not_fit_is_cut_by_vswprintf_and_refused_by_vswprintf_s)
{
    WCHAR Text[8];

    cr_expect_eq(Print(vswprintf, Text, 4, L"%d", 12345), -1);
    EXPECT_TEXT(Text, L"123");
    cr_expect_eq(Print(vswprintf_s, Text, 4, L"%d", 12345), -1);
    cr_expect_eq(Text[0], 0);
    cr_expect_eq(Print(vswprintf_s, Text, 4, L"%d", 123), 3);
    EXPECT_TEXT(Text, L"123");
    cr_expect_eq(Print(_vsnwprintf, Text, 2, L"%d", 12), 2);
    cr_expect_eq(swprintf_s(Text, 8, L"%x", 0xABCDu), 4);
    EXPECT_TEXT(Text, L"abcd");
}

Test(wide, the_s_routines_refuse_what_does_not_fit_and_empty_the_destination)
{
    WCHAR Text[4];

    cr_expect_eq(wcscpy_s(Text, 4, L"abc"), 0);
    EXPECT_TEXT(Text, L"abc");
    cr_expect_eq(wcscpy_s(Text, 4, L"abcd"), 34);
    cr_expect_eq(Text[0], 0);
    wcscpy_s(Text, 4, L"a");
    cr_expect_eq(wcscat_s(Text, 4, L"bc"), 0);
    EXPECT_TEXT(Text, L"abc");
    cr_expect_eq(wcscat_s(Text, 4, L"d"), 34);
    cr_expect_eq(Text[0], 0);
    cr_expect_eq(wcsncpy_s(Text, 4, L"abcdef", 3), 0);
    EXPECT_TEXT(Text, L"abc");
    wcscpy_s(Text, 4, L"a");
    cr_expect_eq(wcsncat_s(Text, 4, L"bcdef", 2), 0);
    EXPECT_TEXT(Text, L"abc");
    cr_expect_eq(wcscpy_s(Text, 0, L""), 22);
    cr_expect_eq(wcscpy_s(Text, 4, NULL), 22);
}
#endif

Test(wide, LONG_MAX_of_limits_h_is_that_of_a_LONG)
{
    LONG Smallest = LONG_MIN;
    ULONG Largest = ULONG_MAX;

    cr_expect_eq(Smallest, -2147483647 - 1);
    cr_expect_eq(LONG_MAX, 2147483647);
    cr_expect_eq(Largest, 0xFFFFFFFF);
    cr_expect_eq(Largest + 1, 0);
}
