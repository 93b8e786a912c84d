// The basic types of the kernel's headers: integers, strings, lists, object attributes, and the macros about them.

#ifndef _NTDEF_
#define _NTDEF_

#include "emu_compiler.h"

#include "basetsd.h"
#include "driverspecs.h"
#include "excpt.h"
#include "guiddef.h"
#include "sal.h"
#include "sdkddkver.h"
#include "specstrings.h"

#include <stdarg.h>
#include <stddef.h>
#include EMU_STRING_H

#if EMU_WCHAR_BITS != 16
#error wchar_t has to have 16 bits: compile with -fshort-wchar, which linking the CMake target poolemu::poolemu adds.
#endif

typedef struct EMU_ALIGNMENT_OF_INT64 {
    char Before;
    EMU_INT64 Value;
} EMU_ALIGNMENT_OF_INT64;
EMU_STATIC_ASSERT(
    offsetof(EMU_ALIGNMENT_OF_INT64, Value) == 8,
    "64-bit members have to be aligned as Microsoft's compiler does it: compile with -malign-double, which "
    "linking the CMake target poolemu::poolemu adds.");

// Calling conventions and declarations.

#define NTAPI EMU_STDCALL
#define NTAPI_INLINE EMU_STDCALL
#define FASTCALL EMU_FASTCALL
#define WINAPI EMU_STDCALL
#define CALLBACK EMU_STDCALL
#define FORCEINLINE EMU_FORCEINLINE
#define CFORCEINLINE EMU_FORCEINLINE
#define DECLSPEC_NOINLINE EMU_NOINLINE
#define DECLSPEC_ALIGN(Bytes) EMU_ALIGN(Bytes)
#define DECLSPEC_CACHEALIGN EMU_ALIGN(64)
#define DECLSPEC_NORETURN EMU_NORETURN
#define DECLSPEC_IMPORT EMU_IMPORT
#define DECLSPEC_EXPORT EMU_EXPORT
#define DECLSPEC_SELECTANY EMU_SELECTANY
#define DECLSPEC_DEPRECATED EMU_DEPRECATED
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_NOVTABLE
#define DECLSPEC_RESTRICT
#undef UNALIGNED // mingw's C library has one
#define UNALIGNED EMU_UNALIGNED
#define UNALIGNED64 EMU_UNALIGNED
#if defined(_WIN64)
#define POINTER_ALIGNMENT EMU_ALIGN(8)
#else
#define POINTER_ALIGNMENT
#endif
#define RESTRICTED_POINTER
#define NOTHING
#define CRITICAL
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define FAR
#define NEAR

#define NTSYSAPI EMU_API

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START EMU_EXTERN_C_BEGIN
#define EXTERN_C_END EMU_EXTERN_C_END
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

// In C a name of <assert.h>; Microsoft's compiler knows it without.
#if !defined(__cplusplus) && !defined(static_assert) && !(defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define static_assert _Static_assert
#endif

// The names of unions and structures inside others: none, or u, u2, s and so on where the source wants them.
#ifndef _ANONYMOUS_UNION
#define _ANONYMOUS_UNION
#endif
#ifndef _ANONYMOUS_STRUCT
#define _ANONYMOUS_STRUCT
#endif
#ifndef DUMMYUNIONNAME
#if defined(NONAMELESSUNION)
#define DUMMYUNIONNAME u
#define DUMMYUNIONNAME2 u2
#define DUMMYUNIONNAME3 u3
#define DUMMYUNIONNAME4 u4
#define DUMMYUNIONNAME5 u5
#define DUMMYUNIONNAME6 u6
#define DUMMYUNIONNAME7 u7
#define DUMMYUNIONNAME8 u8
#define DUMMYUNIONNAME9 u9
#define DUMMYSTRUCTNAME s
#define DUMMYSTRUCTNAME2 s2
#define DUMMYSTRUCTNAME3 s3
#define DUMMYSTRUCTNAME4 s4
#define DUMMYSTRUCTNAME5 s5
#define DUMMYSTRUCTNAME6 s6
#else
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#define DUMMYUNIONNAME4
#define DUMMYUNIONNAME5
#define DUMMYUNIONNAME6
#define DUMMYUNIONNAME7
#define DUMMYUNIONNAME8
#define DUMMYUNIONNAME9
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define DUMMYSTRUCTNAME3
#define DUMMYSTRUCTNAME4
#define DUMMYSTRUCTNAME5
#define DUMMYSTRUCTNAME6
#endif
#endif

// Integers. LONG and ULONG have 32 bits on every host.

