// A file that is no driver's has the C library's routines and limits.
// flags: -Wall -Wextra -Werror
// code

#define EMU_HOST_LIBRARY
#include <limits.h>
#include <ntddk.h>
#include <wchar.h>

_Static_assert(LONG_MAX == __LONG_MAX__, "the compiler's");

int Say(void);

int Say(void)
{
    return putwchar('x') == WEOF;
}
