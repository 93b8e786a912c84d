/* audit.c: EmuAuditImage: what the source files of an image say about the opt-in to no-execute pool, and the mistakes
 * in it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/image.h"
#include "poolemu.h"
#include "nt/rtl/version.h"

typedef struct IOP_RECORD {
    EMU_AUDIT_RECORD Record;
    CHAR File[260]; /* the end of a longer name */
} IOP_RECORD;

typedef struct IOP_RECORDS {
    IOP_RECORD *Record;
    SIZE_T Count;
    BOOLEAN NoMemory;
} IOP_RECORDS;

typedef struct IOP_AUDIT {
    IOP_RECORDS Records;
    CHAR Path[512];
    FILE *Stream;
    EMU_AUDIT *Result;
} IOP_AUDIT;

/* ---- Reading -------------------------------------------------------------------------------------------------- */

static VOID IopAddRecord(IOP_RECORDS *Records, const EMU_AUDIT_RECORD *Record, PCSTR File)
{
    IOP_RECORD *Larger = realloc(Records->Record, (Records->Count + 1) * sizeof(IOP_RECORD));
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
static SIZE_T IopRecordBytes(const UCHAR *Data, SIZE_T Left)
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

static VOID IopReadSection(const VOID *Data, SIZE_T Bytes, PVOID Context)
{
    IOP_RECORDS *Records = Context;
    EMU_AUDIT_RECORD Record;
    SIZE_T Offset = 0;

    while (Offset < Bytes) {
        const UCHAR *Here = (const UCHAR *)Data + Offset;
        SIZE_T Found = IopRecordBytes(Here, Bytes - Offset);
        if (Found != 0) {
            memcpy(&Record, Here, sizeof(Record));
            IopAddRecord(Records, &Record, (PCSTR)Here + sizeof(Record));
        }
        Offset += Found == 0 ? sizeof(ULONG64) : (Found + sizeof(ULONG64) - 1) & ~(sizeof(ULONG64) - 1);
    }
}

/* The folder that all files are in is left out of their names. */
static SIZE_T IopCommonFolder(const IOP_RECORDS *Records)
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

static VOID IopShortenNames(IOP_RECORDS *Records)
{
    SIZE_T Folder = IopCommonFolder(Records);

    for (SIZE_T Index = 0; Index < Records->Count; Index++) {
        PSTR File = Records->Record[Index].File;
        memmove(File, File + Folder, strlen(File + Folder) + 1);
    }
}

static NTSTATUS IopFail(IOP_AUDIT *Audit, NTSTATUS Status, PCSTR Why)
{
    snprintf(Audit->Result->Error, sizeof(Audit->Result->Error), "%s", Why);
    return Status;
}

static NTSTATUS IopReadRecords(IOP_AUDIT *Audit)
{
    PCSTR Why;

    if (!HostReadSections(Audit->Path, "emuaudit", IopReadSection, &Audit->Records, &Why) ||
        !HostReadSections(Audit->Path, "emucalls", IopReadSection, &Audit->Records, &Why)) {
        return IopFail(Audit, STATUS_INVALID_IMAGE_FORMAT, Why);
    }
    if (Audit->Records.NoMemory) {
        return IopFail(Audit, STATUS_INSUFFICIENT_RESOURCES, "no memory");
    }
    if (Audit->Records.Count == 0) {
        return IopFail(Audit, STATUS_NOT_FOUND, "no file in it was compiled with poolemu's headers");
    }
    IopShortenNames(&Audit->Records);
    return STATUS_SUCCESS;
}

/* ---- Asking the records --------------------------------------------------------------------------------------- */

static BOOLEAN IopIsSameFile(const IOP_RECORD *Left, const IOP_RECORD *Right)
{
    return strcmp(Left->File, Right->File) == 0 && Left->Record.Mode == Right->Record.Mode &&
           Left->Record.Zeroing == Right->Record.Zeroing && Left->Record.NtDdi == Right->Record.NtDdi;
}

static BOOLEAN IopFileHas(const IOP_AUDIT *Audit, const IOP_RECORD *File, UCHAR Kind)
{
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        const IOP_RECORD *Other = &Audit->Records.Record[Index];
        if (Other->Record.Kind == Kind && IopIsSameFile(File, Other)) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN IopIsDriverFile(const IOP_AUDIT *Audit, const IOP_RECORD *File)
{
    return File->Record.Kind == EMU_AUDIT_FILE && !IopFileHas(Audit, File, EMU_AUDIT_TEST);
}

/* What a rule looks for among the records. */
typedef BOOLEAN IOP_QUESTION(const IOP_AUDIT *Audit, const IOP_RECORD *Record);

static const IOP_RECORD *IopFindRecord(const IOP_AUDIT *Audit, IOP_QUESTION *Question)
{
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        if (Question(Audit, &Audit->Records.Record[Index])) {
            return &Audit->Records.Record[Index];
        }
    }
    return NULL;
}

/* A test's file is compiled like the driver's, and may make the driver's call: but its own opt-in is no mistake. */
static BOOLEAN IopIsOptInFile(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    return IopIsDriverFile(Audit, Record) && Record->Record.Mode == EMU_AUDIT_OPTIN;
}

static BOOLEAN IopIsAutoFile(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    return IopIsDriverFile(Audit, Record) && Record->Record.Mode == EMU_AUDIT_AUTO && !Record->Record.Forced;
}

static BOOLEAN IopIsOldAutoFile(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    return IopIsAutoFile(Audit, Record) && Record->Record.NtDdi < NTDDI_WIN8;
}

static BOOLEAN IopIsZeroingFile(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    return IopIsDriverFile(Audit, Record) && Record->Record.Zeroing;
}

static BOOLEAN IopIsOptInCall(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    UNREFERENCED_PARAMETER(Audit);
    return Record->Record.Kind == EMU_AUDIT_RUNTIME_CALL && Record->Record.Mode == EMU_AUDIT_OPTIN;
}

static BOOLEAN IopIsZeroingCall(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    UNREFERENCED_PARAMETER(Audit);
    return Record->Record.Kind == EMU_AUDIT_RUNTIME_CALL && Record->Record.Zeroing;
}

/* Does nothing at all, or nothing for the opt-in that other files wait for. On processors other than x86 and x64 it
 * always does nothing, and is right. */
static BOOLEAN IopIsIdleCall(const IOP_AUDIT *Audit, const IOP_RECORD *Record)
{
    return Record->Record.Kind == EMU_AUDIT_RUNTIME_CALL && Record->Record.Mode != EMU_AUDIT_OPTIN &&
           !Record->Record.Forced && !IopFileHas(Audit, Record, EMU_AUDIT_TEST) &&
           (!Record->Record.Zeroing ||
            (IopFindRecord(Audit, IopIsOptInFile) != NULL && IopFindRecord(Audit, IopIsOptInCall) == NULL));
}

/* ---- Printing ------------------------------------------------------------------------------------------------- */

static VOID IopPrint(const IOP_AUDIT *Audit, PCSTR Format, ...) EMU_FORMAT(2, 3);

static VOID IopPrint(const IOP_AUDIT *Audit, PCSTR Format, ...)
{
    va_list Arguments;

    if (Audit->Stream != NULL) {
        va_start(Arguments, Format);
        vfprintf(Audit->Stream, Format, Arguments);
        va_end(Arguments);
    }
}

static PCSTR IopModeName(const IOP_RECORD *Record)
{
    static const PCSTR Names[] = {"none", "OPTIN", "AUTO", "OPTOUT"};

    return Names[Record->Record.Mode];
}

/* Counts the files, too. */
static VOID IopPrintFiles(IOP_AUDIT *Audit)
{
    IopPrint(Audit, "%-8s %-8s %-10s  %-12s  %s\n", "OPT-IN", "ZEROING", "NTDDI", "RUNTIME CALL", "FILE");
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        const IOP_RECORD *File = &Audit->Records.Record[Index];
        BOOLEAN IsDriver = IopIsDriverFile(Audit, File);

        if (File->Record.Kind != EMU_AUDIT_FILE) {
            continue;
        }
        Audit->Result->Files += IsDriver;
        Audit->Result->TestFiles += !IsDriver;
        IopPrint(Audit, "%-8s %-8s 0x%08X  %-12s  %s%s\n", IopModeName(File), File->Record.Zeroing ? "yes" : "no",
                 (unsigned)File->Record.NtDdi, IopFileHas(Audit, File, EMU_AUDIT_RUNTIME_CALL) ? "yes" : "no",
                 File->File, IsDriver ? "" : " (test)");
    }
}

