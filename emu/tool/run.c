/* run.c: `poolemu run`: one driver, on one Windows or on all. */
#include "tool/run.h"

#include <stdio.h>
#include <string.h>

#include "host/host.h"
#include "host/image.h"
#include "host/process.h"
#include "host/text.h"
#include "tool/audit.h"
#include "tool/print.h"

/* How far a process has come that runs a driver. */
typedef enum TOOL_STAGE {
    ToolStarts, /* the emulator reads its options */
    ToolLoads,
    ToolCallsEntry,
    ToolCallsUnload,
    ToolReports,
} TOOL_STAGE;

static void ToolEnter(TOOL_STAGE Stage)
{
    HostFindReport()->Stage = Stage;
}

static void ToolExplain(const TOOL_RUN_OPTIONS *Options, PCSTR Why)
{
    ToolComplain("%s: '%s': %s", Options->Audit ? "audit" : "run", Options->Driver, Why);
}

/* A name without a folder is a file of this folder, not one for the loader to look for. */
static PVOID ToolLoadDriver(const TOOL_RUN_OPTIONS *Options)
{
    char Path[4096];
    PCSTR Why;
    PCSTR Folder = HostFileName(Options->Driver) == Options->Driver ? "./" : "";
    SIZE_T Length = (SIZE_T)snprintf(Path, sizeof(Path), "%s%s", Folder, Options->Driver);

    if (Length >= sizeof(Path)) {
        ToolExplain(Options, "the name is too long");
        return NULL;
    }
    if (!HostCheckImageFile(Path, &Why)) {
        ToolExplain(Options, Why);
        return NULL;
    }
    ToolEnter(ToolLoads);
    HostReportCrashes(Path);
    PVOID Library = HostLoadLibrary(Path, &Why);

    if (Library == NULL) {
        BOOLEAN RepeatsName = strncmp(Why, Path, Length) == 0 && Why[Length] == ':';
        ToolExplain(Options, RepeatsName ? Why + Length + 2 : Why);
    }
    return Library;
}

/* ---- One Windows ---------------------------------------------------------------------------------------------- */

static PCSTR ToolStatusName(NTSTATUS Status)
{
    static const struct {
        ULONG Status;
        PCSTR Name;
    } Names[] = {
#include "ntstatus.inc" /* which the build takes from ntstatus.h */
    };

    for (SIZE_T Index = 0; Index < sizeof(Names) / sizeof(Names[0]); Index++) {
        if (Names[Index].Status == (ULONG)Status) {
            return Names[Index].Name;
        }
    }
    return "";
}

/* "folder/ring.so" is the driver "ring". */
static void ToolDriverName(PCSTR Path, char *Name, SIZE_T Bytes)
{
    snprintf(Name, Bytes, "%s", HostFileName(Path));
    char *Dot = strchr(Name, '.');
    if (Dot != NULL && Dot != Name) {
        *Dot = 0;
    }
}

static void ToolPrintVerdict(PCSTR Verdict)
{
    printf("%-12s %-8s", EmuWindows()->Name, Verdict);
}

static PCSTR ToolPoolKind(POOL_TYPE PoolType)
{
    if ((PoolType & PagedPool) != 0) {
        return "paged";
    }
    return (PoolType & POOL_NX_ALLOCATION) != 0 ? "NX nonpaged" : "nonpaged";
}

static BOOLEAN ToolPrintLeak(const EMU_BLOCK *Block, PVOID Context)
{
    char Tag[5] = {0}, Value[16] = "";

    UNREFERENCED_PARAMETER(Context);
    memcpy(Tag, &Block->Tag, 4);
    for (int Index = 0; Index < 4; Index++) {
        if (Tag[Index] < ' ' || Tag[Index] > '~') {
            Tag[Index] = '.';
            snprintf(Value, sizeof(Value), " (0x%08X)", (unsigned)Block->Tag);
        }
    }
    printf("%21s0x%zx  tag %s%s  %zu bytes of %s pool\n", "", (size_t)Block->Address, Tag, Value, (size_t)Block->Size,
           ToolPoolKind(Block->PoolType));
    return TRUE;
}

