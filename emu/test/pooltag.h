/* pooltag.h: who owns which tag. */
#ifndef EMU_TEST_POOLTAG_H
#define EMU_TEST_POOLTAG_H

#include "poolemu.h"

/* Is there a pooltag.txt? */
BOOLEAN EmupHasTagOwners(VOID);

#endif
