/* tracking.c: what pool tracking knows of blocks: who allocated them, who freed them, how many there are. */
#include <criterion/criterion.h>

#include <pthread.h>
#if !defined(_WIN32)
#include <ucontext.h>
#endif

#include "os.h"
#include "support.h"

static void BeginTracking(void)
{
    EmuTrackPool(TRUE);
}

TestSuite(tracking, .init = BeginTracking);

static EMU_STACK AllocationStack(PVOID Block)
{
    EMU_STACK Allocation, Free;

    EmuQueryStacks(Block, &Allocation, &Free);
    return Allocation;
}

static EMU_STACK FreeStack(PVOID Block)
{
    EMU_STACK Allocation, Free;

    EmuQueryStacks(Block, &Allocation, &Free);
    return Free;
}

static EMU_TRACKING Counters(void)
{
    EMU_TRACKING Tracking;

    EmuQueryTracking(&Tracking);
    return Tracking;
}

static BOOLEAN IsIn(PVOID Frame, PVOID Function)
{
    return (ULONG_PTR)Frame - (ULONG_PTR)Function < 256;
}

/* ---- Stacks --------------------------------------------------------------------------------------------------- */

static PVOID ReturnOfAllocator, ReturnOfFreer;

static EMU_NOINLINE PVOID Allocator(POOL_TYPE Type, SIZE_T Bytes)
{
    ReturnOfAllocator = __builtin_return_address(0);
    PVOID Block = ExAllocatePoolWithTag(Type, Bytes, TAG);
    EMU_COMPILER_BARRIER();
    return Block;
}

static EMU_NOINLINE void Freer(PVOID Block)
{
    ReturnOfFreer = __builtin_return_address(0);
    ExFreePoolWithTag(Block, TAG);
    EMU_COMPILER_BARRIER();
}

Test(tracking, a_live_block_of_any_type_and_size_knows_the_stack_that_allocated_it)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = Allocator(Kinds[Kind].Type, Sizes[Size]);
            EMU_STACK Allocation, Free;
            cr_assert(EmuQueryStacks(Block, &Allocation, &Free));
            cr_assert_gt(Allocation.Count, 2u);
            cr_expect(IsIn(Allocation.Frames[0], (PVOID)(ULONG_PTR)Allocator));
            cr_expect_eq(Allocation.Frames[1], ReturnOfAllocator);
            cr_expect_eq(Free.Count, 0u);
            cr_expect_eq(Free.Number, 0u);
        }
    }
}

Test(tracking, a_freed_block_of_any_type_and_size_knows_both_stacks)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = Allocator(Kinds[Kind].Type, Sizes[Size]);
            EMU_STACK Allocation, Free;
            Freer(Block);
            cr_assert(EmuQueryStacks(Block, &Allocation, &Free));
            cr_expect_eq(Allocation.Frames[1], ReturnOfAllocator);
            cr_expect(IsIn(Free.Frames[0], (PVOID)(ULONG_PTR)Freer));
            cr_expect_eq(Free.Frames[1], ReturnOfFreer);
        }
    }
}

Test(tracking, every_routine_is_tracked_with_its_caller)
{
    PVOID Blocks[] = {
        ExAllocatePool(PagedPool, 10),
        ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG),
        ExAllocatePoolWithTagPriority(PagedPool, 10, TAG, NormalPoolPriority),
        ExAllocatePoolWithQuota(PagedPool, 10),
        ExAllocatePoolWithQuotaTag(PagedPool, 10, TAG),
        ExAllocatePool2(POOL_FLAG_PAGED, 10, TAG),
        ExAllocatePool3(POOL_FLAG_NON_PAGED, 10, TAG, NULL, 0),
        ExAllocatePoolZero(PagedPool, 10, TAG),
        ExAllocatePoolUninitialized(PagedPool, 10, TAG),
    };
    EMU_STACK First = AllocationStack(Blocks[0]);

    for (SIZE_T Index = 0; Index < COUNT(Blocks); Index++) {
        EMU_STACK Stack = AllocationStack(Blocks[Index]);
        /* called from here, directly: the second frame is this function's caller */
        cr_assert_eq(Stack.Count, First.Count, "routine %zu", Index);
        cr_expect_eq(Stack.Frames[1], First.Frames[1], "routine %zu", Index);
        cr_expect(Index == 0 || Stack.Frames[0] != First.Frames[0], "routine %zu", Index);
    }
    ExFreePool(Blocks[0]);
    ExFreePoolWithTag(Blocks[1], TAG);
    ExFreePool2(Blocks[2], TAG, NULL, 0);
    for (SIZE_T Index = 0; Index < 3; Index++) {
        cr_expect_eq(FreeStack(Blocks[Index]).Frames[1], First.Frames[1], "routine %zu", Index);
    }
}

