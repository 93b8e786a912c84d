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

/* Is there any special pool yet, and is that address in it? region.h answers all else. */
BOOLEAN VfHasSpecial(VOID);
BOOLEAN VfIsSpecial(ULONG_PTR Address);

/* Takes all access from paged blocks, and gives it back to all. */
VOID VfTrimSpecial(VOID);
VOID VfPageInSpecial(VOID);

/* For EmuReset: frees all blocks, ends the quarantine, and goes back to the default settings. */
VOID VfResetSpecial(VOID);

/* Around a fork. */
VOID VfAcquireSpecial(VOID);
VOID VfReleaseSpecial(VOID);

#endif
