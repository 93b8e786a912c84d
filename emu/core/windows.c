/* windows.c: the table of Windows versions, which of them is emulated now, and the emulator's questions to it. */
#include "core/windows.h"

#include "core/export.h"
#include "core/option.h"
#include "core/start.h"
#include "core/thread.h"

/* Ordered by version, build and service pack, clients before servers, so that the last row is the newest Windows 11.
 * Three have no NTDDI value of their own: Windows 7 SP1, Windows 10 20H2 to 22H2, and 25H2, the code of 24H2. */
static const EMU_WINDOWS KiWindowsTable[] = {
    {"win2000", "Windows 2000", 5, 0, 2195, 0, NTDDI_WIN2K, VER_NT_WORKSTATION},
    {"win2000sp1", "Windows 2000 Service Pack 1", 5, 0, 2195, 1, NTDDI_WIN2KSP1, VER_NT_WORKSTATION},
    {"win2000sp2", "Windows 2000 Service Pack 2", 5, 0, 2195, 2, NTDDI_WIN2KSP2, VER_NT_WORKSTATION},
    {"win2000sp3", "Windows 2000 Service Pack 3", 5, 0, 2195, 3, NTDDI_WIN2KSP3, VER_NT_WORKSTATION},
    {"win2000sp4", "Windows 2000 Service Pack 4", 5, 0, 2195, 4, NTDDI_WIN2KSP4, VER_NT_WORKSTATION},
    {"winxp", "Windows XP", 5, 1, 2600, 0, NTDDI_WINXP, VER_NT_WORKSTATION},
    {"winxpsp1", "Windows XP Service Pack 1", 5, 1, 2600, 1, NTDDI_WINXPSP1, VER_NT_WORKSTATION},
    {"winxpsp2", "Windows XP Service Pack 2", 5, 1, 2600, 2, NTDDI_WINXPSP2, VER_NT_WORKSTATION},
    {"winxpsp3", "Windows XP Service Pack 3", 5, 1, 2600, 3, NTDDI_WINXPSP3, VER_NT_WORKSTATION},
    {"ws2003", "Windows Server 2003", 5, 2, 3790, 0, NTDDI_WS03, VER_NT_SERVER},
    {"ws2003sp1", "Windows Server 2003 Service Pack 1", 5, 2, 3790, 1, NTDDI_WS03SP1, VER_NT_SERVER},
    {"ws2003sp2", "Windows Server 2003 Service Pack 2", 5, 2, 3790, 2, NTDDI_WS03SP2, VER_NT_SERVER},
    {"vista", "Windows Vista", 6, 0, 6000, 0, NTDDI_VISTA, VER_NT_WORKSTATION},
    {"vistasp1", "Windows Vista Service Pack 1", 6, 0, 6001, 1, NTDDI_VISTASP1, VER_NT_WORKSTATION},
    {"ws2008", "Windows Server 2008", 6, 0, 6001, 1, NTDDI_WS08, VER_NT_SERVER},
    {"vistasp2", "Windows Vista Service Pack 2", 6, 0, 6002, 2, NTDDI_VISTASP2, VER_NT_WORKSTATION},
    {"ws2008sp2", "Windows Server 2008 Service Pack 2", 6, 0, 6002, 2, NTDDI_WS08SP2, VER_NT_SERVER},
    {"win7", "Windows 7", 6, 1, 7600, 0, NTDDI_WIN7, VER_NT_WORKSTATION},
    {"ws2008r2", "Windows Server 2008 R2", 6, 1, 7600, 0, NTDDI_WIN7, VER_NT_SERVER},
    {"win7sp1", "Windows 7 Service Pack 1", 6, 1, 7601, 1, NTDDI_WIN7, VER_NT_WORKSTATION},
    {"ws2008r2sp1", "Windows Server 2008 R2 Service Pack 1", 6, 1, 7601, 1, NTDDI_WIN7, VER_NT_SERVER},
    {"win8", "Windows 8", 6, 2, 9200, 0, NTDDI_WIN8, VER_NT_WORKSTATION},
    {"ws2012", "Windows Server 2012", 6, 2, 9200, 0, NTDDI_WIN8, VER_NT_SERVER},
    {"win8.1", "Windows 8.1", 6, 3, 9600, 0, NTDDI_WINBLUE, VER_NT_WORKSTATION},
    {"ws2012r2", "Windows Server 2012 R2", 6, 3, 9600, 0, NTDDI_WINBLUE, VER_NT_SERVER},
    {"win10-1507", "Windows 10 Version 1507", 10, 0, 10240, 0, NTDDI_WIN10, VER_NT_WORKSTATION},
    {"win10-1511", "Windows 10 Version 1511", 10, 0, 10586, 0, NTDDI_WIN10_TH2, VER_NT_WORKSTATION},
    {"win10-1607", "Windows 10 Version 1607", 10, 0, 14393, 0, NTDDI_WIN10_RS1, VER_NT_WORKSTATION},
    {"ws2016", "Windows Server 2016", 10, 0, 14393, 0, NTDDI_WIN10_RS1, VER_NT_SERVER},
    {"win10-1703", "Windows 10 Version 1703", 10, 0, 15063, 0, NTDDI_WIN10_RS2, VER_NT_WORKSTATION},
    {"win10-1709", "Windows 10 Version 1709", 10, 0, 16299, 0, NTDDI_WIN10_RS3, VER_NT_WORKSTATION},
    {"win10-1803", "Windows 10 Version 1803", 10, 0, 17134, 0, NTDDI_WIN10_RS4, VER_NT_WORKSTATION},
    {"win10-1809", "Windows 10 Version 1809", 10, 0, 17763, 0, NTDDI_WIN10_RS5, VER_NT_WORKSTATION},
    {"ws2019", "Windows Server 2019", 10, 0, 17763, 0, NTDDI_WIN10_RS5, VER_NT_SERVER},
    {"win10-1903", "Windows 10 Version 1903", 10, 0, 18362, 0, NTDDI_WIN10_19H1, VER_NT_WORKSTATION},
    {"win10-1909", "Windows 10 Version 1909", 10, 0, 18363, 0, NTDDI_WIN10_19H1, VER_NT_WORKSTATION},
    {"win10-2004", "Windows 10 Version 2004", 10, 0, 19041, 0, NTDDI_WIN10_VB, VER_NT_WORKSTATION},
    {"win10-20h2", "Windows 10 Version 20H2", 10, 0, 19042, 0, NTDDI_WIN10_VB, VER_NT_WORKSTATION},
    {"win10-21h1", "Windows 10 Version 21H1", 10, 0, 19043, 0, NTDDI_WIN10_VB, VER_NT_WORKSTATION},
    {"win10-21h2", "Windows 10 Version 21H2", 10, 0, 19044, 0, NTDDI_WIN10_VB, VER_NT_WORKSTATION},
    {"win10-22h2", "Windows 10 Version 22H2", 10, 0, 19045, 0, NTDDI_WIN10_VB, VER_NT_WORKSTATION},
    {"ws2022", "Windows Server 2022", 10, 0, 20348, 0, NTDDI_WIN10_FE, VER_NT_SERVER},
    {"win11-21h2", "Windows 11 Version 21H2", 10, 0, 22000, 0, NTDDI_WIN11_CO, VER_NT_WORKSTATION},
    {"win11-22h2", "Windows 11 Version 22H2", 10, 0, 22621, 0, NTDDI_WIN11_NI, VER_NT_WORKSTATION},
    {"win11-23h2", "Windows 11 Version 23H2", 10, 0, 22631, 0, NTDDI_WIN11_ZN, VER_NT_WORKSTATION},
    {"win11-24h2", "Windows 11 Version 24H2", 10, 0, 26100, 0, NTDDI_WIN11_GE, VER_NT_WORKSTATION},
    {"ws2025", "Windows Server 2025", 10, 0, 26100, 0, NTDDI_WIN11_GE, VER_NT_SERVER},
    {"win11-25h2", "Windows 11 Version 25H2", 10, 0, 26200, 0, NTDDI_WIN11_GE, VER_NT_WORKSTATION},
};