Test(tracking, equal_stacks_have_one_number_and_others_another)
{
    PVOID Blocks[4];

    for (volatile ULONG Index = 0; Index < 3; Index++) {
        Blocks[Index] = Allocator(PagedPool, 32 + 100 * Index);
    }
    Blocks[3] = Allocator(PagedPool, 32);
    cr_expect_eq(AllocationStack(Blocks[0]).Number, AllocationStack(Blocks[1]).Number);
    cr_expect_eq(AllocationStack(Blocks[0]).Number, AllocationStack(Blocks[2]).Number);
    cr_expect_neq(AllocationStack(Blocks[0]).Number, AllocationStack(Blocks[3]).Number);
    cr_expect_neq(AllocationStack(Blocks[0]).Number, 0u);
}

static EMU_NOINLINE PVOID AllocateDeep(ULONG Depth)
{
    PVOID Block = Depth == 0 ? Allocator(NonPagedPoolNx, 64) : AllocateDeep(Depth - 1);

    EMU_COMPILER_BARRIER();
    return Block;
}

Test(tracking, each_depth_of_a_recursion_has_its_stack)
{
    ULONG Shallow = AllocationStack(AllocateDeep(0)).Count;

    for (ULONG Round = 0; Round < 2; Round++) {
        for (ULONG Depth = 0; Depth < 10; Depth++) {
            EMU_STACK Stack = AllocationStack(AllocateDeep(Depth));
            cr_expect_eq(Stack.Count, Shallow + Depth);
            cr_expect_eq(Stack.Frames[1], ReturnOfAllocator);
        }
    }
}

Test(tracking, a_stack_is_cut_off_behind_32_frames)
{
    EMU_STACK Stack = AllocationStack(AllocateDeep(100));

    cr_expect_eq(Stack.Count, 32u);
    cr_expect(IsIn(Stack.Frames[0], (PVOID)(ULONG_PTR)Allocator));
    cr_expect(IsIn(Stack.Frames[31], (PVOID)(ULONG_PTR)AllocateDeep));
}

/* Two callers whose frames are alike: the same stack pointer, the same call site, another way there. */
static EMU_NOINLINE PVOID CallerOne(void)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_COMPILER_BARRIER();
    return Block;
}

static EMU_NOINLINE PVOID CallerTwo(void)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_COMPILER_BARRIER();
    *(volatile UCHAR *)Block = 2;
    return Block;
}

Test(tracking, callers_with_equal_frames_are_told_apart)
{
    for (ULONG Round = 0; Round < 4; Round++) {
        EMU_STACK One = AllocationStack(CallerOne());
        EMU_STACK Two = AllocationStack(CallerTwo());
        cr_expect_eq(One.Frames[0], Two.Frames[0]);
        cr_expect(IsIn(One.Frames[1], (PVOID)(ULONG_PTR)CallerOne));
        cr_expect(IsIn(Two.Frames[1], (PVOID)(ULONG_PTR)CallerTwo));
    }
}

/* A frame whose size only the frame pointer knows. */
static EMU_NOINLINE PVOID AllocateAbove(SIZE_T Bytes)
{
    volatile UCHAR *Room = __builtin_alloca(Bytes);

    Room[0] = 1;
    PVOID Block = Allocator(PagedPool, 64);
    Room[Bytes - 1] = 2;
    return Block;
}

Test(tracking, frames_of_any_size_are_walked)
{
    EMU_STACK First = AllocationStack(AllocateAbove(1));

    for (SIZE_T Bytes = 16; Bytes < 100000; Bytes *= 3) {
        EMU_STACK Stack = AllocationStack(AllocateAbove(Bytes));
        cr_assert_eq(Stack.Count, First.Count);
        cr_expect_eq(Stack.Frames[1], First.Frames[1]);
        cr_expect_eq(Stack.Frames[3], First.Frames[3]);
    }
}

static PVOID BlockOfSort;

