/* driver.h: what the driver shows to others. */
#ifndef DRIVER_H
#define DRIVER_H

#include "ring.h"

DRIVER_INITIALIZE DriverEntry;

__declspec(dllexport) RING *GetRing(VOID);

#endif
