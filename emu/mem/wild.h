/* wild.h: a driver's access to NULL or another address that is no memory. */
#ifndef EMU_MEM_WILD_H
#define EMU_MEM_WILD_H

#include "host/host.h"

/* For a fault outside everything that the emulator manages. Raises the exception or the stop that it is on Windows
 * where the thread catches that; else writes the stop screen, unless somebody else handles the signal. FALSE: the
 * signal goes on. */
BOOLEAN MiOnWildFault(const HOST_FAULT *Fault);

#endif
