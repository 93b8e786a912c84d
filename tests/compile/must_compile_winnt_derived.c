// NTDDI_VERSION alone decides _WIN32_WINNT and WINVER.
// flags: -DNTDDI_VERSION=0x06020000

#include <sdkddkver.h>

_Static_assert(_WIN32_WINNT == _WIN32_WINNT_WIN8 && WINVER == _WIN32_WINNT, "derived");
