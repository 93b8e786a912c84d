/* export.c: which routines the emulated Windows exports, and the stop of those who call one that it does not. */
#include "core/export.h"

#include <string.h>

#include "core/bugcheck.h"
#include "core/windows.h"

/* The plain names are the kernel's exports; wdm.h gives them to Wdmlib. */
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

typedef struct KI_EXPORT_ROW {
    PCSTR Name;
    ULONG Major;
    ULONG Minor;
    ULONG Build;
    KIRQL Highest;
} KI_EXPORT_ROW;

/* clang-format off */
#define EXPORT(Name, First, Highest) {#Name, First, Highest},
static const KI_EXPORT_ROW KiExports[] = {
#include "core/exports.h"
};
#undef EXPORT
/* clang-format on */

ULONG KiMissingExports = 1;

static BOOLEAN KiMissingAllowed;

/* ---- The table ------------------------------------------------------------------------------------------------ */

static BOOLEAN KiHasExport(const EMU_WINDOWS *Windows, KI_EXPORT Export)
{
    const KI_EXPORT_ROW *Row = &KiExports[Export];

    return KiIsWindowsAtLeast(Windows, Row->Major, Row->Minor, Row->Build);
}

PCSTR KiExportName(KI_EXPORT Export)
{
    return KiExports[Export].Name;
}

KIRQL KiExportIrql(KI_EXPORT Export)
{
    return KiExports[Export].Highest;
}

const EMU_WINDOWS *KiExportSince(KI_EXPORT Export)
{
    SIZE_T Count;
    const EMU_WINDOWS *Windows = EmuWindowsTable(&Count);

    while (!KiHasExport(Windows, Export)) {
        Windows++;
    }
    return Windows;
}

KI_EXPORT KiFindExport(PCSTR Name)
{
    ULONG Export = 0;

    while (Export < KiExportCount && strcmp(KiExports[Export].Name, Name) != 0) {
        Export++;
    }
    return (KI_EXPORT)Export;
}

BOOLEAN KiIsExported(KI_EXPORT Export)
{
    return KiHasExport(EmuWindows(), Export);
}

/* ---- Calls of what is missing --------------------------------------------------------------------------------- */

VOID KiUseExportsOf(const EMU_WINDOWS *Windows)
{
    static ULONG_PTR Counted; /* what was counted last: the Windows, and 1 when missing routines are allowed */
    ULONG_PTR Wanted = (ULONG_PTR)Windows | KiMissingAllowed;
    ULONG Missing = 0;

    if (EMU_ATOMIC_LOAD(&Counted, EMU_ORDER_ACQUIRE) == Wanted) {
        return; /* EmuReset is called often, and mostly changes nothing here */
    }
    for (ULONG Export = 0; Export < KiExportCount && !KiMissingAllowed; Export++) {
        Missing += !KiHasExport(Windows, (KI_EXPORT)Export);
    }
    EMU_ATOMIC_STORE(&KiMissingExports, Missing, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Counted, Wanted, EMU_ORDER_RELEASE);
}

VOID KiResetExports(VOID)
{
    KiMissingAllowed = FALSE;
}

VOID EmuAllowMissingExports(BOOLEAN Allow)
{
    KiMissingAllowed = Allow;
    KiUseExportsOf(EmuWindows());
}

BOOLEAN KiAreMissingExportsAllowed(VOID)
{
    return KiMissingAllowed;
}

EMU_NOINLINE VOID KiStopIfMissing(KI_EXPORT Export, PVOID Caller)
{
    const EMU_WINDOWS *Windows = EmuWindows();

    if (KiHasExport(Windows, Export) || KiMissingAllowed) {
        return;
    }
    KiStopF(Caller,
            KiBugCheck((ULONG)STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, (ULONG_PTR)KiExportName(Export), (ULONG_PTR)Caller,
                       KiExportSince(Export)->Build, Windows->Build),
            "%s was called, and %s does not export it: it came with %s. A driver that imports it does not load there "
            "(STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, 0xC0000263). Look for it with MmGetSystemRoutineAddress, or build "
            "for the older Windows (NTDDI_VERSION); EmuAllowMissingExports lets a test call it anyway.",
            KiExportName(Export), Windows->Title, KiExportSince(Export)->Title);
}
