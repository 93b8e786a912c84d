/* tool_failing.c: does not want to be loaded; before Windows 8 it does. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return RtlIsNtDdiVersionAvailable(NTDDI_WIN8) ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}
