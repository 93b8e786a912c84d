/* json.c: writes JSON. */
#include "test/json.h"

#include <string.h>

static VOID EmupJsonText(EMUP_JSON *Json, PCSTR Text);

/* ---- Bytes ------------------------------------------------------------------------------------------------------ */

static VOID EmupJsonFlush(EMUP_JSON *Json)
{
    fwrite(Json->Buffer, 1, Json->Length, Json->File);
    Json->Length = 0;
}

static VOID EmupJsonWrite(EMUP_JSON *Json, const VOID *Bytes, SIZE_T Count)
{
    if (Count > sizeof(Json->Buffer) - Json->Length) {
        EmupJsonFlush(Json);
    }
    if (Count > sizeof(Json->Buffer)) {
        fwrite(Bytes, 1, Count, Json->File);
    } else {
        memcpy(Json->Buffer + Json->Length, Bytes, Count);
        Json->Length += (ULONG)Count;
    }
}

static VOID EmupJsonPut(EMUP_JSON *Json, PCSTR Text)
{
    EmupJsonWrite(Json, Text, strlen(Text));
}

/* A report has some ten numbers a block, and printf takes longer than all else. */
static VOID EmupJsonDigits(EMUP_JSON *Json, ULONG64 Number, ULONG Base)
{
    CHAR Digits[24];
    CHAR *First = Digits + sizeof(Digits);

    do {
        *--First = "0123456789abcdef"[Number % Base];
        Number /= Base;
    } while (Number != 0);
    EmupJsonWrite(Json, First, (SIZE_T)(Digits + sizeof(Digits) - First));
}

static VOID EmupJsonNewLine(EMUP_JSON *Json)
{
    static const CHAR Spaces[] = "\n                ";

    EmupJsonWrite(Json, Spaces, 1);
    for (ULONG Left = Json->Depth; Left > 0;) {
        ULONG Count = Left < sizeof(Spaces) - 2 ? Left : (ULONG)sizeof(Spaces) - 2;
        EmupJsonWrite(Json, Spaces + 1, Count);
        Left -= Count;
    }
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

/* What stands in front of a value. */
static VOID EmupJsonBegin(EMUP_JSON *Json, PCSTR Name)
{
    if (Json->Depth != 0) {
        if (Json->HasItems) {
            EmupJsonPut(Json, ",");
        }
        EmupJsonNewLine(Json);
    }
    Json->HasItems = TRUE;
    if (Name != NULL) {
        EmupJsonText(Json, Name);
        EmupJsonPut(Json, ": ");
    }
}

static VOID EmupJsonEnd(EMUP_JSON *Json)
{
    if (Json->Depth == 0) {
        EmupJsonFlush(Json);
    }
}

VOID EmupJsonOpen(EMUP_JSON *Json, PCSTR Name, CHAR Bracket)
{
    EmupJsonBegin(Json, Name);
    EmupJsonWrite(Json, &Bracket, 1);
    Json->Depth++;
    Json->HasItems = FALSE;
}

VOID EmupJsonClose(EMUP_JSON *Json, CHAR Bracket)
{
    Json->Depth--;
    if (Json->HasItems) {
        EmupJsonNewLine(Json);
    }
    EmupJsonWrite(Json, &Bracket, 1);
    Json->HasItems = TRUE;
    EmupJsonEnd(Json);
}

/* The bytes of the character that Text begins with, or 0 when it is no UTF-8: cut off, longer than it need be, half of
 * a surrogate pair, or above U+10FFFF. */
static ULONG EmupCharacterBytes(const UCHAR *Text)
{
    UCHAR First = Text[0];
    ULONG Bytes = First < 0x80 ? 1u : First >= 0xC2 && First < 0xE0 ? 2u : First < 0xF0 ? 3u : 4u;

    if ((First >= 0x80 && First < 0xC2) || First > 0xF4) {
        return 0;
    }
    for (ULONG Index = 1; Index < Bytes; Index++) {
        if ((Text[Index] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((First == 0xE0 && Text[1] < 0xA0) || (First == 0xED && Text[1] >= 0xA0) || (First == 0xF0 && Text[1] < 0x90) ||
        (First == 0xF4 && Text[1] >= 0x90)) {
        return 0;
    }
    return Bytes;
}

static BOOLEAN EmupIsPlain(UCHAR Byte)
{
    return Byte >= 0x20 && Byte < 0x80 && Byte != '"' && Byte != '\\';
}

static VOID EmupJsonText(EMUP_JSON *Json, PCSTR Text)
{
    const UCHAR *Next = (const UCHAR *)Text;
    CHAR Escape[8];

    EmupJsonPut(Json, "\"");
    while (*Next != 0) {
        ULONG Bytes = 0;
        while (EmupIsPlain(Next[Bytes])) {
            Bytes++;
        }
        BOOLEAN IsPlain = Bytes != 0;
        Bytes = IsPlain ? Bytes : EmupCharacterBytes(Next);
        if (Bytes == 0) {
            EmupJsonPut(Json, "\\ufffd");
            Bytes = 1;
        } else if (*Next == '"' || *Next == '\\') {
            snprintf(Escape, sizeof(Escape), "\\%c", *Next);
            EmupJsonPut(Json, Escape);
        } else if (*Next < 0x20) {
            snprintf(Escape, sizeof(Escape), "\\u%04x", (unsigned)*Next);
            EmupJsonPut(Json, Escape);
        } else {
            EmupJsonWrite(Json, Next, Bytes);
        }
        Next += Bytes;
    }
    EmupJsonPut(Json, "\"");
}

VOID EmupJsonString(EMUP_JSON *Json, PCSTR Name, PCSTR Text)
{
    EmupJsonBegin(Json, Name);
    EmupJsonText(Json, Text);
    EmupJsonEnd(Json);
}

VOID EmupJsonNumber(EMUP_JSON *Json, PCSTR Name, ULONG64 Number)
{
    EmupJsonBegin(Json, Name);
    EmupJsonDigits(Json, Number, 10);
    EmupJsonEnd(Json);
}

VOID EmupJsonReal(EMUP_JSON *Json, PCSTR Name, double Number, ULONG Decimals)
{
    CHAR Text[400]; /* the largest has 309 digits */

    EmupJsonBegin(Json, Name);
    snprintf(Text, sizeof(Text), "%.*f", (int)Decimals, Number);
    EmupJsonPut(Json, Text);
    EmupJsonEnd(Json);
}

VOID EmupJsonBoolean(EMUP_JSON *Json, PCSTR Name, BOOLEAN Value)
{
    EmupJsonBegin(Json, Name);
    EmupJsonPut(Json, Value ? "true" : "false");
    EmupJsonEnd(Json);
}

VOID EmupJsonNull(EMUP_JSON *Json, PCSTR Name)
{
    EmupJsonBegin(Json, Name);
    EmupJsonPut(Json, "null");
    EmupJsonEnd(Json);
}

VOID EmupJsonAddress(EMUP_JSON *Json, PCSTR Name, PVOID Address)
{
    EmupJsonBegin(Json, Name);
    EmupJsonPut(Json, "\"0x");
    EmupJsonDigits(Json, (ULONG_PTR)Address, 16);
    EmupJsonPut(Json, "\"");
    EmupJsonEnd(Json);
}
