// Ordinary driver source compiles without warnings, with POOL_NX_OPTIN_AUTO.
// flags: -Wall -Wextra -Wundef -Wshadow -Werror -Wno-unknown-pragmas -DPOOL_NX_OPTIN_AUTO=1

#include "driver.h"
