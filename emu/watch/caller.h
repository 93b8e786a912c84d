/* caller.h: which code asks for executable pool: noted while a DriverEntry runs, counted when a test wants it counted.
 */
#ifndef EMU_WATCH_CALLER_H
#define EMU_WATCH_CALLER_H

#include "core/thread.h"
#include "poolemu.h"

VOID VfAuditRequest(PCSTR Routine, PVOID Caller, POOL_TYPE PoolType, PVOID Block);
VOID VfAuditLookasideList(PCSTR Routine, PVOID Caller, POOL_TYPE PoolType);
VOID VfAuditMapping(PCSTR Routine, PVOID Caller, BOOLEAN Executable);

/* Around the DriverEntry of the image that Entry lies in: what it has done before does not count. */
VOID VfBeginLoad(PDRIVER_INITIALIZE Entry);
VOID VfEndLoad(VOID);

/* For EmuReset. */
VOID VfResetAudit(VOID);

/* To be asked first. No fast path is open then, so nobody else has to. */
static inline BOOLEAN VfIsAuditing(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & (KI_LOADING | KI_COUNTING_CALLS)) != 0;
}

#endif
