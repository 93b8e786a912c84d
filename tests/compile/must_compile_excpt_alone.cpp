// excpt.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <excpt.h>

int Use = EXCEPTION_EXECUTE_HANDLER;
