/* The environment variables that set poolemu: the rules that hold for all of them, what is printed of them, and the
 * words to whoever gets one wrong. Each wrong one is in a child, which has not used poolemu yet. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "support.h"

#define COMPLAINT "poolemu: the environment variable "
#define SIXTEEN "0123456789abcdef"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define WANTS_ARENA                                                                                                    \
    "; want a number from 64 to 16384 (x86: 1024); the default is 16384 (Windows: 4096; x86, or under memcheck: "      \
    "256).\n"

typedef struct SETTING {
    PCSTR Name;
    PCSTR Value;
    PCSTR Errors;
} SETTING;

static const PCSTR Names[] = {
    "POOLEMU_WINDOWS",      "POOLEMU_VERIFIER",       "POOLEMU_FAULTS",    "POOLEMU_POOLTAG",
    "POOLEMU_SANITIZE",     "POOLEMU_QUARANTINE_MIB", "POOLEMU_ARENA_MIB", "POOLEMU_EXECUTE_MIB",
    "POOLEMU_SPIN_SECONDS", "POOLEMU_FAULT_STOPS",    "POOLEMU_OPTIONS",
};

static const SETTING *Setting;
static char Errors[16384], Output[16384];

static void SetAll(PCSTR Value)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        if (Value == NULL) {
            unsetenv(Names[Index]);
        } else {
            setenv(Names[Index], Value, 1);
        }
    }
}

static void UsePoolemu(void)
{
    EmuReset();
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 24, 'tseT');
    _exit(Block != NULL ? 0 : 1);
}

static void UsePoolemuWithSetting(void)
{
    SetAll(NULL);
    setenv(Setting->Name, Setting->Value, 1);
    UsePoolemu();
}

static void ExpectWords(const SETTING *Wrong)
{
    Setting = Wrong;
    int Status = RunChild(UsePoolemuWithSetting, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "%s=%s: 0x%X", Wrong->Name, Wrong->Value,
              (unsigned)Status);
    cr_expect_str_eq(Errors, Wrong->Errors);
}

static void ExpectSuccess(const SETTING *Right)
{
    Setting = Right;
    cr_expect_eq(RunChild(UsePoolemuWithSetting, Errors, sizeof(Errors)), 0, "%s=%s", Right->Name, Right->Value);
    cr_expect_str_eq(Errors, Right->Errors);
}

/* ---- The rules ----------------------------------------------------------------------------------------------------
 */

static void UsePoolemuWithEmptyOnes(void)
{
    SetAll("");
    UsePoolemu();
}

Test(options, an_empty_variable_is_not_set)
{
    cr_expect_eq(RunChild(UsePoolemuWithEmptyOnes, Errors, sizeof(Errors)), 0);
    cr_expect_str_eq(Errors, "");
}

#define WRONG_ARENA(Value)                                                                                             \
    {                                                                                                                  \
        "POOLEMU_ARENA_MIB", Value, COMPLAINT "POOLEMU_ARENA_MIB is \"" Value "\"" WANTS_ARENA                         \
    }

Test(options, a_number_is_decimal_digits_within_its_bounds)
{
    static const SETTING Wrong[] = {
        WRONG_ARENA("63"),
        WRONG_ARENA(EMU_TEXT_BY_WIDTH("16385", "1025")),
        WRONG_ARENA(" 64"),
        WRONG_ARENA("64 "),
        WRONG_ARENA("+64"),
        WRONG_ARENA("-64"),
        WRONG_ARENA("-18446744073709551552"), /* 64, modulo 2 to the 64th */
        WRONG_ARENA("18446744073709551680"),
        WRONG_ARENA("4294967360"),
        WRONG_ARENA("0x40"),
        WRONG_ARENA("64MiB"),
        WRONG_ARENA("much"),
    };
    static const SETTING Right[] = {
        {"POOLEMU_ARENA_MIB", "64", ""},
        {"POOLEMU_ARENA_MIB", EMU_TEXT_BY_WIDTH("16384", "1024"), ""},
        {"POOLEMU_ARENA_MIB", "0064", ""},
        {"POOLEMU_QUARANTINE_MIB", "0", ""},
    };

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index++) {
        ExpectWords(&Wrong[Index]);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Right); Index++) {
        ExpectSuccess(&Right[Index]);
    }
}

