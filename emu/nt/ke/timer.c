/* timer.c: timers, and their DPCs: a thread of the emulator's sleeps until the next one is due. */
#include "nt/ke/timer.h"

#include <stdlib.h>

#include "host/host.h"
#include "core/assert.h"
#include "core/bugcheck.h"
#include "core/export.h"
#include "core/object.h"
#include "core/thread.h"
#include "nt/ke/wait.h"
#include "mem/block.h"
#include "watch/irql.h"
#include "mem/region.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

/* A timer that is set. It may be gone by the time it is due, so what the emulator needs of it is here. Timers are set
 * and cancelled under the dispatcher's lock. */
typedef struct KI_TIMER {
    KI_OBJECT Object;
    LONG64 Due;
    LONG64 Period;
    PKDPC Dpc;
    PVOID Caller; /* who set it */
} KI_TIMER;

static BOOLEAN KiHasTimerThread; /* a forked child has none at first */
static ULONG_PTR KiDpcThread;    /* the thread that runs a DPC, or 0 */
enum {
    KI_LINGERING = 10000000, /* of 100 ns */
};

static ULONG64 KiPasses; /* of that thread: what was due before is done */

/* ---- Timers that are set, under the dispatcher's lock ---------------------------------------------------------- */

static BOOLEAN KiRemoveTimer(const KTIMER *Timer)
{
    KI_OBJECT *Object = KiRemoveObject(KiObjectTimer, Timer);

    KI_ASSERT(KiHoldsDispatcher());
    if (Object == NULL) {
        return FALSE;
    }
    VfNoteReleased(KiObjectDpc, CONTAINING_RECORD(Object, KI_TIMER, Object)->Dpc);
    free(Object);
    return TRUE;
}

/* Of several that are due at once, the one that was set last. */
static KI_TIMER *KiNextTimer(VOID)
{
    KI_TIMER *Next = NULL;

    KI_ASSERT(KiHoldsDispatcher());
    for (KI_OBJECT *Object = KiFirstObject(KiObjectTimer); Object != NULL; Object = Object->Next) {
        KI_TIMER *Entry = CONTAINING_RECORD(Object, KI_TIMER, Object);
        Next = Next == NULL || Entry->Due <= Next->Due ? Entry : Next;
    }
    return Next;
}

/* ---- The thread ----------------------------------------------------------------------------------------------- */

static VOID KiRunDpc(PKDPC Dpc)
{
    KIRQL Irql = KeRaiseIrqlToDpcLevel();

    KiThread.InDpc = TRUE;
    Dpc->DeferredRoutine(Dpc, Dpc->DeferredContext, Dpc->SystemArgument1, Dpc->SystemArgument2);
    KiThread.InDpc = FALSE;
    KeLowerIrql(Irql);
}

/* Without Driver Verifier, too: the kernel would write to memory that is another's by now. */
static DECLSPEC_NORETURN VOID KiStopForFreedTimer(PKTIMER Timer, PVOID Caller)
{
    KiStopF(Caller,
            KiBugCheck(TIMER_OR_DPC_INVALID, KI_C7_TIMER, (ULONG_PTR)Timer, (ULONG_PTR)Timer, (ULONG_PTR)(Timer + 1)),
            "The pool block with the timer at %p was freed, and the timer was not cancelled before.", (PVOID)Timer);
}

/* Under the lock, which it lets go. */
static VOID KiExpire(KI_TIMER *Entry)
{
    PKTIMER Timer = Entry->Object.Address;
    PKDPC Dpc = Entry->Dpc;
    PVOID Caller = Entry->Caller;

    KI_ASSERT(KiHoldsDispatcher());
    if (Entry->Period != 0) {
        Entry->Due += Entry->Period;
    } else {
        KiRemoveTimer(Timer);
    }
    if (MiIsFreedPool((ULONG_PTR)Timer)) {
        KiRemoveTimer(Timer);
        KiReleaseDispatcher();
        KiStopForFreedTimer(Timer, Caller);
    }
    KiSignalObject(&Timer->Header);
    KiDpcThread = HostThreadId();
    KiReleaseDispatcher();
    if (Dpc != NULL) {
        KiRunDpc(Dpc);
    }
    KiAcquireDispatcher();
    KiDpcThread = 0;
}

