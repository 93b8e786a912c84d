/* thread.h: what the emulator knows of the calling thread, and the one word that makes the fast paths step aside. */
#ifndef EMU_CORE_THREAD_H
#define EMU_CORE_THREAD_H

#include "poolemu.h"

typedef enum KI_PENDING {
    KiNothingPending,
    KiHandlePending, /* the handler of the __try that was just left has to run */
    KiUnwindPending, /* the __finally of the __try that was just left has to run, and to raise on */
} KI_PENDING;

/* A look at the first entry of a list, which another thread may pop and free meanwhile: a fault then leads to Context,
 * unless the list's head is still what was seen. */
typedef struct KI_PROBE {
    const SLIST_HEADER *Head;
    SLIST_HEADER Seen;
    jmp_buf Context;
} KI_PROBE;

typedef struct KI_THREAD {
    KIRQL Irql;                      /* set by MiSetIrql */
    EMU_CATCH_FRAME *CatchFrame;     /* innermost EMU_CATCH_BUGCHECK or EMU_CATCH_EXCEPTION */
    struct _EMU_TRY_FRAME *TryFrame; /* innermost __try of driver code */
    KI_PENDING Pending;              /* what the statement behind a __try has to do */
    ULONG Inside;                    /* above 0: the emulator touches pool for its own ends, where a driver may not */
    KI_PROBE *Probe;
    BOOLEAN InDpc;
    BOOLEAN IsStarting;     /* KiStartNow runs */
    LONG ApcDisable;        /* below 0: in so many critical regions */
    ULONG FailureLoops;     /* so many EMU_FOR_EACH_FAILURE run, one in the other */
    ULONG64 BornBeforeStop; /* objects with a lower birth number came before the thread's last stop that was caught */
} KI_THREAD;

extern EMU_LOCAL EMU_THREAD_LOCAL KI_THREAD KiThread;

/* Any bit set here sends every pool routine through its slow path, which knows the rule behind the bit. Before KiStart
 * those are set that options set. */
enum {
    KI_OLD_WINDOWS = 1,        /* the emulated Windows has no NX pool, or does not zero on request */
    KI_POOL_LIMIT = 2,         /* pool has a limit, so every byte is counted at once */
    KI_LOADING = 0x100,        /* a DriverEntry runs: what it allocates before ExInitializeDriverRuntime is noted */
    KI_COUNTING_CALLS = 0x200, /* blocks are counted by call site */
    KI_VERIFIER = 0x400,       /* Driver Verifier is on */
    KI_LOW_RESOURCES = 0x800,  /* calls may have to fail */
    KI_TRACKING = 0x1000,      /* every allocation and free is noted with its call stack */
    KI_SANITIZE = 0x2000,      /* a sanitizer is told of every block */
};

extern EMU_LOCAL ULONG KiUnusual;

VOID KiSetUnusual(ULONG Bit, BOOLEAN Set);

/* Around touches of pool for the emulator's own ends; they nest, and a stop between them ends all of them. */
VOID KiEnterInside(VOID);
VOID KiLeaveInside(VOID);

#endif
