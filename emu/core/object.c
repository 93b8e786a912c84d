/* object.c: the registry of objects: a list for each kind, in the order of their births, and a hash of all of them. */
#include "core/object.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/bugcheck.h"
#include "host/hash.h"
#include "host/host.h"

enum {
    /* Objects whose addresses differ in these bits only have the same place in the hash, so that one look finds what
     * begins in so many bytes. */
    KI_GRANULE_SHIFT = 8,
    KI_FIRST_SLOTS = PAGE_SIZE / sizeof(KI_OBJECT *),
};

typedef struct KI_OBJECT_LIST {
    KI_OBJECT *First;
    KI_OBJECT *Last;
    ULONG Count; /* read without the lock, too */
} KI_OBJECT_LIST;

/* The hash is an array of a power of two; an entry is at its home or behind it, with no empty slot between. */
static struct {
    HOST_LOCK Lock;
    KI_OBJECT_LIST List[KiObjectKinds];
    KI_OBJECT **Slot;
    SIZE_T Slots;
    SIZE_T Count;
    ULONG64 Births;
} KiObjects;

VOID KiAcquireObjects(VOID)
{
    HostAcquire(&KiObjects.Lock);
}

VOID KiReleaseObjects(VOID)
{
    HostRelease(&KiObjects.Lock);
}

/* ---- The hash, under the lock ---------------------------------------------------------------------------------- */

static ULONG_PTR KiGranuleOf(const VOID *Address)
{
    return (ULONG_PTR)Address >> KI_GRANULE_SHIFT;
}

static SIZE_T KiHomeOf(ULONG_PTR Granule)
{
    return (SIZE_T)(HostHash64(Granule) >> 32) & (KiObjects.Slots - 1);
}

static SIZE_T KiNextSlot(SIZE_T Slot)
{
    return (Slot + 1) & (KiObjects.Slots - 1);
}

static VOID KiPutInHash(KI_OBJECT *Object)
{
    SIZE_T Slot = KiHomeOf(KiGranuleOf(Object->Address));

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    while (KiObjects.Slot[Slot] != NULL) {
        Slot = KiNextSlot(Slot);
    }
    KiObjects.Slot[Slot] = Object;
}

/* Twice as many slots as entries, at least. */
static VOID KiGrowHash(VOID)
{
    SIZE_T OldSlots = KiObjects.Slots;
    KI_OBJECT **Old = KiObjects.Slot;
    SIZE_T Slots = OldSlots == 0 ? KI_FIRST_SLOTS : 2 * OldSlots;

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    KiObjects.Slot = HostAllocate(Slots * sizeof(KI_OBJECT *));
    if (KiObjects.Slot == NULL) {
        HostFatal("no memory for the table of objects");
    }
    KiObjects.Slots = Slots;
    for (SIZE_T Slot = 0; Slot < OldSlots; Slot++) {
        if (Old[Slot] != NULL) {
            KiPutInHash(Old[Slot]);
        }
    }
    if (OldSlots != 0) {
        HostFree(Old, OldSlots * sizeof(KI_OBJECT *));
    }
}

/* The entries behind it move up, as far as that takes none of them in front of its home. */
static VOID KiTakeFromHash(const KI_OBJECT *Object)
{
    SIZE_T Mask = KiObjects.Slots - 1;
    SIZE_T Free = KiHomeOf(KiGranuleOf(Object->Address));

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    while (KiObjects.Slot[Free] != Object) {
        Free = KiNextSlot(Free);
    }
    for (SIZE_T Slot = KiNextSlot(Free); KiObjects.Slot[Slot] != NULL; Slot = KiNextSlot(Slot)) {
        SIZE_T Home = KiHomeOf(KiGranuleOf(KiObjects.Slot[Slot]->Address));
        if (((Slot - Home) & Mask) >= ((Slot - Free) & Mask)) {
            KiObjects.Slot[Free] = KiObjects.Slot[Slot];
            Free = Slot;
        }
    }
    KiObjects.Slot[Free] = NULL;
}

/* ---- Additions and removals, under the lock -------------------------------------------------------------------- */

static KI_OBJECT *KiLookUp(KI_OBJECT_KIND Kind, const VOID *Address)
{
    KI_OBJECT *Found = NULL;

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    if (KiObjects.Count == 0) {
        return NULL;
    }
    for (SIZE_T Slot = KiHomeOf(KiGranuleOf(Address)); KiObjects.Slot[Slot] != NULL; Slot = KiNextSlot(Slot)) {
        KI_OBJECT *Object = KiObjects.Slot[Slot];
        if (Object->Address == Address && Object->Kind == Kind && (Found == NULL || Object->Birth > Found->Birth)) {
            Found = Object;
        }
    }
    return Found;
}

