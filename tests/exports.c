/* exports.c: routines that came after Windows 2000: called where Windows lacks them, they stop; looked for, they are
 * not found; imported, the driver does not load. */
#include <criterion/criterion.h>

#include "child.h"
#include "os.h"
#include "support.h"

/* The plain names are the kernel's exports; wdm.h gives them to Wdmlib. */
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

/* ---- A call of each ------------------------------------------------------------------------------------------- */

static NPAGED_LOOKASIDE_LIST NPagedList;
static PAGED_LOOKASIDE_LIST PagedList;
static LOOKASIDE_LIST_EX ExList;
static SLIST_HEADER Head;
static PVOID Entry;
static KSPIN_LOCK Lock;
static PVOID Reserved, Mapped;
static PMDL Mdl, MappedMdl;
static MDL NoPages;
static HANDLE SecurePool;

static void CallDbgPrintEx(void)
{
    DbgPrintEx(0, 0, "%s", "");
}

static ULONG PrintList(ULONG (*Print)(va_list), ...)
{
    va_list Arguments;

    va_start(Arguments, Print);
    ULONG Status = Print(Arguments);
    va_end(Arguments);
    return Status;
}

static ULONG PrintEx(va_list Arguments)
{
    return vDbgPrintEx(0, 0, "", Arguments);
}

static ULONG PrintWithPrefix(va_list Arguments)
{
    return vDbgPrintExWithPrefix("", 0, 0, "", Arguments);
}

static void CallvDbgPrintEx(void)
{
    PrintList(PrintEx);
}

static void CallvDbgPrintExWithPrefix(void)
{
    PrintList(PrintWithPrefix);
}

static void CallFirstEntrySList(void)
{
    FirstEntrySList(&Head);
}

static void CallPsChargeProcessPoolQuota(void)
{
    PsChargeProcessPoolQuota(PsGetCurrentProcess(), PagedPool, 0);
}

static void CallRtlInitUnicodeStringEx(void)
{
    UNICODE_STRING String;

    RtlInitUnicodeStringEx(&String, L"");
}

static void CallKeAreApcsDisabled(void)
{
    KeAreApcsDisabled();
}

static void CallKeAreAllApcsDisabled(void)
{
    KeAreAllApcsDisabled();
}

static void CallKeTestSpinLock(void)
{
    KeTestSpinLock(&Lock);
}

static void CallKeTryToAcquireSpinLockAtDpcLevel(void)
{
    KIRQL Irql = KeRaiseIrqlToDpcLevel();

    if (KeTryToAcquireSpinLockAtDpcLevel(&Lock)) {
        KeReleaseSpinLockFromDpcLevel(&Lock);
    }
    KeLowerIrql(Irql);
}

static void CallRtlIsNtDdiVersionAvailable(void)
{
    RtlIsNtDdiVersionAvailable(NTDDI_WIN7);
}

static void CallRtlIsServicePackVersionInstalled(void)
{
    RtlIsServicePackVersionInstalled(NTDDI_WIN7);
}

static void CallExInitializeLookasideListEx(void)
{
    static LOOKASIDE_LIST_EX List;

    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, 100, TAG, 0)));
    ExDeleteLookasideListEx(&List);
}

static void CallExFlushLookasideListEx(void)
{
    ExFlushLookasideListEx(&ExList);
}

static void CallExDeleteLookasideListEx(void)
{
    ExDeleteLookasideListEx(&ExList);
}

static void CallExAllocatePool2(void)
{
    ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_PAGED, 100, TAG), TAG);
}

static void CallExAllocatePool3(void)
{
    ExFreePoolWithTag(ExAllocatePool3(POOL_FLAG_PAGED, 100, TAG, NULL, 0), TAG);
}

static void CallExFreePool2(void)
{
    ExFreePool2(ExAllocatePoolWithTag(PagedPool, 100, TAG), TAG, NULL, 0);
}

static void CallExAllocateFromNPagedLookasideList(void)
{
    ExFreePool(ExAllocateFromNPagedLookasideList(&NPagedList));
}

