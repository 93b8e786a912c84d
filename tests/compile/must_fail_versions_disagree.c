// NTDDI_VERSION and _WIN32_WINNT have to name the same Windows.

#define _WIN32_WINNT 0x0601
#if defined(EXPECT_OK)
#define NTDDI_VERSION 0x06010000
#else
#define NTDDI_VERSION 0x06020000
#endif
#include <sdkddkver.h>
