/* windows.h: questions to the table of Windows versions. */
#ifndef EMU_CORE_WINDOWS_H
#define EMU_CORE_WINDOWS_H

#include "poolemu.h"

BOOLEAN KiIsWindowsAtLeast(const EMU_WINDOWS *Windows, ULONG Major, ULONG Minor, ULONG Build);

/* Of the Windows that is emulated. */
BOOLEAN KiIsAtLeast(ULONG Major, ULONG Minor, ULONG Build);
BOOLEAN KiHasNxPool(VOID);      /* Windows 8 (6.2) and later */
BOOLEAN KiHasSegmentHeap(VOID); /* the pool is a heap, which reports damage: Windows 10 1903 (build 18362) and later */
BOOLEAN KiZeroesPool(VOID);     /* POOL_ZERO_ALLOCATION is understood: Windows 10 2004 (build 19041) and later */

/* Emulates POOLEMU_WINDOWS, or the newest Windows 11. */
VOID KiBeginWindows(VOID);

#endif
