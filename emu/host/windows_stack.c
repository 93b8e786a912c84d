/* windows_stack.c: stack.h on Windows, by the system's own walk along the unwind tables. Nothing is remembered: the
 * walk of a few frames costs some hundred nanoseconds. */
#include "host/stack.h"

#include <windows.h>

struct HOST_TRAILS {
    char Unused;
};

HOST_TRAILS *HostMakeTrails(VOID)
{
    static HOST_TRAILS Trails;

    return &Trails;
}

ULONG HostNameStack(HOST_TRAILS *Trails, PVOID Caller, ULONG (*Name)(PVOID const *Frames, ULONG Count))
{
    enum {
        OwnFrames = 16 /* of the emulator, at most, between this routine and Caller */
    };
    PVOID Frames[OwnFrames + HOST_STACK_FRAMES];
    ULONG Count = CaptureStackBackTrace(1, OwnFrames + HOST_STACK_FRAMES, Frames, NULL);
    ULONG First = 0;

    (void)Trails;
    while (First < Count && Frames[First] != Caller) {
        First++;
    }
    if (First == Count) {
        return Name(&Caller, 1);
    }
    for (ULONG Index = First; Index < Count; Index++) {
        if (Frames[Index] == (PVOID)(LONG_PTR)-1) { /* Wine walks on behind a thread's start, and finds this there */
            Count = Index;
        }
    }
    return Name(&Frames[First], Count - First < HOST_STACK_FRAMES ? Count - First : HOST_STACK_FRAMES);
}

VOID HostForgetStacks(VOID)
{
}

/* A stack is one allocation, of a thread or of a fiber. */
SIZE_T HostStackRoom(VOID)
{
    MEMORY_BASIC_INFORMATION Stack = {0};

    if (VirtualQuery(&Stack, &Stack, sizeof(Stack)) == 0) {
        return 0;
    }
    return (ULONG_PTR)&Stack - (ULONG_PTR)Stack.AllocationBase;
}

VOID HostForgetUnloadedCode(VOID)
{
}

BOOLEAN HostIsOnStack(const VOID *Address)
{
    MEMORY_BASIC_INFORMATION Mine = {0}, Other = {0};

    return VirtualQuery(&Mine, &Mine, sizeof(Mine)) != 0 && VirtualQuery(Address, &Other, sizeof(Other)) != 0 &&
           Other.AllocationBase == Mine.AllocationBase;
}
