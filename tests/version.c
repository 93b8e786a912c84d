/* version.c: every Windows of the table, and what a driver can find out about the one that is emulated. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "child.h"
#include "support.h"

static const EMU_WINDOWS Expected[] = {
    {"win2000", "Windows 2000", 5, 0, 2195, 0, 0x05000000, 1},
    {"win2000sp1", "Windows 2000 Service Pack 1", 5, 0, 2195, 1, 0x05000100, 1},
    {"win2000sp2", "Windows 2000 Service Pack 2", 5, 0, 2195, 2, 0x05000200, 1},
    {"win2000sp3", "Windows 2000 Service Pack 3", 5, 0, 2195, 3, 0x05000300, 1},
    {"win2000sp4", "Windows 2000 Service Pack 4", 5, 0, 2195, 4, 0x05000400, 1},
    {"winxp", "Windows XP", 5, 1, 2600, 0, 0x05010000, 1},
    {"winxpsp1", "Windows XP Service Pack 1", 5, 1, 2600, 1, 0x05010100, 1},
    {"winxpsp2", "Windows XP Service Pack 2", 5, 1, 2600, 2, 0x05010200, 1},
    {"winxpsp3", "Windows XP Service Pack 3", 5, 1, 2600, 3, 0x05010300, 1},
    {"ws2003", "Windows Server 2003", 5, 2, 3790, 0, 0x05020000, 3},
    {"ws2003sp1", "Windows Server 2003 Service Pack 1", 5, 2, 3790, 1, 0x05020100, 3},
    {"ws2003sp2", "Windows Server 2003 Service Pack 2", 5, 2, 3790, 2, 0x05020200, 3},
    {"vista", "Windows Vista", 6, 0, 6000, 0, 0x06000000, 1},
    {"vistasp1", "Windows Vista Service Pack 1", 6, 0, 6001, 1, 0x06000100, 1},
    {"ws2008", "Windows Server 2008", 6, 0, 6001, 1, 0x06000100, 3},
    {"vistasp2", "Windows Vista Service Pack 2", 6, 0, 6002, 2, 0x06000200, 1},
    {"ws2008sp2", "Windows Server 2008 Service Pack 2", 6, 0, 6002, 2, 0x06000200, 3},
    {"win7", "Windows 7", 6, 1, 7600, 0, 0x06010000, 1},
    {"ws2008r2", "Windows Server 2008 R2", 6, 1, 7600, 0, 0x06010000, 3},
    {"win7sp1", "Windows 7 Service Pack 1", 6, 1, 7601, 1, 0x06010000, 1},
    {"ws2008r2sp1", "Windows Server 2008 R2 Service Pack 1", 6, 1, 7601, 1, 0x06010000, 3},
    {"win8", "Windows 8", 6, 2, 9200, 0, 0x06020000, 1},
    {"ws2012", "Windows Server 2012", 6, 2, 9200, 0, 0x06020000, 3},
    {"win8.1", "Windows 8.1", 6, 3, 9600, 0, 0x06030000, 1},
    {"ws2012r2", "Windows Server 2012 R2", 6, 3, 9600, 0, 0x06030000, 3},
    {"win10-1507", "Windows 10 Version 1507", 10, 0, 10240, 0, 0x0A000000, 1},
    {"win10-1511", "Windows 10 Version 1511", 10, 0, 10586, 0, 0x0A000001, 1},
    {"win10-1607", "Windows 10 Version 1607", 10, 0, 14393, 0, 0x0A000002, 1},
    {"ws2016", "Windows Server 2016", 10, 0, 14393, 0, 0x0A000002, 3},
    {"win10-1703", "Windows 10 Version 1703", 10, 0, 15063, 0, 0x0A000003, 1},
    {"win10-1709", "Windows 10 Version 1709", 10, 0, 16299, 0, 0x0A000004, 1},
    {"win10-1803", "Windows 10 Version 1803", 10, 0, 17134, 0, 0x0A000005, 1},
    {"win10-1809", "Windows 10 Version 1809", 10, 0, 17763, 0, 0x0A000006, 1},
    {"ws2019", "Windows Server 2019", 10, 0, 17763, 0, 0x0A000006, 3},
    {"win10-1903", "Windows 10 Version 1903", 10, 0, 18362, 0, 0x0A000007, 1},
    {"win10-1909", "Windows 10 Version 1909", 10, 0, 18363, 0, 0x0A000007, 1},
    {"win10-2004", "Windows 10 Version 2004", 10, 0, 19041, 0, 0x0A000008, 1},
    {"win10-20h2", "Windows 10 Version 20H2", 10, 0, 19042, 0, 0x0A000008, 1},
    {"win10-21h1", "Windows 10 Version 21H1", 10, 0, 19043, 0, 0x0A000008, 1},
    {"win10-21h2", "Windows 10 Version 21H2", 10, 0, 19044, 0, 0x0A000008, 1},
    {"win10-22h2", "Windows 10 Version 22H2", 10, 0, 19045, 0, 0x0A000008, 1},
    {"ws2022", "Windows Server 2022", 10, 0, 20348, 0, 0x0A00000A, 3},
    {"win11-21h2", "Windows 11 Version 21H2", 10, 0, 22000, 0, 0x0A00000B, 1},
    {"win11-22h2", "Windows 11 Version 22H2", 10, 0, 22621, 0, 0x0A00000C, 1},
    {"win11-23h2", "Windows 11 Version 23H2", 10, 0, 22631, 0, 0x0A00000E, 1},
    {"win11-24h2", "Windows 11 Version 24H2", 10, 0, 26100, 0, 0x0A000010, 1},
    {"ws2025", "Windows Server 2025", 10, 0, 26100, 0, 0x0A000010, 3},
    {"win11-25h2", "Windows 11 Version 25H2", 10, 0, 26200, 0, 0x0A000010, 1},
};

static BOOLEAN Emulate(const EMU_WINDOWS *Windows)
{
    cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS, "%s", Windows->Name);
    return TRUE;
}

#define FOR_EACH_WINDOWS(Windows)                                                                                      \
    for (const EMU_WINDOWS *Windows = Expected; Windows < Expected + RTL_NUMBER_OF(Expected); Windows++)               \
        if (Emulate(Windows))

static ULONG OsVersion(const EMU_WINDOWS *Windows)
{
    return (Windows->Major << 24) | (Windows->Minor << 16);
}

static BOOLEAN IsAtLeast(const EMU_WINDOWS *Windows, ULONG Major, ULONG Minor, ULONG Build)
{
    ULONG64 Actual = ((ULONG64)Windows->Major << 40) | ((ULONG64)Windows->Minor << 32) | Windows->Build;

    return Actual >= (((ULONG64)Major << 40) | ((ULONG64)Minor << 32) | Build);
}

/* ---- Choosing a Windows --------------------------------------------------------------------------------------- */

