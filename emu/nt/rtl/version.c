/* version.c: the table of Windows versions, which of them is emulated now, and the routines that tell a driver. */
#include "nt/rtl/version.h"

#include "host/host.h"
#include "core/export.h"
#include "core/thread.h"

/* Ordered by version, build and service pack, clients before servers, so that the last row is the newest Windows 11.
 * Three have no NTDDI value of their own: Windows 7 SP1, Windows 10 20H2 to 22H2, and 25H2, the code of 24H2. */
static const EMU_WINDOWS RtlpWindowsTable[] = {
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
    WINDOWS_COUNT = sizeof(RtlpWindowsTable) / sizeof(RtlpWindowsTable[0])
};

/* NULL until somebody asks. */
static const EMU_WINDOWS *RtlpEmulatedWindows;

/* ---- Choosing one --------------------------------------------------------------------------------------------- */

static CHAR RtlpLower(CHAR Character)
{
    return (CHAR)(Character >= 'A' && Character <= 'Z' ? Character + ('a' - 'A') : Character);
}

static BOOLEAN RtlpIsSameName(PCSTR Left, PCSTR Right)
{
    while (*Left != 0 && RtlpLower(*Left) == RtlpLower(*Right)) {
        Left++;
        Right++;
    }

    return *Left == *Right;
}

static const EMU_WINDOWS *RtlpFindWindows(PCSTR Name)
{
    for (ULONG Row = 0; Row < WINDOWS_COUNT; Row++) {
        if (RtlpIsSameName(RtlpWindowsTable[Row].Name, Name)) {
            return &RtlpWindowsTable[Row];
        }
    }

    return NULL;
}

static DECLSPEC_NORETURN VOID RtlpRefuseEnvironment(PCSTR Name)
{
    CHAR Text[256];

    snprintf(Text, sizeof(Text),
             "poolemu: the environment variable POOLEMU_WINDOWS is \"%.64s\", and there is no such Windows; "
             "`poolemu windows` lists the names.\n",
             Name);
    HostWriteError(Text);
    HostAbort();
}

static const EMU_WINDOWS *RtlpDefaultWindows(VOID)
{
    PCSTR Name = HostEnvironment("POOLEMU_WINDOWS");
    const EMU_WINDOWS *Windows;

    if (Name == NULL || *Name == 0) {
        return &RtlpWindowsTable[WINDOWS_COUNT - 1];
    }

    Windows = RtlpFindWindows(Name);
    if (Windows == NULL) {
        RtlpRefuseEnvironment(Name);
    }
    return Windows;
}

static BOOLEAN RtlpIsWindowsAtLeast(const EMU_WINDOWS *Windows, ULONG Major, ULONG Minor, ULONG Build)
{
    if (Windows->Major != Major) {
        return Windows->Major > Major;
    }
    if (Windows->Minor != Minor) {
        return Windows->Minor > Minor;
    }
    return Windows->Build >= Build;
}

static BOOLEAN RtlpIsWindowsZeroingPool(const EMU_WINDOWS *Windows)
{
    return RtlpIsWindowsAtLeast(Windows, 10, 0, 19041);
}

static VOID RtlpUseWindows(const EMU_WINDOWS *Windows)
{
    KiSetUnusual(KI_OLD_WINDOWS, !RtlpIsWindowsZeroingPool(Windows));
    KiUseExportsOf(Windows);
    EMU_ATOMIC_STORE(&RtlpEmulatedWindows, Windows, EMU_ORDER_RELEASE);
}

NTSTATUS EmuSetWindows(PCSTR Name)
{
    const EMU_WINDOWS *Windows = Name == NULL ? NULL : RtlpFindWindows(Name);

    if (Windows == NULL) {
        return STATUS_NOT_FOUND;
    }

    RtlpUseWindows(Windows);
    return STATUS_SUCCESS;
}

VOID RtlpResetWindows(VOID)
{
    RtlpUseWindows(RtlpDefaultWindows());
}

const EMU_WINDOWS *EmuWindows(VOID)
{
    const EMU_WINDOWS *Windows = EMU_ATOMIC_LOAD(&RtlpEmulatedWindows, EMU_ORDER_ACQUIRE);

    /* Threads that come here together store the same default. */
    if (Windows == NULL) {
        RtlpResetWindows();
        Windows = EMU_ATOMIC_LOAD(&RtlpEmulatedWindows, EMU_ORDER_ACQUIRE);
    }

    return Windows;
}

const EMU_WINDOWS *EmuWindowsTable(SIZE_T *Count)
{
    *Count = WINDOWS_COUNT;
    return RtlpWindowsTable;
}

