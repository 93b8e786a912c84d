/* lookaside.h: lookaside lists, for the rest of the emulator. */
#ifndef EMU_NT_EX_LOOKASIDE_H
#define EMU_NT_EX_LOOKASIDE_H

#include "poolemu.h"

/* Calls Callback for the entries that wait in initialized lists: live blocks that nobody has. */
VOID ExpForEachWaitingEntry(VOID (*Callback)(PVOID Entry, PVOID Context), PVOID Context);

/* While a sanitizer watches: an entry goes to the list of that head, or has just come from there. Nobody may touch an
 * entry that lies on a lookaside list. Lists of a driver's own are left alone. */
VOID ExpCloseEntry(const SLIST_HEADER *ListHead, PVOID Entry, PVOID Caller);
VOID ExpOpenEntry(const SLIST_HEADER *ListHead, PVOID Entry, PVOID Caller);

/* For EmuReset: forgets every list; the entries that they hold go with the pool. */
VOID ExpResetLookasideLists(VOID);

/* Around a fork. */
VOID ExpAcquireLists(VOID);
VOID ExpReleaseLists(VOID);

#endif
