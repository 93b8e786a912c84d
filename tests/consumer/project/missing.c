/* missing.c: a driver that calls a routine poolemu does not have. */
#include <ntddk.h>

VOID ExNoSuchRoutine(VOID);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExNoSuchRoutine();
    return STATUS_SUCCESS;
}
