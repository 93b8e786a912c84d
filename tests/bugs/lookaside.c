/* lookaside.c: lookaside lists and their entries. */
#include "bugs.h"

enum {
    PACKET_BYTES = 96,
};

static NPAGED_LOOKASIDE_LIST Packets;

static VOID OpenPackets(VOID)
{
    ExInitializeNPagedLookasideList(&Packets, NULL, NULL, POOL_NX_ALLOCATION, PACKET_BYTES, BUG_TAG, 0);
}

/* ---- Entries -------------------------------------------------------------------------------------------------- */

static VOID EntryUsedAfterFreeToList(VOID)
{
    OpenPackets();
    PULONG Packet = ExAllocateFromNPagedLookasideList(&Packets);
    if (Packet != NULL) {
        ExFreeToNPagedLookasideList(&Packets, Packet);
        Packet[10] = 1;
    }
    ExDeleteNPagedLookasideList(&Packets);
}

/* Both users of the entry think that it is theirs. */
static VOID EntryFreedTwiceToList(VOID)
{
    OpenPackets();
    PVOID Packet = ExAllocateFromNPagedLookasideList(&Packets);
    if (Packet != NULL) {
        ExFreeToNPagedLookasideList(&Packets, Packet);
        ExFreeToNPagedLookasideList(&Packets, Packet);
    }
    PVOID First = ExAllocateFromNPagedLookasideList(&Packets);
    PVOID Second = ExAllocateFromNPagedLookasideList(&Packets);
    if (First != NULL && Second != NULL) {
        ExFreePoolWithTag(First, BUG_TAG);
        ExFreePoolWithTag(Second, BUG_TAG);
    }
    ExDeleteNPagedLookasideList(&Packets);
}

static VOID WriteBehindEntry(VOID)
{
    OpenPackets();
    PUCHAR Packet = ExAllocateFromNPagedLookasideList(&Packets);
    if (Packet != NULL) {
        RtlZeroMemory(Packet, PACKET_BYTES + 1);
        ExFreeToNPagedLookasideList(&Packets, Packet);
    }
    ExDeleteNPagedLookasideList(&Packets);
}

/* The list hands out what it was given. */
static VOID SmallerBlockFreedToList(VOID)
{
    OpenPackets();
    PVOID Small = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, BUG_TAG);
    if (Small != NULL) {
        ExFreeToNPagedLookasideList(&Packets, Small);
        PVOID Packet = ExAllocateFromNPagedLookasideList(&Packets);
        RtlZeroMemory(Packet, PACKET_BYTES);
        ExFreeToNPagedLookasideList(&Packets, Packet);
    }
    ExDeleteNPagedLookasideList(&Packets);
}

/* Entries have a header of the driver's own in front, which the list's routines add and take away. */
static PVOID NTAPI AllocateWithHeader(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    PUCHAR Block = ExAllocatePoolWithTag(PoolType, NumberOfBytes + 32, Tag);

    return Block == NULL ? NULL : Block + 32;
}

static VOID NTAPI FreeWithHeader(PVOID Buffer)
{
    ExFreePool((PUCHAR)Buffer - 32);
}

static VOID EntryFreedToPool(VOID)
{
    ExInitializeNPagedLookasideList(&Packets, AllocateWithHeader, FreeWithHeader, POOL_NX_ALLOCATION, PACKET_BYTES,
                                    BUG_TAG, 0);
    PVOID Packet = ExAllocateFromNPagedLookasideList(&Packets);
    if (Packet != NULL) {
        ExFreePoolWithTag(Packet, BUG_TAG);
    }
    ExDeleteNPagedLookasideList(&Packets);
}

/* ---- Lists ---------------------------------------------------------------------------------------------------- */

static VOID ListNotDeleted(VOID)
{
    static LOOKASIDE_LIST_EX List;

    if (NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, NonPagedPoolNx, 0, PACKET_BYTES, BUG_TAG, 0))) {
        PVOID Packet = ExAllocateFromLookasideListEx(&List);
        if (Packet != NULL) {
            ExFreeToLookasideListEx(&List, Packet);
        }
    }
}

/* The routine that starts the device runs again when its resources change. */
static VOID ListInitializedTwice(VOID)
{
    OpenPackets();
    OpenPackets();
    ExDeleteNPagedLookasideList(&Packets);
}

static VOID ListDeletedTwice(VOID)
{
    OpenPackets();
    ExDeleteNPagedLookasideList(&Packets);
    ExDeleteNPagedLookasideList(&Packets);
}

typedef struct EXTENSION {
    ULONG64 Device;
    DECLSPEC_ALIGN(64) NPAGED_LOOKASIDE_LIST Requests;
} EXTENSION;

static VOID ExtensionFreedWithList(VOID)
{
    EXTENSION *Extension = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, sizeof(EXTENSION), BUG_TAG);

    if (Extension != NULL) {
        ExInitializeNPagedLookasideList(&Extension->Requests, NULL, NULL, POOL_NX_ALLOCATION, 64, BUG_TAG, 0);
        ExFreePoolWithTag(Extension, BUG_TAG);
    }
}

static VOID ListInPagedPool(VOID)
{
    NPAGED_LOOKASIDE_LIST *List = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*List), BUG_TAG);

    if (List != NULL) {
        ExInitializeNPagedLookasideList(List, NULL, NULL, POOL_NX_ALLOCATION, 64, BUG_TAG, 0);
        ExDeleteNPagedLookasideList(List);
        ExFreePoolWithTag(List, BUG_TAG);
    }
}

/* A list of these is executable pool, list or not. */
static VOID ExecutableList(VOID)
{
    ExInitializeNPagedLookasideList(&Packets, NULL, NULL, 0, PACKET_BYTES, BUG_TAG, 0);
    PVOID Packet = ExAllocateFromNPagedLookasideList(&Packets);
    if (Packet != NULL) {
        ExFreeToNPagedLookasideList(&Packets, Packet);
    }
    ExDeleteNPagedLookasideList(&Packets);
}

const BUG LookasideBugs[] = {
    {.Name = "entry_used_after_free_to_list", .Run = EntryUsedAfterFreeToList},
    {.Name = "entry_freed_twice_to_list", .Run = EntryFreedTwiceToList},
    {.Name = "write_behind_entry", .Run = WriteBehindEntry},
    {.Name = "smaller_block_freed_to_list", .Run = SmallerBlockFreedToList},
    {.Name = "entry_freed_to_pool", .Run = EntryFreedToPool},
    {.Name = "list_not_deleted", .Run = ListNotDeleted},
    {.Name = "list_initialized_twice", .Run = ListInitializedTwice},
    {.Name = "list_deleted_twice", .Run = ListDeletedTwice},
    {.Name = "extension_freed_with_list", .Run = ExtensionFreedWithList},
    {.Name = "list_in_paged_pool", .Run = ListInPagedPool},
    {.Name = "executable_list", .Run = ExecutableList},
    {.Name = NULL},
};
