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

/* gcc takes an address of the segment gs for one near NULL, and warns of it. */
static const NT_TIB *HostTib(VOID)
{
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif
    return (const NT_TIB *)NtCurrentTeb();
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

SIZE_T HostStackRoom(VOID)
{
    const NT_TIB *Tib = HostTib();
    MEMORY_BASIC_INFORMATION Stack;
    ULONG_PTR Here = (ULONG_PTR)&Here;

    if (Here < (ULONG_PTR)Tib->StackLimit || Here >= (ULONG_PTR)Tib->StackBase ||
        VirtualQuery((PVOID)Here, &Stack, sizeof(Stack)) == 0) {
        return 0;
    }
    return Here - (ULONG_PTR)Stack.AllocationBase;
}

VOID HostForgetUnloadedCode(VOID)
{
}

BOOLEAN HostIsOnStack(const VOID *Address)
{
    const NT_TIB *Tib = HostTib();
    ULONG_PTR Start = (ULONG_PTR)&Tib - HostStackRoom();

    return HostStackRoom() != 0 && (ULONG_PTR)Address >= Start && (ULONG_PTR)Address < (ULONG_PTR)Tib->StackBase;
}
