/* audit.c: EmuAuditImage: what the source files of an image say about the opt-in to no-execute pool, and the mistakes
 * in it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/code.h"
#include "host/host.h"
#include "host/text.h"
#include "host/image.h"
#include "poolemu.h"
#include "core/array.h"
#include "core/windows.h"

typedef struct EMUP_RECORD {
    EMU_AUDIT_RECORD Record;
    CHAR File[260]; /* the end of a longer name */
} EMUP_RECORD;

typedef struct EMUP_RECORDS {
    EMUP_RECORD *Record;
    SIZE_T Count;
    SIZE_T Room;
    BOOLEAN NoMemory;
} EMUP_RECORDS;

typedef struct EMUP_AUDIT {
    EMUP_RECORDS Records;
    CHAR Path[512];
    FILE *Stream;
    EMU_AUDIT *Result;
} EMUP_AUDIT;

/* ---- Reading -------------------------------------------------------------------------------------------------- */

static VOID EmupAddRecord(EMUP_RECORDS *Records, const EMU_AUDIT_RECORD *Record, PCSTR File)
{
    EMUP_RECORD *Larger = KiMakeRoom(Records->Record, Records->Count, &Records->Room, sizeof(*Larger));
    SIZE_T Length = strlen(File);
    SIZE_T Skipped = Length < sizeof(Larger->File) ? 0 : Length - sizeof(Larger->File) + 1;

    if (Larger == NULL) {
        Records->NoMemory = TRUE;
        return;
    }
    Larger[Records->Count].Record = *Record;
    snprintf(Larger[Records->Count].File, sizeof(Larger->File), "%s", Length == 0 ? "(unknown)" : File + Skipped);
    Records->Record = Larger;
    Records->Count++;
}

/* The size of the record at Data, or 0 when there is none: linkers and sanitizers may put anything between them. */
static SIZE_T EmupRecordBytes(const UCHAR *Data, SIZE_T Left)
{
    EMU_AUDIT_RECORD Record;

    if (Left <= sizeof(Record)) {
        return 0;
    }
    memcpy(&Record, Data, sizeof(Record));
    if (Record.Magic != EMU_AUDIT_MAGIC || Record.Bytes <= sizeof(Record) || Record.Bytes > Left ||
        Record.Kind > EMU_AUDIT_TEST || Record.Mode > EMU_AUDIT_OPTOUT || Data[Record.Bytes - 1] != 0) {
        return 0;
    }
    return Record.Bytes;
}

static VOID EmupReadSection(const VOID *Data, SIZE_T Bytes, PVOID Context)
{
    EMUP_RECORDS *Records = Context;
    EMU_AUDIT_RECORD Record;
    SIZE_T Offset = 0;

    while (Offset < Bytes) {
        const UCHAR *Here = (const UCHAR *)Data + Offset;
        SIZE_T Found = EmupRecordBytes(Here, Bytes - Offset);
        if (Found != 0) {
            memcpy(&Record, Here, sizeof(Record));
            EmupAddRecord(Records, &Record, (PCSTR)Here + sizeof(Record));
        }
        Offset += Found == 0 ? sizeof(ULONG64) : (Found + sizeof(ULONG64) - 1) & ~(sizeof(ULONG64) - 1);
    }
}

/* The folder that all files are in is left out of their names. */
static SIZE_T EmupCommonFolder(const EMUP_RECORDS *Records)
{
    PCSTR First = Records->Record[0].File;
    SIZE_T Common = strlen(First);

    for (SIZE_T Index = 1; Index < Records->Count; Index++) {
        PCSTR Other = Records->Record[Index].File;
        SIZE_T Same = 0;
        while (Same < Common && First[Same] == Other[Same]) {
            Same++;
        }
        Common = Same;
    }
    while (Common > 0 && First[Common - 1] != '/') {
        Common--;
    }
    return Common;
}