enum {
    WINDOWS_COUNT = sizeof(KiWindowsTable) / sizeof(KiWindowsTable[0])
};

/* NULL before KiStart. */
static const EMU_WINDOWS *KiEmulatedWindows;

/* ---- Choosing one --------------------------------------------------------------------------------------------- */

static CHAR KiLower(CHAR Character)
{
    return (CHAR)(Character >= 'A' && Character <= 'Z' ? Character + ('a' - 'A') : Character);
}

static BOOLEAN KiIsSameName(PCSTR Left, PCSTR Right)
{
    while (*Left != 0 && KiLower(*Left) == KiLower(*Right)) {
        Left++;
        Right++;
    }

    return *Left == *Right;
}

static const EMU_WINDOWS *KiFindWindows(PCSTR Name)
{
    for (ULONG Row = 0; Row < WINDOWS_COUNT; Row++) {
        if (KiIsSameName(KiWindowsTable[Row].Name, Name)) {
            return &KiWindowsTable[Row];
        }
    }

    return NULL;
}

static const EMU_WINDOWS *KiDefaultWindows(VOID)
{
    PCSTR Name = KiOptionText(KiOptionWindows);
    const EMU_WINDOWS *Windows = Name == NULL ? &KiWindowsTable[WINDOWS_COUNT - 1] : KiFindWindows(Name);

    if (Windows == NULL) {
        KiRefuseOption(KiOptionWindows, "there is no such Windows");
    }
    return Windows;
}

