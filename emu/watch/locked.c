/* locked.c: the list of the MDLs whose pages are locked, the last one first. */
#include "watch/locked.h"

#include <stdlib.h>

#include "host/host.h"
#include "watch/track.h"

static HOST_LOCK VfLockedLock;
static VF_LOCKED *VfLocked;
static ULONG64 VfLockedCount; /* ever */

static VOID VfAcquireLocked(VOID)
{
    HostAcquireFloor(HostForkLockedPages, &VfLockedLock);
}

VOID VfNoteLocked(PMDL Mdl, PVOID Caller)
{
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl);
    VF_LOCKED *Locked = malloc(sizeof(*Locked));

    if (Locked == NULL) {
        HostFatal("no memory for the list of locked pages");
    }
    Locked->Mdl = Mdl;
    Locked->Start = (ULONG_PTR)PAGE_ALIGN(Start);
    Locked->End = (ULONG_PTR)ROUND_TO_PAGES(Start + Mdl->ByteCount);
    Locked->Stack = VfIsTracking() ? VfNameCall(Caller) : 0;
    VfAcquireLocked();
    Locked->Number = ++VfLockedCount;
    Locked->Next = VfLocked;
    EMU_ATOMIC_STORE(&VfLocked, Locked, EMU_ORDER_RELEASE);
    HostRelease(&VfLockedLock);
}

VOID VfNoteUnlocked(PMDL Mdl)
{
    VF_LOCKED **Link = &VfLocked;

    VfAcquireLocked();
    while (*Link != NULL && (*Link)->Mdl != Mdl) {
        Link = &(*Link)->Next;
    }
    VF_LOCKED *Locked = *Link;
    if (Locked != NULL) {
        *Link = Locked->Next;
    }
    HostRelease(&VfLockedLock);
    free(Locked);
}

/* Called while a fault is handled, and then most often in vain. */
BOOLEAN VfIsPageLocked(ULONG_PTR Address)
{
    if (EMU_ATOMIC_LOAD(&VfLocked, EMU_ORDER_ACQUIRE) == NULL) {
        return FALSE;
    }
    VfAcquireLocked();
    const VF_LOCKED *Locked = VfLocked;
    while (Locked != NULL && (Address < Locked->Start || Address >= Locked->End)) {
        Locked = Locked->Next;
    }
    HostRelease(&VfLockedLock);
    return Locked != NULL;
}

ULONG64 VfCountLocked(VOID)
{
    VfAcquireLocked();
    ULONG64 Count = VfLockedCount;
    HostRelease(&VfLockedLock);
    return Count;
}

const VF_LOCKED *VfFindLocked(ULONG64 After, ULONG_PTR Start, ULONG_PTR End)
{
    const VF_LOCKED *First = NULL;

    VfAcquireLocked();
    for (const VF_LOCKED *Locked = VfLocked; Locked != NULL && Locked->Number > After; Locked = Locked->Next) {
        if (VfIsStackIn(Locked->Stack, Start, End)) {
            First = Locked;
        }
    }
    HostRelease(&VfLockedLock);
    return First;
}

VOID VfForgetLocked(VOID)
{
    VfAcquireLocked();
    while (VfLocked != NULL) {
        VF_LOCKED *Locked = VfLocked;
        VfLocked = Locked->Next;
        free(Locked);
    }
    HostRelease(&VfLockedLock);
}
