/* Driver Verifier: its options, where they come from, the automatic checks, code integrity, and what it counts. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "child.h"
#include "support.h"

enum {
    CODE_VERIFIER = DRIVER_VERIFIER_DETECTED_VIOLATION,
    ANY_OPTION = EMU_VERIFIER_IO, /* does nothing of its own here, but the driver is verified */
};

static void SwitchOn(void)
{
    EmuReset();
    cr_assert_eq(EmuSetVerifier(ANY_OPTION), STATUS_SUCCESS);
}

static void SwitchOff(void)
{
    EmuReset();
}

TestSuite(verifier, .init = SwitchOn, .fini = SwitchOff);

static KIRQL Raise(KIRQL Irql)
{
    KIRQL Old;

    KeRaiseIrql(Irql, &Old);
    return Old;
}

#define EXPECT_STOP_IN(Body, Code, P0, P1, P2, P3)                                                                     \
    do {                                                                                                               \
        EMU_BUGCHECK Stopped;                                                                                          \
        EMU_CATCH_BUGCHECK(&Stopped)                                                                                   \
        {                                                                                                              \
            Body;                                                                                                      \
        }                                                                                                              \
        EXPECT_STOP(Stopped, Code, P0, P1, P2, P3);                                                                    \
    } while (0)

/* ---- Options -------------------------------------------------------------------------------------------------- */

Test(verifier, the_bits_are_those_of_verifier_exe)
{
    cr_expect_eq(EMU_VERIFIER_STANDARD, 0x209BB);
    cr_expect_eq(EmuSetVerifier(0x209BB | 0x4 | 0x40000 | 0x2000000), STATUS_SUCCESS);
    cr_expect_eq(EmuVerifier(), 0x20609BFu | 0x9BBu);
}

Test(verifier, a_bit_that_is_no_option_is_refused)
{
    cr_expect_eq(EmuSetVerifier(0x1 | 0x40), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuSetVerifier(0x80000000), STATUS_INVALID_PARAMETER);
    cr_expect_eq(EmuVerifier(), (ULONG)ANY_OPTION);
}

Test(verifier, words_name_the_options)
{
    static const struct {
        PCSTR Words;
        ULONG Flags;
    } Cases[] = {
        {"special", 0x1},
        {"irql", 0x2},
        {"lowres", 0x4},
        {"tracking", 0x8},
        {"io", 0x10},
        {"deadlock", 0x20},
        {"dma", 0x80},
        {"security", 0x100},
        {"misc", 0x800},
        {"ddi", 0x20000},
        {"systematic", 0x40000},
        {"codeintegrity", 0x2000000},
        {"standard", 0x209BB},
        {"special,irql", 0x3},
        {"standard,codeintegrity", 0x20209BB},
        {"0x209BB", 0x209BB},
        {"9", 0x9},
        {"0x1,irql", 0x3},
    };

    for (ULONG Index = 0; Index < COUNT(Cases); Index++) {
        ULONG Flags = 0;
        cr_expect_eq(EmuFindVerifierFlags(Cases[Index].Words, &Flags), STATUS_SUCCESS, "%s", Cases[Index].Words);
        cr_expect_eq(Flags, Cases[Index].Flags, "%s: 0x%X", Cases[Index].Words, Flags);
    }
}

Test(verifier, other_words_are_not_found)
{
    static const PCSTR Wrong[] = {"",         "spezial", "special,",     ",special", "special irql",
                                  "Standard", "0x40",    "0x1000000000", "0x",       "1x"};

    for (ULONG Index = 0; Index < COUNT(Wrong); Index++) {
        ULONG Flags = 5;
        cr_expect_eq(EmuFindVerifierFlags(Wrong[Index], &Flags), STATUS_NOT_FOUND, "'%s'", Wrong[Index]);
        cr_expect_eq(Flags, 5);
    }
}

static void ResetWithEnvironment(void)
{
    setenv("POOLEMU_VERIFIER", "special,misc", 1);
    EmuReset();
    if (EmuVerifier() != 0x801) {
        _exit(1);
    }
    EmuSetVerifier(0);
    setenv("POOLEMU_VERIFIER", "", 1);
    EmuReset();
    _exit(EmuVerifier() == 0 ? 0 : 2);
}

Test(verifier, EmuReset_goes_back_to_the_environment)
{
    char Errors[1024];

    cr_expect_eq(RunChild(ResetWithEnvironment, Errors, sizeof(Errors)), 0);
}

static void ResetWithWrongEnvironment(void)
{
    setenv("POOLEMU_VERIFIER", "everything", 1);
    EmuReset();
}

