// The library's <wchar.h>, where the wide routines are those of characters of 16 bits: see emu_wide.h.
#pragma GCC system_header
#include "emu_wide_begin.h"
#include_next <wchar.h>
#define EMU_WIDE_WCHAR 1
#include "emu_wide_end.h"
#include <wctype.h> // Microsoft's declares both
