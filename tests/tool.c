/* tool.c: the poolemu command: what it prints, where, and its exit status. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#if !defined(_WIN32)
#include <sys/statvfs.h>
#endif
#include <unistd.h>

#include "child.h"
#include "support.h"

static char Output[65536];

/* Runs the command with these arguments; Output holds what it wrote to both streams. Returns the exit status. */
static int Run(const char *Arguments)
{
    return RunProgram(POOLEMU_TEST_DRIVERS, POOLEMU_TOOL, Arguments, Output, sizeof(Output));
}

static void ExpectOutput(const char *Part)
{
    cr_expect_not_null(strstr(Output, Part), "'%s' is not in:\n%s", Part, Output);
}

static ULONG Lines(void)
{
    ULONG Count = 0;

    for (const char *Character = Output; *Character != 0; Character++) {
        Count += *Character == '\n';
    }
    return Count;
}

static SIZE_T WindowsCount(void)
{
    SIZE_T Count;

    EmuWindowsTable(&Count);
    return Count;
}

/* ---- poolemu ----------------------------------------------------------------------------------------------------- */

Test(tool, help_lists_the_commands)
{
    cr_expect_eq(Run("--help"), 0);
    ExpectOutput("Usage: poolemu COMMAND");
    ExpectOutput("\n  audit ");
    ExpectOutput("\n  run ");
    ExpectOutput("\n  windows ");
}

Test(tool, version_is_one_line)
{
    cr_expect_eq(Run("--version"), 0);
    ExpectOutput("poolemu 0.");
    cr_expect_eq(Lines(), 1);
}

Test(tool, no_command_is_a_usage_error)
{
    cr_expect_eq(Run(""), 2);
    cr_expect_str_eq(Output, "poolemu: no command\nTry `poolemu --help`.\n");
}

Test(tool, unknown_command_is_a_usage_error)
{
    cr_expect_eq(Run("walk"), 2);
    cr_expect_str_eq(Output, "poolemu: 'walk' is no command\nTry `poolemu --help`.\n");
}

Test(tool, unknown_option_is_a_usage_error)
{
    cr_expect_eq(Run("--fast"), 2);
    ExpectOutput("poolemu: unrecognized option '--fast'\n");
}

/* ---- poolemu windows --------------------------------------------------------------------------------------------- */

Test(tool, windows_lists_every_release)
{
    cr_expect_eq(Run("windows"), 0);
    cr_expect_eq(Lines(), WindowsCount() + 1);
    ExpectOutput("\nwin7         Windows 7                              6.1       7600  0x06010000  no       no\n");
    ExpectOutput("\nwin8         Windows 8                              6.2       9200  0x06020000  yes      no\n");
    ExpectOutput("\nwin10-2004   Windows 10 Version 2004                10.0     19041  0x0A000008  yes      yes\n");
}

Test(tool, windows_has_help)
{
    cr_expect_eq(Run("windows --help"), 0);
    ExpectOutput("Usage: poolemu windows");
}

Test(tool, windows_takes_no_argument)
{
    cr_expect_eq(Run("windows 7"), 2);
    ExpectOutput("poolemu: windows: takes no argument: '7'");
}

/* ---- poolemu audit ----------------------------------------------------------------------------------------------- */

Test(tool, audit_has_help)
{
    cr_expect_eq(Run("audit --help"), 0);
    ExpectOutput("Usage: poolemu audit");
    ExpectOutput("--run");
}

Test(tool, audit_of_a_driver_without_mistakes_succeeds)
{
    cr_expect_eq(Run("audit audit_optin" DRIVER_SUFFIX), 0);
    ExpectOutput("main.c\n");
    ExpectOutput("part.c\n");
    ExpectOutput("\nno mistakes\n");
    cr_expect_eq(Lines(), 4);
}

#if !defined(_ARM64_) /* there the headers opt in by themselves */

Test(tool, audit_fails_when_there_are_mistakes)
{
    cr_expect_eq(Run("audit audit_optin_without_call" DRIVER_SUFFIX), 1);
    ExpectOutput("mistake: main.c has POOL_NX_OPTIN");
    cr_expect_eq(Lines(), 4);
}

Test(tool, audit_reads_for_another_windows)
{
    cr_expect_eq(Run("audit audit_auto" DRIVER_SUFFIX), 0);
    cr_expect_eq(Run("audit --windows win7 audit_auto" DRIVER_SUFFIX), 1);
    ExpectOutput("mistake: main.c has POOL_NX_OPTIN_AUTO, and Windows 7 does not know NonPagedPoolNx\n");
}