Test(version, the_table_has_every_release_oldest_first)
{
    SIZE_T Count = 0;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);

    cr_assert_eq(Count, RTL_NUMBER_OF(Expected));
    for (SIZE_T Row = 0; Row < Count; Row++) {
        cr_assert_str_eq(Table[Row].Name, Expected[Row].Name);
        cr_assert_str_eq(Table[Row].Title, Expected[Row].Title);
        cr_assert_eq(Table[Row].Major, Expected[Row].Major, "%s", Expected[Row].Name);
        cr_assert_eq(Table[Row].Minor, Expected[Row].Minor, "%s", Expected[Row].Name);
        cr_assert_eq(Table[Row].Build, Expected[Row].Build, "%s", Expected[Row].Name);
        cr_assert_eq(Table[Row].ServicePack, Expected[Row].ServicePack, "%s", Expected[Row].Name);
        cr_assert_eq(Table[Row].NtDdi, Expected[Row].NtDdi, "%s", Expected[Row].Name);
        cr_assert_eq(Table[Row].ProductType, Expected[Row].ProductType, "%s", Expected[Row].Name);
    }
}

Test(version, every_name_can_be_set)
{
    FOR_EACH_WINDOWS(Windows)
    {
        cr_assert_str_eq(EmuWindows()->Name, Windows->Name);
    }
}

Test(version, upper_and_lower_case_are_the_same)
{
    cr_assert_eq(EmuSetWindows("WIN10-20H2"), STATUS_SUCCESS);
    cr_assert_str_eq(EmuWindows()->Name, "win10-20h2");
    cr_assert_eq(EmuSetWindows("Win8.1"), STATUS_SUCCESS);
    cr_assert_str_eq(EmuWindows()->Name, "win8.1");
}

Test(version, an_unknown_name_is_not_found_and_changes_nothing)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_assert_eq(EmuSetWindows("win9"), STATUS_NOT_FOUND);
    cr_assert_eq(EmuSetWindows("win"), STATUS_NOT_FOUND);
    cr_assert_eq(EmuSetWindows("win7sp"), STATUS_NOT_FOUND);
    cr_assert_eq(EmuSetWindows("win7 "), STATUS_NOT_FOUND);
    cr_assert_eq(EmuSetWindows(""), STATUS_NOT_FOUND);
    cr_assert_eq(EmuSetWindows(NULL), STATUS_INVALID_PARAMETER);
    cr_assert_str_eq(EmuWindows()->Name, "win7");
}

Test(version, the_default_is_the_newest_windows_11)
{
    unsetenv("POOLEMU_WINDOWS");
    cr_assert_str_eq(EmuWindows()->Name, "win11-25h2");
}

Test(version, the_environment_names_the_first_one)
{
    setenv("POOLEMU_WINDOWS", "WS2019", 1);
    cr_assert_str_eq(EmuWindows()->Name, "ws2019");
}

Test(version, an_empty_environment_variable_is_none)
{
    setenv("POOLEMU_WINDOWS", "", 1);
    cr_assert_str_eq(EmuWindows()->Name, "win11-25h2");
}

Test(version, the_environment_counts_for_a_driver_that_only_asks)
{
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof(Version)};

    setenv("POOLEMU_WINDOWS", "winxpsp2", 1);
    cr_assert_eq(RtlGetVersion(&Version), STATUS_SUCCESS);
    cr_assert_eq(Version.dwBuildNumber, 2600);
}

Test(version, a_windows_that_was_set_counts_more_than_the_environment)
{
    setenv("POOLEMU_WINDOWS", "win7", 1);
    cr_assert_eq(EmuSetWindows("win8"), STATUS_SUCCESS);
    cr_assert_str_eq(EmuWindows()->Name, "win8");
}

Test(version, reset_goes_back_to_the_environment)
{
    setenv("POOLEMU_WINDOWS", "win7", 1);
    cr_assert_eq(EmuSetWindows("win8"), STATUS_SUCCESS);
    EmuReset();
    cr_assert_str_eq(EmuWindows()->Name, "win7");
}