#ifndef VOID
#define VOID void
#endif
typedef char CHAR;
typedef short SHORT;
#if defined(EMU_NATIVE_SEH)
typedef long LONG;
typedef unsigned long ULONG;
#else
typedef int LONG;
typedef unsigned int ULONG;
#endif
typedef int INT;
typedef unsigned int UINT;
typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef EMU_INT64 LONGLONG;
typedef unsigned EMU_INT64 ULONGLONG;
typedef UCHAR BOOLEAN;
typedef unsigned char BYTE;
typedef unsigned short WORD;
typedef ULONG DWORD;
typedef ULONGLONG DWORDLONG;
typedef int BOOL;
typedef ULONG LOGICAL;
typedef wchar_t WCHAR;
typedef float FLOAT;
typedef double DOUBLE;
typedef LONGLONG USN;
typedef CHAR CCHAR;
typedef SHORT CSHORT;
typedef ULONG CLONG;
typedef ULONG LCID;
typedef USHORT LANGID;
typedef LONG HRESULT;
typedef LONG NTSTATUS;
typedef UCHAR KIRQL;

typedef void *PVOID;
typedef void *PVOID64;
typedef const void *PCVOID;
typedef void *HANDLE;
typedef CHAR *PCHAR, *LPCH, *PCH, *NPSTR, *LPSTR, *PSTR, *PSZ, *PNZCH;
typedef const CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR, *PCSZ, *PCNZCH;
typedef PSTR *PZPSTR;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *LPWSTR, *PWSTR, *NWPSTR, *PNZWCH, *PZZWSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR, *PCNZWCH, *PCZZWSTR;
#if defined(UNICODE)
typedef WCHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const WCHAR *PCTSTR, *LPCTSTR;
#else
typedef CHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const CHAR *PCTSTR, *LPCTSTR;
#endif
typedef SHORT *PSHORT;
typedef LONG *PLONG;
typedef UCHAR *PUCHAR;
typedef const UCHAR *PCUCHAR;
typedef USHORT *PUSHORT;
typedef ULONG *PULONG;
typedef const ULONG *PCULONG;
typedef INT *PINT;
typedef UINT *PUINT;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef ULONGLONG *PDWORDLONG;
typedef BOOLEAN *PBOOLEAN;
typedef BYTE *PBYTE;
typedef WORD *PWORD;
typedef DWORD *PDWORD;
typedef BOOL *PBOOL;
typedef LOGICAL *PLOGICAL;
typedef HANDLE *PHANDLE;
typedef NTSTATUS *PNTSTATUS;
typedef KIRQL *PKIRQL;
typedef CCHAR *PCCHAR;
typedef LCID *PLCID;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#define MINCHAR 0x80
#define MAXCHAR 0x7F
#define MINSHORT 0x8000
#define MAXSHORT 0x7FFF
#define MINLONG 0x80000000
#define MAXLONG 0x7FFFFFFF
#define MAXUCHAR 0xFF
#define MAXUSHORT 0xFFFF
#define MAXULONG 0xFFFFFFFF
#define MAXLONGLONG (0x7FFFFFFFFFFFFFFF)
#define MAXULONGLONG ((ULONGLONG)-1)
#define ANSI_NULL ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS (32767)
#define MAX_PATH 260

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

// NTSTATUS: the two top bits are the severity.

#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)
#define NT_INFORMATION(Status) ((((ULONG)(Status)) >> 30) == 1)
#define NT_WARNING(Status) ((((ULONG)(Status)) >> 30) == 2)
#define NT_ERROR(Status) ((((ULONG)(Status)) >> 30) == 3)
#define NT_FACILITY_MASK 0xFFF
#define NT_FACILITY_SHIFT 16
#define NT_FACILITY(Status) ((((ULONG)(Status)) >> NT_FACILITY_SHIFT) & NT_FACILITY_MASK)

// Counted strings. Length and MaximumLength are bytes.

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCSTRING, *PCANSI_STRING, *PCOEM_STRING, *PCUTF8_STRING;

typedef struct _CSTRING {
    USHORT Length;
    USHORT MaximumLength;
    const char *Buffer;
} CSTRING, *PCSTRING_CONST;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

#define RTL_CONSTANT_STRING(Text)                                                                                      \
    {                                                                                                                  \
        (USHORT)(sizeof(Text) - sizeof((Text)[0])), (USHORT)sizeof(Text), EMU_CONSTANT_STRING_BUFFER(Text)             \
    }
#ifdef __cplusplus
extern "C++" {
EMU_INLINE PCHAR EmuConstantStringBuffer(const CHAR *Text)
{
    return const_cast<PCHAR>(Text);
}
EMU_INLINE PWCH EmuConstantStringBuffer(const WCHAR *Text)
{
    return const_cast<PWCH>(Text);
}
}
#define EMU_CONSTANT_STRING_BUFFER(Text) EmuConstantStringBuffer(Text)
#else
#define EMU_CONSTANT_STRING_BUFFER(Text) ((PVOID)(ULONG_PTR)(Text))
#endif

