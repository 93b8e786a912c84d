/* hooks.h: what the lower layers ask of higher ones, as pointers, so that no lower file names a higher one. All are set
 * before any routine of the library can be called, in test/modules.c. */
#ifndef EMU_CORE_HOOKS_H
#define EMU_CORE_HOOKS_H

#include "host/host.h"
#include "poolemu.h"

typedef struct KI_HOOKS {
    VOID (*Begin)(VOID);             /* test: puts all modules' options in force */
    VOID (*SettleFastPaths)(VOID);   /* mem: KiUnusual has changed */
    VOID (*SetIrql)(KIRQL Irql);     /* mem: sets the calling thread's IRQL */
    VOID (*LeaveLoops)(ULONG Depth); /* test: ends the calling thread's EMU_FOR_EACH_FAILURE loops, but for so many */
    BOOLEAN(*FailsInLoop)
    (EMU_FAILURE *Call, PVOID Caller);                /* test: does a loop of the calling thread fail the call? */
    VOID (*ShareLists)(VOID);                         /* nt/ex: sequenced lists lose their owner */
    VOID (*WatchLists)(VOID);                         /* nt/ex: and a sanitizer is told of their entries */
    BOOLEAN (*OnPagedFault)(const HOST_FAULT *Fault); /* watch: a fault in the paged arena */
    VOID (*PrintLastFailure)(VOID);                   /* watch: while calls are failed, to stderr which one was last */
} KI_HOOKS;

extern EMU_LOCAL KI_HOOKS KiHooks;

#endif
