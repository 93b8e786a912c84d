/* Low resources simulation: who can fail and how, which calls are chosen, the log, the state file, POOLEMU_FAULTS, and
 * EMU_FOR_EACH_FAILURE. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "child.h"
#include "support.h"

enum {
    CALLS = 10000,
};

static VOID Set(const EMU_LOW_RESOURCES *Settings)
{
    EMU_LOW_RESOURCES Copy = *Settings;

    cr_assert_eq(EmuSetLowResources(&Copy), STATUS_SUCCESS, "%s", Copy.Error);
}

static VOID FailEverything(VOID)
{
    EmuFailAllocationsFrom(1);
}

static EMU_LOW_RESOURCES_STATISTICS Statistics(VOID)
{
    EMU_LOW_RESOURCES_STATISTICS Now;

    EmuQueryLowResources(&Now);
    return Now;
}

static BOOLEAN Gets(ULONG Tag)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, Tag);

    if (Block != NULL) {
        ExFreePoolWithTag(Block, Tag);
    }
    return Block != NULL;
}

static BOOLEAN TakeFailure(const EMU_FAILURE *Failure, PVOID Last)
{
    *(EMU_FAILURE *)Last = *Failure;
    return TRUE;
}

static EMU_FAILURE LastFailure(VOID)
{
    EMU_FAILURE Last = {0};

    EmuForEachInjectedFailure(TakeFailure, &Last);
    return Last;
}

static PHYSICAL_ADDRESS At(ULONG64 Address)
{
    PHYSICAL_ADDRESS Physical;

    Physical.QuadPart = (LONGLONG)Address;
    return Physical;
}

/* ---- How each routine fails -------------------------------------------------------------------------------------- */

#define EXPECT_FAILED(Name, Wanted)                                                                                    \
    do {                                                                                                               \
        EMU_FAILURE Failure = LastFailure();                                                                           \
        cr_expect_str_eq(Failure.Routine, Name);                                                                       \
        cr_expect_eq(Failure.Tag, (ULONG)(Wanted));                                                                    \
    } while (0)

Test(low_resources, pool_routines_return_NULL)
{
    FailEverything();
    cr_expect_null(ExAllocatePool(PagedPool, 1));
    EXPECT_FAILED("ExAllocatePool", 'enoN');
    cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolExecute, 1, TAG));
    EXPECT_FAILED("ExAllocatePoolWithTag", TAG);
    cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG));
    cr_expect_null(ExAllocatePoolWithTagPriority(PagedPool, 1, TAG, HighPoolPriority));
    EXPECT_FAILED("ExAllocatePoolWithTagPriority", TAG);
    cr_expect_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 1, TAG));
    EXPECT_FAILED("ExAllocatePool2", TAG);
    cr_expect_null(ExAllocatePool3(POOL_FLAG_PAGED, 1, TAG, NULL, 0));
    EXPECT_FAILED("ExAllocatePool3", TAG);
    cr_expect_null(ExAllocatePoolWithQuotaTag(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 1, TAG));
    EXPECT_FAILED("ExAllocatePoolWithQuotaTag", TAG);
    cr_expect_eq(Statistics().Failed, 7u);
    cr_expect_eq(LiveBlocks(), 0u);
}

#define STATUS_OF(Call)                                                                                                \
    __extension__({                                                                                                    \
        NTSTATUS Raised;                                                                                               \
        EMU_CATCH_EXCEPTION(&Raised)                                                                                   \
        {                                                                                                              \
            (VOID)(Call);                                                                                              \
        }                                                                                                              \
        Raised;                                                                                                        \
    })

Test(low_resources, pool_routines_that_raise_raise_STATUS_INSUFFICIENT_RESOURCES)
{
    FailEverything();
    cr_expect_eq(STATUS_OF(ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), 1, TAG)),
                 STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(STATUS_OF(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 1, TAG)),
                 STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(STATUS_OF(ExAllocatePoolWithQuota(PagedPool, 1)), STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(STATUS_OF(ExAllocatePoolWithQuotaTag(PagedPool, 1, TAG)), STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(Statistics().Failed, 4u);
}

Test(low_resources, a_failed_request_with_quota_charges_nothing)
{
    EMU_PROCESS Process;

    FailEverything();
    cr_expect_null(ExAllocatePoolWithQuotaTag(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 1000, TAG));
    EmuQueryProcess(&Process);
    cr_expect_eq(Process.Paged.Peak, 0u);
    cr_expect_eq(Process.References, 1u);
}

Test(low_resources, a_mistake_stops_as_ever_and_is_no_call_that_fails)
{
    FailEverything();
    EXPECT_STOP(StopOfAllocation(PagedPool, 0, TAG), BAD_POOL_CALLER, 0x00, 0, PagedPool, TAG);
    cr_expect_null(ExAllocatePool2(0, 1, TAG));
    cr_expect_eq(Statistics().Calls, 0u);
}

Test(low_resources, blocks_are_freed_and_asked_about_as_ever)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 10, TAG);

    FailEverything();
    cr_expect(IsLive(Block));
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
    cr_expect_not(IsLive(Block));
}

Test(low_resources, lookaside_lists_fail_as_their_pool_does)
{
    static NPAGED_LOOKASIDE_LIST NPaged;
    static PAGED_LOOKASIDE_LIST Paged;
    static LOOKASIDE_LIST_EX Ex, Raising;

    ExInitializeNPagedLookasideList(&NPaged, NULL, NULL, 0, 32, TAG, 0);
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 32, TAG2, 0);
    ExInitializeLookasideListEx(&Ex, NULL, NULL, NonPagedPoolNx, 0, 32, TAG, 0);
    ExInitializeLookasideListEx(&Raising, NULL, NULL, NonPagedPoolNx, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 32, TAG,
                                0);
    FailEverything();
    cr_expect_null(ExAllocateFromNPagedLookasideList(&NPaged));
    EXPECT_FAILED("ExAllocateFromNPagedLookasideList", TAG);
    cr_expect_null(ExAllocateFromPagedLookasideList(&Paged));
    EXPECT_FAILED("ExAllocateFromPagedLookasideList", TAG2);
    cr_expect_null(ExAllocateFromLookasideListEx(&Ex));
    EXPECT_FAILED("ExAllocateFromLookasideListEx", TAG);
    cr_expect_eq(STATUS_OF(ExAllocateFromLookasideListEx(&Raising)), STATUS_INSUFFICIENT_RESOURCES);
}

