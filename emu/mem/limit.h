/* limit.h: a ceiling on paged and on nonpaged pool, below which requests of low priority fail first. */
#ifndef EMU_MEM_LIMIT_H
#define EMU_MEM_LIMIT_H

#include "poolemu.h"

/* Counts Bytes of that type as used, FALSE when a limit leaves no room for them at that priority; and takes them off
 * again. Without a limit both do nothing. */
BOOLEAN MiTakeFromLimit(POOL_TYPE PoolType, SIZE_T Bytes, EX_POOL_PRIORITY Priority);
VOID MiGiveToLimit(POOL_TYPE PoolType, SIZE_T Bytes);

/* For EmuReset: no limits. */
VOID MiResetLimits(VOID);

#endif
