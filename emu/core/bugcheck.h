/* bugcheck.h: bug checks (stops) from inside the emulator, with words for the stop screen. */
#ifndef EMU_CORE_BUGCHECK_H
#define EMU_CORE_BUGCHECK_H

#include "core/stops.h"
#include "poolemu.h"

/* A bug check's code and parameters. */
typedef struct KI_BUGCHECK {
    ULONG Code;
    ULONG_PTR Parameter[4];
} KI_BUGCHECK;

static inline KI_BUGCHECK KiBugCheck(ULONG Code, ULONG_PTR Parameter1, ULONG_PTR Parameter2, ULONG_PTR Parameter3,
                                     ULONG_PTR Parameter4)
{
    return (KI_BUGCHECK){Code, {Parameter1, Parameter2, Parameter3, Parameter4}};
}

/* KeBugCheckEx with a text that says what happened. Caller is the return address of the driver's call, or
 * that behind the instruction that faulted. Where it is NULL or one of the emulator's own, the stop screen names the
 * innermost driver code on the stack. The caller holds no lock. */
DECLSPEC_NORETURN VOID KiStopF(PVOID Caller, KI_BUGCHECK BugCheck, PCSTR Format, ...) EMU_FORMAT(3, 4);

/* Would KiStopF return to an EMU_CATCH_BUGCHECK? */
BOOLEAN KiIsStopCaught(VOID);

/* Where the innermost handler, of whatever kind, lies on the stack; NULL where there is none. */
PVOID KiInnermostHandler(VOID);

/* Only writes the stop screen, for a stop that nobody catches; what ends the process follows. */
VOID KiPrintStopF(PVOID Caller, KI_BUGCHECK BugCheck, PCSTR Format, ...) EMU_FORMAT(3, 4);

/* The name of bugcodes.h, or NULL. */
PCSTR KiBugCheckName(ULONG Code);

/* Ends the block of that catch frame: what is inside it is forgotten, IRQL and __try are those at its entry. */
DECLSPEC_NORETURN VOID KiUnwindToCatch(EMU_CATCH_FRAME *Frame);

#endif
