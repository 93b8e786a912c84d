/* string.c: counted strings. ANSI is code page 1252; case is ignored for ASCII, Latin-1, Greek and Cyrillic letters. */
#include "nt/rtl/string.h"

#include <string.h>

#include "core/export.h"
#include "watch/irqllimit.h"

/* ---- Making --------------------------------------------------------------------------------------------------- */

enum {
    MAX_UNICODE_BYTES = 0xFFFC, /* what leaves room for the null character, in bytes */
    MAX_ANSI_BYTES = 0xFFFE,
};

static SIZE_T RtlpWideBytes(PCWSTR Text)
{
    SIZE_T Count = 0;

    while (Text[Count] != 0) {
        Count++;
    }

    return Count * sizeof(WCHAR);
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    KiCheckExport(KiExportRtlInitUnicodeStringEx, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportRtlInitUnicodeStringEx, EMU_RETURN_ADDRESS());
    SIZE_T Bytes = SourceString == NULL ? 0 : RtlpWideBytes(SourceString);

    if (Bytes > MAX_UNICODE_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }

    RtlInitUnicodeString(DestinationString, SourceString);
    return STATUS_SUCCESS;
}

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    VfCheckLimit(KiExportRtlInitUnicodeString, EMU_RETURN_ADDRESS());
    SIZE_T Bytes;

    memset(DestinationString, 0, sizeof(*DestinationString));
    if (SourceString == NULL) {
        return;
    }

    Bytes = min(RtlpWideBytes(SourceString), MAX_UNICODE_BYTES);
    DestinationString->Buffer = (PWCH)SourceString;
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    VfCheckLimit(KiExportRtlInitAnsiString, EMU_RETURN_ADDRESS());
    SIZE_T Bytes;

    memset(DestinationString, 0, sizeof(*DestinationString));
    if (SourceString == NULL) {
        return;
    }

    Bytes = min(strlen(SourceString), MAX_ANSI_BYTES);
    DestinationString->Buffer = (PCHAR)SourceString;
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->MaximumLength = (USHORT)(Bytes + 1);
}

VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
    VfCheckLimit(KiExportRtlInitString, EMU_RETURN_ADDRESS());
    RtlInitAnsiString(DestinationString, SourceString);
}

/* ---- Copying and appending ------------------------------------------------------------------------------------ */

static VOID RtlpTerminateWhereThereIsRoom(PUNICODE_STRING String)
{
    if (String->Length + sizeof(WCHAR) <= String->MaximumLength) {
        String->Buffer[String->Length / sizeof(WCHAR)] = 0;
    }
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    VfCheckLimit(KiExportRtlCopyUnicodeString, EMU_RETURN_ADDRESS());
    if (SourceString == NULL) {
        DestinationString->Length = 0;
        return;
    }

    DestinationString->Length = min(SourceString->Length, DestinationString->MaximumLength);
    if (DestinationString->Length != 0) {
        memmove(DestinationString->Buffer, SourceString->Buffer, DestinationString->Length);
    }
    RtlpTerminateWhereThereIsRoom(DestinationString);
}

