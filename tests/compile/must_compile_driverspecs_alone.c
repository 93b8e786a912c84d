// driverspecs.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <driverspecs.h>

_IRQL_requires_max_(DISPATCH_LEVEL) __drv_aliasesMem int Use;