Test(verifier, an_unknown_word_in_the_environment_ends_the_process_with_a_message)
{
    char Errors[1024];
    int Status = RunChild(ResetWithWrongEnvironment, Errors, sizeof(Errors));

    cr_expect(WIFSIGNALED(Status));
    cr_expect_str_eq(Errors, "poolemu: the environment variable POOLEMU_VERIFIER is \"everything\"; want words out of "
                             "special, irql, lowres, tracking, io, deadlock, dma, security, misc, ddi, systematic, "
                             "codeintegrity, standard, separated by commas, or the bits as a number; the default is "
                             "none.\n");
}

/* ---- Pool tracking and low resources simulation --------------------------------------------------------------- */

static BOOLEAN IsTracked(void)
{
    EMU_TRACKING Tracking;

    EmuQueryTracking(&Tracking);
    return Tracking.Enabled;
}

Test(verifier, the_tracking_option_tracks_the_pool)
{
    EMU_STACK Allocation, Free;

    cr_expect_not(IsTracked());
    EmuSetVerifier(EMU_VERIFIER_POOL_TRACKING);
    cr_expect(IsTracked());
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
    cr_expect(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_gt(Allocation.Count, 0);
    ExFreePoolWithTag(Block, TAG);
    EmuSetVerifier(ANY_OPTION);
    cr_expect_not(IsTracked());
}

Test(verifier, tracking_that_a_test_has_begun_stays_when_other_options_change)
{
    EmuTrackPool(TRUE);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    EmuSetVerifier(0);
    cr_expect(IsTracked());
}

Test(verifier, EmuReset_ends_tracking)
{
    EmuSetVerifier(EMU_VERIFIER_POOL_TRACKING);
    EmuReset();
    cr_expect_not(IsTracked());
}

Test(verifier, with_special_pool_blocks_are_tracked_and_its_stops_name_who_freed)
{
    EMU_STACK Allocation, Free;
    EMU_TRACKING Tracking;

    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL | EMU_VERIFIER_POOL_TRACKING);
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
    EmuQueryTracking(&Tracking);
    cr_expect_eq(Tracking.NonPaged.Blocks, 1);
    cr_expect_eq(Tracking.NonPaged.Bytes, 10);
    ExFreePoolWithTag(Block, TAG);
    EmuQueryTracking(&Tracking);
    cr_expect_eq(Tracking.NonPaged.Blocks, 0);
    cr_expect(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_gt(Allocation.Count, 0);
    cr_expect_gt(Free.Count, 0);
    EMU_BUGCHECK Stop = StopOfFree(Block, TAG);
    EXPECT_STOP(Stop, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, Block, 0, 0, 0x20);
    cr_expect_not_null(strstr(Stop.Text, "; allocated by "), "%s", Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, ", freed by "), "%s", Stop.Text);
}

Test(verifier, a_free_that_special_pool_stops_is_not_noted)
{
    EMU_STACK Allocation, Free;

    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL | EMU_VERIFIER_POOL_TRACKING);
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
    Block[10] ^= 0xFF;
    cr_expect_eq(StopOfFree(Block, TAG).Code, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION);
    cr_expect(EmuQueryStacks(Block, &Allocation, &Free));
    cr_expect_eq(Free.Count, 0);
}

/* How many of so many requests fail; whatever else they were is freed. */
static ULONG FailuresOf(ULONG Requests)
{
    ULONG Failures = 0;

    for (ULONG Index = 0; Index < Requests; Index++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
        if (Block != NULL) {
            ExFreePoolWithTag(Block, TAG);
        } else {
            Failures++;
        }
    }
    return Failures;
}

Test(verifier, the_low_resources_option_fails_calls_at_random)
{
    EMU_LOW_RESOURCES_STATISTICS Statistics;
    EMU_VERIFIER_COUNTERS Counters;

    cr_expect_eq(FailuresOf(1000), 0);
    EmuSetVerifier(EMU_VERIFIER_LOW_RESOURCES);
    ULONG Failures = FailuresOf(10000); /* 600 are expected, and the seed is always the same */
    cr_expect(Failures > 400 && Failures < 800, "%u", (unsigned)Failures);
    EmuQueryLowResources(&Statistics);
    cr_expect_eq(Statistics.Considered, 10000);
    cr_expect_eq(Statistics.Failed, Failures);
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.AllocationsFailedDeliberately, Failures);
    cr_expect_eq(Counters.AllocationsFailed, Failures);
    EmuSetVerifier(0);
    cr_expect_eq(FailuresOf(1000), 0);
}

Test(verifier, the_systematic_option_fails_each_stack_once)
{
    EmuSetVerifier(EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES | EMU_VERIFIER_LOW_RESOURCES);
    cr_expect_eq(FailuresOf(100), 1); /* of one call, by one way */
    cr_expect_null(ExAllocatePoolWithTag(PagedPool, 10, TAG));
    EmuSetVerifier(0);
    EmuSetVerifier(EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES);
    cr_expect_eq(FailuresOf(100), 1); /* begun anew */
}

