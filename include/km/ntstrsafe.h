// Safe strings: copies, concatenations and formatted output into buffers of a known size, always terminated; and the
// same for UNICODE_STRINGs. Inline, as in Microsoft's header, over one formatter that knows Microsoft's formats (%ws,
// %wZ, %S, %I64u ...). Sizes are in characters (Cch) or bytes (Cb). Each returns STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW
// (the result is truncated) or STATUS_INVALID_PARAMETER. IRQL: PASSIVE_LEVEL; copies and concatenations of nonpaged
// strings: any. Source: Summary of Kernel-Mode Safe String Functions and the routines' pages.

#ifndef _NTSTRSAFE_H_INCLUDED_
#define _NTSTRSAFE_H_INCLUDED_

#include "ntdef.h"
#include "ntstatus.h"

#include <stdarg.h>

EMU_EXTERN_C_BEGIN

#define NTSTRSAFE_MAX_CCH 2147483647
#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xFFFF / sizeof(WCHAR))
#define NTSTRSAFEDDI EMU_INLINE NTSTATUS
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BEHIND 0x00000200
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800
#define STRSAFE_FILL_BYTE(Byte) ((ULONG)(((Byte)&0xFF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(Byte) ((ULONG)(((Byte)&0xFF) | STRSAFE_FILL_ON_FAILURE))
#define EMU_STRSAFE_VALID_FLAGS 0x00001FFF

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef WCHAR *NTSTRSAFE_PWSTR;
typedef const WCHAR *NTSTRSAFE_PCWSTR;

// The formatter: writes at most Count characters, without a terminator; returns how many there are to say.
NTSYSAPI SIZE_T EmuFormatA(CHAR *Buffer, SIZE_T Count, PCSTR Format, va_list Arguments);
NTSYSAPI SIZE_T EmuFormatW(WCHAR *Buffer, SIZE_T Count, PCWSTR Format, va_list Arguments);

