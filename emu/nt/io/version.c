/* version.c: IoIsWdmVersionAvailable. */
#include "core/windows.h"
#include "watch/irqllimit.h"

/* WDM versions are written with a hexadecimal minor number, and stay at 6.00 from Windows Vista on. */
static USHORT IopWdmVersion(VOID)
{
    if (KiIsAtLeast(6, 0, 0)) {
        return 0x0600;
    }
    if (KiIsAtLeast(5, 2, 0)) {
        return 0x0130;
    }
    if (KiIsAtLeast(5, 1, 0)) {
        return 0x0120;
    }
    return 0x0110;
}

BOOLEAN IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
    VfCheckLimit(KiExportIoIsWdmVersionAvailable, EMU_RETURN_ADDRESS());
    return IopWdmVersion() >= ((MajorVersion << 8) | MinorVersion);
}