Test(verifier, settings_of_the_test_go_before_the_low_resources_option)
{
    EmuFailNthAllocation(3);
    EmuSetVerifier(EMU_VERIFIER_LOW_RESOURCES);
    cr_expect_eq(FailuresOf(1000), 1);
    EmuSetVerifier(0);
    EmuFailNthAllocation(3);
    cr_expect_eq(FailuresOf(1000), 1);
    EmuSetVerifier(EMU_VERIFIER_LOW_RESOURCES);
    EmuSetLowResources(NULL);
    cr_expect_eq(FailuresOf(1000), 0);
}

Test(verifier, the_low_resources_option_off_leaves_the_settings_of_the_test)
{
    EmuSetVerifier(EMU_VERIFIER_LOW_RESOURCES);
    EmuFailAllocationsFrom(1);
    EmuSetVerifier(0);
    cr_expect_eq(FailuresOf(10), 10);
}

/* In a process that has asked for nothing yet. */
static void FailByEnvironment(void)
{
    setenv("POOLEMU_VERIFIER", "systematic,tracking", 1);
    EmuReset();
    BOOLEAN Right = IsTracked() && FailuresOf(100) == 1;
    setenv("POOLEMU_FAULTS", "from=1", 1);
    EmuReset();
    Right = Right && IsTracked() && FailuresOf(10) == 10;
    EmuSetVerifier(0);
    _exit(Right && !IsTracked() && FailuresOf(10) == 10 ? 0 : 1);
}

Test(verifier, the_environment_switches_tracking_and_low_resources_and_POOLEMU_FAULTS_has_the_details)
{
    char Errors[1024];

    cr_expect_eq(RunChild(FailByEnvironment, Errors, sizeof(Errors)), 0, "%s", Errors);
}

/* ---- Automatic checks: requests ------------------------------------------------------------------------------- */

Test(verifier, a_request_for_no_bytes_stops_with_0xC4_0x00)
{
    EXPECT_STOP(StopOfAllocation(NonPagedPoolNx, 0, TAG), CODE_VERIFIER, 0x00, PASSIVE_LEVEL, NonPagedPoolNx, 0);
    Raise(APC_LEVEL);
    EXPECT_STOP(StopOfAllocation(PagedPool, 0, TAG), CODE_VERIFIER, 0x00, APC_LEVEL, PagedPool, 0);
}

Test(verifier, ExAllocatePool2_may_still_ask_for_no_bytes)
{
    cr_expect_not_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, TAG));
}

Test(verifier, paged_pool_above_APC_LEVEL_stops_with_0xC4_0x01)
{
    Raise(DISPATCH_LEVEL);
    EXPECT_STOP(StopOfAllocation(PagedPool, 64, TAG), CODE_VERIFIER, 0x01, DISPATCH_LEVEL, PagedPool, 64);
    EXPECT_NO_STOP(StopOfAllocation(NonPagedPoolNx, 64, TAG));
}

Test(verifier, nonpaged_pool_above_DISPATCH_LEVEL_stops_with_0xC4_0x02)
{
    Raise(HIGH_LEVEL);
    EXPECT_STOP(StopOfAllocation(NonPagedPoolNx, 64, TAG), CODE_VERIFIER, 0x02, HIGH_LEVEL, NonPagedPoolNx, 64);
}

Test(verifier, more_than_a_page_of_must_succeed_pool_stops_with_0xC4_0x03)
{
    EXPECT_STOP(StopOfAllocation((POOL_TYPE)2, PAGE_SIZE + 1, TAG), CODE_VERIFIER, 0x03, 0, 0, 0);
    EXPECT_STOP(StopOfAllocation((POOL_TYPE)2, PAGE_SIZE, TAG), BAD_POOL_CALLER, 0x9A, 2, PAGE_SIZE, TAG);
}

Test(verifier, the_compliance_rule_stops_two_routines_with_0xC4_0x20004)
{
    EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE);
    Raise(DISPATCH_LEVEL);
    EMU_BUGCHECK Stop = StopOfAllocation(PagedPool, 64, TAG);
    cr_assert_eq(Stop.Code, (ULONG)CODE_VERIFIER);
    cr_expect_eq(Stop.Parameter[0], 0x20004);
    PCSTR volatile Rule = (PCSTR)Stop.Parameter[1]; /* volatile: else gcc takes it for as long as Parameter */
    cr_expect_eq(strncmp(Rule, "IrqlExAllocatePool", 18), 0);
    cr_expect_eq(Stop.Parameter[2], 0);
    cr_expect_eq(Stop.Parameter[3], 0);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithTagPriority(PagedPool, 64, TAG, HighPoolPriority);
    }
    cr_expect_eq(Stop.Parameter[0], 0x20004);
    EXPECT_STOP_IN(ExAllocatePoolWithQuotaTag(PagedPool, 64, TAG), CODE_VERIFIER, 0x01, DISPATCH_LEVEL, PagedPool, 64);
}

