/* process.h: the one process that there is, as far as quota needs one. */
#ifndef EMU_NT_PS_PROCESS_H
#define EMU_NT_PS_PROCESS_H

#include "poolemu.h"

/* Charges a block to the process, which keeps the process referenced. FALSE: its quota does not allow that. PoolType
 * may have modifier bits. */
BOOLEAN PspChargeQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Bytes);
VOID PspReturnQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Bytes);

/* What drivers have charged to it by themselves, and not returned: nonpaged and paged. */
typedef struct PSP_CHARGED {
    SIZE_T Bytes[2];
} PSP_CHARGED;

PSP_CHARGED PspQueryCharged(VOID);

/* For EmuReset: nothing is charged, and there are no limits. */
VOID PspReset(VOID);

#endif