static void AskWithBadEnvironment(void)
{
    setenv("POOLEMU_WINDOWS", "win9", 1);
    EmuWindows();
}

Test(version, an_unknown_name_in_the_environment_ends_the_process_with_words)
{
    char Words[1024];
    int Status = RunChild(AskWithBadEnvironment, Words, sizeof(Words));

    cr_assert(WIFSIGNALED(Status));
    cr_assert_eq(WTERMSIG(Status), SIGABRT);
    cr_assert_not_null(strstr(Words, "POOLEMU_WINDOWS"), "%s", Words);
    cr_assert_not_null(strstr(Words, "\"win9\""), "%s", Words);
    cr_assert_not_null(strstr(Words, "poolemu windows"), "%s", Words);
}

static void *AskForWindows(void *Context)
{
    *(const EMU_WINDOWS **)Context = EmuWindows();
    return NULL;
}

Test(version, threads_that_ask_first_together_get_the_same)
{
    const EMU_WINDOWS *Answer[8];
    pthread_t Thread[8];

    setenv("POOLEMU_WINDOWS", "win8", 1);
    for (ULONG Index = 0; Index < 8; Index++) {
        cr_assert_eq(pthread_create(&Thread[Index], NULL, AskForWindows, &Answer[Index]), 0);
    }
    for (ULONG Index = 0; Index < 8; Index++) {
        pthread_join(Thread[Index], NULL);
        cr_assert_str_eq(Answer[Index]->Name, "win8");
    }
}

/* ---- RtlGetVersion, PsGetVersion ------------------------------------------------------------------------------ */

static const WCHAR *const ServicePacks[] = {L"", L"Service Pack 1", L"Service Pack 2", L"Service Pack 3",
                                            L"Service Pack 4"};

static BOOLEAN IsText(PCWSTR Actual, PCWSTR Wanted)
{
    UNICODE_STRING Left, Right;

    RtlInitUnicodeString(&Left, Actual);
    RtlInitUnicodeString(&Right, Wanted);
    return RtlEqualUnicodeString(&Left, &Right, FALSE);
}

Test(version, rtlgetversion_fills_the_short_structure)
{
    FOR_EACH_WINDOWS(Windows)
    {
        RTL_OSVERSIONINFOEXW Version;

        memset(&Version, 0xCC, sizeof(Version));
        Version.dwOSVersionInfoSize = 276;
        Version.szCSDVersion[0] = 0;
        cr_assert_eq(RtlGetVersion((PRTL_OSVERSIONINFOW)&Version), STATUS_SUCCESS);
        cr_assert_eq(Version.dwOSVersionInfoSize, 276);
        cr_assert_eq(Version.dwMajorVersion, Windows->Major);
        cr_assert_eq(Version.dwMinorVersion, Windows->Minor);
        cr_assert_eq(Version.dwBuildNumber, Windows->Build);
        cr_assert_eq(Version.dwPlatformId, VER_PLATFORM_WIN32_NT);
        cr_assert(IsText(Version.szCSDVersion, ServicePacks[Windows->ServicePack]), "%s", Windows->Name);
        cr_assert_eq(Version.wServicePackMajor, 0xCCCC);
        cr_assert_eq(Version.wProductType, 0xCC);
    }
}

Test(version, rtlgetversion_fills_the_long_structure)
{
    FOR_EACH_WINDOWS(Windows)
    {
        RTL_OSVERSIONINFOEXW Version;

        memset(&Version, 0xCC, sizeof(Version));
        Version.dwOSVersionInfoSize = 284;
        Version.szCSDVersion[0] = 0;
        cr_assert_eq(RtlGetVersion((PRTL_OSVERSIONINFOW)&Version), STATUS_SUCCESS);
        cr_assert_eq(Version.dwMajorVersion, Windows->Major);
        cr_assert_eq(Version.dwMinorVersion, Windows->Minor);
        cr_assert_eq(Version.dwBuildNumber, Windows->Build);
        cr_assert_eq(Version.dwPlatformId, 2);
        cr_assert(IsText(Version.szCSDVersion, ServicePacks[Windows->ServicePack]), "%s", Windows->Name);
        cr_assert_eq(Version.wServicePackMajor, Windows->ServicePack);
        cr_assert_eq(Version.wServicePackMinor, 0);
        cr_assert_eq(Version.wProductType, Windows->ProductType);
        cr_assert_eq(Version.wSuiteMask,
                     Windows->Major == 5 && Windows->Minor == 0 ? 0
                     : Windows->ProductType == VER_NT_SERVER    ? 0x110
                                                                : 0x100,
                     "%s", Windows->Name);
        cr_assert_eq(Version.wReserved, 0);
    }
}

Test(version, rtlgetversion_takes_another_size_for_the_short_structure)
{
    RTL_OSVERSIONINFOEXW Version;

    memset(&Version, 0xCC, sizeof(Version));
    Version.dwOSVersionInfoSize = 0;
    cr_assert_eq(EmuSetWindows("win10-1909"), STATUS_SUCCESS);
    cr_assert_eq(RtlGetVersion((PRTL_OSVERSIONINFOW)&Version), STATUS_SUCCESS);
    cr_assert_eq(Version.dwBuildNumber, 18363);
    cr_assert_eq(Version.wServicePackMajor, 0xCCCC);
}