static void CallExFreeToNPagedLookasideList(void)
{
    ExFreeToNPagedLookasideList(&NPagedList, Entry);
}

static void CallExAllocateFromPagedLookasideList(void)
{
    ExFreePool(ExAllocateFromPagedLookasideList(&PagedList));
}

static void CallExFreeToPagedLookasideList(void)
{
    ExFreeToPagedLookasideList(&PagedList, Entry);
}

static void CallExAllocateFromLookasideListEx(void)
{
    ExFreePool(ExAllocateFromLookasideListEx(&ExList));
}

static void CallExFreeToLookasideListEx(void)
{
    ExFreeToLookasideListEx(&ExList, Entry);
}

static PHYSICAL_ADDRESS At(LONGLONG Address)
{
    return (PHYSICAL_ADDRESS){.QuadPart = Address};
}

static void CallMmAllocateContiguousMemorySpecifyCacheNode(void)
{
    MmFreeContiguousMemory(
        MmAllocateContiguousMemorySpecifyCacheNode(1, At(0), At(-1), At(0), MmCached, MM_ANY_NODE_OK));
}

static void CallMmAllocateContiguousNodeMemory(void)
{
    MmFreeContiguousMemory(MmAllocateContiguousNodeMemory(1, At(0), At(-1), At(0), PAGE_READWRITE, MM_ANY_NODE_OK));
}

static void CallMmAllocateContiguousMemoryEx(void)
{
    SIZE_T Bytes = 1;
    PVOID Memory;

    MmAllocateContiguousMemoryEx(&Bytes, At(0), At(-1), At(0), MM_ANY_NODE_OK, PAGE_READWRITE, NULL, TAG, 0, &Memory);
    MmFreeContiguousMemory(Memory);
}

static void CallMmAllocateMappingAddress(void)
{
    cr_assert_not_null(MmAllocateMappingAddress(1, TAG));
}

static void CallMmAllocateMappingAddressEx(void)
{
    cr_assert_not_null(MmAllocateMappingAddressEx(1, TAG, 0));
}

static void CallMmFreeMappingAddress(void)
{
    MmFreeMappingAddress(Reserved, TAG);
}

static void CallMmMapLockedPagesWithReservedMapping(void)
{
    PVOID Address = MmMapLockedPagesWithReservedMapping(Reserved, TAG, Mdl, MmCached);
    cr_assert_eq(Address != NULL, HAS_SECOND_ADDRESSES);
}

static void CallMmUnmapReservedMapping(void)
{
    MmUnmapReservedMapping(Mapped, TAG, HAS_SECOND_ADDRESSES ? MappedMdl : &NoPages);
}

static void CallMmProtectMdlSystemAddress(void)
{
    cr_assert_eq(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
}

static void CallPsChargeProcessNonPagedPoolQuota(void)
{
    cr_assert_eq(PsChargeProcessNonPagedPoolQuota(PsGetCurrentProcess(), 0), STATUS_SUCCESS);
}

static void CallPsChargeProcessPagedPoolQuota(void)
{
    cr_assert_eq(PsChargeProcessPagedPoolQuota(PsGetCurrentProcess(), 0), STATUS_SUCCESS);
}

static void CallPsReturnProcessNonPagedPoolQuota(void)
{
    PsReturnProcessNonPagedPoolQuota(PsGetCurrentProcess(), 0);
}

static void CallPsReturnProcessPagedPoolQuota(void)
{
    PsReturnProcessPagedPoolQuota(PsGetCurrentProcess(), 0);
}

static void CallExCreatePool(void)
{
    POOL_CREATE_EXTENDED_PARAMS Params = {POOL_CREATE_PARAMS_VERSION};
    HANDLE Pool;

    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, TAG, &Params, &Pool), STATUS_SUCCESS);
}

static void CallExDestroyPool(void)
{
    ExDestroyPool(SecurePool);
}

static void CallExSecurePoolUpdate(void)
{
    cr_assert_eq(ExSecurePoolUpdate(SecurePool, TAG, NULL, 0, 0, 0, NULL), STATUS_INVALID_PARAMETER);
}

