/* process.h: the running program starts itself again, with other arguments, and waits for the end. */
#ifndef EMU_HOST_PROCESS_H
#define EMU_HOST_PROCESS_H

#include "ntdef.h"

/* Arguments ends with NULL and begins behind the program's name. Returns the exit status of the new process; -1, and
 * *Why an explanation, when it did not start or did not end by itself. */
LONG HostRunSelf(const PCSTR *Arguments, PCSTR *Why);

#endif
