/* thread.c: the calling thread's state and the word of unusual circumstances. */
#include "core/thread.h"

#include "core/hooks.h"
#include "host/host.h"

EMU_THREAD_LOCAL KI_THREAD KiThread;
KI_HOOKS KiHooks;

/* What only an option can tell. So the first request takes the slow path, and that starts the emulator. */
ULONG KiUnusual = KI_OLD_WINDOWS | KI_VERIFIER | KI_LOW_RESOURCES;

VOID KiSetUnusual(ULONG Bit, BOOLEAN Set)
{
    if ((EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_FULL) & Bit) == (Set ? Bit : 0)) {
        return;
    }
    if (Set) {
        EMU_ATOMIC_OR(32, &KiUnusual, Bit, EMU_ORDER_NONE);
    } else {
        EMU_ATOMIC_AND(32, &KiUnusual, ~Bit, EMU_ORDER_NONE);
    }
    KiHooks.SettleFastPaths();
}

VOID KiEnterInside(VOID)
{
    KiThread.Inside++;
}

/* An inner pair must not have ended what is around it. */
VOID KiLeaveInside(VOID)
{
    if (KiThread.Inside == 0) {
        HostFatal("touches of the emulator's own end twice");
    }
    KiThread.Inside--;
}