static void ToolPrintLeaks(PCSTR Moment)
{
    printf("%u block%s still allocated after %s:\n", (unsigned)EmuLeakCount(), EmuLeakCount() == 1 ? "" : "s", Moment);
    EmuForEachLeak(ToolPrintLeak, NULL);
}

static BOOLEAN ToolPrintViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    printf("%21sviolation (%llu time%s): %s\n", "", (ULONGLONG)Violation->Count, Violation->Count == 1 ? "" : "s",
           Violation->Text);
    return TRUE;
}

static ULONG64 ToolFaults(void)
{
    EMU_LOW_RESOURCES_STATISTICS Statistics;

    EmuQueryLowResources(&Statistics);
    return Statistics.Failed;
}

static void ToolPrintFaults(void)
{
    EMU_LOW_RESOURCES_STATISTICS Statistics;

    EmuQueryLowResources(&Statistics);
    printf("%21s%llu of %llu calls failed deliberately", "", (ULONGLONG)Statistics.Failed, (ULONGLONG)Statistics.Calls);
    if (Statistics.KnownStacks != 0) {
        printf("; %llu call stacks known, %llu of them new", (ULONGLONG)Statistics.KnownStacks,
               (ULONGLONG)Statistics.NewStacks);
    }
    printf("\n");
    EmuPrintInjectedFailures(stdout);
}

/* Where calls failed deliberately, failing is what a driver shall do. */
static int ToolReportFailure(NTSTATUS Status)
{
    ULONG64 Faults = ToolFaults();

    if (Faults != 0 && Status != STATUS_DRIVER_ENTRYPOINT_NOT_FOUND && EmuLeakCount() == 0) {
        ToolPrintVerdict("ok");
        printf("DriverEntry returned 0x%08X %s after %llu deliberate failure%s, no pool leaked\n", (unsigned)Status,
               ToolStatusName(Status), (ULONGLONG)Faults, Faults == 1 ? "" : "s");
        return TOOL_OK;
    }
    ToolPrintVerdict("FAILED");
    printf("%s 0x%08X %s\n",
           Status == STATUS_DRIVER_ENTRYPOINT_NOT_FOUND ? "the driver does not load:" : "DriverEntry returned",
           (unsigned)Status, ToolStatusName(Status));
    if (EmuLeakCount() != 0) {
        ToolPrintVerdict("LEAKED");
        ToolPrintLeaks("DriverEntry");
    }
    return TOOL_FAILED;
}

static int ToolReportUnload(NTSTATUS Status)
{
    if (Status == STATUS_INVALID_DEVICE_REQUEST) {
        ToolPrintVerdict("ok");
        printf("DriverEntry succeeded; there is no DriverUnload, so the driver stays loaded\n");
        return TOOL_OK;
    }
    if (EmuLeakCount() == 0) {
        ToolPrintVerdict("ok");
        printf("DriverEntry and DriverUnload ran, no pool leaked\n");
        return TOOL_OK;
    }
    ToolPrintVerdict("LEAKED");
    ToolPrintLeaks("DriverUnload");
    return TOOL_FAILED;
}

static int ToolRunEntry(PDRIVER_INITIALIZE Entry, const TOOL_RUN_OPTIONS *Options)
{
    char Name[64];
    EMU_BUGCHECK Stop;
    PDRIVER_OBJECT Driver = NULL;
    volatile int Result = TOOL_FAILED;
    PCSTR volatile Where = "DriverEntry";

    ToolDriverName(Options->Driver, Name, sizeof(Name));
    ToolEnter(ToolCallsEntry);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        NTSTATUS Status = EmuLoadDriver(Entry, Name, &Driver);
        ToolEnter(ToolReports);
        if (!NT_SUCCESS(Status)) {
            Result = ToolReportFailure(Status);
        } else {
            if (Options->PrintPool) {
                EmuPrintPool(stdout);
            }
            Where = "DriverUnload";
            ToolEnter(ToolCallsUnload);
            Status = EmuUnloadDriver(Driver);
            ToolEnter(ToolReports);
            Result = ToolReportUnload(Status);
        }
    }
    ToolEnter(ToolReports);
    if (Stop.Code != 0) {
        ToolPrintVerdict("STOPPED");
        printf("bug check 0x%X %s in %s (0x%llX, 0x%llX, 0x%llX, 0x%llX)\n%21s%s\n", (unsigned)Stop.Code,
               Stop.Name != NULL ? Stop.Name : "", Where, (ULONGLONG)Stop.Parameter[0], (ULONGLONG)Stop.Parameter[1],
               (ULONGLONG)Stop.Parameter[2], (ULONGLONG)Stop.Parameter[3], "", Stop.Text);
        Result = TOOL_FAILED;
    }
    if (Options->Faults != NULL || (Options->Verifier != NULL && ToolFaults() != 0)) {
        ToolPrintFaults();
    }
    if (!Options->Audit) {
        EmuForEachViolation(ToolPrintViolation, NULL);
    }
    return Result;
}

