// specstrings.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <specstrings.h>

int Use(__in_bcount(Length) const void *Data, __in int Length);
