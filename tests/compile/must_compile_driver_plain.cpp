// Ordinary driver source compiles without warnings, as it is.
// flags: -Wall -Wextra -Wundef -Wshadow -Werror -Wno-unknown-pragmas

#include "driver.h"
