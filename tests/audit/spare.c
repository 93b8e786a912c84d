/* spare.c: a member of the static library that no driver needs. */
#include <ntddk.h>

PVOID Spare(VOID);

PVOID Spare(VOID)
{
    return ExAllocatePoolWithTag(NonPagedPool, 100, 'tduA');
}