/* ---- Automatic checks: frees ---------------------------------------------------------------------------------- */

Test(verifier, a_free_of_what_was_never_allocated_stops_with_0xC4_0x10)
{
    PUCHAR Small = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    PUCHAR Paged = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    PUCHAR Large = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    int OnStack;
    PVOID Bad[] = {NULL, &OnStack, Small + 16, Paged + 8, Large + PAGE_SIZE, Large + (64 << 20)};

    for (ULONG Index = 0; Index < COUNT(Bad); Index++) {
        EXPECT_STOP(StopOfFree(Bad[Index], TAG), CODE_VERIFIER, 0x10, Bad[Index], 0, 0);
    }
}

Test(verifier, a_double_free_stops_with_0xC4_0x13)
{
    PUCHAR Small = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    PUCHAR Large = ExAllocatePoolWithTag(PagedPool, PAGE_SIZE, TAG);

    ExFreePoolWithTag(Small, TAG);
    EXPECT_STOP(StopOfFree(Small, TAG), CODE_VERIFIER, 0x13, 0, Small - HEADER_BYTES, FirstWord(Small - HEADER_BYTES));
    ExFreePoolWithTag(Large, TAG);
    EXPECT_STOP(StopOfFree(Large, TAG), CODE_VERIFIER, 0x13, 0, Large, 0);
}

Test(verifier, a_free_at_a_wrong_irql_stops_with_0xC4_0x11_and_0x12)
{
    PVOID Paged = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    PVOID NonPaged = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    KIRQL Old = Raise(DISPATCH_LEVEL);
    EXPECT_STOP(StopOfFree(Paged, TAG), CODE_VERIFIER, 0x11, DISPATCH_LEVEL, PagedPool, Paged);
    Raise(HIGH_LEVEL);
    EXPECT_STOP(StopOfFree(NonPaged, TAG), CODE_VERIFIER, 0x12, HIGH_LEVEL, NonPagedPoolNx, NonPaged);
    KeLowerIrql(Old);
    EXPECT_NO_STOP(StopOfFree(Paged, TAG));
    EXPECT_NO_STOP(StopOfFree(NonPaged, TAG));
}

Test(verifier, a_lookaside_list_at_a_wrong_irql_stops_with_the_same_codes)
{
    static PAGED_LOOKASIDE_LIST List;

    ExInitializePagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0);
    PVOID Entry = ExAllocateFromPagedLookasideList(&List);
    KIRQL Old = Raise(DISPATCH_LEVEL);
    EXPECT_STOP_IN(ExAllocateFromPagedLookasideList(&List), CODE_VERIFIER, 0x01, DISPATCH_LEVEL, PagedPool, 64);
    EXPECT_STOP_IN(ExFreeToPagedLookasideList(&List, Entry), CODE_VERIFIER, 0x11, DISPATCH_LEVEL, PagedPool, Entry);
    KeLowerIrql(Old);
    ExFreeToPagedLookasideList(&List, Entry);
    ExDeletePagedLookasideList(&List);
}

Test(verifier, a_wrong_tag_is_still_the_pools_own_stop)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
}

Test(verifier, switched_off_the_pools_own_stops_are_back)
{
    EmuSetVerifier(0);
    EXPECT_STOP(StopOfAllocation(NonPagedPoolNx, 0, TAG), BAD_POOL_CALLER, 0, 0, NonPagedPoolNx, TAG);
    EXPECT_STOP(StopOfFree(NULL, TAG), BAD_POOL_CALLER, 0x46, 0, 0, 0);
}

/* ---- Automatic checks: IRQL and spin locks -------------------------------------------------------------------- */

Test(verifier, KeRaiseIrql_to_a_lower_irql_stops_with_0xC4_0x30)
{
    Raise(DISPATCH_LEVEL);
    EXPECT_STOP_IN(Raise(APC_LEVEL), CODE_VERIFIER, 0x30, DISPATCH_LEVEL, APC_LEVEL, 0);
    EXPECT_STOP_IN(Raise(HIGH_LEVEL + 1), CODE_VERIFIER, 0x30, DISPATCH_LEVEL, HIGH_LEVEL + 1, 0);
}

