/* debug.c: DbgPrint formats as Windows does, with 32-bit longs and counted strings; RtlAssert stops. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <unistd.h>

#define DBG 1

#include "poolemu.h"

static char Printed[4096];
static int SavedError;
static FILE *Capture;

static void StartCapture(void)
{
    Capture = tmpfile();
    SavedError = dup(STDERR_FILENO);
    dup2(fileno(Capture), STDERR_FILENO);
}

static const char *EndCapture(void)
{
    size_t Length;

    dup2(SavedError, STDERR_FILENO);
    close(SavedError);
    rewind(Capture);
    Length = fread(Printed, 1, sizeof(Printed) - 1, Capture);
    Printed[Length] = 0;
    fclose(Capture);
    return Printed;
}

#define PRINTS(Expected, ...)                                                                                          \
    do {                                                                                                               \
        ULONG Returned;                                                                                                \
        StartCapture();                                                                                                \
        Returned = DbgPrint(__VA_ARGS__);                                                                              \
        cr_assert_str_eq(EndCapture(), Expected);                                                                      \
        cr_assert_eq(Returned, STATUS_SUCCESS);                                                                        \
    } while (0)

Test(debug, plain_text_is_printed_as_it_is)
{
    PRINTS("Hello\n", "Hello\n");
    PRINTS("", "%s", "");
    PRINTS("100%", "100%%");
}

Test(debug, l_means_32_bits)
{
    PRINTS("-1 4294967295 ffffffff", "%ld %lu %lx", -1, 0xFFFFFFFF, 0xFFFFFFFF);
    PRINTS("1 2 3", "%ld %lu %d", 1, 2u, 3);
    PRINTS("-2147483648", "%li", MININT32);
}

Test(debug, no_modifier_means_32_bits)
{
    PRINTS("-5 5 5 5 A 12", "%d %i %u %x %X %o", -5, 5, 5, 5, 10, 10);
}

Test(debug, i64_and_ll_mean_64_bits)
{
    PRINTS("1122334455667788", "%I64x", 0x1122334455667788ull);
    PRINTS("FEDCBA9876543210", "%llX", 0xFEDCBA9876543210ull);
    PRINTS("-1 18446744073709551615", "%I64d %I64u", (LONG64)-1, MAXULONG64);
    PRINTS("-9223372036854775808", "%lld", MININT64);
}

Test(debug, i32_and_i_have_their_sizes)
{
    PRINTS("-1 ffffffff", "%I32d %I32x", -1, -1);
    PRINTS(EMU_BY_WIDTH("1122334455667788", "11223344"), "%Ix",
           (ULONG_PTR)EMU_BY_WIDTH(0x1122334455667788, 0x11223344));
    PRINTS("7", "%zu", (SIZE_T)7);
}

Test(debug, h_and_hh_cut)
{
    PRINTS("-1 65535 beef", "%hd %hu %hx", 0x1FFFF, 0x1FFFF, 0xDEADBEEF);
    PRINTS("-1 255 ef", "%hhd %hhu %hhx", 0x1FF, 0x1FF, 0xDEADBEEF);
}

Test(debug, flags_width_and_precision_are_printfs)
{
    PRINTS("[   42][42   ][00042][+42][ 42]", "[%5d][%-5d][%05d][%+d][% d]", 42, 42, 42, 42, 42);
    PRINTS("[0x2a][0X2A][0]", "[%#x][%#X][%#x]", 42, 42, 0);
    PRINTS("[  00042]", "[%7.5d]", 42);
    PRINTS("[   42][42   ][042]", "[%*d][%*d][%.*d]", 5, 42, -5, 42, 3, 42);
    PRINTS("[0x0000002A]", "[0x%08lX]", 42);
}

Test(debug, a_pointer_is_16_capital_digits)
{
#if defined(_WIN64)
    PRINTS("00007FFE12345678", "%p", (PVOID)0x00007FFE12345678);
    PRINTS("0000000000000000", "%p", NULL);
    PRINTS("[  0000000000001000]", "[%18p]", (PVOID)0x1000);
#else /* of 8 there */
    PRINTS("FEDCBA98", "%p", (PVOID)0xFEDCBA98);
    PRINTS("00000000", "%p", NULL);
    PRINTS("[  00001000]", "[%10p]", (PVOID)0x1000);
#endif
}

Test(debug, strings_are_narrow_or_wide)
{
    PRINTS("Fred", "%s", "Fred");
    PRINTS("Fred", "%hs", "Fred");
    PRINTS("Fred", "%ws", L"Fred");
    PRINTS("Fred", "%ls", L"Fred");
    PRINTS("Fred", "%S", L"Fred");
    PRINTS("Fred", "%hS", "Fred");
}

Test(debug, strings_have_width_and_precision)
{
    PRINTS("[  Fred][Fred  ][Fr][    Fr]", "[%6s][%-6s][%.2s][%6.2s]", "Fred", "Fred", "Fred", "Fred");
    PRINTS("[  Fred][Fred  ][Fr][    Fr]", "[%6ws][%-6S][%.2ls][%6.2ws]", L"Fred", L"Fred", L"Fred", L"Fred");
}

Test(debug, the_precision_bounds_what_is_read)
{
    static const CHAR Narrow[3] = {'a', 'b', 'c'};
    static const WCHAR Wide[3] = {'a', 'b', 'c'};

    PRINTS("abc", "%.3s", Narrow);
    PRINTS("abc", "%.*ws", 3, Wide);
}

