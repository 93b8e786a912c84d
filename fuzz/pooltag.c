/* pooltag.c: fuzzes EmuSetPoolTagFile, which reads a pooltag.txt, and EmuQueryTagOwner. The owner must come from a line
 * that fits the tag; which line says what is read here once more, in another way. */
#include <stdlib.h>
#include <string.h>

#include "poolemu.h"
#include "shared/input.h"

enum {
    MOST_TAGS = 32,
    LONGEST_LINE = 511, /* of a longer one this many characters count */
};

/* The piece of a line between Start and End, without blanks around it. */
typedef struct PIECE {
    PCSTR Start;
    PCSTR End;
} PIECE;

static PIECE Trim(PIECE Piece)
{
    while (Piece.End > Piece.Start && (UCHAR)Piece.End[-1] <= ' ') {
        Piece.End--;
    }
    while (Piece.Start < Piece.End && (*Piece.Start == ' ' || *Piece.Start == '\t')) {
        Piece.Start++;
    }
    return Piece;
}

/* Cuts off what stands in front of " - ". FALSE: there is no " - ". */
static BOOLEAN Cut(PIECE *Piece, PIECE *Front)
{
    for (PCSTR Dash = Piece->Start; Dash + 3 <= Piece->End; Dash++) {
        if (memcmp(Dash, " - ", 3) == 0) {
            *Front = (PIECE){Piece->Start, Dash};
            Piece->Start = Dash + 3;
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN IsRemark(PIECE Line)
{
    SIZE_T Length = (SIZE_T)(Line.End - Line.Start);

    return Length >= 3 && (memcmp(Line.Start, "rem", 3) == 0 || memcmp(Line.Start, "REM", 3) == 0) &&
           (Length == 3 || (UCHAR)Line.Start[3] <= ' ');
}

/* How well the line fits the tag; 0: not at all, or it says nothing of a tag. */
static ULONG FitOfLine(PIECE Line, ULONG Tag, PIECE *Binary, PIECE *Description)
{
    PIECE Front;
    ULONG Fit = 1;

    if (IsRemark(Line) || !Cut(&Line, &Front)) {
        return 0;
    }
    Front = Trim(Front);
    SIZE_T Length = (SIZE_T)(Front.End - Front.Start);
    if (Length == 0 || Length > 4) {
        return 0;
    }
    *Binary = (PIECE){Front.End, Front.End};
    Cut(&Line, Binary);
    *Binary = Trim(*Binary);
    *Description = Trim(Line);
    for (SIZE_T Index = 0; Index < 4; Index++) {
        CHAR Wanted = Index < Length ? Front.Start[Index] : ' ';
        CHAR Found = (CHAR)(Tag >> 8 * Index);
        Found = Found == 0 ? ' ' : Found;
        if (Wanted == '*') {
            return Fit;
        }
        if (Wanted != '?' && Wanted != Found) {
            return 0;
        }
        Fit += Wanted == Found;
    }
    return Fit;
}

static BOOLEAN IsPiece(PIECE Piece, PCSTR Text, SIZE_T Room)
{
    SIZE_T Length = (SIZE_T)(Piece.End - Piece.Start);

    Length = Length < Room ? Length : Room - 1;
    return strlen(Text) == Length && memcmp(Text, Piece.Start, Length) == 0;
}

static void CheckTag(PCSTR File, size_t Bytes, ULONG Tag)
{
    PIECE Binary = {File, File}, Description = {File, File}, BestBinary = Binary, BestDescription = Description;
    EMU_TAG_OWNER Owner;
    ULONG Best = 0;

    for (PCSTR Line = File; Line < File + Bytes;) {
        PCSTR End = memchr(Line, '\n', (size_t)(File + Bytes - Line));
        End = End == NULL ? File + Bytes : End;
        ULONG Fit =
            FitOfLine((PIECE){Line, End - Line > LONGEST_LINE ? Line + LONGEST_LINE : End}, Tag, &Binary, &Description);
        if (Fit > Best) {
            Best = Fit;
            BestBinary = Binary;
            BestDescription = Description;
        }
        Line = End + 1;
    }
    BOOLEAN Found = EmuQueryTagOwner(Tag, &Owner);
    if (Found != (Best != 0) || !IsPiece(BestBinary, Owner.Binary, sizeof(Owner.Binary)) ||
        !IsPiece(BestDescription, Owner.Description, sizeof(Owner.Description))) {
        FuzzFail("tag 0x%08X: found %u, binary '%s', description '%s'; expected %u, '%.*s', '%.*s'", (unsigned)Tag,
                 Found, Owner.Binary, Owner.Description, Best != 0, (int)(BestBinary.End - BestBinary.Start),
                 BestBinary.Start, (int)(BestDescription.End - BestDescription.Start), BestDescription.Start);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    PSTR File = FuzzText(Data, Bytes);
    EMU_TAG_OWNER Owner;
    ULONG Tag = 'enoN';
    BOOLEAN IsText = strlen(File) == Bytes; /* where a line with a 0 in it ends is left open */
    NTSTATUS Status = EmuSetPoolTagFile(FuzzFile(Data, Bytes));

    if (Status != STATUS_SUCCESS) {
        FuzzFail("status 0x%08X", (unsigned)Status);
    }
    for (size_t Index = 0; Index <= MOST_TAGS; Index++) {
        if (IsText) {
            CheckTag(File, Bytes, Tag);
        } else {
            EmuQueryTagOwner(Tag, &Owner);
        }
        if (Index * 4 + 4 <= Bytes) { /* the next one is a piece of the file: a tag, as likely as not */
            memcpy(&Tag, File + Index * 4, sizeof(Tag));
        } else {
            Tag = Tag << 8 | (UCHAR)File[Index % (Bytes + 1)];
        }
    }
    EmuSetPoolTagFile(NULL);
    free(File);
    return 0;
}
