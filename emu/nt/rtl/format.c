/* format.c: what DbgPrint and the wide routines of the C library do with a format, as Windows does it. Long is 32 bits
 * wide here, whatever it is on the host. */
#include "nt/rtl/format.h"

#include <stdio.h>
#include <string.h>

#include "nt/rtl/string.h"

/* What stands between % and the letter. */
typedef struct RTLP_CONVERSION {
    BOOLEAN LeftAligned;
    BOOLEAN ZeroPadded;
    CHAR Flags[8]; /* those of the host's own printf */
    INT Width;
    INT Precision; /* -1: none */
    ULONG Bytes;   /* of an integer */
    BOOLEAN Narrow;
    BOOLEAN Wide;
} RTLP_CONVERSION;

static VOID RtlpPutWide(RTLP_OUTPUT *Output, WCHAR Character)
{
    if (Output->Length < Output->Capacity) {
        Output->WideText[Output->Length] = Character;
    }
    Output->Length++;
}

VOID RtlpPut(RTLP_OUTPUT *Output, CHAR Character)
{
    if (Output->WideText != NULL) {
        RtlpPutWide(Output, RtlpAnsiToUnicode((UCHAR)Character));
        return;
    }
    if (Output->Length < Output->Capacity) {
        Output->Text[Output->Length] = Character;
    }
    Output->Length++;
}

static VOID RtlpPutMany(RTLP_OUTPUT *Output, CHAR Character, SIZE_T Count)
{
    while (Count-- > 0) {
        RtlpPut(Output, Character);
    }
}

static SIZE_T RtlpPadding(const RTLP_CONVERSION *Conversion, SIZE_T Length)
{
    return Conversion->Width > 0 && (SIZE_T)Conversion->Width > Length ? (SIZE_T)Conversion->Width - Length : 0;
}

static VOID RtlpPutPadded(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, PCSTR Text, SIZE_T Length)
{
    SIZE_T Padding = RtlpPadding(Conversion, Length);

    if (!Conversion->LeftAligned) {
        RtlpPutMany(Output, Conversion->ZeroPadded ? '0' : ' ', Padding);
    }
    for (SIZE_T Index = 0; Index < Length; Index++) {
        RtlpPut(Output, Text[Index]);
    }
    if (Conversion->LeftAligned) {
        RtlpPutMany(Output, ' ', Padding);
    }
}

static VOID RtlpPutCodePoint(RTLP_OUTPUT *Output, ULONG CodePoint)
{
    if (CodePoint < 0x80) {
        RtlpPut(Output, (CHAR)CodePoint);
        return;
    }
    if (CodePoint < 0x800) {
        RtlpPut(Output, (CHAR)(0xC0 | (CodePoint >> 6)));
    } else {
        if (CodePoint < 0x10000) {
            RtlpPut(Output, (CHAR)(0xE0 | (CodePoint >> 12)));
        } else {
            RtlpPut(Output, (CHAR)(0xF0 | (CodePoint >> 18)));
            RtlpPut(Output, (CHAR)(0x80 | ((CodePoint >> 12) & 0x3F)));
        }
        RtlpPut(Output, (CHAR)(0x80 | ((CodePoint >> 6) & 0x3F)));
    }
    RtlpPut(Output, (CHAR)(0x80 | (CodePoint & 0x3F)));
}

static BOOLEAN RtlpIsSurrogatePair(WCHAR First, WCHAR Second)
{
    return (First & 0xFC00) == 0xD800 && (Second & 0xFC00) == 0xDC00;
}