Test(verifier, KeLowerIrql_to_a_higher_irql_stops_with_0xC4_0x31)
{
    EXPECT_STOP_IN(KeLowerIrql(DISPATCH_LEVEL), CODE_VERIFIER, 0x31, PASSIVE_LEVEL, DISPATCH_LEVEL, 0);
}

Test(verifier, spin_lock_routines_at_a_wrong_irql_stop_with_0xC4)
{
    KSPIN_LOCK Lock;
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    EXPECT_STOP_IN(KeReleaseSpinLock(&Lock, PASSIVE_LEVEL), CODE_VERIFIER, 0x32, PASSIVE_LEVEL, &Lock, 0);
    EXPECT_STOP_IN(KeAcquireSpinLockAtDpcLevel(&Lock), CODE_VERIFIER, 0x40, PASSIVE_LEVEL, &Lock, 0);
    EXPECT_STOP_IN(KeReleaseSpinLockFromDpcLevel(&Lock), CODE_VERIFIER, 0x41, PASSIVE_LEVEL, &Lock, 0);
    Raise(HIGH_LEVEL);
    EXPECT_STOP_IN(KeAcquireSpinLock(&Lock, &Old), CODE_VERIFIER, 0x42, HIGH_LEVEL, &Lock, 0);
}

/* ---- Automatic checks: MDLs ------------------------------------------------------------------------------------ */

Test(verifier, MmBuildMdlForNonPagedPool_of_paged_pool_stops_with_0xC4_0x7F)
{
    PVOID Paged = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    PMDL Mdl = IoAllocateMdl(Paged, 64, FALSE, FALSE, NULL);

    EXPECT_STOP_IN(MmBuildMdlForNonPagedPool(Mdl), CODE_VERIFIER, 0x7F, PASSIVE_LEVEL, Mdl, Mdl->MdlFlags);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    PVOID Special = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    MmInitializeMdl(Mdl, Special, 64);
    EXPECT_STOP_IN(MmBuildMdlForNonPagedPool(Mdl), CODE_VERIFIER, 0x7F, PASSIVE_LEVEL, Mdl, Mdl->MdlFlags);
    IoFreeMdl(Mdl);
}

Test(verifier, MmUnlockPages_of_what_is_not_locked_stops_with_0xC4_0x7C_and_of_nonpaged_pool_with_0x7D)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    PMDL Mdl = IoAllocateMdl(Block, 64, FALSE, FALSE, NULL);

    EXPECT_STOP_IN(MmUnlockPages(Mdl), CODE_VERIFIER, 0x7C, Mdl, Mdl->MdlFlags, 0);
    MmBuildMdlForNonPagedPool(Mdl);
    EXPECT_STOP_IN(MmUnlockPages(Mdl), CODE_VERIFIER, 0x7D, Mdl, Mdl->MdlFlags, 0);
    IoFreeMdl(Mdl);
}

/* ---- Lookaside lists ------------------------------------------------------------------------------------------ */

static NPAGED_LOOKASIDE_LIST ForgottenList;
static BOOLEAN Deletes;

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    if (Deletes) {
        ExDeleteNPagedLookasideList(&ForgottenList);
    }
}

static NTSTATUS NTAPI Load(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    ExInitializeNPagedLookasideList(&ForgottenList, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    return STATUS_SUCCESS;
}

static EMU_BUGCHECK StopOfUnload(BOOLEAN Delete)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;

    Deletes = Delete;
    cr_assert_eq(EmuLoadDriver(Load, "lists", &Driver), STATUS_SUCCESS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }
    return Stop;
}

Test(verifier, a_lookaside_list_left_at_unload_stops_with_0xC7)
{
    static NPAGED_LOOKASIDE_LIST Others;

    ExInitializeNPagedLookasideList(&Others, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    EXPECT_NO_STOP(StopOfUnload(TRUE));
    EMU_BUGCHECK Stop = StopOfUnload(FALSE);
    cr_expect_eq(Stop.Code, (ULONG)TIMER_OR_DPC_INVALID);
    cr_expect_eq(Stop.Parameter[0], 6);
    cr_expect_eq(Stop.Parameter[1], (ULONG_PTR)&ForgottenList);
    cr_expect_leq(Stop.Parameter[2], (ULONG_PTR)&ForgottenList);
    cr_expect_gt(Stop.Parameter[3], (ULONG_PTR)&ForgottenList);
    cr_expect_not_null(strstr(Stop.Text, "lists"));
    ExDeleteNPagedLookasideList(&ForgottenList);
    ExDeleteNPagedLookasideList(&Others);
}

Test(verifier, without_the_verifier_a_list_left_at_unload_is_no_stop)
{
    EmuSetVerifier(0);
    EXPECT_NO_STOP(StopOfUnload(FALSE));
    ExDeleteNPagedLookasideList(&ForgottenList);
}

Test(verifier, a_block_with_a_lookaside_list_in_use_stops_the_free_with_0xC4_0xCC)
{
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS);
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 512, TAG);
    PNPAGED_LOOKASIDE_LIST List = (PNPAGED_LOOKASIDE_LIST)(Block + 64);

    ExInitializeNPagedLookasideList(List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_VERIFIER, 0xCC, List, Block, 512);
    EmuSetVerifier(EMU_VERIFIER_MISCELLANEOUS | EMU_VERIFIER_SPECIAL_POOL);
    EXPECT_STOP(StopOfFree(Block, TAG), CODE_VERIFIER, 0xCC, List, Block, 512);
    ExDeleteNPagedLookasideList(List);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

