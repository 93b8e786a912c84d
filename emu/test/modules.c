/* modules.c: the table of the modules: what each has to do when the emulator starts, at EmuReset and around a fork; and
 * which higher layer answers the lower ones, see core/hooks.h. */
#include "core/export.h"
#include "core/hooks.h"
#include "core/object.h"
#include "core/start.h"
#include "core/thread.h"
#include "core/violation.h"
#include "core/windows.h"
#include "mem/arena.h"
#include "mem/cache.h"
#include "mem/limit.h"
#include "nt/ex/lookaside.h"
#include "nt/ex/pool.h"
#include "nt/ex/resource.h"
#include "nt/ex/securepool.h"
#include "nt/ex/slist.h"
#include "nt/ke/timer.h"
#include "nt/ke/wait.h"
#include "nt/mm/contiguous.h"
#include "nt/mm/mdl.h"
#include "nt/ps/process.h"
#include "test/driver.h"
#include "test/failloop.h"
#include "test/pooltag.h"
#include "watch/caller.h"
#include "watch/irql.h"
#include "watch/lowres.h"
#include "watch/misuse.h"
#include "watch/quarantine.h"
#include "watch/sanitize.h"
#include "watch/special.h"
#include "watch/track.h"
#include "watch/unloaded.h"
#include "watch/verifier.h"

/* What a module has not to do is NULL. */
typedef struct EMUP_MODULE {
    VOID (*Begin)(VOID);   /* reads the module's options and puts them in force: at the start, and behind every reset */
    VOID (*Reset)(VOID);   /* for EmuReset: back to the state of a fresh process, but for the options */
    VOID (*Hold)(VOID);    /* before a fork: nothing of the module's is in the midst of a change */
    VOID (*Release)(VOID); /* after it */
    VOID (*ReleaseInChild)(VOID); /* the same in the child, where that has more to do */
} EMUP_MODULE;

/* Modules begin and are released from the top of the table to its end, and are reset and held from its end to the top.
 * So a module stands
 * - behind every module whose lock is taken while its own is held;
 * - behind every module that has what it keeps: its objects go before the pool that they lie in, and all of them before
 *   the counters that count them. */
static const EMUP_MODULE EmupModules[] = {
    /* core/object.c; its lock is taken in the midst of faults */
    {.Hold = KiAcquireObjects, .Release = KiReleaseObjects},
    /* core/windows.c, export.c, violation.c */
    {.Begin = KiBeginWindows},
    {.Reset = KiResetExports},
    {.Reset = KiResetViolations},
    /* watch/sanitize.c, verifier.c, misuse.c, caller.c */
    {.Begin = VfBeginSanitizing},
    {.Begin = VfBeginVerifier, .Reset = VfResetVerifier},
    {.Reset = VfForgetHeld},
    {.Reset = VfResetAudit},
    /* nt/ps/process.c */
    {.Reset = PspReset},
    /* mem/limit.c, nt/ex/pool.c */
    {.Reset = MiResetLimits},
    {.Reset = ExpResetPool},
    /* watch/special.c; its lock is taken while those of mem/ are held */
    {.Reset = VfResetSpecial, .Hold = VfAcquireSpecial, .Release = VfReleaseSpecial},
    /* mem/ */
    {.Hold = MiHoldMemory, .Release = MiReleaseMemory, .ReleaseInChild = MiReleaseMemoryInChild},
    /* nt/ex/securepool.c, nt/mm/contiguous.c, mdl.c */
    {.Reset = ExpResetSecurePools, .Hold = ExpAcquireSecure, .Release = ExpReleaseSecure},
    {.Reset = MiResetContiguous},
    {.Reset = MiResetMappings},
    /* watch/unloaded.c, test/pooltag.c, watch/quarantine.c */
    {.Reset = VfForgetUnloadedImages, .Hold = VfAcquireUnloaded, .Release = VfReleaseUnloaded},
    {.Begin = EmupBeginTagFile, .Hold = EmupAcquireTagFile, .Release = EmupReleaseTagFile},
    {.Hold = VfAcquireQuarantine, .Release = VfReleaseQuarantine},
    /* nt/ex/lookaside.c, slist.c */
    {.Reset = ExpResetLookasideLists, .Hold = ExpAcquireLists, .Release = ExpReleaseLists},
    {.Hold = ExpHoldSequencedLists, .Release = ExpReleaseSequencedLists},
    /* watch/track.c, lowres.c: POOLEMU_FAULTS goes before Driver Verifier's low resources simulation */
    {.Reset = VfResetTracking},
    {.Begin = VfBeginLowResources,
     .Reset = VfResetLowResources,
     .Hold = VfAcquireLowResources,
     .Release = VfReleaseLowResources},
    /* nt/ke/wait.c */
    {.Hold = KiHoldDispatcher, .Release = KiReleaseDispatcher, .ReleaseInChild = KiReleaseDispatcherInChild},
    /* test/driver.c */
    {.Reset = EmupResetDrivers, .Hold = EmupAcquireDrivers, .Release = EmupReleaseDrivers},
    /* nt/ex/resource.c, nt/ke/timer.c: no DPC runs when the drivers go */
    {.Reset = ExpResetResources},
    {.Reset = KiResetTimers},
    /* mem/cache.c: at PASSIVE_LEVEL all pool may be touched */
    {.Reset = MiResetThread},
    /* core/start.c */
    {.Hold = KiHoldStart, .Release = KiReleaseStart},
};

static VOID EmupBegin(VOID)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(EmupModules); Index++) {
        if (EmupModules[Index].Begin != NULL) {
            EmupModules[Index].Begin();
        }
    }
}

VOID EmuReset(VOID)
{
    KiStart();
    for (ULONG Index = RTL_NUMBER_OF(EmupModules); Index-- != 0;) {
        if (EmupModules[Index].Reset != NULL) {
            EmupModules[Index].Reset();
        }
    }
    EmupBegin();
}

/* ---- Fork ------------------------------------------------------------------------------------------------------- */

static VOID EmupBeforeFork(VOID)
{
    for (ULONG Index = RTL_NUMBER_OF(EmupModules); Index-- != 0;) {
        if (EmupModules[Index].Hold != NULL) {
            EmupModules[Index].Hold();
        }
    }
}

static VOID EmupAfterFork(BOOLEAN InChild)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(EmupModules); Index++) {
        const EMUP_MODULE *Module = &EmupModules[Index];
        if (InChild && Module->ReleaseInChild != NULL) {
            Module->ReleaseInChild();
        } else if (Module->Release != NULL) {
            Module->Release();
        }
    }
}

static VOID EmupAfterForkInParent(VOID)
{
    EmupAfterFork(FALSE);
}

static VOID EmupAfterForkInChild(VOID)
{
    EmupAfterFork(TRUE);
}

/* ---- Before any routine of the library can be called ------------------------------------------------------------ */

EMU_CONSTRUCTOR(EmuWire);

VOID EmuWire(VOID)
{
    static const HOST_FORK Fork = {EmupBeforeFork, EmupAfterForkInParent, EmupAfterForkInChild};

    KiHooks = (KI_HOOKS){
        .Begin = EmupBegin,
        .SettleFastPaths = MiSettleFastPaths,
        .SetIrql = MiSetIrql,
        .LeaveLoops = EmupLeaveFailureLoops,
        .FailsInLoop = EmupFailsInLoop,
        .ShareLists = ExpShareLists,
        .WatchLists = ExpWatchLists,
        .OnPagedFault = VfOnPagedFault,
        .PrintLastFailure = VfPrintLastFailure,
    };
    HostCatchForks(&Fork);
}
