/* ring.c: the library. Built with POOL_NX_OPTIN=1, its NonPagedPool is a variable of the image that it is linked into,
 * and only that image's DriverEntry can set it. */
#include "ring.h"

#define TAG_RING 'gniR'

NTSTATUS RingCreate(RING *Ring, ULONG Size)
{
    Ring->Bytes = ExAllocatePoolWithTag(NonPagedPool, Size, TAG_RING);
    Ring->Size = Size;
    Ring->Head = 0;
    Ring->Used = 0;
    return Ring->Bytes == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

VOID RingDelete(RING *Ring)
{
    ExFreePoolWithTag(Ring->Bytes, TAG_RING);
}

BOOLEAN RingPut(RING *Ring, UCHAR Byte)
{
    if (Ring->Used == Ring->Size) {
        return FALSE;
    }
    Ring->Bytes[(Ring->Head + Ring->Used) % Ring->Size] = Byte;
    Ring->Used++;
    return TRUE;
}

BOOLEAN RingGet(RING *Ring, PUCHAR Byte)
{
    if (Ring->Used == 0) {
        return FALSE;
    }
    *Byte = Ring->Bytes[Ring->Head];
    Ring->Head = (Ring->Head + 1) % Ring->Size;
    Ring->Used--;
    return TRUE;
}
