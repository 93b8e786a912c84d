/* spinlock.c: spin locks. A lock that is taken holds its owner's HostThreadId, so that taking it twice and releasing
 * another's are found; waiting threads yield, as the owner may have no processor here. */
#include "bugcheck.h"
#include "export.h"
#include "host/host.h"
#include "thread.h"

/* The pages of these stops name no parameters; the lock's address is what ReactOS gives. */
static DECLSPEC_NORETURN VOID KiStopForLock(ULONG_PTR Address, ULONG Code, PKSPIN_LOCK SpinLock, PCSTR What)
{
    CHAR Text[128];

    snprintf(Text, sizeof(Text), "%s; spin lock at 0x%llX", What, (ULONGLONG)(ULONG_PTR)SpinLock);
    KiStopAt(Address, Code, (ULONG_PTR)SpinLock, 0, 0, 0, Text);
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
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();

    KiAcquire(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    return OldIrql;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    KiRelease(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    KeLowerIrql(NewIrql);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    KiCheckDpcLevel(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    KiAcquire(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    KiCheckDpcLevel(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    KiRelease(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    ULONG_PTR Owner;

    KiCheckExport(KiExportKeTryToAcquireSpinLockAtDpcLevel, EMU_RETURN_ADDRESS());
    KiCheckDpcLevel(SpinLock, (ULONG_PTR)EMU_RETURN_ADDRESS());
    return KiTryAcquire(SpinLock, HostThreadId(), &Owner);
}

BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    KiCheckExport(KiExportKeTestSpinLock, EMU_RETURN_ADDRESS());
    return EMU_ATOMIC_LOAD(SpinLock, EMU_ORDER_ACQUIRE) == 0;
}
