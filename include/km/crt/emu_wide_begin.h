// What comes before a header of the C library that declares wide routines, see emu_wide.h.

#if !defined(EMU_HOST_LIBRARY) && !defined(_WIN32) && __SIZEOF_WCHAR_T__ == 2
#define EMU_WIDE_ROUTINES 1
#if defined(__has_include)
#if __has_include(<features.h>)
#include <features.h>
#endif
#endif

// With inline bodies that check sizes (_FORTIFY_SOURCE) the routines would not take other names.
#pragma push_macro("__USE_FORTIFY_LEVEL")
#undef __USE_FORTIFY_LEVEL
#define __USE_FORTIFY_LEVEL 0

// What the kernel declares with other parameters, and what C++ has twice.
#define swprintf EmuHost_swprintf
#define wcschr EmuHost_wcschr
#define wcspbrk EmuHost_wcspbrk
#define wcsrchr EmuHost_wcsrchr
#define wcsstr EmuHost_wcsstr
#define wmemchr EmuHost_wmemchr
#endif
