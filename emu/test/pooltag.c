/* pooltag.c: who owns which tag, from a pooltag.txt: lines of "Tag - binary - description", where a tag may have ? and
 * * in it. Lines that say nothing are passed over, as such files have them. */
#include "test/pooltag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/option.h"
#include "core/start.h"
#include "host/host.h"
#include "core/array.h"

enum {
    EMUP_TAG_BYTES = 4,
};

typedef struct EMUP_TAG_LINE {
    CHAR Tag[EMUP_TAG_BYTES]; /* padded with blanks */
    EMU_TAG_OWNER Owner;
} EMUP_TAG_LINE;

enum {
    EMUP_MOST_FILE_BYTES = 16 << 20, /* Microsoft's has 300 KiB */
};

typedef struct EMUP_TAG_FILE {
    EMUP_TAG_LINE *Lines;
    SIZE_T Count;
    SIZE_T Room;
} EMUP_TAG_FILE;

static HOST_LOCK EmupTagFileLock;
static EMUP_TAG_FILE EmupTagFile;
static BOOLEAN EmupTagFileIsSet; /* by the test, or from the environment */

VOID EmupAcquireTagFile(VOID)
{
    HostAcquire(&EmupTagFileLock);
}

VOID EmupReleaseTagFile(VOID)
{
    HostRelease(&EmupTagFileLock);
}

/* ---- Reading -------------------------------------------------------------------------------------------------- */

static PSTR EmupTrim(PSTR Text)
{
    SIZE_T Length = strlen(Text);

    while (Length > 0 && (UCHAR)Text[Length - 1] <= ' ') {
        Text[--Length] = 0;
    }
    while (*Text == ' ' || *Text == '\t') {
        Text++;
    }
    return Text;
}

/* Cuts Text off at " - " and returns what follows; NULL when there is none. */
static PSTR EmupCut(PSTR Text)
{
    PSTR Dash = strstr(Text, " - ");

    if (Dash == NULL) {
        return NULL;
    }
    *Dash = 0;
    return Dash + 3;
}

static BOOLEAN EmupIsRemark(PCSTR Line)
{
    return (strncmp(Line, "rem", 3) == 0 || strncmp(Line, "REM", 3) == 0) && (UCHAR)Line[3] <= ' ';
}

/* FALSE: the line says nothing of a tag. */
static BOOLEAN EmupReadTagLine(PSTR Line, EMUP_TAG_LINE *Read)
{
    if (EmupIsRemark(Line)) {
        return FALSE;
    }
    PSTR Rest = EmupCut(Line);
    PSTR Tag = EmupTrim(Line);
    SIZE_T Length = strlen(Tag);
    if (Rest == NULL || Length == 0 || Length > EMUP_TAG_BYTES) {
        return FALSE;
    }
    memset(Read, 0, sizeof(*Read));
    memset(Read->Tag, ' ', sizeof(Read->Tag));
    memcpy(Read->Tag, Tag, Length);
    PSTR Description = EmupCut(Rest);
    PCSTR Binary = Description == NULL ? "" : EmupTrim(Rest);
    snprintf(Read->Owner.Binary, sizeof(Read->Owner.Binary), "%.*s", (int)sizeof(Read->Owner.Binary) - 1, Binary);
    snprintf(Read->Owner.Description, sizeof(Read->Owner.Description), "%.*s", (int)sizeof(Read->Owner.Description) - 1,
             EmupTrim(Description == NULL ? Rest : Description));
    return TRUE;
}

static BOOLEAN EmupAddTagLine(EMUP_TAG_FILE *File, const EMUP_TAG_LINE *Line)
{
    EMUP_TAG_LINE *Larger = KiMakeRoom(File->Lines, File->Count, &File->Room, sizeof(*Larger));

    if (Larger == NULL) {
        return FALSE;
    }
    File->Lines = Larger;
    File->Lines[File->Count++] = *Line;
    return TRUE;
}

/* FALSE at the file's end, or when *Left bytes are read. Of a line that is longer than Line the rest is passed over, or
 * it would look like a line. */
static BOOLEAN EmupReadLine(FILE *Stream, PSTR Line, SIZE_T Bytes, SIZE_T *Left)
{
    SIZE_T Length = 0;
    INT Character = 0;

    while (*Left > 0 && Character != '\n') {
        Character = getc(Stream);
        if (Character == EOF) {
            break;
        }
        --*Left;
        if (Length + 1 < Bytes) {
            Line[Length++] = (CHAR)Character;
        }
    }
    Line[Length] = 0;
    return Length != 0 && *Left > 0;
}

