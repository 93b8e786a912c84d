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
static DECLSPEC_NORETURN VOID KiStopOnIrql(ULONG_PTR Address, ULONG_PTR Violation, ULONG Code, KIRQL NewIrql,
                                           PCSTR Text)
{
    if (VfIsOn()) {
        KiStopAt(Address, DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, KiThread.Irql, NewIrql, 0, Text);
    }
    KiStopAt(Address, Code, KiThread.Irql, NewIrql, 0, 0, Text);
}

static KIRQL KiRaiseIrql(ULONG_PTR Address, KIRQL NewIrql)
{
    KIRQL OldIrql = KiThread.Irql;
    CHAR Text[128];

    if (NewIrql < OldIrql || NewIrql > HIGH_LEVEL) {
        snprintf(Text, sizeof(Text), "KeRaiseIrql to %u while the IRQL is %u; the highest is %u", NewIrql, OldIrql,
                 HIGH_LEVEL);
        KiStopOnIrql(Address, 0x30, IRQL_NOT_GREATER_OR_EQUAL, NewIrql, Text);
    }

    MiSetIrql(NewIrql);
    if (VfIsOn()) {
        VfOnRaise(OldIrql, NewIrql);
    }
    return OldIrql;
}

KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    return KiRaiseIrql((ULONG_PTR)EMU_RETURN_ADDRESS(), NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    return KiRaiseIrql((ULONG_PTR)EMU_RETURN_ADDRESS(), DISPATCH_LEVEL);
}

VOID KeLowerIrql(KIRQL NewIrql)
{
    KIRQL OldIrql = KiThread.Irql;
    CHAR Text[128];

    if (NewIrql > OldIrql) {
        snprintf(Text, sizeof(Text), "KeLowerIrql to %u while the IRQL is %u", NewIrql, OldIrql);
        KiStopOnIrql((ULONG_PTR)EMU_RETURN_ADDRESS(), 0x31, IRQL_NOT_LESS_OR_EQUAL, NewIrql, Text);
    }

    MiSetIrql(NewIrql);
}
