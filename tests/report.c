/* report.c: EmuWriteReport, and who owns which tag. */
#include <criterion/criterion.h>

#include <unistd.h>

#include "child.h"
#include "os.h"
#include "support.h"

#define SAMPLE POOLEMU_TEST_DATA "/pooltag.txt"

/* ---- Owners --------------------------------------------------------------------------------------------------- */

static void ExpectOwner(ULONG Tag, PCSTR Binary, PCSTR Description)
{
    EMU_TAG_OWNER Owner;

    cr_assert(EmuQueryTagOwner(Tag, &Owner), "tag 0x%08X", Tag);
    cr_expect_str_eq(Owner.Binary, Binary);
    cr_expect_str_eq(Owner.Description, Description);
}

Test(report, the_line_that_fits_a_tag_best_names_its_owner)
{
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    ExpectOwner('tseT', "sample.sys", "Blocks of the tests");
    ExpectOwner('1seT', "family.sys", "Any of a family");
    ExpectOwner('321T', "letter.sys", "Whatever begins with T");
    ExpectOwner('Adfa', "lower.sys", "Lower case");
    ExpectOwner('AdfA', "upper.sys", "Upper case");
}

Test(report, a_short_tag_is_found_with_blanks_and_with_zeros)
{
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    ExpectOwner('htO', "short.sys", "A tag of three characters - with a dash in its text");
    ExpectOwner(' htO', "short.sys", "A tag of three characters - with a dash in its text");
    ExpectOwner('0  D', "blank.sys", "A tag with blanks in it");
}

Test(report, a_line_without_a_binary_has_a_description)
{
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    ExpectOwner('iBoN', "", "A line without a binary");
}

Test(report, lines_that_are_none_and_tags_that_are_not_there_have_no_owner)
{
    EMU_TAG_OWNER Owner;

    cr_expect_not(EmuQueryTagOwner('tseT', &Owner));
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    cr_expect_not(EmuQueryTagOwner(' mer', &Owner));
    cr_expect_not(EmuQueryTagOwner('knu<', &Owner));
    cr_expect_not(EmuQueryTagOwner('enoZ', &Owner));
    cr_expect_not(EmuQueryTagOwner('gnoL', &Owner)); /* far behind in a remark */
    cr_expect_eq(EmuSetPoolTagFile(NULL), STATUS_SUCCESS);
    cr_expect_not(EmuQueryTagOwner('tseT', &Owner));
}

Test(report, a_file_of_owners_that_cannot_be_read_changes_nothing)
{
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    cr_expect_eq(EmuSetPoolTagFile("/nowhere/pooltag.txt"), STATUS_OBJECT_NAME_NOT_FOUND);
    cr_expect_eq(EmuSetPoolTagFile("/"), STATUS_OBJECT_NAME_NOT_FOUND);
    ExpectOwner('tseT', "sample.sys", "Blocks of the tests");
}

#if !defined(_WIN32)

Test(report, a_file_of_owners_without_an_end_is_refused_and_changes_nothing)
{
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    cr_expect_eq(EmuSetPoolTagFile("/dev/zero"), STATUS_FILE_TOO_LARGE);
    ExpectOwner('tseT', "sample.sys", "Blocks of the tests");
}

#endif

static void AskInChild(void)
{
    EMU_TAG_OWNER Owner;

    setenv("POOLEMU_POOLTAG", SAMPLE, 1);
    _exit(EmuQueryTagOwner('tseT', &Owner) && strcmp(Owner.Binary, "sample.sys") == 0 ? 0 : 1);
}

static void AskForMissingInChild(void)
{
    EMU_TAG_OWNER Owner;

    setenv("POOLEMU_POOLTAG", "/nowhere/pooltag.txt", 1);
    EmuQueryTagOwner('tseT', &Owner);
    _exit(EmuQueryTagOwner('tseT', &Owner) ? 1 : 0);
}

Test(report, POOLEMU_POOLTAG_names_the_file_of_owners)
{
    char Errors[512];

    cr_expect_eq(RunChild(AskInChild, Errors, sizeof(Errors)), 0);
    cr_expect_str_eq(Errors, "");
    cr_expect_eq(RunChild(AskForMissingInChild, Errors, sizeof(Errors)), 0);
    cr_expect_str_eq(Errors,
                     "poolemu: the environment variable POOLEMU_POOLTAG is \"/nowhere/pooltag.txt\": it cannot be "
                     "read, so tags have no owners; want the name of a file in the format of pooltag.txt; the "
                     "default is none.\n");
}

