/* spinlock.c: spin locks. A lock that is taken holds its owner's HostThreadId, so that taking it twice and releasing
 * another's are found; waiting threads yield, as the owner may have no processor here. */
#include "nt/ke/spinlock.h"

#include "core/bugcheck.h"
#include "core/export.h"
#include "core/option.h"
#include "host/host.h"
#include "core/thread.h"
#include "watch/irql.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

/* The pages of these stops name no parameters; the lock's address is what ReactOS gives. */
static DECLSPEC_NORETURN VOID KiStopForLock(PVOID Caller, ULONG Code, PKSPIN_LOCK SpinLock, PCSTR What)
{
    KiStopF(Caller, KiBugCheck(Code, (ULONG_PTR)SpinLock, 0, 0, 0), "%s; spin lock at 0x%llX", What,
            (ULONGLONG)(ULONG_PTR)SpinLock);
}

static VOID KiCountAcquired(PKSPIN_LOCK SpinLock, PVOID Caller)
{
    if (VfIsOn()) {
        VfNoteHeld(KiObjectSpinLock, SpinLock, sizeof(*SpinLock), Caller);
        VfOnSpinLock();
    }
}

static VOID KiCheckSpinLock(PKSPIN_LOCK SpinLock, PVOID Frame, PVOID Caller)
{
    if (VfIsOn()) {
        VfStopForGoneFrame(SpinLock, "spin lock", Frame, Caller);
        VfCheckObject(Caller, SpinLock, "the spin lock");
    }
}

/* Driver Verifier's word on a routine that is called at the wrong IRQL. */
static VOID KiVerifyIrql(PKSPIN_LOCK SpinLock, PVOID Caller, BOOLEAN IsRight, ULONG_PTR Violation, PCSTR Routine)
{
    if (!IsRight && VfIsOn()) {
        KiStopF(Caller,
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, KiThread.Irql, (ULONG_PTR)SpinLock, 0),
                "%s for the spin lock at 0x%llX at IRQL %u", Routine, (ULONGLONG)(ULONG_PTR)SpinLock, KiThread.Irql);
    }
}

static BOOLEAN KiTryAcquire(PKSPIN_LOCK SpinLock, ULONG_PTR Thread, ULONG_PTR *Owner)
{
    *Owner = EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, SpinLock, Thread, 0, EMU_ORDER_ACQUIRE);
    return *Owner == 0;
}

enum {
    KI_SECOND = 10 * 1000 * 1000, /* in units of HostInterruptTime */
    KI_LONGEST_LOOK = KI_SECOND / 10,
    KI_TICKS_PER_SECOND = 64,
};

/* Waits until the lock has another owner, or none. A lock that was never initialized, or lies in memory that is used
 * for something else, has an owner that never releases it. Time that passes while the whole process is halted, as in a
 * debugger, counts as one look. */
static VOID KiSpin(PKSPIN_LOCK SpinLock, ULONG_PTR Owner, PVOID Caller)
{
    LONG64 Last = HostInterruptTime(), Waited = 0;

    while (EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_NONE) == Owner) {
        HostYield();
        LONG64 Now = HostInterruptTime();
        Waited += min(Now - Last, KI_LONGEST_LOOK);
        Last = Now;
        if (Waited >= KI_SECOND && Waited >= (LONG64)KiOptionNumber(KiOptionSpinSeconds) * KI_SECOND) {
            ULONG Seconds = (ULONG)(Waited / KI_SECOND);
            KiStopF(
                Caller,
                KiBugCheck(DPC_WATCHDOG_VIOLATION, KI_133_CUMULATIVE, (ULONG_PTR)Seconds * KI_TICKS_PER_SECOND, 0, 0),
                "the spin lock at 0x%llX did not become free within %u seconds; it holds 0x%llX, which is no thread "
                "that releases it: is the lock initialized, and is its memory still its own?",
                (ULONGLONG)(ULONG_PTR)SpinLock, Seconds, (ULONGLONG)Owner);
        }
    }
}

static VOID KiAcquire(PKSPIN_LOCK SpinLock, PVOID Caller)
{
    ULONG_PTR Thread = HostThreadId();
    ULONG_PTR Owner;

    while (!KiTryAcquire(SpinLock, Thread, &Owner)) {
        if (Owner == Thread) {
            KiStopForLock(Caller, SPIN_LOCK_ALREADY_OWNED, SpinLock, "this thread has this spin lock already");
        }
        KiSpin(SpinLock, Owner, Caller);
    }
    KiCountAcquired(SpinLock, Caller);
}