/* ---- Mistakes that the files show ----------------------------------------------------------------------------- */

static VOID IopJudgeCalls(IOP_AUDIT *Audit)
{
    const IOP_RECORD *OptIn = IopFindRecord(Audit, IopIsOptInFile);
    const IOP_RECORD *Zeroing = IopFindRecord(Audit, IopIsZeroingFile);
    const IOP_RECORD *Idle = IopFindRecord(Audit, IopIsIdleCall);

    if (OptIn != NULL && IopFindRecord(Audit, IopIsOptInCall) == NULL) {
        Audit->Result->Mistakes |= EmuMistakeOptInWithoutCall;
        IopPrint(Audit,
                 "mistake: %s has POOL_NX_OPTIN, and no file that has it calls ExInitializeDriverRuntime: NonPagedPool "
                 "stays executable on every Windows\n",
                 OptIn->File);
    }
    if (Idle != NULL) {
        Audit->Result->Mistakes |= EmuMistakeCallWithoutOptIn;
        IopPrint(Audit,
                 "mistake: %s calls ExInitializeDriverRuntime, where POOL_NX_OPTIN is not in force (%s): for the pool "
                 "type the call does nothing\n",
                 Idle->File, IopModeName(Idle));
    }
    if (Zeroing != NULL && IopFindRecord(Audit, IopIsZeroingCall) == NULL) {
        Audit->Result->Mistakes |= EmuMistakeZeroingWithoutCall;
        IopPrint(Audit,
                 "mistake: %s has POOL_ZERO_DOWN_LEVEL_SUPPORT, and no file that has it calls "
                 "ExInitializeDriverRuntime: blocks are zeroed twice where Windows zeroes them\n",
                 Zeroing->File);
    }
}

