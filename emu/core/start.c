/* start.c: the one start, see start.h. */
#include "core/start.h"

#include "core/hooks.h"
#include "core/option.h"
#include "core/thread.h"
#include "host/host.h"

ULONG KiStarted;

/* The highest lock: modules take theirs while it is held. */
static HOST_LOCK KiStartLock;

VOID KiHoldStart(VOID)
{
    HostAcquire(&KiStartLock);
}

VOID KiReleaseStart(VOID)
{
    HostRelease(&KiStartLock);
}

VOID KiStartNow(VOID)
{
    if (KiThread.IsStarting) {
        return; /* a module asks another one that has begun before it */
    }
    KiHoldStart();
    if (KiStarted == 0) {
        KiThread.IsStarting = TRUE;
        KiCheckOptions();
        KiHooks.Begin();
        KiThread.IsStarting = FALSE;
        EMU_ATOMIC_STORE(&KiStarted, 1, EMU_ORDER_RELEASE);
    }
    KiReleaseStart();
}