/* ---- The emulator's own questions ----------------------------------------------------------------------------- */

BOOLEAN RtlpIsAtLeast(ULONG Major, ULONG Minor, ULONG Build)
{
    return RtlpIsWindowsAtLeast(EmuWindows(), Major, Minor, Build);
}

BOOLEAN RtlpHasNxPool(VOID)
{
    return RtlpIsAtLeast(6, 2, 0);
}

BOOLEAN RtlpZeroesPool(VOID)
{
    return RtlpIsWindowsZeroingPool(EmuWindows());
}

PCWSTR RtlpServicePackName(VOID)
{
    static const WCHAR *const Names[] = {L"", L"Service Pack 1", L"Service Pack 2", L"Service Pack 3",
                                         L"Service Pack 4"};

    return Names[EmuWindows()->ServicePack];
}

/* ---- RtlGetVersion -------------------------------------------------------------------------------------------- */

static USHORT RtlpSuiteMask(const EMU_WINDOWS *Windows)
{
    if (!RtlpIsWindowsAtLeast(Windows, 5, 1, 0)) {
        return 0;
    }
    if (Windows->ProductType == VER_NT_SERVER) {
        return VER_SUITE_TERMINAL | VER_SUITE_SINGLEUSERTS;
    }
    return VER_SUITE_SINGLEUSERTS;
}

/* Succeeds always, as documented: any size but that of the longer structure gets the members of the shorter one. The
 * name of the service pack is left as it was when there is none, as documented, too. */
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
    const EMU_WINDOWS *Windows = EmuWindows();

    lpVersionInformation->dwMajorVersion = Windows->Major;
    lpVersionInformation->dwMinorVersion = Windows->Minor;
    lpVersionInformation->dwBuildNumber = Windows->Build;
    lpVersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
    if (Windows->ServicePack != 0) {
        PCWSTR Name = RtlpServicePackName();
        ULONG Index = 0;

        do {
            lpVersionInformation->szCSDVersion[Index] = Name[Index];
        } while (Name[Index++] != 0);
    }

    if (lpVersionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW Longer = (PRTL_OSVERSIONINFOEXW)lpVersionInformation;

        Longer->wServicePackMajor = (USHORT)Windows->ServicePack;
        Longer->wServicePackMinor = 0;
        Longer->wSuiteMask = RtlpSuiteMask(Windows);
        Longer->wProductType = Windows->ProductType;
        Longer->wReserved = 0;
    }

    return STATUS_SUCCESS;
}

/* ---- RtlVerifyVersionInfo ------------------------------------------------------------------------------------- */

/* The lowest bit of TypeMask has the lowest three bits of the condition mask, and so on. */
static UCHAR RtlpGetCondition(ULONGLONG ConditionMask, ULONG TypeBit)
{
    ULONG Position = 0;

    while ((TypeBit >>= 1) != 0) {
        Position++;
    }

    return (ConditionMask >> (Position * VER_NUM_BITS_PER_CONDITION_MASK)) & VER_CONDITION_MASK;
}

/* As for a mask with several bits, the highest one counts. */
ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition)
{
    for (ULONG Position = 8; Position-- > 0;) {
        if ((TypeMask & (1u << Position)) != 0) {
            ULONGLONG Bits = Condition & VER_CONDITION_MASK;

            return ConditionMask | (Bits << (Position * VER_NUM_BITS_PER_CONDITION_MASK));
        }
    }

    return ConditionMask;
}