Test(version, without_a_service_pack_its_name_is_left_alone)
{
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof(Version)};

    Version.szCSDVersion[0] = L'x';
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_assert_eq(RtlGetVersion(&Version), STATUS_SUCCESS);
    cr_assert_eq(Version.szCSDVersion[0], L'x');
}

Test(version, psgetversion_tells_every_part_that_is_asked_for)
{
    FOR_EACH_WINDOWS(Windows)
    {
        ULONG Major = 0, Minor = 99, Build = 0;
        UNICODE_STRING ServicePack;

        cr_assert_eq(PsGetVersion(&Major, &Minor, &Build, &ServicePack), FALSE);
        cr_assert_eq(Major, Windows->Major);
        cr_assert_eq(Minor, Windows->Minor);
        cr_assert_eq(Build, Windows->Build);
        cr_assert(IsText(ServicePack.Buffer, ServicePacks[Windows->ServicePack]));
        cr_assert_eq(PsGetVersion(NULL, NULL, NULL, NULL), FALSE);
    }
}

/* ---- RtlVerifyVersionInfo ------------------------------------------------------------------------------------- */

static NTSTATUS Verify(RTL_OSVERSIONINFOEXW Wanted, ULONG TypeMask, UCHAR Condition)
{
    ULONGLONG Conditions = 0;

    for (ULONG Bit = 1; Bit <= VER_PRODUCT_TYPE; Bit <<= 1) {
        if ((TypeMask & Bit) != 0) {
            VER_SET_CONDITION(Conditions, Bit, Condition);
        }
    }

    return RtlVerifyVersionInfo(&Wanted, TypeMask, Conditions);
}

static NTSTATUS VerifyVersion(ULONG Major, ULONG Minor, UCHAR Condition)
{
    RTL_OSVERSIONINFOEXW Wanted = {.dwMajorVersion = Major, .dwMinorVersion = Minor};

    return Verify(Wanted, VER_MAJORVERSION | VER_MINORVERSION, Condition);
}

static NTSTATUS VerifyServicePack(ULONG Major, ULONG Minor, USHORT ServicePack, UCHAR Condition)
{
    RTL_OSVERSIONINFOEXW Wanted = {.dwMajorVersion = Major, .dwMinorVersion = Minor, .wServicePackMajor = ServicePack};

    return Verify(Wanted, VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR, Condition);
}

static NTSTATUS VerifyBuild(ULONG Build, UCHAR Condition)
{
    RTL_OSVERSIONINFOEXW Wanted = {.dwBuildNumber = Build};

    return Verify(Wanted, VER_BUILDNUMBER, Condition);
}

Test(version, conditions_have_three_bits_each)
{
    cr_assert_eq(VerSetConditionMask(0, VER_MINORVERSION, VER_EQUAL), 1);
    cr_assert_eq(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), 0x18);
    cr_assert_eq(VerSetConditionMask(0, VER_BUILDNUMBER, VER_LESS), 0x100);
    cr_assert_eq(VerSetConditionMask(0, VER_PLATFORMID, VER_EQUAL), 0x200);
    cr_assert_eq(VerSetConditionMask(0, VER_SERVICEPACKMINOR, VER_EQUAL), 0x1000);
    cr_assert_eq(VerSetConditionMask(0, VER_SERVICEPACKMAJOR, VER_EQUAL), 0x8000);
    cr_assert_eq(VerSetConditionMask(0, VER_SUITENAME, VER_OR), 0x1C0000);
    cr_assert_eq(VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL), 0x200000);
    cr_assert_eq(VerSetConditionMask(0x18, VER_MINORVERSION, VER_GREATER_EQUAL), 0x1B);
    cr_assert_eq(VerSetConditionMask(0, VER_MAJORVERSION | VER_MINORVERSION, VER_EQUAL), 8);
    cr_assert_eq(VerSetConditionMask(0x18, 0, VER_EQUAL), 0x18);
}

Test(version, every_windows_is_its_own_version)
{
    FOR_EACH_WINDOWS(Windows)
    {
        USHORT ServicePack = (USHORT)Windows->ServicePack;

        cr_assert_eq(VerifyServicePack(Windows->Major, Windows->Minor, ServicePack, VER_EQUAL), STATUS_SUCCESS);
        cr_assert_eq(VerifyServicePack(Windows->Major, Windows->Minor, ServicePack, VER_GREATER_EQUAL), STATUS_SUCCESS);
        cr_assert_eq(VerifyServicePack(Windows->Major, Windows->Minor, ServicePack, VER_LESS_EQUAL), STATUS_SUCCESS);
        cr_assert_eq(VerifyServicePack(Windows->Major, Windows->Minor, ServicePack, VER_GREATER),
                     STATUS_REVISION_MISMATCH);
        cr_assert_eq(VerifyServicePack(Windows->Major, Windows->Minor, ServicePack, VER_LESS),
                     STATUS_REVISION_MISMATCH);
        cr_assert_eq(VerifyBuild(Windows->Build, VER_EQUAL), STATUS_SUCCESS);
        cr_assert_eq(VerifyBuild(Windows->Build + 1, VER_EQUAL), STATUS_REVISION_MISMATCH);
        cr_assert_eq(VerifyBuild(Windows->Build + 1, VER_LESS), STATUS_SUCCESS);
        cr_assert_eq(VerifyBuild(Windows->Build - 1, VER_GREATER), STATUS_SUCCESS);
    }
}

