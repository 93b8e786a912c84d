/* spinlock.h: spin locks at any IRQL, for routines that take one for a moment. */
#ifndef EMU_NT_KE_SPINLOCK_H
#define EMU_NT_KE_SPINLOCK_H

#include "poolemu.h"

VOID KiLockAtAnyIrql(PKSPIN_LOCK SpinLock, PVOID Caller);
VOID KiUnlock(PKSPIN_LOCK SpinLock, PVOID Caller);

#endif