Test(options, a_flag_is_0_or_1)
{
    static const SETTING Wrong[] = {
        {"POOLEMU_SANITIZE", "2", COMPLAINT "POOLEMU_SANITIZE is \"2\"; want 0 or 1; the default is 1.\n"},
        {"POOLEMU_SANITIZE", "yes", COMPLAINT "POOLEMU_SANITIZE is \"yes\"; want 0 or 1; the default is 1.\n"},
    };
    static const SETTING Right[] = {{"POOLEMU_SANITIZE", "0", ""}, {"POOLEMU_SANITIZE", "1", ""}};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index++) {
        ExpectWords(&Wrong[Index]);
        ExpectSuccess(&Right[Index]);
    }
}

Test(options, a_wrong_number_is_told_even_if_nobody_needs_it)
{
    static const SETTING Wrong = {"POOLEMU_QUARANTINE_MIB", "1e3",
                                  COMPLAINT "POOLEMU_QUARANTINE_MIB is \"1e3\"; want a number from 0 to 16384 (x86: "
                                            "1024); the default is 16.\n"};

    ExpectWords(&Wrong);
}

Test(options, a_wrong_text_is_told_in_the_same_words)
{
    static const SETTING Wrong[] = {
        {"POOLEMU_WINDOWS", "win9",
         COMPLAINT "POOLEMU_WINDOWS is \"win9\": there is no such Windows; want a name that `poolemu windows` lists; "
                   "the default is win11-25h2.\n"},
        {"POOLEMU_VERIFIER", "everything",
         COMPLAINT "POOLEMU_VERIFIER is \"everything\"; want words out of special, irql, lowres, tracking, io, "
                   "deadlock, dma, security, misc, ddi, systematic, codeintegrity, standard, separated by commas, or "
                   "the bits as a number; the default is none.\n"},
        {"POOLEMU_FAULTS", "nth=0",
         COMPLAINT "POOLEMU_FAULTS is \"nth=0\": nth=0: a number from 1 to 18446744073709551615 is needed; want what "
                   "`poolemu run --help` says of --faults; the default is none.\n"},
        {"POOLEMU_OPTIONS", "help=2",
         COMPLAINT "POOLEMU_OPTIONS is \"help=2\"; want help=0 or help=1; the default is "
                   "help=0.\n"},
    };

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index++) {
        ExpectWords(&Wrong[Index]);
    }
}

/* ---- The start ----------------------------------------------------------------------------------------------------
 */

static void SetEachBeforeUse(void)
{
    EMU_LOW_RESOURCES Nothing = {.Mode = EmuFailByCallback}; /* and no callback, so it is refused */

    SetAll(NULL);
    setenv("POOLEMU_WINDOWS", "win7", 1);
    setenv("POOLEMU_VERIFIER", "irql", 1);
    setenv("POOLEMU_FAULTS", "nth=1", 1);
    if (EmuSetLowResources(&Nothing) != STATUS_INVALID_PARAMETER || EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS) != 0 ||
        EmuSetWindows("win8.1") != STATUS_SUCCESS) {
        _exit(1);
    }
    if (EmuVerifier() != EMU_VERIFIER_MISCELLANEOUS || strcmp(EmuWindows()->Name, "win8.1") != 0) {
        _exit(2);
    }
    /* What nobody has set anew is as the option says. */
    _exit(ExAllocatePoolWithTag(PagedPool, 24, 'tseT') == NULL ? 0 : 3);
}

Test(options, what_a_test_sets_before_all_else_replaces_the_option)
{
    cr_expect_eq(RunChild(SetEachBeforeUse, Errors, sizeof(Errors)), 0);
}

static void SetTheWindowsOnly(void)
{
    SetAll(NULL);
    setenv("POOLEMU_VERIFIER", "everything", 1);
    EmuSetWindows("win7");
    _exit(0);
}

Test(options, the_first_routine_of_all_reads_every_option)
{
    int Status = RunChild(SetTheWindowsOnly, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT, "0x%X", (unsigned)Status);
    cr_expect_not_null(strstr(Errors, COMPLAINT "POOLEMU_VERIFIER is \"everything\""));
}

static void ResetWithFaults(void)
{
    SetAll(NULL);
    setenv("POOLEMU_FAULTS", "nth=1", 1);
    setenv("POOLEMU_VERIFIER", "lowres", 1);
    setenv("POOLEMU_WINDOWS", "win7", 1);
    for (ULONG Round = 0; Round < 2; Round++) {
        PVOID First = ExAllocatePoolWithTag(PagedPool, 24, 'tseT'),
              Second = ExAllocatePoolWithTag(PagedPool, 24, 'tseT');
        if (First != NULL || Second == NULL || EmuVerifier() != EMU_VERIFIER_LOW_RESOURCES ||
            strcmp(EmuWindows()->Name, "win7") != 0) {
            _exit(1);
        }
        EmuSetLowResources(NULL);
        EmuSetVerifier(0);
        EmuSetWindows("win11-25h2");
        EmuReset();
    }
    _exit(0);
}