static PVOID OwnAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    static UCHAR Entry[64];

    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(Tag);
    return Entry;
}

static VOID OwnFree(PVOID Entry)
{
    UNREFERENCED_PARAMETER(Entry);
}

Test(low_resources, a_list_with_an_allocate_routine_of_its_own_does_not_fail)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, OwnAllocate, OwnFree, 0, 32, TAG, 0);
    FailEverything();
    cr_expect_not_null(ExAllocateFromNPagedLookasideList(&List));
    cr_expect_eq(Statistics().Calls, 0u);
}

Test(low_resources, lists_keep_no_entries_so_that_each_is_a_call_that_can_fail)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 32, TAG, 0);
    PVOID Kept = ExAllocateFromNPagedLookasideList(&List);
    ExFreeToNPagedLookasideList(&List, Kept);
    EmuFailNthAllocation(2);
    PVOID First = ExAllocateFromNPagedLookasideList(&List);
    cr_expect_neq(First, Kept);
    cr_expect_null(ExAllocateFromNPagedLookasideList(&List));
    ExFreeToNPagedLookasideList(&List, First);
    cr_expect_not(IsLive(First));
    EmuSetLowResources(NULL);
    cr_expect_eq(ExAllocateFromNPagedLookasideList(&List), Kept);
}

Test(low_resources, IoAllocateMdl_fails_once_under_its_own_name)
{
    UCHAR Buffer[100];
    PMDL Mdl;

    EmuFailNthAllocation(2);
    Mdl = IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL);
    cr_assert_not_null(Mdl);
    cr_expect_null(IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL));
    EXPECT_FAILED("IoAllocateMdl", ' ldM');
    cr_expect_eq(Statistics().Calls, 2u);
    IoFreeMdl(Mdl);
}

Test(low_resources, MmProbeAndLockPages_raises_and_locks_nothing)
{
    static UCHAR Buffer[100];
    PMDL Mdl = IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL);

    FailEverything();
    NTSTATUS Status = STATUS_SUCCESS;
    EMU_CATCH_EXCEPTION(&Status)
    {
        MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    }
    cr_expect_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
    cr_expect_eq(Mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    EXPECT_FAILED("MmProbeAndLockPages", 0);
    IoFreeMdl(Mdl);
}

static PMDL LockedMdl(PVOID Block, ULONG Bytes)
{
    PMDL Mdl = IoAllocateMdl(Block, Bytes, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    return Mdl;
}

Test(low_resources, MmGetSystemAddressForMdlSafe_returns_NULL)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PMDL Mdl = LockedMdl(Block, 100);

    FailEverything();
    cr_expect_null(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority));
    EXPECT_FAILED("MmMapLockedPagesSpecifyCache", 0);
    EmuSetLowResources(NULL);
    cr_expect_not_null(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority));
}

Test(low_resources, a_mapping_with_BugCheckOnFailure_does_not_fail)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PMDL Mdl = LockedMdl(Block, 100);

    FailEverything();
    cr_expect_not_null(MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, TRUE, NormalPagePriority));
    cr_expect_eq(Statistics().Calls, 0u);
}

Test(low_resources, mapping_addresses_contiguous_and_noncached_memory_fail)
{
    SIZE_T Bytes = PAGE_SIZE;
    PVOID Memory = NULL;

    FailEverything();
    cr_expect_null(MmAllocateMappingAddress(PAGE_SIZE, TAG));
    EXPECT_FAILED("MmAllocateMappingAddress", TAG);
    cr_expect_null(MmAllocateMappingAddressEx(PAGE_SIZE, TAG, 0));
    EXPECT_FAILED("MmAllocateMappingAddressEx", TAG);
    cr_expect_null(MmAllocateContiguousMemory(1, At(~0ull)));
    EXPECT_FAILED("MmAllocateContiguousMemory", 0);
    cr_expect_null(MmAllocateContiguousMemorySpecifyCache(1, At(0), At(~0ull), At(0), MmCached));
    EXPECT_FAILED("MmAllocateContiguousMemorySpecifyCache", 0);
    cr_expect_null(MmAllocateContiguousMemorySpecifyCacheNode(1, At(0), At(~0ull), At(0), MmCached, 0));
    EXPECT_FAILED("MmAllocateContiguousMemorySpecifyCacheNode", 0);
    cr_expect_null(MmAllocateContiguousNodeMemory(1, At(0), At(~0ull), At(0), PAGE_READWRITE, 0));
    EXPECT_FAILED("MmAllocateContiguousNodeMemory", 0);
    cr_expect_eq(
        MmAllocateContiguousMemoryEx(&Bytes, At(0), At(~0ull), At(0), 0, PAGE_READWRITE, NULL, TAG, 0, &Memory),
        STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_FAILED("MmAllocateContiguousMemoryEx", TAG);
    cr_expect_null(Memory);
    cr_expect_null(MmAllocateNonCachedMemory(1));
    EXPECT_FAILED("MmAllocateNonCachedMemory", 0);
    cr_expect_eq(Statistics().Failed, 8u);
}

/* ---- Which calls fail -------------------------------------------------------------------------------------------- */

Test(low_resources, the_nth_fails_and_no_other)
{
    EmuFailNthAllocation(3);
    for (ULONG Call = 1; Call <= 10; Call++) {
        cr_expect_eq(Gets(TAG), Call != 3, "call %u", Call);
    }
    cr_expect_eq(Statistics().Calls, 10u);
    cr_expect_eq(Statistics().Failed, 1u);
}

Test(low_resources, all_fail_from_the_nth_on)
{
    EmuFailAllocationsFrom(3);
    for (ULONG Call = 1; Call <= 10; Call++) {
        cr_expect_eq(Gets(TAG), Call < 3, "call %u", Call);
    }
    cr_expect_eq(Statistics().Failed, 8u);
}

static ULONG64 FailuresOf(ULONG Probability, ULONG64 Seed, UCHAR *Pattern)
{
    Set(&(EMU_LOW_RESOURCES){.Probability = Probability, .Seed = Seed});
    for (ULONG Call = 0; Call < CALLS; Call++) {
        Pattern[Call] = Gets(TAG);
    }
    return Statistics().Failed;
}

Test(low_resources, the_default_probability_is_six_percent)
{
    static UCHAR Default[CALLS], SixPercent[CALLS];
    ULONG64 Failed = FailuresOf(0, 1, Default);

    cr_expect_geq(Failed, 500u);
    cr_expect_leq(Failed, 700u);
    cr_expect_eq(FailuresOf(600, 1, SixPercent), Failed);
    cr_expect_arr_eq(Default, SixPercent, CALLS);
}

Test(low_resources, a_probability_of_10000_fails_every_call)
{
    static UCHAR Pattern[CALLS];

    cr_expect_eq(FailuresOf(10000, 1, Pattern), (ULONG64)CALLS);
}

Test(low_resources, the_same_seed_fails_the_same_calls)
{
    static UCHAR First[CALLS], Second[CALLS], Other[CALLS];

    FailuresOf(1000, 7, First);
    FailuresOf(1000, 7, Second);
    FailuresOf(1000, 8, Other);
    cr_expect_arr_eq(First, Second, sizeof(First));
    cr_expect_arr_neq(First, Other, sizeof(First));
}

static BOOLEAN FailLarge(const EMU_FAILURE *Call, PVOID Context)
{
    ++*(ULONG *)Context;
    return Call->Tag == TAG2 && Call->Number == 2 && Call->FrameCount > 0 &&
           strcmp(Call->Routine, "ExAllocatePoolWithTag") == 0;
}

Test(low_resources, a_callback_chooses)
{
    ULONG Asked = 0;

    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailByCallback, .Callback = FailLarge, .Context = &Asked});
    cr_expect(Gets(TAG2));
    cr_expect_not(Gets(TAG2));
    cr_expect(Gets(TAG2));
    cr_expect_eq(Asked, 3u);
    cr_expect_eq(Statistics().Failed, 1u);
}

