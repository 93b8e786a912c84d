/* sanitize.c: what AddressSanitizer and valgrind's memcheck find in programs with a mistake of a driver's
 * (sanitize/bugs.c), linked with the ordinary library, and in correct ones (sanitize/correct.c). */
#include <criterion/criterion.h>
#include <stdarg.h>

#include "child.h"
#include "support.h"

TestSuite(sanitize, .timeout = 300);

enum {
    UNNOTICED = 3,  /* the exit status of bugs.c */
    MEMCHECKED = 9, /* valgrind's, when memcheck reported anything */
};

static const PCSTR Programs[] = {SANITIZE_STATIC, SANITIZE_SHARED};

typedef struct REPORT {
    int Status;
    char Text[1 << 16];
} REPORT;

static VOID Run(REPORT *Report, PCSTR Settings, PCSTR Program, PCSTR Arguments)
{
    char Line[900];

    snprintf(Line, sizeof(Line), "%s '%s' %s", Settings, Program, Arguments);
    Report->Status = RunProgram("/", "/usr/bin/env", Line, Report->Text, sizeof(Report->Text));
}

/* AddressSanitizer leaves its addresses as they are: to give them names takes it longer than all the rest, and what is
 * looked at here is poolemu's part of the report. */
static VOID RunBug(REPORT *Report, PCSTR Program, PCSTR Bug, POOL_TYPE Type, SIZE_T Bytes)
{
    char Arguments[128];

    snprintf(Arguments, sizeof(Arguments), "%s %u %zu", Bug, (unsigned)Type, (size_t)Bytes);
    Run(Report, "POOLEMU_SANITIZE=1 ASAN_OPTIONS=detect_leaks=0:exitcode=1:symbolize=0", Program, Arguments);
}

static VOID ExpectText(const REPORT *Report, PCSTR Text)
{
    cr_expect(strstr(Report->Text, Text) != NULL, "\"%s\" is not in this report:\n%.6000s", Text, Report->Text);
}

static EMU_FORMAT(2, 3) VOID ExpectLine(const REPORT *Report, PCSTR Format, ...)
{
    char Line[256];
    va_list Values;

    va_start(Values, Format);
    vsnprintf(Line, sizeof(Line), Format, Values);
    va_end(Values);
    ExpectText(Report, Line);
}

static const struct {
    POOL_TYPE Type;
    PCSTR Name;
} Types[] = {{NonPagedPoolExecute, "NonPagedPool"}, {PagedPool, "PagedPool"}, {NonPagedPoolNx, "NonPagedPoolNx"}};

static const SIZE_T Lengths[] = {1, 24, LARGEST_SMALL, LARGEST_SMALL + 1, 8192, 100000};

/* The mistake, of every type and size, is a report that says where, of which block, and who allocated it. */
static VOID ExpectEverywhere(PCSTR Bug, PCSTR Where, PCSTR Freed, PCSTR Function)
{
    static REPORT Report;

    for (SIZE_T Index = 0; Index < COUNT(Types) * COUNT(Lengths); Index++) {
        SIZE_T Type = Index / COUNT(Lengths), Bytes = Lengths[Index % COUNT(Lengths)];
        RunBug(&Report, Programs[Index % COUNT(Programs)], Bug, Types[Type].Type, Bytes);
        cr_expect_eq(Report.Status, 1, "%s of %zu bytes of %s was not noticed", Bug, (size_t)Bytes, Types[Type].Name);
        ExpectText(&Report, "ERROR: AddressSanitizer: use-after-poison");
        ExpectLine(&Report, " is %s the %s%zu-byte block 'Rang' of %s at 0x", Where, Freed, (size_t)Bytes,
                   Types[Type].Name);
        ExpectText(&Report, "    allocated by MakeBlock (bugs.c:");
        ExpectLine(&Report, "        called by %s (bugs.c:", Function);
    }
}

/* ---- AddressSanitizer ------------------------------------------------------------------------------------------- */

Test(sanitize, asan_reports_an_overrun_of_one_byte)
{
    ExpectEverywhere("overrun", "1 byte behind", "", "Overrun");
}

Test(sanitize, asan_reports_an_underrun_of_one_byte)
{
    ExpectEverywhere("underrun", "1 byte in front of", "", "Underrun");
}

Test(sanitize, asan_reports_a_copy_that_is_one_byte_too_long)
{
    ExpectEverywhere("copy_too_much", "1 byte behind", "", "CopyTooMuch");
}

/* The quarantine: another block of the size does not get the memory. */
Test(sanitize, asan_reports_a_use_after_free_when_others_came_and_went)
{
    ExpectEverywhere("late_use_after_free", "0 bytes into", "freed ", "LateUseAfterFree");
}

