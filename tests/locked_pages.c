/* locked_pages.c: pages that a driver locks by MmProbeAndLockPages and leaves so. */
#include <criterion/criterion.h>

#include "support.h"

static PUCHAR Buffer;
static PMDL Mdl;
static ULONG LockLine;

static void OpenTracking(void)
{
    EmuSetWindows("win11-25h2");
    EmuSetVerifier(EMU_VERIFIER_POOL_TRACKING);
    Buffer = ExAllocatePoolWithTag(PagedPool, 3 * PAGE_SIZE, TAG);
}

TestSuite(locked_pages, .init = OpenTracking);

static EMU_NOINLINE VOID LockBuffer(VOID)
{
    Mdl = IoAllocateMdl(Buffer + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    LockLine = __LINE__ + 1;
    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    EMU_COMPILER_BARRIER();
}

static EMU_NOINLINE VOID UnlockBuffer(VOID)
{
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
}

static VOID UnloadForgetful(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static VOID UnloadCareful(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    UnlockBuffer();
}

static NTSTATUS EnterForgetful(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    LockBuffer();
    Driver->DriverUnload = UnloadForgetful;
    return STATUS_SUCCESS;
}

static NTSTATUS EnterCareful(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    EnterForgetful(Driver, RegistryPath);
    Driver->DriverUnload = UnloadCareful;
    return STATUS_SUCCESS;
}

static NTSTATUS EnterInVain(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    EnterForgetful(Driver, RegistryPath);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS EnterQuietly(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = UnloadForgetful;
    return STATUS_SUCCESS;
}

static PDRIVER_OBJECT Load(PDRIVER_INITIALIZE Entry)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(Entry, "locker", &Driver), STATUS_SUCCESS);
    return Driver;
}

static EMU_BUGCHECK StopOfUnload(PDRIVER_OBJECT Driver)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuUnloadDriver(Driver);
    }
    return Stop;
}

/* Its first parameter is the address of a structure of the emulator's own. */
static void ExpectLeftPages(const EMU_BUGCHECK *Stop)
{
    cr_expect_eq(Stop->Code, DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, "0x%X: %s", Stop->Code, Stop->Text);
    cr_expect_neq(Stop->Parameter[0], 0);
    cr_expect_eq(Stop->Parameter[1], 0);
    cr_expect_eq(Stop->Parameter[2], (ULONG_PTR)Mdl);
    cr_expect_eq(Stop->Parameter[3], 3);
}

Test(locked_pages, pages_left_locked_at_unload_stop_with_0xCB)
{
    EMU_BUGCHECK Stop = StopOfUnload(Load(EnterForgetful));

    ExpectLeftPages(&Stop);
    cr_expect_not_null(strstr(Stop.Text, "driver locker has not unlocked 3 pages of the MDL at "), "%s", Stop.Text);
}

Test(locked_pages, the_stop_names_the_call_that_locked_them)
{
    EMU_BUGCHECK Stop = StopOfUnload(Load(EnterForgetful));
    CHAR Words[64];

    snprintf(Words, sizeof(Words), "locked by LockBuffer (locked_pages.c:%u)", LockLine);
    cr_expect_not_null(strstr(Stop.Text, Words), "%s\n%s", Words, Stop.Text);
}

Test(locked_pages, pages_left_locked_by_a_failed_DriverEntry_stop_with_0xCB)
{
    EMU_BUGCHECK Stop;
    PDRIVER_OBJECT Driver;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        EmuLoadDriver(EnterInVain, "locker", &Driver);
    }
    ExpectLeftPages(&Stop);
}

Test(locked_pages, a_driver_that_unlocks_its_pages_is_unloaded)
{
    EXPECT_NO_STOP(StopOfUnload(Load(EnterCareful)));
}

Test(locked_pages, what_was_locked_before_the_load_is_not_the_drivers)
{
    LockBuffer();
    EXPECT_NO_STOP(StopOfUnload(Load(EnterQuietly)));
    UnlockBuffer();
}

Test(locked_pages, the_last_lock_of_an_mdl_is_the_one_that_is_left)
{
    LockBuffer();
    PDRIVER_OBJECT Driver = Load(EnterQuietly);
    MmUnlockPages(Mdl);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    EMU_BUGCHECK Stop = StopOfUnload(Driver);
    ExpectLeftPages(&Stop);
}

Test(locked_pages, the_mdl_that_is_left_is_named_and_none_that_was_unlocked)
{
    PDRIVER_OBJECT Driver = Load(EnterForgetful);
    PMDL Other = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Other, KernelMode, IoReadAccess);
    MmUnlockPages(Other);
    IoFreeMdl(Other);
    EMU_BUGCHECK Stop = StopOfUnload(Driver);
    ExpectLeftPages(&Stop);
}

Test(locked_pages, an_mdl_that_was_freed_has_its_pages_still_locked)
{
    PDRIVER_OBJECT Driver = Load(EnterForgetful);

    IoFreeMdl(Mdl);
    EMU_BUGCHECK Stop = StopOfUnload(Driver);
    ExpectLeftPages(&Stop);
}

Test(locked_pages, without_tracking_they_are_not_looked_for)
{
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    EXPECT_NO_STOP(StopOfUnload(Load(EnterForgetful)));
}

Test(locked_pages, before_vista_only_the_mdl_is_a_leak)
{
    EmuSetWindows("ws2003");
    EMU_BUGCHECK Stop = StopOfUnload(Load(EnterForgetful));
    cr_expect_eq(Stop.Code, DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_expect_eq(Stop.Parameter[0], 0x62);

    EmuReset();
    EmuSetWindows("vista");
    EmuTrackPool(TRUE);
    Buffer = ExAllocatePoolWithTag(PagedPool, 3 * PAGE_SIZE, TAG);
    Stop = StopOfUnload(Load(EnterForgetful));
    ExpectLeftPages(&Stop);
}

Test(locked_pages, after_the_stop_they_are_left_until_a_reset)
{
    EMU_BUGCHECK Stop = StopOfUnload(Load(EnterForgetful));

    ExpectLeftPages(&Stop);
    EmuReset();
    OpenTracking();
    EXPECT_NO_STOP(StopOfUnload(Load(EnterCareful)));
}