/* Ends when no timer has been set for a while: a process whose main thread is gone waits for its last thread. */
static VOID KiTimerMain(VOID)
{
    LONG64 End = KI_NEVER;

    KiAcquireDispatcher();
    for (;;) {
        KI_TIMER *Next = KiNextTimer();
        LONG64 Now = HostInterruptTime();
        if (Next != NULL && Next->Due <= Now) {
            KiExpire(Next);
            continue;
        }
        End = Next != NULL ? KI_NEVER : min(End, Now + KI_LINGERING);
        KiPasses++;
        KiWakeAll();
        if (End <= Now) {
            break;
        }
        KiSleep(Next != NULL ? Next->Due : End);
    }
    KiHasTimerThread = FALSE;
    KiReleaseDispatcher();
}

VOID KiKeepTimers(VOID)
{
    KI_ASSERT(KiHoldsDispatcher());
    if (KiHasTimerThread || !KiHasObjects(KiObjectTimer)) {
        return;
    }
    KiHasTimerThread = TRUE;
    if (!HostStartThread(KiTimerMain)) {
        HostFatal("the host has no thread for timers");
    }
}

VOID KiForgetTimerThread(VOID)
{
    KI_ASSERT(KiHoldsDispatcher());
    KiHasTimerThread = FALSE;
    KiDpcThread = 0;
}

/* ---- The routines --------------------------------------------------------------------------------------------- */

enum {
    KI_DPC = 19 /* as KOBJECTS numbers them */
};

/* What a routine that uses a timer does first. */
static VOID KiCheckTimer(PKTIMER Timer, PVOID Frame, PVOID Caller)
{
    VfCheckFrame(Timer, "timer", Frame, Caller);
    if (VfIsOn() && !KiIsObject(&Timer->Header)) {
        KiStopForMisuse(KiObjectTimer, KiUsedUninitialized, Timer, Caller);
    }
}

static VOID KiCheckDpc(PKDPC Dpc, PVOID Frame, PVOID Caller)
{
    if (Dpc == NULL) {
        return;
    }
    VfCheckFrame(Dpc, "DPC", Frame, Caller);
    if (VfIsOn() && (Dpc->Type != KI_DPC || Dpc->DeferredRoutine == NULL)) {
        KiStopForMisuse(KiObjectDpc, KiUsedUninitialized, Dpc, Caller);
    }
}

static VOID KiInitializeTimer(PKTIMER Timer, TIMER_TYPE Type, PVOID Frame, PVOID Caller)
{
    VfCheckObject(Caller, Timer, "the timer");
    VfCheckFrame(Timer, "timer", Frame, Caller);
    if (VfIsOn() && KiFindObject(KiObjectTimer, Timer) != NULL) {
        KiStopForMisuse(KiObjectTimer, KiInitializedTwice, Timer, Caller);
    }
    KiInitializeObject(&Timer->Header, (UCHAR)(KI_NOTIFICATION_TIMER + Type), sizeof(*Timer), FALSE);
    Timer->DueTime.QuadPart = 0;
    InitializeListHead(&Timer->TimerListEntry);
    Timer->Dpc = NULL;
#if !defined(EMU_ARCH_X86)
    Timer->Processor = 0;
#endif
    Timer->Period = 0;
}

