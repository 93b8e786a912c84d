/* json.c: writes JSON. */
#include "test/json.h"

static VOID EmupJsonText(EMUP_JSON *Json, PCSTR Text);

/* What stands in front of a value. */
static VOID EmupJsonBegin(EMUP_JSON *Json, PCSTR Name)
{
    if (Json->Depth != 0) {
        fprintf(Json->File, "%s\n%*s", Json->HasItems ? "," : "", (int)Json->Depth, "");
    }
    Json->HasItems = TRUE;
    if (Name != NULL) {
        EmupJsonText(Json, Name);
        fputs(": ", Json->File);
    }
}

VOID EmupJsonOpen(EMUP_JSON *Json, PCSTR Name, CHAR Bracket)
{
    EmupJsonBegin(Json, Name);
    fputc(Bracket, Json->File);
    Json->Depth++;
    Json->HasItems = FALSE;
}

VOID EmupJsonClose(EMUP_JSON *Json, CHAR Bracket)
{
    Json->Depth--;
    if (Json->HasItems) {
        fprintf(Json->File, "\n%*s", (int)Json->Depth, "");
    }
    fputc(Bracket, Json->File);
    Json->HasItems = TRUE;
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

static VOID EmupJsonText(EMUP_JSON *Json, PCSTR Text)
{
    const UCHAR *Next = (const UCHAR *)Text;

    fputc('"', Json->File);
    while (*Next != 0) {
        ULONG Bytes = EmupCharacterBytes(Next);
        if (Bytes == 0) {
            fputs("\\ufffd", Json->File);
            Bytes = 1;
        } else if (*Next == '"' || *Next == '\\') {
            fprintf(Json->File, "\\%c", *Next);
        } else if (*Next < 0x20) {
            fprintf(Json->File, "\\u%04x", (unsigned)*Next);
        } else {
            fwrite(Next, 1, Bytes, Json->File);
        }
        Next += Bytes;
    }
    fputc('"', Json->File);
}

VOID EmupJsonString(EMUP_JSON *Json, PCSTR Name, PCSTR Text)
{
    EmupJsonBegin(Json, Name);
    EmupJsonText(Json, Text);
}

VOID EmupJsonNumber(EMUP_JSON *Json, PCSTR Name, ULONG64 Number)
{
    EmupJsonBegin(Json, Name);
    fprintf(Json->File, "%llu", (ULONGLONG)Number);
}

VOID EmupJsonReal(EMUP_JSON *Json, PCSTR Name, double Number, ULONG Decimals)
{
    EmupJsonBegin(Json, Name);
    fprintf(Json->File, "%.*f", (int)Decimals, Number);
}

VOID EmupJsonBoolean(EMUP_JSON *Json, PCSTR Name, BOOLEAN Value)
{
    EmupJsonBegin(Json, Name);
    fputs(Value ? "true" : "false", Json->File);
}

VOID EmupJsonNull(EMUP_JSON *Json, PCSTR Name)
{
    EmupJsonBegin(Json, Name);
    fputs("null", Json->File);
}

VOID EmupJsonAddress(EMUP_JSON *Json, PCSTR Name, PVOID Address)
{
    EmupJsonBegin(Json, Name);
    fprintf(Json->File, "\"0x%llx\"", (ULONGLONG)(ULONG_PTR)Address);
}
