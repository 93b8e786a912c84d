/* driver.c: one binary for every Windows. Built with POOL_NX_OPTIN=1, NonPagedPool is a variable of this image, which
 * ExInitializeDriverRuntime sets: executable pool on Windows 7 and before, NX pool since Windows 8. */
#include "driver.h"

#include "../answer.h"

#define TAG_CODE 'edoC'

static PVOID Block;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Block, TAG_CODE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);

    /* Before the first allocation; without this line the block is executable on every Windows. */
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);

    Block = ExAllocatePoolWithTag(NonPagedPool, 64, TAG_CODE);
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WriteAnswerCode(Block);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}

PVOID GetBlock(VOID)
{
    return Block;
}

ULONG RunBlock(VOID)
{
    return RunAnswerCode(Block);
}