Test(tool, audit_with_a_run_adds_its_mistakes)
{
    cr_expect_eq(Run("audit audit_early_block" DRIVER_SUFFIX), 0);
    cr_expect_eq(Run("audit --run audit_early_block" DRIVER_SUFFIX), 1);
    ExpectOutput(" ok ");
    ExpectOutput("mistake: ExInitializeDriverRuntime was called after ExAllocatePoolWithTag");
}

Test(tool, audit_with_a_run_counts_executable_blocks_by_call_site)
{
    cr_expect_eq(Run("audit --run --windows win8 audit_optin_without_call" DRIVER_SUFFIX), 1);
    ExpectOutput("    BLOCKS  EXECUTABLE  CALL SITE\n");
    ExpectOutput("         3           3  ExAllocatePoolWithTag by PartAllocate (");
    cr_expect_eq(Run("audit --run --windows win8 audit_optin" DRIVER_SUFFIX), 0);
    ExpectOutput("         3           0  ExAllocatePoolWithTag by PartAllocate (");
    ExpectOutput("\nno mistakes\n");
}

Test(tool, audit_with_a_run_counts_executable_mappings_by_call_site)
{
    cr_expect_eq(Run("audit --run audit_mappings" DRIVER_SUFFIX), 0);
    ExpectOutput("         1           1  MmMapLockedPagesSpecifyCache by ");
    ExpectOutput("         1           0  MmMapLockedPagesSpecifyCache by ");
}

Test(tool, audit_with_a_run_on_all_windows_counts_those_that_failed)
{
    cr_expect_eq(Run("audit --run --windows all audit_explicit_nx" DRIVER_SUFFIX), 1);
    ExpectOutput("\nwin7         ok ");
    ExpectOutput("mistake: POOL_NX_OPTIN and an explicit no-execute type in one image");
    ExpectOutput("\n27 of 48 Windows versions ok\n");
}

#endif

Test(tool, audit_says_what_a_driver_that_does_not_load_lacks)
{
    cr_expect_eq(Run("audit --run --windows win10-1909 imports_pool2" DRIVER_SUFFIX), 1);
    ExpectOutput("FAILED  the driver does not load: 0xC0000263");
    ExpectOutput("violation: driver imports_pool2 does not load on Windows 10 Version 1909, as it imports ");
}

Test(tool, audit_refuses_what_it_cannot_read)
{
    cr_expect_eq(Run("audit"), 2);
    ExpectOutput("poolemu: audit: no driver named");
    cr_expect_eq(Run("audit a.so b.so"), 2);
    ExpectOutput("'b.so' is one too many");
    cr_expect_eq(Run("audit missing.so"), 2);
    cr_expect_str_eq(Output, "poolemu: audit: 'missing.so': No such file or directory\n");
    cr_expect_eq(Run("audit " PROGRAM_WITHOUT_POOLEMU), 2);
    ExpectOutput("no file in it was compiled with poolemu's headers");
    cr_expect_eq(Run("audit --windows win3 audit_none" DRIVER_SUFFIX), 2);
    ExpectOutput("poolemu: audit: there is no Windows 'win3'");
    cr_expect_eq(Run("audit --windows all audit_none" DRIVER_SUFFIX), 2);
    ExpectOutput("poolemu: audit: all Windows take a run: add --run");
}

/* ---- poolemu run ------------------------------------------------------------------------------------------------- */

Test(tool, run_has_help)
{
    cr_expect_eq(Run("run --help"), 0);
    ExpectOutput("Usage: poolemu run");
    ExpectOutput("--windows NAME");
}

Test(tool, run_needs_a_driver)
{
    cr_expect_eq(Run("run"), 2);
    ExpectOutput("poolemu: run: no driver named");
}

Test(tool, run_takes_one_driver)
{
    cr_expect_eq(Run("run tool_quiet" DRIVER_SUFFIX " tool_leaky" DRIVER_SUFFIX), 2);
    ExpectOutput("'tool_leaky" DRIVER_SUFFIX "' is one too many");
}

Test(tool, run_refuses_a_missing_file)
{
    cr_expect_eq(Run("run missing" DRIVER_SUFFIX), 2);
    ExpectOutput("poolemu: run: 'missing" DRIVER_SUFFIX "': ");
    ExpectOutput(NO_SUCH_LIBRARY);
}

