// A driver with a device, as the samples are: dispatch routines, control codes, completion, cancellation, the registry.

#include <ntddk.h>
#include <ntstrsafe.h>

#define IOCTL_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _EXTENSION {
    IO_REMOVE_LOCK RemoveLock;
    IO_CSQ Queue;
    PDEVICE_OBJECT Lower;
    PIO_WORKITEM Item;
    KMUTEX Mutex;
    FAST_IO_DISPATCH FastIo;
} EXTENSION, *PEXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
_Dispatch_type_(IRP_MJ_CREATE) DRIVER_DISPATCH Create;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH Control;
IO_COMPLETION_ROUTINE Done;
IO_WORKITEM_ROUTINE Work;
DRIVER_CANCEL Cancel;

NTSTATUS Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

VOID Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    IoFreeWorkItem(((PEXTENSION)DeviceObject->DeviceExtension)->Item);
}

VOID Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

NTSTATUS Create(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Location = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status =
        Location->FileObject != NULL && Location->Parameters.Create.SecurityContext->DesiredAccess != 0
            ? STATUS_SUCCESS
            : STATUS_ACCESS_DENIED;
    Irp->IoStatus.Information = FILE_OPENED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

NTSTATUS Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Location = IoGetCurrentIrpStackLocation(Irp);
    PEXTENSION Extension = (PEXTENSION)DeviceObject->DeviceExtension;
    KEVENT Event;
    NTSTATUS Status = IoAcquireRemoveLock(&Extension->RemoveLock, Irp);

    if (NT_SUCCESS(Status) && Location->Parameters.DeviceIoControl.IoControlCode != IOCTL_ECHO) {
        KeInitializeEvent(&Event, NotificationEvent, FALSE);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, Done, &Event, TRUE, TRUE, TRUE);
        Status = IoCallDriver(Extension->Lower, Irp);
        if (Status == STATUS_PENDING) {
            KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
            Status = Irp->IoStatus.Status;
        }
    }
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name, Link;
    PDEVICE_OBJECT Device = NULL;
    HANDLE Key = NULL;
    OBJECT_ATTRIBUTES Attributes;
    UCHAR Buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + 64];
    ULONG Bytes;
    NTSTATUS Status = STATUS_UNSUCCESSFUL;

    RtlInitUnicodeString(&Name, L"\\Device\\Echo");
    RtlInitUnicodeString(&Link, L"\\DosDevices\\Echo");
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    try {
        Status = ZwOpenKey(&Key, KEY_READ, &Attributes);
        if (!NT_SUCCESS(Status)) {
            leave;
        }
        Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Bytes);
        Status = IoCreateDevice(DriverObject, sizeof(EXTENSION), &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                FALSE, &Device);
        if (NT_SUCCESS(Status)) {
            Status = IoCreateSymbolicLink(&Link, &Name);
        }
    } finally {
        if (Key != NULL) {
            ZwClose(Key);
        }
    }
    if (NT_SUCCESS(Status)) {
        PEXTENSION Extension = (PEXTENSION)Device->DeviceExtension;
        IoInitializeRemoveLock(&Extension->RemoveLock, 'ohcE', 0, 0);
        KeInitializeMutex(&Extension->Mutex, 0);
        Device->Flags |= DO_BUFFERED_IO;
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
        DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
        DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
        DriverObject->DriverUnload = Unload;
        Extension->Item = IoAllocateWorkItem(Device);
        IoQueueWorkItem(Extension->Item, Work, DelayedWorkQueue, NULL);
    }
    return Status;
}
