// ntifs.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <ntifs.h>

SYSTEM_POOL_ZEROING_INFORMATION Use = {TRUE};
