/* spinlock.c: spin locks. A lock that is taken holds its owner's HostThreadId, so that taking it twice and releasing
 * another's are found; waiting threads yield, as the owner may have no processor here. */
#include "core/bugcheck.h"
#include "core/export.h"
#include "host/host.h"
#include "core/thread.h"
#include "watch/irql.h"
#include "watch/verifier.h"

/* The pages of these stops name no parameters; the lock's address is what ReactOS gives. */
static DECLSPEC_NORETURN VOID KiStopForLock(ULONG_PTR Address, ULONG Code, PKSPIN_LOCK SpinLock, PCSTR What)
{
    CHAR Text[128];

    snprintf(Text, sizeof(Text), "%s; spin lock at 0x%llX", What, (ULONGLONG)(ULONG_PTR)SpinLock);
    KiStopAt(Address, Code, (ULONG_PTR)SpinLock, 0, 0, 0, Text);
}

static VOID KiCountAcquired(VOID)
{
    if (VfIsOn()) {
        VfOnSpinLock();
    }
}

static VOID KiCheckSpinLock(PKSPIN_LOCK SpinLock, ULONG_PTR Address)
{
    if (VfIsOn()) {
        VfCheckObject((PVOID)Address, SpinLock, "the spin lock");
    }
}

/* Driver Verifier's word on a routine that is called at the wrong IRQL. */
static VOID KiVerifyIrql(PKSPIN_LOCK SpinLock, ULONG_PTR Address, BOOLEAN IsRight, ULONG_PTR Violation, PCSTR Routine)
{
    CHAR Text[128];

    if (!IsRight && VfIsOn()) {
        snprintf(Text, sizeof(Text), "%s for the spin lock at 0x%llX at IRQL %u", Routine,
                 (ULONGLONG)(ULONG_PTR)SpinLock, KiThread.Irql);
        KiStopAt(Address, DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, KiThread.Irql, (ULONG_PTR)SpinLock, 0, Text);
    }
}

static BOOLEAN KiTryAcquire(PKSPIN_LOCK SpinLock, ULONG_PTR Thread, ULONG_PTR *Owner)
{
    *Owner = EMU_ATOMIC_COMPARE_EXCHANGE(64, SpinLock, Thread, 0, EMU_ORDER_ACQUIRE);
    return *Owner == 0;
}

static VOID KiAcquire(PKSPIN_LOCK SpinLock, ULONG_PTR Address)
{
    ULONG_PTR Thread = HostThreadId();
    ULONG_PTR Owner;

    while (!KiTryAcquire(SpinLock, Thread, &Owner)) {
        if (Owner == Thread) {
            KiStopForLock(Address, SPIN_LOCK_ALREADY_OWNED, SpinLock, "this thread has this spin lock already");
        }
        while (EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_NONE) != 0) {
            HostYield();
        }
    }
    KiCountAcquired();
}

static VOID KiRelease(PKSPIN_LOCK SpinLock, ULONG_PTR Address)
{
    if (EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_NONE) != HostThreadId()) {
        KiStopForLock(Address, SPIN_LOCK_NOT_OWNED, SpinLock, "this thread releases a spin lock that it does not have");
    }

    EMU_ATOMIC_STORE(SpinLock, 0, EMU_ORDER_RELEASE);
}

/* Below DISPATCH_LEVEL the AtDpcLevel routines are wrong, and in the kernel they deadlock one day. The parameters are
 * ReactOS's. */
static VOID KiCheckDpcLevel(PKSPIN_LOCK SpinLock, ULONG_PTR Address)
{
    CHAR Text[160];

    if (KiThread.Irql < DISPATCH_LEVEL) {
        snprintf(Text, sizeof(Text), "an AtDpcLevel routine for the spin lock at 0x%llX was called at IRQL %u",
                 (ULONGLONG)(ULONG_PTR)SpinLock, KiThread.Irql);
        KiStopAt(Address, IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)SpinLock, KiThread.Irql, 0, 0, Text);
    }
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    ULONG_PTR Caller = (ULONG_PTR)EMU_RETURN_ADDRESS();

    KiCheckSpinLock(SpinLock, Caller);
    KiVerifyIrql(SpinLock, Caller, KiThread.Irql <= DISPATCH_LEVEL, 0x42, "KeAcquireSpinLock");
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    KiAcquire(SpinLock, Caller);
    return OldIrql;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    ULONG_PTR Caller = (ULONG_PTR)EMU_RETURN_ADDRESS();

    KiVerifyIrql(SpinLock, Caller, KiThread.Irql == DISPATCH_LEVEL, 0x32, "KeReleaseSpinLock");
    KiRelease(SpinLock, Caller);
    KeLowerIrql(NewIrql);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    ULONG_PTR Caller = (ULONG_PTR)EMU_RETURN_ADDRESS();

    KiCheckSpinLock(SpinLock, Caller);
    KiVerifyIrql(SpinLock, Caller, KiThread.Irql >= DISPATCH_LEVEL, 0x40, "KeAcquireSpinLockAtDpcLevel");
    KiCheckDpcLevel(SpinLock, Caller);
    KiAcquire(SpinLock, Caller);
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    KiVerifyIrql(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS(), KiThread.Irql >= DISPATCH_LEVEL, 0x41,
                 "KeReleaseSpinLockFromDpcLevel");
    KiCheckDpcLevel(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    KiRelease(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    ULONG_PTR Owner;

    KiCheckExport(KiExportKeTryToAcquireSpinLockAtDpcLevel, EMU_RETURN_ADDRESS());
    KiCheckSpinLock(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    KiCheckDpcLevel(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    BOOLEAN Acquired = KiTryAcquire(SpinLock, HostThreadId(), &Owner);
    if (Acquired) {
        KiCountAcquired();
    }
    return Acquired;
}

BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    KiCheckExport(KiExportKeTestSpinLock, EMU_RETURN_ADDRESS());
    return EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_ACQUIRE) == 0;
}
