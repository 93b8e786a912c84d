/* misuse.c: locks that threads have, in the registry of objects, and objects in stack frames that are gone. */
#include "watch/misuse.h"

#include <stdlib.h>

#include "core/bugcheck.h"
#include "host/host.h"
#include "host/stack.h"

VOID VfNoteHeld(KI_OBJECT_KIND Kind, PVOID Lock, SIZE_T Bytes, PVOID Caller)
{
    KI_OBJECT *Held = KiNewObject(Kind, Lock, Bytes, Caller, sizeof(*Held));

    Held->Thread = HostThreadId();
    KiAddObject(Held);
}

/* The verifier may have been on when the lock was acquired, and be off now. */
VOID VfNoteReleased(KI_OBJECT_KIND Kind, const VOID *Lock)
{
    if (KiHasObjects(Kind)) {
        free(KiRemoveObject(Kind, Lock));
    }
}

static DECLSPEC_NORETURN VOID VfStopForFrame(const VOID *Object, PCSTR Name, PCSTR Words, PVOID Caller)
{
    KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_FRAME_IS_GONE, (ULONG_PTR)Object, 0, 0),
            "The %s at 0x%zx %s: it lies in a stack frame of this thread that is gone.", Name, (size_t)Object, Words);
}

/* What a stop has left on the stack that the test caught is no mistake of the driver's any more. */
VOID VfStopForGoneFrame(const VOID *Object, PCSTR Name, PVOID Frame, PVOID Caller)
{
    ULONG_PTR Here = (ULONG_PTR)EMU_FRAME_ADDRESS(), End = (ULONG_PTR)Frame;
    SIZE_T Room = HostStackRoom();
    ULONG_PTR Start = Here - Room;
    KI_OBJECT Other;

    if (Room == 0 || End <= Start) {
        return;
    }
    if ((ULONG_PTR)Object - Start < End - Start) {
        VfStopForFrame(Object, Name, "is used", Caller);
    }
    if (KiFindObjectIn(~0u, Start, End - Start, &Other) && Other.Birth >= KiThread.BornBeforeStop) {
        VfStopForFrame(Other.Address, KiObjectRules[Other.Kind].Name, "is still in use", Caller);
    }
}

VOID VfForgetHeld(VOID)
{
    KiForgetObjects(KiObjectFastMutex);
    KiForgetObjects(KiObjectSpinLock);
    KiForgetObjects(KiObjectMdl);
}
