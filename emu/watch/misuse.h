/* misuse.h: what Driver Verifier knows of the objects that drivers keep in memory of their own, beyond what the kernel
 * does: locks that a thread has, and objects in stack frames that are gone. */
#ifndef EMU_WATCH_MISUSE_H
#define EMU_WATCH_MISUSE_H

#include "core/object.h"
#include "watch/verifier.h"

/* A lock that the calling thread has now, or is about to release. The first while the verifier is on. */
VOID VfNoteHeld(KI_OBJECT_KIND Kind, PVOID Lock, SIZE_T Bytes, PVOID Caller);
VOID VfNoteReleased(KI_OBJECT_KIND Kind, const VOID *Lock);

/* Every routine that is given an object calls this first, with EMU_FRAME_ADDRESS: the stop where the object lies below
 * that frame on the calling thread's stack, or another one that is in use does. The frames that they lay in are gone.
 */
VOID VfStopForGoneFrame(const VOID *Object, PCSTR Name, PVOID Frame, PVOID Caller);

EMU_INLINE VOID VfCheckFrame(const VOID *Object, PCSTR Name, PVOID Frame, PVOID Caller)
{
    if (VfIsOn()) {
        VfStopForGoneFrame(Object, Name, Frame, Caller);
    }
}

/* For EmuReset: no lock is held, and no MDL allocated. */
VOID VfForgetHeld(VOID);

#endif
