// What comes behind a header of the C library that declares wide routines, see emu_wide.h.

#if defined(EMU_WIDE_ROUTINES)
#undef swprintf
#undef wcschr
#undef wcspbrk
#undef wcsrchr
#undef wcsstr
#undef wmemchr
#undef __USE_FORTIFY_LEVEL
#pragma pop_macro("__USE_FORTIFY_LEVEL")
#endif
#include "emu_wide.h"
