// excpt.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <excpt.h>

int Use = EXCEPTION_EXECUTE_HANDLER;
