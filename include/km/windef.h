// The basic types of Windows programs, see minwindef.h.

#ifndef _WINDEF_
#define _WINDEF_

#include "minwindef.h"

EMU_DECLARE_HANDLE(HWND);
EMU_DECLARE_HANDLE(HDC);
EMU_DECLARE_HANDLE(HICON);
EMU_DECLARE_HANDLE(HMENU);
typedef HICON HCURSOR;

typedef struct tagRECT {
    LONG left;
    LONG top;
    LONG right;
    LONG bottom;
} RECT, *PRECT, *LPRECT;

typedef struct tagPOINT {
    LONG x;
    LONG y;
} POINT, *PPOINT, *LPPOINT;

typedef struct tagSIZE {
    LONG cx;
    LONG cy;
} SIZE, *PSIZE, *LPSIZE;

#endif