static void CallExSecurePoolValidate(void)
{
    cr_assert_eq(ExSecurePoolValidate(SecurePool, TAG, NULL, 0), FALSE);
}

typedef struct ROUTINE {
    PCSTR Name;
    PCWSTR WideName;
    void (*Call)(void);
    PCSTR Since; /* the first row of the table that has it */
} ROUTINE;

#define ROUTINE(Name, Since)                                                                                           \
    {                                                                                                                  \
#Name, L"" #Name, Call##Name, Since                                                                            \
    }

static const ROUTINE Routines[] = {
    ROUTINE(DbgPrintEx, "winxp"),
    ROUTINE(vDbgPrintEx, "winxp"),
    ROUTINE(vDbgPrintExWithPrefix, "winxp"),
    ROUTINE(FirstEntrySList, "winxp"),
    ROUTINE(PsChargeProcessPoolQuota, "winxp"),
    ROUTINE(RtlInitUnicodeStringEx, "winxp"),
    ROUTINE(KeAreApcsDisabled, "winxp"),
    ROUTINE(KeAreAllApcsDisabled, "ws2003"),
    ROUTINE(KeTestSpinLock, "ws2003"),
    ROUTINE(KeTryToAcquireSpinLockAtDpcLevel, "ws2003"),
    ROUTINE(RtlIsNtDdiVersionAvailable, "vista"),
    ROUTINE(RtlIsServicePackVersionInstalled, "vista"),
    ROUTINE(ExInitializeLookasideListEx, "vista"),
    ROUTINE(ExFlushLookasideListEx, "vista"),
    ROUTINE(ExDeleteLookasideListEx, "vista"),
    ROUTINE(ExAllocatePool2, "win10-2004"),
    ROUTINE(ExAllocatePool3, "win10-2004"),
    ROUTINE(ExFreePool2, "ws2022"),
    ROUTINE(ExAllocateFromNPagedLookasideList, "win11-22h2"),
    ROUTINE(ExFreeToNPagedLookasideList, "win11-22h2"),
    ROUTINE(ExAllocateFromPagedLookasideList, "win11-22h2"),
    ROUTINE(ExFreeToPagedLookasideList, "win11-22h2"),
    ROUTINE(ExAllocateFromLookasideListEx, "win11-22h2"),
    ROUTINE(MmAllocateMappingAddress, "winxp"),
    ROUTINE(MmFreeMappingAddress, "winxp"),
    ROUTINE(MmMapLockedPagesWithReservedMapping, "winxp"),
    ROUTINE(MmUnmapReservedMapping, "winxp"),
    ROUTINE(MmProtectMdlSystemAddress, "winxp"),
    ROUTINE(PsChargeProcessNonPagedPoolQuota, "winxp"),
    ROUTINE(PsChargeProcessPagedPoolQuota, "winxp"),
    ROUTINE(PsReturnProcessNonPagedPoolQuota, "winxp"),
    ROUTINE(PsReturnProcessPagedPoolQuota, "winxp"),
    ROUTINE(MmAllocateContiguousMemorySpecifyCacheNode, "vista"),
    ROUTINE(MmAllocateContiguousNodeMemory, "win8"),
    ROUTINE(MmAllocateMappingAddressEx, "win10-2004"),
    ROUTINE(MmAllocateContiguousMemoryEx, "ws2022"),
    ROUTINE(ExCreatePool, "ws2022"),
    ROUTINE(ExDestroyPool, "ws2022"),
    ROUTINE(ExSecurePoolUpdate, "ws2022"),
    ROUTINE(ExSecurePoolValidate, "ws2022"),
    ROUTINE(ExFreeToLookasideListEx, "win11-22h2"),
};

static const ROUTINE Pool2 = ROUTINE(ExAllocatePool2, "win10-2004");

