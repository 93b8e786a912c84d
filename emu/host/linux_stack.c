/* linux_stack.c: stack.h on ELF systems: walks by call frame information, whose rules are kept by return address, and
 * by thread the trails of the last walks. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>

#include "host/host.h"
#include "host/image.h"
#include "host/stack.h"
#include "host/table.h"
#include "host/unwind.h"

/* ---- Rules ---------------------------------------------------------------------------------------------------- */

typedef struct HOST_RULE {
    ULONG64 Key;    /* generation << 48 | return address; 0: free */
    ULONG64 Unwind; /* a HOST_UNWIND, or 0: not there yet */
} HOST_RULE;

enum {
    HOST_RULES = 1 << 14,
    HOST_MOST_STEPS = 32,
};

static HOST_RULE HostRules[HOST_RULES];
static ULONG HostGeneration = 1;

/* NULL: there is no room for one. */
static HOST_RULE *HostFindRule(ULONG64 Key)
{
    static const HOST_TABLE Table = {HostRules, sizeof(HOST_RULE), HOST_RULES, HOST_MOST_STEPS};
    BOOLEAN IsNew;

    return HostTakeElement(&Table, Key, &IsNew);
}

static HOST_UNWIND HostUnwindAt(ULONG_PTR ReturnAddress, ULONG Generation)
{
    HOST_RULE *Rule = HostFindRule((ULONG64)Generation << 48 | ReturnAddress);
    ULONG64 Value = Rule == NULL ? 0 : EMU_ATOMIC_LOAD(&Rule->Unwind, EMU_ORDER_NONE);
    HOST_UNWIND Unwind;

    if (Value != 0) {
        memcpy(&Unwind, &Value, sizeof(Unwind));
        return Unwind;
    }
    Unwind = HostFindUnwind(ReturnAddress);
    if (Rule != NULL) {
        memcpy(&Value, &Unwind, sizeof(Value));
        EMU_ATOMIC_STORE(&Rule->Unwind, Value, EMU_ORDER_NONE);
    }
    return Unwind;
}

/* ---- Trails --------------------------------------------------------------------------------------------------- */

enum {
    HOST_TRAIL_SETS = 16,
    HOST_TRAIL_WAYS = 4, /* so many walks that fall into one set do not drive each other out */
    HOST_TRAIL_MARKS = 96,
    HOST_INNER_FRAMES = 24, /* so many frames of the emulator's own lie between, at most */
};

/* The words of the stack that a walk depended on, in the order in which it came to them: when the first ones are as
 * they were, the next one is where it was. */
typedef struct HOST_TRAIL {
    ULONG_PTR Stack; /* the pointers at the start */
    ULONG_PTR Frame;
    ULONG_PTR Code;
    ULONG_PTR Caller;
    ULONG Generation;
    BOOLEAN UsesFrame; /* the frame pointer at the start mattered */
    ULONG Name;
    ULONG Marks;
    ULONG Offset[HOST_TRAIL_MARKS]; /* from Stack */
    ULONG_PTR Value[HOST_TRAIL_MARKS];
} HOST_TRAIL;

struct HOST_TRAILS {
    HOST_TRAIL Trail[HOST_TRAIL_SETS][HOST_TRAIL_WAYS];
    ULONG NextWay;
};

HOST_TRAILS *HostMakeTrails(VOID)
{
    return HostAllocate(sizeof(HOST_TRAILS));
}

