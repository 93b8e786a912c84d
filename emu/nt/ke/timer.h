/* timer.h: timers, for the rest of the emulator. */
#ifndef EMU_NT_KE_TIMER_H
#define EMU_NT_KE_TIMER_H

#include "poolemu.h"

/* Under the dispatcher's lock: starts the thread that waits for timers where one is set; in a forked child it is gone.
 */
VOID KiKeepTimers(VOID);
VOID KiForgetTimerThread(VOID);

/* For EmuReset: no timer is set any more, and no DPC runs. */
VOID KiResetTimers(VOID);

#endif