/* FALSE, and a message: there are no such options. */
static BOOLEAN ToolVerify(PCSTR Words)
{
    ULONG Flags;

    if (!NT_SUCCESS(EmuFindVerifierFlags(Words, &Flags)) || !NT_SUCCESS(EmuSetVerifier(Flags))) {
        ToolComplain("run: '%s' are no options of Driver Verifier; `poolemu run --help` lists them", Words);
        return FALSE;
    }
    return TRUE;
}

/* FALSE, and a message, when the option makes no sense. */
static BOOLEAN ToolSetFaults(PCSTR Faults)
{
    EMU_LOW_RESOURCES Settings;

    if (Faults == NULL ||
        (NT_SUCCESS(EmuParseLowResources(Faults, &Settings)) && NT_SUCCESS(EmuSetLowResources(&Settings)))) {
        return TRUE;
    }
    ToolComplain("run: --faults: %s", Settings.Error);
    return FALSE;
}

static int ToolRunHere(const TOOL_RUN_OPTIONS *Options)
{
    PDRIVER_INITIALIZE Entry;

    if (Options->Windows != NULL && !NT_SUCCESS(EmuSetWindows(Options->Windows))) {
        ToolComplain("%s: there is no Windows '%s'; `poolemu windows` lists the names",
                     Options->Audit ? "audit" : "run", Options->Windows);
        return TOOL_USAGE;
    }
    snprintf(HostFindReport()->Name, sizeof(HostFindReport()->Name), "%s", EmuWindows()->Name);
    if (Options->Verifier != NULL && !ToolVerify(Options->Verifier)) {
        return TOOL_USAGE;
    }
    PVOID Library = ToolLoadDriver(Options);
    if (Library == NULL) {
        return TOOL_USAGE;
    }
    PVOID Symbol = HostFindSymbol(Library, "DriverEntry");
    if (Symbol == NULL) {
        ToolExplain(Options, "no DriverEntry in it (is it built with poolemu_add_driver?)");
        return TOOL_USAGE;
    }
    if (!ToolSetFaults(Options->Faults)) {
        return TOOL_USAGE;
    }
    memcpy(&Entry, &Symbol, sizeof(Entry));
    EmuCountCallSites(Options->Audit);
    int Result = ToolRunEntry(Entry, Options);
    int Verdict = Options->Audit ? ToolAuditDriver(Options->Driver) : TOOL_OK;
    return Result != TOOL_OK ? Result : Verdict;
}

/* ---- Each in a process of its own ----------------------------------------------------------------------------- */

/* What the process ends with goes into its report only when everything is printed. */
static int ToolRunAsChild(PVOID Context)
{
    int Status = ToolRunHere(Context);

    if (!ToolIsWritten()) {
        Status = TOOL_USAGE;
    }
    HostFindReport()->Status = Status;
    return Status;
}

/* A process that did not come to a verdict, or crashed behind it, or ended with something else. */
static void ToolPrintEnd(const HOST_PROCESS *Process, PCSTR Windows)
{
    static const PCSTR Where[] = {
        [ToolStarts] = "before the driver was loaded",
        [ToolLoads] = "while the driver's image was loaded",
        [ToolCallsEntry] = "in DriverEntry",
        [ToolCallsUnload] = "in DriverUnload",
        [ToolReports] = "before the verdict was printed",
    };
    const HOST_REPORT *Report = &Process->Report;
    PCSTR When = Report->Status != HOST_NO_STATUS ? "behind the verdict" : Where[Report->Stage];
    CHAR Crash[sizeof(Report->Crash)], Name[sizeof(Report->Name)];

    snprintf(Name, sizeof(Name), "%s", Report->Name[0] != 0 ? Report->Name : Windows);
    HostMakePrintable(Name, FALSE);
    printf("%-12s ", Name);
    if (Process->Ending == HostExited) {
        printf("EXITED  the process ended with status %d %s\n", (int)Process->Status, When);
        return;
    }
    snprintf(Crash, sizeof(Crash), "%s", Report->Crash);
    HostMakePrintable(Crash, FALSE);
    printf("CRASHED %s %s%s%s\n", Process->Why, When, Crash[0] != 0 ? ", by " : "", Crash);
}

