/* reset.c: EmuReset, which sends every floor back to the state of a fresh process. */
#include "ex/audit.h"
#include "ex/lookaside.h"
#include "ex/pool.h"
#include "ex/securepool.h"
#include "io/driver.h"
#include "ke/export.h"
#include "ke/thread.h"
#include "ke/violation.h"
#include "mm/contiguous.h"
#include "mm/limit.h"
#include "mm/mdl.h"
#include "ps/process.h"
#include "rtl/version.h"
#include "vf/locked.h"
#include "vf/lowres.h"
#include "vf/special.h"
#include "vf/track.h"
#include "vf/unloaded.h"
#include "vf/verifier.h"

VOID EmuReset(VOID)
{
    KiSetIrql(PASSIVE_LEVEL); /* where paged pool may be touched */
    IopReset();
    VfResetTracking();
    VfForgetUnloadedImages();
    ExpResetLookasideLists();
    VfForgetLocked();
    MiResetMappings();
    MiResetContiguous();
    ExpResetSecurePools();
    VfResetSpecial();
    ExpResetPool();
    MiResetLimits();
    ExpResetAudit();
    PspReset();
    VfResetLowResources();
    KiResetViolations();
    KiResetExports();
    RtlpResetWindows();
    VfReset();
}