static VOID KiInsert(KI_OBJECT *Object)
{
    KI_OBJECT_LIST *List = &KiObjects.List[Object->Kind];

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    if (2 * (KiObjects.Count + 1) > KiObjects.Slots) {
        KiGrowHash();
    }
    Object->Birth = KiObjects.Births++;
    Object->Previous = List->Last;
    *(List->Last != NULL ? &List->Last->Next : &List->First) = Object;
    List->Last = Object;
    EMU_ATOMIC_STORE(&List->Count, List->Count + 1, EMU_ORDER_RELEASE);
    KiPutInHash(Object);
    KiObjects.Count++;
}

static VOID KiTakeOut(KI_OBJECT *Object)
{
    KI_OBJECT_LIST *List = &KiObjects.List[Object->Kind];

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    *(Object->Previous != NULL ? &Object->Previous->Next : &List->First) = Object->Next;
    *(Object->Next != NULL ? &Object->Next->Previous : &List->Last) = Object->Previous;
    EMU_ATOMIC_STORE(&List->Count, List->Count - 1, EMU_ORDER_RELEASE);
    KiTakeFromHash(Object);
    KiObjects.Count--;
}

/* ---- Questions, under the lock --------------------------------------------------------------------------------- */

/* Of several of these kinds the one that came last is reported, of others the first one. */
static BOOLEAN KiIsLastReported(KI_OBJECT_KIND Kind)
{
    return Kind == KiObjectResource || Kind == KiObjectTimer;
}

typedef struct KI_RANGE {
    ULONG Kinds;
    ULONG_PTR Start;
    SIZE_T Bytes;
    const KI_OBJECT *Best;
} KI_RANGE;

static VOID KiConsider(KI_RANGE *Range, const KI_OBJECT *Object)
{
    const KI_OBJECT *Best = Range->Best;

    if ((Range->Kinds & KI_KIND(Object->Kind)) == 0 || (ULONG_PTR)Object->Address - Range->Start >= Range->Bytes) {
        return;
    }
    if (Best == NULL || Object->Kind < Best->Kind ||
        (Object->Kind == Best->Kind && (Object->Birth > Best->Birth) == KiIsLastReported(Object->Kind))) {
        Range->Best = Object;
    }
}

/* A look at each granule, or at each object, whatever is less. */
static VOID KiSearchRange(KI_RANGE *Range)
{
    ULONG_PTR First = Range->Start >> KI_GRANULE_SHIFT;
    ULONG_PTR Last = (Range->Start + Range->Bytes - 1) >> KI_GRANULE_SHIFT;

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    if (Last - First >= KiObjects.Count) {
        for (SIZE_T Kind = 0; Kind < KiObjectKinds; Kind++) {
            for (const KI_OBJECT *Object = KiObjects.List[Kind].First; Object != NULL; Object = Object->Next) {
                KiConsider(Range, Object);
            }
        }
        return;
    }
    for (ULONG_PTR Granule = First; Granule <= Last; Granule++) {
        for (SIZE_T Slot = KiHomeOf(Granule); KiObjects.Slot[Slot] != NULL; Slot = KiNextSlot(Slot)) {
            KiConsider(Range, KiObjects.Slot[Slot]);
        }
    }
}

static const KI_OBJECT *KiFirstSince(KI_OBJECT_KIND Kind, ULONG64 Birth)
{
    const KI_OBJECT *Object = KiObjects.List[Kind].Last;

    KI_ASSERT(HostIsHeld(&KiObjects.Lock));
    if (Object == NULL || Object->Birth < Birth) {
        return NULL;
    }
    while (!KiIsLastReported(Kind) && Object->Previous != NULL && Object->Previous->Birth >= Birth) {
        Object = Object->Previous;
    }
    return Object;
}

/* ---- The registry ---------------------------------------------------------------------------------------------- */

PVOID KiNewObject(KI_OBJECT_KIND Kind, PVOID Address, SIZE_T Bytes, PVOID Owner, SIZE_T EntryBytes)
{
    KI_OBJECT *Object = calloc(1, EntryBytes);

    if (Object == NULL) {
        HostFatal("no memory for what is known of an object");
    }
    Object->Kind = Kind;
    Object->Address = Address;
    Object->Bytes = Bytes;
    Object->Owner = Owner;
    return Object;
}

VOID KiAddObject(KI_OBJECT *Object)
{
    KiAcquireObjects();
    KiInsert(Object);
    KiReleaseObjects();
}

