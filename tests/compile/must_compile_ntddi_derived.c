// _WIN32_WINNT alone decides NTDDI_VERSION.
// flags: -D_WIN32_WINNT=0x0601

#include <sdkddkver.h>

_Static_assert(NTDDI_VERSION == NTDDI_WIN7, "derived");
