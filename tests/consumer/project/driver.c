/* driver.c: a driver that allocates one block and leaves its address where load.c finds it. */
#include <ntddk.h>

PVOID DriverBlock;

/* load.c has a function of this name as well; here the driver's own is meant. */
PVOID DriverAllocate(VOID);

PVOID DriverAllocate(VOID)
{
    return ExAllocatePoolWithTag(NonPagedPool, 100, 'vrdC');
}

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(DriverBlock, 'vrdC');
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    DriverBlock = DriverAllocate();
    DriverObject->DriverUnload = DriverUnload;
    return DriverBlock != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