static NTSTATUS RtlpAppend(PUNICODE_STRING Destination, const WCHAR *Source, SIZE_T Bytes)
{
    if (Destination->Length + Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }

    if (Bytes != 0) {
        memmove((PCHAR)Destination->Buffer + Destination->Length, Source, Bytes);
        Destination->Length = (USHORT)(Destination->Length + Bytes);
        RtlpTerminateWhereThereIsRoom(Destination);
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    VfCheckLimit(KiExportRtlAppendUnicodeToString, EMU_RETURN_ADDRESS());
    return RtlpAppend(Destination, Source, Source == NULL ? 0 : RtlpWideBytes(Source));
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    VfCheckLimit(KiExportRtlAppendUnicodeStringToString, EMU_RETURN_ADDRESS());
    return RtlpAppend(Destination, Source->Buffer, Source->Length);
}

/* ---- Comparing ------------------------------------------------------------------------------------------------ */

static WCHAR RtlpUpcase(WCHAR Character)
{
    if ((Character >= 'a' && Character <= 'z') || (Character >= 0xE0 && Character <= 0xFE && Character != 0xF7) ||
        (Character >= 0x3B1 && Character <= 0x3CB && Character != 0x3C2) ||
        (Character >= 0x430 && Character <= 0x44F)) {
        return (WCHAR)(Character - 0x20);
    }
    if (Character >= 0x450 && Character <= 0x45F) {
        return (WCHAR)(Character - 0x50);
    }
    return Character == 0xFF ? 0x178 : Character;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    VfCheckLimit(KiExportRtlCompareUnicodeString, EMU_RETURN_ADDRESS());
    ULONG Common = min(String1->Length, String2->Length) / sizeof(WCHAR);

    for (ULONG Index = 0; Index < Common; Index++) {
        WCHAR First = String1->Buffer[Index];
        WCHAR Second = String2->Buffer[Index];

        if (CaseInSensitive) {
            First = RtlpUpcase(First);
            Second = RtlpUpcase(Second);
        }
        if (First != Second) {
            return (LONG)First - (LONG)Second;
        }
    }

    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    VfCheckLimit(KiExportRtlEqualUnicodeString, EMU_RETURN_ADDRESS());
    return String1->Length == String2->Length && RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

/* ---- ANSI and Unicode ----------------------------------------------------------------------------------------- */

/* 0x80 to 0x9F of code page 1252; the five that it leaves open stand for themselves, as in Windows. */
static const WCHAR RtlpAnsiTable[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

WCHAR RtlpAnsiToUnicode(UCHAR Character)
{
    return Character >= 0x80 && Character <= 0x9F ? RtlpAnsiTable[Character - 0x80] : Character;
}

CHAR RtlpUnicodeToAnsi(WCHAR Character)
{
    if (Character < 0x80 || (Character >= 0xA0 && Character <= 0xFF)) {
        return (CHAR)Character;
    }

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(RtlpAnsiTable); Index++) {
        if (RtlpAnsiTable[Index] == Character) {
            return (CHAR)(0x80 + Index);
        }
    }

    return '?';
}

/* The kernel's strings are paged pool with this tag, too. */
static PVOID RtlpAllocateString(SIZE_T Bytes)
{
    return ExAllocatePoolWithTag(PagedPool, Bytes, 'grtS');
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    VfCheckLimit(KiExportRtlAnsiStringToUnicodeString, EMU_RETURN_ADDRESS());
    SIZE_T Bytes = (SourceString->Length + (SIZE_T)1) * sizeof(WCHAR);
    ULONG Count = SourceString->Length;

    if (Bytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_INVALID_PARAMETER_2;
    }

    DestinationString->Length = (USHORT)(Bytes - sizeof(WCHAR));
    if (AllocateDestinationString) {
        DestinationString->MaximumLength = (USHORT)Bytes;
        DestinationString->Buffer = RtlpAllocateString(Bytes);
        if (DestinationString->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    } else if (DestinationString->MaximumLength < Bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }

    for (ULONG Index = 0; Index < Count; Index++) {
        DestinationString->Buffer[Index] = RtlpAnsiToUnicode((UCHAR)SourceString->Buffer[Index]);
    }
    DestinationString->Buffer[Count] = 0;
    return STATUS_SUCCESS;
}

/* What does not fit is cut here, and the rest is converted: the other direction converts nothing then. */
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    VfCheckLimit(KiExportRtlUnicodeStringToAnsiString, EMU_RETURN_ADDRESS());
    ULONG Count = SourceString->Length / sizeof(WCHAR);
    NTSTATUS Status = STATUS_SUCCESS;

    if (AllocateDestinationString) {
        DestinationString->MaximumLength = (USHORT)(Count + 1);
        DestinationString->Buffer = RtlpAllocateString(Count + 1);
        if (DestinationString->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    } else if (Count >= DestinationString->MaximumLength) {
        if (DestinationString->MaximumLength == 0) {
            return STATUS_BUFFER_OVERFLOW;
        }
        Count = DestinationString->MaximumLength - 1u;
        Status = STATUS_BUFFER_OVERFLOW;
    }

    for (ULONG Index = 0; Index < Count; Index++) {
        DestinationString->Buffer[Index] = RtlpUnicodeToAnsi(SourceString->Buffer[Index]);
    }
    DestinationString->Buffer[Count] = 0;
    DestinationString->Length = (USHORT)Count;
    return Status;
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    VfCheckLimit(KiExportRtlFreeUnicodeString, EMU_RETURN_ADDRESS());
    if (UnicodeString->Buffer != NULL) {
        ExFreePool(UnicodeString->Buffer);
        memset(UnicodeString, 0, sizeof(*UnicodeString));
    }
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    VfCheckLimit(KiExportRtlFreeAnsiString, EMU_RETURN_ADDRESS());
    if (AnsiString->Buffer != NULL) {
        ExFreePool(AnsiString->Buffer);
        memset(AnsiString, 0, sizeof(*AnsiString));
    }
}
