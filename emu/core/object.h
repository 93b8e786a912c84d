/* object.h: the registry of the objects that drivers keep in memory of their own and the kernel uses: which are in use,
 * since when, who initialized them, and which of them begin in a range of addresses. */
#ifndef EMU_CORE_OBJECT_H
#define EMU_CORE_OBJECT_H

#include "poolemu.h"

/* Where several kinds lie in one block, its free reports the first kind of this list, and unload the last. */
typedef enum KI_OBJECT_KIND {
    KiObjectLookasideList, /* from its initialization to its deletion */
    KiObjectResource,      /* likewise */
    KiObjectTimer,         /* while it is set */
    KiObjectLockedMdl,     /* an MDL, once for each lock of its pages */

    /* Only while the verifier is on. */
    KiObjectDpc,       /* while the timer is set that it belongs to */
    KiObjectFastMutex, /* while a thread has it */
    KiObjectSpinLock,  /* likewise */
    KiObjectWaitedFor, /* an event or a timer, once for each thread that waits for it */
    KiObjectMdl,       /* of IoAllocateMdl, until IoFreeMdl */
    KiObjectKinds,
} KI_OBJECT_KIND;

/* An entry of the registry. A kind that needs more has a structure that begins with this one. The registry has a lock
 * of its own, which is the last one taken. A kind that reads entries later than a call returns them has to keep
 * them from being removed meanwhile, by a lock of its own that it holds around additions and removals, too. */
typedef struct KI_OBJECT {
    struct KI_OBJECT *Next; /* of this kind, born later */
    struct KI_OBJECT *Previous;
    KI_OBJECT_KIND Kind;
    PVOID Address;
    SIZE_T Bytes;
    PVOID Owner;      /* where the call returns to that initialized it, which lies in its driver */
    ULONG64 Birth;    /* so many objects were added before */
    ULONG_PTR Thread; /* of a lock: the one that has it */
} KI_OBJECT;

/* An entry that is not in the registry yet: EntryBytes of malloc, zeroed behind the KI_OBJECT. Does not fail. */
PVOID KiNewObject(KI_OBJECT_KIND Kind, PVOID Address, SIZE_T Bytes, PVOID Owner, SIZE_T EntryBytes);

/* KiAddNewObject adds none, and returns FALSE, where there is one of its kind at its address. */
VOID KiAddObject(KI_OBJECT *Object);
BOOLEAN KiAddNewObject(KI_OBJECT *Object);

/* The one of that kind that begins there, the last one where there are several; NULL: none. What is removed is the
 * caller's to free. */
KI_OBJECT *KiFindObject(KI_OBJECT_KIND Kind, const VOID *Address);
KI_OBJECT *KiRemoveObject(KI_OBJECT_KIND Kind, const VOID *Address);

/* The first and, by Next, the others of a kind, in the order of their births. */
KI_OBJECT *KiFirstObject(KI_OBJECT_KIND Kind);

/* Of the objects of those kinds (KI_KIND bits) that begin in that memory, the one to report; and of those of a kind
 * that were born when there had been so many or more. FALSE: none. */
#define KI_KIND(Kind) (1u << (Kind))
BOOLEAN KiFindObjectIn(ULONG Kinds, ULONG_PTR Start, SIZE_T Bytes, KI_OBJECT *Found);
BOOLEAN KiFindObjectSince(KI_OBJECT_KIND Kind, ULONG64 Birth, KI_OBJECT *Found);

/* The first one that Match is TRUE for. Match runs under the registry's lock: it takes none, and touches no memory of
 * drivers. */
typedef BOOLEAN KI_MATCH_OBJECT(const KI_OBJECT *Object, const VOID *Context);
KI_OBJECT *KiMatchObject(KI_OBJECT_KIND Kind, KI_MATCH_OBJECT *Match, const VOID *Context);

/* Without the lock. */
BOOLEAN KiHasObjects(KI_OBJECT_KIND Kind);

/* How many objects were ever added, and so the birth number of the next one. */
ULONG64 KiCountBirths(VOID);

/* Removes and frees all of a kind, for EmuReset. */
VOID KiForgetObjects(KI_OBJECT_KIND Kind);

/* Around a fork. */
VOID KiAcquireObjects(VOID);
VOID KiReleaseObjects(VOID);

/* ---- What a driver must not do with an object ------------------------------------------------------------------ */

typedef enum KI_MISUSE {
    KiInitializedTwice,
    KiDeletedUninitialized, /* or deleted before */
    KiUsedUninitialized,    /* likewise */
    KiMisuses,
} KI_MISUSE;

/* What follows the object, or precedes it, in the stop for a freed block. */
typedef enum KI_FREED_PARAMETERS {
    KiGivesBlockAndBytes, /* 0xC4 (violation, object, block, bytes) */
    KiGivesTypeAndBlock,  /* 0xC4 (violation, object, pool type, block) */
    KiGivesThread,        /* 0xC4 (violation, object, thread that has it, 0); since Windows 7 */
    KiGivesRange,         /* 0xC7 (violation, object, start and end of the block) */
    KiGivesLockedPages,   /* 0xCB (what is known of the lock, 0, object, pages); since Vista */
} KI_FREED_PARAMETERS;

/* The stops of a kind, a row each; NULL words: there is no such stop. */
typedef struct KI_OBJECT_RULES {
    PCSTR Name;
    struct {
        ULONG_PTR Violation; /* the first parameter of 0xC4, object; or of 0xC7, object, its start and its end */
        BOOLEAN GivesRange;  /* 0xC7 */
        PCSTR Words;         /* behind the name and the address */
    } Misuse[KiMisuses];
    struct {
        ULONG_PTR Violation;
        KI_FREED_PARAMETERS Gives;
        PCSTR Words; /* "ARTICLE NAME in it WORDS" */
    } Freed;         /* with the block that it lies in */
    struct {
        ULONG Code;          /* of the stop, then the violation, the object, */
        ULONG_PTR Violation; /* start and end of what it lies in; of 0xC4 start and bytes */
        PCSTR Words;         /* "has not WORDS the NAME" */
    } Left;                  /* by a driver that is unloaded */
} KI_OBJECT_RULES;

extern EMU_LOCAL const KI_OBJECT_RULES KiObjectRules[KiObjectKinds];

/* The stop for it, where the kind has one; Caller is where the driver's call returns to. */
VOID KiStopForMisuse(KI_OBJECT_KIND Kind, KI_MISUSE Misuse, const VOID *Address, PVOID Caller);

#endif
