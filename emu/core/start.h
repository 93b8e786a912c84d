/* start.h: the one start: the options are read and put in force before the first rule is asked for. Whoever asks which
 * rules hold, or sets one, calls KiStart first. */
#ifndef EMU_CORE_START_H
#define EMU_CORE_START_H

#include "ntdef.h"

extern EMU_LOCAL ULONG KiStarted;

/* Of threads that come here together one starts, and the others wait. A wrong option ends the process. */
VOID KiStartNow(VOID);

static inline VOID KiStart(VOID)
{
    if (EMU_UNLIKELY(EMU_ATOMIC_LOAD(&KiStarted, EMU_ORDER_ACQUIRE) == 0)) {
        KiStartNow();
    }
}

/* Around a fork. */
VOID KiHoldStart(VOID);
VOID KiReleaseStart(VOID);

#endif