Test(verifier, without_that_option_the_list_in_a_freed_block_is_no_stop)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 512, TAG);

    ExInitializeNPagedLookasideList((PNPAGED_LOOKASIDE_LIST)Block, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    EXPECT_NO_STOP(StopOfFree(Block, TAG));
}

/* ---- Code integrity ------------------------------------------------------------------------------------------- */

/* The caller's address lies in this routine. */
EMU_NOINLINE static EMU_BUGCHECK StopOfExecutable(POOL_TYPE Type)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithTag(Type, 64, TAG);
    }
    return Stop;
}

static void ExpectCode(EMU_BUGCHECK Stop, ULONG_PTR Cause, ULONG_PTR P2, ULONG_PTR P3)
{
    cr_expect_eq(Stop.Code, (ULONG)CODE_VERIFIER, "0x%X: %s", Stop.Code, Stop.Text);
    cr_expect_eq(Stop.Parameter[0], Cause);
    cr_expect_eq(Stop.Parameter[2], P2);
    cr_expect_eq(Stop.Parameter[3], P3);
}

Test(verifier, executable_pool_stops_with_0xC4_0x2000)
{
    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    EMU_BUGCHECK Stop = StopOfExecutable(NonPagedPoolExecute);
    ExpectCode(Stop, 0x2000, NonPagedPoolExecute, TAG);
    ULONG_PTR Routine = (ULONG_PTR)StopOfExecutable;
    cr_expect(Stop.Parameter[1] > Routine && Stop.Parameter[1] < Routine + 4096);
    ExpectCode(StopOfExecutable(NonPagedPoolBaseCacheAligned), 0x2000, NonPagedPoolBaseCacheAligned, TAG);
    EXPECT_NO_STOP(StopOfExecutable(NonPagedPoolNx));
    EXPECT_NO_STOP(StopOfExecutable(PagedPool));
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, 64, TAG);
    }
    ExpectCode(Stop, 0x2000, NonPagedPoolExecute, TAG);
}

Test(verifier, before_windows_8_executable_pool_is_all_there_is)
{
    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    EmuSetWindows("win7");
    EXPECT_NO_STOP(StopOfExecutable(NonPagedPoolExecute));
}

/* Each returns where the driver's call is: in itself. */
EMU_NOINLINE static EMU_BUGCHECK StopOfTaking(PNPAGED_LOOKASIDE_LIST List)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocateFromNPagedLookasideList(List);
    }
    return Stop;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfFsRtl(ULONG Routine)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        switch (Routine) {
        case 0:
            FsRtlAllocatePool(NonPagedPoolExecute, 64);
            break;
        case 1:
            FsRtlAllocatePoolWithTag(NonPagedPoolExecute, 64, TAG);
            break;
        case 2:
            FsRtlAllocatePoolWithQuota(NonPagedPoolExecute, 64);
            break;
        default:
            FsRtlAllocatePoolWithQuotaTag(NonPagedPoolExecute, 64, TAG);
        }
    }
    return Stop;
}

Test(verifier, the_code_at_fault_is_the_drivers_where_a_routine_allocates_for_it)
{
    static NPAGED_LOOKASIDE_LIST List;
    EMU_BUGCHECK Stop;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0);
    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    Stop = StopOfTaking(&List);
    ExpectCode(Stop, 0x2000, NonPagedPoolExecute, TAG);
    ULONG_PTR Routine = (ULONG_PTR)StopOfTaking;
    cr_expect(Stop.Parameter[1] > Routine && Stop.Parameter[1] < Routine + 4096);
    for (ULONG Index = 0; Index < 4; Index++) {
        Stop = StopOfFsRtl(Index);
        cr_expect_eq(Stop.Parameter[0], 0x2000u);
        Routine = (ULONG_PTR)StopOfFsRtl;
        cr_expect(Stop.Parameter[1] > Routine && Stop.Parameter[1] < Routine + 4096, "%u", Index);
    }
}

