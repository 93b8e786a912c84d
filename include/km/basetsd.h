// Integer types whose size is in their name or is the size of a pointer.

#ifndef _BASETSD_H_
#define _BASETSD_H_

#include "emu_compiler.h"

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef EMU_INT64 INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned EMU_INT64 UINT64, *PUINT64;
typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef EMU_INT64 LONG64, *PLONG64;
typedef unsigned EMU_INT64 ULONG64, *PULONG64;
typedef unsigned EMU_INT64 DWORD64, *PDWORD64;

typedef EMU_INTPTR INT_PTR, *PINT_PTR;
typedef EMU_UINTPTR UINT_PTR, *PUINT_PTR;
typedef EMU_INTPTR LONG_PTR, *PLONG_PTR;
typedef EMU_UINTPTR ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;
#if defined(_WIN64)
typedef int HALF_PTR, *PHALF_PTR;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;
#else
typedef short HALF_PTR, *PHALF_PTR;
typedef unsigned short UHALF_PTR, *PUHALF_PTR;
#endif

// A pointer of 32 bits in a structure of 64-bit code: clang has them, gcc does not, and there it is an ordinary one.
#ifndef POINTER_32
#if defined(_WIN64) && defined(__clang__)
#define POINTER_32 __ptr32
#else
#define POINTER_32
#endif
#define POINTER_64
#define POINTER_SIGNED
#define POINTER_UNSIGNED
#endif

#define MAXUINT_PTR ((UINT_PTR)-1)
#define MAXINT_PTR ((INT_PTR)(MAXUINT_PTR >> 1))
#define MININT_PTR (~MAXINT_PTR)
#define MAXULONG_PTR ((ULONG_PTR)-1)
#define MAXLONG_PTR ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR (~MAXLONG_PTR)
#define MAXSIZE_T ((SIZE_T)-1)
#define MAXSSIZE_T ((SSIZE_T)(MAXSIZE_T >> 1))
#define MINSSIZE_T (~MAXSSIZE_T)
#define MAXUINT8 ((UINT8)-1)
#define MAXINT8 ((INT8)(MAXUINT8 >> 1))
#define MININT8 ((INT8)~MAXINT8)
#define MAXUINT16 ((UINT16)-1)
#define MAXINT16 ((INT16)(MAXUINT16 >> 1))
#define MININT16 ((INT16)~MAXINT16)
#define MAXUINT32 ((UINT32)-1)
#define MAXINT32 ((INT32)(MAXUINT32 >> 1))
#define MININT32 ((INT32)~MAXINT32)
#define MAXUINT64 ((UINT64)-1)
#define MAXINT64 ((INT64)(MAXUINT64 >> 1))
#define MININT64 ((INT64)~MAXINT64)
#define MAXULONG32 ((ULONG32)-1)
#define MAXLONG32 ((LONG32)(MAXULONG32 >> 1))
#define MINLONG32 ((LONG32)~MAXLONG32)
#define MAXULONG64 ((ULONG64)-1)
#define MAXLONG64 ((LONG64)(MAXULONG64 >> 1))
#define MINLONG64 ((LONG64)~MAXLONG64)

#define PtrToUlong(Pointer) ((unsigned int)(ULONG_PTR)(Pointer))
#define PtrToLong(Pointer) ((int)(LONG_PTR)(Pointer))
#define PtrToUint(Pointer) ((unsigned int)(ULONG_PTR)(Pointer))
#define PtrToInt(Pointer) ((int)(LONG_PTR)(Pointer))
#define PtrToUshort(Pointer) ((unsigned short)(ULONG_PTR)(Pointer))
#define PtrToShort(Pointer) ((short)(LONG_PTR)(Pointer))
#define HandleToULong(Handle) ((unsigned int)(ULONG_PTR)(Handle))
#define HandleToLong(Handle) ((int)(LONG_PTR)(Handle))
#define HandleToUlong(Handle) HandleToULong(Handle)
#define ULongToHandle(Value) ((void *)(ULONG_PTR)(Value))
#define LongToHandle(Value) ((void *)(LONG_PTR)(Value))
#define UlongToHandle(Value) ULongToHandle(Value)
#define ULongToPtr(Value) ((void *)(ULONG_PTR)(Value))
#define LongToPtr(Value) ((void *)(LONG_PTR)(Value))
#define UlongToPtr(Value) ULongToPtr(Value)
#define UIntToPtr(Value) ((void *)(ULONG_PTR)(Value))
#define IntToPtr(Value) ((void *)(LONG_PTR)(Value))

EMU_STATIC_ASSERT(sizeof(ULONG_PTR) == sizeof(void *) && sizeof(ULONG64) == 8 && sizeof(LONG32) == 4,
                  "the sized integer types");

#endif