Test(sanitize, asan_shows_who_freed_the_block)
{
    static REPORT Report;

    for (SIZE_T Index = 0; Index < COUNT(Programs); Index++) {
        Run(&Report, "POOLEMU_SANITIZE=1", Programs[Index], "use_after_free 1 24"); /* all as it is by default */
        cr_expect_eq(Report.Status, 1);
        ExpectText(&Report, " is 12 bytes into the freed 24-byte block 'Rang' of PagedPool at 0x");
        ExpectText(&Report, "    allocated by MakeBlock (bugs.c:");
        ExpectText(&Report, "    freed by DropBlock (bugs.c:");
        ExpectText(&Report, "        called by UseAfterFree (bugs.c:");
    }
}

Test(sanitize, asan_reports_a_touch_of_a_block_of_no_bytes)
{
    static REPORT Report;

    RunBug(&Report, SANITIZE_STATIC, "empty_block", NonPagedPoolNx, 0);
    cr_expect_eq(Report.Status, 1);
    ExpectText(&Report, " is 1 byte behind the 0-byte block 'Rang' of NonPagedPoolNx at 0x");
    ExpectText(&Report, "    allocated by EmptyBlock (bugs.c:");
}

Test(sanitize, asan_reports_a_write_to_an_entry_on_a_lookaside_list)
{
    static REPORT Report;

    for (SIZE_T Index = 0; Index < COUNT(Types); Index++) {
        RunBug(&Report, Programs[Index % COUNT(Programs)], "use_entry_on_list", Types[Index].Type, 64);
        cr_expect_eq(Report.Status, 1);
        ExpectLine(&Report, " is 63 bytes into the 64-byte block 'Rang' of %s at 0x", Types[Index].Name);
        ExpectText(&Report, ", an entry that lies on a lookaside list\n");
        ExpectText(&Report, " by TakeEntry (bugs.c:");
        ExpectText(&Report, "    freed by ");
        ExpectText(&Report, " by PutEntry (bugs.c:");
    }
}

Test(sanitize, asan_reports_a_write_to_the_link_of_an_entry)
{
    static REPORT Report;

    RunBug(&Report, SANITIZE_SHARED, "write_link_on_list", NonPagedPoolNx, 64);
    cr_expect_eq(Report.Status, 1);
    ExpectText(&Report, " is 0 bytes into the 64-byte block 'Rang' of NonPagedPoolNx at 0x");
}

Test(sanitize, asan_reports_an_overrun_of_an_entry_that_came_from_a_list)
{
    static REPORT Report;

    for (SIZE_T Index = 0; Index < COUNT(Types); Index++) {
        RunBug(&Report, Programs[Index % COUNT(Programs)], "overrun_entry", Types[Index].Type, 5000);
        cr_expect_eq(Report.Status, 1);
        ExpectLine(&Report, " is 1 byte behind the 5000-byte block 'Rang' of %s at 0x", Types[Index].Name);
        ExpectText(&Report, " by TakeEntry (bugs.c:");
    }
}

Test(sanitize, an_overrun_within_the_pages_of_a_block_of_special_pool_is_a_report)
{
    static REPORT Report;

    /* Of a length that is no multiple of the alignment, as there is room behind it then. */
    Run(&Report, "POOLEMU_SANITIZE=1 POOLEMU_VERIFIER=special", SANITIZE_STATIC, "overrun 512 20");
    cr_expect_eq(Report.Status, 1);
    ExpectText(&Report, " is 1 byte behind the 20-byte block 'Rang' of NonPagedPoolNx at 0x");
}

/* A fault says more than a report. */
Test(sanitize, a_use_after_free_in_special_pool_is_the_stop_that_it_always_is)
{
    static REPORT Report;

    Run(&Report, "POOLEMU_SANITIZE=1 POOLEMU_VERIFIER=special", SANITIZE_STATIC, "use_after_free 512 24");
    ExpectText(&Report, "*** STOP: 0x000000D5 ");
    cr_expect(strstr(Report.Text, "ERROR: AddressSanitizer") == NULL, "%s", Report.Text);
}