Test(version, every_windows_knows_whether_it_is_windows_8_or_later)
{
    FOR_EACH_WINDOWS(Windows)
    {
        cr_assert_eq(VerifyVersion(6, 2, VER_GREATER_EQUAL),
                     IsAtLeast(Windows, 6, 2, 0) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH, "%s", Windows->Name);
    }
}

Test(version, the_first_digit_that_differs_decides)
{
    cr_assert_eq(EmuSetWindows("vista"), STATUS_SUCCESS);
    cr_assert_eq(VerifyServicePack(5, 1, 1, VER_GREATER_EQUAL), STATUS_SUCCESS);
    cr_assert_eq(VerifyServicePack(6, 0, 1, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
    cr_assert_eq(VerifyVersion(6, 1, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
    cr_assert_eq(VerifyVersion(10, 0, VER_LESS), STATUS_SUCCESS);
    cr_assert_eq(VerifyVersion(5, 9, VER_GREATER), STATUS_SUCCESS);

    cr_assert_eq(EmuSetWindows("ws2003"), STATUS_SUCCESS);
    cr_assert_eq(VerifyServicePack(5, 1, 1, VER_GREATER_EQUAL), STATUS_SUCCESS);
    cr_assert_eq(VerifyServicePack(5, 1, 0, VER_EQUAL), STATUS_REVISION_MISMATCH);
}

Test(version, each_digit_has_its_own_condition)
{
    RTL_OSVERSIONINFOEXW Wanted = {.dwMajorVersion = 6, .dwMinorVersion = 1};
    ULONGLONG Conditions = 0;

    VER_SET_CONDITION(Conditions, VER_MAJORVERSION, VER_EQUAL);
    VER_SET_CONDITION(Conditions, VER_MINORVERSION, VER_GREATER_EQUAL);

    cr_assert_eq(EmuSetWindows("win8.1"), STATUS_SUCCESS);
    cr_assert_eq(RtlVerifyVersionInfo(&Wanted, VER_MAJORVERSION | VER_MINORVERSION, Conditions), STATUS_SUCCESS);
    cr_assert_eq(EmuSetWindows("vista"), STATUS_SUCCESS);
    cr_assert_eq(RtlVerifyVersionInfo(&Wanted, VER_MAJORVERSION | VER_MINORVERSION, Conditions),
                 STATUS_REVISION_MISMATCH);
    cr_assert_eq(EmuSetWindows("win10-1507"), STATUS_SUCCESS);
    cr_assert_eq(RtlVerifyVersionInfo(&Wanted, VER_MAJORVERSION | VER_MINORVERSION, Conditions),
                 STATUS_REVISION_MISMATCH);
}

Test(version, product_type_and_platform_are_compared)
{
    RTL_OSVERSIONINFOEXW Server = {.wProductType = VER_NT_SERVER, .dwPlatformId = VER_PLATFORM_WIN32_NT};

    cr_assert_eq(EmuSetWindows("ws2022"), STATUS_SUCCESS);
    cr_assert_eq(Verify(Server, VER_PRODUCT_TYPE | VER_PLATFORMID, VER_EQUAL), STATUS_SUCCESS);
    cr_assert_eq(EmuSetWindows("win11-21h2"), STATUS_SUCCESS);
    cr_assert_eq(Verify(Server, VER_PRODUCT_TYPE, VER_EQUAL), STATUS_REVISION_MISMATCH);
    cr_assert_eq(Verify(Server, VER_PLATFORMID, VER_EQUAL), STATUS_SUCCESS);
}

Test(version, suites_are_compared_by_their_bits)
{
    RTL_OSVERSIONINFOEXW Both = {.wSuiteMask = VER_SUITE_TERMINAL | VER_SUITE_SINGLEUSERTS};
    RTL_OSVERSIONINFOEXW Other = {.wSuiteMask = VER_SUITE_DATACENTER};

    cr_assert_eq(EmuSetWindows("ws2022"), STATUS_SUCCESS);
    cr_assert_eq(Verify(Both, VER_SUITENAME, VER_AND), STATUS_SUCCESS);
    cr_assert_eq(Verify(Both, VER_SUITENAME, VER_OR), STATUS_SUCCESS);
    cr_assert_eq(Verify(Other, VER_SUITENAME, VER_OR), STATUS_REVISION_MISMATCH);

    cr_assert_eq(EmuSetWindows("win11-21h2"), STATUS_SUCCESS);
    cr_assert_eq(Verify(Both, VER_SUITENAME, VER_AND), STATUS_REVISION_MISMATCH);
    cr_assert_eq(Verify(Both, VER_SUITENAME, VER_OR), STATUS_SUCCESS);
}

Test(version, VER_OR_against_no_suite_succeeds)
{
    RTL_OSVERSIONINFOEXW None = {.wSuiteMask = 0};

    FOR_EACH_WINDOWS(Windows)
    {
        cr_assert_eq(Verify(None, VER_SUITENAME, VER_OR), STATUS_SUCCESS, "%s", Windows->Name);
    }
}

Test(version, what_cannot_be_compared_is_an_invalid_parameter)
{
    RTL_OSVERSIONINFOEXW Wanted = {.dwMajorVersion = 6};

    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_assert_eq(RtlVerifyVersionInfo(&Wanted, 0, 0x18), STATUS_INVALID_PARAMETER);
    cr_assert_eq(RtlVerifyVersionInfo(&Wanted, VER_MAJORVERSION, 0), STATUS_INVALID_PARAMETER);
    cr_assert_eq(RtlVerifyVersionInfo(&Wanted, VER_MAJORVERSION, 1), STATUS_INVALID_PARAMETER);
    cr_assert_eq(Verify(Wanted, VER_MAJORVERSION, VER_AND), STATUS_INVALID_PARAMETER);
    cr_assert_eq(Verify(Wanted, VER_BUILDNUMBER, VER_OR), STATUS_INVALID_PARAMETER);
    cr_assert_eq(Verify(Wanted, VER_SUITENAME, VER_EQUAL), STATUS_INVALID_PARAMETER);
}

/* ---- NTDDI versions, service packs, WDM ----------------------------------------------------------------------- */

Test(version, an_ntddi_version_is_available_from_its_windows_on)
{
    static const ULONG Versions[] = {NTDDI_WIN2K, NTDDI_WINXP, NTDDI_WS03,    NTDDI_VISTA,
                                     NTDDI_WIN7,  NTDDI_WIN8,  NTDDI_WINBLUE, NTDDI_WIN10};

    FOR_EACH_WINDOWS(Windows)
    {
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Versions); Index++) {
            cr_assert_eq(RtlIsNtDdiVersionAvailable(Versions[Index]), OsVersion(Windows) >= Versions[Index],
                         "%s, 0x%08X", Windows->Name, Versions[Index]);
            cr_assert_eq(WdmlibRtlIsNtDdiVersionAvailable(Versions[Index]), OsVersion(Windows) >= Versions[Index]);
        }
    }
}

Test(version, an_ntddi_version_with_a_low_half_is_never_available)
{
    FOR_EACH_WINDOWS(Windows)
    {
        cr_assert_eq(RtlIsNtDdiVersionAvailable(NTDDI_WINXPSP1), FALSE);
        cr_assert_eq(RtlIsNtDdiVersionAvailable(NTDDI_WS08), FALSE);
        cr_assert_eq(RtlIsNtDdiVersionAvailable(NTDDI_WIN10_RS1), FALSE);
        cr_assert_eq(RtlIsNtDdiVersionAvailable(NTDDI_WIN10_VB), FALSE);
    }
}

Test(version, a_service_pack_is_installed_on_its_own_windows_with_that_one_or_a_later_one)
{
    static const ULONG Versions[] = {
        NTDDI_WIN2K,    NTDDI_WIN2KSP1, NTDDI_WIN2KSP2, NTDDI_WIN2KSP3, NTDDI_WIN2KSP4, NTDDI_WINXP,
        NTDDI_WINXPSP1, NTDDI_WINXPSP2, NTDDI_WINXPSP3, NTDDI_WS03,     NTDDI_WS03SP1,  NTDDI_WS03SP2,
        NTDDI_VISTA,    NTDDI_VISTASP1, NTDDI_VISTASP2, NTDDI_WS08,     NTDDI_WS08SP2,  NTDDI_WIN7,
    };

    FOR_EACH_WINDOWS(Windows)
    {
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Versions); Index++) {
            BOOLEAN Installed =
                OSVER(Versions[Index]) == OsVersion(Windows) && Windows->ServicePack >= SPVER(Versions[Index]);

            cr_assert_eq(RtlIsServicePackVersionInstalled(Versions[Index]), Installed, "%s, 0x%08X", Windows->Name,
                         Versions[Index]);
            cr_assert_eq(WdmlibRtlIsServicePackVersionInstalled(Versions[Index]), Installed);
        }
    }
}

