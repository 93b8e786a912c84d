/* irqllimit.h: the highest IRQL at which a routine may be called, as Driver Verifier's DDI compliance checking sees to
 * it. The table is core/exports.h. */
#ifndef EMU_WATCH_IRQLLIMIT_H
#define EMU_WATCH_IRQLLIMIT_H

#include "core/export.h"
#include "watch/verifier.h"

/* The bug check when the IRQL is above that of the table: 0xC4 (the compliance rule, its words, 0, 0), or, where no
 * rule names the routine, 0xC4 (KI_C4_ABOVE_LIMIT, its words, IRQL, highest IRQL). */
VOID VfStopAboveLimit(KI_EXPORT Export, PVOID Caller);

/* The first of the two, where a rule names the routine; Highest: where a parameter of the call makes it less than the
 * rule's. What a routine with a stop of its own for a wrong IRQL does before it. */
VOID VfStopForRule(KI_EXPORT Export, KIRQL Highest, PVOID Caller);

EMU_INLINE VOID VfCheckRule(KI_EXPORT Export, KIRQL Highest, PVOID Caller)
{
    if (VfIsSet(EMU_VERIFIER_DDI_COMPLIANCE)) {
        VfStopForRule(Export, Highest, Caller);
    }
}

/* What a routine without a stop of its own for a wrong IRQL does first. */
EMU_INLINE VOID VfCheckLimit(KI_EXPORT Export, PVOID Caller)
{
    if (VfIsSet(EMU_VERIFIER_DDI_COMPLIANCE)) {
        VfStopAboveLimit(Export, Caller);
    }
}

#endif
