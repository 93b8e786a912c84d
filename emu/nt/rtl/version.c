/* version.c: the routines that tell a driver which Windows it runs on. */
#include "nt/rtl/version.h"

#include "host/host.h"
#include "core/export.h"
#include "core/windows.h"
#include "watch/irqllimit.h"

PCWSTR RtlpServicePackName(VOID)
{
    static const WCHAR *const Names[] = {L"", L"Service Pack 1", L"Service Pack 2", L"Service Pack 3",
                                         L"Service Pack 4"};

    return Names[EmuWindows()->ServicePack];
}

/* ---- RtlGetVersion -------------------------------------------------------------------------------------------- */

static USHORT RtlpSuiteMask(const EMU_WINDOWS *Windows)
{
    if (!KiIsAtLeast(5, 1, 0)) {
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
    VfCheckLimit(KiExportRtlGetVersion, EMU_RETURN_ADDRESS());
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
    VfCheckLimit(KiExportRtlVerifyVersionInfo, EMU_RETURN_ADDRESS());
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
    VfCheckLimit(KiExportRtlIsNtDdiVersionAvailable, EMU_RETURN_ADDRESS());
    return RtlpIsNtDdiVersionAvailable(Version);
}

BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version)
{
    KiCheckExport(KiExportRtlIsServicePackVersionInstalled, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportRtlIsServicePackVersionInstalled, EMU_RETURN_ADDRESS());
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
