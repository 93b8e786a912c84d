/* lowres.h: low resources simulation: whether a routine that can fail has to fail now. */
#ifndef EMU_WATCH_LOWRES_H
#define EMU_WATCH_LOWRES_H

#include "core/thread.h"
#include "poolemu.h"

static inline BOOLEAN VfMayInject(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_LOW_RESOURCES) != 0;
}

BOOLEAN VfSettle(VOID);
BOOLEAN VfDecide(PCSTR Routine, ULONG Tag, PVOID Caller);

/* Are calls failed? While they are, no fast path of the pool is open. */
static inline BOOLEAN VfIsInjecting(VOID)
{
    return EMU_UNLIKELY(VfMayInject()) && VfSettle();
}

/* To be asked once for each call that can fail, after its parameters were found to be right, while no lock is held. Tag
 * is 0 for a routine that takes none. TRUE: the routine fails. */
static inline BOOLEAN VfFails(PCSTR Routine, ULONG Tag, PVOID Caller)
{
    return EMU_UNLIKELY(VfMayInject()) && VfDecide(Routine, Tag, Caller);
}

/* A loop of the calling thread begins or ends to fail calls. */
VOID VfCountLoop(BOOLEAN Begins);

/* For Driver Verifier's options: fails calls in that mode unless POOLEMU_FAULTS or the test has settings of its own; or
 * ends that. */
VOID VfSetLowResources(BOOLEAN Enable, EMU_FAILURE_MODE Mode);

/* Does what POOLEMU_FAULTS says. */
VOID VfBeginLowResources(VOID);

/* While calls are failed: writes to stderr which one was the last, if one was. */
VOID VfPrintLastFailure(VOID);

/* For EmuReset. Loops go on. */
VOID VfResetLowResources(VOID);

/* Around a fork. */
VOID VfAcquireLowResources(VOID);
VOID VfReleaseLowResources(VOID);

#endif