Test(low_resources, only_tags_of_the_list_fail)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Tags = "Tag1 Fr* ?xx? Mdl"});
    cr_expect_not(Gets('1gaT'));
    cr_expect(Gets('2gaT'));
    cr_expect_not(Gets('derF'));
    cr_expect(Gets('derG'));
    cr_expect_not(Gets('axxb'));
    cr_expect_not(Gets(' ldM'));
    cr_expect_eq(Statistics().Calls, 6u);
    cr_expect_eq(Statistics().Considered, 4u);
}

Test(low_resources, a_short_tag_is_of_the_list_with_blanks_and_with_zeros)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Tags = "Oth b"});
    cr_expect_not(Gets('htO'));
    cr_expect_not(Gets(' htO'));
    cr_expect_not(Gets('b'));
    cr_expect(Gets('bhtO'));
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Tags = "Oth."}); /* as it is printed */
    cr_expect_not(Gets('htO'));
    cr_expect(Gets(' htO'));
}

Test(low_resources, a_tag_list_leaves_out_what_has_no_tag)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Tags = "*"});
    cr_expect_not_null(MmAllocateContiguousMemory(1, At(~0ull)));
    cr_expect_not(Gets(TAG));
}

Test(low_resources, the_nth_counts_only_calls_that_no_filter_leaves_out)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailNth, .Nth = 2, .Tags = "Othr"});
    cr_expect(Gets(TAG2));
    cr_expect(Gets(TAG));
    cr_expect(Gets(TAG));
    cr_expect_not(Gets(TAG2));
}

Test(low_resources, nothing_fails_before_the_delay_is_over)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Delay = 200});
    cr_expect(Gets(TAG));
    usleep(300000);
    cr_expect_not(Gets(TAG));
    cr_expect_eq(Statistics().Considered, 1u);
}

/* Exported, so that the host knows their names. */
EMU_EXPORT EMU_NOINLINE BOOLEAN LowResourcesWanted(VOID);
EMU_EXPORT EMU_NOINLINE BOOLEAN LowResourcesOther(VOID);

BOOLEAN LowResourcesWanted(VOID)
{
    volatile BOOLEAN Got = Gets(TAG);

    return Got;
}

BOOLEAN LowResourcesOther(VOID)
{
    volatile BOOLEAN Got = Gets(TAG);

    return Got;
}

Test(low_resources, only_stacks_of_the_include_list_fail)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Include = "Nobody *Wanted"});
    cr_expect_not(LowResourcesWanted());
    cr_expect(LowResourcesOther());
}

Test(low_resources, no_stack_of_the_exclude_list_fails)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth, .Nth = 1, .Include = "*", .Exclude = "LowResourcesOther"});
    cr_expect_not(LowResourcesWanted());
    cr_expect(LowResourcesOther());
}