/* UTF-16 becomes UTF-8 where the output is not wide itself; widths and precisions count UTF-16 units, as on Windows. */
static VOID RtlpPutPaddedWide(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, PCWSTR Text, SIZE_T Length)
{
    SIZE_T Padding = RtlpPadding(Conversion, Length);

    if (!Conversion->LeftAligned) {
        RtlpPutMany(Output, Conversion->ZeroPadded ? '0' : ' ', Padding);
    }
    for (SIZE_T Index = 0; Index < Length; Index++) {
        if (Output->WideText != NULL) {
            RtlpPutWide(Output, Text[Index]);
        } else if (Index + 1 < Length && RtlpIsSurrogatePair(Text[Index], Text[Index + 1])) {
            RtlpPutCodePoint(Output, 0x10000 + ((ULONG)(Text[Index] & 0x3FF) << 10) + (Text[Index + 1] & 0x3FF));
            Index++;
        } else {
            RtlpPutCodePoint(Output, Text[Index]);
        }
    }
    if (Conversion->LeftAligned) {
        RtlpPutMany(Output, ' ', Padding);
    }
}

static SIZE_T RtlpLimit(const RTLP_CONVERSION *Conversion, SIZE_T Length)
{
    return Conversion->Precision >= 0 && (SIZE_T)Conversion->Precision < Length ? (SIZE_T)Conversion->Precision
                                                                                : Length;
}

/* Reads no further than the precision allows: a string may end there without a null character. */
static VOID RtlpPutString(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, PCSTR Text)
{
    SIZE_T Limit = RtlpLimit(Conversion, MAXSIZE_T);
    SIZE_T Length = 0;

    if (Text == NULL) {
        Text = "(null)";
    }
    while (Length < Limit && Text[Length] != 0) {
        Length++;
    }

    RtlpPutPadded(Output, Conversion, Text, Length);
}

static VOID RtlpPutWideString(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, PCWSTR Text)
{
    SIZE_T Limit = RtlpLimit(Conversion, MAXSIZE_T);
    SIZE_T Length = 0;

    if (Text == NULL) {
        RtlpPutString(Output, Conversion, NULL);
        return;
    }
    while (Length < Limit && Text[Length] != 0) {
        Length++;
    }

    RtlpPutPaddedWide(Output, Conversion, Text, Length);
}

static VOID RtlpPutCounted(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, const ANSI_STRING *String)
{
    if (String == NULL || String->Buffer == NULL) {
        RtlpPutString(Output, Conversion, NULL);
    } else {
        RtlpPutPadded(Output, Conversion, String->Buffer, RtlpLimit(Conversion, String->Length));
    }
}

static VOID RtlpPutCountedWide(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, const UNICODE_STRING *String)
{
    if (String == NULL || String->Buffer == NULL) {
        RtlpPutString(Output, Conversion, NULL);
    } else {
        RtlpPutPaddedWide(Output, Conversion, String->Buffer, RtlpLimit(Conversion, String->Length / sizeof(WCHAR)));
    }
}

static VOID RtlpPutInteger(RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, CHAR Letter, ULONG64 Value)
{
    CHAR Format[16];
    CHAR Text[160];
    INT Width = Conversion->Width;
    INT Precision = Conversion->Precision;
    INT Length;

    /* Longer than any number that means something, and shorter than Text. */
    if (Width > 128) {
        Width = 128;
    }
    if (Precision > 128) {
        Precision = 128;
    }

    snprintf(Format, sizeof(Format), "%%%s*.*ll%c", Conversion->Flags, Letter);
    Length = snprintf(Text, sizeof(Text), Format, Width, Precision, Value);
    for (INT Index = 0; Index < Length; Index++) {
        RtlpPut(Output, Text[Index]);
    }
}

static ULONG64 RtlpSignExtend(ULONG64 Value, ULONG Bytes)
{
    switch (Bytes) {
    case 1:
        return (ULONG64)(LONG64)(INT8)Value;
    case 2:
        return (ULONG64)(LONG64)(INT16)Value;
    case 4:
        return (ULONG64)(LONG64)(INT32)Value;
    default:
        return Value;
    }
}

static ULONG64 RtlpZeroExtend(ULONG64 Value, ULONG Bytes)
{
    return Bytes == 8 ? Value : Value & ((1ull << (Bytes * 8)) - 1);
}

