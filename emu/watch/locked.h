/* locked.h: which pages MDLs keep locked, and who locked them: such pages are not trimmed, and a driver that is
 * unloaded has to have unlocked its own. */
#ifndef EMU_WATCH_LOCKED_H
#define EMU_WATCH_LOCKED_H

#include "core/object.h"
#include "ntifs.h"

typedef struct VF_LOCKED {
    KI_OBJECT Object;
    ULONG_PTR Start; /* of pages */
    ULONG_PTR End;
    ULONG Stack; /* a name; 0 without tracking */
} VF_LOCKED;

VOID VfNoteLocked(PMDL Mdl, PVOID Caller);
VOID VfNoteUnlocked(PMDL Mdl);

/* The pages that the MDL locked when it was locked last; 0: none. */
SIZE_T VfCountLocked(PVOID Mdl);

BOOLEAN VfIsPageLocked(ULONG_PTR Address);

/* The first one, born when there had been so many objects or more, that code in that range has a part in, and which is
 * still locked; NULL: none. Its contents stay what they are until it is unlocked. */
const VF_LOCKED *VfFindLocked(ULONG64 Birth, ULONG_PTR Start, ULONG_PTR End);

#endif