static VOID EmupShortenNames(EMUP_RECORDS *Records)
{
    SIZE_T Folder = EmupCommonFolder(Records);

    for (SIZE_T Index = 0; Index < Records->Count; Index++) {
        PSTR File = Records->Record[Index].File;
        memmove(File, File + Folder, strlen(File + Folder) + 1);
    }
}

static NTSTATUS EmupFail(EMUP_AUDIT *Audit, NTSTATUS Status, PCSTR Why)
{
    snprintf(Audit->Result->Error, sizeof(Audit->Result->Error), "%s", Why);
    return Status;
}

static NTSTATUS EmupReadRecords(EMUP_AUDIT *Audit)
{
    PCSTR Why;

    if (!HostReadSections(Audit->Path, "emuaudit", EmupReadSection, &Audit->Records, &Why) ||
        !HostReadSections(Audit->Path, "emucalls", EmupReadSection, &Audit->Records, &Why)) {
        return EmupFail(Audit, STATUS_INVALID_IMAGE_FORMAT, Why);
    }
    if (Audit->Records.NoMemory) {
        return EmupFail(Audit, STATUS_INSUFFICIENT_RESOURCES, "no memory");
    }
    if (Audit->Records.Count == 0) {
        return EmupFail(Audit, STATUS_NOT_FOUND, "no file in it was compiled with poolemu's headers");
    }
    EmupShortenNames(&Audit->Records);
    return STATUS_SUCCESS;
}

/* ---- Asking the records --------------------------------------------------------------------------------------- */

static BOOLEAN EmupIsSameFile(const EMUP_RECORD *Left, const EMUP_RECORD *Right)
{
    return strcmp(Left->File, Right->File) == 0 && Left->Record.Mode == Right->Record.Mode &&
           Left->Record.Zeroing == Right->Record.Zeroing && Left->Record.NtDdi == Right->Record.NtDdi;
}

static BOOLEAN EmupFileHas(const EMUP_AUDIT *Audit, const EMUP_RECORD *File, UCHAR Kind)
{
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        const EMUP_RECORD *Other = &Audit->Records.Record[Index];
        if (Other->Record.Kind == Kind && EmupIsSameFile(File, Other)) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN EmupIsDriverFile(const EMUP_AUDIT *Audit, const EMUP_RECORD *File)
{
    return File->Record.Kind == EMU_AUDIT_FILE && !EmupFileHas(Audit, File, EMU_AUDIT_TEST);
}

/* What a rule looks for among the records. */
typedef BOOLEAN EMUP_QUESTION(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record);

static const EMUP_RECORD *EmupFindRecord(const EMUP_AUDIT *Audit, EMUP_QUESTION *Question)
{
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        if (Question(Audit, &Audit->Records.Record[Index])) {
            return &Audit->Records.Record[Index];
        }
    }
    return NULL;
}

/* A test's file is compiled like the driver's, and may make the driver's call: but its own opt-in is no mistake. */
static BOOLEAN EmupIsOptInFile(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    return EmupIsDriverFile(Audit, Record) && Record->Record.Mode == EMU_AUDIT_OPTIN;
}

static BOOLEAN EmupIsAutoFile(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    return EmupIsDriverFile(Audit, Record) && Record->Record.Mode == EMU_AUDIT_AUTO && !Record->Record.Forced;
}

static BOOLEAN EmupIsOldAutoFile(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    return EmupIsAutoFile(Audit, Record) && Record->Record.NtDdi < NTDDI_WIN8;
}

static BOOLEAN EmupIsZeroingFile(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    return EmupIsDriverFile(Audit, Record) && Record->Record.Zeroing;
}

static BOOLEAN EmupIsOptInCall(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    UNREFERENCED_PARAMETER(Audit);
    return Record->Record.Kind == EMU_AUDIT_RUNTIME_CALL && Record->Record.Mode == EMU_AUDIT_OPTIN;
}