static int AllocateInSort(const void *Left, const void *Right)
{
    BlockOfSort = Allocator(PagedPool, 16);
    return *(const int *)Left - *(const int *)Right;
}

Test(tracking, code_of_other_libraries_is_walked_through)
{
    int Numbers[] = {2, 1};

    EMU_STACK Here = AllocationStack(Allocator(PagedPool, 16));
    qsort(Numbers, COUNT(Numbers), sizeof(int), AllocateInSort);
    EMU_STACK Stack = AllocationStack(BlockOfSort);
    cr_assert_gt(Stack.Count, Here.Count);
    cr_expect(IsIn(Stack.Frames[1], (PVOID)(ULONG_PTR)AllocateInSort));
    cr_expect_eq(Stack.Frames[Stack.Count - 1], Here.Frames[Here.Count - 1]);
}

static PVOID BlockOfContext;

#if defined(_WIN32)

__declspec(dllimport) PVOID ConvertThreadToFiber(PVOID Parameter);
__declspec(dllimport) PVOID CreateFiber(SIZE_T StackBytes, VOID (*Start)(PVOID Parameter), PVOID Parameter);
__declspec(dllimport) VOID SwitchToFiber(PVOID Fiber);

static VOID AllocateInFiber(PVOID MainFiber)
{
    BlockOfContext = Allocator(PagedPool, 16);
    SwitchToFiber(MainFiber);
}

Test(tracking, the_stack_of_a_fiber_is_walked_to_its_start)
{
    SwitchToFiber(CreateFiber(0, AllocateInFiber, ConvertThreadToFiber(NULL)));
    EMU_STACK Stack = AllocationStack(BlockOfContext);
    cr_assert_geq(Stack.Count, 2u);
    cr_expect(IsIn(Stack.Frames[0], (PVOID)(ULONG_PTR)Allocator));
    cr_expect(IsIn(Stack.Frames[1], (PVOID)(ULONG_PTR)AllocateInFiber));
}

#else

static ucontext_t MainContext, OtherContext;

static void AllocateInContext(void)
{
    BlockOfContext = Allocator(PagedPool, 16);
}

Test(tracking, on_a_stack_of_the_applications_making_the_caller_alone_is_known)
{
    static ULONG64 Stack[8192];

    getcontext(&OtherContext);
    OtherContext.uc_stack.ss_sp = Stack;
    OtherContext.uc_stack.ss_size = sizeof(Stack);
    OtherContext.uc_link = &MainContext;
    makecontext(&OtherContext, AllocateInContext, 0);
    swapcontext(&MainContext, &OtherContext);
    cr_assert_eq(AllocationStack(BlockOfContext).Count, 1u);
    cr_expect(IsIn(AllocationStack(BlockOfContext).Frames[0], (PVOID)(ULONG_PTR)Allocator));
}

#endif

static void *FreeOnThread(void *Block)
{
    Freer(Block);
    return NULL;
}

Test(tracking, a_free_by_another_thread_is_known)
{
    PVOID Block = Allocator(NonPagedPoolNx, 64);
    pthread_t Thread;

    pthread_create(&Thread, NULL, FreeOnThread, Block);
    pthread_join(Thread, NULL);
    cr_expect_eq(AllocationStack(Block).Frames[1], ReturnOfAllocator);
    cr_expect(IsIn(FreeStack(Block).Frames[1], (PVOID)(ULONG_PTR)FreeOnThread));
}

Test(tracking, blocks_of_secure_pools_are_tracked)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = {NULL, NULL, 1, SECURE_POOL_FLAGS_FREEABLE};
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};
    PVOID Blocks[2];
    EMU_STACK Allocation, Free;

    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, TAG, NULL, &Params.SecurePoolHandle), STATUS_SUCCESS);
    Parameter.SecurePoolParams = &Params;
    for (ULONG Index = 0; Index < 2; Index++) {
        Blocks[Index] = ExAllocatePool3(POOL_FLAG_NON_PAGED, 64, TAG, &Parameter, 1);
        cr_assert(EmuQueryStacks(Blocks[Index], &Allocation, &Free));
        cr_expect_gt(Allocation.Count, 1u);
        cr_expect_eq(Free.Count, 0u);
    }
    ExFreePool2(Blocks[0], TAG, &Parameter, 1);
    cr_expect_gt(FreeStack(Blocks[0]).Count, 1u);
    cr_expect_eq(Counters().NonPaged.Blocks, 1u);
    ExDestroyPool(Params.SecurePoolHandle);
    cr_expect_gt(FreeStack(Blocks[1]).Count, 1u);
    cr_expect_eq(Counters().NonPaged.Blocks, 0u);
}

