/* wide.c: the wide routines of the C library that the kernel has, for characters of 16 bits. include/km/crt/ declares
 * them, and gives them other symbols than those of the program's C library. On Windows that one has 16 bits, too. */
#include "poolemu.h"

#if !defined(_WIN32)

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

#include "nt/rtl/format.h"
#include "nt/rtl/string.h"

/* ---- Lengths, copies -------------------------------------------------------------------------------------------- */

size_t wcslen(const wchar_t *String)
{
    size_t Length = 0;

    while (String[Length] != 0) {
        Length++;
    }
    return Length;
}

size_t wcsnlen(const wchar_t *String, size_t Limit)
{
    size_t Length = 0;

    while (Length < Limit && String[Length] != 0) {
        Length++;
    }
    return Length;
}

wchar_t *wmemcpy(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    memcpy(Destination, Source, Count * sizeof(wchar_t));
    return Destination;
}

wchar_t *wmemmove(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    memmove(Destination, Source, Count * sizeof(wchar_t));
    return Destination;
}

wchar_t *wmemset(wchar_t *Block, wchar_t Character, size_t Count)
{
    for (size_t Index = 0; Index < Count; Index++) {
        Block[Index] = Character;
    }
    return Block;
}

wchar_t *wcscpy(wchar_t *Destination, const wchar_t *Source)
{
    return wmemcpy(Destination, Source, wcslen(Source) + 1);
}

/* Fills the rest with null characters; a source of Count characters or more gets none. */
wchar_t *wcsncpy(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    size_t Length = wcsnlen(Source, Count);

    wmemcpy(Destination, Source, Length);
    wmemset(Destination + Length, 0, Count - Length);
    return Destination;
}

wchar_t *wcscat(wchar_t *Destination, const wchar_t *Source)
{
    wcscpy(Destination + wcslen(Destination), Source);
    return Destination;
}

wchar_t *wcsncat(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    wchar_t *End = Destination + wcslen(Destination);
    size_t Length = wcsnlen(Source, Count);

    wmemcpy(End, Source, Length);
    End[Length] = 0;
    return Destination;
}

/* ---- With sizes ------------------------------------------------------------------------------------------------- */

/* Puts Length characters behind the first Offset, where they and the null character fit. */
static int CrtpPutChecked(wchar_t *Destination, size_t Size, size_t Offset, const wchar_t *Source, size_t Length)
{
    if (Length >= Size - Offset) {
        Destination[0] = 0;
        return ERANGE;
    }
    wmemcpy(Destination + Offset, Source, Length);
    Destination[Offset + Length] = 0;
    return 0;
}

static int CrtpCopyChecked(wchar_t *Destination, size_t Size, BOOLEAN IsAppended, const wchar_t *Source, size_t Count)
{
    size_t Offset = 0;

    if (Destination == NULL || Size == 0) {
        return EINVAL;
    }
    if (IsAppended) {
        Offset = wcsnlen(Destination, Size);
    }
    if (Source == NULL || Offset == Size) {
        Destination[0] = 0;
        return EINVAL;
    }
    return CrtpPutChecked(Destination, Size, Offset, Source, wcsnlen(Source, Count));
}

int wcscpy_s(wchar_t *Destination, size_t Size, const wchar_t *Source)
{
    return CrtpCopyChecked(Destination, Size, FALSE, Source, MAXSIZE_T);
}

int wcscat_s(wchar_t *Destination, size_t Size, const wchar_t *Source)
{
    return CrtpCopyChecked(Destination, Size, TRUE, Source, MAXSIZE_T);
}

int wcsncpy_s(wchar_t *Destination, size_t Size, const wchar_t *Source, size_t Count)
{
    return CrtpCopyChecked(Destination, Size, FALSE, Source, Count);
}

int wcsncat_s(wchar_t *Destination, size_t Size, const wchar_t *Source, size_t Count)
{
    return CrtpCopyChecked(Destination, Size, TRUE, Source, Count);
}

