/* queue.h: a queue of packets between the interrupt side of a driver, at DISPATCH_LEVEL, and its readers. */
#ifndef QUEUE_H
#define QUEUE_H

#include <ntddk.h>

#define MAXIMUM_PACKET 1514

DRIVER_INITIALIZE DriverEntry;

/* Copies a packet to the end of the queue. STATUS_INVALID_BUFFER_SIZE: it is empty or too long;
 * STATUS_INSUFFICIENT_RESOURCES: no pool left. At DISPATCH_LEVEL or below. */
NTSTATUS QueuePacket(const VOID *Data, ULONG Length);

/* Copies the oldest packet out and takes it off the queue; Buffer holds MAXIMUM_PACKET bytes. STATUS_NO_MORE_ENTRIES:
 * the queue is empty. At DISPATCH_LEVEL or below. */
NTSTATUS DequeuePacket(PVOID Buffer, PULONG Length);

#endif
