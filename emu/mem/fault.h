/* fault.h: memory faults that are the emulator's business. */
#ifndef EMU_MEM_FAULT_H
#define EMU_MEM_FAULT_H

#include "host/host.h"

/* Turns a fault at a pool address, or at one of space.h, into its bug check; FALSE when it is none of ours. */
BOOLEAN MiOnFault(const HOST_FAULT *Fault);

#endif
