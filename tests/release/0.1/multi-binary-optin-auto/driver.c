/* driver.c: one source, a binary per Windows. The build for Windows 8 and later defines POOL_NX_OPTIN_AUTO=1, which
 * makes NonPagedPool the constant NonPagedPoolNx; the build for Windows 7 does not. Nothing is asked at run time. */
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
