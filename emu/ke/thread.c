/* thread.c: the calling thread's state and the word of unusual circumstances. */
#include "thread.h"

#include "mm/cache.h"

EMU_THREAD_LOCAL KI_THREAD KiThread;

/* Until somebody asks which Windows is emulated, and POOLEMU_WINDOWS is read, it may be an old one; and so on. */
ULONG KiUnusual = KI_OLD_WINDOWS | KI_VERIFIER;

VOID KiSetUnusual(ULONG Bit, BOOLEAN Set)
{
    if (Set) {
        EMU_ATOMIC_OR(32, &KiUnusual, Bit, EMU_ORDER_NONE);
    } else {
        EMU_ATOMIC_AND(32, &KiUnusual, ~Bit, EMU_ORDER_NONE);
    }
    MiOpenFastPaths(EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) == 0);
}

VOID KiSetIrql(KIRQL Irql)
{
    KiThread.Irql = Irql;
    MiOpenCache(Irql == PASSIVE_LEVEL);
}
