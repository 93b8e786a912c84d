/* stackset.h: call stacks of drivers, and the file in which they are remembered from run to run. */
#ifndef EMU_WATCH_STACKSET_H
#define EMU_WATCH_STACKSET_H

#include "poolemu.h"

enum {
    VF_STACK_FRAMES = 64,
    VF_STACK_TEXT = 4096,
};

/* From the caller of the failing routine outwards. */
typedef struct VF_STACK {
    ULONG Count;
    PVOID Frames[VF_STACK_FRAMES];
    ULONG64 Id;               /* of Text */
    CHAR Text[VF_STACK_TEXT]; /* the frames of the driver, "ring.so+0x12 ring.so+0x345": its image is Caller's */
} VF_STACK;

VOID VfCaptureStack(VF_STACK *Stack, PVOID Caller);

/* Has it a frame whose function or image is in that list, or is it in it itself, as "#" and the identifier? */
BOOLEAN VfIsStackOneOf(const VF_STACK *Stack, PCSTR List);

/* ---- The stacks that were seen: the caller holds a lock ---------------------------------------------------------- */

typedef enum VF_STACK_STATE {
    VfStackNew,
    VfStackRecorded,
    VfStackFailed,
    VfStackExcluded, /* by the user, in the file */
} VF_STACK_STATE;

typedef struct VF_STACK_SET VF_STACK_SET;

/* What the file holds, or an empty set when there is no such file yet or FileName is ""; the file is there afterwards.
 * NULL, and Error filled in, when it is damaged or cannot be read or written. */
VF_STACK_SET *VfOpenStackSet(PCSTR FileName, PSTR Error, SIZE_T ErrorBytes);
VOID VfCloseStackSet(VF_STACK_SET *Set);

ULONG64 VfStackCount(const VF_STACK_SET *Set);
VF_STACK_STATE VfStateOfStack(const VF_STACK_SET *Set, ULONG64 Id);

/* Also writes it to the file, at once. */
VOID VfRememberStack(VF_STACK_SET *Set, VF_STACK_STATE State, PCSTR Routine, const VF_STACK *Stack);

#endif
