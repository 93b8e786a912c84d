/* EmuReset: from every state back to that of a fresh process. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

static BOOLEAN CountTag(const EMU_TAG_USAGE *Usage, PVOID Count)
{
    UNREFERENCED_PARAMETER(Usage);
    ++*(SIZE_T *)Count;
    return TRUE;
}

/* The name of the Windows that a fresh process emulates. */
static PCSTR Default;

static void RememberDefault(void)
{
    Default = EmuWindows()->Name;
}

TestSuite(reset, .init = RememberDefault);

/* Empty, and usable: every type and size, right place, right rights, counters from zero on. */
static void ExpectFresh(void)
{
    SIZE_T Tags = 0;
    ULONG64 Bytes = 0;
    EMU_TAG_USAGE Usage;

    cr_expect_eq(LiveBlocks(), 0);
    EmuForEachTag(CountTag, &Tags);
    cr_expect_eq(Tags, 0);
    cr_expect_str_eq(EmuWindows()->Name, Default);
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            EMU_BUGCHECK Stop;
            cr_assert_not_null(Block);
            FillPattern(Block, Sizes[Size], (ULONG)Size);
            WriteCode(Block);
            cr_assert_eq(RunCode(Block, &Stop), Kinds[Kind].Executable ? CODE_ANSWER : 0);
            Bytes += Kinds[Kind].Paged ? 0 : Sizes[Size];
        }
    }
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs + Usage.Paged.Allocs, COUNT(Kinds) * COUNT(Sizes));
    cr_expect_eq(Usage.NonPaged.Frees + Usage.Paged.Frees, 0);
    cr_expect_eq(Usage.NonPaged.Bytes, Bytes);
    cr_expect_eq(LiveBlocks(), COUNT(Kinds) * COUNT(Sizes));
}

Test(reset, before_the_pool_was_ever_used)
{
    EmuReset();
    EmuReset();
    ExpectFresh();
}

Test(reset, with_live_blocks_of_every_type_and_size)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Bytes = 1; Bytes < 100000; Bytes = Bytes * 5 / 4 + 1) {
            ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG);
            ExFreePool(ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG2));
        }
    }
    EmuReset();
    ExpectFresh();
}

Test(reset, again_and_again)
{
    for (ULONG Round = 0; Round < 20; Round++) {
        ExpectFresh();
        EmuReset();
    }
}

Test(reset, with_overwritten_headers)
{
    for (ULONG Index = 0; Index < 1000; Index++) {
        UCHAR *Block = ExAllocatePoolWithTag(Kinds[Index % COUNT(Kinds)].Type, 1 + Index * 4, TAG);
        memset(Block - HEADER_BYTES, (int)Index, HEADER_BYTES);
    }
    EmuReset();
    ExpectFresh();
}

Test(reset, at_a_raised_IRQL)
{
    for (ULONG Irql = APC_LEVEL; Irql <= HIGH_LEVEL; Irql++) {
        KIRQL Old;
        ExAllocatePoolWithTag(PagedPool, 100, TAG);
        ExAllocatePoolWithTag(NonPagedPoolNx, 10000, TAG);
        KeRaiseIrql((KIRQL)Irql, &Old);
        EmuReset();
        ExpectFresh();
        EmuReset();
    }
}

Test(reset, on_another_Windows)
{
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
        EmuReset();
        cr_assert_str_eq(EmuWindows()->Name, Default);
    }
    ExpectFresh();
}

Test(reset, after_caught_stops_and_inside_a_catch)
{
    EMU_BUGCHECK Stop;
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);

    cr_expect_eq(StopOfFree(Block, TAG2).Code, (ULONG)BAD_POOL_CALLER);
    ExFreePool(Block);
    cr_expect_eq(StopOfFree(Block, TAG).Code, (ULONG)KERNEL_MODE_HEAP_CORRUPTION);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuReset();
    }
    EXPECT_NO_STOP(Stop);
    ExpectFresh();
}

Test(reset, with_quota_charged)
{
    EMU_BUGCHECK Stop;

    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        ExAllocatePoolWithQuotaTag(PagedPool, Sizes[Size], TAG);
    }
    EmuReset();
    EMU_CATCH_BUGCHECK(&Stop)
    {
        PsReturnPoolQuota(PsGetCurrentProcess(), PagedPool, 1);
    }
    cr_expect_eq(Stop.Code, (ULONG)QUOTA_UNDERFLOW, "nothing is charged");
    ExpectFresh();
}