EMU_INLINE BOOLEAN HostIsOnTrail(const HOST_TRAIL *Trail, const HOST_TRAIL *Start)
{
    if (Trail->Stack != Start->Stack || Trail->Caller != Start->Caller || Trail->Code != Start->Code ||
        Trail->Generation != Start->Generation || (Trail->UsesFrame && Trail->Frame != Start->Frame)) {
        return FALSE;
    }
    for (ULONG Mark = 0; Mark < Trail->Marks; Mark++) {
        if (*(const ULONG_PTR *)(Start->Stack + Trail->Offset[Mark]) != Trail->Value[Mark]) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- Walking -------------------------------------------------------------------------------------------------- */

/* The end of the calling thread's stack; 0 when the thread is on another one now, or the host does not say. */
static ULONG_PTR HostStackBounds(ULONG_PTR Stack, ULONG_PTR *Start)
{
    static EMU_THREAD_LOCAL ULONG_PTR Low, End;
    pthread_attr_t Attributes;
    void *Lowest;
    size_t Bytes;

    if (End == 0 && pthread_getattr_np(pthread_self(), &Attributes) == 0) {
        if (pthread_attr_getstack(&Attributes, &Lowest, &Bytes) == 0) {
            Low = (ULONG_PTR)Lowest;
            End = Low + Bytes;
        }
        pthread_attr_destroy(&Attributes);
    }
    *Start = Low;
    return Stack >= Low && Stack < End ? End : 0;
}

static ULONG_PTR HostStackEnd(ULONG_PTR Stack)
{
    ULONG_PTR Start;

    return HostStackBounds(Stack, &Start);
}

SIZE_T HostStackRoom(VOID)
{
    ULONG_PTR Here = (ULONG_PTR)__builtin_frame_address(0);
    ULONG_PTR Start;

    return HostStackBounds(Here, &Start) == 0 ? 0 : Here - Start;
}

BOOLEAN HostIsOnStack(const VOID *Address)
{
    ULONG_PTR Start;
    ULONG_PTR End = HostStackBounds((ULONG_PTR)__builtin_frame_address(0), &Start);

    return End != 0 && (ULONG_PTR)Address - Start < End - Start;
}

typedef struct HOST_WALK {
    HOST_TRAIL *Trail;
    ULONG_PTR End;
    ULONG_PTR Code; /* where the frame's function goes on */
    ULONG_PTR Stack;
    ULONG_PTR Frame;
    ULONG_PTR FrameFrom; /* where on the stack the frame pointer was read; 0: it is that of the start */
    BOOLEAN FrameIsLost;
} HOST_WALK;

/* The word at Address, which lies on the stack above the stack pointer, and a mark for it. */
static BOOLEAN HostMark(HOST_WALK *Walk, ULONG_PTR Address, ULONG_PTR *Value)
{
    HOST_TRAIL *Trail = Walk->Trail;

    if (Address < Trail->Stack || Address >= Walk->End || Address % sizeof(ULONG_PTR) != 0 ||
        Trail->Marks == HOST_TRAIL_MARKS) {
        return FALSE;
    }
    *Value = *(const ULONG_PTR *)Address;
    Trail->Offset[Trail->Marks] = (ULONG)(Address - Trail->Stack);
    Trail->Value[Trail->Marks++] = *Value;
    return TRUE;
}

/* The frame pointer is about to be used, so it matters what it was. */
static BOOLEAN HostMarkFrame(HOST_WALK *Walk)
{
    if (Walk->FrameIsLost) {
        return FALSE;
    }
    if (Walk->FrameFrom == 0) {
        Walk->Trail->UsesFrame = TRUE;
        return TRUE;
    }
    return HostMark(Walk, Walk->FrameFrom, &Walk->Frame);
}

static VOID HostTakeFrame(HOST_WALK *Walk, const HOST_UNWIND *Unwind, ULONG_PTR FrameEnd)
{
    ULONG_PTR From = FrameEnd + (ULONG_PTR)(LONG_PTR)Unwind->FramePointer * sizeof(ULONG_PTR);

    if (Unwind->Kind == HostUnwindRestoresFrame) {
        Walk->FrameIsLost = From < Walk->Trail->Stack || From >= Walk->End || From % sizeof(ULONG_PTR) != 0;
        Walk->FrameFrom = From;
        Walk->Frame = Walk->FrameIsLost ? 0 : *(const ULONG_PTR *)From;
    } else if (Unwind->Kind == HostUnwindLosesFrame) {
        Walk->FrameIsLost = TRUE;
    }
}

/* To the caller's frame; FALSE: there is none, or the way is not known. */
static BOOLEAN HostStepOut(HOST_WALK *Walk)
{
    HOST_UNWIND Unwind = HostUnwindAt(Walk->Code, Walk->Trail->Generation);
    ULONG_PTR Code;

    if (Unwind.Kind == HostUnwindStops || (Unwind.FromFramePointer && !HostMarkFrame(Walk))) {
        return FALSE;
    }
    ULONG_PTR FrameEnd = (Unwind.FromFramePointer ? Walk->Frame : Walk->Stack) + (ULONG_PTR)Unwind.Bytes;
    if (FrameEnd <= Walk->Stack || FrameEnd > Walk->End ||
        !HostMark(Walk, FrameEnd + (ULONG_PTR)(LONG_PTR)Unwind.ReturnAddress * sizeof(ULONG_PTR), &Code) || Code == 0) {
        return FALSE;
    }
    HostTakeFrame(Walk, &Unwind, FrameEnd);
    Walk->Stack = FrameEnd;
#if defined(__aarch64__)
    Code &= ((ULONG_PTR)1 << 48) - 1; /* it may be signed */
#endif
    Walk->Code = Code;
    return TRUE;
}

/* The frames from the one that Caller returns to; 0 when the way there is not known. */
static ULONG HostWalkStack(HOST_WALK *Walk, PVOID *Frames)
{
    ULONG Count = 0;

    for (ULONG Inner = 0; Walk->Code != Walk->Trail->Caller; Inner++) {
        if (Inner == HOST_INNER_FRAMES || !HostStepOut(Walk)) {
            return 0;
        }
    }
    do {
        Frames[Count++] = (PVOID)Walk->Code;
    } while (Count < HOST_STACK_FRAMES && HostStepOut(Walk));
    return Count;
}

static EMU_NOINLINE ULONG HostNameNewStack(HOST_TRAIL *Trail, const HOST_TRAIL *Start,
                                           ULONG (*Name)(PVOID const *Frames, ULONG Count))
{
    HOST_WALK Walk = {.Trail = Trail, .Code = Start->Code, .Stack = Start->Stack, .Frame = Start->Frame};
    PVOID Frames[HOST_STACK_FRAMES];

    Trail->Generation = 0;
    Trail->Stack = Start->Stack;
    Trail->Frame = Start->Frame;
    Trail->Code = Start->Code;
    Trail->Caller = Start->Caller;
    Trail->UsesFrame = FALSE;
    Trail->Marks = 0;
    Trail->Generation = Start->Generation;
    Walk.End = HostStackEnd(Start->Stack);
    ULONG Count = HostWalkStack(&Walk, Frames);
    if (Count == 0) { /* a stack of the application's making, or code without call frame information */
        Frames[0] = (PVOID)Start->Caller;
        Count = 1;
    }
    Trail->Name = Name(Frames, Count);
    return Trail->Name;
}

/* The walk begins behind this function's own frame. */
EMU_NOINLINE ULONG HostNameStack(HOST_TRAILS *Trails, PVOID Caller, ULONG (*Name)(PVOID const *Frames, ULONG Count))
{
    HOST_TRAIL Start;

    Start.Stack = (ULONG_PTR)__builtin_dwarf_cfa();
    Start.Frame = *(const ULONG_PTR *)__builtin_frame_address(0);
    Start.Code = (ULONG_PTR)EMU_RETURN_ADDRESS();
    Start.Caller = (ULONG_PTR)Caller;
    Start.Generation = EMU_ATOMIC_LOAD(&HostGeneration, EMU_ORDER_NONE);
    HOST_TRAIL *Set = Trails->Trail[HostHashBelow(Start.Stack ^ Start.Caller << 4, HOST_TRAIL_SETS)];
    for (ULONG Way = 0; Way < HOST_TRAIL_WAYS; Way++) {
        if (EMU_LIKELY(HostIsOnTrail(&Set[Way], &Start))) {
            return Set[Way].Name;
        }
    }
    return HostNameNewStack(&Set[Trails->NextWay++ % HOST_TRAIL_WAYS], &Start, Name);
}

static VOID HostBeginGeneration(VOID)
{
    ULONG Next = (HostGeneration + 1) & 0xFFFF;

    EMU_ATOMIC_STORE(&HostGeneration, Next == 0 ? 1 : Next, EMU_ORDER_NONE);
}

VOID HostForgetStacks(VOID)
{
    HostBeginGeneration();
    memset(HostRules, 0, sizeof(HostRules));
}

VOID HostForgetUnloadedCode(VOID)
{
    static ULONG64 Seen;
    ULONG64 Unloads = HostCountUnloads();

    if (EMU_ATOMIC_LOAD(&Seen, EMU_ORDER_NONE) != Unloads) {
        EMU_ATOMIC_STORE(&Seen, Unloads, EMU_ORDER_NONE);
        HostBeginGeneration();
    }
}
