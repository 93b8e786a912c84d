// bugcodes.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <bugcodes.h>

ULONG Use = BAD_POOL_CALLER;
