/* part.c: the driver's other file, built with macros of its own. */
#include "part.h"

static PVOID Blocks[8];

NTSTATUS PartAllocate(ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPool, 100, 'tduA');
    }
    return Blocks[0] == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

VOID PartFree(VOID)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Blocks); Index++) {
        if (Blocks[Index] != NULL) {
            ExFreePoolWithTag(Blocks[Index], 'tduA');
            Blocks[Index] = NULL;
        }
    }
}

/* Nobody calls it: a linker that collects garbage drops it, and the record of its call. */
EMU_LOCAL VOID PartNeverCalled(VOID);

VOID PartNeverCalled(VOID)
{
#ifdef DEAD_RUNTIME_CALL
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
#endif
}
