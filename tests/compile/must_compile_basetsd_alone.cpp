// basetsd.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <basetsd.h>

ULONG_PTR Use = MAXULONG_PTR;
