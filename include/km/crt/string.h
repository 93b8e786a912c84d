// The library's <string.h>, and the wide routines, which Microsoft's declares, too.
#pragma GCC system_header
#include_next <string.h>
#if !defined(EMU_HOST_LIBRARY) && !defined(_WIN32) && __SIZEOF_WCHAR_T__ == 2
#include <wchar.h>
#endif
