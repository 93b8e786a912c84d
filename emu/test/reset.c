/* reset.c: EmuReset, which sends every floor back to the state of a fresh process. */
#include "watch/caller.h"
#include "nt/ex/lookaside.h"
#include "nt/ex/pool.h"
#include "nt/ex/resource.h"
#include "nt/ex/securepool.h"
#include "test/driver.h"
#include "core/export.h"
#include "core/object.h"
#include "core/thread.h"
#include "mem/cache.h"
#include "nt/ke/timer.h"
#include "core/violation.h"
#include "nt/mm/contiguous.h"
#include "mem/limit.h"
#include "nt/mm/mdl.h"
#include "nt/ps/process.h"
#include "core/windows.h"
#include "watch/lowres.h"
#include "watch/special.h"
#include "watch/track.h"
#include "watch/unloaded.h"
#include "watch/verifier.h"

VOID EmuReset(VOID)
{
    MiSetIrql(PASSIVE_LEVEL); /* where paged pool may be touched */
    KiThread.ApcDisable = 0;
    KiResetTimers();
    ExpResetResources();
    EmupReset();
    VfResetTracking();
    VfForgetUnloadedImages();
    ExpResetLookasideLists();
    KiForgetObjects(KiObjectLockedMdl);
    MiResetMappings();
    MiResetContiguous();
    ExpResetSecurePools();
    VfResetSpecial();
    ExpResetPool();
    MiResetLimits();
    VfResetAudit();
    PspReset();
    VfResetLowResources();
    KiResetViolations();
    KiResetExports();
    KiResetWindows();
    VfReset();
}
