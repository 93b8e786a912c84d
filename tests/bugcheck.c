/* bugcheck.c: bug checks, caught by a test and not caught. */
#include <criterion/criterion.h>

#include <signal.h>

#include "child.h"
#include "poolemu.h"

Test(bugcheck, a_block_without_one_leaves_everything_zero)
{
    EMU_BUGCHECK Stop;
    volatile ULONG Runs = 0;

    memset(&Stop, 0xCC, sizeof(Stop));
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Runs++;
    }

    cr_assert_eq(Runs, 1);
    cr_assert_eq(Stop.Code, 0);
    cr_assert_eq(Stop.Parameter[0], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
    cr_assert_null(Stop.Name);
    cr_assert_str_eq(Stop.Text, "");
}

Test(bugcheck, a_bug_check_ends_the_block)
{
    EMU_BUGCHECK Stop;
    volatile BOOLEAN Behind = FALSE;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeBugCheckEx(BAD_POOL_CALLER, 0x46, EMU_BY_WIDTH(0x1122334455667788, 0x11223344), 3, MAXULONG_PTR);
        Behind = TRUE;
    }

    cr_assert_not(Behind);
    cr_assert_eq(Stop.Code, 0xC2);
    cr_assert_eq(Stop.Parameter[0], 0x46);
    cr_assert_eq(Stop.Parameter[1], EMU_BY_WIDTH(0x1122334455667788, 0x11223344));
    cr_assert_eq(Stop.Parameter[2], 3);
    cr_assert_eq(Stop.Parameter[3], MAXULONG_PTR);
    cr_assert_str_eq(Stop.Name, "BAD_POOL_CALLER");
    cr_assert_str_eq(Stop.Text, "");
}

Test(bugcheck, without_parameters_they_are_zero)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeBugCheck(MANUALLY_INITIATED_CRASH);
    }

    cr_assert_eq(Stop.Code, 0xE2);
    cr_assert_eq(Stop.Parameter[0], 0);
    cr_assert_eq(Stop.Parameter[1], 0);
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
    cr_assert_str_eq(Stop.Name, "MANUALLY_INITIATED_CRASH");
}

Test(bugcheck, a_code_without_name_has_none)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeBugCheck(0xE0000001);
    }

    cr_assert_eq(Stop.Code, 0xE0000001);
    cr_assert_null(Stop.Name);
}

Test(bugcheck, names_are_those_of_bugcodes_h)
{
    static const struct {
        ULONG Code;
        PCSTR Name;
    } Expected[] = {
        {0x01, "APC_INDEX_MISMATCH"},
        {0x0A, "IRQL_NOT_LESS_OR_EQUAL"},
        {0x19, "BAD_POOL_HEADER"},
        {0x1D, "NO_SPIN_LOCK_AVAILABLE"},
        {0x1E, "KMODE_EXCEPTION_NOT_HANDLED"},
        {0x50, "PAGE_FAULT_IN_NONPAGED_AREA"},
        {0x58, "FTDISK_INTERNAL_ERROR"},
        {0x6E, "SESSION2_INITIALIZATION_FAILED"},
        {0x6F, "SESSION3_INITIALIZATION_FAILED"},
        {0x70, "SESSION4_INITIALIZATION_FAILED"},
        {0xC1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION"},
        {0xC3, "SYSTEM_IMAGE_BAD_SIGNATURE"},
        {0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION"},
        {0xD5, "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL"},
        {0xFC, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY"},
        {0x11A, "EM_INITIALIZATION_ERROR"},
        {0x13A, "KERNEL_MODE_HEAP_CORRUPTION"},
        {0x1000007E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M"},
        {0xC000021A, "WINLOGON_FATAL_ERROR"},
        {0xC0000263, "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND"},
        {0xDEADDEAD, "MANUALLY_INITIATED_CRASH1"},
    };
    EMU_BUGCHECK Stop;

    for (volatile ULONG Index = 0; Index < RTL_NUMBER_OF(Expected); Index++) {
        EMU_CATCH_BUGCHECK(&Stop)
        {
            KeBugCheck(Expected[Index].Code);
        }
        cr_assert_eq(Stop.Code, Expected[Index].Code);
        cr_assert_not_null(Stop.Name, "0x%X", Expected[Index].Code);
        cr_assert_str_eq(Stop.Name, Expected[Index].Name);
    }
}

static PCSTR NameOf(ULONG Code)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeBugCheck(Code);
    }
    return Stop.Name;
}

/* Of several names for one code the first counts. The codes from 0x40000000 to 0x8FFFFFFF number message texts. */
Test(bugcheck, every_code_of_bugcodes_h_has_its_first_name)
{
    FILE *Header = fopen(POOLEMU_TEST_DATA "/../../include/km/bugcodes.h", "r");
    char Line[200], Name[100] = "", First[100] = "";
    unsigned int Code, Last = 0;
    ULONG Names = 0;

    cr_assert_not_null(Header);
    while (fgets(Line, sizeof(Line), Header) != NULL) {
        if (sscanf(Line, "#define %99s ((ULONG)0x%x", Name, &Code) != 2) {
            continue;
        }
        cr_assert(Names == 0 || Code >= Last, "%s", Name);
        if (Names == 0 || Code != Last) {
            memcpy(First, Name, sizeof(First));
        }
        if (Code >= 0x40000000 && Code <= 0x8FFFFFFF) {
            cr_assert_null(NameOf(Code), "%s", Name);
        } else {
            cr_assert_not_null(NameOf(Code), "%s", Name);
            cr_assert_str_eq(NameOf(Code), First);
        }
        Last = Code;
        Names++;
    }
    fclose(Header);
    cr_assert_geq(Names, 500);
}

static BOOLEAN IsInCriticalRegion(void)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeLeaveCriticalRegion(); /* outside of one a stop of Verifier */
        KeEnterCriticalRegion();
    }
    return Stop.Code == 0;
}

