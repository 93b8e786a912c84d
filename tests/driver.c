/* driver.c: loading and unloading drivers, and what they leave behind. */
#include <criterion/criterion.h>

#include "poolemu.h"

enum {
    TAG = 'tseT',
};

static PDRIVER_OBJECT Seen;
static WCHAR SeenPath[128];
static KIRQL SeenIrql;
static ULONG Unloads;
static PVOID Kept[16];
static ULONG KeptCount;

static VOID Keep(ULONG Blocks)
{
    for (ULONG Index = 0; Index < Blocks; Index++) {
        Kept[KeptCount] = ExAllocatePoolWithTag(NonPagedPoolNx, 16 * (KeptCount + 1), TAG);
        KeptCount++;
    }
}

static VOID Release(ULONG Blocks)
{
    while (Blocks-- > 0) {
        ExFreePoolWithTag(Kept[--KeptCount], TAG);
    }
}

static VOID CleanUnload(PDRIVER_OBJECT DriverObject)
{
    Seen = DriverObject;
    SeenIrql = KeGetCurrentIrql();
    Unloads++;
}

static NTSTATUS CleanEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Seen = DriverObject;
    SeenIrql = KeGetCurrentIrql();
    memcpy(SeenPath, RegistryPath->Buffer, RegistryPath->MaximumLength);
    DriverObject->DriverUnload = CleanUnload;
    return STATUS_SUCCESS;
}

static NTSTATUS KeepThreeEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Keep(3);
    return CleanEntry(DriverObject, RegistryPath);
}

static BOOLEAN IsText(const UNICODE_STRING *String, PCWSTR Text)
{
    UNICODE_STRING Expected;

    RtlInitUnicodeString(&Expected, Text);
    return RtlEqualUnicodeString(String, &Expected, FALSE);
}

/* ---- Loading -------------------------------------------------------------------------------------------------- */

Test(driver, the_object_is_that_of_a_fresh_driver)
{
    PDRIVER_OBJECT Driver = NULL;

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(Driver, Seen);
    cr_assert_eq(Driver->Type, IO_TYPE_DRIVER);
    cr_assert_eq(Driver->Size, sizeof(DRIVER_OBJECT));
    cr_assert_null(Driver->DeviceObject);
    cr_assert_eq(Driver->Flags, 0);
    cr_assert_eq(Driver->DriverInit, CleanEntry);
    cr_assert_null(Driver->DriverStartIo);
    cr_assert(IsText(&Driver->DriverName, L"\\Driver\\demo"));
    cr_assert_eq(Driver->DriverExtension->DriverObject, Driver);
    cr_assert_null(Driver->DriverExtension->AddDevice);
    cr_assert(IsText(&Driver->DriverExtension->ServiceKeyName, L"demo"));
}

Test(driver, the_registry_path_names_the_service)
{
    UNICODE_STRING Path;
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    RtlInitUnicodeString(&Path, SeenPath);
    cr_assert(IsText(&Path, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\demo"));
}

Test(driver, every_major_function_refuses_requests)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function++) {
        IRP Irp = {0};

        cr_assert_eq(Driver->MajorFunction[Function](NULL, &Irp), STATUS_INVALID_DEVICE_REQUEST);
        cr_assert_eq(Irp.IoStatus.Status, STATUS_INVALID_DEVICE_REQUEST);
    }
}

Test(driver, entry_and_unload_run_at_passive_level)
{
    PDRIVER_OBJECT Driver;

    KeRaiseIrqlToDpcLevel();
    SeenIrql = 0xFF;
    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(SeenIrql, PASSIVE_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);

    SeenIrql = 0xFF;
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(SeenIrql, PASSIVE_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

static NTSTATUS InformingEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    CleanEntry(DriverObject, RegistryPath);
    return STATUS_PENDING;
}

Test(driver, what_entry_returns_is_returned)
{
    PDRIVER_OBJECT Driver = NULL;

    cr_assert_eq(EmuLoadDriver(InformingEntry, "demo", &Driver), STATUS_PENDING);
    cr_assert_not_null(Driver);
}

static NTSTATUS FailingEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    CleanEntry(DriverObject, RegistryPath);
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}

Test(driver, a_driver_whose_entry_fails_is_gone)
{
    PDRIVER_OBJECT Driver = (PDRIVER_OBJECT)1;

    cr_assert_eq(EmuLoadDriver(FailingEntry, "demo", &Driver), STATUS_DEVICE_CONFIGURATION_ERROR);
    cr_assert_null(Driver);
    cr_assert_eq(Unloads, 0);
    cr_assert_eq(EmuLeakCount(), 0);
    cr_assert_eq(EmuUnloadDriver(Seen), STATUS_INVALID_PARAMETER);
}

