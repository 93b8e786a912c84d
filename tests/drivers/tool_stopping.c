/* tool_stopping.c: frees a block twice while it is unloaded. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 100, 'potS');

    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Block, 'potS');
    ExFreePoolWithTag(Block, 'potS');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