Test(verifier, an_executable_lookaside_list_stops_with_0xC4_0x2000)
{
    static NPAGED_LOOKASIDE_LIST List;
    EMU_BUGCHECK Stop;

    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0);
    }
    ExpectCode(Stop, 0x2000, NonPagedPoolExecute, TAG);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    ExDeleteNPagedLookasideList(&List);
}

Test(verifier, executable_mappings_and_protections_stop_with_0xC4_0x2002_and_0x2001)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    EMU_BUGCHECK Stop;

    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmGetSystemAddressForMdlSafe(Mdl, HighPagePriority);
    }
    ExpectCode(Stop, 0x2002, HighPagePriority, 0);
    Mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL; /* or it is 0xC4/0x81 first */
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmMapLockedPages(Mdl, KernelMode);
    }
    ExpectCode(Stop, 0x2002, HighPagePriority, 0);
    cr_expect_not_null(MmGetSystemAddressForMdlSafe(Mdl, HighPagePriority | MdlMappingNoExecute));
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MmProtectMdlSystemAddress(Mdl, PAGE_EXECUTE_READ);
    }
    ExpectCode(Stop, 0x2001, PAGE_EXECUTE_READ, 0);
    if (HAS_SECOND_ADDRESSES) {
        cr_expect_eq(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_SUCCESS);
    }
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
}

Test(verifier, before_windows_8_every_mapping_is_executable_and_none_stops)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    EMU_BUGCHECK Stop;

    EmuSetWindows("win7");
    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        cr_expect_not_null(MmGetSystemAddressForMdlSafe(Mdl, HighPagePriority));
    }
    EXPECT_NO_STOP(Stop);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
}

static BOOLEAN TakeViolation(const EMU_VIOLATION *Violation, PVOID Taken)
{
    *(EMU_VIOLATION *)Taken = *Violation;
    return TRUE;
}

Test(verifier, code_integrity_can_be_counted_instead)
{
    EMU_VIOLATION Violation = {0};

    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    EmuStopOnCodeIntegrity(FALSE);
    for (ULONG Round = 0; Round < 3; Round++) {
        EXPECT_NO_STOP(StopOfExecutable(NonPagedPoolExecute));
    }
    cr_expect_eq(EmuViolationCount(), 3);
    EmuForEachViolation(TakeViolation, &Violation);
    cr_expect_eq(Violation.Kind, EmuViolationCodeIntegrity);
    cr_expect_eq(Violation.Count, 3);
    cr_expect_not_null(strstr(Violation.Text, "pool type 0, tag 'Test'"), "%s", Violation.Text);
    EmuReset();
    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    ExpectCode(StopOfExecutable(NonPagedPoolExecute), 0x2000, NonPagedPoolExecute, TAG);
}

/* ---- Counters ------------------------------------------------------------------------------------------------- */

Test(verifier, allocations_are_counted)
{
    EMU_VERIFIER_COUNTERS Counters;
    NTSTATUS Status;

    ExFreePool(ExAllocatePool(PagedPool, 10));
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG), TAG);
    EmuSetPoolLimit(NonPagedPoolBase, 5);
    cr_expect_null(ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG));
    EMU_CATCH_EXCEPTION(&Status)
    {
        ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE), 10, TAG);
    }
    cr_expect_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.AllocationsAttempted, 4);
    cr_expect_eq(Counters.AllocationsSucceeded, 2);
    cr_expect_eq(Counters.AllocationsFailed, 2);
    cr_expect_eq(Counters.AllocationsWithoutTag, 1);
    EmuReset();
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.AllocationsAttempted, 0);
}

Test(verifier, with_tracking_what_is_allocated_now_and_was_at_most_is_counted)
{
    EMU_VERIFIER_COUNTERS Counters;

    EmuSetVerifier(EMU_VERIFIER_POOL_TRACKING);
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    ExAllocatePoolWithTag(NonPagedPoolNx, 0x1058, TAG);
    ExAllocatePoolWithTag(PagedPool, 30, TAG);
    ExFreePoolWithTag(Block, TAG);
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.NonPaged.Blocks, 1u);
    cr_expect_eq(Counters.NonPaged.Bytes, 0x1058u);
    cr_expect_eq(Counters.NonPaged.PeakBlocks, 2u);
    cr_expect_eq(Counters.NonPaged.PeakBytes, 0x1058u + 100);
    cr_expect_eq(Counters.Paged.Blocks, 1u);
    cr_expect_eq(Counters.Paged.Bytes, 30u);
    cr_expect_eq(Counters.Paged.PeakBlocks, 1u);
    cr_expect_eq(Counters.Paged.PeakBytes, 30u);
    cr_expect_eq(Counters.AllocationsNotTracked, 0u);
}