Test(driver, a_load_without_entry_or_name_is_refused)
{
    CHAR Long[80];
    PDRIVER_OBJECT Driver;

    memset(Long, 'x', sizeof(Long) - 1);
    Long[sizeof(Long) - 1] = 0;
    cr_assert_eq(EmuLoadDriver(NULL, "demo", &Driver), STATUS_INVALID_PARAMETER);
    cr_assert_eq(EmuLoadDriver(CleanEntry, NULL, &Driver), STATUS_INVALID_PARAMETER);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "", &Driver), STATUS_INVALID_PARAMETER);
    cr_assert_eq(EmuLoadDriver(CleanEntry, Long, &Driver), STATUS_INVALID_PARAMETER);
    cr_assert_null(Driver);
}

static NTSTATUS ForgetfulEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeRaiseIrqlToDpcLevel();
    return CleanEntry(DriverObject, RegistryPath);
}

Test(driver, an_entry_that_returns_at_another_irql_is_irql_unexpected_value)
{
    EMU_BUGCHECK Stop;
    PDRIVER_OBJECT Driver;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuLoadDriver(ForgetfulEntry, "demo", &Driver);
    }

    cr_assert_eq(Stop.Code, 0xC8);
    cr_assert_str_eq(Stop.Name, "IRQL_UNEXPECTED_VALUE");
    cr_assert_eq(Stop.Parameter[0], 0x20000);
    cr_assert_eq(Stop.Parameter[1], 0);
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- Unloading ------------------------------------------------------------------------------------------------ */

Test(driver, unloading_calls_unload_once)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    Seen = NULL;
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(Unloads, 1);
    cr_assert_eq(Seen, Driver);
    cr_assert_eq(EmuLeakCount(), 0);
}

static NTSTATUS StayingEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}

Test(driver, a_driver_without_unload_stays)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(StayingEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_INVALID_DEVICE_REQUEST);

    Driver->DriverUnload = CleanUnload;
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
}

Test(driver, what_is_not_loaded_cannot_be_unloaded)
{
    DRIVER_OBJECT Foreign = {.DriverUnload = CleanUnload};
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuUnloadDriver(NULL), STATUS_INVALID_PARAMETER);
    cr_assert_eq(EmuUnloadDriver(&Foreign), STATUS_INVALID_PARAMETER);

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_INVALID_PARAMETER);
    cr_assert_eq(Unloads, 1);
}

/* ---- Leaks ---------------------------------------------------------------------------------------------------- */

Test(driver, the_emulator_takes_no_pool_for_a_driver)
{
    EMU_POOL_USAGE None = {0, 0, 0};
    EMU_TAG_USAGE Usage;
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    EmuQueryTag('virD', &Usage);
    cr_assert_eq(memcmp(&Usage.NonPaged, &None, sizeof(None)), 0);
    cr_assert_eq(memcmp(&Usage.Paged, &None, sizeof(None)), 0);
}

Test(driver, blocks_of_entry_that_stay_are_leaks)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 3);
}

Test(driver, blocks_between_load_and_unload_that_stay_are_leaks)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    Keep(5);
    Release(2);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 3);
}

Test(driver, blocks_from_before_the_load_are_no_leaks)
{
    PDRIVER_OBJECT Driver;

    Keep(4);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 0);
}

Test(driver, an_address_that_is_used_again_is_a_leak)
{
    PDRIVER_OBJECT Driver;
    PVOID Old;

    Keep(1);
    Old = Kept[0];
    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    for (ULONG Try = 0; Try < 16; Try++) {
        ExFreePoolWithTag(Kept[0], TAG);
        Kept[0] = ExAllocatePoolWithTag(NonPagedPoolNx, 16, TAG);
        if (Kept[0] == Old) {
            break;
        }
    }
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 1);
}

Test(driver, the_count_is_that_of_the_last_unload)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "first", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 3);

    cr_assert_eq(EmuLoadDriver(CleanEntry, "second", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 3);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 0);
}

static NTSTATUS LeakingFailingEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Keep(2);
    return FailingEntry(DriverObject, RegistryPath);
}

Test(driver, a_failed_entry_leaks_too)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(LeakingFailingEntry, "demo", &Driver), STATUS_DEVICE_CONFIGURATION_ERROR);
    cr_assert_eq(EmuLeakCount(), 2);
}

Test(driver, overlapping_drivers_leak_what_came_after_their_own_load)
{
    PDRIVER_OBJECT First;
    PDRIVER_OBJECT Second;
    PDRIVER_OBJECT Third;

    Keep(1);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "first", &First), STATUS_SUCCESS);
    Keep(2);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "second", &Second), STATUS_SUCCESS);
    Keep(3);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "third", &Third), STATUS_SUCCESS);
    Keep(4);

    cr_assert_eq(EmuUnloadDriver(Second), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 7);
    cr_assert_eq(EmuUnloadDriver(Third), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 4);
    cr_assert_eq(EmuUnloadDriver(First), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 9);
}

Test(driver, a_block_replaced_before_another_load_is_still_a_leak)
{
    PDRIVER_OBJECT First;
    PDRIVER_OBJECT Second;

    Keep(3);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "first", &First), STATUS_SUCCESS);
    Release(3);
    Keep(3);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "second", &Second), STATUS_SUCCESS);

    cr_assert_eq(EmuUnloadDriver(First), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 3);
    cr_assert_eq(EmuUnloadDriver(Second), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 0);
}

