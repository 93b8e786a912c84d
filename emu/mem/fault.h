/* fault.h: memory faults that are the emulator's business. */
#ifndef EMU_MEM_FAULT_H
#define EMU_MEM_FAULT_H

#include "mem/space.h"

/* Turns a fault in an arena or a region into its bug check; FALSE when it is none of ours. */
BOOLEAN MiOnFault(const HOST_FAULT *Fault);

/* The bug check of a fault in a space: 0xFC, 0xBE or 0x50. */
DECLSPEC_NORETURN VOID MiStopInSpace(const HOST_FAULT *Fault, MI_SPACE *Space);

#endif
