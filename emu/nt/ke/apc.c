/* apc.c: critical regions, in which a thread gets no normal kernel APCs. There are none here; the count is checked. */
#include "core/bugcheck.h"
#include "core/export.h"
#include "core/thread.h"
#include "core/windows.h"
#include "watch/irqllimit.h"

static VOID KiCheckRegion(KI_EXPORT Export, ULONG_PTR Violation, PVOID Caller)
{
    VfCheckRule(Export, HIGH_LEVEL, Caller);
    if (KiThread.Irql > APC_LEVEL && VfIsOn() && KiIsAtLeast(6, 1, 0)) {
        KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Violation, KiThread.Irql, 0, 0), "%s at IRQL %u",
                KiExportName(Export), KiThread.Irql);
    }
}

VOID KeEnterCriticalRegion(VOID)
{
    KiCheckRegion(KiExportKeEnterCriticalRegion, KI_C4_ENTER_REGION_AT_IRQL, EMU_RETURN_ADDRESS());
    KiThread.ApcDisable--;
}

VOID KeLeaveCriticalRegion(VOID)
{
    KiCheckRegion(KiExportKeLeaveCriticalRegion, KI_C4_LEAVE_REGION_AT_IRQL, EMU_RETURN_ADDRESS());
    if (KiThread.ApcDisable >= 0 && VfIsOn()) {
        KiStopF(EMU_RETURN_ADDRESS(),
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_NOT_IN_CRITICAL_REGION, 0, 0, 0),
                "KeLeaveCriticalRegion: this thread is in no critical region");
    }
    KiThread.ApcDisable++;
}

BOOLEAN KeAreApcsDisabled(VOID)
{
    KiCheckExport(KiExportKeAreApcsDisabled, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportKeAreApcsDisabled, EMU_RETURN_ADDRESS());
    return KiThread.ApcDisable != 0;
}

/* There are no guarded regions here. */
BOOLEAN KeAreAllApcsDisabled(VOID)
{
    KiCheckExport(KiExportKeAreAllApcsDisabled, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportKeAreAllApcsDisabled, EMU_RETURN_ADDRESS());
    return KiThread.Irql >= APC_LEVEL;
}