/* ---- On and off ----------------------------------------------------------------------------------------------- */

Test(tracking_off, nothing_is_known_without_tracking)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_STACK Allocation, Free;

    cr_expect_not(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_eq(Allocation.Count + Free.Count, 0u);
    cr_expect_eq(Counters().Enabled, FALSE);
    cr_expect_eq(Counters().Attempted, 0u);
}

Test(tracking_off, of_a_block_from_before_the_free_alone_is_known)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_STACK Allocation, Free;

    EmuTrackPool(TRUE);
    cr_expect_not(EmuQueryStacks(Block, &Allocation, &Free));
    Freer(Block);
    cr_expect(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_eq(Allocation.Count, 0u);
    cr_expect_eq(Free.Frames[1], ReturnOfFreer);
    cr_expect_eq(Counters().Paged.Blocks, 0u);
    cr_expect_eq(Counters().Paged.Bytes, 0u);
}

Test(tracking, what_was_noted_is_forgotten_when_tracking_goes_on_again)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_STACK Allocation, Free;

    EmuTrackPool(FALSE);
    cr_expect_not(EmuQueryStacks(Block, &Allocation, &Free));
    EmuTrackPool(TRUE);
    cr_expect_not(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_eq(Counters().Succeeded, 0u);
    Block = Allocator(PagedPool, 64);
    cr_expect_eq(AllocationStack(Block).Frames[1], ReturnOfAllocator);
    cr_expect_eq(Counters().Succeeded, 1u);
}

Test(tracking, reset_ends_it)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_STACK Allocation, Free;

    EmuReset();
    cr_expect_not(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_eq(Counters().Enabled, FALSE);
    cr_expect_eq(Counters().Succeeded, 0u);
    EmuTrackPool(TRUE);
    cr_expect_eq(AllocationStack(Allocator(PagedPool, 64)).Frames[1], ReturnOfAllocator);
}

/* ---- Counters ------------------------------------------------------------------------------------------------- */

Test(tracking, blocks_and_bytes_are_counted_now_and_at_their_peak)
{
    PVOID Blocks[200];

    for (ULONG Index = 0; Index < 200; Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, Index + 1, TAG);
    }
    for (ULONG Index = 50; Index < 200; Index++) {
        ExFreePoolWithTag(Blocks[Index], TAG);
    }
    PVOID Paged = ExAllocatePoolWithTag(PagedPool, 10000, TAG);
    EMU_TRACKING Now = Counters();
    cr_expect_eq(Now.Enabled, TRUE);
    cr_expect_eq(Now.Attempted, 201u);
    cr_expect_eq(Now.Succeeded, 201u);
    cr_expect_eq(Now.Failed, 0u);
    cr_expect_eq(Now.NotTracked, 0u);
    cr_expect_eq(Now.NonPaged.Blocks, 50u);
    cr_expect_eq(Now.NonPaged.Bytes, 50u * 51 / 2);
    cr_expect_eq(Now.NonPaged.PeakBlocks, 200u);
    cr_expect_eq(Now.NonPaged.PeakBytes, 200u * 201 / 2);
    cr_expect_eq(Now.Paged.Blocks, 1u);
    cr_expect_eq(Now.Paged.Bytes, 10000u);
    ExFreePoolWithTag(Paged, TAG);
    Now = Counters();
    cr_expect_eq(Now.Paged.Blocks, 0u);
    cr_expect_eq(Now.Paged.PeakBlocks, 1u);
    cr_expect_eq(Now.Paged.PeakBytes, 10000u);
}

Test(tracking, failures_are_counted)
{
    EmuSetPoolLimit(PagedPool, 100);
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 200, TAG));
    cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 50, TAG));
    cr_expect_null(ExAllocatePool2(0, 50, TAG));
    cr_expect_eq(Counters().Attempted, 3u);
    cr_expect_eq(Counters().Failed, 2u);
    cr_expect_eq(Counters().Succeeded, 1u);
}