Test(options, a_reset_puts_the_options_in_force_again)
{
    cr_expect_eq(RunChild(ResetWithFaults, Errors, sizeof(Errors)), 0);
}

Test(options, the_default_windows_is_the_one_that_the_words_name)
{
    SetAll(NULL);
    cr_expect_str_eq(EmuWindows()->Name, "win11-25h2");
}

Test(options, a_long_value_is_shortened)
{
    static const SETTING Wrong[] = {
        WRONG_ARENA(SIXTY_FOUR),
        {"POOLEMU_ARENA_MIB", SIXTY_FOUR "g", COMPLAINT "POOLEMU_ARENA_MIB is \"" SIXTY_FOUR "...\"" WANTS_ARENA},
    };

    ExpectWords(&Wrong[0]);
    ExpectWords(&Wrong[1]);
}

/* ---- Variables that nobody knows ----------------------------------------------------------------------------------
 */

Test(options, an_unknown_variable_is_told_once_and_the_process_goes_on)
{
    static const SETTING Unknown[] = {
        {"POOLEMU_WINDOW", "win7", "poolemu: there is no option POOLEMU_WINDOW; `poolemu options` lists them\n"},
        {"POOLEMU_WINDOWS_", "win7", "poolemu: there is no option POOLEMU_WINDOWS_; `poolemu options` lists them\n"},
    };

    ExpectSuccess(&Unknown[0]);
    ExpectSuccess(&Unknown[1]);
}

Test(options, what_others_read_is_not_told)
{
    static const SETTING Others[] = {
        {"POOLEMU_FUZZ_TRACE", "1", ""},
        {"POOLEMU_BENCH_SVG", "a", ""},
        {"POOLEMU_ROOT", "/", ""},
        {"MY_POOLEMU_WINDOW", "win7", ""},
    };

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Others); Index++) {
        ExpectSuccess(&Others[Index]);
    }
}

/* ---- The list -----------------------------------------------------------------------------------------------------
 */

static int Run(PCSTR Arguments)
{
    return RunProgram(POOLEMU_TEST_DRIVERS, POOLEMU_TOOL, Arguments, Output, sizeof(Output));
}

Test(options, the_command_lists_all_with_the_values_that_are_set)
{
    SetAll(NULL);
    setenv("POOLEMU_ARENA_MIB", "128", 1);
    cr_expect_eq(Run("options"), 0);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        cr_expect_not_null(strstr(Output, Names[Index]), "%s", Names[Index]);
    }
    cr_expect_not_null(strstr(Output, "POOLEMU_ARENA_MIB\n"
                                      "    takes    a number from 64 to 16384 (x86: 1024)\n"
                                      "    default  16384 (Windows: 4096; x86, or under memcheck: 256)\n"
                                      "    is       128\n"
                                      "    How many MiB of addresses each of the three kinds of pool has. It is made "
                                      "a power of two.\n"
                                      "POOLEMU_EXECUTE_MIB\n"
                                      "    takes    a number from 64 to 16384 (x86: 1024)\n"
                                      "    default  512\n"
                                      "    How many MiB"),
                       "%s", Output);
}

Test(options, the_command_shows_wrong_values_too)
{
    SetAll(NULL);
    setenv("POOLEMU_ARENA_MIB", "much", 1);
    cr_expect_eq(Run("options"), 0);
    cr_expect_not_null(strstr(Output, "    is       much\n"), "%s", Output);
}

Test(options, the_command_has_help_and_takes_no_argument)
{
    cr_expect_eq(Run("options --help"), 0);
    cr_expect_eq(strstr(Output, "Usage: poolemu options\n"), Output, "%s", Output);
    cr_expect_eq(Run("options POOLEMU_WINDOWS"), 2);
    cr_expect_str_eq(Output, "poolemu: options: takes no argument: 'POOLEMU_WINDOWS'\n"
                             "Try `poolemu options --help`.\n");
}

Test(options, with_help_a_program_writes_the_same_list_when_it_starts)
{
    static const SETTING None = {"POOLEMU_OPTIONS", "help=0", ""};
    static SETTING Help = {"POOLEMU_OPTIONS", "help=1", Output};

    ExpectSuccess(&None);
    SetAll(NULL);
    setenv("POOLEMU_OPTIONS", "help=1", 1);
    cr_expect_eq(Run("options"), 0);
    ExpectSuccess(&Help);
    cr_expect_not_null(strstr(Errors, "    is       help=1\n"), "%s", Errors);
}
