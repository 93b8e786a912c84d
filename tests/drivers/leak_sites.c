/* leak_sites.c: leaves blocks behind that came from two call sites, one of them in a function that two others call, and
 * frees what came from a third. */
#include <ntddk.h>

#include "emu_compiler.h"

DRIVER_INITIALIZE DriverEntry;
ULONG LeakyLines[2];
static PVOID Freed;

static EMU_NOINLINE PVOID AllocateCommon(SIZE_T Bytes)
{
    LeakyLines[0] = __LINE__ + 1;
    PVOID Block = ExAllocatePoolWithTag(PagedPool, Bytes, 'kaeL');
    EMU_COMPILER_BARRIER(); /* not the last thing that it does: that may be a jump */
    return Block;
}

static EMU_NOINLINE PVOID AllocateLarge(VOID)
{
    LeakyLines[1] = __LINE__ + 1;
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 5000, 'kaeL');
    EMU_COMPILER_BARRIER();
    return Block;
}

/* For the test to call, as a thread would that the driver left running. */
PVOID LateAllocation(VOID);
PVOID LateAllocation(VOID)
{
    return AllocateLarge();
}

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Freed, 'kaeL');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    for (volatile ULONG Round = 0; Round < 3; Round++) {
        AllocateCommon(100);
    }
    AllocateCommon(7);
    AllocateLarge();
    Freed = ExAllocatePoolWithTag(PagedPool, 50000, 'kaeL');
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
