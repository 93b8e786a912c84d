/* tool_failing.c: does not want to be loaded, on Windows 8 with another status; before, it does. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (RtlIsNtDdiVersionAvailable(NTDDI_WINBLUE)) {
        return STATUS_NOT_SUPPORTED;
    }
    return RtlIsNtDdiVersionAvailable(NTDDI_WIN8) ? STATUS_REVISION_MISMATCH : STATUS_SUCCESS;
}