Test(debug, a_null_string_is_said_to_be_one)
{
    PRINTS("(null) (null) (null) (null)", "%s %ws %Z %wZ", NULL, NULL, NULL, NULL);
}

Test(debug, counted_strings_end_where_they_say)
{
    CHAR Narrow[] = "Fred and more";
    WCHAR Wide[] = L"Fred and more";
    ANSI_STRING Ansi = {4, sizeof(Narrow), Narrow};
    UNICODE_STRING Unicode = {8, sizeof(Wide), Wide};
    UNICODE_STRING Empty = {0, 0, NULL};

    PRINTS("Fred", "%Z", &Ansi);
    PRINTS("Fred", "%wZ", &Unicode);
    PRINTS("Fred", "%lZ", &Unicode);
    PRINTS("[    Fr][Fred  ]", "[%6.2wZ][%-6Z]", &Unicode, &Ansi);
    PRINTS("(null)", "%wZ", &Empty);
}

Test(debug, characters_are_narrow_or_wide)
{
    PRINTS("A B C D", "%c %C %wc %hC", 'A', L'B', L'C', 'D');
    PRINTS("[  A][A  ]", "[%3c][%-3c]", 'A', 'A');
}

Test(debug, wide_text_is_printed_as_utf_8)
{
    PRINTS("\xC3\xA4 \xE2\x82\xAC", "%ws", L"\u00E4 \u20AC");
    PRINTS("\xF0\x9F\x98\x80", "%ws", L"\xD83D\xDE00");
    PRINTS("\xC3\xA4", "%wc", 0xE4);
}

Test(debug, floating_point_is_not_printed_but_skipped)
{
    PRINTS("%f 7", "%f %d", 1.5, 7);
    PRINTS("%8.2lf 7", "%8.2lf %d", 1.5, 7);
}

Test(debug, what_is_no_conversion_is_printed_as_it_is)
{
    PRINTS("%y", "%y");
    PRINTS("50%", "50%");
}

Test(debug, a_line_is_cut_at_512_bytes)
{
    static CHAR Long[600];

    memset(Long, 'x', sizeof(Long) - 1);
    StartCapture();
    DbgPrint("%s", Long);
    EndCapture();
    cr_assert_eq(strlen(Printed), 512);
    cr_assert_eq(Printed[510], 'x');
    cr_assert_eq(Printed[511], '\n');
}

Test(debug, every_component_and_level_is_printed)
{
    StartCapture();
    cr_assert_eq(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "%lu\n", 7), STATUS_SUCCESS);
    cr_assert_str_eq(EndCapture(), "7\n");
}

static ULONG PrintWithPrefix(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintExWithPrefix("demo: ", DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

Test(debug, a_prefix_stands_in_front)
{
    StartCapture();
    cr_assert_eq(PrintWithPrefix("%d %s\n", 7, "dwarfs"), STATUS_SUCCESS);
    cr_assert_str_eq(EndCapture(), "demo: 7 dwarfs\n");
}

Test(debug, kdprint_prints_in_a_debug_build)
{
    StartCapture();
    KdPrint(("%lu\n", 7));
    cr_assert_str_eq(EndCapture(), "7\n");
}

/* ---- Assertions ----------------------------------------------------------------------------------------------- */

Test(debug, an_assertion_that_holds_does_nothing)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ASSERT(1 + 1 == 2);
    }
    cr_assert_eq(Stop.Code, 0);
}

Test(debug, a_failed_assertion_is_an_unhandled_breakpoint)
{
    static CHAR Expression[] = "1 + 1 == 3";
    static CHAR File[] = "sums.c";
    EMU_BUGCHECK Stop;

    StartCapture();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        RtlAssert(Expression, File, 17, NULL);
    }
    EndCapture();

    cr_assert_eq(Stop.Code, 0x1E);
    cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)0xFFFFFFFF80000003);
    cr_assert_neq(Stop.Parameter[1], 0);
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
    cr_assert_str_eq(Stop.Text, "assertion failed: 1 + 1 == 3 (sums.c, line 17)");
    cr_assert_str_eq(Printed, "\n*** Assertion failed: 1 + 1 == 3\n***   Source File: sums.c, line 17\n\n");
}

Test(debug, an_assertion_may_have_a_message)
{
    EMU_BUGCHECK Stop;

    StartCapture();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ASSERTMSG("sums are wrong", 1 + 1 == 3);
    }
    EndCapture();

    cr_assert_eq(Stop.Code, 0x1E);
    cr_assert_not_null(strstr(Stop.Text, "assertion failed: sums are wrong: 1 + 1 == 3 ("));
}

Test(debug, the_text_of_a_stop_is_as_long_as_its_field_holds)
{
    static const CHAR Start[] = "assertion failed: ";
    CHAR Assertion[sizeof(((EMU_BUGCHECK *)0)->Text) + 16], Wanted[sizeof(((EMU_BUGCHECK *)0)->Text)];
    EMU_BUGCHECK Stop;

    memset(Assertion, 'x', sizeof(Assertion) - 1);
    Assertion[sizeof(Assertion) - 1] = 0;
    memset(Wanted, 'x', sizeof(Wanted) - 1);
    Wanted[sizeof(Wanted) - 1] = 0;
    memcpy(Wanted, Start, sizeof(Start) - 1);
    StartCapture();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        RtlAssert(Assertion, "sums.c", 17, NULL);
    }
    EndCapture();

    cr_assert_eq(Stop.Code, 0x1E);
    cr_assert_str_eq(Stop.Text, Wanted);
}