typedef struct LISTED {
    ULONG Count;
    ULONG Limit;
    EMU_BLOCK Block[8];
} LISTED;

static BOOLEAN List(const EMU_BLOCK *Block, PVOID Context)
{
    LISTED *Listed = Context;

    Listed->Block[Listed->Count++] = *Block;
    return Listed->Count < Listed->Limit;
}

Test(driver, the_leaks_are_listed)
{
    LISTED Listed = {.Limit = 8};
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    EmuForEachLeak(List, &Listed);

    cr_assert_eq(Listed.Count, 3);
    for (ULONG Index = 0; Index < 3; Index++) {
        BOOLEAN Found = FALSE;

        for (ULONG Block = 0; Block < 3; Block++) {
            if (Listed.Block[Block].Address == Kept[Index]) {
                Found = TRUE;
                cr_assert_eq(Listed.Block[Block].Size, 16 * (Index + 1));
                cr_assert_eq(Listed.Block[Block].Tag, TAG);
                cr_assert_eq(Listed.Block[Block].PoolType, NonPagedPoolNx);
            }
        }
        cr_assert(Found);
    }
}

Test(driver, the_list_ends_when_the_callback_says_so)
{
    LISTED Listed = {.Limit = 2};
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    EmuForEachLeak(List, &Listed);
    cr_assert_eq(Listed.Count, 2);
}

Test(driver, a_leak_that_is_freed_later_is_not_listed)
{
    LISTED Listed = {.Limit = 8};
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "demo", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    Release(2);
    Keep(2);
    EmuForEachLeak(List, &Listed);

    cr_assert_eq(Listed.Count, 1);
    cr_assert_eq(Listed.Block[0].Address, Kept[0]);
    cr_assert_eq(EmuLeakCount(), 3);
}

Test(driver, a_leak_stays_listed_while_another_driver_is_loaded)
{
    LISTED Listed = {.Limit = 8};
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "first", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    Release(1);
    Keep(1);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "second", &Driver), STATUS_SUCCESS);
    EmuForEachLeak(List, &Listed);

    cr_assert_eq(Listed.Count, 2);
}

Test(driver, a_leak_can_be_driver_verifier_detected_violation)
{
    EMU_BUGCHECK Stop;
    PDRIVER_OBJECT Driver;

    EmuStopOnLeaks(TRUE);
    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "demo", &Driver), STATUS_SUCCESS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }

    cr_assert_eq(Stop.Code, 0xC4);
    cr_assert_str_eq(Stop.Name, "DRIVER_VERIFIER_DETECTED_VIOLATION");
    cr_assert_eq(Stop.Parameter[0], 0x62);
    cr_assert_str_eq((PCSTR)Stop.Parameter[1], "demo");
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 3);
    cr_assert_not_null(strstr(Stop.Text, "driver demo has not freed 3 blocks:"));
    cr_assert_not_null(strstr(Stop.Text, "16 bytes"));
    cr_assert_not_null(strstr(Stop.Text, "48 bytes"));
    cr_assert_not_null(strstr(Stop.Text, "'Test'"));
    cr_assert_eq(EmuLeakCount(), 3);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_INVALID_PARAMETER);
}

Test(driver, the_stop_lists_eight_blocks)
{
    EMU_BUGCHECK Stop;
    PDRIVER_OBJECT Driver;

    EmuStopOnLeaks(TRUE);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    Keep(10);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }

    cr_assert_eq(Stop.Parameter[3], 10);
    cr_assert_not_null(strstr(Stop.Text, "and 2 more"), "%s", Stop.Text);
}

Test(driver, without_leaks_there_is_no_stop)
{
    EMU_BUGCHECK Stop;
    PDRIVER_OBJECT Driver;
    volatile NTSTATUS Status = STATUS_UNSUCCESSFUL;

    EmuStopOnLeaks(TRUE);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "demo", &Driver), STATUS_SUCCESS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Status = EmuUnloadDriver(Driver);
    }

    cr_assert_eq(Stop.Code, 0);
    cr_assert_eq(Status, STATUS_SUCCESS);
}

Test(driver, reset_forgets_drivers_and_leaks)
{
    LISTED Listed = {.Limit = 8};
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "first", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLoadDriver(CleanEntry, "second", &Driver), STATUS_SUCCESS);
    EmuStopOnLeaks(TRUE);
    EmuReset();
    KeptCount = 0;

    cr_assert_eq(EmuLeakCount(), 0);
    EmuForEachLeak(List, &Listed);
    cr_assert_eq(Listed.Count, 0);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_INVALID_PARAMETER);
    cr_assert_eq(Unloads, 1);

    cr_assert_eq(EmuLoadDriver(KeepThreeEntry, "third", &Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
    cr_assert_eq(EmuLeakCount(), 3);
}
