/* locked.c: the MDLs whose pages are locked, in the registry of objects. They are few: pages are looked for in one
 * after the other. */
#include "watch/locked.h"

#include <stdlib.h>

#include "watch/track.h"

VOID VfNoteLocked(PMDL Mdl, PVOID Caller)
{
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl);
    VF_LOCKED *Locked = KiNewObject(KiObjectLockedMdl, Mdl, (SIZE_T)Mdl->Size, Caller, sizeof(*Locked));

    Locked->Start = (ULONG_PTR)PAGE_ALIGN(Start);
    Locked->End = (ULONG_PTR)ROUND_TO_PAGES(Start + Mdl->ByteCount);
    Locked->Stack = VfIsTracking() ? VfNameCall(Caller) : 0;
    KiAddObject(&Locked->Object);
}

VOID VfNoteUnlocked(PMDL Mdl)
{
    free(KiRemoveObject(KiObjectLockedMdl, Mdl));
}

SIZE_T VfCountLocked(PVOID Mdl)
{
    KI_OBJECT *Object = KiFindObject(KiObjectLockedMdl, Mdl);
    const VF_LOCKED *Locked = CONTAINING_RECORD(Object, VF_LOCKED, Object);

    return Object != NULL ? (Locked->End - Locked->Start) >> PAGE_SHIFT : 0;
}

static BOOLEAN VfHoldsPage(const KI_OBJECT *Object, const VOID *Address)
{
    const VF_LOCKED *Locked = CONTAINING_RECORD(Object, VF_LOCKED, Object);

    return (ULONG_PTR)Address >= Locked->Start && (ULONG_PTR)Address < Locked->End;
}

/* Called while a fault is handled, and then most often in vain. */
BOOLEAN VfIsPageLocked(ULONG_PTR Address)
{
    return KiHasObjects(KiObjectLockedMdl) &&
           KiMatchObject(KiObjectLockedMdl, VfHoldsPage, (const VOID *)Address) != NULL;
}

typedef struct VF_LOCKER {
    ULONG64 Birth;
    ULONG_PTR Start;
    ULONG_PTR End;
} VF_LOCKER;

static BOOLEAN VfIsLockedBy(const KI_OBJECT *Object, const VOID *Context)
{
    const VF_LOCKER *Locker = Context;

    return Object->Birth >= Locker->Birth &&
           VfIsStackIn(CONTAINING_RECORD(Object, VF_LOCKED, Object)->Stack, Locker->Start, Locker->End);
}

const VF_LOCKED *VfFindLocked(ULONG64 Birth, ULONG_PTR Start, ULONG_PTR End)
{
    VF_LOCKER Locker = {Birth, Start, End};
    KI_OBJECT *Object = KiMatchObject(KiObjectLockedMdl, VfIsLockedBy, &Locker);

    return Object != NULL ? CONTAINING_RECORD(Object, VF_LOCKED, Object) : NULL;
}