/* ---- Comparing -------------------------------------------------------------------------------------------------- */

int wmemcmp(const wchar_t *First, const wchar_t *Second, size_t Count)
{
    for (size_t Index = 0; Index < Count; Index++) {
        if (First[Index] != Second[Index]) {
            return First[Index] < Second[Index] ? -1 : 1;
        }
    }
    return 0;
}

static wchar_t CrtpFold(wchar_t Character)
{
    return Character >= 'A' && Character <= 'Z' ? (wchar_t)(Character - 'A' + 'a') : Character;
}

static int CrtpCompare(const wchar_t *First, const wchar_t *Second, size_t Count, BOOLEAN IgnoresCase)
{
    for (size_t Index = 0; Index < Count; Index++) {
        wchar_t A = IgnoresCase ? CrtpFold(First[Index]) : First[Index];
        wchar_t B = IgnoresCase ? CrtpFold(Second[Index]) : Second[Index];

        if (A != B) {
            return A < B ? -1 : 1;
        }
        if (A == 0) {
            break;
        }
    }
    return 0;
}

int wcscmp(const wchar_t *First, const wchar_t *Second)
{
    return CrtpCompare(First, Second, MAXSIZE_T, FALSE);
}

int wcsncmp(const wchar_t *First, const wchar_t *Second, size_t Count)
{
    return CrtpCompare(First, Second, Count, FALSE);
}

int _wcsicmp(const wchar_t *First, const wchar_t *Second)
{
    return CrtpCompare(First, Second, MAXSIZE_T, TRUE);
}

int _wcsnicmp(const wchar_t *First, const wchar_t *Second, size_t Count)
{
    return CrtpCompare(First, Second, Count, TRUE);
}

/* ---- Searching -------------------------------------------------------------------------------------------------- */

wchar_t *wmemchr(const wchar_t *Block, wchar_t Character, size_t Count)
{
    for (size_t Index = 0; Index < Count; Index++) {
        if (Block[Index] == Character) {
            return (wchar_t *)&Block[Index];
        }
    }
    return NULL;
}

/* The null character at the end can be found, too. */
wchar_t *wcschr(const wchar_t *String, wchar_t Character)
{
    return wmemchr(String, Character, wcslen(String) + 1);
}

wchar_t *wcsrchr(const wchar_t *String, wchar_t Character)
{
    for (size_t Index = wcslen(String) + 1; Index > 0; Index--) {
        if (String[Index - 1] == Character) {
            return (wchar_t *)&String[Index - 1];
        }
    }
    return NULL;
}

wchar_t *wcsstr(const wchar_t *String, const wchar_t *Part)
{
    size_t Length = wcslen(Part);

    for (;; String++) {
        if (wcsncmp(String, Part, Length) == 0) {
            return (wchar_t *)String;
        }
        if (*String == 0) {
            return NULL;
        }
    }
}

size_t wcsspn(const wchar_t *String, const wchar_t *Characters)
{
    size_t Count = wcslen(Characters);
    size_t Length = 0;

    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): not the terminator
    while (String[Length] != 0 && wmemchr(Characters, String[Length], Count) != NULL) {
        Length++;
    }
    return Length;
}

size_t wcscspn(const wchar_t *String, const wchar_t *Characters)
{
    size_t Count = wcslen(Characters);
    size_t Length = 0;

    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): not the terminator
    while (String[Length] != 0 && wmemchr(Characters, String[Length], Count) == NULL) {
        Length++;
    }
    return Length;
}

wchar_t *wcspbrk(const wchar_t *String, const wchar_t *Characters)
{
    const wchar_t *Found = String + wcscspn(String, Characters);

    return *Found == 0 ? NULL : (wchar_t *)Found;
}