Test(low_resources, a_stack_is_excluded_by_its_image_and_by_its_identifier)
{
    EMU_LOW_RESOURCES Settings = {.Mode = EmuFailFromNth, .Nth = 1};

    for (volatile ULONG Round = 0; Round < 2; Round++) { /* volatile: one call, not one for each round */
        Set(&Settings);
        cr_expect_eq(Gets(TAG), Round == 1);
        if (Round == 0) {
            snprintf(Settings.Exclude, sizeof(Settings.Exclude), "#%016llX", (ULONGLONG)LastFailure().StackId);
        }
    }
    snprintf(Settings.Exclude, sizeof(Settings.Exclude), "test_low_*");
    Set(&Settings);
    cr_expect(Gets(TAG));
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static VOID ExpectRefused(EMU_LOW_RESOURCES *Settings, PCSTR Error)
{
    cr_expect_eq(EmuSetLowResources(Settings), STATUS_INVALID_PARAMETER);
    cr_expect_str_eq(Settings->Error, Error);
    cr_expect(Gets(TAG));
}

Test(low_resources, impossible_settings_are_refused_and_change_nothing)
{
    ExpectRefused(&(EMU_LOW_RESOURCES){.Mode = (EMU_FAILURE_MODE)6}, "Mode is none of EMU_FAILURE_MODE");
    ExpectRefused(&(EMU_LOW_RESOURCES){.Probability = 10001}, "Probability is more than 10000");
    ExpectRefused(&(EMU_LOW_RESOURCES){.Mode = EmuFailNth}, "Nth is 0; the first call is 1");
    ExpectRefused(&(EMU_LOW_RESOURCES){.Mode = EmuFailFromNth}, "Nth is 0; the first call is 1");
    ExpectRefused(&(EMU_LOW_RESOURCES){.Mode = EmuFailByCallback}, "Callback is NULL");
    ExpectRefused(&(EMU_LOW_RESOURCES){.StateFile = "x"}, "StateFile has no meaning in this Mode");
    ExpectRefused(&(EMU_LOW_RESOURCES){.Reserved = {0, 1}}, "Reserved is not 0");
}

Test(low_resources, switched_off_it_fails_nothing_and_keeps_statistics_and_log)
{
    FailEverything();
    cr_expect_not(Gets(TAG));
    EmuSetLowResources(NULL);
    cr_expect(Gets(TAG));
    cr_expect_eq(Statistics().Calls, 1u);
    cr_expect_eq(Statistics().Failed, 1u);
    cr_expect_eq(LastFailure().Tag, (ULONG)TAG);
}

Test(low_resources, EmuReset_switches_it_off_and_forgets)
{
    FailEverything();
    cr_expect_not(Gets(TAG));
    EmuReset();
    cr_expect(Gets(TAG));
    cr_expect_eq(Statistics().Failed, 0u);
    cr_expect_null(LastFailure().Routine);
}

Test(low_resources, other_threads_fail_too)
{
    pthread_t Thread;
    void *Got = &Thread;

    FailEverything();
    cr_assert_eq(pthread_create(&Thread, NULL, (void *(*)(void *))(ULONG_PTR)LowResourcesWanted, NULL), 0);
    cr_assert_eq(pthread_join(Thread, &Got), 0);
    cr_expect_eq((UCHAR)(ULONG_PTR)Got, 0);
}

/* ---- The log ----------------------------------------------------------------------------------------------------- */

Test(low_resources, a_failure_is_logged_with_its_stack)
{
    FailEverything();
    cr_expect_not(LowResourcesWanted());
    EMU_FAILURE Failure = LastFailure();
    BOOLEAN Found = FALSE;

    cr_expect_eq(Failure.Number, 1u);
    cr_assert_gt(Failure.FrameCount, 2u);
    for (ULONG Index = 0; Index < Failure.FrameCount; Index++) {
        ULONG_PTR Frame = (ULONG_PTR)Failure.Frames[Index];
        Found |= Frame > (ULONG_PTR)LowResourcesWanted && Frame < (ULONG_PTR)LowResourcesWanted + 200;
    }
    cr_expect(Found);
}

Test(low_resources, the_first_frame_is_the_caller_of_the_routine)
{
    FailEverything();
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 1, TAG));
    EMU_FAILURE Pool = LastFailure();
    cr_expect_null(MmAllocateMappingAddress(1, TAG));
    EMU_FAILURE Mapping = LastFailure();

    cr_expect_eq(Pool.Frames[1], Mapping.Frames[1]);
    cr_expect_lt(Pool.Frames[0], Mapping.Frames[0]);
    cr_expect_lt((ULONG_PTR)Mapping.Frames[0] - (ULONG_PTR)Pool.Frames[0], 2000u);
}

static ULONG64 StopAt;

static BOOLEAN CountFailure(const EMU_FAILURE *Failure, PVOID Seen)
{
    ULONG64 *Next = Seen;

    cr_expect_eq(Failure->Number, *Next);
    ++*Next;
    return *Next != StopAt;
}

Test(low_resources, of_many_failures_the_log_has_the_last_1024_in_order)
{
    ULONG64 Next = 3000 - 1024 + 1;

    FailEverything();
    for (ULONG Call = 0; Call < 3000; Call++) {
        Gets(TAG);
    }
    EmuForEachInjectedFailure(CountFailure, &Next);
    cr_expect_eq(Next, 3001u);
    Next = 3000 - 1024 + 1;
    StopAt = 2000;
    EmuForEachInjectedFailure(CountFailure, &Next);
    cr_expect_eq(Next, 2000u, "the callback ended the walk");
}

static CHAR Text[65536];

static VOID ReadText(FILE *Stream)
{
    rewind(Stream);
    Text[fread(Text, 1, sizeof(Text) - 1, Stream)] = 0;
    fclose(Stream);
}

#if defined(_WIN32) && defined(__clang__)
#define FILE_OF_INLINED "" // Wine 8 finds no line of what clang has inlined
#else
#define FILE_OF_INLINED "low_resources.c:"
#endif

Test(low_resources, the_log_is_printed_with_tag_number_and_functions)
{
    FILE *Stream = tmpfile();

    FailEverything();
    LowResourcesWanted();
    MmAllocateContiguousMemory(1, At(~0ull));
    EmuPrintInjectedFailures(Stream);
    ReadText(Stream);
    cr_expect_eq(strncmp(Text, "failed deliberately: ExAllocatePoolWithTag, tag 'Test', call 1, stack #", 71), 0, "%s",
                 Text);
    cr_expect_not_null(strstr(Text, "\n    LowResourcesWanted (" FILE_OF_INLINED), "%s", Text);
    cr_expect_not_null(strstr(Text, "\nfailed deliberately: MmAllocateContiguousMemory, call 2, stack #"), "%s", Text);
}

/* ---- Systematically ---------------------------------------------------------------------------------------------- */

