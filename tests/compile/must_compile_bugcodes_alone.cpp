// bugcodes.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <bugcodes.h>

ULONG Use = BAD_POOL_CALLER;