/* On the newest Windows: the lists, and an entry that any of them may get. */
static void Prepare(void)
{
    EmuReset();
    cr_assert_eq(EmuSetWindows("win11-25h2"), STATUS_SUCCESS);
    ExInitializeNPagedLookasideList(&NPagedList, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    ExInitializePagedLookasideList(&PagedList, NULL, NULL, 0, 100, TAG, 0);
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&ExList, NULL, NULL, PagedPool, 0, 100, TAG, 0)));
    Entry = ExAllocatePoolWithTag(PagedPool, 100, TAG);
    POOL_CREATE_EXTENDED_PARAMS Params = {POOL_CREATE_PARAMS_VERSION};
    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, TAG, &Params, &SecurePool), STATUS_SUCCESS);
    Reserved = MmAllocateMappingAddress(PAGE_SIZE, TAG);
    Mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    Mapped = MmAllocateMappingAddress(PAGE_SIZE, TAG);
    MappedMdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(MappedMdl);
    PVOID Address = MmMapLockedPagesWithReservedMapping(Mapped, TAG, MappedMdl, MmCached);
    cr_assert_eq(Address != NULL, HAS_SECOND_ADDRESSES);
}

static EMU_BUGCHECK StopOfCall(const ROUTINE *Routine)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Routine->Call();
    }
    return Stop;
}

static const EMU_WINDOWS *FindWindows(PCSTR Name)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Windows = EmuWindowsTable(&Rows);

    while (strcmp(Windows->Name, Name) != 0) {
        Windows++;
    }
    return Windows;
}

/* ---- Calls ---------------------------------------------------------------------------------------------------- */

#define FOR_EACH_ROUTINE_AND_WINDOWS(Routine, Windows, Missing)                                                        \
    SIZE_T Rows;                                                                                                       \
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);                                                                 \
    for (const ROUTINE *Routine = Routines; Routine < Routines + COUNT(Routines); Routine++)                           \
        for (const EMU_WINDOWS *Windows = Table; Windows < Table + Rows; Windows++)                                    \
            for (BOOLEAN Missing = Windows < FindWindows(Routine->Since), Once = TRUE; Once; Once = FALSE)

Test(exports, a_routine_that_Windows_lacks_stops_at_its_call_with_0xC0000263)
{
    FOR_EACH_ROUTINE_AND_WINDOWS(Routine, Windows, Missing)
    {
        Prepare();
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        EMU_BUGCHECK Stop = StopOfCall(Routine);
        if (!Missing) {
            cr_assert_eq(Stop.Code, 0u, "%s on %s: %s", Routine->Name, Windows->Title, Stop.Text);
            continue;
        }
        cr_assert_eq(Stop.Code, 0xC0000263, "%s on %s: 0x%X", Routine->Name, Windows->Title, Stop.Code);
        cr_assert_str_eq(Stop.Name, "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND");
        cr_assert_str_eq((PCSTR)Stop.Parameter[0], Routine->Name);
        cr_assert_neq(Stop.Parameter[1], 0);
        cr_assert_eq(Stop.Parameter[2], FindWindows(Routine->Since)->Build, "%s", Routine->Name);
        cr_assert_eq(Stop.Parameter[3], Windows->Build);
        cr_assert_not_null(strstr(Stop.Text, Routine->Name), "%s", Stop.Text);
        cr_assert_not_null(strstr(Stop.Text, Windows->Title), "%s", Stop.Text);
        cr_assert_not_null(strstr(Stop.Text, FindWindows(Routine->Since)->Title), "%s", Stop.Text);
        cr_assert_not_null(strstr(Stop.Text, "0xC0000263"), "%s", Stop.Text);
    }
}

Test(exports, a_routine_that_is_allowed_to_be_missing_works)
{
    FOR_EACH_ROUTINE_AND_WINDOWS(Routine, Windows, Missing)
    {
        Prepare();
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        EmuAllowMissingExports(TRUE);
        EMU_BUGCHECK Stop = StopOfCall(Routine);
        cr_assert_eq(Stop.Code, 0u, "%s on %s: %s", Routine->Name, Windows->Title, Stop.Text);
        EmuAllowMissingExports(FALSE);
        Prepare();
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        cr_assert_eq(StopOfCall(Routine).Code, Missing ? 0xC0000263 : 0u, "%s", Routine->Name);
    }
}

