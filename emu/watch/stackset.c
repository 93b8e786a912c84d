/* stackset.c: call stacks of drivers. What identifies one are the places in the driver's image, so that it is the same
 * wherever the image is loaded; a file of text, a line for each, carries them from run to run. */
#include "watch/stackset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/image.h"
#include "host/table.h"
#include "watch/pattern.h"

/* ---- Capturing ------------------------------------------------------------------------------------------------ */

/* FNV-1a. */
static ULONG64 VfHash(PCSTR Text)
{
    ULONG64 Hash = 0xCBF29CE484222325u;

    for (; *Text != 0; Text++) {
        Hash = (Hash ^ (UCHAR)*Text) * 0x100000001B3u;
    }
    return Hash;
}

/* A blank in a file name would end the word. */
static VOID VfAddWord(VF_STACK *Stack, PCSTR Name, ULONG_PTR Offset)
{
    SIZE_T Length = strlen(Stack->Text);
    int Added = snprintf(Stack->Text + Length, sizeof(Stack->Text) - Length, "%s%s+0x%llx", Length == 0 ? "" : " ",
                         Name, (ULONGLONG)Offset);

    if (Added < 0 || (SIZE_T)Added >= sizeof(Stack->Text) - Length) {
        Stack->Text[Length] = 0; /* whole words only */
        return;
    }
    for (PSTR Character = Stack->Text + Length + (Length != 0); *Character != 0; Character++) {
        if ((UCHAR)*Character <= ' ') {
            *Character = '_';
        }
    }
}

static VOID VfIdentifyStack(VF_STACK *Stack, PVOID Caller)
{
    HOST_IMAGE Image;

    Stack->Text[0] = 0;
    if (!HostFindImage((ULONG_PTR)Caller - 1, &Image)) {
        VfAddWord(Stack, "?", (ULONG_PTR)Caller);
    } else {
        for (ULONG Index = 0; Index < Stack->Count; Index++) {
            ULONG_PTR Frame = (ULONG_PTR)Stack->Frames[Index];
            if (Frame - 1 >= Image.Start && Frame - 1 < Image.End) {
                VfAddWord(Stack, HostFileName(Image.Path), Frame - Image.Start);
            }
        }
    }
    Stack->Id = VfHash(Stack->Text);
}

/* Inside of Caller there are only the emulator's own frames. */
VOID VfCaptureStack(VF_STACK *Stack, PVOID Caller)
{
    enum {
        OWN_FRAMES = 16
    };
    PVOID Frames[VF_STACK_FRAMES + OWN_FRAMES];
    ULONG Count = HostCaptureStack(Frames, RTL_NUMBER_OF(Frames));
    ULONG First = 0;

    while (First < Count && Frames[First] != Caller) {
        First++;
    }
    Stack->Frames[0] = Caller;
    Stack->Count = 1;
    for (ULONG Index = First + 1; Index < Count && Stack->Count < VF_STACK_FRAMES; Index++) {
        Stack->Frames[Stack->Count++] = Frames[Index];
    }
    VfIdentifyStack(Stack, Caller);
}

/* ---- Choosing ------------------------------------------------------------------------------------------------- */

/* HostDescribeCode's "function+0x12 (file)" or "file+0x12". */
static BOOLEAN VfIsFrameOneOf(PVOID Frame, PCSTR List)
{
    CHAR Code[512];
    HOST_IMAGE Image;

    HostDescribeCode((ULONG_PTR)Frame - 1, Code, sizeof(Code));
    PSTR Plus = strrchr(Code, '+');
    if (Plus != NULL) {
        *Plus = 0;
    }
    return VfMatchesOneOf(List, Code) ||
           (HostFindImage((ULONG_PTR)Frame - 1, &Image) && VfMatchesOneOf(List, HostFileName(Image.Path)));
}

