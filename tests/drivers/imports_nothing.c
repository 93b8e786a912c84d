/* imports_nothing.c: a driver for every Windows: it looks for ExAllocatePool2, and does without where there is none. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

typedef PVOID NTAPI ALLOCATE_POOL_2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

static PVOID Block;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Block, 'tpmI');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ExAllocatePool2");
    ALLOCATE_POOL_2 *Allocate = (ALLOCATE_POOL_2 *)(ULONG_PTR)MmGetSystemRoutineAddress(&Name);

    UNREFERENCED_PARAMETER(RegistryPath);
    Block = Allocate != NULL ? Allocate(POOL_FLAG_PAGED, 100, 'tpmI') : ExAllocatePoolWithTag(PagedPool, 100, 'tpmI');
    DriverObject->DriverUnload = DriverUnload;
    return Block == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}