Test(exports, a_routine_that_Windows_lacks_is_not_found_allowed_or_not)
{
    FOR_EACH_ROUTINE_AND_WINDOWS(Routine, Windows, Missing)
    {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Routine->WideName);
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        EmuAllowMissingExports(FALSE);
        cr_assert_eq(MmGetSystemRoutineAddress(&Name) == NULL, Missing, "%s on %s", Routine->Name, Windows->Title);
        EmuAllowMissingExports(TRUE);
        cr_assert_eq(MmGetSystemRoutineAddress(&Name) == NULL, Missing, "%s on %s", Routine->Name, Windows->Title);
    }
}

Test(exports, every_call_of_a_missing_routine_stops_and_nothing_is_allocated)
{
    Prepare();
    CallExAllocatePool2(); /* the block waits in this thread's cache for the fast path */
    cr_assert_eq(EmuSetWindows("win10-1909"), STATUS_SUCCESS);
    SIZE_T Blocks = LiveBlocks();
    for (ULONG Round = 0; Round < 3; Round++) {
        cr_expect_eq(StopOfCall(&Pool2).Code, 0xC0000263, "%u", Round);
    }
    cr_expect_eq(LiveBlocks(), Blocks);
}

Test(exports, reset_does_not_allow_missing_routines_any_more)
{
    EmuAllowMissingExports(TRUE);
    EmuReset();
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_expect_eq(StopOfCall(&Pool2).Code, 0xC0000263);
}

static void StopWithoutCatch(void)
{
    EmuSetWindows("win7");
    CallExAllocatePool2();
}

Test(exports, the_stop_screen_names_the_routine_and_its_caller)
{
    char Screen[4096];

    RunChild(StopWithoutCatch, Screen, sizeof(Screen));
    cr_expect_not_null(strstr(Screen, "*** STOP: 0xC0000263"), "%s", Screen);
    cr_expect_not_null(strstr(Screen, "ExAllocatePool2 was called, and Windows 7 does not export it"), "%s", Screen);
    cr_expect_not_null(strstr(Screen, "Windows 10 Version 2004"), "%s", Screen);
    cr_expect_null(strstr(Screen, "by KiStop"), "%s", Screen);
    cr_expect_null(strstr(Screen, "by ExAllocatePool2"), "%s", Screen);
}

/* Their ExInterlocked names are exports of every Windows, and there the headers turn them into the Exp ones. */
Test(exports, slists_work_on_windows_2000)
{
    static SLIST_ENTRY Link;
    EMU_BUGCHECK Stop;

    cr_assert_eq(EmuSetWindows("win2000"), STATUS_SUCCESS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInterlockedPushEntrySList(&Head, &Link, &Lock);
        cr_expect_eq(ExInterlockedPopEntrySList(&Head, &Lock), &Link);
        cr_expect_null(ExInterlockedFlushSList(&Head));
    }
    cr_expect_eq(Stop.Code, 0u, "%s", Stop.Text);
}

Test(exports, the_library_copies_of_the_version_routines_are_in_every_driver)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        EMU_BUGCHECK Stop;
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        EMU_CATCH_BUGCHECK(&Stop)
        {
            cr_expect(WdmlibRtlIsNtDdiVersionAvailable(NTDDI_WIN2K));
            WdmlibRtlIsServicePackVersionInstalled(NTDDI_WIN2K);
            DbgPrint("%s", "");
        }
        cr_expect_eq(Stop.Code, 0u, "%s: %s", Table[Row].Title, Stop.Text);
    }
}

/* ---- Imports -------------------------------------------------------------------------------------------------- */

static PDRIVER_INITIALIZE EntryOf(PCSTR Name)
{
    char Path[4096];

    snprintf(Path, sizeof(Path), "%s/%s" DRIVER_SUFFIX, POOLEMU_TEST_DRIVERS, Name);
    return OsLoadDriver(Path);
}

