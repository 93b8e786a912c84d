/* irql.c: the IRQL of the calling thread, which is its processor's as long as it runs. */
#include "bugcheck.h"
#include "thread.h"

KIRQL KeGetCurrentIrql(VOID)
{
    return KiThread.Irql;
}

/* No page tells the parameters of these two stops here; they are those of Driver Verifier's 0xC4 (0x30) and (0x31):
 * the current IRQL and the new one. */
static KIRQL KiRaiseIrql(ULONG_PTR Address, KIRQL NewIrql)
{
    KIRQL OldIrql = KiThread.Irql;
    CHAR Text[128];

    if (NewIrql < OldIrql || NewIrql > HIGH_LEVEL) {
        snprintf(Text, sizeof(Text), "KeRaiseIrql to %u while the IRQL is %u; the highest is %u", NewIrql, OldIrql,
                 HIGH_LEVEL);
        KiStopAt(Address, IRQL_NOT_GREATER_OR_EQUAL, OldIrql, NewIrql, 0, 0, Text);
    }

    KiSetIrql(NewIrql);
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
        KiStopAt((ULONG_PTR)EMU_RETURN_ADDRESS(), IRQL_NOT_LESS_OR_EQUAL, OldIrql, NewIrql, 0, 0, Text);
    }

    KiSetIrql(NewIrql);
}