Test(tracking, requests_without_a_tag_are_counted)
{
    ExAllocatePool(PagedPool, 10);
    ExAllocatePoolWithQuota(PagedPool, 10);
    ExAllocatePoolWithTag(PagedPool, 10, TAG);
    cr_expect_eq(Counters().WithoutTag, 2u);
}

static void *AllocateOnThread(void *Blocks)
{
    for (ULONG Index = 0; Index < 100; Index++) {
        ((PVOID *)Blocks)[Index] = ExAllocatePoolWithTag(PagedPool, 10, TAG);
    }
    return NULL;
}

Test(tracking, what_ended_threads_did_counts_on)
{
    PVOID Blocks[100];
    pthread_t Thread;

    for (ULONG Round = 0; Round < 3; Round++) {
        pthread_create(&Thread, NULL, AllocateOnThread, Blocks);
        pthread_join(Thread, NULL);
        cr_expect_eq(Counters().Paged.Blocks, 100u);
        for (ULONG Index = 0; Index < 100; Index++) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
    cr_expect_eq(Counters().Paged.Blocks, 0u);
    cr_expect_eq(Counters().Succeeded, 300u);
}

/* ---- Stop screens --------------------------------------------------------------------------------------------- */

static BOOLEAN Says(const EMU_BUGCHECK *Stop, PCSTR Words)
{
    return strstr(Stop->Text, Words) != NULL;
}

Test(tracking, a_free_with_a_wrong_tag_names_who_allocated_the_block)
{
    PVOID Block = Allocator(PagedPool, 64);
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG2);

    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    cr_expect(Says(&Stop, "It was allocated by Allocator (tracking.c:"), "%s", Stop.Text);
    cr_expect_not(Says(&Stop, "freed by"), "%s", Stop.Text);
    cr_expect(IsLive(Block));
    cr_expect_eq(FreeStack(Block).Count, 0u);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(tracking, a_double_free_names_who_allocated_and_who_freed_the_block)
{
    PVOID Block = Allocator(PagedPool, 64);
    SelectPoolWithoutHeap();
    Freer(Block);
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG);

    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x07, TAG, HeaderBits((UCHAR *)Block - HEADER_BYTES), Block);
    cr_expect(Says(&Stop, "It was allocated by Allocator (tracking.c:"), "%s", Stop.Text);
    cr_expect(Says(&Stop, ", freed by Freer (tracking.c:"), "%s", Stop.Text);
}

Test(tracking, an_overrun_found_at_free_names_who_allocated_the_block)
{
    UCHAR *Block = Allocator(PagedPool, 64), *Next = Allocator(PagedPool, 64);

    if (Next < Block) {
        UCHAR *Swap = Block;
        Block = Next;
        Next = Swap;
    }
    cr_assert_eq(Next - Block, 64 + HEADER_BYTES); /* neighbours */
    memset(Block + 64, 0xEE, 8);
    SelectPoolWithoutHeap();
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
    cr_expect_eq(Stop.Code, (ULONG)BAD_POOL_HEADER);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)0x21);
    cr_expect(Says(&Stop, "It was allocated by Allocator (tracking.c:"), "%s", Stop.Text);
}

Test(tracking, a_free_in_the_middle_of_a_block_names_who_allocated_it)
{
    UCHAR *Block = Allocator(NonPagedPoolNx, 64);
    SelectPoolWithoutHeap();
    EMU_BUGCHECK Stop = StopOfFree(Block + 16, TAG);

    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x99, Block + 16, 0, 0);
    cr_expect(Says(&Stop, "It was allocated by Allocator (tracking.c:"), "%s", Stop.Text);
}

/* ---- Leaks ---------------------------------------------------------------------------------------------------- */

typedef struct LEAKY_DRIVER {
    PVOID Library;
    PDRIVER_INITIALIZE Entry;
    ULONG *Lines;
} LEAKY_DRIVER;

static LEAKY_DRIVER OpenLeakyDriver(void)
{
    LEAKY_DRIVER Leaky = {OsLoad(POOLEMU_TEST_DRIVERS "/leak_sites" DRIVER_SUFFIX), NULL, NULL};

    cr_assert_not_null(Leaky.Library);
    *(PVOID *)&Leaky.Entry = OsFind(Leaky.Library, "DriverEntry");
    Leaky.Lines = OsFind(Leaky.Library, "LeakyLines");
    return Leaky;
}

