/* string.h: one character of the ANSI code page, and one of Unicode. */
#ifndef EMU_NT_RTL_STRING_H
#define EMU_NT_RTL_STRING_H

#include "poolemu.h"

WCHAR RtlpAnsiToUnicode(UCHAR Character);

/* A question mark for what the code page does not have. */
CHAR RtlpUnicodeToAnsi(WCHAR Character);

#endif
