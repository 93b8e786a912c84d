/* trackstack.h: the call stacks that tracking meets, each kept once, under a number: its name. */
#ifndef EMU_WATCH_TRACKSTACK_H
#define EMU_WATCH_TRACKSTACK_H

#include "poolemu.h"

enum {
    VF_STACK_LOST = 1, /* the name of all that found no room; 0 is no name */
};

/* FALSE: no memory. To be called before the first name is given. */
BOOLEAN VfMakeStackTable(VOID);

ULONG VfNameStack(PVOID const *Frames, ULONG Count);

/* No name is in use any more. */
VOID VfForgetStacks(VOID);

#endif