static VOID IopJudgeAuto(IOP_AUDIT *Audit)
{
    const IOP_RECORD *Auto = IopFindRecord(Audit, IopIsAutoFile);
    const IOP_RECORD *Old = IopFindRecord(Audit, IopIsOldAutoFile);

    if (Old != NULL) {
        Audit->Result->Mistakes |= EmuMistakeAutoBeforeWindows8;
        IopPrint(Audit,
                 "mistake: %s has POOL_NX_OPTIN_AUTO and is built for Windows before 8 (NTDDI_VERSION 0x%08X), which "
                 "does not know NonPagedPoolNx\n",
                 Old->File, (unsigned)Old->Record.NtDdi);
    } else if (Auto != NULL && !RtlpHasNxPool()) {
        Audit->Result->Mistakes |= EmuMistakeAutoBeforeWindows8;
        IopPrint(Audit, "mistake: %s has POOL_NX_OPTIN_AUTO, and %s does not know NonPagedPoolNx\n", Auto->File,
                 EmuWindows()->Title);
    }
}

/* A file with POOL_NX_OPTOUT differs from the others on purpose. */
static BOOLEAN IopDisagree(const IOP_RECORD *Left, const IOP_RECORD *Right)
{
    const EMU_AUDIT_RECORD *One = &Left->Record, *Other = &Right->Record;

    return (One->Mode != Other->Mode && One->Mode != EMU_AUDIT_OPTOUT && Other->Mode != EMU_AUDIT_OPTOUT) ||
           One->Zeroing != Other->Zeroing || One->NtDdi != Other->NtDdi;
}

static VOID IopPrintDisagreement(const IOP_AUDIT *Audit, const IOP_RECORD *Left, const IOP_RECORD *Right)
{
    IopPrint(Audit, "mistake: two files disagree: %s (%s, %s zeroing, 0x%08X) and %s (%s, %s zeroing, 0x%08X)\n",
             Left->File, IopModeName(Left), Left->Record.Zeroing ? "with" : "without", (unsigned)Left->Record.NtDdi,
             Right->File, IopModeName(Right), Right->Record.Zeroing ? "with" : "without",
             (unsigned)Right->Record.NtDdi);
}

/* The first file that disagrees with an earlier one stands for all. */
static VOID IopJudgeAgreement(IOP_AUDIT *Audit)
{
    for (SIZE_T Index = 0; Index < Audit->Records.Count; Index++) {
        const IOP_RECORD *Right = &Audit->Records.Record[Index];
        for (SIZE_T Earlier = 0; Earlier < Index && IopIsDriverFile(Audit, Right); Earlier++) {
            const IOP_RECORD *Left = &Audit->Records.Record[Earlier];
            if (IopIsDriverFile(Audit, Left) && IopDisagree(Left, Right)) {
                Audit->Result->Mistakes |= EmuMistakeFilesDisagree;
                IopPrintDisagreement(Audit, Left, Right);
                return;
            }
        }
    }
}