static NTSTATUS EmupReadTagFile(PCSTR Path, EMUP_TAG_FILE *File)
{
    FILE *Stream = fopen(Path, "r");
    CHAR Line[512] = {0};
    EMUP_TAG_LINE Read;
    SIZE_T Left = EMUP_MOST_FILE_BYTES + 1;
    NTSTATUS Status = STATUS_SUCCESS;

    memset(File, 0, sizeof(*File));
    if (Stream == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    while (NT_SUCCESS(Status) && EmupReadLine(Stream, Line, sizeof(Line), &Left)) {
        if (EmupReadTagLine(Line, &Read) && !EmupAddTagLine(File, &Read)) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    if (NT_SUCCESS(Status) && ferror(Stream)) { /* a folder, say */
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (NT_SUCCESS(Status) && Left == 0) { /* a device, say */
        Status = STATUS_FILE_TOO_LARGE;
    }
    fclose(Stream);
    if (!NT_SUCCESS(Status)) {
        free(File->Lines);
        memset(File, 0, sizeof(*File));
    }
    return Status;
}

static VOID EmupUseTagFile(const EMUP_TAG_FILE *File)
{
    KI_ASSERT(HostIsHeld(&EmupTagFileLock));
    free(EmupTagFile.Lines);
    EmupTagFile = *File;
    EmupTagFileIsSet = TRUE;
}

NTSTATUS EmuSetPoolTagFile(PCSTR Path)
{
    EMUP_TAG_FILE File = {NULL, 0, 0};

    KiStart();
    NTSTATUS Status = Path == NULL ? STATUS_SUCCESS : EmupReadTagFile(Path, &File);

    if (NT_SUCCESS(Status)) {
        EmupAcquireTagFile();
        EmupUseTagFile(&File);
        EmupReleaseTagFile();
    }
    return Status;
}

/* A file that cannot be read is no reason to end the process: nothing depends on who owns a tag. */
VOID EmupBeginTagFile(VOID)
{
    EMUP_TAG_FILE File = {NULL, 0, 0};
    PCSTR Path = KiOptionText(KiOptionPoolTag);

    if (EmupTagFileIsSet) {
        return; /* it outlives EmuReset */
    }
    if (Path != NULL && !NT_SUCCESS(EmupReadTagFile(Path, &File))) {
        KiComplainOfOption(KiOptionPoolTag, "it cannot be read, so tags have no owners");
    }
    EmupAcquireTagFile();
    EmupUseTagFile(&File);
    EmupReleaseTagFile();
}

/* ---- Asking --------------------------------------------------------------------------------------------------- */

/* How many characters the line has in common with the tag, + 1; 0: it does not fit. A * stands for all that follows. */
static ULONG EmupFit(const EMUP_TAG_LINE *Line, const CHAR Tag[EMUP_TAG_BYTES])
{
    ULONG Fit = 1;

    for (ULONG Index = 0; Index < EMUP_TAG_BYTES && Line->Tag[Index] != '*'; Index++) {
        if (Line->Tag[Index] == Tag[Index]) {
            Fit++;
        } else if (Line->Tag[Index] != '?') {
            return 0;
        }
    }
    return Fit;
}

BOOLEAN EmuQueryTagOwner(ULONG Tag, EMU_TAG_OWNER *Owner)
{
    if (Owner == NULL) {
        return FALSE;
    }
    CHAR Text[EMUP_TAG_BYTES];
    ULONG Best = 0;

    for (ULONG Index = 0; Index < EMUP_TAG_BYTES; Index++) {
        Text[Index] = (CHAR)(Tag >> 8 * Index);
        if (Text[Index] == 0) { /* a short tag */
            Text[Index] = ' ';
        }
    }
    memset(Owner, 0, sizeof(*Owner));
    KiStart();
    EmupAcquireTagFile();
    for (SIZE_T Index = 0; Index < EmupTagFile.Count; Index++) {
        ULONG Fit = EmupFit(&EmupTagFile.Lines[Index], Text);
        if (Fit > Best) {
            Best = Fit;
            *Owner = EmupTagFile.Lines[Index].Owner;
        }
    }
    EmupReleaseTagFile();
    return Best != 0;
}

BOOLEAN EmupHasTagOwners(VOID)
{
    KiStart();
    EmupAcquireTagFile();
    BOOLEAN Has = EmupTagFile.Count != 0;
    EmupReleaseTagFile();
    return Has;
}