static PCSTR PrintedPool(void)
{
    static char Text[8192];
    FILE *Stream = tmpfile();

    cr_assert_not_null(Stream);
    EmuPrintPool(Stream);
    OsReadBack(Stream, Text, sizeof(Text));
    return Text;
}

Test(report, an_owner_is_printed_without_control_characters)
{
    FILE *File = fopen("owner_with_escape.txt", "w");
    FILE *Stream = tmpfile();
    CHAR Text[1024];

    fputs("Esc1 - a\x1b[2J.sys - red \x07 bell\n", File);
    fclose(File);
    cr_assert_eq(EmuSetPoolTagFile("owner_with_escape.txt"), STATUS_SUCCESS);
    remove("owner_with_escape.txt");
    ExAllocatePoolWithTag(NonPagedPoolNx, 64, '1csE');
    EmuPrintPool(Stream);
    rewind(Stream);
    Text[fread(Text, 1, sizeof(Text) - 1, Stream)] = 0;
    fclose(Stream);
    cr_expect_not_null(strstr(Text, "[a?[2J.sys - red ? bell]"), "%s", Text);
}

Test(report, EmuPrintPool_shows_owners_when_there_is_a_file)
{
    ExAllocatePoolWithTag(PagedPool, 10, 'tseT');
    ExAllocatePoolWithTag(PagedPool, 10, 'enoZ');
    cr_expect_null(strstr(PrintedPool(), "Mapped_Driver"));
    cr_assert_eq(EmuSetPoolTagFile(SAMPLE), STATUS_SUCCESS);
    PCSTR Text = PrintedPool();
    cr_expect_not_null(strstr(Text, "Per Alloc  Mapped_Driver\n"), "%s", Text);
    cr_expect_not_null(strstr(Text, "         10  [sample.sys - Blocks of the tests]\n"), "%s", Text);
    cr_expect_not_null(strstr(Text, "         10  Unknown Driver\n"), "%s", Text);
}

/* ---- The report ----------------------------------------------------------------------------------------------- */

/* Of this test alone, beside the drivers. */
static char Path[512], CheckerPath[512], AnswerPath[512], TagsPath[512];

static void MakePaths(void)
{
    snprintf(Path, sizeof(Path), POOLEMU_TEST_DRIVERS "/report-%d.json", (int)getpid());
    snprintf(CheckerPath, sizeof(CheckerPath), POOLEMU_TEST_DRIVERS "/report-%d.py", (int)getpid());
    snprintf(AnswerPath, sizeof(AnswerPath), POOLEMU_TEST_DRIVERS "/report-%d.answer", (int)getpid());
    snprintf(TagsPath, sizeof(TagsPath), POOLEMU_TEST_DRIVERS "/report-%d.txt", (int)getpid());
}

static void RemoveFiles(void)
{
    unlink(Path);
    unlink(CheckerPath);
    unlink(TagsPath);
}

static void WriteFile(PCSTR Name, PCSTR Text)
{
    FILE *File = fopen(Name, "wb");

    cr_assert(File != NULL && fputs(Text, File) >= 0 && fclose(File) == 0, "%s", Name);
}

TestSuite(report_file, .init = MakePaths, .fini = RemoveFiles);

/* What the checker found out. Wine does not wait for the end of a program that is not Windows' own. */
static PCSTR Answer(void)
{
    static char Text[8192];
    FILE *File = NULL;

    for (ULONG Round = 0; Round < 6000 && (File = fopen(AnswerPath, "rb")) == NULL; Round++) {
        usleep(10000);
    }
    cr_assert_not_null(File, "python3 does not answer");
    Text[fread(Text, 1, sizeof(Text) - 1, File)] = 0;
    fclose(File);
    unlink(AnswerPath);
    return Text;
}