Test(tool, run_refuses_a_library_without_driverentry)
{
    cr_expect_eq(Run("run tool_no_entry" DRIVER_SUFFIX), 2);
    cr_expect_str_eq(Output, "poolemu: run: 'tool_no_entry" DRIVER_SUFFIX "': no DriverEntry in it (is it built with "
                             "poolemu_add_driver?)\n");
}

Test(tool, run_refuses_an_unknown_windows)
{
    cr_expect_eq(Run("run --windows win3 tool_quiet" DRIVER_SUFFIX), 2);
    ExpectOutput("poolemu: run: there is no Windows 'win3'");
}

Test(tool, run_of_a_driver_without_faults_succeeds)
{
    cr_expect_eq(Run("run --windows win7 tool_quiet" DRIVER_SUFFIX), 0);
    ExpectOutput("win7         ok ");
    ExpectOutput("no pool leaked");
    cr_expect_eq(Lines(), 1);
}

Test(tool, run_finds_a_driver_by_its_path)
{
    cr_expect_eq(Run("run ./tool_quiet" DRIVER_SUFFIX), 0);
    cr_expect_eq(Run("run \"" POOLEMU_TEST_DRIVERS "/tool_quiet" DRIVER_SUFFIX "\""), 0);
}

Test(tool, run_prints_the_pool_between_load_and_unload)
{
    cr_expect_eq(Run("run --pool tool_quiet" DRIVER_SUFFIX), 0);
    ExpectOutput("Qiet Paged ");
}

Test(tool, run_reports_leaks)
{
    cr_expect_eq(Run("run tool_leaky" DRIVER_SUFFIX), 1);
    ExpectOutput("LEAKED");
    ExpectOutput("2 blocks still allocated after DriverUnload");
    ExpectOutput("tag Leak  100 bytes of paged pool");
    ExpectOutput("tag Leak  5000 bytes of NX nonpaged pool");
}

Test(tool, run_reports_failure_of_driverentry)
{
    cr_expect_eq(Run("run tool_failing" DRIVER_SUFFIX), 1);
    ExpectOutput("FAILED");
    ExpectOutput("DriverEntry returned 0xC00000BB STATUS_NOT_SUPPORTED");
    cr_expect_eq(Run("run --windows win8 tool_failing" DRIVER_SUFFIX), 1);
    ExpectOutput("DriverEntry returned 0xC0000059 STATUS_REVISION_MISMATCH");
}

Test(tool, run_reports_a_driver_without_unload)
{
    cr_expect_eq(Run("run --windows win7 tool_failing" DRIVER_SUFFIX), 0);
    ExpectOutput("there is no DriverUnload");
}

Test(tool, run_reports_a_bug_check)
{
    cr_expect_eq(Run("run tool_stopping" DRIVER_SUFFIX), 1);
    ExpectOutput("STOPPED");
    ExpectOutput("bug check 0x13A KERNEL_MODE_HEAP_CORRUPTION in DriverUnload (0x11, ");
}

Test(tool, run_reports_an_import_that_windows_lacks)
{
    cr_expect_eq(Run("run --windows win10-1909 imports_pool2" DRIVER_SUFFIX), 1);
    ExpectOutput("win10-1909   FAILED  the driver does not load: 0xC0000263 STATUS_DRIVER_ENTRYPOINT_NOT_FOUND\n");
    ExpectOutput("violation (1 time): driver imports_pool2 does not load on Windows 10 Version 1909, as it imports "
                 "ExAllocatePool2 (Windows 10 Version 2004)\n");
    cr_expect_eq(Run("run --windows win10-2004 imports_pool2" DRIVER_SUFFIX), 0);
    cr_expect_eq(Lines(), 1);
}

Test(tool, run_reports_nx_pool_before_windows_8)
{
    cr_expect_eq(Run("run --windows win7 tool_leaky" DRIVER_SUFFIX), 1);
    ExpectOutput("violation (1 time): ExAllocatePoolWithTag: no-execute pool on Windows 7");
}