static BOOLEAN EmupIsZeroingCall(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    UNREFERENCED_PARAMETER(Audit);
    return Record->Record.Kind == EMU_AUDIT_RUNTIME_CALL && Record->Record.Zeroing;
}

/* Does nothing at all, or nothing for the opt-in that other files wait for. On processors other than x86 and x64 it
 * always does nothing, and is right. */
static BOOLEAN EmupIsIdleCall(const EMUP_AUDIT *Audit, const EMUP_RECORD *Record)
{
    return Record->Record.Kind == EMU_AUDIT_RUNTIME_CALL && Record->Record.Mode != EMU_AUDIT_OPTIN &&
           !Record->Record.Forced && !EmupFileHas(Audit, Record, EMU_AUDIT_TEST) &&
           (!Record->Record.Zeroing ||
            (EmupFindRecord(Audit, EmupIsOptInFile) != NULL && EmupFindRecord(Audit, EmupIsOptInCall) == NULL));
}

/* ---- Printing ------------------------------------------------------------------------------------------------- */

static VOID EmupPrint(const EMUP_AUDIT *Audit, PCSTR Format, ...) EMU_FORMAT(2, 3);

/* One line; the newline is added. */
static VOID EmupPrint(const EMUP_AUDIT *Audit, PCSTR Format, ...)
{
    CHAR Text[4096];
    va_list Arguments;

    if (Audit->Stream != NULL) {
        va_start(Arguments, Format);
        vsnprintf(Text, sizeof(Text), Format, Arguments);
        va_end(Arguments);
        HostMakePrintable(Text, FALSE);
        fprintf(Audit->Stream, "%s\n", Text);
    }
}

static PCSTR EmupModeName(const EMUP_RECORD *Record)
{
    static const PCSTR Names[] = {"none", "OPTIN", "AUTO", "OPTOUT"};

    return Names[Record->Record.Mode];
}

/* Counts the files, too. */
static VOID EmupPrintFiles(EMUP_AUDIT *Audit)
{
    EmupPrint(Audit, "%-8s %-8s %-10s  %-12s  %s", "OPT-IN", "ZEROING", "NTDDI", "RUNTIME CALL", "FILE");
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        const EMUP_RECORD *File = &Audit->Records.Record[Index];
        BOOLEAN IsDriver = EmupIsDriverFile(Audit, File);

        if (File->Record.Kind != EMU_AUDIT_FILE) {
            continue;
        }
        Audit->Result->Files += IsDriver;
        Audit->Result->TestFiles += !IsDriver;
        EmupPrint(Audit, "%-8s %-8s 0x%08X  %-12s  %s%s", EmupModeName(File), File->Record.Zeroing ? "yes" : "no",
                  (unsigned)File->Record.NtDdi, EmupFileHas(Audit, File, EMU_AUDIT_RUNTIME_CALL) ? "yes" : "no",
                  File->File, IsDriver ? "" : " (test)");
    }
}

/* ---- Mistakes that the files show ----------------------------------------------------------------------------- */

static VOID EmupJudgeCalls(EMUP_AUDIT *Audit)
{
    const EMUP_RECORD *OptIn = EmupFindRecord(Audit, EmupIsOptInFile);
    const EMUP_RECORD *Zeroing = EmupFindRecord(Audit, EmupIsZeroingFile);
    const EMUP_RECORD *Idle = EmupFindRecord(Audit, EmupIsIdleCall);

    if (OptIn != NULL && EmupFindRecord(Audit, EmupIsOptInCall) == NULL) {
        Audit->Result->Mistakes |= EmuMistakeOptInWithoutCall;
        EmupPrint(
            Audit,
            "mistake: %s has POOL_NX_OPTIN, and no file that has it calls ExInitializeDriverRuntime: NonPagedPool "
            "stays executable on every Windows",
            OptIn->File);
    }
    if (Idle != NULL) {
        Audit->Result->Mistakes |= EmuMistakeCallWithoutOptIn;
        EmupPrint(Audit,
                  "mistake: %s calls ExInitializeDriverRuntime, where POOL_NX_OPTIN is not in force (%s): for the pool "
                  "type the call does nothing",
                  Idle->File, EmupModeName(Idle));
    }
    if (Zeroing != NULL && EmupFindRecord(Audit, EmupIsZeroingCall) == NULL) {
        Audit->Result->Mistakes |= EmuMistakeZeroingWithoutCall;
        EmupPrint(Audit,
                  "mistake: %s has POOL_ZERO_DOWN_LEVEL_SUPPORT, and no file that has it calls "
                  "ExInitializeDriverRuntime: blocks are zeroed twice where Windows zeroes them",
                  Zeroing->File);
    }
}