static PCSTR RtlpParseFlags(PCSTR Format, RTLP_CONVERSION *Conversion)
{
    SIZE_T Count = 0;

    for (; *Format != 0 && strchr("-+ #0", *Format) != NULL; Format++) {
        if (strchr(Conversion->Flags, *Format) == NULL) {
            Conversion->Flags[Count++] = *Format;
        }
    }

    Conversion->LeftAligned = strchr(Conversion->Flags, '-') != NULL;
    Conversion->ZeroPadded = !Conversion->LeftAligned && strchr(Conversion->Flags, '0') != NULL;
    return Format;
}

static PCSTR RtlpParseNumber(PCSTR Format, INT *Number)
{
    *Number = 0;
    for (; *Format >= '0' && *Format <= '9'; Format++) {
        if (*Number < 0x10000) {
            *Number = *Number * 10 + (*Format - '0');
        }
    }

    return Format;
}

static PCSTR RtlpParseSize(PCSTR Format, RTLP_CONVERSION *Conversion)
{
    if (strncmp(Format, "I64", 3) == 0) {
        Conversion->Bytes = 8;
        return Format + 3;
    }
    if (strncmp(Format, "I32", 3) == 0) {
        Conversion->Bytes = 4;
        return Format + 3;
    }
    if (strncmp(Format, "ll", 2) == 0) {
        Conversion->Bytes = 8;
        return Format + 2;
    }
    if (strncmp(Format, "hh", 2) == 0) {
        Conversion->Bytes = 1;
        return Format + 2;
    }

    switch (*Format) {
    case 'I':
    case 'z':
    case 't':
        Conversion->Bytes = sizeof(PVOID);
        return Format + 1;
    case 'j':
        Conversion->Bytes = 8;
        return Format + 1;
    case 'h':
        Conversion->Bytes = 2;
        Conversion->Narrow = TRUE;
        return Format + 1;
    case 'l':
    case 'w':
        Conversion->Wide = TRUE;
        return Format + 1;
    case 'L':
        return Format + 1;
    default:
        return Format;
    }
}

/* The small letter means the kind of the format itself, the capital letter the other one, unless h, l or w says which.
 */
static BOOLEAN RtlpIsWide(const RTLP_OUTPUT *Output, const RTLP_CONVERSION *Conversion, BOOLEAN IsCapital)
{
    return Conversion->Wide || (!Conversion->Narrow && (Output->WideText != NULL) != IsCapital);
}

