// Integer arithmetic and conversion that report overflow: RtlULongAdd, RtlSizeTMult, RtlULongToUShort.
// Each returns STATUS_SUCCESS, or STATUS_INTEGER_OVERFLOW with the result set to the type's ERROR value. IRQL: any.

#ifndef _NTINTSAFE_H_INCLUDED_
#define _NTINTSAFE_H_INCLUDED_

#include "ntdef.h"

#include <limits.h>

#ifndef STATUS_INTEGER_OVERFLOW
#define STATUS_INTEGER_OVERFLOW ((NTSTATUS)0xC0000095)
#endif
#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((NTSTATUS)0x00000000)
#endif

// The smallest and the largest number of each type. <limits.h> has those of the names that it knows.
#ifndef INT8_MAX
#define INT8_MIN (-127 - 1)
#define INT8_MAX 127
#define UINT8_MAX 0xFF
#define INT16_MIN (-32767 - 1)
#define INT16_MAX 32767
#define UINT16_MAX 0xFFFF
#define INT32_MIN (-2147483647 - 1)
#define INT32_MAX 2147483647
#define UINT32_MAX 0xFFFFFFFFU
#define INT64_MIN (-9223372036854775807LL - 1)
#define INT64_MAX 9223372036854775807LL
#define UINT64_MAX 0xFFFFFFFFFFFFFFFFULL
#endif
#define BYTE_MAX 0xFF
#define SHORT_MIN (-32768)
#define SHORT_MAX 32767
#define USHORT_MAX 0xFFFF
#define WORD_MAX 0xFFFF
#define DWORD_MAX 0xFFFFFFFFU
#define LONGLONG_MIN (-9223372036854775807LL - 1)
#define LONGLONG_MAX 9223372036854775807LL
#define LONG64_MIN LONGLONG_MIN
#define LONG64_MAX LONGLONG_MAX
#define ULONGLONG_MAX 0xFFFFFFFFFFFFFFFFULL
#define ULONG64_MAX ULONGLONG_MAX
#define DWORD64_MAX ULONGLONG_MAX
#define DWORDLONG_MAX ULONGLONG_MAX
#define INT_PTR_MIN EMU_BY_WIDTH(LONGLONG_MIN, (-2147483647 - 1))
#define INT_PTR_MAX EMU_BY_WIDTH(LONGLONG_MAX, 2147483647)
#define UINT_PTR_MAX EMU_BY_WIDTH(ULONGLONG_MAX, 0xFFFFFFFFU)
#define LONG_PTR_MIN INT_PTR_MIN
#define LONG_PTR_MAX INT_PTR_MAX
#define ULONG_PTR_MAX UINT_PTR_MAX
#define DWORD_PTR_MAX UINT_PTR_MAX
#define PTRDIFF_T_MIN INT_PTR_MIN
#define PTRDIFF_T_MAX INT_PTR_MAX
#ifndef SIZE_T_MAX
#define SIZE_T_MAX UINT_PTR_MAX
#endif
#define SSIZE_T_MIN INT_PTR_MIN
#define SSIZE_T_MAX INT_PTR_MAX
#define _SIZE_T_MAX SIZE_T_MAX

#define INT8_ERROR (-1)
#define UINT8_ERROR 0xFF
#define BYTE_ERROR 0xFF
#define CHAR_ERROR (-1)
#define UCHAR_ERROR 0xFF
#define SHORT_ERROR (-1)
#define INT16_ERROR (-1)
#define USHORT_ERROR 0xFFFF
#define UINT16_ERROR 0xFFFF
#define WORD_ERROR 0xFFFF
#define INT_ERROR (-1)
#define INT32_ERROR (-1)
#define UINT_ERROR 0xFFFFFFFFU
#define UINT32_ERROR 0xFFFFFFFFU
#define LONG_ERROR (-1)
#define ULONG_ERROR 0xFFFFFFFFU
#define DWORD_ERROR 0xFFFFFFFFU
#define LONGLONG_ERROR (-1LL)
#define LONG64_ERROR (-1LL)
#define INT64_ERROR (-1LL)
#define ULONGLONG_ERROR 0xFFFFFFFFFFFFFFFFULL
#define ULONG64_ERROR 0xFFFFFFFFFFFFFFFFULL
#define UINT64_ERROR 0xFFFFFFFFFFFFFFFFULL
#define DWORDLONG_ERROR 0xFFFFFFFFFFFFFFFFULL
#define INT_PTR_ERROR EMU_BY_WIDTH(-1LL, -1)
#define UINT_PTR_ERROR EMU_BY_WIDTH(0xFFFFFFFFFFFFFFFFULL, 0xFFFFFFFFU)
#define LONG_PTR_ERROR EMU_BY_WIDTH(-1LL, -1)
#define ULONG_PTR_ERROR EMU_BY_WIDTH(0xFFFFFFFFFFFFFFFFULL, 0xFFFFFFFFU)
#define DWORD_PTR_ERROR EMU_BY_WIDTH(0xFFFFFFFFFFFFFFFFULL, 0xFFFFFFFFU)
#define PTRDIFF_T_ERROR EMU_BY_WIDTH(-1LL, -1)
#define SIZE_T_ERROR EMU_BY_WIDTH(0xFFFFFFFFFFFFFFFFULL, 0xFFFFFFFFU)
#define _SIZE_T_ERROR SIZE_T_ERROR
#define SSIZE_T_ERROR EMU_BY_WIDTH(-1LL, -1)

// P is the prefix of the functions' names, R their type, O and E the values for success and for overflow. intsafe.h
// uses the same lists.

// Would the product of two 64-bit numbers need more than 64 bits?
EMU_INLINE BOOLEAN EmuMultOverflows(LONGLONG First, LONGLONG Second)
{
    const LONGLONG Maximum = 0x7FFFFFFFFFFFFFFFLL;
    const LONGLONG Minimum = -Maximum - 1;
    if (First == 0 || Second == 0) {
        return FALSE;
    }
    if (First > 0) {
        return (BOOLEAN)(Second > 0 ? First > Maximum / Second : Second < Minimum / First);
    }
    return (BOOLEAN)(Second > 0 ? First < Minimum / Second : Second < Maximum / First);
}

// A number fits when it is the same again on the way back, and is positive on both sides or on neither. Range is a type
// with the numbers that Type is to have.
#define EMU_CONVERT_WITHIN(P, R, O, E, Name, From, Type, Range, Error)                                                 \
    EMU_INLINE R P##Name(From Value, Type *Result)                                                                     \
    {                                                                                                                  \
        Range Converted = (Range)Value;                                                                                \
        if ((From)Converted != Value || (Converted < 1) != (Value < 1)) {                                              \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)Converted;                                                                                     \
        return O;                                                                                                      \
    }
#define EMU_CONVERT(P, R, O, E, Name, From, Type, Error) EMU_CONVERT_WITHIN(P, R, O, E, Name, From, Type, Type, Error)

