// Each header needs nothing before it in C++, and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include EACH_HEADER
