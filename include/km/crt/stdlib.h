// The library's <stdlib.h>, where the wide routines are those of characters of 16 bits: see emu_wide.h.
#pragma GCC system_header
#include "emu_wide_begin.h"
#include_next <stdlib.h>
#define EMU_WIDE_STDLIB 1
#include "emu_wide_end.h"
