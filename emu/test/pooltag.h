/* pooltag.h: who owns which tag. */
#ifndef EMU_TEST_POOLTAG_H
#define EMU_TEST_POOLTAG_H

#include "poolemu.h"

/* Is there a pooltag.txt? */
BOOLEAN EmupHasTagOwners(VOID);

/* Reads the file that POOLEMU_POOLTAG names. */
VOID EmupBeginTagFile(VOID);

/* Around a fork. */
VOID EmupAcquireTagFile(VOID);
VOID EmupReleaseTagFile(VOID);

#endif