Test(version, windows_10_and_11_have_no_service_packs)
{
    cr_assert_eq(EmuSetWindows("win11-24h2"), STATUS_SUCCESS);
    cr_assert_eq(RtlIsServicePackVersionInstalled(NTDDI_WIN10), TRUE);
    cr_assert_eq(RtlIsServicePackVersionInstalled(NTDDI_WIN10_VB), FALSE);
}

Test(version, the_wdm_version_is_6_00_since_vista)
{
    FOR_EACH_WINDOWS(Windows)
    {
        USHORT Wdm = Windows->Major >= 6                          ? 0x600
                     : Windows->Major == 5 && Windows->Minor == 2 ? 0x130
                     : Windows->Major == 5 && Windows->Minor == 1 ? 0x120
                                                                  : 0x110;

        cr_assert_eq(IoIsWdmVersionAvailable(1, 0x00), TRUE);
        cr_assert_eq(IoIsWdmVersionAvailable(1, 0x05), TRUE);
        cr_assert_eq(IoIsWdmVersionAvailable(1, 0x10), TRUE);
        cr_assert_eq(IoIsWdmVersionAvailable(1, 0x20), Wdm >= 0x120, "%s", Windows->Name);
        cr_assert_eq(IoIsWdmVersionAvailable(1, 0x30), Wdm >= 0x130, "%s", Windows->Name);
        cr_assert_eq(IoIsWdmVersionAvailable(6, 0x00), Wdm >= 0x600, "%s", Windows->Name);
        cr_assert_eq(IoIsWdmVersionAvailable(6, 0x01), FALSE);
        cr_assert_eq(IoIsWdmVersionAvailable(10, 0x00), FALSE);
    }
}