BOOLEAN KiAddNewObject(KI_OBJECT *Object)
{
    KiAcquireObjects();
    BOOLEAN New = KiLookUp(Object->Kind, Object->Address) == NULL;
    if (New) {
        KiInsert(Object);
    }
    KiReleaseObjects();
    return New;
}

KI_OBJECT *KiFindObject(KI_OBJECT_KIND Kind, const VOID *Address)
{
    KiAcquireObjects();
    KI_OBJECT *Object = KiLookUp(Kind, Address);
    KiReleaseObjects();
    return Object;
}

KI_OBJECT *KiRemoveObject(KI_OBJECT_KIND Kind, const VOID *Address)
{
    KiAcquireObjects();
    KI_OBJECT *Object = KiLookUp(Kind, Address);
    if (Object != NULL) {
        KiTakeOut(Object);
    }
    KiReleaseObjects();
    return Object;
}

KI_OBJECT *KiFirstObject(KI_OBJECT_KIND Kind)
{
    KiAcquireObjects();
    KI_OBJECT *First = KiObjects.List[Kind].First;
    KiReleaseObjects();
    return First;
}

static BOOLEAN KiCopyObject(const KI_OBJECT *Object, KI_OBJECT *Copy)
{
    if (Object != NULL) {
        *Copy = *Object;
    }
    return Object != NULL;
}

BOOLEAN KiFindObjectIn(ULONG Kinds, ULONG_PTR Start, SIZE_T Bytes, KI_OBJECT *Found)
{
    KI_RANGE Range = {Kinds, Start, Bytes, NULL};

    KiAcquireObjects();
    if (Bytes != 0) {
        KiSearchRange(&Range);
    }
    BOOLEAN Has = KiCopyObject(Range.Best, Found);
    KiReleaseObjects();
    return Has;
}

BOOLEAN KiFindObjectSince(KI_OBJECT_KIND Kind, ULONG64 Birth, KI_OBJECT *Found)
{
    KiAcquireObjects();
    BOOLEAN Has = KiCopyObject(KiFirstSince(Kind, Birth), Found);
    KiReleaseObjects();
    return Has;
}

KI_OBJECT *KiMatchObject(KI_OBJECT_KIND Kind, KI_MATCH_OBJECT *Match, const VOID *Context)
{
    KiAcquireObjects();
    KI_OBJECT *Object = KiObjects.List[Kind].First;
    while (Object != NULL && !Match(Object, Context)) {
        Object = Object->Next;
    }
    KiReleaseObjects();
    return Object;
}

BOOLEAN KiHasObjects(KI_OBJECT_KIND Kind)
{
    return EMU_ATOMIC_LOAD(&KiObjects.List[Kind].Count, EMU_ORDER_ACQUIRE) != 0;
}

ULONG64 KiCountBirths(VOID)
{
    KiAcquireObjects();
    ULONG64 Births = KiObjects.Births;
    KiReleaseObjects();
    return Births;
}

VOID KiForgetObjects(KI_OBJECT_KIND Kind)
{
    KI_OBJECT *First;

    KiAcquireObjects();
    while ((First = KiObjects.List[Kind].First) != NULL) {
        KiTakeOut(First);
        free(First);
    }
    KiReleaseObjects();
}

/* ---- What a driver must not do with an object ------------------------------------------------------------------ */

/* The page of 0xC7 has 0 for timers, no first parameter for lists, and 6 is the first that it does not use. Pages left
 * locked have a stop of their own. The rows whose violation is above 0x200E0 are ours. */