VOID KeInitializeTimer(PKTIMER Timer)
{
    VfCheckLimit(KiExportKeInitializeTimer, EMU_RETURN_ADDRESS());
    KiInitializeTimer(Timer, NotificationTimer, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
}

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    VfCheckLimit(KiExportKeInitializeTimerEx, EMU_RETURN_ADDRESS());
    KiInitializeTimer(Timer, Type, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
}

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    VfCheckFrame(Dpc, "DPC", EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    if (VfIsOn() && KiFindObject(KiObjectDpc, Dpc) != NULL) {
        KiStopForMisuse(KiObjectDpc, KiInitializedTwice, Dpc, EMU_RETURN_ADDRESS());
    }
    *Dpc = (KDPC){.DeferredRoutine = DeferredRoutine, .DeferredContext = DeferredContext};
    Dpc->Type = KI_DPC; /* of medium importance */
    Dpc->Importance = 1;
}

static BOOLEAN KiSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc, PVOID Frame, PVOID Caller)
{
    LONG64 Due = KiDueTime(DueTime.QuadPart);

    VfCheckObject(Caller, Timer, "the timer");
    KiCheckTimer(Timer, Frame, Caller);
    KiCheckDpc(Dpc, Frame, Caller);
    KiTouchObject(&Timer->Header);
    KI_TIMER *Entry = KiNewObject(KiObjectTimer, Timer, sizeof(*Timer), Caller, sizeof(*Entry));
    Entry->Due = Due;
    Entry->Period = Period * 10000ll;
    Entry->Dpc = Dpc;
    Entry->Caller = Caller;
    Timer->DueTime.QuadPart = (ULONG64)Due;
    Timer->Dpc = Dpc;
    Timer->Period = Period;
    KiAcquireDispatcher();
    BOOLEAN WasSet = KiRemoveTimer(Timer);
    Timer->Header.SignalState = 0;
    KiAddObject(&Entry->Object);
    if (Dpc != NULL && VfIsOn()) {
        VfNoteHeld(KiObjectDpc, Dpc, sizeof(*Dpc), Caller);
    }
    KiKeepTimers();
    KiWakeAll();
    KiReleaseDispatcher();
    return WasSet;
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    VfCheckLimit(KiExportKeSetTimer, EMU_RETURN_ADDRESS());
    return KiSetTimer(Timer, DueTime, 0, Dpc, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    VfCheckLimit(KiExportKeSetTimerEx, EMU_RETURN_ADDRESS());
    return KiSetTimer(Timer, DueTime, Period, Dpc, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
}

BOOLEAN KeCancelTimer(PKTIMER Timer)
{
    VfCheckLimit(KiExportKeCancelTimer, EMU_RETURN_ADDRESS());
    KiCheckTimer(Timer, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiAcquireDispatcher();
    BOOLEAN WasSet = KiRemoveTimer(Timer);
    KiReleaseDispatcher();
    return WasSet;
}

BOOLEAN KeReadStateTimer(PKTIMER Timer)
{
    VfCheckLimit(KiExportKeReadStateTimer, EMU_RETURN_ADDRESS());
    KiCheckTimer(Timer, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiTouchObject(&Timer->Header);
    KiAcquireDispatcher();
    BOOLEAN Signalled = Timer->Header.SignalState != 0;
    KiReleaseDispatcher();
    return Signalled;
}

/* The thread's next pass tells that there was nothing due any more. */
static VOID KiFlushDpcs(VOID)
{
    KiAcquireDispatcher();
    ULONG64 Pass = KiPasses;
    KiWakeAll();
    while (KiHasTimerThread && KiPasses == Pass && KiDpcThread != HostThreadId()) {
        KiSleep(KI_NEVER);
    }
    KiReleaseDispatcher();
}

VOID KeFlushQueuedDpcs(VOID)
{
    KiCheckExport(KiExportKeFlushQueuedDpcs, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportKeFlushQueuedDpcs, EMU_RETURN_ADDRESS());
    KiFlushDpcs();
}

VOID KiResetTimers(VOID)
{
    KiAcquireDispatcher();
    KiForgetObjects(KiObjectTimer);
    KiForgetObjects(KiObjectDpc);
    KiReleaseDispatcher();
    KiFlushDpcs();
}