wchar_t *wcstok(wchar_t *String, const wchar_t *Delimiters, wchar_t **Next)
{
    wchar_t *Token = String != NULL ? String : *Next;
    wchar_t *End;

    if (Token == NULL) {
        return NULL;
    }
    Token += wcsspn(Token, Delimiters);
    if (*Token == 0) {
        *Next = NULL;
        return NULL;
    }
    End = wcspbrk(Token, Delimiters);
    if (End != NULL) {
        *End++ = 0;
    }
    *Next = End;
    return Token;
}

/* ---- Changing --------------------------------------------------------------------------------------------------- */

wchar_t *_wcslwr(wchar_t *String)
{
    for (wchar_t *Character = String; *Character != 0; Character++) {
        *Character = (wchar_t)towlower(*Character);
    }
    return String;
}

wchar_t *_wcsupr(wchar_t *String)
{
    for (wchar_t *Character = String; *Character != 0; Character++) {
        *Character = (wchar_t)towupper(*Character);
    }
    return String;
}

wchar_t *_wcsset(wchar_t *String, wchar_t Character)
{
    return wmemset(String, Character, wcslen(String));
}

wchar_t *_wcsnset(wchar_t *String, wchar_t Character, size_t Count)
{
    return wmemset(String, Character, wcsnlen(String, Count));
}

wchar_t *_wcsrev(wchar_t *String)
{
    size_t Length = wcslen(String);

    for (size_t Index = 0; Index < Length / 2; Index++) {
        wchar_t Character = String[Index];

        String[Index] = String[Length - 1 - Index];
        String[Length - 1 - Index] = Character;
    }
    return String;
}

/* ---- Kinds of characters ---------------------------------------------------------------------------------------- */

int iswupper(wint_t Character)
{
    return Character >= 'A' && Character <= 'Z';
}

int iswlower(wint_t Character)
{
    return Character >= 'a' && Character <= 'z';
}

int iswalpha(wint_t Character)
{
    return iswupper(Character) || iswlower(Character);
}

int iswdigit(wint_t Character)
{
    return Character >= '0' && Character <= '9';
}

int iswxdigit(wint_t Character)
{
    return iswdigit(Character) || (Character >= 'A' && Character <= 'F') || (Character >= 'a' && Character <= 'f');
}

int iswalnum(wint_t Character)
{
    return iswalpha(Character) || iswdigit(Character);
}

int iswblank(wint_t Character)
{
    return Character == ' ' || Character == '\t';
}

int iswspace(wint_t Character)
{
    return Character == ' ' || (Character >= '\t' && Character <= '\r');
}

int iswcntrl(wint_t Character)
{
    return Character < ' ' || Character == 0x7F;
}

int iswprint(wint_t Character)
{
    return Character >= ' ' && Character < 0x7F;
}

int iswgraph(wint_t Character)
{
    return Character > ' ' && Character < 0x7F;
}

int iswpunct(wint_t Character)
{
    return iswgraph(Character) && !iswalnum(Character);
}

wint_t towlower(wint_t Character)
{
    return iswupper(Character) ? Character - 'A' + 'a' : Character;
}

