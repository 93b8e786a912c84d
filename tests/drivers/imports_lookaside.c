/* imports_lookaside.c: built for the newest Windows: taking an entry from a lookaside list is an import. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static LOOKASIDE_LIST_EX List;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExDeleteLookasideListEx(&List);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, 100, 'tpmI', 0);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (NT_SUCCESS(Status)) {
        PVOID Entry = ExAllocateFromLookasideListEx(&List);
        if (Entry != NULL) {
            ExFreeToLookasideListEx(&List, Entry);
        }
        DriverObject->DriverUnload = DriverUnload;
    }
    return Status;
}
