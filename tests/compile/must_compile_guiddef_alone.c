// guiddef.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <guiddef.h>

GUID Use = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
