/* wild.c: a driver's access to NULL or another address that is no memory, as Windows has it: from DISPATCH_LEVEL on
 * 0xD1. Below, 0x50 in the upper half of the addresses, which is the kernel's, and in the lower half an access
 * violation, which a __try catches and which is 0x1E when none does. */
#include "mem/wild.h"

#include "core/bugcheck.h"
#include "core/exception.h"
#include "core/hooks.h"
#include "core/option.h"
#include "core/sanitizer.h"
#include "core/thread.h"
#include "host/code.h"

/* The processor does not say which address it was that has no upper half and no lower one; it counts as the last one,
 * and is an access violation. */
static BOOLEAN MiIsKernelAddress(ULONG_PTR Address)
{
#if defined(EMU_ARCH_X86)
    UNREFERENCED_PARAMETER(Address);
    return FALSE;
#else
    return (LONG_PTR)Address < 0 && Address != MAXULONG_PTR;
#endif
}

static KI_BUGCHECK MiWildBugCheck(const HOST_FAULT *Fault, BOOLEAN IsDrivers)
{
    static const ULONG_PTR Operation[] = {0, 1, 8};
#if defined(_ARM64_)
    static const ULONG_PTR PageFault[] = {0, 1, 8};
#else
    static const ULONG_PTR PageFault[] = {0, 2, 0x10};
#endif

    if (KiThread.Irql >= DISPATCH_LEVEL) {
        return KiBugCheck(IsDrivers ? DRIVER_IRQL_NOT_LESS_OR_EQUAL : IRQL_NOT_LESS_OR_EQUAL, Fault->Address,
                          KiThread.Irql, Operation[Fault->Kind], Fault->Instruction);
    }
    if (MiIsKernelAddress(Fault->Address)) {
        return KiBugCheck(PAGE_FAULT_IN_NONPAGED_AREA, Fault->Address, PageFault[Fault->Kind], Fault->Instruction, 0);
    }
    if (IsDrivers && KiIsExceptionHandled()) {
        KiRaiseAt(Fault->Instruction, STATUS_ACCESS_VIOLATION, 2, Operation[Fault->Kind], Fault->Address);
    }
    return KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)STATUS_ACCESS_VIOLATION, Fault->Instruction,
                      Operation[Fault->Kind], Fault->Address);
}

static const PCSTR MiVerb[] = {"read", "write to", "execute"};

/* Locks may be held, and what they protect may be half changed. So this is for the screen only, and the process ends.
 */
static VOID MiShowOwnFault(const HOST_FAULT *Fault)
{
    CHAR Code[256];

    HostDescribeCode(Fault->Instruction, Code, sizeof(Code));
    KiPrintStopF(NULL, MiWildBugCheck(Fault, FALSE),
                 "poolemu itself tried to %s 0x%zx, which is no memory for that, at 0x%zx: %s. A driver gave it a bad "
                 "address or overwrote what it keeps, or poolemu is wrong.",
                 MiVerb[Fault->Kind], (size_t)Fault->Address, (size_t)Fault->Instruction, Code);
}

BOOLEAN MiOnWildFault(const HOST_FAULT *Fault)
{
    static const CHAR Format[] = "The instruction at 0x%zx tried to %s 0x%zx, which is no memory for that.";

    if (KiOptionNumber(KiOptionFaultStops) == 0) {
        return FALSE;
    }
    if (KiThread.Inside != 0 || !HostIsDriverFault(Fault)) {
        if (!Fault->IsWanted) {
            MiShowOwnFault(Fault);
        }
        return FALSE;
    }
    if (Fault->IsWanted && HostHasHandlerInside(Fault, KiInnermostHandler())) {
        return FALSE; /* it comes again where that handler does not take it */
    }
    KI_BUGCHECK BugCheck = MiWildBugCheck(Fault, TRUE);
    if (KiIsStopCaught()) {
        KiStopF(HostFaultCaller(Fault), BugCheck, Format, (size_t)Fault->Instruction, MiVerb[Fault->Kind],
                (size_t)Fault->Address);
    }
    if (!Fault->IsWanted) {
        KiPrintStopF(HostFaultCaller(Fault), BugCheck, Format, (size_t)Fault->Instruction, MiVerb[Fault->Kind],
                     (size_t)Fault->Address);
    } else if (KiSanitizer() != KiNoSanitizer) {
        KiHooks.PrintLastFailure();
    }
    return FALSE;
}