Test(tool, run_with_a_failure_reports_it_and_that_the_driver_took_it_well)
{
    cr_expect_eq(Run("run --faults nth=2 tool_careful" DRIVER_SUFFIX), 0);
    ExpectOutput(
        "DriverEntry returned 0xC000009A STATUS_INSUFFICIENT_RESOURCES after 1 deliberate failure, no pool leaked");
    ExpectOutput("\n                     1 of 2 calls failed deliberately\n"
                 "failed deliberately: ExAllocatePoolWithTag, tag 'Care', call 2, stack #");
    ExpectOutput("\n    DriverEntry (");
}

Test(tool, run_with_a_failure_reports_what_it_leaked)
{
    cr_expect_eq(Run("run tool_careless" DRIVER_SUFFIX), 0);
    cr_expect_eq(Run("run --faults nth=1 tool_careless" DRIVER_SUFFIX), 0);
    cr_expect_eq(Run("run --faults nth=2 tool_careless" DRIVER_SUFFIX), 1);
    ExpectOutput("1 block still allocated after DriverEntry:");
    ExpectOutput("tag Care  100 bytes of paged pool");
}

Test(tool, run_refuses_faults_that_make_no_sense)
{
    cr_expect_eq(Run("run --faults nth=0 tool_careful" DRIVER_SUFFIX), 2);
    cr_expect_str_eq(Output, "poolemu: run: --faults: nth=0: a number from 1 to 18446744073709551615 is needed\n");
    cr_expect_eq(Run("run --faults systematic=/nowhere/stacks tool_careful" DRIVER_SUFFIX), 2);
    ExpectOutput("poolemu: run: --faults: the state file '/nowhere/stacks' cannot be written: No such file");
}

static void RunSystematically(const char *Mode, const char *File)
{
    char Arguments[256];

    snprintf(Arguments, sizeof(Arguments), "run --faults %s=%s tool_careful" DRIVER_SUFFIX, Mode, File);
    cr_expect_eq(Run(Arguments), 0, "%s", Output);
}

Test(tool, runs_with_a_state_file_fail_one_new_call_stack_each_wherever_the_driver_is_loaded)
{
    char File[64], Path[4096];

    snprintf(File, sizeof(File), "stacks-of-%d", (int)getpid()); /* in the drivers' folder, where the command runs */
    RunSystematically("record", File);
    ExpectOutput("0 of 2 calls failed deliberately; 2 call stacks known, 2 of them new\n");
    RunSystematically("systematic", File);
    ExpectOutput("1 of 1 calls failed deliberately; 2 call stacks known, 1 of them new\n");
    RunSystematically("systematic", File);
    ExpectOutput("1 of 2 calls failed deliberately; 2 call stacks known, 1 of them new\n");
    RunSystematically("systematic", File);
    ExpectOutput("DriverEntry and DriverUnload ran, no pool leaked\n");
    ExpectOutput("0 of 2 calls failed deliberately; 2 call stacks known, 0 of them new\n");
    snprintf(Path, sizeof(Path), "%s/%s", POOLEMU_TEST_DRIVERS, File);
    cr_expect_eq(remove(Path), 0, "%s", Path);
}

Test(tool, run_follows_the_environment)
{
    setenv("POOLEMU_FAULTS", "nth=2", 1);
    cr_expect_eq(Run("run tool_careless" DRIVER_SUFFIX), 1);
    ExpectOutput("1 block still allocated after DriverEntry:");
}

Test(tool, run_on_all_windows_fails_calls_on_each)
{
    cr_expect_eq(Run("run --windows all --faults nth=2 tool_careless" DRIVER_SUFFIX), 1);
    ExpectOutput("win2000 ");
    ExpectOutput("\n0 of ");
}

Test(tool, run_on_all_windows_counts_those_that_failed)
{
    cr_expect_eq(Run("run --windows all tool_failing" DRIVER_SUFFIX), 1);
    cr_expect_eq(Lines(), WindowsCount() + 1);
    ExpectOutput("\nwin7         ok ");
    ExpectOutput("\nwin8         FAILED ");
    ExpectOutput("\n21 of 48 Windows versions ok\n");
}

Test(tool, run_on_all_windows_survives_a_crash)
{
    cr_expect_eq(Run("run --windows all tool_crashing" DRIVER_SUFFIX), 1);
    ExpectOutput("\nwin7         CRASHED ");
    ExpectOutput("\n0 of 48 Windows versions ok\n");
}

Test(tool, run_on_all_windows_refuses_a_missing_file_once)
{
    cr_expect_eq(Run("run --windows all missing" DRIVER_SUFFIX), 2);
    cr_expect_eq(Lines(), 1);
}

