/* audit.c: the opt-in audit: what the source files of an image leave in it, each mistake, alone and after a run, and
 * how many blocks of each call were executable. The drivers are those of tests/audit. */
#include <criterion/criterion.h>

#include <stddef.h>
#include <unistd.h>

#include "os.h"
#include "support.h"

typedef struct ANSWER {
    NTSTATUS Status;
    EMU_AUDIT Audit;
    char Text[16384];
} ANSWER;

static ANSWER Answer;

static PCSTR PathOf(PCSTR Name)
{
    static char Path[4096];

    snprintf(Path, sizeof(Path), "%s/audit_%s" DRIVER_SUFFIX, POOLEMU_TEST_DRIVERS, Name);
    return Path;
}

static void AuditFile(PCSTR Path)
{
    FILE *Stream = tmpfile();

    memset(&Answer, 0, sizeof(Answer));
    cr_assert_not_null(Stream);
    Answer.Status = EmuAuditImage(Path, Stream, &Answer.Audit);
    OsReadBack(Stream, Answer.Text, sizeof(Answer.Text));
}

static void Audit(PCSTR Name)
{
    AuditFile(PathOf(Name));
    cr_assert_eq(Answer.Status, STATUS_SUCCESS, "%s: 0x%X %s", Name, (ULONG)Answer.Status, Answer.Audit.Error);
}

static ULONG Lines(PCSTR Beginning)
{
    ULONG Count = 0;

    for (PCSTR Line = Answer.Text; Line != NULL; Line = strchr(Line, '\n')) {
        Line += *Line == '\n';
        Count += strncmp(Line, Beginning, strlen(Beginning)) == 0 && *Line != 0;
    }
    return Count;
}

#define EXPECT_MISTAKES(Wanted)                                                                                        \
    cr_expect_eq(Answer.Audit.Mistakes, (ULONG)(Wanted), "0x%X:\n%s", Answer.Audit.Mistakes, Answer.Text)
#define EXPECT_TEXT(Part) cr_expect_not_null(strstr(Answer.Text, Part), "'%s' is not in:\n%s", Part, Answer.Text)
#define EXPECT_NO_TEXT(Part) cr_expect_null(strstr(Answer.Text, Part), "'%s' is in:\n%s", Part, Answer.Text)

/* ---- The table ------------------------------------------------------------------------------------------------ */

#define TABLE_HEAD "OPT-IN   ZEROING  NTDDI       RUNTIME CALL  FILE\n"

Test(audit, a_file_without_macros_is_none)
{
    Audit("none");
    cr_expect_eq(Answer.Audit.Files, 2);
    cr_expect_eq(Answer.Audit.TestFiles, 0);
#if !defined(_ARM64_)
    cr_expect_str_eq(Answer.Text, TABLE_HEAD "none     no       0x0A000012  no            main.c\n"
                                             "none     no       0x0A000012  no            part.c\n");
#endif
    EXPECT_MISTAKES(0);
}

Test(audit, nothing_is_printed_without_a_stream)
{
    EMU_AUDIT Quiet;

    cr_expect_eq(EmuAuditImage(PathOf("none"), NULL, &Quiet), STATUS_SUCCESS);
    cr_expect_eq(Quiet.Files, 2);
}

Test(audit, a_member_of_a_static_library_that_is_not_linked_does_not_count)
{
    Audit("none");
    EXPECT_NO_TEXT("spare.c");
}

Test(audit, the_files_of_a_test_are_told_from_the_drivers)
{
    AuditFile(NULL);
    cr_assert_eq(Answer.Status, STATUS_SUCCESS, "%s", Answer.Audit.Error);
    cr_expect_eq(Answer.Audit.Files, 0);
    cr_expect_eq(Answer.Audit.TestFiles, 1);
    EXPECT_TEXT("audit.c (test)\n");
    EXPECT_MISTAKES(0);
}

/* This one is such a file: a test may make the driver's call, or stand in for it. */
Test(audit, the_call_in_a_file_of_a_test_is_no_mistake)
{
    ExInitializeDriverRuntime(0);
    AuditFile(NULL);
    cr_expect_eq(Lines("none     no       0x0A000012  yes           audit.c (test)"), 1, "%s", Answer.Text);
    EXPECT_MISTAKES(0);
}

