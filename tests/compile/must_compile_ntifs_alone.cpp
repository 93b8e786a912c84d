// ntifs.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <ntifs.h>

SYSTEM_POOL_ZEROING_INFORMATION Use = {TRUE};
