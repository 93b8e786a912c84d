/* wait.c: the dispatcher: one lock for the objects that threads wait for, and KeWaitForSingleObject. */
#include "nt/ke/wait.h"

#include "host/host.h"
#include "host/stack.h"
#include "core/assert.h"
#include "core/bugcheck.h"
#include "core/thread.h"
#include "nt/ke/timer.h"
#include "core/windows.h"
#include "watch/irql.h"
#include "watch/misuse.h"

/* A thread that waits; on its stack. */
typedef struct KI_WAIT {
    struct KI_WAIT *Next;
    const DISPATCHER_HEADER *Object;
    BOOLEAN Satisfied;
} KI_WAIT;

static HOST_LOCK KiDispatcherLock;
static HOST_CONDITION KiChanged;
static KI_WAIT *KiWaits; /* the longest first */

/* ---- The lock ------------------------------------------------------------------------------------------------- */

VOID KiHoldDispatcher(VOID)
{
    HostAcquire(&KiDispatcherLock);
}

/* The threads that waited are the parent's. */
VOID KiReleaseDispatcherInChild(VOID)
{
    KiChanged = (HOST_CONDITION){{0}};
    KiWaits = NULL;
    KiForgetObjects(KiObjectWaitedFor);
    KiForgetTimerThread();
    HostRelease(&KiDispatcherLock);
}

VOID KiAcquireDispatcher(VOID)
{
    HostAcquire(&KiDispatcherLock);
    KiKeepTimers();
}

VOID KiReleaseDispatcher(VOID)
{
    HostRelease(&KiDispatcherLock);
}

#if DBG
BOOLEAN KiHoldsDispatcher(VOID)
{
    return HostIsHeld(&KiDispatcherLock);
}
#endif

VOID KiSleep(LONG64 Until)
{
    KI_ASSERT(HostIsHeld(&KiDispatcherLock));
    HostWait(&KiChanged, &KiDispatcherLock, Until);
}

VOID KiWakeAll(VOID)
{
    KI_ASSERT(HostIsHeld(&KiDispatcherLock));
    HostWakeAll(&KiChanged);
}

/* ---- Objects -------------------------------------------------------------------------------------------------- */

VOID KiInitializeObject(DISPATCHER_HEADER *Object, UCHAR Type, SIZE_T Bytes, BOOLEAN Signalled)
{
    Object->Lock = 0;
    Object->Type = Type;
    Object->Size = (UCHAR)(Bytes / sizeof(ULONG));
    Object->SignalState = Signalled;
    InitializeListHead(&Object->WaitListHead);
}

static BOOLEAN KiLetsOneGo(const DISPATCHER_HEADER *Object)
{
    return (Object->Type & 1) != 0;
}

VOID KiSignalObject(DISPATCHER_HEADER *Object)
{
    BOOLEAN One = KiLetsOneGo(Object), Taken = FALSE;

    KI_ASSERT(HostIsHeld(&KiDispatcherLock));
    for (KI_WAIT *Wait = KiWaits; Wait != NULL && !(One && Taken); Wait = Wait->Next) {
        if (Wait->Object == Object && !Wait->Satisfied) {
            Wait->Satisfied = TRUE;
            Taken = TRUE;
        }
    }
    if (!One || !Taken) {
        Object->SignalState = 1;
    }
    if (Taken) {
        KiWakeAll();
    }
}

/* ---- Waiting -------------------------------------------------------------------------------------------------- */

LONG64 KiDueTime(LONG64 Timeout)
{
    LONG64 Now = HostInterruptTime();
    LONG64 Left = Timeout < -MAXLONGLONG ? MAXLONGLONG : Timeout < 0 ? -Timeout : Timeout - HostSystemTime();

    return Left < KI_NEVER - Now ? Now + Left : KI_NEVER;
}

static BOOLEAN KiTakeSignal(DISPATCHER_HEADER *Object)
{
    KI_ASSERT(HostIsHeld(&KiDispatcherLock));
    if (Object->SignalState <= 0) {
        return FALSE;
    }
    if (KiLetsOneGo(Object)) {
        Object->SignalState = 0;
    }
    return TRUE;
}

