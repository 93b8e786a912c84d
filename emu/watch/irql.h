/* irql.h: force IRQL checking: above APC_LEVEL paged pool is not there. */
#ifndef EMU_WATCH_IRQL_H
#define EMU_WATCH_IRQL_H

#include "host/host.h"
#include "poolemu.h"

VOID VfSetIrqlChecking(BOOLEAN Enable);

/* What raises the IRQL and what takes a spin lock tell it: paged pool is trimmed where the option wants it. */
VOID VfOnRaise(KIRQL OldIrql, KIRQL NewIrql);
VOID VfOnSpinLock(VOID);

/* Paged pool was allocated, and may be accessible. */
VOID VfNotePaged(VOID);

/* While the option is on: bug check 0xC4 (0xE1) when the object lies in paged pool. What: "a spin lock". */
VOID VfCheckObject(PVOID Caller, const VOID *Object, PCSTR What);

/* May the calling thread touch that page of paged pool now, as what an MDL locks? Else the fault is a stop,
 * VfStopOnPaged. */
BOOLEAN VfMayPageIn(ULONG_PTR Address);
DECLSPEC_NORETURN VOID VfStopOnPaged(const HOST_FAULT *Fault);

/* A fault in the paged arena: TRUE when the page is accessible now, FALSE when it is none of ours; or a stop. */
BOOLEAN VfOnPagedFault(const HOST_FAULT *Fault);

#endif
