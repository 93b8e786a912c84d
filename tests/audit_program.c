/* audit_program.c: the audit of a program that has the driver linked into it: order of the run-time call, with and
 * without EmuLoadDriver. */
#define POOL_NX_OPTIN 1

#include <criterion/criterion.h>

#include "support.h"

#if !defined(_ARM64_) /* there the headers opt in by themselves */

static ULONG64 TooLate(void)
{
    ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG);
    ULONG64 Before = EmuViolationCount();
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    return EmuViolationCount() - Before;
}

Test(audit_program, without_a_load_or_counting_nothing_is_known_of_the_order)
{
    cr_expect_eq(TooLate(), 0);
}

Test(audit_program, with_counting_the_order_is_known_without_a_load)
{
    EmuCountCallSites(TRUE);
    cr_expect_eq(TooLate(), 1);
    EmuCountCallSites(FALSE);
}

Test(audit_program, mistakes_of_the_run_are_found_in_the_program)
{
    EMU_AUDIT Audit;

    EmuCountCallSites(TRUE);
    TooLate();
    cr_assert_eq(EmuAuditImage(NULL, NULL, &Audit), STATUS_SUCCESS, "%s", Audit.Error);
    cr_expect_eq(Audit.Mistakes, EmuMistakeCallTooLate);
    cr_expect_eq(Audit.TestFiles, 1);
}

static NTSTATUS NTAPI RightEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI LateEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG);
    return RightEntry(DriverObject, RegistryPath);
}

static NTSTATUS NTAPI StoppingEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeBugCheck(MANUALLY_INITIATED_CRASH);
}

static void Load(PDRIVER_INITIALIZE Entry)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuLoadDriver(Entry, "inside", &Driver);
    }
}

Test(audit_program, a_load_knows_the_order_in_its_driverentry)
{
    Load(RightEntry);
    cr_expect_eq(EmuViolationCount(), 0);
    Load(LateEntry);
    cr_expect_eq(EmuViolationCount(), 1);
}

Test(audit_program, what_came_before_the_load_does_not_count)
{
    EmuCountCallSites(TRUE);
    ExAllocatePoolWithTag(NonPagedPoolExecute, 100, TAG);
    Load(RightEntry);
    cr_expect_eq(EmuViolationCount(), 0);
}

Test(audit_program, behind_a_load_nothing_is_noted_any_more)
{
    Load(RightEntry);
    cr_expect_eq(TooLate(), 0);
}

Test(audit_program, behind_a_load_that_a_stop_ended_nothing_is_noted_any_more)
{
    Load(StoppingEntry);
    cr_expect_eq(TooLate(), 0);
}

#endif

Test(audit_program, files_with_poolemu_h_are_the_tests)
{
    EMU_AUDIT Audit;

    cr_assert_eq(EmuAuditImage(NULL, NULL, &Audit), STATUS_SUCCESS, "%s", Audit.Error);
    cr_expect_eq(Audit.Files, 0);
    cr_expect_eq(Audit.TestFiles, 1);
    cr_expect_eq(Audit.Mistakes, 0);
}
