/* irql.c: force IRQL checking: a raise to DISPATCH_LEVEL takes the access to paged pool away from everybody; a touch
 * below it gives a page back, a touch at or above it is bug check 0xD1. */
#include "watch/irql.h"

#include <stdio.h>

#include "core/assert.h"
#include "core/bugcheck.h"
#include "mem/mapping.h"
#include "mem/region.h"
#include "core/windows.h"
#include "watch/locked.h"
#include "watch/special.h"
#include "watch/verifier.h"

static BOOLEAN VfIsChecking;
static BOOLEAN VfIsAnyResident; /* there is something to trim */

/* ---- Trimming ------------------------------------------------------------------------------------------------- */

/* Under the lock of mapping.c, which changes the protection of pool pages, too. */
static VOID VfProtectArena(HOST_ACCESS Access)
{
    KI_ASSERT(MiHoldsMappings());
    if (MiHasArenas() && !HostProtect((PVOID)MiArenaBase(MiPaged), MiArenaBytes(), Access)) {
        HostFatal("the host refuses to change the protection of paged pool (vm.max_map_count?)");
    }
}

static VOID VfTrim(VOID)
{
    MiAcquireMappings();
    BOOLEAN Trims = EMU_ATOMIC_EXCHANGE(8, &VfIsAnyResident, FALSE, EMU_ORDER_FULL);
    if (Trims) {
        VfProtectArena(HostNoAccess);
        VfTrimSpecial();
    }
    MiReleaseMappings();
    if (Trims) {
        VfCount(&VfCounters.Trims);
    }
}

VOID VfNotePaged(VOID)
{
    if (!EMU_ATOMIC_LOAD(&VfIsAnyResident, EMU_ORDER_ACQUIRE)) {
        EMU_ATOMIC_STORE(&VfIsAnyResident, (BOOLEAN)TRUE, EMU_ORDER_RELEASE);
    }
}

VOID VfSetIrqlChecking(BOOLEAN Enable)
{
    if (Enable) {
        VfNotePaged();
    } else if (VfIsChecking) {
        MiAcquireMappings();
        VfProtectArena(MiAccessOf(MiPaged));
        VfPageInSpecial();
        MiReleaseMappings();
    }
    VfIsChecking = Enable;
}

VOID VfOnRaise(KIRQL OldIrql, KIRQL NewIrql)
{
    VfCount(&VfCounters.IrqlRaises);
    if (VfIsChecking && OldIrql < DISPATCH_LEVEL && NewIrql >= DISPATCH_LEVEL) {
        VfTrim();
    }
}

VOID VfOnSpinLock(VOID)
{
    VfCount(&VfCounters.SpinLocksAcquired);
    if (VfIsChecking) {
        VfTrim();
    }
}

/* ---- Faults --------------------------------------------------------------------------------------------------- */

BOOLEAN VfMayPageIn(ULONG_PTR Address)
{
    return KiThread.Irql < DISPATCH_LEVEL || KiThread.Inside || VfIsPageLocked(Address);
}

VOID VfStopOnPaged(const HOST_FAULT *Fault)
{
    static const ULONG_PTR Operation[] = {0, 1, 8};
    static const PCSTR Verb[] = {"read", "written to", "executed"};
    CHAR Words[256] = "no live block";
    MI_BLOCK Block;

    if (MiFindBlockAround(Fault->Address, &Block)) {
        MiDescribeBlock(&Block, Words, sizeof(Words));
    }
    KiStopF(HostFaultCaller(Fault),
            KiBugCheck(DRIVER_IRQL_NOT_LESS_OR_EQUAL, Fault->Address, KiThread.Irql, Operation[Fault->Kind],
                       Fault->Instruction),
            "Paged pool at %p was %s at IRQL %u: %s. Force IRQL checking has trimmed it.", (PVOID)Fault->Address,
            Verb[Fault->Kind], KiThread.Irql, Words);
}

static VOID VfPageIn(ULONG_PTR Address)
{
    MiAcquireMappings();
    /* Each page that is back costs the host a mapping or two; where it has no more, all come back, as one. */
    if (!HostProtect(PAGE_ALIGN(Address), PAGE_SIZE, MiAccessOf(MiPaged))) {
        VfProtectArena(MiAccessOf(MiPaged));
    }
    VfNotePaged();
    MiReleaseMappings();
    VfCount(&VfCounters.PageIns);
}

BOOLEAN VfOnPagedFault(const HOST_FAULT *Fault)
{
    if (!VfIsChecking) {
        return FALSE;
    }
    if (!VfMayPageIn(Fault->Address)) {
        VfStopOnPaged(Fault);
    }
    if (Fault->Kind == HostFaultExecute && MiAccessOf(MiPaged) != HostReadWriteExecute) {
        return FALSE; /* and would be so on a page that is there */
    }
    VfPageIn(Fault->Address);
    return TRUE;
}

/* ---- Objects -------------------------------------------------------------------------------------------------- */

/* Windows looks since Vista. */
VOID VfCheckObject(PVOID Caller, const VOID *Object, PCSTR What)
{
    CHAR Words[256] = "";
    MI_BLOCK Block;

    if (!VfIsChecking || !MiIsPagedPool((ULONG_PTR)Object) || !KiIsAtLeast(6, 0, 0)) {
        return;
    }
    if (MiFindBlockAround((ULONG_PTR)Object, &Block)) {
        MiDescribeBlock(&Block, Words, sizeof(Words));
    }
    KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_OBJECT_ADDRESS, (ULONG_PTR)Object, 0, 0),
            "%s at %p lies in paged pool%s%s", What, Object, Words[0] != 0 ? ": " : "", Words);
}