Test(verifier, executable_memory_is_counted_whether_it_stops_or_not)
{
    EMU_VERIFIER_COUNTERS Counters;

    EmuSetVerifier(EMU_VERIFIER_CODE_INTEGRITY);
    cr_expect_eq(StopOfExecutable(NonPagedPoolExecute).Code, (ULONG)CODE_VERIFIER);
    EmuStopOnCodeIntegrity(FALSE);
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolExecute, PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    MmProtectMdlSystemAddress(Mdl, PAGE_EXECUTE_READ);
    MmProtectMdlSystemAddress(Mdl, PAGE_EXECUTE_READWRITE);
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.ExecutePoolTypes, 2u);
    cr_expect_eq(Counters.ExecutePageProtections, 2u);
    cr_expect_eq(Counters.ExecutePageMappings, 1u);
    MmUnlockPages(Mdl);
}

Test(verifier, nothing_is_counted_while_it_is_off)
{
    EMU_VERIFIER_COUNTERS Counters;

    EmuSetVerifier(0);
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG), TAG);
    KeLowerIrql(Raise(DISPATCH_LEVEL));
    EmuQueryVerifier(&Counters);
    cr_expect_eq(Counters.AllocationsAttempted, 0);
    cr_expect_eq(Counters.IrqlRaises, 0);
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static int RunTool(const char *Arguments, char *Output, size_t Bytes)
{
    char Line[512];

    snprintf(Line, sizeof(Line), "run %s", Arguments);
    return RunProgram(POOLEMU_TEST_DRIVERS, POOLEMU_TOOL, Line, Output, Bytes);
}

static int RunToolWith(const char *Options, const char *Arguments, char *Output, size_t Bytes)
{
    setenv("POOLEMU_VERIFIER", Options, 1);
    int Status = RunTool(Arguments, Output, Bytes);
    unsetenv("POOLEMU_VERIFIER");
    return Status;
}

Test(verifier, the_command_takes_the_options)
{
    char Output[16384];

    cr_expect_eq(RunTool("audit_none" DRIVER_SUFFIX, Output, sizeof(Output)), 0, "%s", Output);
    cr_expect_eq(RunTool("--verifier codeintegrity audit_none" DRIVER_SUFFIX, Output, sizeof(Output)), 1, "%s", Output);
    cr_expect_not_null(strstr(Output, "STOPPED bug check 0xC4"), "%s", Output);
    cr_expect_not_null(strstr(Output, "(0x2000, "), "%s", Output);
    cr_expect_eq(RunToolWith("codeintegrity", "audit_none" DRIVER_SUFFIX, Output, sizeof(Output)), 1, "%s", Output);
    cr_expect_eq(RunTool("--verifier irql audit_none" DRIVER_SUFFIX, Output, sizeof(Output)), 0, "%s", Output);
}

Test(verifier, the_command_fails_calls_deliberately)
{
    static const char *const Ways[][2] = {
        {"systematic", "tool_careless" DRIVER_SUFFIX},
        {"", "--verifier systematic tool_careless" DRIVER_SUFFIX},
    };
    char Output[65536];

    for (size_t Way = 0; Way < COUNT(Ways); Way++) {
        cr_expect_eq(RunToolWith(Ways[Way][0], Ways[Way][1], Output, sizeof(Output)), 0, "%s", Output);
        cr_expect_not_null(strstr(Output, "after 1 deliberate failure"), "%s", Output);
    }
    cr_expect_not_null(strstr(Output, "call stacks known"), "%s", Output); /* as --faults prints them */
    cr_expect_eq(RunTool("--verifier systematic --faults nth=2 --windows all --pool tool_careless" DRIVER_SUFFIX,
                         Output, sizeof(Output)),
                 1, "%s", Output);
    cr_expect_not_null(strstr(Output, "win11-25h2   FAILED"), "%s", Output);
}

Test(verifier, the_command_passes_them_on_to_every_windows)
{
    char Output[65536];

    cr_expect_eq(RunTool("--verifier codeintegrity --windows all audit_none" DRIVER_SUFFIX, Output, sizeof(Output)), 1);
    cr_expect_not_null(strstr(Output, "win11-25h2   STOPPED bug check 0xC4"), "%s", Output);
    cr_expect_not_null(strstr(Output, "win7         ok"), "%s", Output);
}

Test(verifier, the_command_refuses_unknown_options)
{
    char Output[4096];

    cr_expect_eq(RunTool("--verifier all audit_none" DRIVER_SUFFIX, Output, sizeof(Output)), 2);
    cr_expect_not_null(strstr(Output, "poolemu: run: 'all' are no options of Driver Verifier"), "%s", Output);
}
