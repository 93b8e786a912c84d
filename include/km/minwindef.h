// The types of Windows programs that driver source also uses. Source: Windows Data Types.

#ifndef _MINWINDEF_
#define _MINWINDEF_

#include "ntdef.h"

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef APIENTRY
#define APIENTRY NTAPI
#endif
#ifndef WINAPI
#define WINAPI NTAPI
#endif
#ifndef CALLBACK
#define CALLBACK NTAPI
#endif

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef ULONG DWORD, *PDWORD, *LPDWORD;
typedef float FLOAT, *PFLOAT;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT;
typedef LONG *LPLONG;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;
typedef WORD ATOM;

#define EMU_DECLARE_HANDLE(Name) typedef struct Name##__ *Name
EMU_DECLARE_HANDLE(HINSTANCE);
EMU_DECLARE_HANDLE(HKL);
EMU_DECLARE_HANDLE(HLSURF);
EMU_DECLARE_HANDLE(HRGN);
EMU_DECLARE_HANDLE(HWINSTA);
EMU_DECLARE_HANDLE(HKEY);
typedef HINSTANCE HMODULE;
typedef HANDLE HGLOBAL, HLOCAL;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define MAKEWORD(Low, High) ((WORD)(((BYTE)(Low)) | ((WORD)((BYTE)(High))) << 8))
#define MAKELONG(Low, High) ((LONG)(((WORD)(Low)) | ((DWORD)((WORD)(High))) << 16))
#define LOWORD(Value) ((WORD)((ULONG_PTR)(Value)&0xFFFF))
#define HIWORD(Value) ((WORD)(((ULONG_PTR)(Value) >> 16) & 0xFFFF))
#define LOBYTE(Value) ((BYTE)((ULONG_PTR)(Value)&0xFF))
#define HIBYTE(Value) ((BYTE)(((ULONG_PTR)(Value) >> 8) & 0xFF))

#endif
