// sdkddkver.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <sdkddkver.h>

int Use[NTDDI_VERSION >= NTDDI_WIN10_NI ? 1 : -1];
