/* version.c: PsGetVersion. */
#include "nt/rtl/version.h"
#include "watch/irqllimit.h"

/* Returns whether this is a checked build: it never is. The string is the system's own, as in the kernel. */
BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion)
{
    VfCheckLimit(KiExportPsGetVersion, EMU_RETURN_ADDRESS());
    const EMU_WINDOWS *Windows = EmuWindows();

    if (MajorVersion != NULL) {
        *MajorVersion = Windows->Major;
    }
    if (MinorVersion != NULL) {
        *MinorVersion = Windows->Minor;
    }
    if (BuildNumber != NULL) {
        *BuildNumber = Windows->Build;
    }
    if (CSDVersion != NULL) {
        RtlInitUnicodeString(CSDVersion, RtlpServicePackName());
    }

    return FALSE;
}
