/* lookaside.h: lookaside lists, for the rest of the emulator. */
#ifndef EMU_EX_LOOKASIDE_H
#define EMU_EX_LOOKASIDE_H

#include "poolemu.h"

/* A list in use that begins in that memory, or NULL. */
const VOID *ExpFindListIn(ULONG_PTR Start, SIZE_T Bytes);

/* How many lists were ever initialized; and one in use that was initialized when there were that many or more. */
ULONG64 ExpCountLists(VOID);
const VOID *ExpFindListSince(ULONG64 Count);

/* Calls Callback for the entries that wait in initialized lists: live blocks that nobody has. */
VOID ExpForEachWaitingEntry(VOID (*Callback)(PVOID Entry, PVOID Context), PVOID Context);

/* For EmuReset: forgets every list; the entries that they hold go with the pool. */
VOID ExpResetLookasideLists(VOID);

#endif