/* ---- MmGetSystemRoutineAddress -------------------------------------------------------------------------------- */

static PVOID Find(PCWSTR Name)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

Test(version, an_export_is_found_from_its_windows_on)
{
    static const struct {
        PCWSTR Name;
        ULONG Major;
        ULONG Minor;
        ULONG Build;
    } Exports[] = {
        {L"ExAllocatePool", 5, 0, 0},
        {L"ExAllocatePoolWithTag", 5, 0, 0},
        {L"ExAllocatePoolWithTagPriority", 5, 0, 0},
        {L"ExFreePool", 5, 0, 0},
        {L"ExFreePoolWithTag", 5, 0, 0},
        {L"ExInitializeNPagedLookasideList", 5, 0, 0},
        {L"KeAcquireSpinLockRaiseToDpc", 5, 0, 0},
        {L"KeInitializeSpinLock", 5, 0, 0},
        {L"MmGetSystemRoutineAddress", 5, 0, 0},
        {L"NtQuerySystemInformation", 5, 0, 0},
        {L"ZwQuerySystemInformation", 5, 0, 0},
        {L"RtlGetVersion", 5, 0, 0},
        {L"DbgPrintEx", 5, 1, 0},
        {L"vDbgPrintEx", 5, 1, 0},
        {L"vDbgPrintExWithPrefix", 5, 1, 0},
#if defined(_WIN64)
        {L"ExpInterlockedPushEntrySList", 5, 1, 0},
        {L"ExpInterlockedPopEntrySList", 5, 1, 0},
        {L"ExpInterlockedFlushSList", 5, 1, 0},
#else
        {L"ExInterlockedPushEntrySList", 5, 0, 0},
        {L"ExInterlockedPopEntrySList", 5, 0, 0},
        {L"ExInterlockedFlushSList", 5, 0, 0},
        {L"InterlockedPushEntrySList", 5, 1, 0},
        {L"InterlockedPopEntrySList", 5, 1, 0},
#endif
        {L"FirstEntrySList", 5, 1, 0},
        {L"InitializeSListHead", 5, 1, 0},
        {L"PsChargeProcessPoolQuota", 5, 1, 0},
        {L"RtlInitUnicodeStringEx", 5, 1, 0},
        {L"PsGetCurrentProcess", 5, 0, 0},
        {L"PsChargePoolQuota", 5, 0, 0},
        {L"PsReturnPoolQuota", 5, 0, 0},
        {L"PsChargeProcessNonPagedPoolQuota", 5, 1, 0},
        {L"PsChargeProcessPagedPoolQuota", 5, 1, 0},
        {L"PsReturnProcessNonPagedPoolQuota", 5, 1, 0},
        {L"PsReturnProcessPagedPoolQuota", 5, 1, 0},
        {L"KeTestSpinLock", 5, 2, 0},
        {L"KeTryToAcquireSpinLockAtDpcLevel", 5, 2, 0},
        {L"RtlIsNtDdiVersionAvailable", 6, 0, 0},
        {L"RtlIsServicePackVersionInstalled", 6, 0, 0},
        {L"ExInitializeLookasideListEx", 6, 0, 0},
        {L"ExFlushLookasideListEx", 6, 0, 0},
        {L"ExDeleteLookasideListEx", 6, 0, 0},
        {L"ExAllocatePool2", 10, 0, 19041},
        {L"ExAllocatePool3", 10, 0, 19041},
        {L"ExFreePool2", 10, 0, 20348},
        {L"ExCreatePool", 10, 0, 20348},
        {L"MmAllocateContiguousMemory", 5, 0, 0},
        {L"MmAllocateContiguousMemorySpecifyCache", 5, 0, 0},
        {L"MmAllocateContiguousMemorySpecifyCacheNode", 6, 0, 0},
        {L"MmAllocateContiguousNodeMemory", 6, 2, 0},
        {L"MmAllocateContiguousMemoryEx", 10, 0, 20348},
        {L"MmFreeContiguousMemory", 5, 0, 0},
        {L"MmFreeContiguousMemorySpecifyCache", 5, 0, 0},
        {L"MmAllocateNonCachedMemory", 5, 0, 0},
        {L"MmFreeNonCachedMemory", 5, 0, 0},
        {L"IoBuildPartialMdl", 5, 0, 0},
        {L"MmGetPhysicalAddress", 5, 0, 0},
        {L"MmMapLockedPages", 5, 0, 0},
        {L"MmProbeAndLockPages", 5, 0, 0},
        {L"MmUnlockPages", 5, 0, 0},
        {L"MmAllocateMappingAddress", 5, 1, 0},
        {L"MmFreeMappingAddress", 5, 1, 0},
        {L"MmMapLockedPagesWithReservedMapping", 5, 1, 0},
        {L"MmProtectMdlSystemAddress", 5, 1, 0},
        {L"MmUnmapReservedMapping", 5, 1, 0},
        {L"MmAllocateMappingAddressEx", 10, 0, 19041},
        {L"ExDestroyPool", 10, 0, 20348},
        {L"ExSecurePoolUpdate", 10, 0, 20348},
        {L"ExSecurePoolValidate", 10, 0, 20348},
        {L"ExAllocateFromNPagedLookasideList", 10, 0, 22621},
        {L"ExFreeToNPagedLookasideList", 10, 0, 22621},
        {L"ExAllocateFromPagedLookasideList", 10, 0, 22621},
        {L"ExFreeToPagedLookasideList", 10, 0, 22621},
        {L"ExAllocateFromLookasideListEx", 10, 0, 22621},
        {L"ExFreeToLookasideListEx", 10, 0, 22621},
    };

    FOR_EACH_WINDOWS(Windows)
    {
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Exports); Index++) {
            cr_assert_eq(Find(Exports[Index].Name) != NULL,
                         IsAtLeast(Windows, Exports[Index].Major, Exports[Index].Minor, Exports[Index].Build),
                         "%s, export %u", Windows->Name, Index);
        }
    }
}

