/* timer.h: timers, for the rest of the emulator. */
#ifndef EMU_NT_KE_TIMER_H
#define EMU_NT_KE_TIMER_H

#include "poolemu.h"

/* A timer that is set and begins in that memory, or NULL. */
const VOID *KiFindTimerIn(ULONG_PTR Start, SIZE_T Bytes);

/* How often timers were ever set; and one that is set now, and was first when that were so many or more. */
ULONG64 KiCountTimers(VOID);
const VOID *KiFindTimerSince(ULONG64 Count);

/* Under the dispatcher's lock: starts the thread that waits for timers where one is set; in a forked child it is gone.
 */
VOID KiKeepTimers(VOID);
VOID KiForgetTimerThread(VOID);

/* For EmuReset: no timer is set any more, and no DPC runs. */
VOID KiResetTimers(VOID);

#endif