static VOID EmupJudgeAuto(EMUP_AUDIT *Audit)
{
    const EMUP_RECORD *Auto = EmupFindRecord(Audit, EmupIsAutoFile);
    const EMUP_RECORD *Old = EmupFindRecord(Audit, EmupIsOldAutoFile);

    if (Old != NULL) {
        Audit->Result->Mistakes |= EmuMistakeAutoBeforeWindows8;
        EmupPrint(Audit,
                  "mistake: %s has POOL_NX_OPTIN_AUTO and is built for Windows before 8 (NTDDI_VERSION 0x%08X), which "
                  "does not know NonPagedPoolNx",
                  Old->File, (unsigned)Old->Record.NtDdi);
    } else if (Auto != NULL && !KiHasNxPool()) {
        Audit->Result->Mistakes |= EmuMistakeAutoBeforeWindows8;
        EmupPrint(Audit, "mistake: %s has POOL_NX_OPTIN_AUTO, and %s does not know NonPagedPoolNx", Auto->File,
                  EmuWindows()->Title);
    }
}

/* A file with POOL_NX_OPTOUT differs from the others on purpose. */
static BOOLEAN EmupDisagree(const EMUP_RECORD *Left, const EMUP_RECORD *Right)
{
    const EMU_AUDIT_RECORD *One = &Left->Record, *Other = &Right->Record;

    return (One->Mode != Other->Mode && One->Mode != EMU_AUDIT_OPTOUT && Other->Mode != EMU_AUDIT_OPTOUT) ||
           One->Zeroing != Other->Zeroing || One->NtDdi != Other->NtDdi;
}

static VOID EmupPrintDisagreement(const EMUP_AUDIT *Audit, const EMUP_RECORD *Left, const EMUP_RECORD *Right)
{
    EmupPrint(Audit, "mistake: two files disagree: %s (%s, %s zeroing, 0x%08X) and %s (%s, %s zeroing, 0x%08X)",
              Left->File, EmupModeName(Left), Left->Record.Zeroing ? "with" : "without", (unsigned)Left->Record.NtDdi,
              Right->File, EmupModeName(Right), Right->Record.Zeroing ? "with" : "without",
              (unsigned)Right->Record.NtDdi);
}

/* The first file that disagrees with an earlier one stands for all. */
static VOID EmupJudgeAgreement(EMUP_AUDIT *Audit)
{
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        const EMUP_RECORD *Right = &Audit->Records.Record[Index];
        for (SIZE_T Earlier = 0; Earlier < Index && EmupIsDriverFile(Audit, Right); Earlier++) {
            const EMUP_RECORD *Left = &Audit->Records.Record[Earlier];
            if (EmupIsDriverFile(Audit, Left) && EmupDisagree(Left, Right)) {
                Audit->Result->Mistakes |= EmuMistakeFilesDisagree;
                EmupPrintDisagreement(Audit, Left, Right);
                return;
            }
        }
    }
}

/* ---- Mistakes that a run has shown ---------------------------------------------------------------------------- */

static BOOLEAN EmupIsInImage(const EMUP_AUDIT *Audit, PVOID Code)
{
    HOST_IMAGE Image;

    return HostFindImage((ULONG_PTR)Code - 1, &Image) && HostIsSameFile(Image.Path, Audit->Path);
}

