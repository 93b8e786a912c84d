/* fastmutex.c: fast mutexes. Count is 1 while nobody has the mutex, and below 0 while threads wait for its event. */
#include "host/host.h"
#include "core/bugcheck.h"
#include "core/thread.h"
#include "mem/cache.h"
#include "nt/ke/wait.h"
#include "watch/irql.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

static DECLSPEC_NORETURN VOID ExpStopForMutex(ULONG_PTR Violation, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4,
                                              const FAST_MUTEX *FastMutex, PCSTR What, PVOID Caller)
{
    KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, P2, P3, P4),
            "The fast mutex at %p, at IRQL %u: %s", (const VOID *)FastMutex, KiThread.Irql, What);
}

static VOID ExpCheckMutex(const FAST_MUTEX *FastMutex, PVOID Frame, PVOID Caller)
{
    VfCheckFrame(FastMutex, "fast mutex", Frame, Caller);
    if (VfIsOn() && !KiIsObject(&FastMutex->Event.Header)) {
        KiStopForMisuse(KiObjectFastMutex, KiUsedUninitialized, FastMutex, Caller);
    }
}

/* Without Driver Verifier the acquisition raises the IRQL, which is higher already, and that is the stop. */
static VOID ExpCheckAcquire(KI_EXPORT Export, const FAST_MUTEX *FastMutex, PVOID Frame, PVOID Caller)
{
    VfCheckObject(Caller, FastMutex, "the fast mutex");
    ExpCheckMutex(FastMutex, Frame, Caller);
    if (KiThread.Irql <= APC_LEVEL) {
        return;
    }
    VfCheckRule(Export, HIGH_LEVEL, Caller);
    if (VfIsOn()) {
        ExpStopForMutex(KI_C4_MUTEX_ACQUIRED_AT_IRQL, KiThread.Irql, (ULONG_PTR)FastMutex, 0, FastMutex,
                        "acquired above APC_LEVEL", Caller);
    }
    KiStopF(Caller, KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, KiThread.Irql, APC_LEVEL, 0, 0),
            "a fast mutex was acquired above APC_LEVEL");
}

static VOID ExpCheckUnsafe(const FAST_MUTEX *FastMutex, ULONG_PTR Violation, PVOID Frame, PVOID Caller)
{
    VfCheckObject(Caller, FastMutex, "the fast mutex");
    ExpCheckMutex(FastMutex, Frame, Caller);
    if (VfIsOn() && KiThread.Irql != APC_LEVEL && (KiThread.Irql > APC_LEVEL || KiThread.ApcDisable == 0)) {
        ExpStopForMutex(Violation, KiThread.Irql, (ULONG_PTR)(LONG_PTR)KiThread.ApcDisable, (ULONG_PTR)FastMutex,
                        FastMutex, "used \"unsafe\" while APCs are not disabled", Caller);
    }
}

static KIRQL ExpRaiseToApcLevel(VOID)
{
    KIRQL Irql = KiThread.Irql;

    MiSetIrql(APC_LEVEL);
    if (VfIsOn()) {
        VfOnRaise(Irql, APC_LEVEL);
    }
    return Irql;
}

static VOID ExpOwnMutex(PFAST_MUTEX FastMutex, PVOID Caller)
{
    EMU_ATOMIC_STORE(&FastMutex->Owner, (PVOID)HostThreadId(), EMU_ORDER_NONE);
    if (VfIsOn()) {
        VfNoteHeld(KiObjectFastMutex, FastMutex, sizeof(*FastMutex), Caller);
    }
}