/* Has Python read the report, strictly, and evaluate a condition on it. */
static void ExpectReport(PCSTR Condition)
{
    static const char Program[] = "import json, os, sys, traceback\n"
                                  "def unique(pairs):\n"
                                  "    assert len(dict(pairs)) == len(pairs), 'a member twice'\n"
                                  "    return dict(pairs)\n"
                                  "def refuse(word):\n"
                                  "    raise ValueError(word)\n"
                                  "try:\n"
                                  "    with open(sys.argv[1], encoding='utf-8', errors='strict') as file:\n"
                                  "        r = json.load(file, object_pairs_hook=unique, parse_constant=refuse)\n"
                                  "    stacks = {s['stack']: s for s in r['stacks']}\n"
                                  "    answer = 'it holds' if %s else json.dumps(r, indent=1)\n"
                                  "except Exception:\n"
                                  "    answer = traceback.format_exc()\n"
                                  "with open(sys.argv[2] + '~', 'w') as file:\n"
                                  "    file.write(answer)\n"
                                  "os.rename(sys.argv[2] + '~', sys.argv[2])\n";
    char Text[4096], Arguments[1800], Output[1024];

    snprintf(Text, sizeof(Text), Program, Condition);
    WriteFile(CheckerPath, Text);
    snprintf(Arguments, sizeof(Arguments), "\"%s\" \"%s\" \"%s\"", CheckerPath, Path, AnswerPath);
    RunProgram(POOLEMU_TEST_DRIVERS, POOLEMU_PYTHON, Arguments, Output, sizeof(Output));
    cr_expect_str_eq(Answer(), "it holds", "%s", Condition);
}

static EMU_NOINLINE PVOID Allocator(SIZE_T Bytes)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, Bytes, TAG);
    EMU_COMPILER_BARRIER();
    return Block;
}

Test(report_file, an_empty_pool_makes_a_valid_report)
{
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("r['format'] == 'poolemu report 1' and r['windows']['build'] >= 26100");
    ExpectReport("r['tags'] == r['blocks'] == r['stacks'] == r['leaks'] == r['violations'] == r['log'] == []");
    ExpectReport("r['counters']['tracking'] is False and r['counters']['allocations_attempted'] == 0");
}

Test(report_file, without_tracking_blocks_and_tags_are_there_and_stacks_are_not)
{
    PVOID Block = Allocator(100);
    char Condition[256];

    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    snprintf(
        Condition, sizeof(Condition),
        "r['blocks'] == [{'address': '0x%llx', 'size': 100, 'tag': 'Test', 'tag_value': '0x74736554', 'pool_type': "
        "'PagedPool', 'executable': %s, 'quota_charged': False, 'stack': None}]",
        (ULONGLONG)(ULONG_PTR)Block, PAGED_EXECUTES ? "True" : "False");
    ExpectReport(Condition);
    ExpectReport("r['tags'] == [{'tag': 'Test', 'tag_value': '0x74736554', 'owner': None, 'nonpaged': {'allocs': 0, "
                 "'frees': 0, 'bytes': 0}, 'paged': {'allocs': 1, 'frees': 0, 'bytes': 100}}]");
    ExpectReport("r['log'] == r['stacks'] == []");
}

Test(report_file, with_tracking_blocks_lead_to_their_stacks)
{
    EmuTrackPool(TRUE);
    for (volatile ULONG Index = 0; Index < 3; Index++) {
        Allocator(100 + Index);
    }
    ExFreePoolWithTag(Allocator(10), TAG);
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("len(r['blocks']) == 3 and len({b['stack'] for b in r['blocks']}) == 1");
    ExpectReport("stacks[r['blocks'][0]['stack']]['live_blocks'] == 3");
    ExpectReport("stacks[r['blocks'][0]['stack']]['live_bytes'] == 303");
    ExpectReport("stacks[r['blocks'][0]['stack']]['frames'][0]['function'] == 'Allocator'");
    ExpectReport("stacks[r['blocks'][0]['stack']]['frames'][0]['file'].endswith('report.c')");
    ExpectReport("[e['operation'] for e in r['log']] == ['allocate'] * 4 + ['free']");
    ExpectReport("[e['sequence'] for e in r['log']] == [1, 2, 3, 4, 5]");
    ExpectReport("all(e['stack'] in stacks for e in r['log'])");
    ExpectReport("r['counters']['allocations_succeeded'] == 4 and r['counters']['paged'] == "
                 "{'blocks': 3, 'bytes': 303, 'peak_blocks': 4, 'peak_bytes': 313}");
}

static VOID UnloadNothing(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS LeavingEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Allocator(64);
    Driver->DriverUnload = UnloadNothing;
    return STATUS_SUCCESS;
}

