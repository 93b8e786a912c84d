// specstrings.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <specstrings.h>

int Use(__in_bcount(Length) const void *Data, __in int Length);