/* One that was never initialized has no event, and a wait for it would have no end. */
static VOID ExpTakeMutex(PFAST_MUTEX FastMutex, PVOID Caller)
{
    PVOID Thread = (PVOID)HostThreadId();

    if (EMU_ATOMIC_LOAD(&FastMutex->Owner, EMU_ORDER_NONE) == Thread) {
        ExpStopForMutex(KI_C4_SELF_DEADLOCK, (ULONG_PTR)FastMutex, 0, 0, FastMutex,
                        "acquired again by the thread that has it", Caller);
    }
    if (EMU_ATOMIC_ADD(32, &FastMutex->Count, -1, EMU_ORDER_ACQUIRE) != FM_LOCK_BIT) {
        if (!KiIsObject(&FastMutex->Event.Header)) {
            KiStopForMisuse(KiObjectFastMutex, KiUsedUninitialized, FastMutex, Caller);
        }
        EMU_ATOMIC_ADD(32, &FastMutex->Contention, 1, EMU_ORDER_NONE);
        KiWaitForObject(&FastMutex->Event.Header);
    }
    ExpOwnMutex(FastMutex, Caller);
}

static VOID ExpGiveMutex(PFAST_MUTEX FastMutex, PVOID Caller)
{
    PVOID Thread = (PVOID)HostThreadId();
    PVOID Owner = EMU_ATOMIC_LOAD(&FastMutex->Owner, EMU_ORDER_NONE);

    if (Owner == NULL) {
        ExpStopForMutex(KI_C4_RELEASED_NOT_ACQUIRED, (ULONG_PTR)FastMutex, 0, 0, FastMutex,
                        "released, and nobody has it", Caller);
    }
    if (Owner != Thread) {
        ExpStopForMutex(KI_C4_UNEXPECTED_THREAD, (ULONG_PTR)FastMutex, (ULONG_PTR)Owner, (ULONG_PTR)Thread, FastMutex,
                        "released, and another thread has it", Caller);
    }
    VfNoteReleased(KiObjectFastMutex, FastMutex);
    EMU_ATOMIC_STORE(&FastMutex->Owner, NULL, EMU_ORDER_NONE);
    if (EMU_ATOMIC_ADD(32, &FastMutex->Count, 1, EMU_ORDER_RELEASE) < 0) {
        KeSetEvent(&FastMutex->Event, IO_NO_INCREMENT, FALSE);
    }
}

VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    ExpCheckAcquire(KiExportExAcquireFastMutex, FastMutex, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KIRQL Irql = ExpRaiseToApcLevel();
    ExpTakeMutex(FastMutex, EMU_RETURN_ADDRESS());
    FastMutex->OldIrql = Irql;
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    ExpCheckAcquire(KiExportExTryToAcquireFastMutex, FastMutex, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    if (EMU_ATOMIC_COMPARE_EXCHANGE(32, &FastMutex->Count, 0, FM_LOCK_BIT, EMU_ORDER_ACQUIRE) != FM_LOCK_BIT) {
        return FALSE;
    }
    ExpOwnMutex(FastMutex, EMU_RETURN_ADDRESS());
    FastMutex->OldIrql = ExpRaiseToApcLevel();
    return TRUE;
}

VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    if (KiThread.Irql != APC_LEVEL && VfIsOn()) {
        ExpStopForMutex(KI_C4_MUTEX_RELEASED_AT_IRQL, KiThread.Irql, (ULONG_PTR)FastMutex, 0, FastMutex,
                        "released at another IRQL than APC_LEVEL", EMU_RETURN_ADDRESS());
    }
    KIRQL Irql = (KIRQL)FastMutex->OldIrql; /* the next owner's, from here on */
    ExpGiveMutex(FastMutex, EMU_RETURN_ADDRESS());
    KeLowerIrql(Irql);
}

VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExpCheckUnsafe(FastMutex, KI_C4_UNSAFE_ACQUIRE_WITH_APCS, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpTakeMutex(FastMutex, EMU_RETURN_ADDRESS());
}

VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExpCheckUnsafe(FastMutex, KI_C4_UNSAFE_RELEASE_WITH_APCS, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpGiveMutex(FastMutex, EMU_RETURN_ADDRESS());
}
