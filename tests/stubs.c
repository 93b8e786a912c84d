/* stubs.c: routines that poolemu declares and does not implement, and the inline routines of IRPs. */
#include <criterion/criterion.h>

#include "support.h"

/* A fake of the test's own: it takes the stub's place. */
static PDEVICE_OBJECT Deleted;

VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject)
{
    Deleted = DeviceObject;
}

#if !defined(_WIN32)
Test(stubs, a_call_stops_and_names_the_routine_and_what_to_do)
{
    PDEVICE_OBJECT Device;
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        IoCreateDevice(NULL, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    }
    cr_assert_eq(Stop.Code, (ULONG)STATUS_NOT_IMPLEMENTED);
    cr_expect_str_eq((PCSTR)Stop.Parameter[0], "IoCreateDevice");
    cr_expect_eq(Stop.Parameter[2], 0);
    cr_expect_eq(Stop.Parameter[3], 0);
    cr_expect_not_null(strstr(Stop.Text, "IoCreateDevice was called, and poolemu does not implement it"), "%s",
                       Stop.Text);
    cr_expect_not_null(strstr(Stop.Text, "Define a routine of that name"), "%s", Stop.Text);
}
#endif

Test(stubs, a_routine_of_the_test_takes_the_place_of_the_stub)
{
    DEVICE_OBJECT Device;

    IoDeleteDevice(&Device);
    cr_expect_eq(Deleted, &Device);
}

/* ---- Stack locations ------------------------------------------------------------------------------------------- */

static struct {
    IRP Irp;
    IO_STACK_LOCATION Location[3];
} Packet;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_SUCCESS;
}

static VOID NTAPI Cancelled(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
}

static PIRP MakeIrp(void)
{
    RtlZeroMemory(&Packet, sizeof(Packet));
    Packet.Irp.StackCount = 3;
    Packet.Irp.CurrentLocation = 3;
    Packet.Irp.Tail.Overlay.CurrentStackLocation = &Packet.Location[2];
    return &Packet.Irp;
}

Test(stubs, the_next_stack_location_is_the_one_below)
{
    PIRP Irp = MakeIrp();

    cr_expect_eq(IoGetCurrentIrpStackLocation(Irp), &Packet.Location[2]);
    cr_expect_eq(IoGetNextIrpStackLocation(Irp), &Packet.Location[1]);
    IoSetNextIrpStackLocation(Irp);
    cr_expect_eq(Irp->CurrentLocation, 2);
    cr_expect_eq(IoGetCurrentIrpStackLocation(Irp), &Packet.Location[1]);
    IoSkipCurrentIrpStackLocation(Irp);
    cr_expect_eq(Irp->CurrentLocation, 3);
    cr_expect_eq(IoGetCurrentIrpStackLocation(Irp), &Packet.Location[2]);
    cr_expect_eq(IoSizeOfIrp(3), sizeof(IRP) + 3 * sizeof(IO_STACK_LOCATION));
}

Test(stubs, a_copied_stack_location_has_no_completion_routine)
{
    PIRP Irp = MakeIrp();
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);

    Packet.Location[2].MajorFunction = IRP_MJ_DEVICE_CONTROL;
    Packet.Location[2].Parameters.DeviceIoControl.IoControlCode = 0x222000;
    Packet.Location[2].Control = SL_INVOKE_ON_SUCCESS;
    Packet.Location[2].CompletionRoutine = Completed;
    IoCopyCurrentIrpStackLocationToNext(Irp);
    cr_expect_eq(Next->MajorFunction, IRP_MJ_DEVICE_CONTROL);
    cr_expect_eq(Next->Parameters.DeviceIoControl.IoControlCode, 0x222000);
    cr_expect_eq(Next->Control, 0);
    cr_expect_null(Next->CompletionRoutine);
    IoSetCompletionRoutine(Irp, Completed, Irp, TRUE, FALSE, TRUE);
    cr_expect_eq(Next->Control, SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_CANCEL);
    cr_expect_eq(Next->CompletionRoutine, Completed);
    cr_expect_eq(Next->Context, Irp);
}

Test(stubs, a_pending_irp_is_marked_in_its_own_location)
{
    PIRP Irp = MakeIrp();

    IoMarkIrpPending(Irp);
    cr_expect_eq(Packet.Location[2].Control, SL_PENDING_RETURNED);
}

Test(stubs, a_cancel_routine_is_exchanged)
{
    PIRP Irp = MakeIrp();

    cr_expect_null(IoSetCancelRoutine(Irp, Cancelled));
    cr_expect_eq(IoSetCancelRoutine(Irp, NULL), Cancelled);
    cr_expect_null(Irp->CancelRoutine);
}
