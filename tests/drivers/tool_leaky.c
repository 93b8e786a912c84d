/* tool_leaky.c: leaves two blocks behind. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    (void)ExAllocatePoolWithTag(PagedPool, 100, 'kaeL');
    (void)ExAllocatePoolWithTag(NonPagedPoolNx, 5000, 'kaeL');
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
