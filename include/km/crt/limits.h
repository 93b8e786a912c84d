// The library's <limits.h>, where long has the 32 bits of LONG and ULONG, as for Microsoft's compiler.
#pragma GCC system_header
#include_next <limits.h>

#if !defined(EMU_HOST_LIBRARY) && !defined(_WIN32)
#undef LONG_MAX
#undef LONG_MIN
#undef ULONG_MAX
#define LONG_MAX 2147483647
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX 0xFFFFFFFFU
#if defined(LONG_BIT)
#undef LONG_BIT
#define LONG_BIT 32
#endif
#if defined(SSIZE_MAX) // the library's is its LONG_MAX
#undef SSIZE_MAX
#define SSIZE_MAX __PTRDIFF_MAX__
#endif
#endif
