/* special.h: special pool: blocks between two inaccessible pages, that stay inaccessible for a while once freed. */
#ifndef EMU_WATCH_SPECIAL_H
#define EMU_WATCH_SPECIAL_H

#include "mem/block.h"

typedef struct VF_REQUEST {
    POOL_TYPE PoolType; /* what is recorded of it */
    MI_ARENA Arena;     /* where the block would be otherwise */
    SIZE_T Bytes;
    ULONG Tag;
    EX_POOL_PRIORITY Priority;
    BOOLEAN IsAskedFor; /* POOL_FLAG_SPECIAL_POOL */
    BOOLEAN Quota;
    BOOLEAN Zero;
} VF_REQUEST;

/* Does the option, or a setting of the test's, select the request? */
BOOLEAN VfWantsSpecial(const VF_REQUEST *Request);

/* Are lookaside lists to keep nothing? */
BOOLEAN VfEmptiesLists(VOID);

/* NULL: no room; the request is served from ordinary pool. The thread has a cache. */
PVOID VfAllocateSpecial(const VF_REQUEST *Request);

/* Frees a live block: checks what is around it, and stops for the code at Caller when that was written to. FALSE:
 * another thread was faster. */
BOOLEAN VfFreeSpecial(PVOID Address, PCSTR Routine, PVOID Caller);

/* What ExFreePool of an address in special pool where no block begins ends with. */
DECLSPEC_NORETURN VOID VfStopOnBadFree(PVOID Address, PCSTR Routine, PVOID Caller);

/* Is there any special pool yet, and is that address in it? */
BOOLEAN VfHasSpecial(VOID);
BOOLEAN VfIsSpecial(ULONG_PTR Address);
BOOLEAN VfIsPagedSpecial(ULONG_PTR Address);

/* The live block that begins at Address, or that Address points into (or into its pages). */
BOOLEAN VfFindSpecial(PVOID Address, MI_BLOCK *Block);
BOOLEAN VfFindSpecialAround(ULONG_PTR Address, MI_BLOCK *Block);

/* Walks over the live blocks, from a place of zeros on, until it returns FALSE. And marks them all, see
 * MiMarkAllBlocks. */
typedef struct VF_PLACE {
    ULONG Range;
    ULONG Slot;
} VF_PLACE;

BOOLEAN VfNextSpecial(VF_PLACE *Place, MI_BLOCK *Block);
VOID VfMarkSpecial(VOID);

/* A fault in special pool: TRUE to try again, or a stop; FALSE: execution of what is no-execute. */
BOOLEAN VfOnSpecialFault(const HOST_FAULT *Fault);

/* What may be done with the page, when it is a live block's and not trimmed. */
HOST_ACCESS VfSpecialAccess(ULONG_PTR Address);

/* Pages by number, from 0 on, for emulated physical memory. */
SIZE_T VfPageOfSpecial(ULONG_PTR Address);
ULONG_PTR VfSpecialAtPage(SIZE_T Page);

/* Takes all access from paged blocks, and gives it back to all. */
VOID VfTrimSpecial(VOID);
VOID VfPageInSpecial(VOID);

/* For EmuReset: frees all blocks, ends the quarantine, and goes back to the default settings. */
VOID VfResetSpecial(VOID);

#endif
