// ntdef.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <ntdef.h>

UNICODE_STRING Use = {0, 0, NULL};
