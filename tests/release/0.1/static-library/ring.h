/* ring.h: a library for drivers: a ring of bytes in NonPagedPool. */
#ifndef RING_H
#define RING_H

#include <ntddk.h>

typedef struct RING {
    PUCHAR Bytes; /* a block of NonPagedPool */
    ULONG Size;
    ULONG Head; /* where the oldest byte is */
    ULONG Used;
} RING;

NTSTATUS RingCreate(RING *Ring, ULONG Size);
VOID RingDelete(RING *Ring);
BOOLEAN RingPut(RING *Ring, UCHAR Byte);  /* FALSE: full */
BOOLEAN RingGet(RING *Ring, PUCHAR Byte); /* FALSE: empty */

#endif
