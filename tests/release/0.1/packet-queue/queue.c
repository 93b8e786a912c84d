/* queue.c: packets come from a lookaside list, so that a busy queue seldom asks the pool; a spin lock guards the queue
 * itself. */
#include "queue.h"

#define TAG_PACKET 'tkcP'

typedef struct PACKET {
    LIST_ENTRY Link;
    ULONG Length;
    UCHAR Data[MAXIMUM_PACKET];
} PACKET;

static NPAGED_LOOKASIDE_LIST Packets;
static KSPIN_LOCK QueueLock;
static LIST_ENTRY Queue;

static PACKET *TakeOldest(VOID)
{
    PLIST_ENTRY Link = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&QueueLock, &Irql);
    if (!IsListEmpty(&Queue)) {
        Link = RemoveHeadList(&Queue);
    }
    KeReleaseSpinLock(&QueueLock, Irql);
    return Link == NULL ? NULL : CONTAINING_RECORD(Link, PACKET, Link);
}

NTSTATUS QueuePacket(const VOID *Data, ULONG Length)
{
    PACKET *Packet;
    KIRQL Irql;

    if (Length == 0 || Length > MAXIMUM_PACKET) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    Packet = ExAllocateFromNPagedLookasideList(&Packets);
    if (Packet == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Packet->Length = Length;
    RtlCopyMemory(Packet->Data, Data, Length);

    KeAcquireSpinLock(&QueueLock, &Irql);
    InsertTailList(&Queue, &Packet->Link);
    KeReleaseSpinLock(&QueueLock, Irql);
    return STATUS_SUCCESS;
}

NTSTATUS DequeuePacket(PVOID Buffer, PULONG Length)
{
    PACKET *Packet = TakeOldest();

    if (Packet == NULL) {
        return STATUS_NO_MORE_ENTRIES;
    }
    RtlCopyMemory(Buffer, Packet->Data, Packet->Length);
    *Length = Packet->Length;
    ExFreeToNPagedLookasideList(&Packets, Packet);
    return STATUS_SUCCESS;
}

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    PACKET *Packet;

    UNREFERENCED_PARAMETER(DriverObject);
    while ((Packet = TakeOldest()) != NULL) {
        ExFreeToNPagedLookasideList(&Packets, Packet);
    }
    ExDeleteNPagedLookasideList(&Packets);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);

    KeInitializeSpinLock(&QueueLock);
    InitializeListHead(&Queue);
    ExInitializeNPagedLookasideList(&Packets, NULL, NULL, 0, sizeof(PACKET), TAG_PACKET, 0);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
