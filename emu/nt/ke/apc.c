/* apc.c: critical regions, in which a thread gets no normal kernel APCs. There are none here; the count is checked. */
#include "core/bugcheck.h"
#include "core/thread.h"
#include "core/windows.h"
#include "watch/verifier.h"

static VOID KiCheckRegion(PCSTR Routine, ULONG_PTR Violation, ULONG_PTR Address)
{
    CHAR Text[96];

    if (KiThread.Irql > APC_LEVEL && VfIsOn() && KiIsAtLeast(6, 1, 0)) {
        snprintf(Text, sizeof(Text), "%s at IRQL %u", Routine, KiThread.Irql);
        KiStopAt(Address, DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, KiThread.Irql, 0, 0, Text);
    }
}

VOID KeEnterCriticalRegion(VOID)
{
    KiCheckRegion("KeEnterCriticalRegion", 0x11A, (ULONG_PTR)EMU_RETURN_ADDRESS());
    KiThread.ApcDisable--;
}

VOID KeLeaveCriticalRegion(VOID)
{
    KiCheckRegion("KeLeaveCriticalRegion", 0x11B, (ULONG_PTR)EMU_RETURN_ADDRESS());
    if (KiThread.ApcDisable >= 0 && VfIsOn()) {
        KiStopAt((ULONG_PTR)EMU_RETURN_ADDRESS(), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3E, 0, 0, 0,
                 "KeLeaveCriticalRegion: this thread is in no critical region");
    }
    KiThread.ApcDisable++;
}
