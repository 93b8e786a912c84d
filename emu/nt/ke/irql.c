/* irql.c: the IRQL of the calling thread, which is its processor's as long as it runs. */
#include "core/bugcheck.h"
#include "core/thread.h"
#include "mem/cache.h"
#include "watch/irql.h"
#include "watch/verifier.h"

KIRQL KeGetCurrentIrql(VOID)
{
    return KiThread.Irql;
}

/* No page tells the parameters of the two stops without Driver Verifier; they are those of its own: the current IRQL
 * and the new one. */
static KI_BUGCHECK KiIrqlBugCheck(ULONG_PTR Violation, ULONG Code, KIRQL NewIrql)
{
    return VfIsOn() ? KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, KiThread.Irql, NewIrql, 0)
                    : KiBugCheck(Code, KiThread.Irql, NewIrql, 0, 0);
}

/* Apart from their callers, whose frames stay as small as they are on the way that has no stop. */
static EMU_NOINLINE DECLSPEC_NORETURN VOID KiStopOnRaise(PVOID Caller, KIRQL NewIrql)
{
    KiStopF(Caller, KiIrqlBugCheck(KI_C4_RAISE_TO_LOWER_IRQL, IRQL_NOT_GREATER_OR_EQUAL, NewIrql),
            "KeRaiseIrql to %u while the IRQL is %u; the highest is %u", NewIrql, KiThread.Irql, HIGH_LEVEL);
}

static EMU_NOINLINE DECLSPEC_NORETURN VOID KiStopOnLower(PVOID Caller, KIRQL NewIrql)
{
    KiStopF(Caller, KiIrqlBugCheck(KI_C4_LOWER_TO_HIGHER_IRQL, IRQL_NOT_LESS_OR_EQUAL, NewIrql),
            "KeLowerIrql to %u while the IRQL is %u", NewIrql, KiThread.Irql);
}

static KIRQL KiRaiseIrql(PVOID Caller, KIRQL NewIrql)
{
    KIRQL OldIrql = KiThread.Irql;

    if (NewIrql < OldIrql || NewIrql > HIGH_LEVEL) {
        KiStopOnRaise(Caller, NewIrql);
    }

    MiSetIrql(NewIrql);
    if (VfIsOn()) {
        VfOnRaise(OldIrql, NewIrql);
    }
    return OldIrql;
}

KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    return KiRaiseIrql(EMU_RETURN_ADDRESS(), NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    return KiRaiseIrql(EMU_RETURN_ADDRESS(), DISPATCH_LEVEL);
}

VOID KeLowerIrql(KIRQL NewIrql)
{
    if (NewIrql > KiThread.Irql) {
        KiStopOnLower(EMU_RETURN_ADDRESS(), NewIrql);
    }

    MiSetIrql(NewIrql);
}