/* ---- Mistakes that a run has shown ---------------------------------------------------------------------------- */

static BOOLEAN IopIsInImage(const IOP_AUDIT *Audit, PVOID Code)
{
    HOST_IMAGE Image;

    return HostFindImage((ULONG_PTR)Code - 1, &Image) && HostIsSameFile(Image.Path, Audit->Path);
}

static ULONG IopMistakeOf(const IOP_AUDIT *Audit, EMU_VIOLATION_KIND Kind)
{
    switch (Kind) {
    case EmuViolationRuntimeTooLate:
        return EmuMistakeCallTooLate;
    case EmuViolationRuntimeWithoutFlag:
        return EmuMistakeCallWithoutFlag;
    case EmuViolationNxBeforeWindows8:
        return IopFindRecord(Audit, IopIsOptInFile) != NULL  ? EmuMistakeOptInAndExplicitNx
               : IopFindRecord(Audit, IopIsAutoFile) != NULL ? EmuMistakeAutoBeforeWindows8
                                                             : 0;
    default:
        return 0;
    }
}

static BOOLEAN IopJudgeViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    IOP_AUDIT *Audit = Context;
    CHAR Code[256];

    if (Violation->Caller == NULL || !IopIsInImage(Audit, Violation->Caller)) {
        return TRUE;
    }
    ULONG Mistake = IopMistakeOf(Audit, Violation->Kind);
    HostDescribeCode((ULONG_PTR)Violation->Caller - 1, Code, sizeof(Code));
    Audit->Result->Mistakes |= Mistake;
    IopPrint(Audit, "%s: %s%s (%llu time%s, by %s)\n", Mistake != 0 ? "mistake" : "violation",
             Mistake == EmuMistakeOptInAndExplicitNx ? "POOL_NX_OPTIN and an explicit no-execute type in one image: "
                                                     : "",
             Violation->Text, (ULONGLONG)Violation->Count, Violation->Count == 1 ? "" : "s", Code);
    return TRUE;
}

typedef struct IOP_SITES {
    const IOP_AUDIT *Audit;
    BOOLEAN HasTitle;
} IOP_SITES;

static BOOLEAN IopPrintCallSite(const EMU_CALL_SITE *Site, PVOID Context)
{
    IOP_SITES *Sites = Context;
    CHAR Code[256];

    if (Site->Caller == NULL || !IopIsInImage(Sites->Audit, Site->Caller)) {
        return TRUE;
    }
    if (!Sites->HasTitle) {
        IopPrint(Sites->Audit, "%10s  %10s  %s\n", "BLOCKS", "EXECUTABLE", "CALL SITE");
        Sites->HasTitle = TRUE;
    }
    HostDescribeCode((ULONG_PTR)Site->Caller - 1, Code, sizeof(Code));
    IopPrint(Sites->Audit, "%10llu  %10llu  %s by %s\n", (ULONGLONG)Site->Blocks, (ULONGLONG)Site->Executable,
             Site->Routine, Code);
    return TRUE;
}

/* ---- All together --------------------------------------------------------------------------------------------- */

NTSTATUS EmuAuditImage(PCSTR Path, FILE *Stream, EMU_AUDIT *Result)
{
    IOP_AUDIT Audit = {.Stream = Stream, .Result = Result};
    IOP_SITES Sites = {.Audit = &Audit};

    memset(Result, 0, sizeof(*Result));
    if (Path == NULL) {
        HostProgramPath(Audit.Path, sizeof(Audit.Path));
    } else if ((SIZE_T)snprintf(Audit.Path, sizeof(Audit.Path), "%s", Path) >= sizeof(Audit.Path)) {
        return IopFail(&Audit, STATUS_INVALID_IMAGE_FORMAT, "the path is too long");
    }
    NTSTATUS Status = IopReadRecords(&Audit);
    if (NT_SUCCESS(Status)) {
        IopPrintFiles(&Audit);
        IopJudgeCalls(&Audit);
        IopJudgeAuto(&Audit);
        IopJudgeAgreement(&Audit);
        EmuForEachViolation(IopJudgeViolation, &Audit);
        EmuForEachCallSite(IopPrintCallSite, &Sites);
    }
    free(Audit.Records.Record);
    return Status;
}
