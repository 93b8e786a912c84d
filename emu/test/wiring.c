/* wiring.c: which higher layer answers the lower ones, see core/hooks.h. */
#include "core/hooks.h"
#include "mem/cache.h"
#include "nt/ex/slist.h"
#include "test/failloop.h"
#include "watch/irql.h"

EMU_CONSTRUCTOR(EmuWire);

VOID EmuWire(VOID)
{
    KiHooks = (KI_HOOKS){
        .SettleFastPaths = MiSettleFastPaths,
        .SetIrql = MiSetIrql,
        .LeaveLoops = EmupLeaveFailureLoops,
        .FailsInLoop = EmupFailsInLoop,
        .ShareLists = ExpShareLists,
        .WatchLists = ExpWatchLists,
        .OnPagedFault = VfOnPagedFault,
    };
}
