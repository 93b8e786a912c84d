/* failloop.h: EMU_FOR_EACH_FAILURE, for the rest of the emulator. */
#ifndef EMU_TEST_FAILLOOP_H
#define EMU_TEST_FAILLOOP_H

#include "poolemu.h"

/* In a thread that runs loops: does the call fail? Each of them counts it; Call gets its number in the innermost. */
BOOLEAN EmupFailsInLoop(EMU_FAILURE *Call, PVOID Caller);

/* Ends the calling thread's loops but for the outer Depth ones, without a look at what they leave. */
VOID EmupLeaveFailureLoops(ULONG Depth);

#endif