Test(report_file, leaks_and_violations_and_call_sites_are_there)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;

    EmuTrackPool(TRUE);
    EmuCountCallSites(TRUE);
    EmuSetWindows("win7");
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 8, TAG), TAG);
    EmuLoadDriver(LeavingEntry, "leaving", &Driver);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }
    cr_expect_eq(Stop.Code, (ULONG)DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("r['windows']['name'] == 'win7'");
    ExpectReport("[(l['blocks'], l['bytes'], l['function']) for l in r['leaks']] == [(1, 64, 'Allocator')]");
    ExpectReport("r['leaks'][0]['stack'] in stacks and r['leaks'][0]['line'] > 0");
    ExpectReport("[(v['kind'], v['count']) for v in r['violations']] == [(1, 1)]");
    ExpectReport("sorted((c['routine'], c['blocks']) for c in r['call_sites']) == [('ExAllocatePoolWithTag', 1)] * 2");
}

Test(report_file, driver_verifiers_counters_are_there)
{
    NPAGED_LOOKASIDE_LIST List;
    KSPIN_LOCK Lock;
    KIRQL Irql;

    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL | EMU_VERIFIER_FORCE_IRQL);
    KeInitializeSpinLock(&Lock);
    Allocator(100);
    KeAcquireSpinLock(&Lock, &Irql);
    KeReleaseSpinLock(&Lock, Irql);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    ExDeleteNPagedLookasideList(&List);
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("r['verifier'] == {'flags': '0x3', 'allocations_attempted': 1, 'allocations_succeeded': 1, "
                 "'allocations_succeeded_special_pool': 1, 'special_pool_fallbacks': 0, 'allocations_without_tag': 0, "
                 "'allocations_failed': 0, 'allocations_failed_deliberately': 0, 'irql_raises': 1, "
                 "'spin_locks_acquired': 1, 'trims': 1, 'page_ins': 0, 'execute_pool_types': 0, "
                 "'execute_page_protections': 0, 'execute_page_mappings': 0}");
}

Test(report_file, texts_are_escaped_and_tags_have_their_owners)
{
    EmuSetPoolTagFile(SAMPLE);
    ExAllocatePoolWithTag(PagedPool, 1, 'touQ');
    ExAllocatePoolWithTag(PagedPool, 1, 'a"\\\x01');
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("[t['owner'] for t in r['tags'] if t['tag'] == 'Quot'] == "
                 "[{'binary': 'quote\"\\\\.sys', 'description': 'Needs escapes'}]");
    ExpectReport("[t['owner'] for t in r['tags'] if t['tag_value'] == '0x61225C01'] == [None]");
    ExpectReport("[t['tag'] for t in r['tags'] if t['tag_value'] == '0x61225C01'] == ['.\\\\\"a']");
}

/* Latin-1 where UTF-8 belongs, overlong and half characters, half a surrogate pair, and whole characters. */
Test(report_file, what_is_not_utf_8_is_replaced)
{
    static const char Lines[] = "Bad1 - \xE9.sys - \xC0\x80\xED\xA0\x80\xF4\x90\x80\x80 end\xC3\n"
                                "Good - \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80.sys - \tend\n";

    WriteFile(TagsPath, Lines);
    cr_assert_eq(EmuSetPoolTagFile(TagsPath), STATUS_SUCCESS);
    ExAllocatePoolWithTag(PagedPool, 1, '1daB');
    ExAllocatePoolWithTag(PagedPool, 1, 'dooG');
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("[t['owner'] for t in r['tags'] if t['tag'] == 'Bad1'] == "
                 "[{'binary': '\\ufffd.sys', 'description': '\\ufffd' * 9 + ' end\\ufffd'}]");
    ExpectReport("[t['owner'] for t in r['tags'] if t['tag'] == 'Good'] == "
                 "[{'binary': '\\u00e9\\u20ac\\U0001f600.sys', 'description': 'end'}]");
}

Test(report_file, a_file_that_cannot_be_made_or_written_is_an_error)
{
    cr_expect_eq(EmuWriteReport("/nowhere/report.json"), STATUS_OPEN_FAILED);
    cr_expect_eq(EmuWriteReport("/dev/full"), STATUS_DISK_FULL);
}

Test(report_file, a_report_replaces_the_one_before)
{
    Allocator(100);
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    EmuReset();
    cr_assert_eq(EmuWriteReport(Path), STATUS_SUCCESS);
    ExpectReport("r['blocks'] == []");
}
