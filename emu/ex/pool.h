/* pool.h: what EmuReset asks of the pool. The routines themselves are in wdm.h. */
#ifndef EMU_EX_POOL_H
#define EMU_EX_POOL_H

#include "poolemu.h"

/* Frees every block, whatever state a driver left it in, and sets all counters to zero. */
VOID ExpResetPool(VOID);

#endif