static void Load(PCSTR Name)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(OsLoadDriver(PathOf(Name)), Name, &Driver), STATUS_SUCCESS, "%s", Name);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS, "%s", Name);
    cr_assert_eq(EmuLeakCount(), 0, "%s", Name);
}

#if !defined(_ARM64_) /* there the headers opt in by themselves */

Test(audit, each_mode_has_its_name)
{
    Audit("optin_and_optout");
    EXPECT_TEXT("\nOPTIN    no       0x0A000012  yes           main.c\n");
    EXPECT_TEXT("\nOPTOUT   no       0x0A000012  no            part.c\n");
    Audit("auto");
    EXPECT_TEXT("\nAUTO     no       0x0A000012  no            main.c\n");
}

Test(audit, the_table_tells_zeroing_and_the_ntddi_version)
{
    Audit("zeroing_without_call");
    EXPECT_TEXT("\nnone     yes      0x0A000012  no            main.c\n");
    Audit("auto_for_windows_7");
    EXPECT_TEXT("\nAUTO     no       0x06010000  no            main.c\n");
}

/* ---- How images are built ------------------------------------------------------------------------------------- */

Test(audit, the_records_survive_garbage_collection_link_time_optimisation_sanitizers_and_strip)
{
    static const char *const Names[] = {
        "link_time_optimised",
        "stripped",
#if !defined(_WIN32) /* mingw-w64's linker drops the records with --gc-sections, and there is no sanitizer */
        "collected",
        "sanitized",
#endif
    };

    for (SIZE_T Index = 0; Index < COUNT(Names); Index++) {
        Audit(Names[Index]);
        cr_expect_str_eq(Answer.Text,
                         TABLE_HEAD "OPTIN    no       0x0A000012  yes           main.c\n"
                                    "OPTIN    no       0x0A000012  no            part.c\n",
                         "%s:\n%s", Names[Index], Answer.Text);
        EXPECT_MISTAKES(0);
    }
}

Test(audit, the_call_in_a_routine_that_the_linker_drops_does_not_count)
{
    Audit("dead_call");
    EXPECT_MISTAKES(0);
    Audit("dead_call_collected");
    EXPECT_MISTAKES(EmuMistakeOptInWithoutCall);
}

/* ---- Mistakes that the files show ----------------------------------------------------------------------------- */

Test(audit, optin_with_the_call_is_right)
{
    Audit("optin");
    EXPECT_MISTAKES(0);
}

Test(audit, optin_without_the_call_is_a_mistake)
{
    Audit("optin_without_call");
    EXPECT_MISTAKES(EmuMistakeOptInWithoutCall);
    EXPECT_TEXT("mistake: main.c has POOL_NX_OPTIN, and no file that has it calls ExInitializeDriverRuntime");
}

Test(audit, the_call_in_a_file_without_optin_is_a_mistake)
{
    Audit("call_without_optin");
    EXPECT_MISTAKES(EmuMistakeCallWithoutOptIn | EmuMistakeOptInWithoutCall | EmuMistakeFilesDisagree);
    EXPECT_TEXT("mistake: main.c calls ExInitializeDriverRuntime, where POOL_NX_OPTIN is not in force (none)");
    Audit("call_in_optout");
    EXPECT_MISTAKES(EmuMistakeCallWithoutOptIn | EmuMistakeOptInWithoutCall);
    Audit("call_under_auto");
    EXPECT_MISTAKES(EmuMistakeCallWithoutOptIn);
}

Test(audit, the_call_for_zeroing_alone_is_right)
{
    Audit("call_for_zeroing");
    EXPECT_MISTAKES(0);
}

Test(audit, the_call_for_zeroing_does_not_opt_other_files_in)
{
    Audit("call_for_zeroing_beside_optin");
    EXPECT_MISTAKES(EmuMistakeCallWithoutOptIn | EmuMistakeOptInWithoutCall | EmuMistakeFilesDisagree);
}

Test(audit, the_call_for_zeroing_is_right_beside_one_for_the_opt_in)
{
    Audit("call_for_each");
    EXPECT_MISTAKES(EmuMistakeFilesDisagree);
}