static CHAR StateFile[64];

static VOID MakeStateFile(VOID)
{
    strcpy(StateFile, "poolemu-stacks-XXXXXX");
    int File = mkstemp(StateFile);
    cr_assert_geq(File, 0);
    close(File);
}

static VOID DropStateFile(VOID)
{
    unlink(StateFile);
}

static VOID WriteStateFile(PCSTR Contents)
{
    FILE *File = fopen(StateFile, "w");

    fputs(Contents, File);
    fclose(File);
}

static PCSTR ReadStateFile(VOID)
{
    ReadText(fopen(StateFile, "r"));
    return Text;
}

/* Rounds are counted in a volatile variable, so that no compiler unrolls the loop and makes each round a call of its
 * own.
 */
TestSuite(low_resources_systematic, .init = MakeStateFile, .fini = DropStateFile);

static EMU_LOW_RESOURCES Systematic(EMU_FAILURE_MODE Mode)
{
    EMU_LOW_RESOURCES Settings = {.Mode = Mode};

    strcpy(Settings.StateFile, StateFile);
    return Settings;
}

static VOID BeginRun(EMU_FAILURE_MODE Mode)
{
    EMU_LOW_RESOURCES Settings = Systematic(Mode);

    Set(&Settings);
}

Test(low_resources_systematic, each_stack_fails_once)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailSystematically});
    for (volatile ULONG Round = 0; Round < 3; Round++) {
        cr_expect_eq(LowResourcesWanted(), Round > 0);
        cr_expect_eq(LowResourcesOther(), Round > 0);
    }
    cr_expect_eq(Statistics().Failed, 2u);
    cr_expect_eq(Statistics().NewStacks, 2u);
    cr_expect_eq(Statistics().KnownStacks, 2u);
}

Test(low_resources_systematic, the_same_call_by_way_of_another_caller_is_another_stack)
{
    Set(&(EMU_LOW_RESOURCES){.Mode = EmuFailSystematically});
    cr_expect_not(LowResourcesWanted());
    cr_expect_not(LowResourcesWanted());
    cr_expect_eq(Statistics().KnownStacks, 2u);
}

Test(low_resources_systematic, a_run_does_not_fail_what_one_before_it_has_failed)
{
    for (volatile ULONG Round = 0; Round < 2; Round++) {
        BeginRun(EmuFailSystematically);
        cr_expect_eq(LowResourcesWanted(), Round > 0);
        cr_expect_eq(Statistics().KnownStacks, 1u);
        cr_expect_eq(Statistics().NewStacks, Round == 0 ? 1u : 0u);
        EmuReset();
    }
}

Test(low_resources_systematic, a_failure_is_in_the_file_at_once)
{
    ULONGLONG Id;
    CHAR Word[16], Routine[64];

    BeginRun(EmuFailSystematically);
    cr_expect_str_eq(ReadStateFile(), "poolemu stacks 1\n");
    cr_expect_not(Gets(TAG));
    cr_expect_eq(
        sscanf(ReadStateFile(), "poolemu stacks 1\n%15s %16llX %63s test_low_resources+0x", Word, &Id, Routine), 3,
        "%s", Text);
    cr_expect_str_eq(Word, "failed");
    cr_expect_str_eq(Routine, "ExAllocatePoolWithTag");
    cr_expect_eq(Id, LastFailure().StackId);
}

Test(low_resources_systematic, recorded_stacks_do_not_fail_until_a_run_that_fails)
{
    for (volatile ULONG Round = 0; Round < 4; Round++) {
        BeginRun(Round < 2 ? EmuRecordSystematically : EmuFailSystematically);
        cr_expect_eq(LowResourcesWanted(), Round != 2, "run %u", Round);
        cr_expect_eq(Statistics().NewStacks, Round == 0 || Round == 2 ? 1u : 0u, "run %u", Round);
        cr_expect_eq(Statistics().KnownStacks, 1u);
    }
    cr_expect_not_null(strstr(ReadStateFile(), "\nrecorded "));
    cr_expect_not_null(strstr(Text, "\nfailed "));
}

Test(low_resources_systematic, a_recorded_stack_that_the_user_excludes_never_fails)
{
    for (volatile ULONG Round = 0; Round < 2; Round++) {
        BeginRun(Round == 0 ? EmuRecordSystematically : EmuFailSystematically);
        cr_expect(LowResourcesWanted(), "run %u", Round);
        if (Round == 0) {
            ReadStateFile();
            memcpy(strstr(Text, "recorded "), "excluded ", 9);
            WriteStateFile(Text);
        }
    }
}

Test(low_resources_systematic, two_processes_that_make_the_file_at_once_do_no_harm)
{
    WriteStateFile("poolemu stacks 1\npoolemu stacks 1\n");
    BeginRun(EmuFailSystematically);
    cr_expect_not(Gets(TAG));
}

static VOID ExpectDamaged(PCSTR Contents, PCSTR Wrong)
{
    EMU_LOW_RESOURCES Settings = Systematic(EmuFailSystematically);
    CHAR Error[512];

    WriteStateFile(Contents);
    snprintf(Error, sizeof(Error),
             "the state file '%s', line %s; mend or delete the line, or delete the file to begin anew", StateFile,
             Wrong);
    cr_expect_eq(EmuSetLowResources(&Settings), STATUS_UNSUCCESSFUL);
    cr_expect_str_eq(Settings.Error, Error);
    cr_expect(Gets(TAG));
}

Test(low_resources_systematic, a_damaged_file_is_refused_with_the_line_and_what_to_do)
{
    ExpectDamaged("int main(void)\n", "1: it is not 'poolemu stacks 1', so this is no such file");
    ExpectDamaged("poolemu stacks 2\n", "1: the file is of another version of poolemu");
    ExpectDamaged("poolemu stacks 1\nbroken 0123456789ABCDEF R a+0x1\n",
                  "2: it begins with none of 'failed', 'recorded' and 'excluded'");
    ExpectDamaged("poolemu stacks 1\nfailed 0123456789ABCD R a+0x1\n", "2: it is not complete");
    ExpectDamaged("poolemu stacks 1\nfailed 0123456789ABCDEF R\n", "2: it is not complete");
    ExpectDamaged("poolemu stacks 1\nfailed 0123456789ABCDEF R a+0x1\n",
                  "2: its identifier does not belong to its stack");
    ExpectDamaged("poolemu stacks 1\nfailed 0123456789ABCDEF R a+0x1", "2: it has no end");
}