const KI_OBJECT_RULES KiObjectRules[KiObjectKinds] =
    {
        [KiObjectLookasideList] =
            {
                .Name = "lookaside list",
                .Misuse = {[KiInitializedTwice] = {KI_C4_LIST_INITIALIZED_TWICE, FALSE,
                                                   " was initialized again without having been deleted."},
                           [KiDeletedUninitialized] = {KI_C4_LIST_NOT_INITIALIZED, FALSE,
                                                       " was deleted, but it is not initialized."},
                           [KiUsedUninitialized] = {KI_C4_NOT_INITIALIZED, FALSE,
                                                    " is used, and it is not initialized, or deleted."}},
                .Freed = {KI_C4_FREED_ACTIVE_LIST, KiGivesBlockAndBytes, "was not deleted"},
                .Left = {TIMER_OR_DPC_INVALID, KI_C7_LOOKASIDE_LIST, "deleted"},
            },
        [KiObjectResource] =
            {
                .Name = "resource",
                .Misuse = {[KiInitializedTwice] = {KI_C4_RESOURCE_INITIALIZED_TWICE, FALSE,
                                                   ": initialized again without having been deleted"},
                           [KiDeletedUninitialized] = {KI_C4_RESOURCE_NOT_INITIALIZED, FALSE,
                                                       ": deleted, but it is not initialized"},
                           [KiUsedUninitialized] = {KI_C4_USED_UNINITIALIZED, FALSE,
                                                    ": acquired, and it is not initialized, or deleted"}},
                .Freed = {KI_C4_FREED_ACTIVE_RESOURCE, KiGivesBlockAndBytes, "was not deleted"},
                .Left = {DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_FREED_ACTIVE_RESOURCE, "deleted"},
            },
        [KiObjectTimer] =
            {
                .Name = "timer",
                .Misuse = {[KiInitializedTwice] = {KI_C7_TIMER, TRUE, " was initialized while it is set."},
                           [KiUsedUninitialized] = {KI_C4_OBJECT_ADDRESS, FALSE, " is used, and there is no timer."}},
                .Freed = {KI_C4_FREED_ACTIVE_TIMER, KiGivesTypeAndBlock, "is set"},
                .Left = {TIMER_OR_DPC_INVALID, KI_C7_TIMER, "cancelled"},
            },
        [KiObjectLockedMdl] =
            {
                .Name = "MDL",
                .Freed = {0, KiGivesLockedPages, "has locked pages"},
            },
        [KiObjectDpc] =
            {
                .Name = "DPC",
                .Misuse = {[KiInitializedTwice] = {KI_C7_DPC, TRUE, " was initialized while its timer is set."},
                           [KiUsedUninitialized] = {KI_C4_NOT_INITIALIZED, FALSE,
                                                    " is given to a timer, and it is not initialized."}},
                .Freed = {KI_C7_DPC, KiGivesRange, "belongs to a timer that is set"},
            },
        [KiObjectFastMutex] =
            {
                .Name = "fast mutex",
                .Misuse = {[KiInitializedTwice] = {KI_C4_LOCK_INITIALIZED_TWICE, FALSE,
                                                   " was initialized while a thread has it."},
                           [KiUsedUninitialized] = {KI_C4_USED_UNINITIALIZED, FALSE,
                                                    " was acquired, and it is not initialized."}},
                .Freed = {KI_C4_DELETED_WHILE_HELD, KiGivesThread, "is held by a thread"},
            },
        [KiObjectSpinLock] =
            {
                .Name = "spin lock",
                .Freed = {KI_C4_DELETED_WHILE_HELD, KiGivesThread, "is held by a thread"},
            },
        [KiObjectWaitedFor] =
            {
                .Name = "event",
                .Misuse = {[KiInitializedTwice] = {KI_C4_INITIALIZED_IN_USE, FALSE,
                                                   " was initialized while a thread waits for it."},
                           [KiUsedUninitialized] = {KI_C4_OBJECT_ADDRESS, FALSE, " is used, and there is no event."}},
                .Freed = {KI_C4_FREED_IN_USE, KiGivesBlockAndBytes, "has a thread that waits for it"},
            },
        [KiObjectMdl] =
            {
                .Name = "MDL",
                .Misuse = {[KiUsedUninitialized] = {KI_C4_NOT_INITIALIZED, FALSE,
                                                    " is used, and it is not initialized."}},
                .Freed = {KI_C4_MDL_FREED_AS_POOL, KiGivesBlockAndBytes,
                          "is one of IoAllocateMdl, which IoFreeMdl frees"},
            },
};

VOID KiStopForMisuse(KI_OBJECT_KIND Kind, KI_MISUSE Misuse, const VOID *Address, PVOID Caller)
{
    const KI_OBJECT_RULES *Rules = &KiObjectRules[Kind];

    if (Rules->Misuse[Misuse].Words == NULL) {
        return;
    }
    ULONG_PTR Start = (ULONG_PTR)Address;
    ULONG_PTR Violation = Rules->Misuse[Misuse].Violation;
    KI_BUGCHECK BugCheck = KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, Start, 0, 0);
    if (Rules->Misuse[Misuse].GivesRange) {
        const KI_OBJECT *Object = KiFindObject(Kind, Address);
        BugCheck =
            KiBugCheck(TIMER_OR_DPC_INVALID, Violation, Start, Start, Object == NULL ? Start : Start + Object->Bytes);
    }
    KiStopF(Caller, BugCheck, "The %s at 0x%zx%s", Rules->Name, (size_t)Start, Rules->Misuse[Misuse].Words);
}