static VOID KiRelease(PKSPIN_LOCK SpinLock, PVOID Caller)
{
    if (EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_NONE) != HostThreadId()) {
        KiStopForLock(Caller, SPIN_LOCK_NOT_OWNED, SpinLock, "this thread releases a spin lock that it does not have");
    }
    VfNoteReleased(KiObjectSpinLock, SpinLock);
    EMU_ATOMIC_STORE(SpinLock, 0, EMU_ORDER_RELEASE);
}

VOID KiLockAtAnyIrql(PKSPIN_LOCK SpinLock, PVOID Caller)
{
    KiCheckSpinLock(SpinLock, EMU_FRAME_ADDRESS(), Caller);
    KiAcquire(SpinLock, Caller);
}

VOID KiUnlock(PKSPIN_LOCK SpinLock, PVOID Caller)
{
    KiRelease(SpinLock, Caller);
}

/* Below DISPATCH_LEVEL the AtDpcLevel routines are wrong, and in the kernel they deadlock one day. The parameters are
 * ReactOS's. */
static VOID KiCheckDpcLevel(PKSPIN_LOCK SpinLock, PVOID Caller)
{
    if (KiThread.Irql < DISPATCH_LEVEL) {
        KiStopF(Caller, KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)SpinLock, KiThread.Irql, 0, 0),
                "an AtDpcLevel routine for the spin lock at 0x%llX was called at IRQL %u",
                (ULONGLONG)(ULONG_PTR)SpinLock, KiThread.Irql);
    }
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    PVOID Caller = EMU_RETURN_ADDRESS();

    KiCheckSpinLock(SpinLock, EMU_FRAME_ADDRESS(), Caller);
    VfCheckRule(KiExportKeAcquireSpinLockRaiseToDpc, HIGH_LEVEL, Caller);
    KiVerifyIrql(SpinLock, Caller, KiThread.Irql <= DISPATCH_LEVEL, KI_C4_SPIN_LOCK_ACQUIRED_ABOVE_DPC,
                 "KeAcquireSpinLock");
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    KiAcquire(SpinLock, Caller);
    return OldIrql;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    PVOID Caller = EMU_RETURN_ADDRESS();

    VfCheckRule(KiExportKeReleaseSpinLock, HIGH_LEVEL, Caller);
    KiVerifyIrql(SpinLock, Caller, KiThread.Irql == DISPATCH_LEVEL, KI_C4_SPIN_LOCK_RELEASED_AT_IRQL,
                 "KeReleaseSpinLock");
    KiRelease(SpinLock, Caller);
    KeLowerIrql(NewIrql);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    PVOID Caller = EMU_RETURN_ADDRESS();

    KiCheckSpinLock(SpinLock, EMU_FRAME_ADDRESS(), Caller);
    VfCheckRule(KiExportKeAcquireSpinLockAtDpcLevel, HIGH_LEVEL, Caller);
    KiVerifyIrql(SpinLock, Caller, KiThread.Irql >= DISPATCH_LEVEL, KI_C4_SPIN_LOCK_ACQUIRED_BELOW_DPC,
                 "KeAcquireSpinLockAtDpcLevel");
    KiCheckDpcLevel(SpinLock, Caller);
    KiAcquire(SpinLock, Caller);
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    VfCheckRule(KiExportKeReleaseSpinLockFromDpcLevel, HIGH_LEVEL, EMU_RETURN_ADDRESS());
    KiVerifyIrql(SpinLock, EMU_RETURN_ADDRESS(), KiThread.Irql >= DISPATCH_LEVEL, KI_C4_SPIN_LOCK_RELEASED_BELOW_DPC,
                 "KeReleaseSpinLockFromDpcLevel");
    KiCheckDpcLevel(SpinLock, EMU_RETURN_ADDRESS());
    KiRelease(SpinLock, EMU_RETURN_ADDRESS());
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    ULONG_PTR Owner;

    KiCheckExport(KiExportKeTryToAcquireSpinLockAtDpcLevel, EMU_RETURN_ADDRESS());
    KiCheckSpinLock(SpinLock, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiCheckDpcLevel(SpinLock, EMU_RETURN_ADDRESS());
    BOOLEAN Acquired = KiTryAcquire(SpinLock, HostThreadId(), &Owner);
    if (Acquired) {
        KiCountAcquired(SpinLock, EMU_RETURN_ADDRESS());
    }
    return Acquired;
}

BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    KiCheckExport(KiExportKeTestSpinLock, EMU_RETURN_ADDRESS());
    return EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_ACQUIRE) == 0;
}
