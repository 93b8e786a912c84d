// basetsd.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <basetsd.h>

ULONG_PTR Use = MAXULONG_PTR;
