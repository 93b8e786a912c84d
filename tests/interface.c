// poolemu.h as an interface: its version is the library's and the project's; its structures have the sizes that
// programs were compiled with, and their reserved members are 0.

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#if EMU_VERSION < 100
#error "EMU_VERSION is a number for the preprocessor"
#endif

/* ---- The version ------------------------------------------------------------------------------------------------- */

Test(interface, the_library_has_the_version_of_the_header)
{
    cr_assert_eq(EmuVersion(), EMU_VERSION);
}

Test(interface, the_version_is_that_of_the_project)
{
    CHAR Version[32];

    snprintf(Version, sizeof(Version), "%u.%u.%u", EMU_VERSION_MAJOR, EMU_VERSION_MINOR, EMU_VERSION_PATCH);
    cr_assert_str_eq(Version, PROJECT_VERSION);
}

/* ---- The structures ---------------------------------------------------------------------------------------------- */

/* Programs carry these sizes. A change is for a new minor version, as long as the major one is 0; see CONTRIBUTING.md.
 */
#define SIZE(Type, Bytes)                                                                                              \
    EMU_STATIC_ASSERT(sizeof(Type) == (Bytes), "the size of " #Type " belongs to the interface");                      \
    cr_assert_eq(sizeof(Type), Bytes, "sizeof(" #Type ") is %zu", sizeof(Type))

Test(interface, structures_keep_their_sizes)
{
    SIZE(EMU_WINDOWS, EMU_BY_WIDTH(48, 40));
    SIZE(EMU_BUGCHECK, EMU_BY_WIDTH(1104, 1080));
    SIZE(EMU_CATCH_FRAME, EMU_BY_WIDTH(80, 48) + sizeof(jmp_buf));
    SIZE(EMU_VIOLATION, 568);
    SIZE(EMU_BLOCK, EMU_BY_WIDTH(56, 48));
    SIZE(EMU_POOL_USAGE, 24);
    SIZE(EMU_TAG_USAGE, 88);
    SIZE(EMU_TAG_OWNER, 288);
    SIZE(EMU_CALL_SITE, EMU_BY_WIDTH(72, 64));
    SIZE(EMU_STACK, EMU_BY_WIDTH(16, 12));
    SIZE(EMU_TRACKED_USE, 32);
    SIZE(EMU_TRACKING, 176);
    SIZE(EMU_POOL_EVENT, EMU_BY_WIDTH(96, 80));
    SIZE(EMU_QUOTA, EMU_BY_WIDTH(24, 12));
    SIZE(EMU_PROCESS, EMU_BY_WIDTH(88, 64));
    SIZE(EMU_FAILURE, EMU_BY_WIDTH(328, 192));
    SIZE(EMU_LOW_RESOURCES, EMU_BY_WIDTH(1904, 1896));
    SIZE(EMU_LOW_RESOURCES_STATISTICS, 72);
    SIZE(EMU_FAILURE_LOOP, EMU_BY_WIDTH(24, 16));
    SIZE(EMU_SPECIAL_POOL, EMU_BY_WIDTH(64, 56));
    SIZE(EMU_VERIFIER_COUNTERS, 248);
    SIZE(EMU_AUDIT, 304);
    SIZE(EMU_LEAK_SITE, EMU_BY_WIDTH(464, 456));
}

/* These lie in drivers, which were compiled apart from the program that loads them. */
Test(interface, what_the_headers_put_into_drivers_keeps_its_size)
{
    SIZE(EMU_TRY_FRAME, EMU_BY_WIDTH(192, 108) + sizeof(jmp_buf));
    SIZE(EMU_FINALLY, EMU_BY_WIDTH(160, 88));
    SIZE(EMU_AUDIT_RECORD, 24);
}

/* ---- Reserved members -------------------------------------------------------------------------------------------- */

static BOOLEAN IsZero(const VOID *Memory, SIZE_T Bytes)
{
    for (SIZE_T Index = 0; Index < Bytes; Index++) {
        if (((const UCHAR *)Memory)[Index] != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

#define EXPECT_RESERVED(Structure)                                                                                     \
    cr_expect(IsZero((Structure).Reserved, sizeof((Structure).Reserved)), #Structure ".Reserved is not 0")

/* Runs Call, which fills a structure of that type named It; what is there before must not show. */
#define EXPECT_FILLED(Type, Call)                                                                                      \
    do {                                                                                                               \
        Type It;                                                                                                       \
        memset(&It, 0xFF, sizeof(It));                                                                                 \
        Call;                                                                                                          \
        cr_expect(IsZero(It.Reserved, sizeof(It.Reserved)), #Call " leaves Reserved");                                 \
    } while (0)

Test(interface, what_the_library_fills_has_zero_in_reserved_members)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);

    cr_assert_not_null(Block);
    EXPECT_FILLED(EMU_BLOCK, EmuQueryBlock(Block, &It));
    EXPECT_FILLED(EMU_TAG_USAGE, EmuQueryTag(TAG, &It));
    EXPECT_FILLED(EMU_TAG_OWNER, EmuQueryTagOwner(TAG, &It));
    EXPECT_FILLED(EMU_TRACKING, EmuQueryTracking(&It));
    EXPECT_FILLED(EMU_PROCESS, EmuQueryProcess(&It));
    EXPECT_FILLED(EMU_LOW_RESOURCES, EmuParseLowResources("nth=1", &It));
    EXPECT_FILLED(EMU_LOW_RESOURCES_STATISTICS, EmuQueryLowResources(&It));
    EXPECT_FILLED(EMU_VERIFIER_COUNTERS, EmuQueryVerifier(&It));
    EXPECT_FILLED(EMU_AUDIT, EmuAuditImage("/nowhere", NULL, &It));
    ExFreePoolWithTag(Block, TAG);
    EXPECT_FILLED(
        EMU_BUGCHECK, EMU_CATCH_BUGCHECK(&It) { ExFreePoolWithTag(Block, TAG); });
}

#define DEFINE_CALLBACK(Type)                                                                                          \
    static BOOLEAN Expect_##Type(const Type *Shown, PVOID Calls)                                                       \
    {                                                                                                                  \
        EXPECT_RESERVED(*Shown);                                                                                       \
        ++*(ULONG *)Calls;                                                                                             \
        return TRUE;                                                                                                   \
    }

DEFINE_CALLBACK(EMU_BLOCK)
DEFINE_CALLBACK(EMU_TAG_USAGE)
DEFINE_CALLBACK(EMU_CALL_SITE)
DEFINE_CALLBACK(EMU_VIOLATION)
DEFINE_CALLBACK(EMU_POOL_EVENT)
DEFINE_CALLBACK(EMU_FAILURE)

#define EXPECT_SHOWN(Call)                                                                                             \
    do {                                                                                                               \
        ULONG Calls = 0;                                                                                               \
        Call;                                                                                                          \
        cr_expect_neq(Calls, 0, #Call " shows nothing");                                                               \
    } while (0)

Test(interface, what_callbacks_get_has_zero_in_reserved_members)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    EmuCountCallSites(TRUE);
    EmuTrackPool(TRUE);
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG); /* a violation before Windows 8 */
    cr_assert_not_null(Block);
    EmuFailNthAllocation(1);
    cr_assert_null(ExAllocatePoolWithTag(NonPagedPool, 64, TAG));

    EXPECT_SHOWN(EmuForEachBlock(Expect_EMU_BLOCK, &Calls));
    EXPECT_SHOWN(EmuForEachTag(Expect_EMU_TAG_USAGE, &Calls));
    EXPECT_SHOWN(EmuForEachCallSite(Expect_EMU_CALL_SITE, &Calls));
    EXPECT_SHOWN(EmuForEachViolation(Expect_EMU_VIOLATION, &Calls));
    EXPECT_SHOWN(EmuQueryLog(Block, Expect_EMU_POOL_EVENT, &Calls));
    EXPECT_SHOWN(EmuForEachInjectedFailure(Expect_EMU_FAILURE, &Calls));
    ExFreePoolWithTag(Block, TAG);
}

Test(interface, the_table_of_windows_has_zero_in_reserved_members)
{
    SIZE_T Count;
    const EMU_WINDOWS *Windows = EmuWindowsTable(&Count);

    for (SIZE_T Row = 0; Row < Count; Row++) {
        const UCHAR *End = (const UCHAR *)&Windows[Row + 1];
        cr_expect(IsZero(End - 2 * sizeof(ULONG), 2 * sizeof(ULONG)), "%s", Windows[Row].Name);
    }
}

/* ---- NULL -------------------------------------------------------------------------------------------------------- */

static NTSTATUS NTAPI EntryNeverCalled(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    cr_assert_fail("it is called");
    return STATUS_SUCCESS;
}

static BOOLEAN CountEvent(const EMU_POOL_EVENT *Event, PVOID Context)
{
    UNREFERENCED_PARAMETER(Event);
    UNREFERENCED_PARAMETER(Context);
    return TRUE;
}

static BOOLEAN CountLeak(const EMU_BLOCK *Block, PVOID Context)
{
    UNREFERENCED_PARAMETER(Block);
    UNREFERENCED_PARAMETER(Context);
    return TRUE;
}

Test(interface, NULL_where_a_status_is_returned_is_STATUS_INVALID_PARAMETER)
{
    EMU_LOW_RESOURCES Settings;
    PDRIVER_OBJECT Driver;
    ULONG Flags;

    cr_expect_eq(EmuSetWindows(NULL), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuParseLowResources(NULL, &Settings), STATUS_INVALID_PARAMETER);
    cr_expect_str_eq(Settings.Error, "there is no text");
    cr_expect_eq(EmuParseLowResources("nth=1", NULL), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuWriteReport(NULL), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuFindVerifierFlags(NULL, &Flags), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuFindVerifierFlags("standard", NULL), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuAuditImage(NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuLoadDriver(NULL, "driver", &Driver), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuLoadDriver(EntryNeverCalled, NULL, &Driver), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuLoadDriver(EntryNeverCalled, "driver", NULL), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuUnloadDriver(NULL), STATUS_INVALID_PARAMETER);
}

Test(interface, NULL_where_a_BOOLEAN_is_returned_is_FALSE)
{
    EMU_STACK Stack;

    EmuTrackPool(TRUE);
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 10, TAG);
    cr_expect_not(EmuQueryBlock(Block, NULL));
    cr_expect_not(EmuQueryTagOwner(TAG, NULL));
    cr_expect_not(EmuQueryStacks(Block, NULL, &Stack));
    cr_expect_not(EmuQueryStacks(Block, &Stack, NULL));
    cr_expect_not(EmuQueryLog(Block, NULL, NULL));
    cr_expect(EmuQueryLog(NULL, CountEvent, NULL), "NULL is all addresses");
    ExFreePoolWithTag(Block, TAG);
}

Test(interface, NULL_where_nothing_is_returned_does_nothing)
{
    EmuTrackPool(TRUE);
    EmuCountCallSites(TRUE);
    EmuFailNthAllocation(1);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 10, TAG));
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 10, '\1seT'); /* a violation, too */

    EmuPrintOptions(NULL);
    EmuForEachViolation(NULL, NULL);
    EmuPrintViolations(NULL);
    EmuQueryTag(TAG, NULL);
    EmuForEachBlock(NULL, NULL);
    EmuForEachTag(NULL, NULL);
    EmuPrintPool(NULL);
    EmuForEachCallSite(NULL, NULL);
    EmuQueryTracking(NULL);
    EmuPrintAddress(NULL, Block);
    EmuQueryProcess(NULL);
    EmuQueryLowResources(NULL);
    EmuForEachInjectedFailure(NULL, NULL);
    EmuPrintInjectedFailures(NULL);
    EmuQueryVerifier(NULL);
    EmuForEachLeak(NULL, NULL);
    EmuForEachLeak(CountLeak, NULL);
    EmuForEachLeakSite(NULL, NULL);
    EmuPrintLeaks(NULL);
    cr_expect_not_null(EmuWindowsTable(NULL));
    ExFreePool(Block);
}
