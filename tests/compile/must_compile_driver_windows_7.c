// Ordinary driver source compiles without warnings, for Windows 7 with POOL_NX_OPTIN and down-level zeroing.
// flags: -Wall -Wextra -Wundef -Wshadow -Werror -Wno-unknown-pragmas -DNTDDI_VERSION=0x06010000 -DPOOL_NX_OPTIN=1
// -DPOOL_ZERO_DOWN_LEVEL_SUPPORT

#include "driver.h"