#if !defined(_WIN32)

Test(tool, what_the_command_prints_of_its_arguments_has_no_control_characters)
{
    static const char *const Arguments[] = {
        "$(printf \"w\\033[2Jk\")",
        "--$(printf \"f\\033[2J\\n\\302\\2330m\")",
        "-$(printf \"\\033\")",
        "windows $(printf \"7\\033[2J\")",
        "run $(printf \"no\\033[2J\").so",
        "run $(printf \"no\\npoolemu: all is well\").so",
        "run a.so $(printf \"b\\033[2J\").so",
        "run --windows $(printf \"w\\033[2J\") tool_quiet.so",
        "run --verifier $(printf \"w\\033[2J\") tool_quiet.so",
        "run --faults $(printf \"w\\033[2J\") tool_quiet.so",
        "run --faults systematic=$(printf \"/nowhere/w\\033[2J\") tool_quiet.so",
        "run --$(printf \"f\\033[2J\")",
        "audit $(printf \"no\\033[2J\").so",
        "audit --windows $(printf \"w\\033[2J\") tool_quiet.so",
    };
    char Line[512];

    for (ULONG Index = 0; Index < COUNT(Arguments); Index++) {
        snprintf(Line, sizeof(Line), "-c '\"%s\" %s 2>&1'", POOLEMU_TOOL, Arguments[Index]);
        cr_expect_eq(RunProgram(POOLEMU_TEST_DRIVERS, "/bin/sh", Line, Output, sizeof(Output)), 2, "%s", Line);
        cr_expect_null(strchr(Output, '\033'), "%s", Line);
        cr_expect_null(strstr(Output, "\302\233"), "%s", Line);
        cr_expect_null(strstr(Output, "\npoolemu: all"), "%s", Line);
    }
}

Test(tool, run_of_a_driver_whose_name_has_control_characters_prints_none)
{
    char Line[1024];
    static const char Drivers[][32] = {"tool_quiet.so", "tool_leaky.so", "tool_stopping.so", "tool_failing.so",
                                       "tool_crashing.so"};

    for (ULONG Index = 0; Index < COUNT(Drivers); Index++) {
        snprintf(
            Line, sizeof(Line),
            "-c 'd=$(mktemp -d) && f=\"$d/$(printf \"a\\033[2J\\nb\").so\" && cp %s \"$f\" && \"%s\" run --verifier "
            "standard \"$f\" 2>&1; rm -r \"$d\"'",
            Drivers[Index], POOLEMU_TOOL);
        RunProgram(POOLEMU_TEST_DRIVERS, "/bin/sh", Line, Output, sizeof(Output));
        cr_expect(Lines() > 0 && strstr(Output, "win11-25h2 ") != NULL, "%s: %s", Drivers[Index], Output);
        cr_expect_null(strchr(Output, '\033'), "%s: %s", Drivers[Index], Output);
    }
}

#endif

/* ---- A process that ends before its verdict ---------------------------------------------------------------------- */

static int RunEnding(const char *Ending, const char *Arguments)
{
    setenv("TOOL_ENDING", Ending, 1);
    return Run(Arguments);
}

static void ExpectEnding(const char *Ending, const char *Verdict)
{
    cr_expect_eq(RunEnding(Ending, "run --windows win7 tool_ending" DRIVER_SUFFIX), 1, "%s", Ending);
    cr_expect_str_eq(Output, Verdict, "%s: %s", Ending, Output);
}

Test(tool, run_of_a_driver_that_ends_the_process_by_itself_is_no_success)
{
    cr_expect_eq(RunEnding("", "run --windows win7 tool_ending" DRIVER_SUFFIX), 0);
    ExpectEnding("exit entry", "win7         EXITED  the process ended with status 0 in DriverEntry\n");
    ExpectEnding("_exit entry", "win7         EXITED  the process ended with status 0 in DriverEntry\n");
    ExpectEnding("exit2 entry", "win7         EXITED  the process ended with status 2 in DriverEntry\n");
    ExpectEnding("exit unload", "win7         EXITED  the process ended with status 0 in DriverUnload\n");
    ExpectEnding("_exit unload", "win7         EXITED  the process ended with status 0 in DriverUnload\n");
    ExpectEnding("exit constructor",
                 "win7         EXITED  the process ended with status 0 while the driver's image was loaded\n");
#if !defined(_WIN32)
    ExpectEnding("exec entry", "win7         EXITED  the process ended with status 0 in DriverEntry\n");
    ExpectEnding("exec unload", "win7         EXITED  the process ended with status 0 in DriverUnload\n");
    ExpectEnding("exec constructor",
                 "win7         EXITED  the process ended with status 0 while the driver's image was loaded\n");
    ExpectEnding("pthread_exit entry", "win7         EXITED  the process ended with status 0 in DriverEntry\n");
    ExpectEnding("pthread_exit unload", "win7         EXITED  the process ended with status 0 in DriverUnload\n");
#endif
}

