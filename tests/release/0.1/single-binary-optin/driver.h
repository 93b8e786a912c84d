/* driver.h: what the driver shows to others. */
#ifndef DRIVER_H
#define DRIVER_H

#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

/* The block that DriverEntry allocated from NonPagedPool, and what the machine code in it returns. */
__declspec(dllexport) PVOID GetBlock(VOID);
__declspec(dllexport) ULONG RunBlock(VOID);

#endif
