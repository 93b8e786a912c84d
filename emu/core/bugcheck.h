/* bugcheck.h: bug checks (stops) from inside the emulator, with words for the stop screen. */
#ifndef EMU_CORE_BUGCHECK_H
#define EMU_CORE_BUGCHECK_H

#include "poolemu.h"

/* KeBugCheckEx with a text that says what happened; Text may be NULL and is copied. The caller holds no lock. */
DECLSPEC_NORETURN VOID KiStop(ULONG Code, ULONG_PTR Parameter1, ULONG_PTR Parameter2, ULONG_PTR Parameter3,
                              ULONG_PTR Parameter4, PCSTR Text);

/* The same for a stop that is the doing of the code at Address, which the stop screen then shows. */
DECLSPEC_NORETURN VOID KiStopAt(ULONG_PTR Address, ULONG Code, ULONG_PTR Parameter1, ULONG_PTR Parameter2,
                                ULONG_PTR Parameter3, ULONG_PTR Parameter4, PCSTR Text);

/* The name of bugcodes.h, or NULL. */
PCSTR KiBugCheckName(ULONG Code);

/* Ends the block of that catch frame: what is inside it is forgotten, IRQL and __try are those at its entry. */
DECLSPEC_NORETURN VOID KiUnwindToCatch(EMU_CATCH_FRAME *Frame);

#endif
