/* track.h: pool tracking: who allocated each live block and who freed it, a log of the last operations, and counters.
 * While it is on, no fast path of the pool is open. */
#ifndef EMU_WATCH_TRACK_H
#define EMU_WATCH_TRACK_H

#include "core/thread.h"
#include "mem/block.h"
#include "watch/sanitize.h"

/* On and off, as Driver Verifier's bit 0x8. What was noted before is forgotten when it goes on. */
VOID VfSetTracking(BOOLEAN Enable);

static inline BOOLEAN VfIsTracking(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_TRACKING) != 0;
}

/* Are the stacks of blocks noted, for whatever purpose: AddressSanitizer's reports show them without tracking, too. */
static inline BOOLEAN VfIsRecording(VOID)
{
    return VfIsTracking() || (KiIsSanitizing() && KiSanitizer() == KiAddressSanitizer);
}

/* For the pool routines, while stacks are noted: a block has come, is about to go, or (while tracking is on) could not
 * be had. Caller is where the driver's call returns to. */
VOID VfNoteAllocation(const MI_BLOCK *Block, PVOID Caller);
VOID VfNoteFree(const MI_BLOCK *Block, PVOID Caller);
VOID VfNoteFailure(VOID);

/* Makes what notes are kept in, or ends the process. */
VOID VfReadyRecords(VOID);

/* Notes the stack alone: of an entry of a lookaside list that goes to its list, or comes from there. */
VOID VfNoteEntry(PVOID Entry, PVOID Caller, BOOLEAN IsFree);

/* The stack of the driver's call that returns to Caller, by name. */
ULONG VfNameCall(PVOID Caller);

/* What is known of the block that begins there, or began there last; FALSE: nothing. The stacks are names, 0 in Free
 * while it is live. */
typedef struct VF_RECORD {
    ULONG Allocation;
    ULONG Free;
    ULONG64 Sequence; /* of its last operation */
} VF_RECORD;

BOOLEAN VfFindRecord(PVOID Address, VF_RECORD *Record);

/* The stack of a name; it stays until the next EmuReset. Those of which only the name is known have Count 0. */
EMU_STACK VfStackOf(ULONG Name);
ULONG VfStackNames(VOID); /* all names are below */

/* Does a frame of that stack lie there? TRUE, too, when nothing is known of the stack. */
BOOLEAN VfIsStackIn(ULONG Name, ULONG_PTR Start, ULONG_PTR End);

/* For a stop screen, of the block that begins there: "allocated by ..., freed by ..."; FALSE when nothing is known. */
BOOLEAN VfDescribeHistory(PVOID Address, PSTR Text, SIZE_T Bytes);

/* A driver is about to be loaded, perhaps to where another one was. */
VOID VfNoteLoad(VOID);

/* For EmuReset. */
VOID VfResetTracking(VOID);

#endif