// NOLINTBEGIN(clang-analyzer-valist.Uninitialized,clang-analyzer-core.uninitialized.Assign): the caller began the list
PCSTR RtlpFormatOne(RTLP_OUTPUT *Output, PCSTR Format, RTLP_ARGUMENTS *Arguments)
{
    RTLP_CONVERSION Conversion = {.Precision = -1, .Bytes = 4};
    PCSTR Start = Format;
    ULONG64 Value;
    WCHAR WideCharacter;
    CHAR Character;
    CHAR Letter;

    Format = RtlpParseFlags(Format + 1, &Conversion);
    if (*Format == '*') {
        Conversion.Width = va_arg(Arguments->List, INT);
        if (Conversion.Width < 0) {
            Conversion.Width = Conversion.Width == MININT32 ? 0 : -Conversion.Width;
            Conversion.LeftAligned = TRUE;
            Conversion.ZeroPadded = FALSE;
            strcpy(Conversion.Flags, "-");
        }
        Format++;
    } else {
        Format = RtlpParseNumber(Format, &Conversion.Width);
    }
    if (*Format == '.') {
        if (Format[1] == '*') {
            Conversion.Precision = va_arg(Arguments->List, INT);
            Format += 2;
        } else {
            Format = RtlpParseNumber(Format + 1, &Conversion.Precision);
        }
    }
    Format = RtlpParseSize(Format, &Conversion);

    Letter = *Format;
    if (Letter != 0) {
        Format++;
    }

    switch (Letter) {
    case '%':
        RtlpPut(Output, '%');
        break;

    case 'd':
    case 'i':
        Value = Conversion.Bytes == 8 ? va_arg(Arguments->List, ULONG64) : va_arg(Arguments->List, UINT32);
        RtlpPutInteger(Output, &Conversion, 'd', RtlpSignExtend(Value, Conversion.Bytes));
        break;

    case 'u':
    case 'o':
    case 'x':
    case 'X':
        Value = Conversion.Bytes == 8 ? va_arg(Arguments->List, ULONG64) : va_arg(Arguments->List, UINT32);
        RtlpPutInteger(Output, &Conversion, Letter, RtlpZeroExtend(Value, Conversion.Bytes));
        break;

    case 'p':
        Conversion.Precision = 2 * sizeof(PVOID);
        RtlpPutInteger(Output, &Conversion, 'X', (ULONG_PTR)va_arg(Arguments->List, PVOID));
        break;

    case 'c':
    case 'C':
        if (RtlpIsWide(Output, &Conversion, Letter == 'C')) {
            WideCharacter = (WCHAR)va_arg(Arguments->List, INT);
            RtlpPutPaddedWide(Output, &Conversion, &WideCharacter, 1);
        } else {
            Character = (CHAR)va_arg(Arguments->List, INT);
            RtlpPutPadded(Output, &Conversion, &Character, 1);
        }
        break;

    case 's':
    case 'S':
        if (RtlpIsWide(Output, &Conversion, Letter == 'S')) {
            RtlpPutWideString(Output, &Conversion, va_arg(Arguments->List, PCWSTR));
        } else {
            RtlpPutString(Output, &Conversion, va_arg(Arguments->List, PCSTR));
        }
        break;

    case 'Z':
        if (Conversion.Wide) {
            RtlpPutCountedWide(Output, &Conversion, va_arg(Arguments->List, PUNICODE_STRING));
        } else {
            RtlpPutCounted(Output, &Conversion, va_arg(Arguments->List, PANSI_STRING));
        }
        break;

    /* The kernel prints no floating point and writes no count back: the argument is skipped, the text is shown. */
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        (void)va_arg(Arguments->List, double);
        RtlpPutPadded(Output, &(RTLP_CONVERSION){0}, Start, (SIZE_T)(Format - Start));
        break;
    case 'n':
        (void)va_arg(Arguments->List, PVOID);
        RtlpPutPadded(Output, &(RTLP_CONVERSION){0}, Start, (SIZE_T)(Format - Start));
        break;

    default:
        RtlpPutPadded(Output, &(RTLP_CONVERSION){0}, Start, (SIZE_T)(Format - Start));
        break;
    }

    return Format;
}
// NOLINTEND(clang-analyzer-valist.Uninitialized,clang-analyzer-core.uninitialized.Assign)

VOID RtlpFormat(RTLP_OUTPUT *Output, PCSTR Format, RTLP_ARGUMENTS *Arguments)
{
    while (*Format != 0) {
        if (*Format == '%') {
            Format = RtlpFormatOne(Output, Format, Arguments);
        } else {
            RtlpPut(Output, *Format++);
        }
    }
}

/* What a conversion may have is ASCII: it is copied, and done as any other. */
VOID RtlpFormatWide(RTLP_OUTPUT *Output, PCWSTR Format, RTLP_ARGUMENTS *Arguments)
{
    CHAR Conversion[64];
    SIZE_T Count;

    while (*Format != 0) {
        if (*Format != '%') {
            RtlpPutWide(Output, *Format++);
            continue;
        }
        for (Count = 0; Count < sizeof(Conversion) - 1 && Format[Count] != 0 && Format[Count] < 0x80; Count++) {
            Conversion[Count] = (CHAR)Format[Count];
        }
        Conversion[Count] = 0;
        Format += RtlpFormatOne(Output, Conversion, Arguments) - Conversion;
    }
}
