/* stack.h: the calling thread's call stack, fast enough to be taken at every allocation: a thread remembers where the
 * return addresses of its last stacks lay, and looks whether they are still there. */
#ifndef EMU_HOST_STACK_H
#define EMU_HOST_STACK_H

#include "ntdef.h"

enum {
    HOST_STACK_FRAMES = 32, /* of a stack, at most: the innermost ones */
};

/* So much is left of the calling thread's own stack; 0 when it is on another one, or the host does not say. */
SIZE_T HostStackRoom(VOID);

/* Whether the address lies on the calling thread's own stack, as far as the host says. */
BOOLEAN HostIsOnStack(const VOID *Address);

/* What a thread remembers; made and owned by the caller, one for each thread. */
typedef struct HOST_TRAILS HOST_TRAILS;

/* NULL: no memory. */
HOST_TRAILS *HostMakeTrails(VOID);

/* Calls Name with the return addresses from Caller outwards, and returns what it returns; for a stack that is
 * remembered, what it returned then. Caller is a return address on the stack; where the way to it cannot be found the
 * stack is Caller alone. */
ULONG HostNameStack(HOST_TRAILS *Trails, PVOID Caller, ULONG (*Name)(PVOID const *Frames, ULONG Count));

/* From now on nothing remembered counts. No other thread takes a stack meanwhile. */
VOID HostForgetStacks(VOID);

/* The same for what was remembered of code that is not loaded any more; to be called where other code may have come. */
VOID HostForgetUnloadedCode(VOID);

#endif
