/* version.h: questions to the table of Windows versions. */
#ifndef EMU_NT_RTL_VERSION_H
#define EMU_NT_RTL_VERSION_H

#include "poolemu.h"

BOOLEAN RtlpHasNxPool(VOID);  /* Windows 8 (6.2) and later */
BOOLEAN RtlpZeroesPool(VOID); /* POOL_ZERO_ALLOCATION is understood: Windows 10 2004 (build 19041) and later */
BOOLEAN RtlpIsAtLeast(ULONG Major, ULONG Minor, ULONG Build);
PCWSTR RtlpServicePackName(VOID); /* "Service Pack 2", or the empty string */
VOID RtlpResetWindows(VOID);      /* back to POOLEMU_WINDOWS or the newest Windows 11 */

#endif