#define EMU_ARITHMETIC_UNSIGNED_NARROW(P, R, O, E, Name, Type, Maximum, Error)                                         \
    EMU_INLINE R P##Name##Add(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        if ((ULONGLONG)First + Second > Maximum##ULL) {                                                                \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First + Second);                                                                              \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Sub(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        if (First < Second) {                                                                                          \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First - Second);                                                                              \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Mult(Type First, Type Second, Type *Result)                                                  \
    {                                                                                                                  \
        if ((ULONGLONG)First * Second > Maximum##ULL) {                                                                \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)((ULONGLONG)First * Second);                                                                   \
        return O;                                                                                                      \
    }

#define EMU_ARITHMETIC_UNSIGNED_WIDE(P, R, O, E, Name, Type, Maximum, Error)                                           \
    EMU_INLINE R P##Name##Add(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        if (First > Maximum##ULL - Second) {                                                                           \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First + Second);                                                                              \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Sub(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        if (First < Second) {                                                                                          \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First - Second);                                                                              \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Mult(Type First, Type Second, Type *Result)                                                  \
    {                                                                                                                  \
        if (Second != 0 && First > Maximum##ULL / Second) {                                                            \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First * Second);                                                                              \
        return O;                                                                                                      \
    }

#define EMU_ARITHMETIC_SIGNED_NARROW(P, R, O, E, Name, Type, Minimum, Maximum, Error)                                  \
    EMU_INLINE R P##Name##Add(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        LONGLONG Value = (LONGLONG)First + Second;                                                                     \
        if (Value < (Minimum) || Value > Maximum##LL) {                                                                \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(Value);                                                                                       \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Sub(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        LONGLONG Value = (LONGLONG)First - Second;                                                                     \
        if (Value < (Minimum) || Value > Maximum##LL) {                                                                \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(Value);                                                                                       \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Mult(Type First, Type Second, Type *Result)                                                  \
    {                                                                                                                  \
        LONGLONG Value = (LONGLONG)First * Second;                                                                     \
        if (Value < (Minimum) || Value > Maximum##LL) {                                                                \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(Value);                                                                                       \
        return O;                                                                                                      \
    }

#define EMU_ARITHMETIC_SIGNED_WIDE(P, R, O, E, Name, Type, Minimum, Maximum, Error)                                    \
    EMU_INLINE R P##Name##Add(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        if (Second >= 0 ? First > Maximum##LL - Second : First < (Minimum)-Second) {                                   \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First + Second);                                                                              \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Sub(Type First, Type Second, Type *Result)                                                   \
    {                                                                                                                  \
        if (Second >= 0 ? First < (Minimum) + Second : First > Maximum##LL + Second) {                                 \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First - Second);                                                                              \
        return O;                                                                                                      \
    }                                                                                                                  \
    EMU_INLINE R P##Name##Mult(Type First, Type Second, Type *Result)                                                  \
    {                                                                                                                  \
        if (EmuMultOverflows(First, Second)) {                                                                         \
            *Result = (Type)(Error);                                                                                   \
            return E;                                                                                                  \
        }                                                                                                              \
        *Result = (Type)(First * Second);                                                                              \
        return O;                                                                                                      \
    }

// Of the types that are as long as a pointer.
#if defined(_WIN64)
#define EMU_ARITHMETIC_UNSIGNED_POINTER(P, R, O, E, Name, Type, Error)                                                 \
    EMU_ARITHMETIC_UNSIGNED_WIDE(P, R, O, E, Name, Type, 0xFFFFFFFFFFFFFFFF, Error)
#define EMU_ARITHMETIC_SIGNED_POINTER(P, R, O, E, Name, Type, Error)                                                   \
    EMU_ARITHMETIC_SIGNED_WIDE(P, R, O, E, Name, Type, -0x7FFFFFFFFFFFFFFFLL - 1, 0x7FFFFFFFFFFFFFFF, Error)
#else
#define EMU_ARITHMETIC_UNSIGNED_POINTER(P, R, O, E, Name, Type, Error)                                                 \
    EMU_ARITHMETIC_UNSIGNED_NARROW(P, R, O, E, Name, Type, 0xFFFFFFFF, Error)
#define EMU_ARITHMETIC_SIGNED_POINTER(P, R, O, E, Name, Type, Error)                                                   \
    EMU_ARITHMETIC_SIGNED_NARROW(P, R, O, E, Name, Type, -0x7FFFFFFFLL - 1, 0x7FFFFFFF, Error)
#endif

#define EMU_INTSAFE_CONVERSIONS(P, R, O, E)                                                                            \
    EMU_CONVERT(P, R, O, E, UInt8ToInt8, UINT8, INT8, INT8_ERROR)                                                      \
    EMU_CONVERT_WITHIN(P, R, O, E, UInt8ToChar, UINT8, CHAR, INT8, CHAR_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, UShortToUInt8, USHORT, UINT8, UINT8_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, UShortToInt8, USHORT, INT8, INT8_ERROR)                                                    \
    EMU_CONVERT(P, R, O, E, UShortToShort, USHORT, SHORT, SHORT_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, UShortToUChar, USHORT, UCHAR, UCHAR_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, UShortToByte, USHORT, BYTE, BYTE_ERROR)                                                    \
    EMU_CONVERT_WITHIN(P, R, O, E, UShortToChar, USHORT, CHAR, INT8, CHAR_ERROR)                                       \
    EMU_CONVERT(P, R, O, E, UIntToUInt8, UINT, UINT8, UINT8_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, UIntToUShort, UINT, USHORT, USHORT_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, UIntToInt8, UINT, INT8, INT8_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, UIntToShort, UINT, SHORT, SHORT_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, UIntToInt, UINT, INT, INT_ERROR)                                                           \
    EMU_CONVERT(P, R, O, E, UIntToLong, UINT, LONG, LONG_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, UIntToUChar, UINT, UCHAR, UCHAR_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, UIntToByte, UINT, BYTE, BYTE_ERROR)                                                        \
    EMU_CONVERT_WITHIN(P, R, O, E, UIntToChar, UINT, CHAR, INT8, CHAR_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, UIntToIntPtr, UINT, INT_PTR, INT_PTR_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, UIntToLongPtr, UINT, LONG_PTR, LONG_PTR_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, UIntToSSIZET, UINT, SSIZE_T, SSIZE_T_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, UIntToPtrdiffT, UINT, ptrdiff_t, PTRDIFF_T_ERROR)                                          \
    EMU_CONVERT(P, R, O, E, ULongToUInt8, ULONG, UINT8, UINT8_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, ULongToUShort, ULONG, USHORT, USHORT_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, ULongToUInt, ULONG, UINT, UINT_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, ULongToUIntPtr, ULONG, UINT_PTR, UINT_PTR_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ULongToInt8, ULONG, INT8, INT8_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, ULongToShort, ULONG, SHORT, SHORT_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, ULongToInt, ULONG, INT, INT_ERROR)                                                         \
    EMU_CONVERT(P, R, O, E, ULongToLong, ULONG, LONG, LONG_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, ULongToUChar, ULONG, UCHAR, UCHAR_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, ULongToByte, ULONG, BYTE, BYTE_ERROR)                                                      \
    EMU_CONVERT_WITHIN(P, R, O, E, ULongToChar, ULONG, CHAR, INT8, CHAR_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, ULongToIntPtr, ULONG, INT_PTR, INT_PTR_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, ULongToLongPtr, ULONG, LONG_PTR, LONG_PTR_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ULongToSSIZET, ULONG, SSIZE_T, SSIZE_T_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, ULongToPtrdiffT, ULONG, ptrdiff_t, PTRDIFF_T_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, UIntPtrToUInt8, UINT_PTR, UINT8, UINT8_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, UIntPtrToUShort, UINT_PTR, USHORT, USHORT_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, UIntPtrToUInt, UINT_PTR, UINT, UINT_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, UIntPtrToULong, UINT_PTR, ULONG, ULONG_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, UIntPtrToInt8, UINT_PTR, INT8, INT8_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, UIntPtrToShort, UINT_PTR, SHORT, SHORT_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, UIntPtrToInt, UINT_PTR, INT, INT_ERROR)                                                    \
    EMU_CONVERT(P, R, O, E, UIntPtrToLong, UINT_PTR, LONG, LONG_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, UIntPtrToIntPtr, UINT_PTR, INT_PTR, INT_PTR_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, UIntPtrToLongPtr, UINT_PTR, LONG_PTR, LONG_PTR_ERROR)                                      \
    EMU_CONVERT(P, R, O, E, UIntPtrToSSIZET, UINT_PTR, SSIZE_T, SSIZE_T_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, UIntPtrToPtrdiffT, UINT_PTR, ptrdiff_t, PTRDIFF_T_ERROR)                                   \
    EMU_CONVERT(P, R, O, E, UIntPtrToLongLong, UINT_PTR, LONGLONG, LONGLONG_ERROR)                                     \
    EMU_CONVERT(P, R, O, E, UIntPtrToUChar, UINT_PTR, UCHAR, UCHAR_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, UIntPtrToByte, UINT_PTR, BYTE, BYTE_ERROR)                                                 \
    EMU_CONVERT_WITHIN(P, R, O, E, UIntPtrToChar, UINT_PTR, CHAR, INT8, CHAR_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, ULongPtrToUInt8, ULONG_PTR, UINT8, UINT8_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, ULongPtrToUShort, ULONG_PTR, USHORT, USHORT_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, ULongPtrToUInt, ULONG_PTR, UINT, UINT_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, ULongPtrToULong, ULONG_PTR, ULONG, ULONG_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, ULongPtrToUIntPtr, ULONG_PTR, UINT_PTR, UINT_PTR_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, ULongPtrToInt8, ULONG_PTR, INT8, INT8_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, ULongPtrToShort, ULONG_PTR, SHORT, SHORT_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, ULongPtrToInt, ULONG_PTR, INT, INT_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, ULongPtrToLong, ULONG_PTR, LONG, LONG_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, ULongPtrToIntPtr, ULONG_PTR, INT_PTR, INT_PTR_ERROR)                                       \
    EMU_CONVERT(P, R, O, E, ULongPtrToLongPtr, ULONG_PTR, LONG_PTR, LONG_PTR_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, ULongPtrToSSIZET, ULONG_PTR, SSIZE_T, SSIZE_T_ERROR)                                       \
    EMU_CONVERT(P, R, O, E, ULongPtrToPtrdiffT, ULONG_PTR, ptrdiff_t, PTRDIFF_T_ERROR)                                 \
    EMU_CONVERT(P, R, O, E, ULongPtrToLongLong, ULONG_PTR, LONGLONG, LONGLONG_ERROR)                                   \
    EMU_CONVERT(P, R, O, E, ULongPtrToUChar, ULONG_PTR, UCHAR, UCHAR_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, ULongPtrToByte, ULONG_PTR, BYTE, BYTE_ERROR)                                               \
    EMU_CONVERT_WITHIN(P, R, O, E, ULongPtrToChar, ULONG_PTR, CHAR, INT8, CHAR_ERROR)                                  \
    EMU_CONVERT(P, R, O, E, SizeTToUInt8, SIZE_T, UINT8, UINT8_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, SizeTToUShort, SIZE_T, USHORT, USHORT_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, SizeTToUInt, SIZE_T, UINT, UINT_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, SizeTToULong, SIZE_T, ULONG, ULONG_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, SizeTToInt8, SIZE_T, INT8, INT8_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, SizeTToShort, SIZE_T, SHORT, SHORT_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, SizeTToInt, SIZE_T, INT, INT_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, SizeTToLong, SIZE_T, LONG, LONG_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, SizeTToIntPtr, SIZE_T, INT_PTR, INT_PTR_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, SizeTToLongPtr, SIZE_T, LONG_PTR, LONG_PTR_ERROR)                                          \
    EMU_CONVERT(P, R, O, E, SizeTToSSIZET, SIZE_T, SSIZE_T, SSIZE_T_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, SizeTToPtrdiffT, SIZE_T, ptrdiff_t, PTRDIFF_T_ERROR)                                       \
    EMU_CONVERT(P, R, O, E, SizeTToLongLong, SIZE_T, LONGLONG, LONGLONG_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, SizeTToUChar, SIZE_T, UCHAR, UCHAR_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, SizeTToByte, SIZE_T, BYTE, BYTE_ERROR)                                                     \
    EMU_CONVERT_WITHIN(P, R, O, E, SizeTToChar, SIZE_T, CHAR, INT8, CHAR_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, ULongLongToUInt8, ULONGLONG, UINT8, UINT8_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ULongLongToUShort, ULONGLONG, USHORT, USHORT_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, ULongLongToUInt, ULONGLONG, UINT, UINT_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, ULongLongToULong, ULONGLONG, ULONG, ULONG_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ULongLongToInt8, ULONGLONG, INT8, INT8_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, ULongLongToShort, ULONGLONG, SHORT, SHORT_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ULongLongToInt, ULONGLONG, INT, INT_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, ULongLongToLong, ULONGLONG, LONG, LONG_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, ULongLongToIntPtr, ULONGLONG, INT_PTR, INT_PTR_ERROR)                                      \
    EMU_CONVERT(P, R, O, E, ULongLongToLongPtr, ULONGLONG, LONG_PTR, LONG_PTR_ERROR)                                   \
    EMU_CONVERT(P, R, O, E, ULongLongToSSIZET, ULONGLONG, SSIZE_T, SSIZE_T_ERROR)                                      \
    EMU_CONVERT(P, R, O, E, ULongLongToPtrdiffT, ULONGLONG, ptrdiff_t, PTRDIFF_T_ERROR)                                \
    EMU_CONVERT(P, R, O, E, ULongLongToLongLong, ULONGLONG, LONGLONG, LONGLONG_ERROR)                                  \
    EMU_CONVERT(P, R, O, E, ULongLongToUChar, ULONGLONG, UCHAR, UCHAR_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ULongLongToByte, ULONGLONG, BYTE, BYTE_ERROR)                                              \
    EMU_CONVERT_WITHIN(P, R, O, E, ULongLongToChar, ULONGLONG, CHAR, INT8, CHAR_ERROR)                                 \
    EMU_CONVERT(P, R, O, E, ULongLongToUIntPtr, ULONGLONG, UINT_PTR, UINT_PTR_ERROR)                                   \
    EMU_CONVERT(P, R, O, E, ULongLongToULongPtr, ULONGLONG, ULONG_PTR, ULONG_PTR_ERROR)                                \
    EMU_CONVERT(P, R, O, E, ULongLongToSizeT, ULONGLONG, SIZE_T, SIZE_T_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, Int8ToUInt8, INT8, UINT8, UINT8_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, Int8ToUShort, INT8, USHORT, USHORT_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, Int8ToUInt, INT8, UINT, UINT_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, Int8ToULong, INT8, ULONG, ULONG_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, Int8ToUIntPtr, INT8, UINT_PTR, UINT_PTR_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, Int8ToULongPtr, INT8, ULONG_PTR, ULONG_PTR_ERROR)                                          \
    EMU_CONVERT(P, R, O, E, Int8ToSizeT, INT8, SIZE_T, SIZE_T_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, Int8ToULongLong, INT8, ULONGLONG, ULONGLONG_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, Int8ToUChar, INT8, UCHAR, UCHAR_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, Int8ToByte, INT8, BYTE, BYTE_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, ShortToUInt8, SHORT, UINT8, UINT8_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, ShortToUShort, SHORT, USHORT, USHORT_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, ShortToUInt, SHORT, UINT, UINT_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, ShortToULong, SHORT, ULONG, ULONG_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, ShortToUIntPtr, SHORT, UINT_PTR, UINT_PTR_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, ShortToULongPtr, SHORT, ULONG_PTR, ULONG_PTR_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, ShortToSizeT, SHORT, SIZE_T, SIZE_T_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, ShortToULongLong, SHORT, ULONGLONG, ULONGLONG_ERROR)                                       \
    EMU_CONVERT(P, R, O, E, ShortToInt8, SHORT, INT8, INT8_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, ShortToUChar, SHORT, UCHAR, UCHAR_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, ShortToByte, SHORT, BYTE, BYTE_ERROR)                                                      \
    EMU_CONVERT_WITHIN(P, R, O, E, ShortToChar, SHORT, CHAR, INT8, CHAR_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, IntToUInt8, INT, UINT8, UINT8_ERROR)                                                       \
    EMU_CONVERT(P, R, O, E, IntToUShort, INT, USHORT, USHORT_ERROR)                                                    \
    EMU_CONVERT(P, R, O, E, IntToUInt, INT, UINT, UINT_ERROR)                                                          \
    EMU_CONVERT(P, R, O, E, IntToULong, INT, ULONG, ULONG_ERROR)                                                       \
    EMU_CONVERT(P, R, O, E, IntToUIntPtr, INT, UINT_PTR, UINT_PTR_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, IntToULongPtr, INT, ULONG_PTR, ULONG_PTR_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, IntToSizeT, INT, SIZE_T, SIZE_T_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, IntToULongLong, INT, ULONGLONG, ULONGLONG_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, IntToInt8, INT, INT8, INT8_ERROR)                                                          \
    EMU_CONVERT(P, R, O, E, IntToShort, INT, SHORT, SHORT_ERROR)                                                       \
    EMU_CONVERT(P, R, O, E, IntToUChar, INT, UCHAR, UCHAR_ERROR)                                                       \
    EMU_CONVERT(P, R, O, E, IntToByte, INT, BYTE, BYTE_ERROR)                                                          \
    EMU_CONVERT_WITHIN(P, R, O, E, IntToChar, INT, CHAR, INT8, CHAR_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, LongToUInt8, LONG, UINT8, UINT8_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, LongToUShort, LONG, USHORT, USHORT_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, LongToUInt, LONG, UINT, UINT_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, LongToULong, LONG, ULONG, ULONG_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, LongToInt, LONG, INT, INT_ERROR)                                                           \
    EMU_CONVERT(P, R, O, E, LongToIntPtr, LONG, INT_PTR, INT_PTR_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, LongToUIntPtr, LONG, UINT_PTR, UINT_PTR_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, LongToULongPtr, LONG, ULONG_PTR, ULONG_PTR_ERROR)                                          \
    EMU_CONVERT(P, R, O, E, LongToSizeT, LONG, SIZE_T, SIZE_T_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, LongToULongLong, LONG, ULONGLONG, ULONGLONG_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, LongToInt8, LONG, INT8, INT8_ERROR)                                                        \
    EMU_CONVERT(P, R, O, E, LongToShort, LONG, SHORT, SHORT_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, LongToUChar, LONG, UCHAR, UCHAR_ERROR)                                                     \
    EMU_CONVERT(P, R, O, E, LongToByte, LONG, BYTE, BYTE_ERROR)                                                        \
    EMU_CONVERT_WITHIN(P, R, O, E, LongToChar, LONG, CHAR, INT8, CHAR_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, IntPtrToUInt8, INT_PTR, UINT8, UINT8_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, IntPtrToUShort, INT_PTR, USHORT, USHORT_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, IntPtrToUInt, INT_PTR, UINT, UINT_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, IntPtrToULong, INT_PTR, ULONG, ULONG_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, IntPtrToUIntPtr, INT_PTR, UINT_PTR, UINT_PTR_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, IntPtrToULongPtr, INT_PTR, ULONG_PTR, ULONG_PTR_ERROR)                                     \
    EMU_CONVERT(P, R, O, E, IntPtrToSizeT, INT_PTR, SIZE_T, SIZE_T_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, IntPtrToULongLong, INT_PTR, ULONGLONG, ULONGLONG_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, IntPtrToInt8, INT_PTR, INT8, INT8_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, IntPtrToShort, INT_PTR, SHORT, SHORT_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, IntPtrToInt, INT_PTR, INT, INT_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, IntPtrToLong, INT_PTR, LONG, LONG_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, IntPtrToLongPtr, INT_PTR, LONG_PTR, LONG_PTR_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, IntPtrToUChar, INT_PTR, UCHAR, UCHAR_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, IntPtrToByte, INT_PTR, BYTE, BYTE_ERROR)                                                   \
    EMU_CONVERT_WITHIN(P, R, O, E, IntPtrToChar, INT_PTR, CHAR, INT8, CHAR_ERROR)                                      \
    EMU_CONVERT(P, R, O, E, LongPtrToUInt8, LONG_PTR, UINT8, UINT8_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, LongPtrToUShort, LONG_PTR, USHORT, USHORT_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, LongPtrToUInt, LONG_PTR, UINT, UINT_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, LongPtrToULong, LONG_PTR, ULONG, ULONG_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, LongPtrToUIntPtr, LONG_PTR, UINT_PTR, UINT_PTR_ERROR)                                      \
    EMU_CONVERT(P, R, O, E, LongPtrToULongPtr, LONG_PTR, ULONG_PTR, ULONG_PTR_ERROR)                                   \
    EMU_CONVERT(P, R, O, E, LongPtrToSizeT, LONG_PTR, SIZE_T, SIZE_T_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, LongPtrToULongLong, LONG_PTR, ULONGLONG, ULONGLONG_ERROR)                                  \
    EMU_CONVERT(P, R, O, E, LongPtrToInt8, LONG_PTR, INT8, INT8_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, LongPtrToShort, LONG_PTR, SHORT, SHORT_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, LongPtrToInt, LONG_PTR, INT, INT_ERROR)                                                    \
    EMU_CONVERT(P, R, O, E, LongPtrToLong, LONG_PTR, LONG, LONG_ERROR)                                                 \
    EMU_CONVERT(P, R, O, E, LongPtrToIntPtr, LONG_PTR, INT_PTR, INT_PTR_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, LongPtrToUChar, LONG_PTR, UCHAR, UCHAR_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, LongPtrToByte, LONG_PTR, BYTE, BYTE_ERROR)                                                 \
    EMU_CONVERT_WITHIN(P, R, O, E, LongPtrToChar, LONG_PTR, CHAR, INT8, CHAR_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, SSIZETToUInt8, SSIZE_T, UINT8, UINT8_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, SSIZETToUShort, SSIZE_T, USHORT, USHORT_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, SSIZETToUInt, SSIZE_T, UINT, UINT_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, SSIZETToULong, SSIZE_T, ULONG, ULONG_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, SSIZETToUIntPtr, SSIZE_T, UINT_PTR, UINT_PTR_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, SSIZETToULongPtr, SSIZE_T, ULONG_PTR, ULONG_PTR_ERROR)                                     \
    EMU_CONVERT(P, R, O, E, SSIZETToSizeT, SSIZE_T, SIZE_T, SIZE_T_ERROR)                                              \
    EMU_CONVERT(P, R, O, E, SSIZETToULongLong, SSIZE_T, ULONGLONG, ULONGLONG_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, SSIZETToInt8, SSIZE_T, INT8, INT8_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, SSIZETToShort, SSIZE_T, SHORT, SHORT_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, SSIZETToInt, SSIZE_T, INT, INT_ERROR)                                                      \
    EMU_CONVERT(P, R, O, E, SSIZETToLong, SSIZE_T, LONG, LONG_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, SSIZETToUChar, SSIZE_T, UCHAR, UCHAR_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, SSIZETToByte, SSIZE_T, BYTE, BYTE_ERROR)                                                   \
    EMU_CONVERT_WITHIN(P, R, O, E, SSIZETToChar, SSIZE_T, CHAR, INT8, CHAR_ERROR)                                      \
    EMU_CONVERT(P, R, O, E, PtrdiffTToUInt8, ptrdiff_t, UINT8, UINT8_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, PtrdiffTToUShort, ptrdiff_t, USHORT, USHORT_ERROR)                                         \
    EMU_CONVERT(P, R, O, E, PtrdiffTToUInt, ptrdiff_t, UINT, UINT_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, PtrdiffTToULong, ptrdiff_t, ULONG, ULONG_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, PtrdiffTToUIntPtr, ptrdiff_t, UINT_PTR, UINT_PTR_ERROR)                                    \
    EMU_CONVERT(P, R, O, E, PtrdiffTToULongPtr, ptrdiff_t, ULONG_PTR, ULONG_PTR_ERROR)                                 \
    EMU_CONVERT(P, R, O, E, PtrdiffTToSizeT, ptrdiff_t, SIZE_T, SIZE_T_ERROR)                                          \
    EMU_CONVERT(P, R, O, E, PtrdiffTToULongLong, ptrdiff_t, ULONGLONG, ULONGLONG_ERROR)                                \
    EMU_CONVERT(P, R, O, E, PtrdiffTToInt8, ptrdiff_t, INT8, INT8_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, PtrdiffTToShort, ptrdiff_t, SHORT, SHORT_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, PtrdiffTToInt, ptrdiff_t, INT, INT_ERROR)                                                  \
    EMU_CONVERT(P, R, O, E, PtrdiffTToLong, ptrdiff_t, LONG, LONG_ERROR)                                               \
    EMU_CONVERT(P, R, O, E, PtrdiffTToUChar, ptrdiff_t, UCHAR, UCHAR_ERROR)                                            \
    EMU_CONVERT(P, R, O, E, PtrdiffTToByte, ptrdiff_t, BYTE, BYTE_ERROR)                                               \
    EMU_CONVERT_WITHIN(P, R, O, E, PtrdiffTToChar, ptrdiff_t, CHAR, INT8, CHAR_ERROR)                                  \
    EMU_CONVERT(P, R, O, E, LongLongToUInt8, LONGLONG, UINT8, UINT8_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, LongLongToUShort, LONGLONG, USHORT, USHORT_ERROR)                                          \
    EMU_CONVERT(P, R, O, E, LongLongToUInt, LONGLONG, UINT, UINT_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, LongLongToULong, LONGLONG, ULONG, ULONG_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, LongLongToUIntPtr, LONGLONG, UINT_PTR, UINT_PTR_ERROR)                                     \
    EMU_CONVERT(P, R, O, E, LongLongToULongPtr, LONGLONG, ULONG_PTR, ULONG_PTR_ERROR)                                  \
    EMU_CONVERT(P, R, O, E, LongLongToSizeT, LONGLONG, SIZE_T, SIZE_T_ERROR)                                           \
    EMU_CONVERT(P, R, O, E, LongLongToULongLong, LONGLONG, ULONGLONG, ULONGLONG_ERROR)                                 \
    EMU_CONVERT(P, R, O, E, LongLongToInt8, LONGLONG, INT8, INT8_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, LongLongToShort, LONGLONG, SHORT, SHORT_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, LongLongToInt, LONGLONG, INT, INT_ERROR)                                                   \
    EMU_CONVERT(P, R, O, E, LongLongToLong, LONGLONG, LONG, LONG_ERROR)                                                \
    EMU_CONVERT(P, R, O, E, LongLongToUChar, LONGLONG, UCHAR, UCHAR_ERROR)                                             \
    EMU_CONVERT(P, R, O, E, LongLongToByte, LONGLONG, BYTE, BYTE_ERROR)                                                \
    EMU_CONVERT_WITHIN(P, R, O, E, LongLongToChar, LONGLONG, CHAR, INT8, CHAR_ERROR)                                   \
    EMU_CONVERT(P, R, O, E, LongLongToIntPtr, LONGLONG, INT_PTR, INT_PTR_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, LongLongToLongPtr, LONGLONG, LONG_PTR, LONG_PTR_ERROR)                                     \
    EMU_CONVERT(P, R, O, E, LongLongToSSIZET, LONGLONG, SSIZE_T, SSIZE_T_ERROR)                                        \
    EMU_CONVERT(P, R, O, E, LongLongToPtrdiffT, LONGLONG, ptrdiff_t, PTRDIFF_T_ERROR)

#define EMU_INTSAFE_ARITHMETIC(P, R, O, E)                                                                             \
    EMU_ARITHMETIC_UNSIGNED_NARROW(P, R, O, E, UInt8, UINT8, 0xFF, UINT8_ERROR)                                        \
    EMU_ARITHMETIC_UNSIGNED_NARROW(P, R, O, E, UShort, USHORT, 0xFFFF, USHORT_ERROR)                                   \
    EMU_ARITHMETIC_UNSIGNED_NARROW(P, R, O, E, UInt, UINT, 0xFFFFFFFF, UINT_ERROR)                                     \
    EMU_ARITHMETIC_UNSIGNED_NARROW(P, R, O, E, ULong, ULONG, 0xFFFFFFFF, ULONG_ERROR)                                  \
    EMU_ARITHMETIC_UNSIGNED_POINTER(P, R, O, E, UIntPtr, UINT_PTR, UINT_PTR_ERROR)                                     \
    EMU_ARITHMETIC_UNSIGNED_POINTER(P, R, O, E, ULongPtr, ULONG_PTR, ULONG_PTR_ERROR)                                  \
    EMU_ARITHMETIC_UNSIGNED_POINTER(P, R, O, E, SizeT, SIZE_T, SIZE_T_ERROR)                                           \
    EMU_ARITHMETIC_UNSIGNED_WIDE(P, R, O, E, ULongLong, ULONGLONG, 0xFFFFFFFFFFFFFFFF, ULONGLONG_ERROR)                \
    EMU_ARITHMETIC_SIGNED_NARROW(P, R, O, E, Int8, INT8, -0x7FLL - 1, 0x7F, INT8_ERROR)                                \
    EMU_ARITHMETIC_SIGNED_NARROW(P, R, O, E, Short, SHORT, -0x7FFFLL - 1, 0x7FFF, SHORT_ERROR)                         \
    EMU_ARITHMETIC_SIGNED_NARROW(P, R, O, E, Int, INT, -0x7FFFFFFFLL - 1, 0x7FFFFFFF, INT_ERROR)                       \
    EMU_ARITHMETIC_SIGNED_NARROW(P, R, O, E, Long, LONG, -0x7FFFFFFFLL - 1, 0x7FFFFFFF, LONG_ERROR)                    \
    EMU_ARITHMETIC_SIGNED_POINTER(P, R, O, E, IntPtr, INT_PTR, INT_PTR_ERROR)                                          \
    EMU_ARITHMETIC_SIGNED_POINTER(P, R, O, E, LongPtr, LONG_PTR, LONG_PTR_ERROR)                                       \
    EMU_ARITHMETIC_SIGNED_POINTER(P, R, O, E, SSIZET, SSIZE_T, SSIZE_T_ERROR)                                          \
    EMU_ARITHMETIC_SIGNED_POINTER(P, R, O, E, PtrdiffT, ptrdiff_t, PTRDIFF_T_ERROR)                                    \
    EMU_ARITHMETIC_SIGNED_WIDE(P, R, O, E, LongLong, LONGLONG, -0x7FFFFFFFFFFFFFFFLL - 1, 0x7FFFFFFFFFFFFFFF,          \
                               LONGLONG_ERROR)

EMU_INTSAFE_CONVERSIONS(Rtl, NTSTATUS, STATUS_SUCCESS, STATUS_INTEGER_OVERFLOW)
EMU_INTSAFE_ARITHMETIC(Rtl, NTSTATUS, STATUS_SUCCESS, STATUS_INTEGER_OVERFLOW)

// The other names of the same types.

#define RtlInt16Add RtlShortAdd
#define RtlInt16Sub RtlShortSub
#define RtlInt16Mult RtlShortMult
#define RtlUInt16Add RtlUShortAdd
#define RtlUInt16Sub RtlUShortSub
#define RtlUInt16Mult RtlUShortMult
#define RtlInt32Add RtlIntAdd
#define RtlInt32Sub RtlIntSub
#define RtlInt32Mult RtlIntMult
#define RtlUInt32Add RtlUIntAdd
#define RtlUInt32Sub RtlUIntSub
#define RtlUInt32Mult RtlUIntMult
#define RtlInt64Add RtlLongLongAdd
#define RtlInt64Sub RtlLongLongSub
#define RtlInt64Mult RtlLongLongMult
#define RtlUInt64Add RtlULongLongAdd
#define RtlUInt64Sub RtlULongLongSub
#define RtlUInt64Mult RtlULongLongMult
#define RtlLong64Add RtlLongLongAdd
#define RtlLong64Sub RtlLongLongSub
#define RtlLong64Mult RtlLongLongMult
#define RtlULong64Add RtlULongLongAdd
#define RtlULong64Sub RtlULongLongSub
#define RtlULong64Mult RtlULongLongMult
#define RtlUShortToInt16 RtlUShortToShort
#define RtlUIntToInt16 RtlUIntToShort
#define RtlULongToInt16 RtlULongToShort
#define RtlUIntPtrToInt16 RtlUIntPtrToShort
#define RtlULongPtrToInt16 RtlULongPtrToShort
#define RtlSizeTToInt16 RtlSizeTToShort
#define RtlULongLongToInt16 RtlULongLongToShort
#define RtlInt16ToUInt8 RtlShortToUInt8
#define RtlInt16ToUShort RtlShortToUShort
#define RtlInt16ToUInt RtlShortToUInt
#define RtlInt16ToULong RtlShortToULong
#define RtlInt16ToUIntPtr RtlShortToUIntPtr
#define RtlInt16ToULongPtr RtlShortToULongPtr
#define RtlInt16ToSizeT RtlShortToSizeT
#define RtlInt16ToULongLong RtlShortToULongLong
#define RtlInt16ToInt8 RtlShortToInt8
#define RtlInt16ToUChar RtlShortToUChar
#define RtlInt16ToByte RtlShortToByte
#define RtlInt16ToChar RtlShortToChar
#define RtlIntToInt16 RtlIntToShort
#define RtlLongToInt16 RtlLongToShort
#define RtlIntPtrToInt16 RtlIntPtrToShort
#define RtlLongPtrToInt16 RtlLongPtrToShort
#define RtlSSIZETToInt16 RtlSSIZETToShort
#define RtlPtrdiffTToInt16 RtlPtrdiffTToShort
#define RtlLongLongToInt16 RtlLongLongToShort
#define RtlUInt16ToUInt8 RtlUShortToUInt8
#define RtlUInt16ToInt8 RtlUShortToInt8
#define RtlUInt16ToShort RtlUShortToShort
#define RtlUInt16ToUChar RtlUShortToUChar
#define RtlUInt16ToByte RtlUShortToByte
#define RtlUInt16ToChar RtlUShortToChar
#define RtlUIntToUInt16 RtlUIntToUShort
#define RtlULongToUInt16 RtlULongToUShort
#define RtlUIntPtrToUInt16 RtlUIntPtrToUShort
#define RtlULongPtrToUInt16 RtlULongPtrToUShort
#define RtlSizeTToUInt16 RtlSizeTToUShort
#define RtlULongLongToUInt16 RtlULongLongToUShort
#define RtlInt8ToUInt16 RtlInt8ToUShort
#define RtlShortToUInt16 RtlShortToUShort
#define RtlIntToUInt16 RtlIntToUShort
#define RtlLongToUInt16 RtlLongToUShort
#define RtlIntPtrToUInt16 RtlIntPtrToUShort
#define RtlLongPtrToUInt16 RtlLongPtrToUShort
#define RtlSSIZETToUInt16 RtlSSIZETToUShort
#define RtlPtrdiffTToUInt16 RtlPtrdiffTToUShort
#define RtlLongLongToUInt16 RtlLongLongToUShort
#define RtlUIntToInt32 RtlUIntToInt
#define RtlULongToInt32 RtlULongToInt
#define RtlUIntPtrToInt32 RtlUIntPtrToInt
#define RtlULongPtrToInt32 RtlULongPtrToInt
#define RtlSizeTToInt32 RtlSizeTToInt
#define RtlULongLongToInt32 RtlULongLongToInt
#define RtlInt32ToUInt8 RtlIntToUInt8
#define RtlInt32ToUShort RtlIntToUShort
#define RtlInt32ToUInt RtlIntToUInt
#define RtlInt32ToULong RtlIntToULong
#define RtlInt32ToUIntPtr RtlIntToUIntPtr
#define RtlInt32ToULongPtr RtlIntToULongPtr
#define RtlInt32ToSizeT RtlIntToSizeT
#define RtlInt32ToULongLong RtlIntToULongLong
#define RtlInt32ToInt8 RtlIntToInt8
#define RtlInt32ToShort RtlIntToShort
#define RtlInt32ToUChar RtlIntToUChar
#define RtlInt32ToByte RtlIntToByte
#define RtlInt32ToChar RtlIntToChar
#define RtlIntPtrToInt32 RtlIntPtrToInt
#define RtlLongPtrToInt32 RtlLongPtrToInt
#define RtlSSIZETToInt32 RtlSSIZETToInt
#define RtlPtrdiffTToInt32 RtlPtrdiffTToInt
#define RtlLongLongToInt32 RtlLongLongToInt
#define RtlUInt32ToUInt8 RtlUIntToUInt8
#define RtlUInt32ToUShort RtlUIntToUShort
#define RtlUInt32ToInt8 RtlUIntToInt8
#define RtlUInt32ToShort RtlUIntToShort
#define RtlUInt32ToInt RtlUIntToInt
#define RtlUInt32ToLong RtlUIntToLong
#define RtlUInt32ToUChar RtlUIntToUChar
#define RtlUInt32ToByte RtlUIntToByte
#define RtlUInt32ToChar RtlUIntToChar
#define RtlUInt32ToIntPtr RtlUIntToIntPtr
#define RtlUInt32ToLongPtr RtlUIntToLongPtr
#define RtlUInt32ToSSIZET RtlUIntToSSIZET
#define RtlUInt32ToPtrdiffT RtlUIntToPtrdiffT
#define RtlUIntPtrToUInt32 RtlUIntPtrToUInt
#define RtlULongPtrToUInt32 RtlULongPtrToUInt
#define RtlSizeTToUInt32 RtlSizeTToUInt
#define RtlULongLongToUInt32 RtlULongLongToUInt
#define RtlInt8ToUInt32 RtlInt8ToUInt
#define RtlShortToUInt32 RtlShortToUInt
#define RtlIntToUInt32 RtlIntToUInt
#define RtlLongToUInt32 RtlLongToUInt
#define RtlIntPtrToUInt32 RtlIntPtrToUInt
#define RtlLongPtrToUInt32 RtlLongPtrToUInt
#define RtlSSIZETToUInt32 RtlSSIZETToUInt
#define RtlPtrdiffTToUInt32 RtlPtrdiffTToUInt
#define RtlLongLongToUInt32 RtlLongLongToUInt
#define RtlUIntPtrToInt64 RtlUIntPtrToLongLong
#define RtlULongPtrToInt64 RtlULongPtrToLongLong
#define RtlSizeTToInt64 RtlSizeTToLongLong
#define RtlULongLongToInt64 RtlULongLongToLongLong
#define RtlInt64ToUInt8 RtlLongLongToUInt8
#define RtlInt64ToUShort RtlLongLongToUShort
#define RtlInt64ToUInt RtlLongLongToUInt
#define RtlInt64ToULong RtlLongLongToULong
#define RtlInt64ToUIntPtr RtlLongLongToUIntPtr
#define RtlInt64ToULongPtr RtlLongLongToULongPtr
#define RtlInt64ToSizeT RtlLongLongToSizeT
#define RtlInt64ToULongLong RtlLongLongToULongLong
#define RtlInt64ToInt8 RtlLongLongToInt8
#define RtlInt64ToShort RtlLongLongToShort
#define RtlInt64ToInt RtlLongLongToInt
#define RtlInt64ToLong RtlLongLongToLong
#define RtlInt64ToUChar RtlLongLongToUChar
#define RtlInt64ToByte RtlLongLongToByte
#define RtlInt64ToChar RtlLongLongToChar
#define RtlInt64ToIntPtr RtlLongLongToIntPtr
#define RtlInt64ToLongPtr RtlLongLongToLongPtr
#define RtlInt64ToSSIZET RtlLongLongToSSIZET
#define RtlInt64ToPtrdiffT RtlLongLongToPtrdiffT
#define RtlUInt64ToUInt8 RtlULongLongToUInt8
#define RtlUInt64ToUShort RtlULongLongToUShort
#define RtlUInt64ToUInt RtlULongLongToUInt
#define RtlUInt64ToULong RtlULongLongToULong
#define RtlUInt64ToInt8 RtlULongLongToInt8
#define RtlUInt64ToShort RtlULongLongToShort
#define RtlUInt64ToInt RtlULongLongToInt
#define RtlUInt64ToLong RtlULongLongToLong
#define RtlUInt64ToIntPtr RtlULongLongToIntPtr
#define RtlUInt64ToLongPtr RtlULongLongToLongPtr
#define RtlUInt64ToSSIZET RtlULongLongToSSIZET
#define RtlUInt64ToPtrdiffT RtlULongLongToPtrdiffT
#define RtlUInt64ToLongLong RtlULongLongToLongLong
#define RtlUInt64ToUChar RtlULongLongToUChar
#define RtlUInt64ToByte RtlULongLongToByte
#define RtlUInt64ToChar RtlULongLongToChar
#define RtlUInt64ToUIntPtr RtlULongLongToUIntPtr
#define RtlUInt64ToULongPtr RtlULongLongToULongPtr
#define RtlUInt64ToSizeT RtlULongLongToSizeT
#define RtlInt8ToUInt64 RtlInt8ToULongLong
#define RtlShortToUInt64 RtlShortToULongLong
#define RtlIntToUInt64 RtlIntToULongLong
#define RtlLongToUInt64 RtlLongToULongLong
#define RtlIntPtrToUInt64 RtlIntPtrToULongLong
#define RtlLongPtrToUInt64 RtlLongPtrToULongLong
#define RtlSSIZETToUInt64 RtlSSIZETToULongLong
#define RtlPtrdiffTToUInt64 RtlPtrdiffTToULongLong
#define RtlLongLongToUInt64 RtlLongLongToULongLong
#define RtlUIntPtrToLong64 RtlUIntPtrToLongLong
#define RtlULongPtrToLong64 RtlULongPtrToLongLong
#define RtlSizeTToLong64 RtlSizeTToLongLong
#define RtlULongLongToLong64 RtlULongLongToLongLong
#define RtlLong64ToUInt8 RtlLongLongToUInt8
#define RtlLong64ToUShort RtlLongLongToUShort
#define RtlLong64ToUInt RtlLongLongToUInt
#define RtlLong64ToULong RtlLongLongToULong
#define RtlLong64ToUIntPtr RtlLongLongToUIntPtr
#define RtlLong64ToULongPtr RtlLongLongToULongPtr
#define RtlLong64ToSizeT RtlLongLongToSizeT
#define RtlLong64ToULongLong RtlLongLongToULongLong
#define RtlLong64ToInt8 RtlLongLongToInt8
#define RtlLong64ToShort RtlLongLongToShort
#define RtlLong64ToInt RtlLongLongToInt
#define RtlLong64ToLong RtlLongLongToLong
#define RtlLong64ToUChar RtlLongLongToUChar
#define RtlLong64ToByte RtlLongLongToByte
#define RtlLong64ToChar RtlLongLongToChar
#define RtlLong64ToIntPtr RtlLongLongToIntPtr
#define RtlLong64ToLongPtr RtlLongLongToLongPtr
#define RtlLong64ToSSIZET RtlLongLongToSSIZET
#define RtlLong64ToPtrdiffT RtlLongLongToPtrdiffT
#define RtlULong64ToUInt8 RtlULongLongToUInt8
#define RtlULong64ToUShort RtlULongLongToUShort
#define RtlULong64ToUInt RtlULongLongToUInt
#define RtlULong64ToULong RtlULongLongToULong
#define RtlULong64ToInt8 RtlULongLongToInt8
#define RtlULong64ToShort RtlULongLongToShort
#define RtlULong64ToInt RtlULongLongToInt
#define RtlULong64ToLong RtlULongLongToLong
#define RtlULong64ToIntPtr RtlULongLongToIntPtr
#define RtlULong64ToLongPtr RtlULongLongToLongPtr
#define RtlULong64ToSSIZET RtlULongLongToSSIZET
#define RtlULong64ToPtrdiffT RtlULongLongToPtrdiffT
#define RtlULong64ToLongLong RtlULongLongToLongLong
#define RtlULong64ToUChar RtlULongLongToUChar
#define RtlULong64ToByte RtlULongLongToByte
#define RtlULong64ToChar RtlULongLongToChar
#define RtlULong64ToUIntPtr RtlULongLongToUIntPtr
#define RtlULong64ToULongPtr RtlULongLongToULongPtr
#define RtlULong64ToSizeT RtlULongLongToSizeT
#define RtlInt8ToULong64 RtlInt8ToULongLong
#define RtlShortToULong64 RtlShortToULongLong
#define RtlIntToULong64 RtlIntToULongLong
#define RtlLongToULong64 RtlLongToULongLong
#define RtlIntPtrToULong64 RtlIntPtrToULongLong
#define RtlLongPtrToULong64 RtlLongPtrToULongLong
#define RtlSSIZETToULong64 RtlSSIZETToULongLong
#define RtlPtrdiffTToULong64 RtlPtrdiffTToULongLong
#define RtlLongLongToULong64 RtlLongLongToULongLong
#define RtlByteToChar RtlUInt8ToChar
#define RtlByteToInt8 RtlUInt8ToInt8
#define RtlDWordAdd RtlULongAdd
#define RtlDWordSub RtlULongSub
#define RtlDWordMult RtlULongMult
#define RtlDWordToUInt8 RtlULongToUInt8
#define RtlDWordToUShort RtlULongToUShort
#define RtlDWordToInt8 RtlULongToInt8
#define RtlDWordToShort RtlULongToShort
#define RtlDWordToInt RtlULongToInt
#define RtlDWordToLong RtlULongToLong
#define RtlDWordToUChar RtlULongToUChar
#define RtlDWordToByte RtlULongToByte
#define RtlDWordToChar RtlULongToChar
#define RtlDWordToIntPtr RtlULongToIntPtr
#define RtlDWordToLongPtr RtlULongToLongPtr
#define RtlDWordToSSIZET RtlULongToSSIZET
#define RtlDWordToPtrdiffT RtlULongToPtrdiffT
#define RtlUIntPtrToDWord RtlUIntPtrToULong
#define RtlULongPtrToDWord RtlULongPtrToULong
#define RtlSizeTToDWord RtlSizeTToULong
#define RtlULongLongToDWord RtlULongLongToULong
#define RtlInt8ToDWord RtlInt8ToULong
#define RtlShortToDWord RtlShortToULong
#define RtlIntToDWord RtlIntToULong
#define RtlLongToDWord RtlLongToULong
#define RtlIntPtrToDWord RtlIntPtrToULong
#define RtlLongPtrToDWord RtlLongPtrToULong
#define RtlSSIZETToDWord RtlSSIZETToULong
#define RtlPtrdiffTToDWord RtlPtrdiffTToULong
#define RtlLongLongToDWord RtlLongLongToULong
#define RtlWordAdd RtlUShortAdd
#define RtlWordSub RtlUShortSub
#define RtlWordMult RtlUShortMult
#define RtlWordToUInt8 RtlUShortToUInt8
#define RtlWordToInt8 RtlUShortToInt8
#define RtlWordToShort RtlUShortToShort
#define RtlWordToUChar RtlUShortToUChar
#define RtlWordToByte RtlUShortToByte
#define RtlWordToChar RtlUShortToChar
#define RtlUIntToWord RtlUIntToUShort
#define RtlULongToWord RtlULongToUShort
#define RtlUIntPtrToWord RtlUIntPtrToUShort
#define RtlULongPtrToWord RtlULongPtrToUShort
#define RtlSizeTToWord RtlSizeTToUShort
#define RtlULongLongToWord RtlULongLongToUShort
#define RtlInt8ToWord RtlInt8ToUShort
#define RtlShortToWord RtlShortToUShort
#define RtlIntToWord RtlIntToUShort
#define RtlLongToWord RtlLongToUShort
#define RtlIntPtrToWord RtlIntPtrToUShort
#define RtlLongPtrToWord RtlLongPtrToUShort
#define RtlSSIZETToWord RtlSSIZETToUShort
#define RtlPtrdiffTToWord RtlPtrdiffTToUShort
#define RtlLongLongToWord RtlLongLongToUShort
#define RtlDWordPtrAdd RtlULongPtrAdd
#define RtlDWordPtrSub RtlULongPtrSub
#define RtlDWordPtrMult RtlULongPtrMult
#define RtlDWordPtrToUInt8 RtlULongPtrToUInt8
#define RtlDWordPtrToUShort RtlULongPtrToUShort
#define RtlDWordPtrToUInt RtlULongPtrToUInt
#define RtlDWordPtrToULong RtlULongPtrToULong
#define RtlDWordPtrToInt8 RtlULongPtrToInt8
#define RtlDWordPtrToShort RtlULongPtrToShort
#define RtlDWordPtrToInt RtlULongPtrToInt
#define RtlDWordPtrToLong RtlULongPtrToLong
#define RtlDWordPtrToIntPtr RtlULongPtrToIntPtr
#define RtlDWordPtrToLongPtr RtlULongPtrToLongPtr
#define RtlDWordPtrToSSIZET RtlULongPtrToSSIZET
#define RtlDWordPtrToPtrdiffT RtlULongPtrToPtrdiffT
#define RtlDWordPtrToLongLong RtlULongPtrToLongLong
#define RtlDWordPtrToUChar RtlULongPtrToUChar
#define RtlDWordPtrToByte RtlULongPtrToByte
#define RtlDWordPtrToChar RtlULongPtrToChar
#define RtlInt8ToDWordPtr RtlInt8ToULongPtr
#define RtlShortToDWordPtr RtlShortToULongPtr
#define RtlIntToDWordPtr RtlIntToULongPtr
#define RtlLongToDWordPtr RtlLongToULongPtr
#define RtlIntPtrToDWordPtr RtlIntPtrToULongPtr
#define RtlLongPtrToDWordPtr RtlLongPtrToULongPtr
#define RtlSSIZETToDWordPtr RtlSSIZETToULongPtr
#define RtlPtrdiffTToDWordPtr RtlPtrdiffTToULongPtr
#define RtlLongLongToDWordPtr RtlLongLongToULongPtr
#define RtlDWordLongAdd RtlULongLongAdd
#define RtlDWordLongSub RtlULongLongSub
#define RtlDWordLongMult RtlULongLongMult
#define RtlDWordLongToUInt8 RtlULongLongToUInt8
#define RtlDWordLongToUShort RtlULongLongToUShort
#define RtlDWordLongToUInt RtlULongLongToUInt
#define RtlDWordLongToULong RtlULongLongToULong
#define RtlDWordLongToInt8 RtlULongLongToInt8
#define RtlDWordLongToShort RtlULongLongToShort
#define RtlDWordLongToInt RtlULongLongToInt
#define RtlDWordLongToLong RtlULongLongToLong
#define RtlDWordLongToIntPtr RtlULongLongToIntPtr
#define RtlDWordLongToLongPtr RtlULongLongToLongPtr
#define RtlDWordLongToSSIZET RtlULongLongToSSIZET
#define RtlDWordLongToPtrdiffT RtlULongLongToPtrdiffT
#define RtlDWordLongToLongLong RtlULongLongToLongLong
#define RtlDWordLongToUChar RtlULongLongToUChar
#define RtlDWordLongToByte RtlULongLongToByte
#define RtlDWordLongToChar RtlULongLongToChar
#define RtlDWordLongToUIntPtr RtlULongLongToUIntPtr
#define RtlDWordLongToULongPtr RtlULongLongToULongPtr
#define RtlDWordLongToSizeT RtlULongLongToSizeT
#define RtlInt8ToDWordLong RtlInt8ToULongLong
#define RtlShortToDWordLong RtlShortToULongLong
#define RtlIntToDWordLong RtlIntToULongLong
#define RtlLongToDWordLong RtlLongToULongLong
#define RtlIntPtrToDWordLong RtlIntPtrToULongLong
#define RtlLongPtrToDWordLong RtlLongPtrToULongLong
#define RtlSSIZETToDWordLong RtlSSIZETToULongLong
#define RtlPtrdiffTToDWordLong RtlPtrdiffTToULongLong
#define RtlLongLongToDWordLong RtlLongLongToULongLong
#define RtlLONG64Add RtlLongLongAdd
#define RtlLONG64Sub RtlLongLongSub
#define RtlLONG64Mult RtlLongLongMult
#define RtlUIntPtrToLONG64 RtlUIntPtrToLongLong
#define RtlULongPtrToLONG64 RtlULongPtrToLongLong
#define RtlSizeTToLONG64 RtlSizeTToLongLong
#define RtlULongLongToLONG64 RtlULongLongToLongLong
#define RtlLONG64ToUInt8 RtlLongLongToUInt8
#define RtlLONG64ToUShort RtlLongLongToUShort
#define RtlLONG64ToUInt RtlLongLongToUInt
#define RtlLONG64ToULong RtlLongLongToULong
#define RtlLONG64ToUIntPtr RtlLongLongToUIntPtr
#define RtlLONG64ToULongPtr RtlLongLongToULongPtr
#define RtlLONG64ToSizeT RtlLongLongToSizeT
#define RtlLONG64ToULongLong RtlLongLongToULongLong
#define RtlLONG64ToInt8 RtlLongLongToInt8
#define RtlLONG64ToShort RtlLongLongToShort
#define RtlLONG64ToInt RtlLongLongToInt
#define RtlLONG64ToLong RtlLongLongToLong
#define RtlLONG64ToUChar RtlLongLongToUChar
#define RtlLONG64ToByte RtlLongLongToByte
#define RtlLONG64ToChar RtlLongLongToChar
#define RtlLONG64ToIntPtr RtlLongLongToIntPtr
#define RtlLONG64ToLongPtr RtlLongLongToLongPtr
#define RtlLONG64ToSSIZET RtlLongLongToSSIZET
#define RtlLONG64ToPtrdiffT RtlLongLongToPtrdiffT

#endif
