/* reset.c: EmuReset, which sends every floor back to the state of a fresh process. */
#include "ex/lookaside.h"
#include "ex/pool.h"
#include "ex/securepool.h"
#include "io/driver.h"
#include "ke/thread.h"
#include "mm/contiguous.h"
#include "mm/limit.h"
#include "mm/mdl.h"
#include "ps/process.h"
#include "rtl/version.h"

VOID EmuReset(VOID)
{
    IopReset();
    ExpResetLookasideLists();
    MiResetMappings();
    MiResetContiguous();
    ExpResetSecurePools();
    ExpResetPool();
    MiResetLimits();
    PspReset();
    RtlpResetWindows();
    KiThread.Irql = PASSIVE_LEVEL;
}
