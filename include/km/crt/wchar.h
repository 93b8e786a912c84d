// The library's <wchar.h>, where the wide routines are those of characters of 16 bits: see emu_wide.h.
#if defined(_WCHAR_H) && !defined(EMU_WIDE_WCHAR) && !defined(EMU_HOST_LIBRARY) && !defined(_WIN32) &&                 \
    __SIZEOF_WCHAR_T__ == 2
#error <wchar.h> came before include/km/crt was found: put that folder on the include path, or include ntdef.h first.
#endif
#pragma GCC system_header
#include "emu_wide_begin.h"
#include_next <wchar.h>
#define EMU_WIDE_WCHAR 1
#include "emu_wide_end.h"
#include "wctype.h" // Microsoft's declares both