/* Two threads free a block: what is freed waits, and is freed all the same. */
Test(sanitize, a_double_free_is_the_stop_that_it_always_is)
{
    static REPORT Report;

    for (SIZE_T Index = 0; Index < COUNT(Lengths); Index++) {
        RunBug(&Report, Programs[Index % COUNT(Programs)], "double_free", NonPagedPoolNx, Lengths[Index]);
        ExpectText(&Report, EMU_BY_WIDTH("*** STOP: 0x0000013A (0x00000000000000", "*** STOP: 0x0000013A (0x000000"));
        cr_expect_not_null(strstr(Report.Text, "the block was freed before"), "%s", Report.Text);
        cr_expect(strstr(Report.Text, "ERROR: AddressSanitizer") == NULL, "%s", Report.Text);
    }
}

Test(sanitize, without_a_quarantine_memory_is_used_again_at_once)
{
    static REPORT Report;

    Run(&Report, "POOLEMU_SANITIZE=1 POOLEMU_QUARANTINE_MIB=0", SANITIZE_STATIC, "reuse 512 24");
    cr_expect_eq(Report.Status, 0, "%s", Report.Text);
    Run(&Report, "POOLEMU_SANITIZE=1", SANITIZE_STATIC, "reuse 512 24");
    cr_expect_eq(Report.Status, UNNOTICED, "%s", Report.Text);
}

Test(sanitize, the_switch_turns_it_off)
{
    static REPORT Report;

    Run(&Report, "POOLEMU_SANITIZE=0 ASAN_OPTIONS=detect_leaks=0", SANITIZE_STATIC, "overrun 512 24");
    cr_expect_eq(Report.Status, UNNOTICED, "%s", Report.Text);
}

Test(sanitize, bad_settings_are_refused_with_a_word_why)
{
    static REPORT Report;

    Run(&Report, "POOLEMU_SANITIZE=yes", SANITIZE_STATIC, "overrun 512 24");
    ExpectText(&Report, "poolemu: the environment variable POOLEMU_SANITIZE is \"yes\"; want 0 or 1; the default is "
                        "1.\n");
    Run(&Report, "POOLEMU_SANITIZE=1 POOLEMU_QUARANTINE_MIB=" EMU_TEXT_BY_WIDTH("16385", "1025"), SANITIZE_STATIC,
        "use_after_free 512 24");
    ExpectText(&Report, "poolemu: the environment variable POOLEMU_QUARANTINE_MIB is \"" EMU_TEXT_BY_WIDTH(
                            "16385", "1025") "\"; want a number from 0 to 16384 (x86: 1024); the default is 16.\n");
}

Test(sanitize, asan_reports_nothing_in_a_correct_program)
{
    static REPORT Report;
    static const PCSTR Correct[] = {SANITIZE_CORRECT_STATIC, SANITIZE_CORRECT_SHARED};

    for (SIZE_T Index = 0; Index < COUNT(Correct); Index++) {
        Run(&Report, "POOLEMU_SANITIZE=1", Correct[Index], "AddressSanitizer");
        cr_expect_eq(Report.Status, 0, "%s", Report.Text);
        cr_expect_str_eq(Report.Text, "");
    }
}

/* ---- memcheck ---------------------------------------------------------------------------------------------------- */

static VOID RunMemcheck(REPORT *Report, PCSTR Program, PCSTR Arguments)
{
    char Found[8], Words[512];

    if (SANITIZE_PLAIN[0] == 0) {
        cr_skip_test("valgrind does not run what is built with a sanitizer");
    }
    if (RunProgram("/", "/bin/sh", "-c 'command -v valgrind'", Found, sizeof(Found)) != 0) {
        cr_skip_test("valgrind is not installed (Debian: apt-get install valgrind)");
    }
    /* By default valgrind goes on behind a fault that was handled with what registers held before. */
    snprintf(Words, sizeof(Words),
             "POOLEMU_SANITIZE=1 valgrind -q --vex-iropt-register-updates=allregs-at-mem-access --error-exitcode=%d "
             "'%s' %s",
             MEMCHECKED, Program, Arguments);
    Report->Status = RunProgram("/", "/usr/bin/env", Words, Report->Text, sizeof(Report->Text));
}

static VOID ExpectMemcheck(PCSTR Bug, POOL_TYPE Type, SIZE_T Bytes, PCSTR Where, PCSTR Function)
{
    static REPORT Report;
    char Arguments[128];

    snprintf(Arguments, sizeof(Arguments), "%s %u %zu", Bug, (unsigned)Type, (size_t)Bytes);
    RunMemcheck(&Report, SANITIZE_PLAIN, Arguments);
    cr_expect_eq(Report.Status, MEMCHECKED, "%s was not noticed: %s", Arguments, Report.Text);
    ExpectText(&Report, Where);
    ExpectText(&Report, Function);
}

