/* lookaside.h: lookaside lists, for the rest of the emulator. */
#ifndef EMU_EX_LOOKASIDE_H
#define EMU_EX_LOOKASIDE_H

#include "poolemu.h"

/* For EmuReset: forgets every list; the entries that they hold go with the pool. */
VOID ExpResetLookasideLists(VOID);

#endif