Test(audit, zeroing_without_the_call_is_a_mistake)
{
    Audit("zeroing_without_call");
    EXPECT_MISTAKES(EmuMistakeZeroingWithoutCall);
    EXPECT_TEXT("mistake: main.c has POOL_ZERO_DOWN_LEVEL_SUPPORT");
    Audit("zeroing_and_call_elsewhere");
    EXPECT_MISTAKES(EmuMistakeZeroingWithoutCall | EmuMistakeFilesDisagree);
    EXPECT_TEXT("mistake: part.c has POOL_ZERO_DOWN_LEVEL_SUPPORT");
}

Test(audit, auto_in_a_driver_for_windows_before_8_is_a_mistake)
{
    Audit("auto");
    EXPECT_MISTAKES(0);
    Audit("auto_for_windows_7");
    EXPECT_MISTAKES(EmuMistakeAutoBeforeWindows8);
    EXPECT_TEXT("mistake: main.c has POOL_NX_OPTIN_AUTO and is built for Windows before 8");
}

Test(audit, auto_on_windows_before_8_is_a_mistake_whatever_it_is_built_for)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        Audit("auto");
        EXPECT_MISTAKES(HasNxPool(&Table[Row]) ? 0 : EmuMistakeAutoBeforeWindows8);
        Audit("optin");
        EXPECT_MISTAKES(0);
    }
}

Test(audit, files_that_differ_in_opt_in_or_zeroing_or_ntddi_disagree)
{
    Audit("optin_and_none");
    EXPECT_MISTAKES(EmuMistakeFilesDisagree);
    EXPECT_TEXT("mistake: two files disagree: main.c (OPTIN, without zeroing, 0x0A000012) and part.c (none, without "
                "zeroing, 0x0A000012)");
    Audit("optin_and_auto");
    EXPECT_MISTAKES(EmuMistakeFilesDisagree);
    Audit("two_ntddis");
    EXPECT_MISTAKES(EmuMistakeFilesDisagree);
}

Test(audit, a_file_with_optout_differs_on_purpose)
{
    Audit("optin_and_optout");
    EXPECT_MISTAKES(0);
}

/* ---- Mistakes that a run shows -------------------------------------------------------------------------------- */

static void LoadAndAudit(PCSTR Name)
{
    Load(Name);
    Audit(Name);
}

Test(audit, a_call_after_an_executable_allocation_is_too_late)
{
    LoadAndAudit("early_block");
    EXPECT_MISTAKES(EmuMistakeCallTooLate);
    EXPECT_TEXT("mistake: ExInitializeDriverRuntime was called after ExAllocatePoolWithTag of executable nonpaged pool "
                "by DriverEntry (");
    cr_expect_eq(EmuViolationCount(), 1);
}

Test(audit, a_call_after_an_executable_lookaside_list_is_too_late)
{
    LoadAndAudit("early_list");
    EXPECT_MISTAKES(EmuMistakeCallTooLate);
    EXPECT_TEXT("after a lookaside list of executable nonpaged pool by DriverEntry (");
}

Test(audit, allocations_that_the_call_does_not_change_may_come_before_it)
{
    LoadAndAudit("early_nx_block");
    EXPECT_MISTAKES(0);
    LoadAndAudit("early_paged_block");
    EXPECT_MISTAKES(0);
    cr_expect_eq(EmuViolationCount(), 0);
}

Test(audit, what_another_driver_allocated_before_does_not_make_a_call_late)
{
    LoadAndAudit("none");
    LoadAndAudit("optin");
    EXPECT_MISTAKES(0);
    cr_expect_eq(EmuViolationCount(), 0);
}

Test(audit, what_a_driver_did_in_its_last_load_does_not_make_a_call_late)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS); /* where all its blocks are executable */
    EmuCountCallSites(TRUE);
    LoadAndAudit("optin");
    LoadAndAudit("optin");
    EXPECT_MISTAKES(0);
}

Test(audit, a_call_without_its_flag_is_seen_in_a_run)
{
    Audit("call_without_flag");
    EXPECT_MISTAKES(0);
    LoadAndAudit("call_without_flag");
    EXPECT_MISTAKES(EmuMistakeCallWithoutFlag);
    EXPECT_TEXT("mistake: ExInitializeDriverRuntime(0x0), in a file with POOL_NX_OPTIN and without DrvRtPoolNxOptIn");
}