static EMU_NOINLINE EMU_BUGCHECK StopOfUnload(PDRIVER_OBJECT Driver)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }
    return Stop;
}

typedef struct SITES {
    EMU_LEAK_SITE Site[4];
    ULONG Count;
} SITES;

static BOOLEAN AddSite(const EMU_LEAK_SITE *Site, PVOID Context)
{
    SITES *Sites = Context;

    Sites->Site[Sites->Count++] = *Site;
    return Sites->Count < COUNT(Sites->Site);
}

static SITES LeakSites(void)
{
    SITES Sites = {.Count = 0};

    EmuForEachLeakSite(AddSite, &Sites);
    return Sites;
}

Test(tracking, a_leak_at_unload_stops_with_0xC4_0x62_and_lists_each_call_site_once)
{
    LEAKY_DRIVER Leaky = OpenLeakyDriver();
    PDRIVER_OBJECT Driver;
    CHAR Line[128];

    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    EMU_BUGCHECK Stop = StopOfUnload(Driver);
    EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Stop.Parameter[1], 0, 5);
    cr_expect_str_eq((PCSTR)Stop.Parameter[1], "leaky");
    cr_expect_eq(EmuLeakCount(), 5u);

    SITES Sites = LeakSites();
    cr_assert_eq(Sites.Count, 2u);
    cr_expect_eq(Sites.Site[0].Blocks, 1u);
    cr_expect_eq(Sites.Site[0].Bytes, 5000u);
    cr_expect_str_eq(Sites.Site[0].Function, "AllocateLarge");
    cr_expect_eq(Sites.Site[0].Line, Leaky.Lines[1]);
    cr_expect_eq(Sites.Site[1].Blocks, 4u);
    cr_expect_eq(Sites.Site[1].Bytes, 307u);
    cr_expect_str_eq(Sites.Site[1].Function, "AllocateCommon");
    cr_expect_eq(Sites.Site[1].Line, Leaky.Lines[0]);
    cr_expect_not_null(strstr(Sites.Site[1].File, "leak_sites.c"));
    cr_expect_eq(Sites.Site[1].Stack.Frames[0], Sites.Site[1].Caller);

    snprintf(Line, sizeof(Line), "4 blocks, 307 bytes, allocated by AllocateCommon (leak_sites.c:%u)", Leaky.Lines[0]);
    cr_expect(Says(&Stop, Line), "%s", Stop.Text);
    snprintf(Line, sizeof(Line), "1 block, 5000 bytes, allocated by AllocateLarge (leak_sites.c:%u)", Leaky.Lines[1]);
    cr_expect(Says(&Stop, Line), "%s", Stop.Text);
}

Test(tracking, on_windows_2000_a_leak_stops_with_0xC4_0x60_and_its_bytes)
{
    LEAKY_DRIVER Leaky = OpenLeakyDriver();
    PDRIVER_OBJECT Driver;

    EmuSetWindows("win2000");
    EmuAllowMissingExports(TRUE);
    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    EXPECT_STOP(StopOfUnload(Driver), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x60, 307, 5000, 5);
}

Test(tracking, what_other_images_allocate_meanwhile_is_not_the_drivers_leak)
{
    LEAKY_DRIVER Leaky = OpenLeakyDriver();
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    PVOID Own = Allocator(PagedPool, 64);
    EXPECT_STOP(StopOfUnload(Driver), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Was.Parameter[1], 0, 5);
    cr_expect_eq(EmuLeakCount(), 5u);
    ExFreePoolWithTag(Own, TAG);
}

static PVOID LeftBlock;

static VOID UnloadNothing(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS LeavingEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    LeftBlock = Allocator(PagedPool, 64);
    Driver->DriverUnload = UnloadNothing;
    return STATUS_SUCCESS;
}

static NTSTATUS FailingEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LeavingEntry(Driver, RegistryPath);
    return STATUS_NO_MEMORY;
}

Test(tracking, a_driver_in_the_program_leaks_what_the_program_allocated_since_its_load)
{
    PDRIVER_OBJECT Driver;

    Allocator(PagedPool, 64);
    cr_assert_eq(EmuLoadDriver(LeavingEntry, "inner", &Driver), STATUS_SUCCESS);
    EXPECT_STOP(StopOfUnload(Driver), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Was.Parameter[1], 0, 1);
    cr_expect_str_eq(LeakSites().Site[0].Function, "Allocator");
}