#define DECLARE_CONST_UNICODE_STRING(Variable, Text)                                                                   \
    const WCHAR Variable##_buffer[] = Text;                                                                            \
    const UNICODE_STRING Variable = {sizeof(Text) - sizeof(WCHAR), sizeof(Text), (PWCH)Variable##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(Variable, Text)                                                            \
    extern const EMU_SELECTANY UNICODE_STRING Variable;                                                                \
    const EMU_SELECTANY UNICODE_STRING Variable = RTL_CONSTANT_STRING(Text)
#define DECLARE_UNICODE_STRING_SIZE(Variable, Characters)                                                              \
    WCHAR Variable##_buffer[Characters];                                                                               \
    UNICODE_STRING Variable = {0, (Characters) * sizeof(WCHAR), Variable##_buffer}

// Lists.

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *RESTRICTED_POINTER PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

EMU_STATIC_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4 && sizeof(LONGLONG) == 8 && sizeof(WCHAR) == 2,
                  "integer types");
EMU_STATIC_ASSERT(sizeof(UNICODE_STRING) == EMU_BY_WIDTH(16, 8) && sizeof(LIST_ENTRY) == EMU_BY_WIDTH(16, 8) &&
                      sizeof(SINGLE_LIST_ENTRY) == EMU_BY_WIDTH(8, 4),
                  "strings and lists");

// Objects and processors.

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef const OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x00000002
#define OBJ_PERMANENT 0x00000010
#define OBJ_EXCLUSIVE 0x00000020
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF 0x00000080
#define OBJ_OPENLINK 0x00000100
#define OBJ_KERNEL_HANDLE 0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800
#define OBJ_DONT_REPARSE 0x00001000
#define OBJ_VALID_ATTRIBUTES 0x00001FF2

#define InitializeObjectAttributes(Attributes_, Name, Flags, Root, Descriptor)                                         \
    do {                                                                                                               \
        (Attributes_)->Length = sizeof(OBJECT_ATTRIBUTES);                                                             \
        (Attributes_)->RootDirectory = (Root);                                                                         \
        (Attributes_)->Attributes = (Flags);                                                                           \
        (Attributes_)->ObjectName = (Name);                                                                            \
        (Attributes_)->SecurityDescriptor = (Descriptor);                                                              \
        (Attributes_)->SecurityQualityOfService = NULL;                                                                \
    } while (0)

typedef enum _NT_PRODUCT_TYPE {
    NtProductWinNt = 1,
    NtProductLanManNt,
    NtProductServer
} NT_PRODUCT_TYPE;
typedef NT_PRODUCT_TYPE *PNT_PRODUCT_TYPE;

typedef enum _EVENT_TYPE {
    NotificationEvent,
    SynchronizationEvent
} EVENT_TYPE;

typedef enum _TIMER_TYPE {
    NotificationTimer,
    SynchronizationTimer
} TIMER_TYPE;

typedef enum _WAIT_TYPE {
    WaitAll,
    WaitAny,
    WaitNotification,
    WaitDequeue,
    WaitDpc
} WAIT_TYPE;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

// Macros about structures and arrays.

#define FIELD_OFFSET(Type, Field) ((LONG)offsetof(Type, Field))
#define UFIELD_OFFSET(Type, Field) ((ULONG)offsetof(Type, Field))
#define CONTAINING_RECORD(Address, Type, Field) ((Type *)(void *)((PUCHAR)(Address)-offsetof(Type, Field)))
#define RTL_FIELD_SIZE(Type, Field) (sizeof(((Type *)0)->Field))
#define RTL_FIELD_TYPE(Type, Field) (((Type *)0)->Field)
#define RTL_SIZEOF_THROUGH_FIELD(Type, Field) (offsetof(Type, Field) + RTL_FIELD_SIZE(Type, Field))
#define RTL_CONTAINS_FIELD(Structure, Size, Field)                                                                     \
    ((((PCHAR)(&(Structure)->Field)) + sizeof((Structure)->Field)) <= (((PCHAR)(Structure)) + (Size)))
#define RTL_BITS_OF(Variable) (sizeof(Variable) * 8)
#define RTL_BITS_OF_FIELD(Type, Field) (RTL_BITS_OF(RTL_FIELD_TYPE(Type, Field)))
#define RTL_NUMBER_OF_V1(Array) (sizeof(Array) / sizeof((Array)[0]))
#ifdef __cplusplus
extern "C++" template <typename T, size_t Count> char (&EmuNumberOf(T (&)[Count]))[Count];
#define RTL_NUMBER_OF_V2(Array) (sizeof(EmuNumberOf(Array)))
#else
#define RTL_NUMBER_OF_V2(Array) RTL_NUMBER_OF_V1(Array)
#endif
#define RTL_NUMBER_OF(Array) RTL_NUMBER_OF_V1(Array)
#ifndef ARRAYSIZE
#define ARRAYSIZE(Array) RTL_NUMBER_OF_V2(Array)
#endif
#ifndef _ARRAYSIZE
#define _ARRAYSIZE(Array) RTL_NUMBER_OF_V1(Array)
#endif
#define RTL_NUMBER_OF_FIELD(Type, Field) (RTL_NUMBER_OF(RTL_FIELD_TYPE(Type, Field)))
#define RTL_PADDING_BETWEEN_FIELDS(Type, First, Second)                                                                \
    ((FIELD_OFFSET(Type, Second) > FIELD_OFFSET(Type, First))                                                          \
         ? (FIELD_OFFSET(Type, Second) - FIELD_OFFSET(Type, First) - (LONG)RTL_FIELD_SIZE(Type, First))                \
         : (FIELD_OFFSET(Type, First) - FIELD_OFFSET(Type, Second) - (LONG)RTL_FIELD_SIZE(Type, Second)))
#define RTL_CONST_CAST(Type) (Type)

#define C_ASSERT(Expression) EMU_STATIC_ASSERT(Expression, #Expression)

#define UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#define DBG_UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(Variable) ((void)(Variable))
#define DEFAULT_UNREACHABLE                                                                                            \
    default:                                                                                                           \
        EMU_UNREACHABLE()

#define ALIGN_DOWN_BY(Length, Alignment) ((ULONG_PTR)(Length) & ~((ULONG_PTR)(Alignment)-1))
#define ALIGN_UP_BY(Length, Alignment) (ALIGN_DOWN_BY(((ULONG_PTR)(Length) + (Alignment)-1), Alignment))
#define ALIGN_DOWN_POINTER_BY(Address, Alignment) ((PVOID)ALIGN_DOWN_BY(Address, Alignment))
#define ALIGN_UP_POINTER_BY(Address, Alignment)                                                                        \
    (ALIGN_DOWN_POINTER_BY(((ULONG_PTR)(Address) + (Alignment)-1), Alignment))
#define ALIGN_DOWN(Length, Type) ALIGN_DOWN_BY(Length, sizeof(Type))
#define ALIGN_UP(Length, Type) ALIGN_UP_BY(Length, sizeof(Type))
#define ALIGN_DOWN_POINTER(Address, Type) ALIGN_DOWN_POINTER_BY(Address, sizeof(Type))
#define ALIGN_UP_POINTER(Address, Type) ALIGN_UP_POINTER_BY(Address, sizeof(Type))

#define ARGUMENT_PRESENT(Argument) ((Argument) != NULL)

#define FlagOn(Flags, Flag) ((Flags) & (Flag))
#define BooleanFlagOn(Flags, Flag) ((BOOLEAN)(((Flags) & (Flag)) != 0))
#define SetFlag(Flags, Flag) ((Flags) |= (Flag))
#define ClearFlag(Flags, Flag) ((Flags) &= ~(Flag))

#define TYPE_ALIGNMENT(Type) (EMU_ALIGN_OF(Type))
#define PROBE_ALIGNMENT(Type) TYPE_ALIGNMENT(Type)

#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(Type)                                                                               \
    extern "C++" {                                                                                                     \
    inline constexpr Type operator|(Type A, Type B)                                                                    \
    {                                                                                                                  \
        return Type((unsigned)A | (unsigned)B);                                                                        \
    }                                                                                                                  \
    inline constexpr Type operator&(Type A, Type B)                                                                    \
    {                                                                                                                  \
        return Type((unsigned)A & (unsigned)B);                                                                        \
    }                                                                                                                  \
    inline constexpr Type operator^(Type A, Type B)                                                                    \
    {                                                                                                                  \
        return Type((unsigned)A ^ (unsigned)B);                                                                        \
    }                                                                                                                  \
    inline constexpr Type operator~(Type A)                                                                            \
    {                                                                                                                  \
        return Type(~(unsigned)A);                                                                                     \
    }                                                                                                                  \
    inline Type &operator|=(Type &A, Type B)                                                                           \
    {                                                                                                                  \
        return A = A | B;                                                                                              \
    }                                                                                                                  \
    inline Type &operator&=(Type &A, Type B)                                                                           \
    {                                                                                                                  \
        return A = A & B;                                                                                              \
    }                                                                                                                  \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(Type)
#endif

#ifndef NULL
#define NULL ((void *)0)
#endif

#ifndef __cplusplus
#ifndef min
#define min(First, Second) (((First) < (Second)) ? (First) : (Second))
#endif
#ifndef max
#define max(First, Second) (((First) > (Second)) ? (First) : (Second))
#endif
#endif

#endif