Test(audit, an_explicit_nx_type_beside_optin_is_seen_in_a_run_before_windows_8)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        EmuReset();
        EmuAllowMissingExports(TRUE);
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        LoadAndAudit("explicit_nx");
        EXPECT_MISTAKES(HasNxPool(&Table[Row]) ? 0 : EmuMistakeOptInAndExplicitNx);
    }
    cr_assert_eq(EmuSetWindows("winxp"), STATUS_SUCCESS);
    LoadAndAudit("explicit_nx");
    EXPECT_TEXT("mistake: POOL_NX_OPTIN and an explicit no-execute type in one image: ExAllocatePoolWithTag");
}

Test(audit, auto_before_windows_8_is_counted_by_call_site)
{
    cr_assert_eq(EmuSetWindows("win7sp1"), STATUS_SUCCESS);
    LoadAndAudit("auto");
    EXPECT_MISTAKES(EmuMistakeAutoBeforeWindows8);
    EXPECT_TEXT("(3 times, by PartAllocate (");
}

Test(audit, violations_of_one_image_are_not_anothers)
{
    LoadAndAudit("early_block");
    LoadAndAudit("early_list");
    cr_expect_eq(EmuViolationCount(), 2);
    cr_expect_eq(Lines("mistake: "), 1);
    Audit("none");
    EXPECT_MISTAKES(0);
}

/* ---- Blocks by call site -------------------------------------------------------------------------------------- */

Test(audit, after_a_run_each_call_site_has_its_number_of_executable_blocks)
{
    EmuCountCallSites(TRUE);
    LoadAndAudit("optin_and_none");
    EXPECT_TEXT("    BLOCKS  EXECUTABLE  CALL SITE\n");
    EXPECT_TEXT("         3           3  ExAllocatePoolWithTag by PartAllocate (");
    LoadAndAudit("optin");
    EXPECT_TEXT("         3           0  ExAllocatePoolWithTag by PartAllocate (");
    cr_expect_eq(Lines("         3 "), 1);
}

#endif

Test(audit, nothing_is_counted_by_default)
{
    Load("none");
    Audit("none");
    EXPECT_NO_TEXT("CALL SITE");
}

typedef struct SITES {
    ULONG Count;
    EMU_CALL_SITE Last;
} SITES;

static BOOLEAN CollectSite(const EMU_CALL_SITE *Site, PVOID Context)
{
    SITES *Sites = Context;

    Sites->Count++;
    Sites->Last = *Site;
    return TRUE;
}

static SITES CallSites(void)
{
    SITES Sites = {0};

    EmuForEachCallSite(CollectSite, &Sites);
    return Sites;
}

Test(audit, blocks_are_counted_exactly_for_each_type_and_windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
            BOOLEAN Executable = Kinds[Kind].Executable || (!HasNxPool(&Table[Row]) && !Kinds[Kind].Paged);
            EmuReset();
            cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
            EmuCountCallSites(TRUE);
            for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
                ExFreePoolWithTag(AllocateHere(Kinds[Kind].Type, Sizes[Size]), TAG);
            }
            SITES Sites = CallSites();
            cr_assert_eq(Sites.Count, 1);
            cr_assert_eq(Sites.Last.Blocks, COUNT(Sizes));
            cr_assert_eq(Sites.Last.Executable, Executable ? COUNT(Sizes) : 0, "%s on %s", Kinds[Kind].Name,
                         Table[Row].Title);
            cr_assert_eq(Sites.Last.PoolType, Kinds[Kind].Type);
            cr_assert_str_eq(Sites.Last.Routine, "ExAllocatePoolWithTag");
        }
    }
}

Test(audit, counting_ends_when_told_and_reset_forgets)
{
    EmuCountCallSites(TRUE);
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    EmuCountCallSites(FALSE);
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    cr_expect_eq(CallSites().Count, 1);
    EmuReset();
    cr_expect_eq(CallSites().Count, 0);
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    cr_expect_eq(CallSites().Count, 0);
}

