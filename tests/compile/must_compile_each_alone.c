// Each header needs nothing before it in C11, and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include EACH_HEADER

typedef int NOT_EMPTY;
