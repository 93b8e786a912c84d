/* tool_careful.c: two allocations by one routine, and two call sites; frees what it has when the next one fails. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static PVOID First, Second;

static VOID FreeBoth(VOID)
{
    if (Second != NULL) {
        ExFreePoolWithTag(Second, 'eraC');
    }
    if (First != NULL) {
        ExFreePoolWithTag(First, 'eraC');
    }
}

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    FreeBoth();
}

static __declspec(noinline) BOOLEAN Take(PVOID *Block)
{
    *Block = ExAllocatePoolWithTag(PagedPool, 100, 'eraC');
    return *Block != NULL;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!Take(&First) || !Take(&Second)) {
        FreeBoth();
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
