/* physical.c: the physical address of a virtual one. */
#include "mem/physical.h"

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress)
{
    PHYSICAL_ADDRESS Physical;

    Physical.QuadPart = (LONGLONG)MiPfnOf((ULONG_PTR)BaseAddress) << PAGE_SHIFT | BYTE_OFFSET(BaseAddress);
    return Physical;
}