Test(bugcheck, after_one_the_irql_and_the_critical_regions_are_those_at_entry)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE), STATUS_SUCCESS);
    KeRaiseIrql(APC_LEVEL, &Old);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeEnterCriticalRegion();
        KeRaiseIrql(HIGH_LEVEL, &Old);
        KeBugCheck(BAD_POOL_CALLER);
    }
    cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
    cr_expect_not(IsInCriticalRegion());
}

/* A driver that forgets KeLowerIrql or KeLeaveCriticalRegion must show in a test. */
Test(bugcheck, without_one_the_irql_and_the_critical_regions_stay_as_the_block_left_them)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE), STATUS_SUCCESS);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeEnterCriticalRegion();
        KeRaiseIrql(APC_LEVEL, &Old);
    }
    cr_expect_eq(Stop.Code, 0);
    cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
    cr_expect(IsInCriticalRegion());
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeLeaveCriticalRegion();
        KeLowerIrql(PASSIVE_LEVEL);
    }
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
    cr_expect_not(IsInCriticalRegion());
}

static VOID StopInside(EMU_BUGCHECK *Inner)
{
    EMU_CATCH_BUGCHECK(Inner)
    {
        KeBugCheck(BAD_POOL_HEADER);
    }
}

Test(bugcheck, the_innermost_block_catches)
{
    EMU_BUGCHECK Outer;
    static EMU_BUGCHECK Inner;
    volatile BOOLEAN Behind = FALSE;

    EMU_CATCH_BUGCHECK(&Outer)
    {
        StopInside(&Inner);
        Behind = TRUE;
    }

    cr_assert(Behind);
    cr_assert_eq(Inner.Code, 0x19);
    cr_assert_eq(Outer.Code, 0);
}

Test(bugcheck, behind_an_inner_block_the_outer_one_catches)
{
    EMU_BUGCHECK Outer;
    static EMU_BUGCHECK Inner;

    EMU_CATCH_BUGCHECK(&Outer)
    {
        StopInside(&Inner);
        KeBugCheck(BAD_POOL_CALLER);
    }

    cr_assert_eq(Inner.Code, 0x19);
    cr_assert_eq(Outer.Code, 0xC2);
}

Test(bugcheck, blocks_follow_each_other)
{
    EMU_BUGCHECK Stop;

    for (volatile ULONG Round = 1; Round <= 1000; Round++) {
        EMU_CATCH_BUGCHECK(&Stop)
        {
            KeBugCheckEx(BAD_POOL_CALLER, Round, 0, 0, 0);
        }
        cr_assert_eq(Stop.Parameter[0], Round);
    }
}

static VOID StopBehindBreak(EMU_BUGCHECK *Inner)
{
    EMU_CATCH_BUGCHECK(Inner)
    {
        if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
            break;
        }
        KeBugCheck(BAD_POOL_HEADER);
    }

    KeBugCheck(BAD_POOL_CALLER);
}

static VOID ReturnFromBlock(EMU_BUGCHECK *Inner)
{
    EMU_CATCH_BUGCHECK(Inner)
    {
        KeRaiseIrqlToDpcLevel();
        return;
    }
}