Test(audit, a_failed_request_is_not_counted)
{
    EmuCountCallSites(TRUE);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, MAXSIZE_T / 2, TAG));
    cr_expect_eq(CallSites().Count, 0);
}

/* Mapped from one and the same call. */
EMU_NOINLINE static void MapWith(PMDL Mdl, ULONG Priority)
{
    PVOID volatile Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, Priority);

    if (Mapped != NULL) { /* not every host shows pages with other rights */
        MmUnmapLockedPages(Mapped, Mdl);
    }
}

Test(audit, mappings_are_counted_and_how_many_of_them_are_executable)
{
    EMU_CALL_SITE Last;

    for (ULONG Old = 0; Old < 2; Old++) {
        EmuReset();
        cr_assert_eq(EmuSetWindows(Old ? "win7" : "win8"), STATUS_SUCCESS);
        PMDL Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, TAG), PAGE_SIZE, FALSE, FALSE, NULL);
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
        EmuCountCallSites(TRUE);
        MapWith(Mdl, NormalPagePriority);
        MapWith(Mdl, NormalPagePriority | MdlMappingNoExecute);
        MapWith(Mdl, NormalPagePriority | MdlMappingNoExecute);
        Last = CallSites().Last;
        cr_expect_eq(CallSites().Count, 1u);
        cr_expect_str_eq(Last.Routine, "MmMapLockedPagesSpecifyCache");
        cr_expect_eq(Last.Blocks, 3u);
        cr_expect_eq(Last.Executable, Old ? 3u : 1u, "before Windows 8 the flag is unknown");
        cr_expect((ULONG_PTR)Last.Caller > (ULONG_PTR)MapWith && (ULONG_PTR)Last.Caller < (ULONG_PTR)MapWith + 4096);
        MmUnlockPages(Mdl);
    }
}

Test(audit, executable_protections_of_mappings_are_counted)
{
    PMDL Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), PAGE_SIZE, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    EmuCountCallSites(TRUE);
    MmProtectMdlSystemAddress(Mdl, PAGE_EXECUTE_READ);
    cr_expect_str_eq(CallSites().Last.Routine, "MmProtectMdlSystemAddress");
    cr_expect_eq(CallSites().Last.Blocks, 1u);
    cr_expect_eq(CallSites().Last.Executable, 1u);
    MmUnlockPages(Mdl);
}

Test(audit, entries_that_a_lookaside_list_allocates_count_for_the_code_that_takes_them)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0);
    EmuCountCallSites(TRUE);
    ExAllocateFromNPagedLookasideList(&List);
    cr_expect_str_eq(CallSites().Last.Routine, "ExAllocateFromNPagedLookasideList");
    cr_expect_eq(CallSites().Last.Executable, 1u);
}

#define CALL_8(Call) Call Call Call Call Call Call Call Call
#define CALL_512(Call) CALL_8(CALL_8(CALL_8(Call)))

Test(audit, more_call_sites_than_can_be_counted_apart_are_counted_together)
{
    SITES Sites;

    EmuCountCallSites(TRUE);
    CALL_512(ExAllocatePoolWithTag(NonPagedPoolExecute, 16, TAG);)
    CALL_512(ExAllocatePoolWithTag(NonPagedPoolExecute, 16, TAG);)
    CALL_512(ExAllocatePoolWithTag(NonPagedPoolExecute, 16, TAG);)
    Sites = CallSites();
    cr_expect_eq(Sites.Count, 1024);
    cr_expect_null(Sites.Last.Caller);
    cr_expect_eq(Sites.Last.Blocks, 3 * 512 - 1023);
    cr_expect_eq(Sites.Last.Executable, 3 * 512 - 1023);
}

/* ---- What cannot be read -------------------------------------------------------------------------------------- */

static char *ReadWhole(PCSTR Path, SIZE_T *Bytes)
{
    FILE *File = fopen(Path, "rb");
    char *Data;

    cr_assert_not_null(File, "%s", Path);
    fseek(File, 0, SEEK_END);
    *Bytes = (SIZE_T)ftell(File);
    rewind(File);
    Data = malloc(*Bytes);
    cr_assert_eq(fread(Data, 1, *Bytes, File), *Bytes);
    fclose(File);
    return Data;
}

