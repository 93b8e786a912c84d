/* resource.c: resources, locks that one thread has exclusively or several share, any number of times. */
#include "nt/ex/resource.h"

#include <stdlib.h>

#include "host/host.h"
#include "core/assert.h"
#include "core/bugcheck.h"
#include "core/object.h"
#include "core/thread.h"
#include "core/windows.h"
#include "nt/ke/wait.h"
#include "watch/irql.h"
#include "watch/verifier.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

/* ---- The resources that are in use, under the dispatcher's lock ------------------------------------------------ */

/* Also what the driver's structure has no room for, or what may be gone with it. */
typedef struct EXP_RESOURCE {
    KI_OBJECT Object;
    OWNER_ENTRY *Sharers;
    ULONG Count;
    ULONG Capacity;
} EXP_RESOURCE;

static EXP_RESOURCE *ExpFindResource(const ERESOURCE *Resource)
{
    KI_OBJECT *Object = KiFindObject(KiObjectResource, Resource);

    KI_ASSERT(KiHoldsDispatcher());
    return Object != NULL ? CONTAINING_RECORD(Object, EXP_RESOURCE, Object) : NULL;
}

/* FALSE: it is not in use. */
static BOOLEAN ExpForgetResource(const ERESOURCE *Resource)
{
    KI_OBJECT *Object = KiRemoveObject(KiObjectResource, Resource);

    KI_ASSERT(KiHoldsDispatcher());
    if (Object != NULL) {
        free(CONTAINING_RECORD(Object, EXP_RESOURCE, Object)->Sharers);
        free(Object);
    }
    return Object != NULL;
}

VOID ExpResetResources(VOID)
{
    const KI_OBJECT *Object;

    KiAcquireDispatcher();
    while ((Object = KiFirstObject(KiObjectResource)) != NULL) {
        ExpForgetResource(Object->Address);
    }
    KiReleaseDispatcher();
}

/* ---- Stops ---------------------------------------------------------------------------------------------------- */

static DECLSPEC_NORETURN VOID ExpStopForResource(ULONG_PTR Violation, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4,
                                                 const ERESOURCE *Resource, PCSTR What, PVOID Caller)
{
    KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, P2, P3, P4), "The resource at %p: %s",
            (const VOID *)Resource, What);
}

static VOID ExpCheckApcs(const ERESOURCE *Resource, ULONG_PTR Violation, PVOID Caller)
{
    if (VfIsOn() && KiThread.Irql < APC_LEVEL && KiThread.ApcDisable == 0) {
        ExpStopForResource(Violation, KiThread.Irql, (ULONG_PTR)(LONG_PTR)KiThread.ApcDisable, (ULONG_PTR)Resource,
                           Resource, "used while APCs are not disabled (KeEnterCriticalRegion)", Caller);
    }
}

/* The first touch of the resource: no lock is held. */
static VOID ExpCheckResource(const ERESOURCE *Resource, PVOID Frame, PVOID Caller)
{
    if (VfIsOn() && !IS_ALIGNED(Resource, sizeof(PVOID))) {
        ExpStopForResource(KI_C4_UNALIGNED_RESOURCE, 0, 0, (ULONG_PTR)Resource, Resource, "not aligned to 8 bytes",
                           Caller);
    }
    VfCheckObject(Caller, Resource, "the resource");
    VfCheckFrame(Resource, "resource", Frame, Caller);
    (VOID) EMU_ATOMIC_LOAD(&Resource->SystemResourcesList.Flink, EMU_ORDER_NONE);
}

