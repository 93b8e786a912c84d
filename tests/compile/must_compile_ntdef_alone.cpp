// ntdef.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <ntdef.h>

UNICODE_STRING Use = {0, 0, NULL};
