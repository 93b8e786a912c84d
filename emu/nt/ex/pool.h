/* pool.h: the pool for the rest of the emulator. The routines themselves are in wdm.h. */
#ifndef EMU_NT_EX_POOL_H
#define EMU_NT_EX_POOL_H

#include "poolemu.h"

/* ExAllocatePoolWithTag on behalf of another routine, which Caller called: when it fails deliberately it is that one
 * which fails, and with Driver Verifier that call which is at fault. */
PVOID ExpAllocateAs(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller);

/* For the routines of the file system run-time library, which always raise. Tag NULL: none. */
PVOID ExpAllocateForFsRtl(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, const ULONG *Tag, BOOLEAN Quota,
                          PVOID Caller);

/* Frees every block, whatever state a driver left it in, and sets all counters to zero. */
VOID ExpResetPool(VOID);

#endif