/* ---- Initialization ------------------------------------------------------------------------------------------- */

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource)
{
    VfCheckLimit(KiExportExInitializeResourceLite, EMU_RETURN_ADDRESS());
    ExpCheckResource(Resource, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    EXP_RESOURCE *Entry =
        KiNewObject(KiObjectResource, Resource, sizeof(*Resource), EMU_RETURN_ADDRESS(), sizeof(*Entry));
    KiAcquireDispatcher();
    BOOLEAN New = KiAddNewObject(&Entry->Object);
    KiReleaseDispatcher();
    if (!New) {
        free(Entry);
        KiStopForMisuse(KiObjectResource, KiInitializedTwice, Resource, EMU_RETURN_ADDRESS());
    }
    RtlZeroMemory(Resource, sizeof(*Resource));
    InitializeListHead(&Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

/* A thread that has the resource, or 0. */
static ULONG_PTR ExpHolderOf(const EXP_RESOURCE *Entry)
{
    const ERESOURCE *Resource = Entry != NULL ? Entry->Object.Address : NULL;

    KI_ASSERT(KiHoldsDispatcher());
    if (Resource == NULL) {
        return 0;
    }
    if ((Resource->Flag & ResourceOwnedExclusive) != 0) {
        return Resource->OwnerEntry.OwnerThread;
    }
    return Entry->Count != 0 ? Entry->Sharers[0].OwnerThread : 0;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource)
{
    VfCheckLimit(KiExportExDeleteResourceLite, EMU_RETURN_ADDRESS());
    ExpCheckResource(Resource, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiAcquireDispatcher();
    ULONG_PTR Holder = VfIsOn() && KiIsAtLeast(6, 1, 0) ? ExpHolderOf(ExpFindResource(Resource)) : 0;
    BOOLEAN Found = Holder == 0 && ExpForgetResource(Resource);
    if (Found) {
        Resource->OwnerTable = NULL;
    }
    KiReleaseDispatcher();
    if (Holder != 0) {
        ExpStopForResource(KI_C4_DELETED_WHILE_HELD, (ULONG_PTR)Resource, Holder, 0, Resource,
                           "deleted while a thread has it", EMU_RETURN_ADDRESS());
    }
    if (!Found) {
        KiStopForMisuse(KiObjectResource, KiDeletedUninitialized, Resource, EMU_RETURN_ADDRESS());
    }
    return STATUS_SUCCESS;
}

/* ---- Owners, under the lock ------------------------------------------------------------------------------------ */

static BOOLEAN ExpIsExclusive(const ERESOURCE *Resource)
{
    return (Resource->Flag & ResourceOwnedExclusive) != 0;
}

static BOOLEAN ExpHasExclusive(const ERESOURCE *Resource)
{
    KI_ASSERT(KiHoldsDispatcher());
    return ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == HostThreadId();
}

static OWNER_ENTRY *ExpFindSharer(EXP_RESOURCE *Entry)
{
    KI_ASSERT(KiHoldsDispatcher());
    for (ULONG Index = 0; Index < Entry->Count; Index++) {
        if (Entry->Sharers[Index].OwnerThread == HostThreadId()) {
            return &Entry->Sharers[Index];
        }
    }
    return NULL;
}

static VOID ExpAddSharer(EXP_RESOURCE *Entry)
{
    PERESOURCE Resource = Entry->Object.Address;

    KI_ASSERT(KiHoldsDispatcher());
    if (Entry->Count == Entry->Capacity) {
        ULONG Capacity = Entry->Capacity == 0 ? 4 : Entry->Capacity * 2;
        OWNER_ENTRY *Sharers = realloc(Entry->Sharers, Capacity * sizeof(*Sharers));
        if (Sharers == NULL) {
            HostFatal("no memory for the owners of a resource");
        }
        Entry->Sharers = Sharers;
        Entry->Capacity = Capacity;
        Resource->OwnerTable = Sharers;
    }
    OWNER_ENTRY *Sharer = &Entry->Sharers[Entry->Count++];
    *Sharer = (OWNER_ENTRY){.OwnerThread = HostThreadId()};
    Sharer->OwnerCount = 1;
    Resource->ActiveEntries = Entry->Count;
    Resource->ActiveCount = (SHORT)Entry->Count;
}

typedef enum EXP_TRY {
    ExpTaken,
    ExpOthersHaveIt,
    ExpWouldDeadlock,
} EXP_TRY;

static EXP_TRY ExpTryExclusive(EXP_RESOURCE *Entry)
{
    PERESOURCE Resource = Entry->Object.Address;

    KI_ASSERT(KiHoldsDispatcher());
    if (ExpHasExclusive(Resource)) {
        Resource->OwnerEntry.OwnerCount++;
        return ExpTaken;
    }
    if (Resource->ActiveEntries != 0) {
        return ExpFindSharer(Entry) != NULL ? ExpWouldDeadlock : ExpOthersHaveIt;
    }
    Resource->Flag |= ResourceOwnedExclusive;
    Resource->OwnerEntry.OwnerThread = HostThreadId();
    Resource->OwnerEntry.OwnerCount = 1;
    Resource->ActiveEntries = 1;
    Resource->ActiveCount = 1;
    return ExpTaken;
}

/* Who waits for it exclusively goes before new sharers. */
static EXP_TRY ExpTryShared(EXP_RESOURCE *Entry)
{
    PERESOURCE Resource = Entry->Object.Address;

    KI_ASSERT(KiHoldsDispatcher());
    if (ExpHasExclusive(Resource)) {
        Resource->OwnerEntry.OwnerCount++;
        return ExpTaken;
    }
    OWNER_ENTRY *Sharer = ExpFindSharer(Entry);
    if (Sharer != NULL) {
        Sharer->OwnerCount++;
        return ExpTaken;
    }
    if (ExpIsExclusive(Resource) || Resource->NumberOfExclusiveWaiters != 0) {
        return ExpOthersHaveIt;
    }
    ExpAddSharer(Entry);
    return ExpTaken;
}

/* ---- Acquisition and release ----------------------------------------------------------------------------------- */

static BOOLEAN ExpAcquireResource(PERESOURCE Resource, EXP_TRY (*Try)(EXP_RESOURCE *Entry), BOOLEAN Wait, PVOID Frame,
                                  PVOID Caller)
{
    EXP_TRY Result = ExpOthersHaveIt;
    BOOLEAN Waited = FALSE;

    ExpCheckResource(Resource, Frame, Caller);
    ExpCheckApcs(Resource, KI_C4_RESOURCE_ACQUIRED_WITH_APCS, Caller);
    ULONG *Waiters = Try == ExpTryExclusive ? &Resource->NumberOfExclusiveWaiters : &Resource->NumberOfSharedWaiters;
    KiAcquireDispatcher();
    EXP_RESOURCE *Entry = ExpFindResource(Resource);
    while (Entry != NULL && (Result = Try(Entry)) == ExpOthersHaveIt && Wait) {
        if (!Waited) {
            Waited = TRUE;
            Resource->ContentionCount++;
        }
        ++*Waiters;
        KiSleep(KI_NEVER);
        Entry = ExpFindResource(Resource); /* it may have been deleted, and be gone */
        if (Entry != NULL) {
            --*Waiters;
        }
    }
    if (Waited) {
        KiWakeAll(); /* sharers may have waited for this thread to wait no longer */
    }
    KiReleaseDispatcher();
    if (Entry == NULL) {
        KiStopForMisuse(KiObjectResource, KiUsedUninitialized, Resource, Caller);
    }
    if (Result == ExpWouldDeadlock && Wait) {
        ExpStopForResource(KI_C4_SELF_DEADLOCK, (ULONG_PTR)Resource, 0, 0, Resource,
                           "wanted exclusively by a thread that shares it", Caller);
    }
    return Result == ExpTaken;
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    VfCheckLimit(KiExportExAcquireResourceExclusiveLite, EMU_RETURN_ADDRESS());
    return ExpAcquireResource(Resource, ExpTryExclusive, Wait, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    VfCheckLimit(KiExportExAcquireResourceSharedLite, EMU_RETURN_ADDRESS());
    return ExpAcquireResource(Resource, ExpTryShared, Wait, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
}

/* TRUE: that was the last time. */
static BOOLEAN ExpCountDown(OWNER_ENTRY *Owner)
{
    ULONG Left = (ULONG)Owner->OwnerCount - 1;

    Owner->OwnerCount = Left & (MAXULONG >> 3);
    return Left == 0;
}

/* FALSE: the thread does not have it. */
static BOOLEAN ExpReleaseOnce(EXP_RESOURCE *Entry)
{
    PERESOURCE Resource = Entry->Object.Address;
    OWNER_ENTRY *Sharer = ExpFindSharer(Entry);

    KI_ASSERT(KiHoldsDispatcher());
    if (ExpHasExclusive(Resource)) {
        if (ExpCountDown(&Resource->OwnerEntry)) {
            Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
            Resource->OwnerEntry.OwnerThread = 0;
            Resource->ActiveEntries = 0;
            Resource->ActiveCount = 0;
        }
    } else if (Sharer != NULL) {
        if (ExpCountDown(Sharer)) {
            *Sharer = Entry->Sharers[--Entry->Count];
            Resource->ActiveEntries = Entry->Count;
            Resource->ActiveCount = (SHORT)Entry->Count;
        }
    } else {
        return FALSE;
    }
    KiWakeAll();
    return TRUE;
}

VOID ExReleaseResourceLite(PERESOURCE Resource)
{
    VfCheckLimit(KiExportExReleaseResourceLite, EMU_RETURN_ADDRESS());
    ExpCheckResource(Resource, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpCheckApcs(Resource, KI_C4_RESOURCE_RELEASED_WITH_APCS, EMU_RETURN_ADDRESS());
    KiAcquireDispatcher();
    EXP_RESOURCE *Entry = ExpFindResource(Resource);
    BOOLEAN Released = Entry != NULL && ExpReleaseOnce(Entry);
    KiReleaseDispatcher();
    if (!Released) {
        KiStopF(EMU_RETURN_ADDRESS(),
                KiBugCheck(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, HostThreadId(), (ULONG_PTR)Resource->OwnerTable, 0),
                "The resource at %p was released by a thread that does not have it", (PVOID)Resource);
    }
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    VfCheckLimit(KiExportExIsResourceAcquiredExclusiveLite, EMU_RETURN_ADDRESS());
    ExpCheckResource(Resource, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiAcquireDispatcher();
    BOOLEAN Has = ExpHasExclusive(Resource);
    KiReleaseDispatcher();
    return Has;
}

ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    VfCheckLimit(KiExportExIsResourceAcquiredSharedLite, EMU_RETURN_ADDRESS());
    ExpCheckResource(Resource, EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    KiAcquireDispatcher();
    EXP_RESOURCE *Entry = ExpFindResource(Resource);
    const OWNER_ENTRY *Sharer = Entry != NULL ? ExpFindSharer(Entry) : NULL;
    ULONG Count = ExpHasExclusive(Resource) ? Resource->OwnerEntry.OwnerCount : Sharer != NULL ? Sharer->OwnerCount : 0;
    KiReleaseDispatcher();
    return Count;
}