Test(bugcheck, break_leaves_the_block)
{
    EMU_BUGCHECK Outer;
    static EMU_BUGCHECK Inner;

    EMU_CATCH_BUGCHECK(&Outer)
    {
        StopBehindBreak(&Inner);
    }

    cr_assert_eq(Inner.Code, 0);
    cr_assert_eq(Outer.Code, 0xC2);
}

Test(bugcheck, return_leaves_the_block)
{
    EMU_BUGCHECK Outer;
    static EMU_BUGCHECK Inner;
    KIRQL volatile Irql = 0xFF;

    EMU_CATCH_BUGCHECK(&Outer)
    {
        ReturnFromBlock(&Inner);
        Irql = KeGetCurrentIrql();
        KeBugCheck(BAD_POOL_CALLER);
    }

    cr_assert_eq(Irql, DISPATCH_LEVEL, "as the block left it");
    cr_assert_eq(Inner.Code, 0);
    cr_assert_eq(Outer.Code, 0xC2);
}

static VOID StopThroughExceptionBlock(VOID)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        KeBugCheck(BAD_POOL_CALLER);
    }
}

Test(bugcheck, a_bug_check_passes_a_block_that_catches_exceptions)
{
    EMU_BUGCHECK Stop;
    NTSTATUS Status;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        StopThroughExceptionBlock();
    }
    cr_assert_eq(Stop.Code, 0xC2);

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    cr_assert_eq(Status, STATUS_NO_MEMORY);
}

Test(bugcheck, a_try_does_not_handle_a_bug_check)
{
    EMU_BUGCHECK Stop;
    volatile BOOLEAN Handled = FALSE;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        __try {
            KeBugCheck(BAD_POOL_CALLER);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Handled = TRUE;
        }
    }

    cr_assert_not(Handled);
    cr_assert_eq(Stop.Code, 0xC2);
}

static void StopAndNobodyCatches(void)
{
    EmuSetWindows("win7sp1");
    KeRaiseIrqlToDpcLevel();
    KeBugCheckEx(BAD_POOL_CALLER, 0x46, EMU_BY_WIDTH(0xFFFF800012345678, 0x87654321), 0, 1);
}

Test(bugcheck, uncaught_it_shows_the_stop_screen_and_aborts)
{
    char Screen[4096];
    int Status = RunChild(StopAndNobodyCatches, Screen, sizeof(Screen));

    cr_assert(WIFSIGNALED(Status));
    cr_assert_eq(WTERMSIG(Status), SIGABRT);
    cr_assert_not_null(
        strstr(Screen, EMU_BY_WIDTH("*** STOP: 0x000000C2 (0x0000000000000046,0xFFFF800012345678,"
                                    "0x0000000000000000,0x0000000000000001)",
                                    "*** STOP: 0x000000C2 (0x00000046,0x87654321,0x00000000,0x00000001)")),
        "%s", Screen);
    cr_assert_not_null(strstr(Screen, "BAD_POOL_CALLER"));
    cr_assert_not_null(strstr(Screen, "Windows 7 Service Pack 1 (6.1.7601)"));
    cr_assert_not_null(strstr(Screen, "IRQL: 2 (DISPATCH_LEVEL)"));
}

static void ReleaseForeignLock(void)
{
    KSPIN_LOCK Lock = 0;

    KeRaiseIrqlToDpcLevel();
    KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);
}

Test(bugcheck, the_stop_screen_says_what_happened)
{
    char Screen[4096];
    int Status = RunChild(ReleaseForeignLock, Screen, sizeof(Screen));

    cr_assert(WIFSIGNALED(Status));
    cr_assert_not_null(strstr(Screen, "*** STOP: 0x00000010 ("), "%s", Screen);
    cr_assert_not_null(strstr(Screen, "this thread releases a spin lock that it does not have"));
}

Test(bugcheck, uncaught_it_is_sigabrt, .signal = SIGABRT)
{
    KeBugCheck(MANUALLY_INITIATED_CRASH);
}

Test(bugcheck, the_text_of_a_stop_has_no_control_characters)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        RtlAssert("a\x1b[2J\x07z", "b\xC2\x9B\x7F\xC3\xA4", 1, NULL);
    }
    cr_expect_str_eq(Stop.Text, "assertion failed: a?[2J?z (b???\xC3\xA4, line 1)");
}

Test(bugcheck, no_name_in_the_text_of_a_stop_begins_a_line)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        RtlAssert("a\n*** STOP: 0", "b\r\nc", 1, NULL);
    }
    cr_expect_str_eq(Stop.Text, "assertion failed: a?*** STOP: 0 (b??c, line 1)");
}
