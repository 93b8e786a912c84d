/* image_optin.c: an image of its own with POOL_NX_OPTIN, whose DriverEntry tells what NonPagedPool is, after the call
 * of ExInitializeDriverRuntime when there is a DriverObject. */
#define POOL_NX_OPTIN 1

#include "wdm.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    if (DriverObject != NULL) {
        ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    }
    return (NTSTATUS)NonPagedPool;
}