static void AuditBytes(const char *Data, SIZE_T Bytes)
{
    char Path[4096];

    snprintf(Path, sizeof(Path), "%s/audit-%d", POOLEMU_TEST_DRIVERS, (int)getpid());
    FILE *File = fopen(Path, "wb");
    cr_assert_not_null(File);
    cr_assert_eq(fwrite(Data, 1, Bytes, File), Bytes);
    fclose(File);
    AuditFile(Path);
    remove(Path);
}

Test(audit, a_file_that_is_no_image_is_refused_with_words)
{
    AuditFile("/nowhere/driver.so");
    cr_expect_eq(Answer.Status, STATUS_INVALID_IMAGE_FORMAT);
    cr_expect_not_null(strstr(Answer.Audit.Error, "No such file"), "%s", Answer.Audit.Error);
    AuditBytes("", 0);
    cr_expect_eq(Answer.Status, STATUS_INVALID_IMAGE_FORMAT);
    AuditBytes("\177ELF", 4);
    cr_expect_eq(Answer.Status, STATUS_INVALID_IMAGE_FORMAT);
    AuditBytes("#!/bin/sh\n", 10);
    cr_expect_eq(Answer.Status, STATUS_INVALID_IMAGE_FORMAT);
    cr_expect_not_null(strstr(Answer.Audit.Error, NOT_AN_IMAGE), "%s", Answer.Audit.Error);
    cr_expect_str_eq(Answer.Text, "");
}

Test(audit, an_image_without_records_is_not_found)
{
    AuditFile(PROGRAM_WITHOUT_POOLEMU);
    cr_expect_eq(Answer.Status, STATUS_NOT_FOUND);
    cr_expect_not_null(strstr(Answer.Audit.Error, "poolemu's headers"), "%s", Answer.Audit.Error);
}

static SIZE_T FindRecords(char *Data, SIZE_T Bytes, EMU_AUDIT_RECORD **Records, SIZE_T Capacity)
{
    SIZE_T Count = 0;

    for (SIZE_T Offset = 0; Offset + sizeof(EMU_AUDIT_RECORD) < Bytes && Count < Capacity; Offset += 8) {
        EMU_AUDIT_RECORD *Record = (EMU_AUDIT_RECORD *)(Data + Offset);
        if (Record->Magic == EMU_AUDIT_MAGIC && Record->Bytes > sizeof(*Record) && Record->Bytes < 4096) {
            Records[Count++] = Record;
        }
    }
    return Count;
}

Test(audit, a_damaged_record_is_left_out)
{
    static const ULONG Wrong[] = {0, 1, sizeof(EMU_AUDIT_RECORD), sizeof(EMU_AUDIT_RECORD) + 1, 0x10000, MAXULONG};
    SIZE_T Bytes;
    char *Data = ReadWhole(PathOf("none"), &Bytes);
    EMU_AUDIT_RECORD *Records[4];

    cr_assert_eq(FindRecords(Data, Bytes, Records, COUNT(Records)), 2);
    AuditBytes(Data, Bytes);
    cr_assert_eq(Answer.Audit.Files, 2);
    ULONG Right = Records[0]->Bytes;
    for (SIZE_T Index = 0; Index < COUNT(Wrong); Index++) {
        Records[0]->Bytes = Wrong[Index];
        AuditBytes(Data, Bytes);
        cr_expect_eq(Answer.Status, STATUS_SUCCESS);
        cr_expect_eq(Answer.Audit.Files, 1, "%u:\n%s", Wrong[Index], Answer.Text);
    }
    Records[0]->Bytes = Right;
    Records[0]->Mode = 4;
    AuditBytes(Data, Bytes);
    cr_expect_eq(Answer.Audit.Files, 1);
    *(char *)(Records[1] + 1) = 0;
    AuditBytes(Data, Bytes);
    cr_expect_eq(Answer.Audit.Files, 1);
    EXPECT_TEXT("(unknown)\n");
    Records[1]->Magic ^= 1;
    AuditBytes(Data, Bytes);
    cr_expect_eq(Answer.Status, STATUS_NOT_FOUND);
    free(Data);
}
