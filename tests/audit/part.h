/* part.h: the other file. */
#include <ntddk.h>

NTSTATUS PartAllocate(ULONG Blocks);
VOID PartFree(VOID);