Test(exports, a_driver_does_not_load_where_Windows_lacks_an_import)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);
    PDRIVER_INITIALIZE Imports = EntryOf("imports_pool2");

    for (const EMU_WINDOWS *Windows = Table; Windows < Table + Rows; Windows++) {
        PDRIVER_OBJECT Driver = (PDRIVER_OBJECT)1;
        EmuReset();
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        NTSTATUS Status = EmuLoadDriver(Imports, "imports", &Driver);
        if (Windows >= FindWindows("win10-2004")) {
            cr_assert_eq(Status, STATUS_SUCCESS, "%s", Windows->Title);
            cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
            cr_assert_eq(EmuViolationCount(), 0);
        } else {
            cr_assert_eq((ULONG)Status, 0xC0000263, "%s", Windows->Title);
            cr_assert_null(Driver);
            cr_assert_eq(EmuViolationCount(), 1);
            cr_assert_eq(Violations().Last.Kind, EmuViolationMissingImport);
            cr_assert_not_null(strstr(Violations().Last.Text, "imports ExAllocatePool2 (Windows 10 Version 2004)"));
            cr_assert_not_null(strstr(Violations().Last.Text, Windows->Title));
        }
    }
}

/* It asks MmGetSystemRoutineAddress for the newer routine, and would allocate with the older one. */
Test(exports, a_driver_that_looks_for_the_newer_routine_loads_everywhere)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);
    PDRIVER_INITIALIZE Looks = EntryOf("imports_nothing");

    for (const EMU_WINDOWS *Windows = Table; Windows < Table + Rows; Windows++) {
        PDRIVER_OBJECT Driver;
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        cr_assert_eq(EmuLoadDriver(Looks, "looks", &Driver), STATUS_SUCCESS, "%s", Windows->Title);
        cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
        cr_assert_eq(EmuLeakCount(), 0);
    }
    cr_assert_eq(EmuViolationCount(), 0);
}

Test(exports, a_driver_built_for_22h2_imports_the_lookaside_pair_and_one_built_for_windows_7_has_it_inline)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);
    PDRIVER_INITIALIZE New = EntryOf("imports_lookaside"), Old = EntryOf("imports_lookaside_inline");

    for (const EMU_WINDOWS *Windows = Table; Windows < Table + Rows; Windows++) {
        PDRIVER_OBJECT Driver;
        BOOLEAN Exported = Windows >= FindWindows("win11-22h2");
        cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
        cr_assert_eq((ULONG)EmuLoadDriver(New, "new", &Driver), Exported ? 0u : 0xC0000263, "%s", Windows->Title);
        if (Exported) {
            cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
        }
        cr_assert_eq((ULONG)EmuLoadDriver(Old, "old", &Driver), Windows >= FindWindows("vista") ? 0u : 0xC0000263);
        if (Driver != NULL) {
            cr_assert_eq(EmuUnloadDriver(Driver), STATUS_SUCCESS);
        }
    }
}

Test(exports, a_driver_loads_with_missing_imports_when_they_are_allowed)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuSetWindows("win8.1"), STATUS_SUCCESS);
    EmuAllowMissingExports(TRUE);
    cr_assert_eq(EmuLoadDriver(EntryOf("imports_pool2"), "imports", &Driver), STATUS_SUCCESS);
    cr_expect_eq(EmuViolationCount(), 0);
}

static NTSTATUS NTAPI EntryInTheProgram(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}

Test(exports, the_imports_of_the_test_program_do_not_count)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuSetWindows("win2000"), STATUS_SUCCESS);
    cr_expect_eq(EmuLoadDriver(EntryInTheProgram, "inside", &Driver), STATUS_SUCCESS);
}

/* ---- No-execute pool before Windows 8 ------------------------------------------------------------------------- */

