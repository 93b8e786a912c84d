/* event.c: events. */
#include "core/bugcheck.h"
#include "core/thread.h"
#include "nt/ke/wait.h"
#include "watch/irql.h"
#include "watch/verifier.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

C_ASSERT((UCHAR)NotificationEvent == KI_NOTIFICATION_EVENT && (UCHAR)SynchronizationEvent == KI_SYNCHRONIZATION_EVENT);

/* A fast mutex is known by its event, whose initialization is the only one that calls the kernel. */
static VOID KiCheckEventInit(PRKEVENT Event, PVOID Caller)
{
    const FAST_MUTEX *Mutex = CONTAINING_RECORD(Event, FAST_MUTEX, Event);

    if (KiFindObject(KiObjectFastMutex, Mutex) != NULL) {
        KiStopForMisuse(KiObjectFastMutex, KiInitializedTwice, Mutex, Caller);
    }
    if (KiFindObject(KiObjectWaitedFor, Event) != NULL) {
        KiStopForMisuse(KiObjectWaitedFor, KiInitializedTwice, Event, Caller);
    }
}

/* What a routine that uses an event does first. */
static VOID KiCheckEvent(PRKEVENT Event, PVOID Frame, PVOID Caller)
{
    VfCheckFrame(Event, "event", Frame, Caller);
    if (VfIsOn() && !KiIsObject(&Event->Header)) {
        KiStopForMisuse(KiObjectWaitedFor, KiUsedUninitialized, Event, Caller);
    }
}

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    VfCheckObject(EMU_RETURN_ADDRESS(), Event, "the event");
    VfCheckFrame(Event, "event", EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    if (VfIsOn()) {
        KiCheckEventInit(Event, EMU_RETURN_ADDRESS());
    }
    KiInitializeObject(&Event->Header, (UCHAR)Type, sizeof(*Event), State != FALSE);
}

/* Wait says that a wait follows at once, for which the kernel keeps its lock. */
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Increment);
    VfCheckRule(KiExportKeSetEvent, Wait ? APC_LEVEL : HIGH_LEVEL, EMU_RETURN_ADDRESS());
    if (KiThread.Irql > DISPATCH_LEVEL && VfIsOn()) {
        KiStopF(
            EMU_RETURN_ADDRESS(),
            KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_EVENT_SET_AT_IRQL, KiThread.Irql, (ULONG_PTR)Event, 0),
            "KeSetEvent for the event at %p at IRQL %u", (PVOID)Event, KiThread.Irql);
    }
    KiCheckEvent(Event, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiTouchObject(&Event->Header);
    KiAcquireDispatcher();
    LONG Before = Event->Header.SignalState;
    KiSignalObject(&Event->Header);
    KiReleaseDispatcher();
    return Before;
}

LONG KeResetEvent(PRKEVENT Event)
{
    VfCheckLimit(KiExportKeResetEvent, EMU_RETURN_ADDRESS());
    KiCheckEvent(Event, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiTouchObject(&Event->Header);
    KiAcquireDispatcher();
    LONG Before = Event->Header.SignalState;
    Event->Header.SignalState = 0;
    KiReleaseDispatcher();
    return Before;
}

VOID KeClearEvent(PRKEVENT Event)
{
    VfCheckLimit(KiExportKeClearEvent, EMU_RETURN_ADDRESS());
    KiCheckEvent(Event, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KeResetEvent(Event);
}

LONG KeReadStateEvent(PRKEVENT Event)
{
    VfCheckLimit(KiExportKeReadStateEvent, EMU_RETURN_ADDRESS());
    KiCheckEvent(Event, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiTouchObject(&Event->Header);
    KiAcquireDispatcher();
    LONG State = Event->Header.SignalState;
    KiReleaseDispatcher();
    return State;
}
