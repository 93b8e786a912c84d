/* unwind.h: how to leave a function's frame at a return address: what the image's call frame information says, as far
 * as compiled code uses it. Only linux_stack.c asks. */
#ifndef EMU_HOST_UNWIND_H
#define EMU_HOST_UNWIND_H

#include "ntdef.h"

typedef enum HOST_UNWIND_KIND {
    HostUnwindStops = 1,     /* the outermost function, or one that cannot be left by these means */
    HostUnwindKeepsFrame,    /* the frame pointer is the caller's */
    HostUnwindRestoresFrame, /* the caller's frame pointer was saved */
    HostUnwindLosesFrame,    /* who needs the caller's frame pointer stops */
} HOST_UNWIND_KIND;

/* A frame's end is Bytes above the stack pointer or the frame pointer. Relative to it, in units of a pointer, lie the
 * return address and the saved frame pointer. 8 bytes in all, so that it can be written at once. */
typedef struct HOST_UNWIND {
    LONG Bytes : 24;
    ULONG FromFramePointer : 4;
    ULONG Kind : 4; /* HOST_UNWIND_KIND */
    SHORT ReturnAddress;
    SHORT FramePointer;
} HOST_UNWIND;

C_ASSERT(sizeof(HOST_UNWIND) == 8);

/* For the code that a call returns to; where nothing is known it stops. */
HOST_UNWIND HostFindUnwind(ULONG_PTR ReturnAddress);

#endif
