/* fault.h: memory faults that are the pool's business. */
#ifndef EMU_MM_FAULT_H
#define EMU_MM_FAULT_H

#include "host/host.h"

/* Turns a fault at a pool address into its bug check; returns when it is none of ours. */
BOOLEAN MiOnFault(const HOST_FAULT *Fault);

#endif
