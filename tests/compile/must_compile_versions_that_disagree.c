// Public drivers set the two version macros to different releases.

#define _WIN32_WINNT 0x0601
#define NTDDI_VERSION 0x06020000
#include <ntifs.h>

EMU_STATIC_ASSERT(NTDDI_VERSION == NTDDI_WIN8, "NTDDI_VERSION decides");
