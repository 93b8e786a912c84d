/* imports_pool2.c: a driver for Windows 10 2004 and later: it imports ExAllocatePool2. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static PVOID Block;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Block, 'tpmI');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tpmI');
    DriverObject->DriverUnload = DriverUnload;
    return Block == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}