Test(exports, nx_pool_before_windows_8_is_executable_and_a_violation)
{
    static const POOL_TYPE Types[] = {NonPagedPoolNx, NonPagedPoolNxCacheAligned, NonPagedPoolSessionNx};
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (const EMU_WINDOWS *Windows = Table; Windows < Table + Rows; Windows++) {
        for (SIZE_T Type = 0; Type < COUNT(Types); Type++) {
            EMU_BLOCK Block;
            EmuReset();
            cr_assert_eq(EmuSetWindows(Windows->Name), STATUS_SUCCESS);
            for (ULONG Times = 0; Times < 3; Times++) {
                cr_assert(EmuQueryBlock(AllocateHere(Types[Type], 100), &Block));
                cr_assert_eq(Block.Executable, !HasNxPool(Windows), "%s", Windows->Title);
            }
            cr_assert_eq(EmuViolationCount(), HasNxPool(Windows) ? 0 : 3, "%s", Windows->Title);
            if (!HasNxPool(Windows)) {
                VIOLATIONS Found = Violations();
                cr_assert_eq(Found.Count, 1);
                cr_assert_eq(Found.Last.Kind, EmuViolationNxBeforeWindows8);
                cr_assert_eq(Found.Last.Count, 3);
                cr_assert_not_null(Found.Last.Caller);
                cr_assert_not_null(strstr(Found.Last.Text, "ExAllocatePoolWithTag"), "%s", Found.Last.Text);
                cr_assert_not_null(strstr(Found.Last.Text, Windows->Title), "%s", Found.Last.Text);
            }
        }
    }
}

Test(exports, an_nx_lookaside_list_before_windows_8_is_a_violation)
{
    static NPAGED_LOOKASIDE_LIST First, Second, Third;

    cr_assert_eq(EmuSetWindows("win7sp1"), STATUS_SUCCESS);
    ExInitializeNPagedLookasideList(&First, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    cr_expect_eq(EmuViolationCount(), 1);
    ExInitializeNPagedLookasideList(&Second, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(EmuViolationCount(), 1);
    cr_assert(NT_SUCCESS(ExInitializeLookasideListEx(&ExList, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0)));
    cr_expect_eq(EmuViolationCount(), 2);
    cr_expect_eq(Violations().Last.Kind, EmuViolationNxBeforeWindows8);
    cr_assert_eq(EmuSetWindows("win8"), STATUS_SUCCESS);
    ExInitializeNPagedLookasideList(&Third, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    cr_expect_eq(EmuViolationCount(), 2);
}

Test(exports, the_nx_bit_on_paged_pool_is_no_violation)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_NX_ALLOCATION), 100, TAG);
    cr_expect_eq(EmuViolationCount(), 0);
}

Test(exports, violations_are_counted_by_call_site_and_forgotten_by_reset)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    cr_expect_eq(Violations().Count, 2);
    cr_expect_eq(EmuViolationCount(), 2);
    EmuReset();
    cr_expect_eq(Violations().Count, 0);
    cr_expect_eq(EmuViolationCount(), 0);
}

static void PrintViolations(void)
{
    EmuSetWindows("win7");
    ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    EmuPrintViolations(stderr);
}

Test(exports, a_printed_violation_says_what_and_who)
{
    char Words[4096];

    RunChild(PrintViolations, Words, sizeof(Words));
    cr_expect_not_null(strstr(Words, "violation: ExAllocatePoolWithTag: no-execute pool on Windows 7"), "%s", Words);
    cr_expect_not_null(strstr(Words, "(1 time, by "), "%s", Words);
}

#define CALL_8(Call) Call Call Call Call Call Call Call Call
#define CALL_512(Call) CALL_8(CALL_8(CALL_8(Call)))

Test(exports, violations_at_too_many_call_sites_are_counted_together)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    CALL_512(ExAllocatePoolWithTag(NonPagedPoolNx, 16, TAG);)
    CALL_512(ExAllocatePoolWithTag(NonPagedPoolNx, 16, TAG);)
    CALL_512(ExAllocatePoolWithTag(NonPagedPoolNx, 16, TAG);)
    cr_expect_eq(EmuViolationCount(), 3 * 512);
    cr_expect_eq(Violations().Count, 1024);
    cr_expect_eq(Violations().Last.Kind, EmuViolationsElsewhere);
    cr_expect_eq(Violations().Last.Count, 3 * 512 - 1023);
}