Test(tracking, a_driver_that_frees_all_unloads_without_a_stop)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(LeavingEntry, "inner", &Driver), STATUS_SUCCESS);
    ExFreePoolWithTag(LeftBlock, TAG);
    EXPECT_NO_STOP(StopOfUnload(Driver));
    cr_expect_eq(LeakSites().Count, 0u);
}

Test(tracking, a_driver_entry_that_fails_and_leaves_a_block_stops)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuLoadDriver(FailingEntry, "failing", &Driver);
    }
    EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Stop.Parameter[1], 0, 1);
}

Test(tracking_off, a_leak_from_before_tracking_has_no_call_site)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(LeavingEntry, "inner", &Driver), STATUS_SUCCESS);
    EmuTrackPool(TRUE);
    EXPECT_STOP(StopOfUnload(Driver), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Was.Parameter[1], 0, 1);
    SITES Sites = LeakSites();
    cr_assert_eq(Sites.Count, 1u);
    cr_expect_null(Sites.Site[0].Caller);
    cr_expect_eq(Sites.Site[0].Blocks, 1u);
    cr_expect_eq(Sites.Site[0].Bytes, 64u);
}

Test(tracking_off, without_tracking_a_leak_is_counted_and_has_no_call_sites)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(LeavingEntry, "inner", &Driver), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopOfUnload(Driver));
    cr_expect_eq(EmuLeakCount(), 1u);
    cr_expect_eq(LeakSites().Count, 0u);
}

Test(tracking, leaks_are_printed_with_their_stacks)
{
    LEAKY_DRIVER Leaky = OpenLeakyDriver();
    PDRIVER_OBJECT Driver;
    FILE *Stream = tmpfile();
    char Text[8192];

    cr_assert_not_null(Stream);
    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    StopOfUnload(Driver);
    EmuPrintLeaks(Stream);
    OsReadBack(Stream, Text, sizeof(Text));
    cr_expect_not_null(strstr(Text, "leak: 1 block, 5000 bytes, allocated by AllocateLarge (leak_sites.c:"), "%s",
                       Text);
    cr_expect_not_null(strstr(Text, "\n    called by DriverEntry (leak_sites.c:"), "%s", Text);
}

typedef PVOID LATE_ALLOCATION(VOID);

static EMU_NOINLINE EMU_BUGCHECK StopOfLateAllocation(PVOID Library)
{
    LATE_ALLOCATION *Late;
    EMU_BUGCHECK Stop;

    *(PVOID *)&Late = OsFind(Library, "LateAllocation");
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Late();
    }
    return Stop;
}

Test(tracking, an_allocation_by_an_unloaded_driver_stops_with_0xC4_0x61_and_what_it_has)
{
    LEAKY_DRIVER Leaky = OpenLeakyDriver();
    PDRIVER_OBJECT Driver;

    EXPECT_NO_STOP(StopOfLateAllocation(Leaky.Library));
    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopOfLateAllocation(Leaky.Library));
    StopOfUnload(Driver);
    EXPECT_STOP(StopOfLateAllocation(Leaky.Library), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x61, 307, 15000, 7);
    EXPECT_NO_STOP(StopOfAllocation(PagedPool, 64, TAG));
    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopOfLateAllocation(Leaky.Library));
}

Test(tracking_off, without_tracking_an_unloaded_driver_may_allocate)
{
    LEAKY_DRIVER Leaky = OpenLeakyDriver();
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
    EXPECT_NO_STOP(StopOfUnload(Driver));
    EmuTrackPool(TRUE);
    EXPECT_NO_STOP(StopOfLateAllocation(Leaky.Library));
}

Test(tracking, stacks_are_right_after_another_driver_came_to_the_same_addresses)
{
    PDRIVER_OBJECT Driver;

    for (ULONG Round = 0; Round < 3; Round++) {
        LEAKY_DRIVER Leaky = OpenLeakyDriver();
        cr_assert_eq(EmuLoadDriver(Leaky.Entry, "leaky", &Driver), STATUS_SUCCESS);
        EXPECT_STOP(StopOfUnload(Driver), DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, Was.Parameter[1], 0, 5);
        cr_expect_eq(LeakSites().Count, 2u);
        cr_expect_str_eq(LeakSites().Site[0].Function, "AllocateLarge");
        OsUnload(Leaky.Library);
    }
}
