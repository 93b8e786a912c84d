// Ordinary driver source compiles without warnings, with POOL_NX_OPTIN.
// flags: -Wall -Wextra -Wundef -Wshadow -Werror -Wno-unknown-pragmas -DPOOL_NX_OPTIN=1

#include "driver.h"