/* A driver may end the process: success is what the process has said of itself and then ended with. */
static int ToolJudge(const HOST_PROCESS *Process, PCSTR Windows)
{
    const HOST_REPORT *Report = &Process->Report;

    if (Process->Ending == HostNotStarted) {
        ToolComplain("no process can be started: %s", Process->Why);
        return TOOL_USAGE;
    }
    if (Process->Ending == HostExited && Report->Status == Process->Status) {
        return (int)Report->Status;
    }
    if (Process->Ending == HostAborted && Report->Stage == ToolStarts && Report->Status == HOST_NO_STATUS) {
        return TOOL_USAGE; /* the emulator has said what is wrong with its options */
    }
    ToolPrintEnd(Process, Windows);
    return TOOL_FAILED;
}

enum {
    TOOL_MOST_ARGUMENTS = 12
};

static void ToolListArguments(const TOOL_RUN_OPTIONS *Options, PCSTR Arguments[TOOL_MOST_ARGUMENTS])
{
    SIZE_T Used = 0;

    Arguments[Used++] = Options->Audit ? "audit" : "run";
    if (Options->Audit) {
        Arguments[Used++] = "--run";
    }
    if (Options->PrintPool) {
        Arguments[Used++] = "--pool";
    }
    if (Options->Windows != NULL) {
        Arguments[Used++] = "--windows";
        Arguments[Used++] = Options->Windows;
    }
    if (Options->Verifier != NULL) {
        Arguments[Used++] = "--verifier";
        Arguments[Used++] = Options->Verifier;
    }
    if (Options->Faults != NULL) {
        Arguments[Used++] = "--faults";
        Arguments[Used++] = Options->Faults;
    }
    Arguments[Used++] = "--";
    Arguments[Used++] = Options->Driver;
    Arguments[Used] = NULL;
}

static int ToolRunApart(TOOL_RUN_OPTIONS *Options)
{
    PCSTR Arguments[TOOL_MOST_ARGUMENTS];
    HOST_PROCESS Process;

    ToolListArguments(Options, Arguments);
    HostRunApart(ToolRunAsChild, Options, Arguments, &Process);
    return ToolJudge(&Process, Options->Windows != NULL ? Options->Windows : "");
}

/* A driver keeps in its image what it found out about Windows; so that each needs a process of its own, too. */
static int ToolRunOnAll(const TOOL_RUN_OPTIONS *Options)
{
    TOOL_RUN_OPTIONS OnOne = *Options;
    SIZE_T Count, Failed = 0;
    const EMU_WINDOWS *Windows = EmuWindowsTable(&Count);

    for (SIZE_T Row = 0; Row < Count; Row++) {
        OnOne.Windows = Windows[Row].Name;
        int Status = ToolRunApart(&OnOne);

        if (Status == TOOL_USAGE) {
            return TOOL_USAGE;
        }
        Failed += Status != TOOL_OK;
    }
    printf("%zu of %zu Windows versions ok\n", (size_t)(Count - Failed), (size_t)Count);
    return Failed == 0 ? TOOL_OK : TOOL_FAILED;
}

int ToolRunDriver(const TOOL_RUN_OPTIONS *Options)
{
    TOOL_RUN_OPTIONS Changeable = *Options;

    if (HostFindReport() != NULL) { /* this is the process for it */
        return ToolRunAsChild(&Changeable);
    }
    if (Options->Windows != NULL && strcmp(Options->Windows, "all") == 0) {
        return ToolRunOnAll(Options);
    }
    return ToolRunApart(&Changeable);
}