Test(low_resources_systematic, a_file_that_cannot_be_written_is_refused)
{
    EMU_LOW_RESOURCES Settings = {.Mode = EmuFailSystematically, .StateFile = "/nowhere/stacks"};

    cr_expect_eq(EmuSetLowResources(&Settings), STATUS_UNSUCCESSFUL);
    cr_expect_str_eq(Settings.Error, "the state file '/nowhere/stacks' cannot be written: No such file or directory");
}

/* ---- The text of POOLEMU_FAULTS ---------------------------------------------------------------------------------- */

Test(low_resources, a_text_sets_every_member)
{
    EMU_LOW_RESOURCES Settings;

    cr_assert_eq(
        EmuParseLowResources("probability=17,seed=3,tags=Tag1 Fred*,include=A? B,exclude=C,delay=2s,print", &Settings),
        STATUS_SUCCESS);
    cr_expect_eq(Settings.Mode, EmuFailAtRandom);
    cr_expect_eq(Settings.Probability, 17u);
    cr_expect_eq(Settings.Seed, 3u);
    cr_expect_str_eq(Settings.Tags, "Tag1 Fred*");
    cr_expect_str_eq(Settings.Include, "A? B");
    cr_expect_str_eq(Settings.Exclude, "C");
    cr_expect_eq(Settings.Delay, 2000u);
    cr_expect(Settings.Print);
}

Test(low_resources, a_text_chooses_the_mode)
{
    static const struct {
        PCSTR Text;
        EMU_FAILURE_MODE Mode;
        ULONG64 Nth;
        PCSTR StateFile;
        ULONG Delay;
    } Wanted[] = {
        {"random", EmuFailAtRandom, 0, "", 0},
        {"nth=3,delay=5ms", EmuFailNth, 3, "", 5},
        {"from=18446744073709551615,delay=8min", EmuFailFromNth, 18446744073709551615u, "", 480000},
        {"systematic=a b", EmuFailSystematically, 0, "a b", 0},
        {"record=x=y", EmuRecordSystematically, 0, "x=y", 0},
    };

    for (SIZE_T Index = 0; Index < COUNT(Wanted); Index++) {
        EMU_LOW_RESOURCES Settings;
        cr_assert_eq(EmuParseLowResources(Wanted[Index].Text, &Settings), STATUS_SUCCESS, "%s", Settings.Error);
        cr_expect_eq(Settings.Mode, Wanted[Index].Mode, "%s", Wanted[Index].Text);
        cr_expect_eq(Settings.Nth, Wanted[Index].Nth);
        cr_expect_str_eq(Settings.StateFile, Wanted[Index].StateFile);
        cr_expect_eq(Settings.Delay, Wanted[Index].Delay);
    }
}

Test(low_resources, a_wrong_text_is_refused_with_the_reason)
{
    static const PCSTR Wrong[][2] = {
        {"", "there is no option ''; there are random, probability=, seed=, nth=, from=, systematic=, record=, tags=, "
             "include=, exclude=, delay= and print"},
        {"random,often", "there is no option 'often'; there are random, probability=, seed=, nth=, from=, systematic=, "
                         "record=, tags=, include=, exclude=, delay= and print"},
        {"probability=0", "probability=0: a number from 1 to 10000 is needed"},
        {"probability=10001", "probability=10001: a number from 1 to 10000 is needed"},
        {"probability=6%", "probability=6%: a number from 1 to 10000 is needed"},
        {"nth=", "nth=: a number from 1 to 18446744073709551615 is needed"},
        {"nth=18446744073709551616", "nth=18446744073709551616: a number from 1 to 18446744073709551615 is needed"},
        {"seed=x", "seed=x: a number or 'random' is needed"},
        {"delay=5", "delay=5: a number with a unit is needed: 500ms, 5s, 8min"},
        {"tags=", "tags: from 1 to 255 characters are needed"},
        {"tags=a,tags=b", "tags is there twice"},
        {"nth=1,from=2", "from cannot be: only one of probability, nth, from, systematic and record is possible"},
        {"random=5", "random takes no value; write probability=5"},
        {"print=1", "print takes no value"},
        {"systematic", "systematic: from 1 to 511 characters are needed"},
    };

    for (SIZE_T Index = 0; Index < COUNT(Wrong); Index++) {
        EMU_LOW_RESOURCES Settings;
        cr_expect_eq(EmuParseLowResources(Wrong[Index][0], &Settings), STATUS_INVALID_PARAMETER);
        cr_expect_str_eq(Settings.Error, Wrong[Index][1]);
    }
}

/* ---- POOLEMU_FAULTS: in a child, which has not asked for it yet
 * ------------------------------------------------------- */

static CHAR Errors[8192];

static VOID FirstFails(void)
{
    setenv("POOLEMU_FAULTS", "nth=1,print", 1);
    EmuReset();
    BOOLEAN First = Gets(TAG), Second = Gets(TAG);
    setenv("POOLEMU_FAULTS", "", 1);
    EmuReset();
    _exit(!First && Second && Gets(TAG) ? 0 : 1);
}

Test(low_resources, the_environment_decides_and_failures_are_printed)
{
    cr_expect_eq(RunChild(FirstFails, Errors, sizeof(Errors)), 0);
    cr_expect_not_null(strstr(Errors, "failed deliberately: ExAllocatePoolWithTag, tag 'Test', call 1, stack #"), "%s",
                       Errors);
    cr_expect_null(strstr(Errors, "call 2"));
}

static VOID BadEnvironment(void)
{
    setenv("POOLEMU_FAULTS", "oft", 1);
    EmuReset();
    Gets(TAG);
}

