// POOL_NX_OPTIN and ExInitializeDriverRuntime serve builds for any Windows, the oldest as well.
// flags: -DPOOL_NX_OPTIN=1 -DPOOL_ZERO_DOWN_LEVEL_SUPPORT -DNTDDI_VERSION=0x05000000 -Wall -Wextra -Wconversion -Wundef
// -Wshadow -Werror

#include <wdm.h>

VOID Initialise(VOID);
VOID Initialise(VOID)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
}
