/* driver.c: a driver that uses the library, and is built twice: right, with POOL_NX_OPTIN=1 as the library is; wrong,
 * without it: then the call below compiles, does nothing, and the library's pool stays executable on every Windows. */
#include "driver.h"

static RING Ring;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    RingDelete(&Ring);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    DriverObject->DriverUnload = DriverUnload;
    return RingCreate(&Ring, 64);
}

RING *GetRing(VOID)
{
    return &Ring;
}