Test(tool, run_on_all_windows_has_a_line_for_each_that_ends_the_process)
{
    cr_expect_eq(RunEnding("exit entry", "run --windows all tool_ending" DRIVER_SUFFIX), 1);
    cr_expect_eq(Lines(), WindowsCount() + 1);
    ExpectOutput("\nwin7         EXITED ");
    ExpectOutput("\n0 of 48 Windows versions ok\n");
}

Test(tool, run_on_all_windows_goes_on_behind_a_driver_that_exits_with_the_status_of_a_usage_error)
{
    cr_expect_eq(RunEnding("exit2 unload", "run --windows all tool_ending" DRIVER_SUFFIX), 1);
    cr_expect_eq(Lines(), WindowsCount() + 1);
    ExpectOutput("\n0 of 48 Windows versions ok\n");
}

Test(tool, audit_with_a_run_of_a_driver_that_ends_the_process_is_no_success)
{
    cr_expect_eq(RunEnding("exit entry", "audit --run --windows win7 tool_ending" DRIVER_SUFFIX), 1);
    ExpectOutput("EXITED  the process ended with status 0 in DriverEntry\n");
}

Test(tool, run_says_which_signal_a_driver_crashed_with_and_where)
{
    cr_expect_eq(RunEnding("abort entry", "run --windows win7 tool_ending" DRIVER_SUFFIX), 1);
    ExpectOutput("win7         CRASHED Aborted in DriverEntry");
    cr_expect_eq(RunEnding("abort unload", "run --windows win7 tool_ending" DRIVER_SUFFIX), 1);
    ExpectOutput("win7         CRASHED Aborted in DriverUnload");
    cr_expect_eq(RunEnding("abort constructor", "run --windows win7 tool_ending" DRIVER_SUFFIX), 1);
    ExpectOutput("win7         CRASHED Aborted while the driver's image was loaded");
#if !defined(_WIN32)
    cr_expect_eq(RunEnding("abort entry", "run --windows win7 tool_ending" DRIVER_SUFFIX), 1);
    ExpectOutput("CRASHED Aborted in DriverEntry, by tool_ending.so+0x");
    cr_expect_eq(Run("run --windows win7 tool_crashing" DRIVER_SUFFIX), 1);
    ExpectOutput(" in DriverEntry, by ");
    ExpectOutput("tool_crashing.");
#endif
}

Test(tool, run_of_a_driver_that_crashes_or_exits_when_its_image_is_unloaded_is_no_success)
{
    cr_expect_eq(RunEnding("abort destructor", "run --windows win7 tool_ending" DRIVER_SUFFIX), 1);
    ExpectOutput("win7         ok ");
    ExpectOutput("\nwin7         CRASHED Aborted behind the verdict");
}

/* ---- Files that are no drivers ------------------------------------------------------------------------------------
 */

#if !defined(_WIN32)

/* A copy of tool_quiet.so, changed. */
static SIZE_T ReadQuiet(UCHAR *Image, SIZE_T Room)
{
    FILE *File = fopen(POOLEMU_TEST_DRIVERS "/tool_quiet.so", "rb");
    cr_assert_not_null(File);
    SIZE_T Bytes = fread(Image, 1, Room, File);
    fclose(File);
    cr_assert(Bytes > 4096 && Bytes < Room);
    return Bytes;
}

static void WriteFile(const char *Path, const UCHAR *Image, SIZE_T Bytes)
{
    FILE *File = fopen(Path, "wb");
    cr_assert_not_null(File);
    cr_assert_eq(fwrite(Image, 1, Bytes, File), Bytes);
    fclose(File);
}

static UCHAR Image[1 << 20];