BOOLEAN VfIsStackOneOf(const VF_STACK *Stack, PCSTR List)
{
    CHAR Id[24];

    snprintf(Id, sizeof(Id), "#%016llX", (ULONGLONG)Stack->Id);
    if (VfMatchesOneOf(List, Id)) {
        return TRUE;
    }
    for (ULONG Index = 0; Index < Stack->Count; Index++) {
        if (VfIsFrameOneOf(Stack->Frames[Index], List)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- The set -------------------------------------------------------------------------------------------------- */

typedef struct VF_SEEN {
    ULONG64 Id;
    ULONG State;
} VF_SEEN;

/* The table is at most half full. */
struct VF_STACK_SET {
    HOST_TABLE Seen;
    ULONG Count;
    CHAR FileName[sizeof(((EMU_LOW_RESOURCES *)0)->StateFile)];
};

static const CHAR VfTitle[] = "poolemu stacks 1";
static const PCSTR VfStateName[] = {
    [VfStackRecorded] = "recorded", [VfStackFailed] = "failed", [VfStackExcluded] = "excluded"};

static DECLSPEC_NORETURN VOID VfGiveUp(PCSTR What, PCSTR Which)
{
    HostFatal("%s %s", What, Which);
}

/* TRUE: the stack is new. */
static BOOLEAN VfPutSeen(const HOST_TABLE *Table, VF_SEEN Value)
{
    BOOLEAN IsNew;
    VF_SEEN *Seen = HostTakeElement(Table, Value.Id, &IsNew);

    *Seen = Value;
    return IsNew;
}

static VOID VfGrowSet(VF_STACK_SET *Set)
{
    ULONG Count = Set->Seen.Count == 0 ? 256 : 2 * Set->Seen.Count;
    HOST_TABLE Larger = {calloc(Count, sizeof(VF_SEEN)), sizeof(VF_SEEN), Count, Count};
    const VF_SEEN *Seen = Set->Seen.Elements;

    if (Larger.Elements == NULL) {
        VfGiveUp("no memory for the table of", "call stacks");
    }
    for (ULONG Index = 0; Index < Set->Seen.Count; Index++) {
        if (Seen[Index].Id != 0) {
            VfPutSeen(&Larger, Seen[Index]);
        }
    }
    free(Set->Seen.Elements);
    Set->Seen = Larger;
}

static VOID VfPutState(VF_STACK_SET *Set, ULONG64 Id, VF_STACK_STATE State)
{
    if (2 * Set->Count >= Set->Seen.Count) {
        VfGrowSet(Set);
    }
    Set->Count += VfPutSeen(&Set->Seen, (VF_SEEN){Id, State});
}

ULONG64 VfStackCount(const VF_STACK_SET *Set)
{
    return Set->Count;
}

VF_STACK_STATE VfStateOfStack(const VF_STACK_SET *Set, ULONG64 Id)
{
    const VF_SEEN *Seen = HostFindElement(&Set->Seen, Id);

    return Seen == NULL ? VfStackNew : (VF_STACK_STATE)Seen->State;
}

/* ---- The file ------------------------------------------------------------------------------------------------- */

/* Several processes may write to it at once, so each line is one write at the file's end. */
static BOOLEAN VfAppend(PCSTR FileName, PCSTR Line)
{
    FILE *File = fopen(FileName, "a");
    CHAR Buffer[VF_STACK_TEXT + 512];

    if (File == NULL) {
        return FALSE;
    }
    setvbuf(File, Buffer, _IOFBF, sizeof(Buffer));
    fseek(File, 0, SEEK_END);
    if (ftell(File) == 0) {
        fprintf(File, "%s\n", VfTitle);
    }
    fputs(Line, File);
    return fclose(File) == 0;
}

VOID VfRememberStack(VF_STACK_SET *Set, VF_STACK_STATE State, PCSTR Routine, const VF_STACK *Stack)
{
    CHAR Line[VF_STACK_TEXT + 128];

    VfPutState(Set, Stack->Id, State);
    snprintf(Line, sizeof(Line), "%s %016llX %s %s\n", VfStateName[State], (ULONGLONG)Stack->Id, Routine, Stack->Text);
    if (Set->FileName[0] != 0 && !VfAppend(Set->FileName, Line)) {
        VfGiveUp("a call stack cannot be written to the state file", Set->FileName);
    }
}

static BOOLEAN VfReadState(PCSTR Word, SIZE_T Length, VF_STACK_STATE *State)
{
    for (ULONG Known = VfStackRecorded; Known < RTL_NUMBER_OF(VfStateName); Known++) {
        if (strlen(VfStateName[Known]) == Length && memcmp(VfStateName[Known], Word, Length) == 0) {
            *State = (VF_STACK_STATE)Known;
            return TRUE;
        }
    }
    return FALSE;
}

/* "failed 0123456789ABCDEF Routine frame frame ...". What is wrong with it, or NULL. */
static PCSTR VfReadLine(VF_STACK_SET *Set, PCSTR Line)
{
    VF_STACK_STATE State;
    SIZE_T Length = strcspn(Line, " ");
    PSTR End;

    if (!VfReadState(Line, Length, &State)) {
        return "it begins with none of 'failed', 'recorded' and 'excluded'";
    }
    Line += Length;
    ULONG64 Id = strtoull(Line, &End, 16);
    PCSTR Routine = *End == ' ' ? End + 1 : "";
    PCSTR Frames = Routine + strcspn(Routine, " ");
    if (End - Line != 17 || *Frames == 0) {
        return "it is not complete";
    }
    if (VfHash(Frames + 1) != Id) {
        return "its identifier does not belong to its stack";
    }
    VfPutState(Set, Id, State);
    return NULL;
}

/* What is wrong with the file, or NULL; *LineNumber tells where. */
static PCSTR VfReadLines(VF_STACK_SET *Set, FILE *File, ULONG *LineNumber)
{
    CHAR Line[VF_STACK_TEXT + 128];
    PCSTR Wrong = NULL;

    for (*LineNumber = 1; Wrong == NULL && fgets(Line, sizeof(Line), File) != NULL; ++*LineNumber) {
        PSTR End = strchr(Line, '\n');
        if (End == NULL) {
            Wrong = "it has no end";
            break;
        }
        *End = 0;
        BOOLEAN IsTitle = strcmp(Line, VfTitle) == 0; /* processes that make the file together write one each */
        if (*LineNumber == 1 && !IsTitle) {
            Wrong = strncmp(Line, VfTitle, sizeof(VfTitle) - 2) == 0
                        ? "the file is of another version of poolemu"
                        : "it is not 'poolemu stacks 1', so this is no such file";
            break;
        }
        Wrong = IsTitle ? NULL : VfReadLine(Set, Line);
        if (Wrong != NULL) {
            break;
        }
    }
    return Wrong;
}

static BOOLEAN VfReadFile(VF_STACK_SET *Set, PSTR Error, SIZE_T ErrorBytes)
{
    FILE *File = fopen(Set->FileName, "r");
    ULONG LineNumber;

    if (File == NULL && errno == ENOENT) {
        return TRUE;
    }
    if (File == NULL) {
        snprintf(Error, ErrorBytes, "the state file '%.300s' cannot be read: %s", Set->FileName, strerror(errno));
        return FALSE;
    }
    PCSTR Wrong = VfReadLines(Set, File, &LineNumber);
    if (Wrong == NULL && ferror(File)) {
        Wrong = "it cannot be read";
    }
    fclose(File);
    if (Wrong != NULL) {
        snprintf(Error, ErrorBytes,
                 "the state file '%.300s', line %u: %s; mend or delete the line, or delete the file to begin anew",
                 Set->FileName, (unsigned)LineNumber, Wrong);
    }
    return Wrong == NULL;
}

VF_STACK_SET *VfOpenStackSet(PCSTR FileName, PSTR Error, SIZE_T ErrorBytes)
{
    VF_STACK_SET *Set = calloc(1, sizeof(*Set));

    if (Set == NULL) {
        snprintf(Error, ErrorBytes, "no memory for the table of call stacks");
        return NULL;
    }
    snprintf(Set->FileName, sizeof(Set->FileName), "%s", FileName);
    BOOLEAN Usable = *FileName == 0 || VfReadFile(Set, Error, ErrorBytes);
    if (Usable && *FileName != 0 && !VfAppend(FileName, "")) {
        snprintf(Error, ErrorBytes, "the state file '%.300s' cannot be written: %s", FileName, strerror(errno));
        Usable = FALSE;
    }
    if (!Usable) {
        VfCloseStackSet(Set);
        return NULL;
    }
    return Set;
}

VOID VfCloseStackSet(VF_STACK_SET *Set)
{
    if (Set != NULL) {
        free(Set->Seen.Elements);
        free(Set);
    }
}
