/* tool_quiet.c: loads, allocates, frees. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static PVOID Block;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Block, 'teiQ');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Block = ExAllocatePoolWithTag(PagedPool, 100, 'teiQ');
    DriverObject->DriverUnload = DriverUnload;
    return Block == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}