static ULONG EmupMistakeOf(const EMUP_AUDIT *Audit, EMU_VIOLATION_KIND Kind)
{
    switch (Kind) {
    case EmuViolationRuntimeTooLate:
        return EmuMistakeCallTooLate;
    case EmuViolationRuntimeWithoutFlag:
        return EmuMistakeCallWithoutFlag;
    case EmuViolationNxBeforeWindows8:
        return EmupFindRecord(Audit, EmupIsOptInFile) != NULL  ? EmuMistakeOptInAndExplicitNx
               : EmupFindRecord(Audit, EmupIsAutoFile) != NULL ? EmuMistakeAutoBeforeWindows8
                                                               : 0;
    default:
        return 0;
    }
}

static BOOLEAN EmupJudgeViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    EMUP_AUDIT *Audit = Context;
    CHAR Code[256];

    if (Violation->Caller == NULL || !EmupIsInImage(Audit, Violation->Caller)) {
        return TRUE;
    }
    ULONG Mistake = EmupMistakeOf(Audit, Violation->Kind);
    HostDescribeCall(Violation->Caller, Code, sizeof(Code));
    Audit->Result->Mistakes |= Mistake;
    EmupPrint(Audit, "%s: %s%s (%llu time%s, by %s)", Mistake != 0 ? "mistake" : "violation",
              Mistake == EmuMistakeOptInAndExplicitNx ? "POOL_NX_OPTIN and an explicit no-execute type in one image: "
                                                      : "",
              Violation->Text, (ULONGLONG)Violation->Count, Violation->Count == 1 ? "" : "s", Code);
    return TRUE;
}

typedef struct EMUP_SITES {
    const EMUP_AUDIT *Audit;
    BOOLEAN HasTitle;
} EMUP_SITES;

static BOOLEAN EmupPrintCallSite(const EMU_CALL_SITE *Site, PVOID Context)
{
    EMUP_SITES *Sites = Context;
    CHAR Code[256];

    if (Site->Caller == NULL || !EmupIsInImage(Sites->Audit, Site->Caller)) {
        return TRUE;
    }
    if (!Sites->HasTitle) {
        EmupPrint(Sites->Audit, "%10s  %10s  %s", "BLOCKS", "EXECUTABLE", "CALL SITE");
        Sites->HasTitle = TRUE;
    }
    HostDescribeCall(Site->Caller, Code, sizeof(Code));
    EmupPrint(Sites->Audit, "%10llu  %10llu  %s by %s", (ULONGLONG)Site->Blocks, (ULONGLONG)Site->Executable,
              Site->Routine, Code);
    return TRUE;
}

/* ---- All together --------------------------------------------------------------------------------------------- */

NTSTATUS EmuAuditImage(PCSTR Path, FILE *Stream, EMU_AUDIT *Result)
{
    if (Result == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    EMUP_AUDIT Audit = {.Stream = Stream, .Result = Result};
    EMUP_SITES Sites = {.Audit = &Audit};

    memset(Result, 0, sizeof(*Result));
    if (Path == NULL) {
        HostProgramPath(Audit.Path, sizeof(Audit.Path));
    } else if ((SIZE_T)snprintf(Audit.Path, sizeof(Audit.Path), "%s", Path) >= sizeof(Audit.Path)) {
        return EmupFail(&Audit, STATUS_INVALID_IMAGE_FORMAT, "the path is too long");
    }
    NTSTATUS Status = EmupReadRecords(&Audit);
    if (NT_SUCCESS(Status)) {
        EmupPrintFiles(&Audit);
        EmupJudgeCalls(&Audit);
        EmupJudgeAuto(&Audit);
        EmupJudgeAgreement(&Audit);
        EmuForEachViolation(EmupJudgeViolation, &Audit);
        EmuForEachCallSite(EmupPrintCallSite, &Sites);
    }
    free(Audit.Records.Record);
    return Status;
}