static NTSTATUS RtlpCompare(ULONG Actual, ULONG Wanted, UCHAR Condition)
{
    BOOLEAN Holds;

    switch (Condition) {
    case VER_EQUAL:
        Holds = Actual == Wanted;
        break;
    case VER_GREATER:
        Holds = Actual > Wanted;
        break;
    case VER_GREATER_EQUAL:
        Holds = Actual >= Wanted;
        break;
    case VER_LESS:
        Holds = Actual < Wanted;
        break;
    case VER_LESS_EQUAL:
        Holds = Actual <= Wanted;
        break;
    default:
        return STATUS_INVALID_PARAMETER;
    }

    return Holds ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

static NTSTATUS RtlpCompareSuite(USHORT Actual, USHORT Wanted, UCHAR Condition)
{
    switch (Condition) {
    case VER_AND:
        return (Actual & Wanted) == Wanted ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
    case VER_OR:
        return Wanted == 0 || (Actual & Wanted) != 0 ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* Major, minor and service pack are one number with four digits: the first digit that differs decides. */
static NTSTATUS RtlpCompareSequence(const RTL_OSVERSIONINFOEXW *Actual, const RTL_OSVERSIONINFOEXW *Wanted,
                                    ULONG TypeMask, ULONGLONG ConditionMask)
{
    const struct {
        ULONG TypeBit;
        ULONG Actual;
        ULONG Wanted;
    } Digits[] = {
        {VER_MAJORVERSION, Actual->dwMajorVersion, Wanted->dwMajorVersion},
        {VER_MINORVERSION, Actual->dwMinorVersion, Wanted->dwMinorVersion},
        {VER_SERVICEPACKMAJOR, Actual->wServicePackMajor, Wanted->wServicePackMajor},
        {VER_SERVICEPACKMINOR, Actual->wServicePackMinor, Wanted->wServicePackMinor},
    };
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Digits); Index++) {
        if ((TypeMask & Digits[Index].TypeBit) == 0) {
            continue;
        }
        Status = RtlpCompare(Digits[Index].Actual, Digits[Index].Wanted,
                             RtlpGetCondition(ConditionMask, Digits[Index].TypeBit));
        if (Status == STATUS_INVALID_PARAMETER || Digits[Index].Actual != Digits[Index].Wanted) {
            break;
        }
    }

    return Status;
}

NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask)
{
    RTL_OSVERSIONINFOEXW Actual = {.dwOSVersionInfoSize = sizeof(Actual)};
    NTSTATUS Status;

    if (TypeMask == 0 || ConditionMask == 0) {
        return STATUS_INVALID_PARAMETER;
    }

    RtlGetVersion((PRTL_OSVERSIONINFOW)&Actual);

    const struct {
        ULONG TypeBit;
        ULONG Actual;
        ULONG Wanted;
    } Members[] = {
        {VER_PRODUCT_TYPE, Actual.wProductType, VersionInfo->wProductType},
        {VER_PLATFORMID, Actual.dwPlatformId, VersionInfo->dwPlatformId},
        {VER_BUILDNUMBER, Actual.dwBuildNumber, VersionInfo->dwBuildNumber},
    };

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Members); Index++) {
        if ((TypeMask & Members[Index].TypeBit) != 0) {
            Status = RtlpCompare(Members[Index].Actual, Members[Index].Wanted,
                                 RtlpGetCondition(ConditionMask, Members[Index].TypeBit));
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
        }
    }

    if ((TypeMask & VER_SUITENAME) != 0) {
        Status = RtlpCompareSuite(Actual.wSuiteMask, VersionInfo->wSuiteMask,
                                  RtlpGetCondition(ConditionMask, VER_SUITENAME));
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }

    return RtlpCompareSequence(&Actual, VersionInfo, TypeMask, ConditionMask);
}

/* ---- Questions with an NTDDI value ---------------------------------------------------------------------------- */

#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

/* Values with a service pack or a sub-version are not valid here, so NTDDI_WIN10_VB is not available anywhere. */
static BOOLEAN RtlpIsNtDdiVersionAvailable(ULONG Version)
{
    const EMU_WINDOWS *Windows = EmuWindows();

    if ((Version & ~OSVERSION_MASK) != 0) {
        return FALSE;
    }

    return ((Windows->Major << 24) | (Windows->Minor << 16)) >= Version;
}

static BOOLEAN RtlpIsServicePackVersionInstalled(ULONG Version)
{
    const EMU_WINDOWS *Windows = EmuWindows();

    if (SUBVER(Version) != 0 || OSVER(Version) != ((Windows->Major << 24) | (Windows->Minor << 16))) {
        return FALSE;
    }

    return Windows->ServicePack >= SPVER(Version);
}

BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version)
{
    KiCheckExport(KiExportRtlIsNtDdiVersionAvailable, EMU_RETURN_ADDRESS());
    return RtlpIsNtDdiVersionAvailable(Version);
}

BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version)
{
    KiCheckExport(KiExportRtlIsServicePackVersionInstalled, EMU_RETURN_ADDRESS());
    return RtlpIsServicePackVersionInstalled(Version);
}

/* What wdm.h makes of the two names: the copies of Wdmlib, which driver code also has where the kernel has none. */
BOOLEAN WdmlibRtlIsNtDdiVersionAvailable(ULONG Version)
{
    return RtlpIsNtDdiVersionAvailable(Version);
}

BOOLEAN WdmlibRtlIsServicePackVersionInstalled(ULONG Version)
{
    return RtlpIsServicePackVersionInstalled(Version);
}
