/* contiguous.h: what EmuReset asks of contiguous memory. The routines themselves are in wdm.h and ntddk.h. */
#ifndef EMU_NT_MM_CONTIGUOUS_H
#define EMU_NT_MM_CONTIGUOUS_H

#include "poolemu.h"

/* Frees all contiguous and noncached memory; nothing of it is mapped. */
VOID MiResetContiguous(VOID);

#endif