Test(low_resources, a_wrong_environment_ends_the_process_with_the_reason)
{
    int Status = RunChild(BadEnvironment, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status) && WTERMSIG(Status) == SIGABRT);
    cr_expect_str_eq(Errors, "poolemu: the environment variable POOLEMU_FAULTS is \"oft\": there is no option 'oft'; "
                             "there are random, probability=, seed=, nth=, from=, systematic=, record=, tags=, "
                             "include=, exclude=, delay= and print; want what `poolemu run --help` says of --faults; "
                             "the default is none.\n");
}

static VOID TestSpeaksFirst(void)
{
    setenv("POOLEMU_FAULTS", "from=1", 1);
    EmuReset();
    EmuSetLowResources(NULL);
    _exit(Gets(TAG) ? 0 : 1);
}

Test(low_resources, what_the_test_sets_goes_before_the_environment)
{
    cr_expect_eq(RunChild(TestSpeaksFirst, Errors, sizeof(Errors)), 0);
}

static VOID ForkedFails(void)
{
    _exit(Gets(TAG) ? 1 : 0);
}

Test(low_resources, a_forked_child_goes_on_with_the_settings)
{
    FailEverything();
    cr_expect_eq(RunChild(ForkedFails, Errors, sizeof(Errors)), 0);
}

/* ---- EMU_FOR_EACH_FAILURE ---------------------------------------------------------------------------------------- */

/* Three allocations, each step undone when the next one fails; Leak: the step after which nothing is undone. */
static NTSTATUS ThreeSteps(ULONG Leak)
{
    PVOID Block[3] = {NULL, NULL, NULL};
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Step;

    for (Step = 0; Step < 3 && NT_SUCCESS(Status); Step++) {
        Block[Step] = ExAllocatePool2(POOL_FLAG_PAGED, 10 + Step, TAG);
        Status = Block[Step] == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }
    if (Step != Leak || NT_SUCCESS(Status)) {
        for (Step = 0; Step < 3; Step++) {
            if (Block[Step] != NULL) {
                ExFreePoolWithTag(Block[Step], TAG);
            }
        }
    }
    return Status;
}

Test(low_resources_loop, runs_once_without_and_once_for_each_allocation)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        cr_expect_eq(Index, Runs);
        cr_expect_eq(ThreeSteps(0), Index == 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES, "run %u", Index);
        cr_expect_eq(Statistics().Failed, Runs);
        Runs++;
    }
    cr_expect_eq(Runs, 4u);
    cr_expect(Gets(TAG));
    cr_expect_eq(LastFailure().Number, 3u);
}

Test(low_resources_loop, a_block_without_allocations_runs_once)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        cr_expect_eq(Index, 0u);
        Runs++;
    }
    cr_expect_eq(Runs, 1u);
}

static ULONG RunsUntilLeak;

static EMU_BUGCHECK StopOfLoop(ULONG Leak)
{
    EMU_BUGCHECK Stop;

    RunsUntilLeak = 0;
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EMU_FOR_EACH_FAILURE(Index)
        {
            RunsUntilLeak++;
            ThreeSteps(Leak);
        }
    }
    return Stop;
}

Test(low_resources_loop, a_leak_stops_and_names_the_failed_call_and_what_is_left)
{
    static const CHAR Beginning[] =
        "EMU_FOR_EACH_FAILURE: run 3 of 3, in which ExAllocatePool2 of tag 'Test' failed, called by ";
    EMU_BUGCHECK Stop = StopOfLoop(3);

    cr_expect_eq(Stop.Code, (ULONG)DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_expect_eq(Stop.Parameter[0], 0x62u);
    PCSTR volatile Name = (PCSTR)Stop.Parameter[1]; /* volatile: else gcc takes it for as long as Parameter */
    cr_expect_str_eq(Name, "EMU_FOR_EACH_FAILURE");
    cr_expect_eq(Stop.Parameter[2], 0u);
    cr_expect_eq(Stop.Parameter[3], 2u);
    cr_expect_eq(RunsUntilLeak, 4u);
    cr_expect_eq(strncmp(Stop.Text, Beginning, strlen(Beginning)), 0, "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, ", left 2 allocations behind:\n        1"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "\n        10 bytes at 0x"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "\n        11 bytes at 0x"), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, ", tag 'Test', PagedPool\n"), "%s", Stop.Text);
    cr_expect(Gets(TAG), "the loop is over");
}

Test(low_resources_loop, a_leak_of_an_earlier_failure_is_found_first)
{
    cr_expect_eq(StopOfLoop(2).Parameter[3], 1u);
    cr_expect_eq(RunsUntilLeak, 3u);
    cr_expect_eq(StopOfLoop(0).Code, 0u);
    cr_expect_eq(RunsUntilLeak, 4u);
}

Test(low_resources_loop, a_leak_without_a_failure_stops_too)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EMU_FOR_EACH_FAILURE(Index)
        {
            cr_expect_eq(Index, 0u);
            cr_assert_not_null(ExAllocatePool2(POOL_FLAG_PAGED, 10, TAG));
        }
    }
    EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Stop.Parameter[1], 0, 1);
    cr_expect_not_null(strstr(Stop.Text, "the run in which nothing failed left 1 allocation behind:"), "%s", Stop.Text);
}

static EMU_BUGCHECK StopOfThing(VOID (*Take)(VOID))
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EMU_FOR_EACH_FAILURE(Index)
        {
            Take();
        }
    }
    return Stop;
}

static VOID TakeContiguous(VOID)
{
    MmAllocateContiguousMemory(100, At(~0ull));
}

static VOID TakeNonCached(VOID)
{
    MmAllocateNonCachedMemory(100);
}

static VOID TakeAddress(VOID)
{
    MmAllocateMappingAddress(100, TAG);
}

static PMDL Mapped;

static VOID TakeMapping(VOID)
{
    MmGetSystemAddressForMdlSafe(Mapped, NormalPagePriority);
}

