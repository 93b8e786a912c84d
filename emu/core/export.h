/* export.h: which routines the emulated Windows exports, and the stop of those who call one that it does not. */
#ifndef EMU_CORE_EXPORT_H
#define EMU_CORE_EXPORT_H

#include "poolemu.h"

#define EXPORT(Name, First, Highest) KiExport##Name,
typedef enum KI_EXPORT {
#include "core/exports.h"
    KiExportCount,
} KI_EXPORT;
#undef EXPORT

PCSTR KiExportName(KI_EXPORT Export);

/* The highest IRQL at which it may be called. */
KIRQL KiExportIrql(KI_EXPORT Export);

/* The Windows that it came with. */
const EMU_WINDOWS *KiExportSince(KI_EXPORT Export);

/* KiExportCount when no Windows exports a routine of that name. */
KI_EXPORT KiFindExport(PCSTR Name);

/* Does the emulated Windows export it? */
BOOLEAN KiIsExported(KI_EXPORT Export);

/* Not 0 when there are routines that the emulated Windows lacks, and calling one is a stop; or when it is not known yet
 * which Windows that is. */
extern EMU_LOCAL ULONG KiMissingExports;

VOID KiStopIfMissing(KI_EXPORT Export, PVOID Caller);

/* What a routine that is not in every Windows does first: bug check 0xC0000263, with which a driver that imports it
 * does not load, (name, caller, build it came with, emulated build), unless EmuAllowMissingExports was called. */
EMU_INLINE VOID KiCheckExport(KI_EXPORT Export, PVOID Caller)
{
    if (EMU_UNLIKELY(EMU_ATOMIC_LOAD(&KiMissingExports, EMU_ORDER_NONE) != 0)) {
        KiStopIfMissing(Export, Caller);
    }
}

BOOLEAN KiAreMissingExportsAllowed(VOID);

/* To be called when the emulated Windows changes; and for EmuReset: missing routines are not allowed any more. */
VOID KiUseExportsOf(const EMU_WINDOWS *Windows);
VOID KiResetExports(VOID);

#endif
