/* driver.c: a driver of three files, all built with POOL_NX_OPTIN=1. One of them, compiler.c, opts out. */
#include "driver.h"

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DropRoutine();
    CloseJournal();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);

    Status = OpenJournal();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CompileRoutine();
    if (!NT_SUCCESS(Status)) {
        CloseJournal();
        return Status;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
