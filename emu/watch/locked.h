/* locked.h: which pages MDLs keep locked, and who locked them: such pages are not trimmed, and a driver that is
 * unloaded has to have unlocked its own. */
#ifndef EMU_WATCH_LOCKED_H
#define EMU_WATCH_LOCKED_H

#include "ntifs.h"

typedef struct VF_LOCKED {
    struct VF_LOCKED *Next;
    PMDL Mdl;
    ULONG_PTR Start; /* of pages */
    ULONG_PTR End;
    ULONG64 Number; /* they are counted from 1 */
    ULONG Stack;    /* a name; 0 without tracking */
} VF_LOCKED;

VOID VfNoteLocked(PMDL Mdl, PVOID Caller);
VOID VfNoteUnlocked(PMDL Mdl);

BOOLEAN VfIsPageLocked(ULONG_PTR Address);

/* How many were noted so far. */
ULONG64 VfCountLocked(VOID);

/* The first one after so many that code in that range has a part in, and which is still locked; NULL: none. Its
 * contents stay what they are until it is unlocked. */
const VF_LOCKED *VfFindLocked(ULONG64 After, ULONG_PTR Start, ULONG_PTR End);

/* For EmuReset. */
VOID VfForgetLocked(VOID);

#endif