Test(low_resources_loop, memory_and_addresses_that_are_no_pool_are_leaks_too)
{
    Mapped = LockedMdl(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), 100);
    cr_expect_not_null(strstr(StopOfThing(TakeContiguous).Text, "contiguous memory, 100 bytes at 0x"));
    cr_expect_not_null(strstr(StopOfThing(TakeNonCached).Text, "noncached memory, 100 bytes at 0x"));
    cr_expect_not_null(strstr(StopOfThing(TakeAddress).Text, "a reserved mapping address, 4096 bytes at 0x"));
    EMU_BUGCHECK Stop = StopOfThing(TakeMapping);
    cr_expect_eq(strstr(Stop.Text, "the mapping of an MDL, 4096 bytes at 0x") != NULL, HAS_SECOND_ADDRESSES);
}

Test(low_resources_loop, what_was_there_before_is_no_leak)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 10, TAG);
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        Runs++;
        Gets(TAG);
    }
    cr_expect_eq(Runs, 2u);
    cr_expect(IsLive(Block));
}

Test(low_resources_loop, catches_stand_inside)
{
    volatile ULONG Raised = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        NTSTATUS Status;
        EMU_BUGCHECK Stop;
        EMU_CATCH_BUGCHECK(&Stop)
        {
            EMU_CATCH_EXCEPTION(&Status)
            {
                ExFreePool(ExAllocatePoolWithQuotaTag(PagedPool, 10, TAG));
                ExFreePool(ExAllocatePoolWithQuotaTag(PagedPool, 20, TAG));
            }
            cr_expect_eq(Status, Index == 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
            Raised += Status != STATUS_SUCCESS;
        }
        cr_expect_eq(Stop.Code, 0u);
    }
    cr_expect_eq(Raised, 2u);
}

Test(low_resources_loop, a_bug_check_inside_that_is_caught_inside_ends_the_run_only)
{
    volatile ULONG Stops = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        EMU_BUGCHECK Stop;
        EMU_CATCH_BUGCHECK(&Stop)
        {
            if (!Gets(TAG)) {
                KeBugCheck(1);
            }
        }
        Stops += Stop.Code;
    }
    cr_expect_eq(Stops, 1u);
}

Test(low_resources_loop, a_bug_check_that_is_caught_around_it_ends_the_loop)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EMU_FOR_EACH_FAILURE(Index)
        {
            if (Index == 1) {
                KeBugCheck(1); /* before the call that would fail */
            }
            Gets(TAG);
        }
    }
    cr_expect_eq(Stop.Code, 1u);
    cr_expect(Gets(TAG));
    cr_expect_eq(Statistics().Failed, 0u);
}

Test(low_resources_loop, continue_ends_a_run)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        Runs++;
        if (!Gets(TAG)) {
            continue;
        }
        Gets(TAG);
    }
    cr_expect_eq(Runs, 3u);
}

Test(low_resources_loop, break_ends_the_loop_and_nothing_is_checked)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        Runs++;
        ExAllocatePoolWithTag(PagedPool, 10, TAG);
        break;
    }
    cr_expect_eq(Runs, 1u);
    cr_expect(Gets(TAG));
}

static ULONG ReturnFromLoop(VOID)
{
    EMU_FOR_EACH_FAILURE(Index)
    {
        if (Index == 1) {
            return 42;
        }
        Gets(TAG);
    }
    return 0;
}

Test(low_resources_loop, return_ends_the_loop)
{
    cr_expect_eq(ReturnFromLoop(), 42u);
    cr_expect(Gets(TAG));
    cr_expect_eq(Statistics().Failed, 0u);
}

Test(low_resources_loop, loops_in_one_another_fail_every_pair)
{
    ULONG Runs = 0, Both = 0;

    EMU_FOR_EACH_FAILURE(Outer)
    {
        EMU_FOR_EACH_FAILURE(Inner)
        {
            BOOLEAN First = Gets(TAG), Second = Gets(TAG2);
            Runs++;
            Both += !First && !Second;
        }
    }
    cr_expect_eq(Runs, 21u);
    cr_expect_gt(Both, 0u);
}

Test(low_resources_loop, the_settings_have_no_effect_inside_and_go_on_behind)
{
    ULONG Runs = 0;

    EmuFailNthAllocation(2);
    EMU_FOR_EACH_FAILURE(Index)
    {
        cr_expect_eq(Gets(TAG), Index != 1);
        cr_expect_eq(Gets(TAG), Index != 2);
        Runs++;
    }
    cr_expect_eq(Runs, 3u);
    cr_expect(Gets(TAG));
    cr_expect_not(Gets(TAG));
}

Test(low_resources_loop, other_threads_do_not_fail)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        pthread_t Thread;
        void *Got = NULL;
        cr_assert_eq(pthread_create(&Thread, NULL, (void *(*)(void *))(ULONG_PTR)LowResourcesWanted, NULL), 0);
        cr_assert_eq(pthread_join(Thread, &Got), 0);
        cr_expect_eq((UCHAR)(ULONG_PTR)Got, 1);
        Gets(TAG);
        Runs++;
    }
    cr_expect_eq(Runs, 2u);
}

Test(low_resources_loop, the_body_may_reset)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        EmuReset();
        cr_expect_eq(Gets(TAG), Index == 0);
        Runs++;
    }
    cr_expect_eq(Runs, 2u);
}

Test(low_resources_loop, a_body_that_calls_less_than_at_first_ends_it)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        Runs++;
        if (Index == 0) {
            Gets(TAG);
            Gets(TAG);
        }
    }
    cr_expect_eq(Runs, 2u);
}

static NTSTATUS LoopEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return ThreeSteps(0);
}

Test(low_resources_loop, a_driver_is_loaded_in_it)
{
    ULONG Runs = 0;

    EMU_FOR_EACH_FAILURE(Index)
    {
        PDRIVER_OBJECT Driver;
        cr_expect_eq(EmuLoadDriver(LoopEntry, "loop", &Driver),
                     Index == 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
        Runs++;
    }
    cr_expect_eq(Runs, 4u);
}