BOOLEAN KiIsWindowsAtLeast(const EMU_WINDOWS *Windows, ULONG Major, ULONG Minor, ULONG Build)
{
    if (Windows->Major != Major) {
        return Windows->Major > Major;
    }
    if (Windows->Minor != Minor) {
        return Windows->Minor > Minor;
    }
    return Windows->Build >= Build;
}

static BOOLEAN KiIsWindowsZeroingPool(const EMU_WINDOWS *Windows)
{
    return KiIsWindowsAtLeast(Windows, 10, 0, 19041);
}

/* No header declares this export: drivers do, as a pointer. The build, and the mark of a free (retail) build. */
#define KI_FREE_BUILD 0xF0000000u
static ULONG KiBuildNumber;
EMU_API PULONG NtBuildNumber;
/* A program may have the static and the shared library: AddressSanitizer does not take this for one variable twice. */
EMU_NO_SANITIZE_DATA PULONG NtBuildNumber = &KiBuildNumber;

static VOID KiUseWindows(const EMU_WINDOWS *Windows)
{
    EMU_ATOMIC_STORE(&KiBuildNumber, KI_FREE_BUILD | Windows->Build, EMU_ORDER_NONE);
    KiSetUnusual(KI_OLD_WINDOWS, !KiIsWindowsZeroingPool(Windows));
    KiUseExportsOf(Windows);
    EMU_ATOMIC_STORE(&KiEmulatedWindows, Windows, EMU_ORDER_RELEASE);
}

NTSTATUS EmuSetWindows(PCSTR Name)
{
    if (Name == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    const EMU_WINDOWS *Windows = KiFindWindows(Name);
    if (Windows == NULL) {
        return STATUS_NOT_FOUND;
    }

    KiStart();
    KiUseWindows(Windows);
    return STATUS_SUCCESS;
}

VOID KiBeginWindows(VOID)
{
    KiUseWindows(KiDefaultWindows());
}

const EMU_WINDOWS *EmuWindows(VOID)
{
    KiStart();
    return EMU_ATOMIC_LOAD(&KiEmulatedWindows, EMU_ORDER_ACQUIRE);
}

const EMU_WINDOWS *EmuWindowsTable(SIZE_T *Count)
{
    if (Count != NULL) {
        *Count = WINDOWS_COUNT;
    }
    return KiWindowsTable;
}

/* ---- The emulator's own questions ----------------------------------------------------------------------------- */

BOOLEAN KiIsAtLeast(ULONG Major, ULONG Minor, ULONG Build)
{
    return KiIsWindowsAtLeast(EmuWindows(), Major, Minor, Build);
}

BOOLEAN KiHasNxPool(VOID)
{
    return KiIsAtLeast(6, 2, 0);
}

BOOLEAN KiHasSegmentHeap(VOID)
{
    return KiIsAtLeast(10, 0, 18362);
}

BOOLEAN KiZeroesPool(VOID)
{
    return KiIsWindowsZeroingPool(EmuWindows());
}
