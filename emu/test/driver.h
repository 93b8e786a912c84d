/* driver.h: the drivers that a test has loaded. */
#ifndef EMU_TEST_DRIVER_H
#define EMU_TEST_DRIVER_H

#include "poolemu.h"

/* For EmuReset: forgets every driver, without unloading it, and the last leaks; a leak is no bug check any more. */
VOID EmupResetDrivers(VOID);

/* Around a fork. */
VOID EmupAcquireDrivers(VOID);
VOID EmupReleaseDrivers(VOID);

#endif
