/* code.c: which call of a driver's led here, in words. */
#include "host/code.h"

#include <stdio.h>

#include "host/host.h"
#include "host/image.h"
#include "host/text.h"

enum {
    HOST_CALL_FRAMES =
        64, /* of the stack are looked at: the emulator's own, those of a signal, and the driver's first */
};

PVOID HostFindDriverCall(PVOID Caller)
{
    PVOID Frames[HOST_CALL_FRAMES];
    ULONG First = 0;

    if (Caller != NULL && HostIsDriverCode((ULONG_PTR)Caller - 1)) {
        return Caller;
    }
    ULONG Count = HostCaptureStack(Frames, HOST_CALL_FRAMES);
    while (First < Count && Frames[First] != Caller && (ULONG_PTR)Frames[First] + 1 != (ULONG_PTR)Caller) {
        First++;
    }
    for (ULONG Index = First == Count ? 0 : First; Index < Count; Index++) {
        if (HostIsDriverCode((ULONG_PTR)Frames[Index] - 1)) {
            return Frames[Index];
        }
    }
    return Caller;
}

BOOLEAN HostIsDriverFault(const HOST_FAULT *Fault)
{
    ULONG_PTR Caller = (ULONG_PTR)HostFaultCaller(Fault);
    PVOID Frames[HOST_CALL_FRAMES];
    ULONG Index = 0;

    if (Caller == 0 || HostIsOwnCode(Caller - 1)) {
        return FALSE;
    }
    if (HostIsDriverCode(Caller - 1)) {
        return TRUE;
    }
    ULONG Count = HostCaptureStack(Frames, HOST_CALL_FRAMES);
    while (Index < Count && (ULONG_PTR)Frames[Index] + 1 != Caller) {
        Index++;
    }
    return Index + 1 < Count && HostIsDriverCode((ULONG_PTR)Frames[Index + 1] - 1);
}

VOID HostDescribeCall(PVOID Caller, PSTR Text, SIZE_T Bytes)
{
    HOST_SOURCE Source;
    HOST_IMAGE Image;
    PCSTR Why;

    if (HostFindSource((ULONG_PTR)Caller - 1, &Source, &Why)) {
        snprintf(Text, Bytes, "%s (%s:%u)", Source.Function[0] == 0 ? "?" : Source.Function, HostFileName(Source.File),
                 Source.Line);
    } else if (Source.Function[0] != 0 && HostFindImage((ULONG_PTR)Caller - 1, &Image)) {
        snprintf(Text, Bytes, "%s (%s)", Source.Function, HostFileName(Image.Path));
    } else {
        HostDescribeCode((ULONG_PTR)Caller - 1, Text, Bytes);
    }
    HostMakePrintable(Text, FALSE);
}