// All routines of one type of character. A destination that is written to has room for a character at least.
#define EMU_STRSAFE_ROUTINES(AW, TYPE)                                                                                 \
    /* The length of a string that ends within Max characters; Max where it does not. */                               \
    EMU_INLINE SIZE_T EmuStringLength##AW(const TYPE *String, SIZE_T Max)                                              \
    {                                                                                                                  \
        SIZE_T Length = 0;                                                                                             \
        while (Length < Max && String[Length] != 0) {                                                                  \
            Length++;                                                                                                  \
        }                                                                                                              \
        return Length;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    EMU_INLINE NTSTATUS EmuStringPut##AW(TYPE *Dest, SIZE_T Cch, const TYPE *Src, SIZE_T CchSrc, SIZE_T *Put)          \
    {                                                                                                                  \
        SIZE_T Length = 0;                                                                                             \
        while (Length < CchSrc && Src[Length] != 0) {                                                                  \
            if (Length + 1 == Cch) {                                                                                   \
                Dest[Length] = 0;                                                                                      \
                *Put = Length;                                                                                         \
                return STATUS_BUFFER_OVERFLOW;                                                                         \
            }                                                                                                          \
            Dest[Length] = Src[Length];                                                                                \
            Length++;                                                                                                  \
        }                                                                                                              \
        Dest[Length] = 0;                                                                                              \
        *Put = Length;                                                                                                 \
        return STATUS_SUCCESS;                                                                                         \
    }                                                                                                                  \
                                                                                                                       \
    EMU_INLINE NTSTATUS EmuStringFormat##AW(TYPE *Dest, SIZE_T Cch, const TYPE *Format, va_list Arguments,             \
                                            SIZE_T *Put)                                                               \
    {                                                                                                                  \
        SIZE_T Length = EmuFormat##AW(Dest, Cch - 1, Format, Arguments);                                               \
        *Put = Length < Cch ? Length : Cch - 1;                                                                        \
        Dest[*Put] = 0;                                                                                                \
        return Length < Cch ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;                                                 \
    }                                                                                                                  \
                                                                                                                       \
    /* What the Ex forms do behind the string, and in place of it where something failed. */                           \
    EMU_INLINE NTSTATUS EmuStringEnd##AW(TYPE *Dest, SIZE_T Cch, SIZE_T Put, TYPE **DestEnd, SIZE_T *Remaining,        \
                                         ULONG Flags, NTSTATUS Status)                                                 \
    {                                                                                                                  \
        if (!NT_SUCCESS(Status) && Cch != 0 && Dest != NULL) {                                                         \
            if ((Flags & STRSAFE_FILL_ON_FAILURE) != 0) {                                                              \
                memset(Dest, (int)(Flags & 0xFF), Cch * sizeof(TYPE));                                                 \
                Put = (Flags & 0xFF) == 0 ? 0 : Cch - 1;                                                               \
                Dest[Put] = 0;                                                                                         \
            }                                                                                                          \
            if ((Flags & (STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)) != 0) {                                    \
                Put = 0;                                                                                               \
                Dest[0] = 0;                                                                                           \
            }                                                                                                          \
        } else if (NT_SUCCESS(Status) && (Flags & STRSAFE_FILL_BEHIND_NULL) != 0 && Put + 1 < Cch) {                   \
            memset(Dest + Put + 1, (int)(Flags & 0xFF), (Cch - Put - 1) * sizeof(TYPE));                               \
        }                                                                                                              \
        if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {                                                  \
            if (DestEnd != NULL) {                                                                                     \
                *DestEnd = Dest == NULL ? NULL : Dest + Put;                                                           \
            }                                                                                                          \
            if (Remaining != NULL) {                                                                                   \
                *Remaining = Cch - Put;                                                                                \
            }                                                                                                          \
        }                                                                                                              \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchLength##AW(const TYPE *psz, SIZE_T cchMax, SIZE_T *pcchLength)                            \
    {                                                                                                                  \
        SIZE_T Length = psz == NULL || cchMax > NTSTRSAFE_MAX_CCH ? cchMax : EmuStringLength##AW(psz, cchMax);         \
        BOOLEAN Ends = psz != NULL && cchMax <= NTSTRSAFE_MAX_CCH && Length < cchMax;                                  \
        if (pcchLength != NULL) {                                                                                      \
            *pcchLength = Ends ? Length : 0;                                                                           \
        }                                                                                                              \
        return Ends ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;                                                       \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbLength##AW(const TYPE *psz, SIZE_T cbMax, SIZE_T *pcbLength)                               \
    {                                                                                                                  \
        SIZE_T Length = 0;                                                                                             \
        NTSTATUS Status = RtlStringCchLength##AW(psz, cbMax / sizeof(TYPE), &Length);                                  \
        if (pcbLength != NULL) {                                                                                       \
            *pcbLength = Length * sizeof(TYPE);                                                                        \
        }                                                                                                              \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCopyN##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc, SIZE_T cchToCopy)            \
    {                                                                                                                  \
        SIZE_T Put;                                                                                                    \
        if (cchDest == 0 || cchDest > NTSTRSAFE_MAX_CCH) {                                                             \
            return STATUS_INVALID_PARAMETER;                                                                           \
        }                                                                                                              \
        if (cchToCopy > NTSTRSAFE_MAX_CCH) {                                                                           \
            *pszDest = 0;                                                                                              \
            return STATUS_INVALID_PARAMETER;                                                                           \
        }                                                                                                              \
        return EmuStringPut##AW(pszDest, cchDest, pszSrc, cchToCopy, &Put);                                            \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCopyN##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc, SIZE_T cbToCopy)               \
    {                                                                                                                  \
        return RtlStringCchCopyN##AW(pszDest, cbDest / sizeof(TYPE), pszSrc, cbToCopy / sizeof(TYPE));                 \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCopy##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc)                               \
    {                                                                                                                  \
        return RtlStringCchCopyN##AW(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_CCH);                                     \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCopy##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc)                                 \
    {                                                                                                                  \
        return RtlStringCchCopy##AW(pszDest, cbDest / sizeof(TYPE), pszSrc);                                           \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCopyNEx##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc, SIZE_T cchToCopy,          \
                                         TYPE **ppszDestEnd, SIZE_T *pcchRemaining, ULONG dwFlags)                     \
    {                                                                                                                  \
        static const TYPE Empty[1] = {0};                                                                              \
        SIZE_T Put = 0;                                                                                                \
        NTSTATUS Status = STATUS_INVALID_PARAMETER;                                                                    \
        BOOLEAN Ignore = (dwFlags & STRSAFE_IGNORE_NULLS) != 0;                                                        \
        if (cchDest <= NTSTRSAFE_MAX_CCH && (dwFlags & ~(ULONG)EMU_STRSAFE_VALID_FLAGS) == 0 &&                        \
            (Ignore ? pszDest != NULL || cchDest == 0 : cchDest != 0)) {                                               \
            const TYPE *Source = pszSrc == NULL && Ignore ? Empty : pszSrc;                                            \
            if (cchToCopy > NTSTRSAFE_MAX_CCH) {                                                                       \
                *pszDest = 0;                                                                                          \
            } else if (cchDest == 0) {                                                                                 \
                Status = *Source == 0 || cchToCopy == 0 ? STATUS_SUCCESS                                               \
                         : pszDest == NULL              ? STATUS_INVALID_PARAMETER                                     \
                                                        : STATUS_BUFFER_OVERFLOW;                                                   \
            } else {                                                                                                   \
                Status = EmuStringPut##AW(pszDest, cchDest, Source, cchToCopy, &Put);                                  \
            }                                                                                                          \
        }                                                                                                              \
        return EmuStringEnd##AW(pszDest, cchDest, Put, ppszDestEnd, pcchRemaining, dwFlags, Status);                   \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCopyEx##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc, TYPE **ppszDestEnd,         \
                                        SIZE_T *pcchRemaining, ULONG dwFlags)                                          \
    {                                                                                                                  \
        return RtlStringCchCopyNEx##AW(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_CCH, ppszDestEnd, pcchRemaining,        \
                                       dwFlags);                                                                       \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCopyNEx##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc, SIZE_T cbToCopy,             \
                                        TYPE **ppszDestEnd, SIZE_T *pcbRemaining, ULONG dwFlags)                       \
    {                                                                                                                  \
        SIZE_T Left = 0;                                                                                               \
        NTSTATUS Status = RtlStringCchCopyNEx##AW(pszDest, cbDest / sizeof(TYPE), pszSrc, cbToCopy / sizeof(TYPE),     \
                                                  ppszDestEnd, &Left, dwFlags);                                        \
        if (pcbRemaining != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {                        \
            *pcbRemaining = Left * sizeof(TYPE) + cbDest % sizeof(TYPE);                                               \
        }                                                                                                              \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCopyEx##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc, TYPE **ppszDestEnd,           \
                                       SIZE_T *pcbRemaining, ULONG dwFlags)                                            \
    {                                                                                                                  \
        return RtlStringCbCopyNEx##AW(pszDest, cbDest, pszSrc, NTSTRSAFE_MAX_CCH, ppszDestEnd, pcbRemaining, dwFlags); \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCatN##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc, SIZE_T cchToAppend)           \
    {                                                                                                                  \
        SIZE_T Length = 0, Put;                                                                                        \
        if (cchToAppend > NTSTRSAFE_MAX_CCH || !NT_SUCCESS(RtlStringCchLength##AW(pszDest, cchDest, &Length))) {       \
            return STATUS_INVALID_PARAMETER;                                                                           \
        }                                                                                                              \
        return EmuStringPut##AW(pszDest + Length, cchDest - Length, pszSrc, cchToAppend, &Put);                        \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCatN##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc, SIZE_T cbToAppend)              \
    {                                                                                                                  \
        return RtlStringCchCatN##AW(pszDest, cbDest / sizeof(TYPE), pszSrc, cbToAppend / sizeof(TYPE));                \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCat##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc)                                \
    {                                                                                                                  \
        return RtlStringCchCatN##AW(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_CCH);                                      \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCat##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc)                                  \
    {                                                                                                                  \
        return RtlStringCchCat##AW(pszDest, cbDest / sizeof(TYPE), pszSrc);                                            \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCatNEx##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc, SIZE_T cchToAppend,         \
                                        TYPE **ppszDestEnd, SIZE_T *pcchRemaining, ULONG dwFlags)                      \
    {                                                                                                                  \
        static const TYPE Empty[1] = {0};                                                                              \
        SIZE_T Length = 0, Put = 0;                                                                                    \
        NTSTATUS Status = STATUS_INVALID_PARAMETER;                                                                    \
        BOOLEAN Ignore = (dwFlags & STRSAFE_IGNORE_NULLS) != 0;                                                        \
        const TYPE *Source = pszSrc == NULL && Ignore ? Empty : pszSrc;                                                \
        if ((dwFlags & ~(ULONG)EMU_STRSAFE_VALID_FLAGS) == 0 && cchToAppend <= NTSTRSAFE_MAX_CCH &&                    \
            NT_SUCCESS(RtlStringCchLength##AW(pszDest, cchDest, &Length))) {                                           \
            Status = EmuStringPut##AW(pszDest + Length, cchDest - Length, Source, cchToAppend, &Put);                  \
            if (Status == STATUS_BUFFER_OVERFLOW && (dwFlags & STRSAFE_NO_TRUNCATION) != 0) {                          \
                Put = 0; /* the string is as it was */                                                                 \
                pszDest[Length] = 0;                                                                                   \
                dwFlags &= ~(ULONG)STRSAFE_NO_TRUNCATION;                                                              \
            }                                                                                                          \
        } else if (pszDest == NULL && Ignore && cchDest == 0 && Source != NULL && *Source == 0) {                      \
            Status = STATUS_SUCCESS;                                                                                   \
        }                                                                                                              \
        return EmuStringEnd##AW(pszDest, cchDest, Length + Put, ppszDestEnd, pcchRemaining, dwFlags, Status);          \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchCatEx##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszSrc, TYPE **ppszDestEnd,          \
                                       SIZE_T *pcchRemaining, ULONG dwFlags)                                           \
    {                                                                                                                  \
        return RtlStringCchCatNEx##AW(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_CCH, ppszDestEnd, pcchRemaining,         \
                                      dwFlags);                                                                        \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCatNEx##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc, SIZE_T cbToAppend,            \
                                       TYPE **ppszDestEnd, SIZE_T *pcbRemaining, ULONG dwFlags)                        \
    {                                                                                                                  \
        SIZE_T Left = 0;                                                                                               \
        NTSTATUS Status = RtlStringCchCatNEx##AW(pszDest, cbDest / sizeof(TYPE), pszSrc, cbToAppend / sizeof(TYPE),    \
                                                 ppszDestEnd, &Left, dwFlags);                                         \
        if (pcbRemaining != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {                        \
            *pcbRemaining = Left * sizeof(TYPE) + cbDest % sizeof(TYPE);                                               \
        }                                                                                                              \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbCatEx##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszSrc, TYPE **ppszDestEnd,            \
                                      SIZE_T *pcbRemaining, ULONG dwFlags)                                             \
    {                                                                                                                  \
        return RtlStringCbCatNEx##AW(pszDest, cbDest, pszSrc, NTSTRSAFE_MAX_CCH, ppszDestEnd, pcbRemaining, dwFlags);  \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchVPrintf##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszFormat, va_list argList)        \
    {                                                                                                                  \
        SIZE_T Put;                                                                                                    \
        if (cchDest == 0 || cchDest > NTSTRSAFE_MAX_CCH) {                                                             \
            return STATUS_INVALID_PARAMETER;                                                                           \
        }                                                                                                              \
        return EmuStringFormat##AW(pszDest, cchDest, pszFormat, argList, &Put);                                        \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCbVPrintf##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszFormat, va_list argList)          \
    {                                                                                                                  \
        return RtlStringCchVPrintf##AW(pszDest, cbDest / sizeof(TYPE), pszFormat, argList);                            \
    }                                                                                                                  \
                                                                                                                       \
    NTSTRSAFEDDI RtlStringCchVPrintfEx##AW(TYPE *pszDest, SIZE_T cchDest, TYPE **ppszDestEnd, SIZE_T *pcchRemaining,   \
                                           ULONG dwFlags, const TYPE *pszFormat, va_list argList)                      \
    {                                                                                                                  \
        static const TYPE Empty[1] = {0};                                                                              \
        SIZE_T Put = 0;                                                                                                \
        NTSTATUS Status = STATUS_INVALID_PARAMETER;                                                                    \
        BOOLEAN Ignore = (dwFlags & STRSAFE_IGNORE_NULLS) != 0;                                                        \
        if (cchDest <= NTSTRSAFE_MAX_CCH && (dwFlags & ~(ULONG)EMU_STRSAFE_VALID_FLAGS) == 0 &&                        \
            (Ignore ? pszDest != NULL || cchDest == 0 : cchDest != 0)) {                                               \
            const TYPE *Format = pszFormat == NULL && Ignore ? Empty : pszFormat;                                      \
            if (cchDest == 0) {                                                                                        \
                Status = *Format == 0      ? STATUS_SUCCESS                                                            \
                         : pszDest == NULL ? STATUS_INVALID_PARAMETER                                                  \
                                           : STATUS_BUFFER_OVERFLOW;                                                   \
            } else {                                                                                                   \
                Status = EmuStringFormat##AW(pszDest, cchDest, Format, argList, &Put);                                 \
            }                                                                                                          \
        }                                                                                                              \
        return EmuStringEnd##AW(pszDest, cchDest, Put, ppszDestEnd, pcchRemaining, dwFlags, Status);                   \
    }                                                                                                                  \
                                                                                                                       \
    EMU_VARIADIC_INLINE NTSTATUS RtlStringCchPrintf##AW(TYPE *pszDest, SIZE_T cchDest, const TYPE *pszFormat, ...)     \
    {                                                                                                                  \
        va_list Arguments;                                                                                             \
        va_start(Arguments, pszFormat);                                                                                \
        NTSTATUS Status = RtlStringCchVPrintf##AW(pszDest, cchDest, pszFormat, Arguments);                             \
        va_end(Arguments);                                                                                             \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    EMU_VARIADIC_INLINE NTSTATUS RtlStringCbPrintf##AW(TYPE *pszDest, SIZE_T cbDest, const TYPE *pszFormat, ...)       \
    {                                                                                                                  \
        va_list Arguments;                                                                                             \
        va_start(Arguments, pszFormat);                                                                                \
        NTSTATUS Status = RtlStringCchVPrintf##AW(pszDest, cbDest / sizeof(TYPE), pszFormat, Arguments);               \
        va_end(Arguments);                                                                                             \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    EMU_VARIADIC_INLINE NTSTATUS RtlStringCchPrintfEx##AW(TYPE *pszDest, SIZE_T cchDest, TYPE **ppszDestEnd,           \
                                                          SIZE_T *pcchRemaining, ULONG dwFlags, const TYPE *pszFormat, \
                                                          ...)                                                         \
    {                                                                                                                  \
        va_list Arguments;                                                                                             \
        va_start(Arguments, pszFormat);                                                                                \
        NTSTATUS Status =                                                                                              \
            RtlStringCchVPrintfEx##AW(pszDest, cchDest, ppszDestEnd, pcchRemaining, dwFlags, pszFormat, Arguments);    \
        va_end(Arguments);                                                                                             \
        return Status;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    EMU_VARIADIC_INLINE NTSTATUS RtlStringCbPrintfEx##AW(TYPE *pszDest, SIZE_T cbDest, TYPE **ppszDestEnd,             \
                                                         SIZE_T *pcbRemaining, ULONG dwFlags, const TYPE *pszFormat,   \
                                                         ...)                                                          \
    {                                                                                                                  \
        SIZE_T Left = 0;                                                                                               \
        va_list Arguments;                                                                                             \
        va_start(Arguments, pszFormat);                                                                                \
        NTSTATUS Status = RtlStringCchVPrintfEx##AW(pszDest, cbDest / sizeof(TYPE), ppszDestEnd, &Left, dwFlags,       \
                                                    pszFormat, Arguments);                                             \
        va_end(Arguments);                                                                                             \
        if (pcbRemaining != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {                        \
            *pcbRemaining = Left * sizeof(TYPE) + cbDest % sizeof(TYPE);                                               \
        }                                                                                                              \
        return Status;                                                                                                 \
    }

// NOLINTBEGIN(bugprone-macro-parentheses): TYPE is a type
EMU_STRSAFE_ROUTINES(A, CHAR)
EMU_STRSAFE_ROUTINES(W, WCHAR)
// NOLINTEND(bugprone-macro-parentheses)
#undef EMU_STRSAFE_ROUTINES

// ---- UNICODE_STRINGs: without a terminator; Length and MaximumLength are bytes.

// Is it one: lengths even and within the maximum, and no buffer only where there is no room.
EMU_INLINE NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING String)
{
    BOOLEAN IsRight = String->Length % sizeof(WCHAR) == 0 && String->MaximumLength % sizeof(WCHAR) == 0 &&
                      String->Length <= String->MaximumLength &&
                      (String->Buffer != NULL || (String->Length == 0 && String->MaximumLength == 0));

    return IsRight ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// The string becomes Source[0..Length), or what of it there is room for, behind the first Kept characters.
EMU_INLINE NTSTATUS EmuUnicodeStringPut(PUNICODE_STRING String, SIZE_T Kept, const WCHAR *Source, SIZE_T Length)
{
    SIZE_T Room = String->MaximumLength / sizeof(WCHAR) - Kept;
    SIZE_T Put = Length < Room ? Length : Room;

    if (Put != 0) {
        memmove(String->Buffer + Kept, Source, Put * sizeof(WCHAR));
    }
    String->Length = (USHORT)((Kept + Put) * sizeof(WCHAR));
    return Put == Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTRSAFEDDI RtlUnicodeStringInit(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    SIZE_T Length = pszSrc == NULL ? 0 : EmuStringLengthW(pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH);

    if (pszSrc != NULL && Length == NTSTRSAFE_UNICODE_STRING_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    DestinationString->Length = (USHORT)(Length * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)(pszSrc == NULL ? 0 : (Length + 1) * sizeof(WCHAR));
    DestinationString->Buffer = (PWCH)(ULONG_PTR)pszSrc;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnicodeStringInitEx(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc, ULONG dwFlags)
{
    return dwFlags == 0 ? RtlUnicodeStringInit(DestinationString, pszSrc) : STATUS_INVALID_PARAMETER;
}

NTSTRSAFEDDI RtlUnicodeStringCopy(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
        !NT_SUCCESS(RtlUnicodeStringValidate(SourceString))) {
        return STATUS_INVALID_PARAMETER;
    }
    return EmuUnicodeStringPut(DestinationString, 0, SourceString->Buffer, SourceString->Length / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    return EmuUnicodeStringPut(DestinationString, 0, pszSrc, EmuStringLengthW(pszSrc, NTSTRSAFE_MAX_CCH));
}

NTSTRSAFEDDI RtlUnicodeStringCchCopyStringN(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc,
                                            SIZE_T cchToCopy)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) || cchToCopy > NTSTRSAFE_UNICODE_STRING_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    return EmuUnicodeStringPut(DestinationString, 0, pszSrc, EmuStringLengthW(pszSrc, cchToCopy));
}

NTSTRSAFEDDI RtlUnicodeStringCbCopyStringN(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc, SIZE_T cbToCopy)
{
    return RtlUnicodeStringCchCopyStringN(DestinationString, pszSrc, cbToCopy / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlUnicodeStringCchCopyN(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      SIZE_T cchToCopy)
{
    SIZE_T Length;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
        !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)) || cchToCopy > NTSTRSAFE_UNICODE_STRING_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    Length = SourceString->Length / sizeof(WCHAR);
    return EmuUnicodeStringPut(DestinationString, 0, SourceString->Buffer, Length < cchToCopy ? Length : cchToCopy);
}

NTSTRSAFEDDI RtlUnicodeStringCbCopyN(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, SIZE_T cbToCopy)
{
    return RtlUnicodeStringCchCopyN(DestinationString, SourceString, cbToCopy / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
        !NT_SUCCESS(RtlUnicodeStringValidate(SourceString))) {
        return STATUS_INVALID_PARAMETER;
    }
    return EmuUnicodeStringPut(DestinationString, DestinationString->Length / sizeof(WCHAR), SourceString->Buffer,
                               SourceString->Length / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    return EmuUnicodeStringPut(DestinationString, DestinationString->Length / sizeof(WCHAR), pszSrc,
                               EmuStringLengthW(pszSrc, NTSTRSAFE_MAX_CCH));
}

NTSTRSAFEDDI RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    SIZE_T Length, Room;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    Room = DestinationString->MaximumLength / sizeof(WCHAR);
    Length = EmuFormatW(DestinationString->Buffer, Room, pszFormat, argList);
    DestinationString->Length = (USHORT)((Length < Room ? Length : Room) * sizeof(WCHAR));
    return Length <= Room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

EMU_VARIADIC_INLINE NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    NTSTATUS Status;
    va_list Arguments;

    va_start(Arguments, pszFormat);
    Status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTSTRSAFEDDI RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, SIZE_T cchDest, PCUNICODE_STRING SourceString)
{
    SIZE_T Put;

    if (cchDest == 0 || cchDest > NTSTRSAFE_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!NT_SUCCESS(RtlUnicodeStringValidate(SourceString))) {
        pszDest[0] = 0;
        return STATUS_INVALID_PARAMETER;
    }
    return EmuStringPutW(pszDest, cchDest, SourceString->Buffer, SourceString->Length / sizeof(WCHAR), &Put);
}

NTSTRSAFEDDI RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, SIZE_T cbDest, PCUNICODE_STRING SourceString)
{
    return RtlStringCchCopyUnicodeString(pszDest, cbDest / sizeof(WCHAR), SourceString);
}

#ifdef UNICODE
#define RtlStringCchCopy RtlStringCchCopyW
#define RtlStringCchCat RtlStringCchCatW
#define RtlStringCchPrintf RtlStringCchPrintfW
#define RtlStringCchLength RtlStringCchLengthW
#define RtlStringCbCopy RtlStringCbCopyW
#define RtlStringCbCat RtlStringCbCatW
#define RtlStringCbPrintf RtlStringCbPrintfW
#define RtlStringCbLength RtlStringCbLengthW
#endif

EMU_EXTERN_C_END

#endif
