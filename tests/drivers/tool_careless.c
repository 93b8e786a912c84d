/* tool_careless.c: forgets its first block when there is no second. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static PVOID First, Second;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Second, 'eraC');
    ExFreePoolWithTag(First, 'eraC');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    First = ExAllocatePoolWithTag(PagedPool, 100, 'eraC');
    Second = First == NULL ? NULL : ExAllocatePoolWithTag(PagedPool, 200, 'eraC');
    if (Second == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