Test(reset, frees_a_block_that_is_freed_again_afterwards)
{
    PVOID Small = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PVOID Large = ExAllocatePoolWithTag(PagedPool, 100000, TAG);

    EmuReset();
    EMU_BUGCHECK Stop = StopOfFree(Small, TAG);
    cr_expect_eq(Stop.Code, (ULONG)KERNEL_MODE_HEAP_CORRUPTION);
    cr_expect_eq(Stop.Parameter[0], 0x11u);
    Stop = StopOfFree(Large, TAG);
    cr_expect_eq(Stop.Code, (ULONG)KERNEL_MODE_HEAP_CORRUPTION);
    cr_expect_eq(Stop.Parameter[0], 0x08u);
}

static void *LeaveBlocks(void *Argument)
{
    UNREFERENCED_PARAMETER(Argument);
    for (ULONG Index = 0; Index < 500; Index++) {
        ExAllocatePoolWithTag(Kinds[Index % COUNT(Kinds)].Type, 1 + Index * 11, TAG);
        ExFreePool(ExAllocatePoolWithTag(Kinds[Index % COUNT(Kinds)].Type, 1 + Index * 3, TAG2));
    }
    return NULL;
}

Test(reset, with_blocks_and_counters_of_threads_that_ended)
{
    for (ULONG Round = 0; Round < 5; Round++) {
        pthread_t Threads[4];
        for (ULONG Index = 0; Index < COUNT(Threads); Index++) {
            cr_assert_eq(pthread_create(&Threads[Index], NULL, LeaveBlocks, NULL), 0);
        }
        for (ULONG Index = 0; Index < COUNT(Threads); Index++) {
            pthread_join(Threads[Index], NULL);
        }
        EmuReset();
    }
    ExpectFresh();
}

static pthread_barrier_t Turn;

static void *WorkBeforeAndAfter(void *Argument)
{
    LeaveBlocks(NULL);
    pthread_barrier_wait(&Turn); /* the main thread resets now */
    pthread_barrier_wait(&Turn);
    LeaveBlocks(NULL);
    return Argument;
}

Test(reset, with_a_thread_that_waits_outside_and_goes_on_afterwards)
{
    pthread_t Thread;
    EMU_TAG_USAGE Usage;

    pthread_barrier_init(&Turn, NULL, 2);
    cr_assert_eq(pthread_create(&Thread, NULL, WorkBeforeAndAfter, NULL), 0);
    pthread_barrier_wait(&Turn);
    EmuReset();
    cr_expect_eq(LiveBlocks(), 0);
    pthread_barrier_wait(&Turn);
    pthread_join(Thread, NULL);
    cr_expect_eq(LiveBlocks(), 500);
    EmuQueryTag(TAG2, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs + Usage.Paged.Allocs, 500);
}

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

Test(reset, with_forty_thousand_tags)
{
    for (ULONG Number = 0; Number < 40000; Number++) {
        ExAllocatePoolWithTag(PagedPool, 10, 'a\0\0\0' + Number);
    }
    EmuReset();
    ExpectFresh();
}

Test(reset, makes_room_for_new_tags)
{
    EMU_TAG_USAGE Usage;

    for (ULONG Number = 0; Number < 40000; Number++) {
        ExAllocatePoolWithTag(PagedPool, 10, 'a\0\0\0' + Number);
    }
    EmuReset();
    for (ULONG Number = 0; Number < 30000; Number++) {
        ExAllocatePoolWithTag(PagedPool, 10, 'b\0\0\0' + Number);
    }
    EmuQueryTag('lfvO', &Usage);
    cr_expect_eq(Usage.Paged.Allocs, 0, "%llu", (unsigned long long)Usage.Paged.Allocs);
    EmuQueryTag('b\0\0\0' + 29999, &Usage);
    cr_expect_eq(Usage.Paged.Allocs, 1);
}

/* ---- Drivers -------------------------------------------------------------------------------------------------- */

static ULONG Unloads;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Unloads++;
}

static NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    ExAllocatePoolWithTag(PagedPool, 100, TAG);
    return STATUS_SUCCESS;
}

Test(reset, forgets_drivers_without_unloading_them)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(DriverEntry, "forgotten", &Driver), STATUS_SUCCESS);
    EmuReset();
    cr_expect_eq(Unloads, 0);
    cr_expect_eq(EmuUnloadDriver(Driver), STATUS_INVALID_PARAMETER);
    cr_expect_eq(Unloads, 0);
    ExpectFresh();
}

static EMU_BUGCHECK StopOfLookasideList(PNPAGED_LOOKASIDE_LIST List)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInitializeNPagedLookasideList(List, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
        ExFreeToNPagedLookasideList(List, ExAllocateFromNPagedLookasideList(List));
    }
    return Stop;
}

/* A list that was not deleted is forgotten with its entries; its memory may hold a new one. */
Test(reset, forgets_lookaside_lists)
{
    static NPAGED_LOOKASIDE_LIST List;

    for (ULONG Round = 0; Round < 3; Round++) {
        EXPECT_NO_STOP(StopOfLookasideList(&List));
        EmuReset();
    }
    ExpectFresh();
}