/* FALSE: it is not signalled, and the time is over. */
static BOOLEAN KiWaitUntil(DISPATCHER_HEADER *Object, LONG64 Until)
{
    KI_WAIT Wait = {NULL, Object, FALSE};
    BOOLEAN IsNoted = Until != 0 && VfIsOn();

    if (IsNoted) {
        VfNoteHeld(KiObjectWaitedFor, Object, sizeof(*Object), EMU_RETURN_ADDRESS());
    }
    KiAcquireDispatcher();
    Wait.Satisfied = KiTakeSignal(Object);
    if (!Wait.Satisfied && Until != 0) {
        KI_WAIT **Link = &KiWaits;
        while (*Link != NULL) {
            Link = &(*Link)->Next;
        }
        *Link = &Wait;
        while (!Wait.Satisfied && HostInterruptTime() < Until) {
            KiSleep(Until);
        }
        for (Link = &KiWaits; *Link != &Wait; Link = &(*Link)->Next) {
        }
        *Link = Wait.Next;
    }
    KiReleaseDispatcher();
    if (IsNoted) {
        VfNoteReleased(KiObjectWaitedFor, Object);
    }
    return Wait.Satisfied;
}

VOID KiWaitForObject(DISPATCHER_HEADER *Object)
{
    KiWaitUntil(Object, KI_NEVER);
}

BOOLEAN KiIsObject(const DISPATCHER_HEADER *Object)
{
    switch (Object->Type) {
    case KI_NOTIFICATION_EVENT:
    case KI_SYNCHRONIZATION_EVENT:
        return Object->Size == sizeof(KEVENT) / sizeof(ULONG);
    case KI_NOTIFICATION_TIMER:
    case KI_SYNCHRONIZATION_TIMER:
        return Object->Size == sizeof(KTIMER) / sizeof(ULONG);
    default:
        return FALSE;
    }
}

/* The rows of Driver Verifier give addresses: of a copy of the IRQL, of the object, of the timeout. */
static VOID KiCheckWait(PVOID Object, PLARGE_INTEGER Timeout, PVOID Caller)
{
    static EMU_THREAD_LOCAL KIRQL Irql;
    BOOLEAN Polls = Timeout != NULL && Timeout->QuadPart == 0;

    Irql = KiThread.Irql;
    if (Irql < DISPATCH_LEVEL || (Irql == DISPATCH_LEVEL && Polls)) {
        return;
    }
    KI_BUGCHECK BugCheck = KiBugCheck(ATTEMPTED_SWITCH_FROM_DPC, HostThreadId(), 0, 0, 0);
    if (VfIsOn() && KiIsAtLeast(6, 1, 0)) {
        ULONG_PTR Violation = Irql > DISPATCH_LEVEL ? KI_C4_WAIT_ABOVE_DISPATCH
                              : Timeout == NULL     ? KI_C4_WAIT_WITHOUT_TIMEOUT
                                                    : KI_C4_WAIT_WITH_TIMEOUT;
        BugCheck = KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, (ULONG_PTR)&Irql, (ULONG_PTR)Object,
                              (ULONG_PTR)Timeout);
    }
    KiStopF(Caller, BugCheck, "KeWaitForSingleObject for the object at %p at IRQL %u, %s", Object, Irql,
            Timeout == NULL ? "without a timeout" : "with a timeout");
}

/* The stack of a thread that waits in user mode may be paged out. */
static VOID KiCheckWaitMode(PVOID Object, KPROCESSOR_MODE WaitMode, PVOID Caller)
{
    if (WaitMode != KernelMode && VfIsOn() && KiIsAtLeast(6, 1, 0) && HostIsOnStack(Object)) {
        KiStopF(Caller,
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_USER_WAIT_ON_STACK, (ULONG_PTR)Object, 0, 0),
                "KeWaitForSingleObject in user mode for the object at %p, which lies on the stack", Object);
    }
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                               PLARGE_INTEGER Timeout)
{
    PVOID Caller = EMU_RETURN_ADDRESS();

    UNREFERENCED_PARAMETER(WaitReason);
    UNREFERENCED_PARAMETER(Alertable);
    KiCheckWait(Object, Timeout, Caller);
    KiCheckWaitMode(Object, WaitMode, Caller);
    VfCheckObject(Caller, Object, "the object waited for");
    VfCheckFrame(Object, "object waited for", EMU_FRAME_ADDRESS(), Caller);
    if (!KiIsObject(Object)) {
        KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_OBJECT_ADDRESS, (ULONG_PTR)Object, 0, 0),
                "KeWaitForSingleObject: there is no event and no timer at %p", Object);
    }
    LONG64 Until = Timeout == NULL ? KI_NEVER : Timeout->QuadPart == 0 ? 0 : KiDueTime(Timeout->QuadPart);
    return KiWaitUntil(Object, Until) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}