Test(tool, run_and_audit_refuse_an_image_that_is_cut_off)
{
    char Path[64], Arguments[128];
    SIZE_T Bytes = ReadQuiet(Image, sizeof(Image));
    const SIZE_T Lengths[] = {0, 1, 63, 64, 100, 1000, 4096, Bytes / 2, Bytes - 1};

    snprintf(Path, sizeof(Path), "/tmp/poolemu-cut-%d.so", (int)getpid());
    for (ULONG Index = 0; Index < COUNT(Lengths); Index++) {
        WriteFile(Path, Image, Lengths[Index]);
        snprintf(Arguments, sizeof(Arguments), "run %s", Path);
        cr_expect_eq(Run(Arguments), 2, "%zu bytes: %s", Lengths[Index], Output);
        cr_expect_eq(Lines(), 1, "%s", Output);
        ExpectOutput(Lengths[Index] < 52 ? "': not an ELF executable, shared object or object file\n"
                                         : "': the file is cut off or damaged: ");
        snprintf(Arguments, sizeof(Arguments), "audit %s", Path);
        cr_expect_eq(Run(Arguments), 2, "%zu bytes: %s", Lengths[Index], Output);
        cr_expect_eq(Lines(), 1, "%s", Output);
        ExpectOutput(Lengths[Index] < 52 ? "': not an ELF executable, shared object or object file\n"
                                         : "': the file is cut off or damaged: ");
    }
    remove(Path);
}

Test(tool, run_of_an_image_with_damaged_contents_says_where_loading_it_crashed_or_why_not)
{
    char Path[64], Arguments[128];
    SIZE_T Bytes = ReadQuiet(Image, sizeof(Image));

    snprintf(Path, sizeof(Path), "/tmp/poolemu-damaged-%d.so", (int)getpid());
    snprintf(Arguments, sizeof(Arguments), "run %s", Path);
    for (SIZE_T At = 512; At + 512 < 4096; At += 512) { /* symbols, names, relocations */
        UCHAR Before[512];
        memcpy(Before, Image + At, sizeof(Before));
        memset(Image + At, 0xA5, sizeof(Before));
        WriteFile(Path, Image, Bytes);
        int Status = Run(Arguments);
        cr_expect(Status == 0 || Status == 1 || Status == 2, "%zu: %d", At, Status);
        cr_expect(Lines() >= 1, "%zu", At);
        memcpy(Image + At, Before, sizeof(Before));
    }
    remove(Path);
}

Test(tool, run_and_audit_refuse_what_is_no_file)
{
    char Path[64], Arguments[128];

    snprintf(Path, sizeof(Path), "/tmp/poolemu-fifo-%d", (int)getpid());
    cr_assert_eq(mkfifo(Path, 0600), 0);
    for (ULONG Audit = 0; Audit < 2; Audit++) {
        const char *Command = Audit != 0 ? "audit" : "run";
        snprintf(Arguments, sizeof(Arguments), "%s %s", Command, Path);
        cr_expect_eq(Run(Arguments), 2);
        ExpectOutput("': not a file but a pipe\n");
        snprintf(Arguments, sizeof(Arguments), "%s /dev/zero", Command);
        cr_expect_eq(Run(Arguments), 2);
        ExpectOutput("'/dev/zero': not a file but a device\n");
        snprintf(Arguments, sizeof(Arguments), "%s /tmp", Command);
        cr_expect_eq(Run(Arguments), 2);
        ExpectOutput("'/tmp': not a file but a directory\n");
    }
    remove(Path);
}

#endif

/* ---- Output that cannot be written --------------------------------------------------------------------------------
 */

#if !defined(_WIN32)

/* The command with its standard output elsewhere; Output holds what it wrote to standard error. */
static int RunTo(const char *Redirection, const char *Arguments)
{
    char Line[512];

    snprintf(Line, sizeof(Line), "-c '\"%s\" %s 2>&1 %s'", POOLEMU_TOOL, Arguments, Redirection);
    return RunProgram(POOLEMU_TEST_DRIVERS, "/bin/sh", Line, Output, sizeof(Output));
}

