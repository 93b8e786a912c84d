// Names that much driver source uses, in C.
// flags: -Wall -Wextra -Werror

#include <ntifs.h>
#include <ntintsafe.h>
#include <intsafe.h>
#include <limits.h>

static_assert(sizeof(LONG) == 4, "in C as well");

typedef struct _NAMED {
    _ANONYMOUS_UNION union {
        ULONG Whole;
        _ANONYMOUS_STRUCT struct {
            USHORT Low;
            USHORT High;
        } DUMMYSTRUCTNAME;
    } DUMMYUNIONNAME;
    union {
        ULONG Other;
    } DUMMYUNIONNAME2;
} NAMED;
C_ASSERT(FIELD_OFFSET(NAMED, High) == 2 && FIELD_OFFSET(NAMED, Other) == 4);

C_ASSERT(SYNCHRONIZE == 0x100000 && DELETE == 0x10000 && READ_CONTROL == 0x20000 && STANDARD_RIGHTS_ALL == 0x1F0000);
C_ASSERT((ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL) == 0xF0000000);
C_ASSERT(WaitAll == 0 && WaitAny == 1);

C_ASSERT(INT8_MIN == -128 && INT8_MAX == 127 && UINT8_MAX == 255 && BYTE_MAX == 255);
C_ASSERT(SHORT_MIN == -32768 && SHORT_MAX == 32767 && INT16_MIN == -32768 && INT16_MAX == 32767);
C_ASSERT(USHORT_MAX == 65535 && UINT16_MAX == 65535 && WORD_MAX == 65535);
C_ASSERT(INT_MIN == INT32_MIN && INT_MAX == INT32_MAX && UINT_MAX == UINT32_MAX);
C_ASSERT(LONG_MIN == INT_MIN && LONG_MAX == INT_MAX && ULONG_MAX == DWORD_MAX);
C_ASSERT(LONGLONG_MIN == INT64_MIN && LONG64_MIN == INT64_MIN && LONGLONG_MAX == INT64_MAX && LONG64_MAX == INT64_MAX);
C_ASSERT(ULONGLONG_MAX == UINT64_MAX && ULONG64_MAX == UINT64_MAX && DWORD64_MAX == UINT64_MAX &&
         DWORDLONG_MAX == UINT64_MAX);
C_ASSERT((INT_PTR)INT_PTR_MIN == MININT_PTR && (INT_PTR)INT_PTR_MAX == MAXINT_PTR &&
         (UINT_PTR)UINT_PTR_MAX == MAXUINT_PTR);
C_ASSERT((LONG_PTR)LONG_PTR_MIN == MINLONG_PTR && (LONG_PTR)LONG_PTR_MAX == MAXLONG_PTR &&
         (ULONG_PTR)ULONG_PTR_MAX == MAXULONG_PTR && (ULONG_PTR)DWORD_PTR_MAX == MAXULONG_PTR);
C_ASSERT((SIZE_T)SIZE_T_MAX == MAXSIZE_T && (SIZE_T)_SIZE_T_MAX == MAXSIZE_T && (SSIZE_T)SSIZE_T_MIN == MINSSIZE_T &&
         (SSIZE_T)SSIZE_T_MAX == MAXSSIZE_T);
C_ASSERT((LONG_PTR)PTRDIFF_T_MIN == MINLONG_PTR && (LONG_PTR)PTRDIFF_T_MAX == MAXLONG_PTR);

KSTART_ROUTINE Start;
extern PKSTART_ROUTINE Started;
PKSTART_ROUTINE Started = Start;

_Must_inspect_result_ _Ret_maybenull_ PVOID Give(_Frees_ptr_opt_ PVOID Old, _Unreferenced_parameter_ ULONG Size,
                                                 _In_opt_z_count_(Size) PCWSTR Name, __deallocate(Mem) PVOID Other,
                                                 _Out_opt_cap_c_(4) PULONG Four, _Frees_ptr_ PVOID Third);

VOID Start(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
}

NTSTATUS Convert(ULONG Value, LONG_PTR Wide);

NTSTATUS Convert(ULONG Value, LONG_PTR Wide)
{
    UINT Unsigned;
    UINT_PTR Pointer;
    INT_PTR SignedPointer;
    LONG_PTR LongPointer;
    INT8 Small;
    CHAR Character;
    INT Integer;
    DWORD Sum;
    WORD Word;
    NTSTATUS Status = RtlULongToUInt(Value, &Unsigned);

    Status |= RtlULongToUIntPtr(Value, &Pointer) | RtlULongPtrToUIntPtr(Value, &Pointer);
    Status |= RtlLongToInt((LONG)Value, &Integer) | RtlLongToIntPtr((LONG)Value, &SignedPointer);
    Status |= RtlIntPtrToLongPtr(Wide, &LongPointer) | RtlLongPtrToIntPtr(Wide, &SignedPointer);
    Status |= RtlByteToInt8((BYTE)Value, &Small) | RtlByteToChar((BYTE)Value, &Character);
    Status |= RtlShortToDWordPtr((SHORT)Value, &Pointer) | RtlDWordPtrAdd(Pointer, Pointer, &Pointer);
    Status |= RtlDWordAdd(Value, Value, &Sum) | RtlULongToWord(Value, &Word) | RtlUShortToChar(Word, &Character);
    return Status | ULongToUInt(Value, &Unsigned) | ByteToChar((BYTE)Value, &Character);
}
