/* wait.h: the dispatcher: one lock for the objects that threads wait for, and who waits. */
#ifndef EMU_NT_KE_WAIT_H
#define EMU_NT_KE_WAIT_H

#include "poolemu.h"

/* The types of dispatcher objects; a signal of an odd one lets one waiter go. */
enum {
    KI_NOTIFICATION_EVENT = 0,
    KI_SYNCHRONIZATION_EVENT = 1,
    KI_NOTIFICATION_TIMER = 8,
    KI_SYNCHRONIZATION_TIMER = 9,
};

/* For ever, as an Until. */
#define KI_NEVER MAXLONGLONG

/* No object of the driver's is touched for the first time under the lock: a fault there would be a stop with it. */
VOID KiAcquireDispatcher(VOID);
VOID KiReleaseDispatcher(VOID);

#if DBG
BOOLEAN KiHoldsDispatcher(VOID); /* for KI_ASSERT: the calling thread holds the lock */
#endif

/* Around a fork. Waiting threads are not in the child. */
VOID KiHoldDispatcher(VOID);
VOID KiReleaseDispatcherInChild(VOID);

static inline VOID KiTouchObject(const DISPATCHER_HEADER *Object)
{
    (VOID) EMU_ATOMIC_LOAD(&Object->Type, EMU_ORDER_NONE); /* nobody changes it after the initialization */
}

/* Under the lock, which it lets go until a thread calls KiWakeAll, or HostInterruptTime is Until, or for no reason. */
VOID KiSleep(LONG64 Until);
VOID KiWakeAll(VOID);

/* Under the lock: signals an object that has been set or is due. */
VOID KiSignalObject(DISPATCHER_HEADER *Object);

VOID KiInitializeObject(DISPATCHER_HEADER *Object, UCHAR Type, SIZE_T Bytes, BOOLEAN Signalled);

/* Whether it has the type and size of an event or a timer. */
BOOLEAN KiIsObject(const DISPATCHER_HEADER *Object);

/* HostInterruptTime when that timeout is over. */
LONG64 KiDueTime(LONG64 Timeout);

/* Waits for a signal for ever. */
VOID KiWaitForObject(DISPATCHER_HEADER *Object);

#endif