Test(tool, output_that_cannot_be_written_is_an_error_of_every_command)
{
    static const char *const Commands[] = {
        "--help",
        "--version",
        "windows",
        "windows --help",
        "options",
        "run --help",
        "run tool_quiet.so",
        "run --pool tool_quiet.so",
        "run tool_leaky.so",
        "run --windows all tool_quiet.so",
        "audit --help",
        "audit audit_auto.so",
        "audit --run audit_auto.so",
    };

    for (ULONG Index = 0; Index < COUNT(Commands); Index++) {
        cr_expect_eq(RunTo(">/dev/full", Commands[Index]), 2, "%s", Commands[Index]);
        cr_expect_str_eq(Output, "poolemu: standard output cannot be written: No space left on device\n", "%s: %s",
                         Commands[Index], Output);
        cr_expect_eq(RunTo(">&-", Commands[Index]), 2, "%s", Commands[Index]);
        cr_expect_str_eq(Output, "poolemu: standard output cannot be written: Bad file descriptor\n", "%s: %s",
                         Commands[Index], Output);
    }
}

Test(tool, a_driver_that_closes_standard_output_leaves_no_success)
{
    cr_expect_eq(RunEnding("close entry", "run --windows win7 tool_ending.so"), 2);
    cr_expect_str_eq(Output, "poolemu: standard output cannot be written: Bad file descriptor\n");
}

#endif

/* ---- The environment ----------------------------------------------------------------------------------------------
 */

Test(tool, a_wrong_option_in_the_environment_is_a_usage_error)
{
    static const char *const Wrong[][2] = {
        {"POOLEMU_ARENA_MIB", "many"}, {"POOLEMU_WINDOWS", "win3"},   {"POOLEMU_VERIFIER", "all"},
        {"POOLEMU_FAULTS", "nth=0"},   {"POOLEMU_OPTIONS", "helpme"},
    };

    for (ULONG Index = 0; Index < COUNT(Wrong); Index++) {
        setenv(Wrong[Index][0], Wrong[Index][1], 1);
        cr_expect_eq(Run("run tool_quiet" DRIVER_SUFFIX), 2, "%s", Wrong[Index][0]);
        ExpectOutput(Wrong[Index][0]);
        cr_expect_eq(Lines(), 1, "%s", Output);
        cr_expect_eq(Run("run --windows all tool_quiet" DRIVER_SUFFIX), 2, "%s", Wrong[Index][0]);
        cr_expect_eq(Lines(), 1, "%s", Output);
        unsetenv(Wrong[Index][0]);
    }
}

#if !defined(_WIN32)

static BOOLEAN CanSetUserId(const char *Folder)
{
    struct statvfs System;
    char Line[256];
    BOOLEAN May = geteuid() == 0 && statvfs(Folder, &System) == 0 && (System.f_flag & ST_NOSUID) == 0;
    FILE *Status = fopen("/proc/self/status", "r");

    while (Status != NULL && fgets(Line, sizeof(Line), Status) != NULL) {
        May = May && strcmp(Line, "NoNewPrivs:\t1\n") != 0;
    }
    if (Status != NULL) {
        fclose(Status);
    }
    return May;
}

Test(tool, a_set_user_id_process_ignores_the_variables)
{
    char Copy[64], Line[512];

    if (!CanSetUserId("/tmp") || *EmuSanitizer() != 0) {
        cr_skip_test("it takes root, a file system with set-user-ID, and no sanitizer, which cannot look into itself");
    }
    snprintf(Copy, sizeof(Copy), "/tmp/poolemu-suid-%d", (int)getpid());
    snprintf(Line, sizeof(Line), "-c 'cp \"%s\" %s && chown 65534 %s && chmod 4755 %s'", POOLEMU_TOOL, Copy, Copy,
             Copy);
    cr_assert_eq(RunProgram("/tmp", "/bin/sh", Line, Output, sizeof(Output)), 0, "%s", Output);
    setenv("POOLEMU_WINDOWS", "win7", 1);
    setenv("POOLEMU_ARENA_MIB", "many", 1);
    setenv("POOLEMU_NONSENSE", "1", 1);
    cr_expect_eq(Run("options"), 0);
    ExpectOutput("    is       win7\n");
    cr_expect_eq(RunProgram("/tmp", Copy, "options", Output, sizeof(Output)), 0);
    cr_expect_null(strstr(Output, "    is       "), "%s", Output);
    snprintf(Line, sizeof(Line), "run \"%s/tool_quiet.so\"", POOLEMU_TEST_DRIVERS);
    cr_expect_eq(RunProgram("/tmp", Copy, Line, Output, sizeof(Output)), 0);
    ExpectOutput("win11-25h2   ok ");
    cr_expect_eq(Lines(), 1, "%s", Output);
    remove(Copy);
}

#endif