Test(version, what_is_found_is_the_routine)
{
    cr_assert_eq(EmuSetWindows("win11-25h2"), STATUS_SUCCESS);
    cr_assert_eq(Find(L"ExAllocatePool2"), (PVOID)(ULONG_PTR)ExAllocatePool2);
    cr_assert_eq(Find(L"RtlGetVersion"), (PVOID)(ULONG_PTR)RtlGetVersion);
    cr_assert_eq(Find(L"KeBugCheckEx"), (PVOID)(ULONG_PTR)KeBugCheckEx);
}

Test(version, inline_routines_and_other_names_are_not_found)
{
    cr_assert_eq(EmuSetWindows("win11-25h2"), STATUS_SUCCESS);
    cr_assert_null(Find(L"ExAllocatePoolZero"));
    cr_assert_null(Find(L"ExAllocatePoolUninitialized"));
    cr_assert_null(Find(L"ExAllocatePoolQuotaZero"));
    cr_assert_null(Find(L"ExAllocatePoolPriorityZero"));
    cr_assert_null(Find(L"ExInitializeDriverRuntime"));
    cr_assert_null(Find(L"MmGetSystemAddressForMdlSafe"));
    cr_assert_null(Find(L"KeAcquireSpinLock"));
    cr_assert_null(Find(L"InterlockedFlushSList"));
    cr_assert_null(Find(EMU_BY_WIDTH(L"ExInterlockedFlushSList", L"ExpInterlockedFlushSList")));
    cr_assert_null(Find(L"WdmlibRtlIsNtDdiVersionAvailable"));
    cr_assert_null(Find(L"EmuSetWindows"));
    cr_assert_null(Find(L"malloc"));
    cr_assert_null(Find(L""));
}

Test(version, names_are_compared_exactly)
{
    WCHAR Longer[] = L"ExFreePoolWithTag";
    UNICODE_STRING Part = {2 * 10, sizeof(Longer), Longer};

    cr_assert_null(Find(L"exallocatepoolwithtag"));
    cr_assert_null(Find(L"ExAllocatePoolWithTa"));
    cr_assert_null(Find(L"ExAllocatePoolWithTagX"));
    cr_assert_eq(MmGetSystemRoutineAddress(&Part), (PVOID)(ULONG_PTR)ExFreePool);
}

/* ---- Class 227 of NtQuerySystemInformation -------------------------------------------------------------------- */

Test(version, the_pool_zeroing_class_is_known_from_windows_10_2004_on)
{
    FOR_EACH_WINDOWS(Windows)
    {
        SYSTEM_POOL_ZEROING_INFORMATION Information = {0xCC};
        ULONG Returned = 99;
        NTSTATUS Status =
            NtQuerySystemInformation(SystemPoolZeroingInformation, &Information, sizeof(Information), &Returned);

        if (IsAtLeast(Windows, 10, 0, 19041)) {
            cr_assert_eq(Status, STATUS_SUCCESS, "%s", Windows->Name);
            cr_assert_eq(Information.PoolZeroingSupportPresent, TRUE);
            cr_assert_eq(Returned, 1);
        } else {
            cr_assert_eq(Status, STATUS_INVALID_INFO_CLASS, "%s", Windows->Name);
            cr_assert_eq(Information.PoolZeroingSupportPresent, 0xCC);
            cr_assert_eq(Returned, 99);
        }
    }
}

Test(version, the_pool_zeroing_class_wants_a_buffer_of_one_byte)
{
    UCHAR Buffer[2] = {0xCC, 0xCC};
    ULONG Returned = 99;

    cr_assert_eq(EmuSetWindows("win11-25h2"), STATUS_SUCCESS);
    cr_assert_eq(ZwQuerySystemInformation(SystemPoolZeroingInformation, Buffer, 0, &Returned),
                 STATUS_INFO_LENGTH_MISMATCH);
    cr_assert_eq(Returned, 1);
    cr_assert_eq(ZwQuerySystemInformation(SystemPoolZeroingInformation, Buffer, 2, NULL), STATUS_INFO_LENGTH_MISMATCH);
    cr_assert_eq(Buffer[0], 0xCC);
    cr_assert_eq(ZwQuerySystemInformation(SystemPoolZeroingInformation, Buffer, 1, NULL), STATUS_SUCCESS);
    cr_assert_eq(Buffer[0], TRUE);
    cr_assert_eq(Buffer[1], 0xCC);
}

Test(version, other_classes_are_invalid)
{
    UCHAR Buffer[64];

    cr_assert_eq(NtQuerySystemInformation(SystemBasicInformation, Buffer, sizeof(Buffer), NULL),
                 STATUS_INVALID_INFO_CLASS);
    cr_assert_eq(NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)228, Buffer, 1, NULL), STATUS_INVALID_INFO_CLASS);
}