Test(sanitize, memcheck_reports_an_overrun_with_the_stack_of_the_allocation)
{
    ExpectMemcheck("overrun", PagedPool, 24, "is 0 bytes after a block of size 24 alloc'd", ": MakeBlock (");
    ExpectMemcheck("overrun", NonPagedPoolNx, 8192, "is 0 bytes after a block of size 8,192 alloc'd", ": Overrun (");
}

Test(sanitize, memcheck_reports_an_underrun)
{
    ExpectMemcheck("underrun", NonPagedPoolExecute, 24, "is 1 bytes before a block of size 24 alloc'd",
                   ": MakeBlock (");
    ExpectMemcheck("underrun", NonPagedPoolNx, 8192, "is 1 bytes before a block of size 8,192 alloc'd",
                   ": MakeBlock (");
}

Test(sanitize, memcheck_reports_a_use_after_free_with_both_stacks)
{
    ExpectMemcheck("use_after_free", PagedPool, 24, "is 12 bytes inside a block of size 24 free'd", ": DropBlock (");
    ExpectMemcheck("late_use_after_free", NonPagedPoolNx, 5000, "is 0 bytes inside a block of size 5,000 free'd",
                   "Block was alloc'd at");
}

Test(sanitize, memcheck_shows_the_pool_type_as_a_function_of_the_allocation)
{
    ExpectMemcheck("overrun", NonPagedPoolExecute, 24, ": KiInNonPagedPool (", ": MakeBlock (");
    ExpectMemcheck("overrun", PagedPool, 24, ": KiInPagedPool (", ": MakeBlock (");
    ExpectMemcheck("overrun", NonPagedPoolNx, 24, ": KiInNonPagedPoolNx (", ": MakeBlock (");
}

Test(sanitize, memcheck_reports_an_uninitialized_read)
{
    ExpectMemcheck("read_uninitialized", PagedPool, 24, "depends on uninitialised value", ": ReadUninitialized (");
    ExpectMemcheck("read_uninitialized", NonPagedPoolNx, 8192, "depends on uninitialised value",
                   ": ReadUninitialized (");
}

Test(sanitize, memcheck_reports_mistakes_with_entries_of_lookaside_lists)
{
    ExpectMemcheck("use_entry_on_list", PagedPool, 64, "is 63 bytes inside a block of size 64 alloc'd",
                   ": UseEntryOnList (");
    ExpectMemcheck("write_link_on_list", NonPagedPoolNx, 64, "is 0 bytes inside a block of size 64 alloc'd",
                   ": WriteLinkOnList (");
    ExpectMemcheck("read_uninitialized_entry", NonPagedPoolNx, 64, "depends on uninitialised value",
                   ": ReadUninitializedEntry (");
}

Test(sanitize, memcheck_reports_nothing_in_a_correct_program)
{
    static REPORT Report;

    RunMemcheck(&Report, SANITIZE_CORRECT_PLAIN, "memcheck");
    cr_expect_eq(Report.Status, 0, "%s", Report.Text);
    cr_expect_str_eq(Report.Text, "");
}

/* ---- MemorySanitizer --------------------------------------------------------------------------------------------- */

static VOID RunMemorySanitizer(REPORT *Report, PCSTR Program, PCSTR Arguments)
{
    if (Program[0] == 0) {
        cr_skip_test("MemorySanitizer is clang's, and goes with no other sanitizer");
    }
    Run(Report, "POOLEMU_SANITIZE=1 MSAN_OPTIONS=exitcode=1", Program, Arguments);
}

Test(sanitize, msan_reports_an_uninitialized_read)
{
    static REPORT Report;

    RunMemorySanitizer(&Report, SANITIZE_MEMORY, "read_uninitialized 1 24");
    cr_expect_eq(Report.Status, 1);
    ExpectText(&Report, "WARNING: MemorySanitizer: use-of-uninitialized-value");
    ExpectText(&Report, " in ReadUninitialized ");
    RunMemorySanitizer(&Report, SANITIZE_MEMORY, "read_uninitialized 512 8192");
    cr_expect_eq(Report.Status, 1);
    ExpectText(&Report, " in ReadUninitialized ");
    RunMemorySanitizer(&Report, SANITIZE_MEMORY, "read_uninitialized_entry 512 64");
    cr_expect_eq(Report.Status, 1);
    ExpectText(&Report, " in ReadUninitializedEntry ");
}

Test(sanitize, msan_reports_nothing_in_a_correct_program)
{
    static REPORT Report;

    RunMemorySanitizer(&Report, SANITIZE_CORRECT_MEMORY, "MemorySanitizer");
    cr_expect_eq(Report.Status, 0, "%s", Report.Text);
    cr_expect_str_eq(Report.Text, "");
}