wint_t towupper(wint_t Character)
{
    return iswlower(Character) ? Character - 'a' + 'A' : Character;
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

typedef struct CRTP_NUMBER {
    ULONG64 Magnitude; /* MAXULONG64 where it is larger */
    BOOLEAN IsNegative;
    BOOLEAN IsTooLarge;
} CRTP_NUMBER;

static ULONG CrtpDigit(wchar_t Character)
{
    if (iswdigit(Character)) {
        return (ULONG)(Character - '0');
    }
    return iswalpha(Character) ? (ULONG)(CrtpFold(Character) - 'a' + 10) : MAXULONG;
}

/* End is where the number ends, or where String begins if there is none. */
static CRTP_NUMBER CrtpParse(const wchar_t *String, wchar_t **End, int Base)
{
    CRTP_NUMBER Number = {0};
    const wchar_t *Next = String;
    const wchar_t *Last = String;
    BOOLEAN HasPrefix;

    while (iswspace(*Next)) {
        Next++;
    }
    if (*Next == '+' || *Next == '-') {
        Number.IsNegative = *Next++ == '-';
    }
    HasPrefix = Next[0] == '0' && CrtpFold(Next[1]) == 'x' && CrtpDigit(Next[2]) < 16;
    if (Base == 0) {
        Base = HasPrefix ? 16 : *Next == '0' ? 8 : 10;
    }
    if (Base == 16 && HasPrefix) {
        Next += 2;
    }
    for (; CrtpDigit(*Next) < (ULONG)Base; Next++) {
        ULONG Digit = CrtpDigit(*Next);

        if (Number.Magnitude > (MAXULONG64 - Digit) / (ULONG)Base) {
            Number.IsTooLarge = TRUE;
        } else {
            Number.Magnitude = Number.Magnitude * (ULONG)Base + Digit;
        }
        Last = Next + 1;
    }
    if (Number.IsTooLarge) {
        Number.Magnitude = MAXULONG64;
    }
    if (End != NULL) {
        *End = (wchar_t *)Last;
    }
    return Number;
}

static LONG64 CrtpSigned(const wchar_t *String, wchar_t **End, int Base, ULONG64 Maximum)
{
    CRTP_NUMBER Number = CrtpParse(String, End, Base);
    ULONG64 Limit = Number.IsNegative ? Maximum + 1 : Maximum;

    if (Number.Magnitude > Limit) {
        Number.Magnitude = Limit;
        errno = ERANGE;
    }
    return (LONG64)(Number.IsNegative ? 0 - Number.Magnitude : Number.Magnitude);
}

static ULONG64 CrtpUnsigned(const wchar_t *String, wchar_t **End, int Base, ULONG64 Maximum)
{
    CRTP_NUMBER Number = CrtpParse(String, End, Base);

    if (Number.IsTooLarge || Number.Magnitude > Maximum) {
        errno = ERANGE;
        return Maximum;
    }
    return (Number.IsNegative ? 0 - Number.Magnitude : Number.Magnitude) & Maximum;
}

/* A long has 32 bits for the driver, whatever it has here. */
long wcstol(const wchar_t *String, wchar_t **End, int Base)
{
    return (long)CrtpSigned(String, End, Base, MAXLONG);
}

unsigned long wcstoul(const wchar_t *String, wchar_t **End, int Base)
{
    return (unsigned long)CrtpUnsigned(String, End, Base, MAXULONG);
}

long long wcstoll(const wchar_t *String, wchar_t **End, int Base)
{
    return CrtpSigned(String, End, Base, (ULONG64)MAXLONG64);
}

unsigned long long wcstoull(const wchar_t *String, wchar_t **End, int Base)
{
    return CrtpUnsigned(String, End, Base, MAXULONG64);
}

intmax_t wcstoimax(const wchar_t *String, wchar_t **End, int Base)
{
    return (intmax_t)wcstoll(String, End, Base);
}

uintmax_t wcstoumax(const wchar_t *String, wchar_t **End, int Base)
{
    return (uintmax_t)wcstoull(String, End, Base);
}

int _wtoi(const wchar_t *String)
{
    return (int)wcstol(String, NULL, 10);
}

long _wtol(const wchar_t *String)
{
    return wcstol(String, NULL, 10);
}

/* What a number may have is ASCII, so the host's routine reads a copy. */
long double wcstold(const wchar_t *String, wchar_t **End)
{
    CHAR Copy[512];
    CHAR *Last;
    size_t Length = 0;
    long double Value;

    for (; Length < sizeof(Copy) - 1 && String[Length] != 0 && String[Length] < 0x80; Length++) {
        Copy[Length] = (CHAR)String[Length];
    }
    Copy[Length] = 0;
    Value = strtold(Copy, &Last);
    if (End != NULL) {
        *End = (wchar_t *)String + (Last - Copy);
    }
    return Value;
}

double wcstod(const wchar_t *String, wchar_t **End)
{
    return (double)wcstold(String, End);
}

float wcstof(const wchar_t *String, wchar_t **End)
{
    return (float)wcstold(String, End);
}

/* ---- ANSI ------------------------------------------------------------------------------------------------------- */

/* The code page is 1252, where a character is a byte. Without a destination they only count. */
size_t mbstowcs(wchar_t *Destination, const char *Source, size_t Count)
{
    size_t Index;

    if (Destination == NULL) {
        return strlen(Source);
    }
    for (Index = 0; Index < Count; Index++) {
        Destination[Index] = RtlpAnsiToUnicode((UCHAR)Source[Index]);
        if (Destination[Index] == 0) {
            break;
        }
    }
    return Index;
}

size_t wcstombs(char *Destination, const wchar_t *Source, size_t Count)
{
    size_t Index;

    if (Destination == NULL) {
        return wcslen(Source);
    }
    for (Index = 0; Index < Count; Index++) {
        Destination[Index] = RtlpUnicodeToAnsi(Source[Index]);
        if (Source[Index] == 0) {
            break;
        }
    }
    return Index;
}

int mbtowc(wchar_t *Destination, const char *Source, size_t Count)
{
    if (Source == NULL || Count == 0) {
        return Source == NULL ? 0 : -1;
    }
    if (Destination != NULL) {
        *Destination = RtlpAnsiToUnicode((UCHAR)*Source);
    }
    return *Source != 0;
}

int wctomb(char *Destination, wchar_t Character)
{
    if (Destination == NULL) {
        return 0;
    }
    *Destination = RtlpUnicodeToAnsi(Character);
    return 1;
}

/* ---- Formats ---------------------------------------------------------------------------------------------------- */

/* Returns how many characters there are, whether they fit or not. */
static SIZE_T CrtpFormat(wchar_t *Buffer, SIZE_T Capacity, const wchar_t *Format, va_list Arguments)
{
    wchar_t None;
    RTLP_OUTPUT Output = {.WideText = Buffer != NULL ? Buffer : &None, .Capacity = Buffer != NULL ? Capacity : 0};
    RTLP_ARGUMENTS List;

    va_copy(List.List, Arguments);
    RtlpFormatWide(&Output, Format, &List);
    va_end(List.List);
    return Output.Length;
}

int _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments)
{
    SIZE_T Length = CrtpFormat(Buffer, Count, Format, Arguments);

    if (Length < Count && Buffer != NULL) {
        Buffer[Length] = 0;
    }
    return Length <= Count || Buffer == NULL ? (int)Length : -1;
}

int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnwprintf(Buffer, Count, Format, Arguments);
    va_end(Arguments);
    return Length;
}

int swprintf(wchar_t *Buffer, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnwprintf(Buffer, MAXSIZE_T, Format, Arguments);
    va_end(Arguments);
    return Length;
}

int vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments)
{
    SIZE_T Length;

    if (Buffer == NULL || Size == 0 || Format == NULL) {
        return -1;
    }
    Length = CrtpFormat(Buffer, Size, Format, Arguments);
    Buffer[Length < Size ? Length : 0] = 0;
    return Length < Size ? (int)Length : -1;
}

int swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = vswprintf_s(Buffer, Size, Format, Arguments);
    va_end(Arguments);
    return Length;
}

/* The standard's: what does not fit is cut, and ends with a null character all the same. */
int vswprintf(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments)
{
    SIZE_T Length;

    if (Size == 0) {
        return -1;
    }
    Length = CrtpFormat(Buffer, Size, Format, Arguments);
    Buffer[Length < Size ? Length : Size - 1] = 0;
    return Length < Size ? (int)Length : -1;
}

#endif
