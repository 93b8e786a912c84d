// Ordinary driver source compiles without warnings, in a checked build.
// flags: -Wall -Wextra -Wundef -Wshadow -Werror -Wno-unknown-pragmas -DDBG=1

#include "driver.h"
