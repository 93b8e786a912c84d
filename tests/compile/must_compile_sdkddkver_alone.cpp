// sdkddkver.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <sdkddkver.h>

int Use[NTDDI_VERSION >= NTDDI_WIN10_NI ? 1 : -1];
