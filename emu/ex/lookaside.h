/* lookaside.h: lookaside lists, for the rest of the emulator. */
#ifndef EMU_EX_LOOKASIDE_H
#define EMU_EX_LOOKASIDE_H

#include "poolemu.h"

/* Calls Callback for the entries that wait in initialized lists: live blocks that nobody has. */
VOID ExpForEachWaitingEntry(VOID (*Callback)(PVOID Entry, PVOID Context), PVOID Context);

/* For EmuReset: forgets every list; the entries that they hold go with the pool. */
VOID ExpResetLookasideLists(VOID);

#endif
