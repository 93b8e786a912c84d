/* irql.c: paged pool where it must not be, IRQLs that are not what they should be, and spin locks. */
#include "bugs.h"

static KSPIN_LOCK Lock;

/* ---- Paged pool ----------------------------------------------------------------------------------------------- */

static VOID PagedRequestAtDispatch(VOID)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Lock, &Irql);
    PVOID Entry = ExAllocatePoolWithTag(PagedPool, 64, BUG_TAG);
    KeReleaseSpinLock(&Lock, Irql);
    if (Entry != NULL) {
        ExFreePoolWithTag(Entry, BUG_TAG);
    }
}

static VOID PagedRequestAtDispatchByPool2(VOID)
{
    KIRQL Irql = KeRaiseIrqlToDpcLevel();
    PVOID Entry = ExAllocatePool2(POOL_FLAG_PAGED, 64, BUG_TAG);

    KeLowerIrql(Irql);
    if (Entry != NULL) {
        ExFreePoolWithTag(Entry, BUG_TAG);
    }
}

static VOID PagedBlockFreedAtDispatch(VOID)
{
    KIRQL Irql;
    PVOID Entry = ExAllocatePool2(POOL_FLAG_PAGED, 64, BUG_TAG);

    if (Entry != NULL) {
        KeAcquireSpinLock(&Lock, &Irql);
        ExFreePoolWithTag(Entry, BUG_TAG);
        KeReleaseSpinLock(&Lock, Irql);
    }
}

static VOID PagedBlockReadAtDispatch(VOID)
{
    PULONG Settings = ExAllocatePool2(POOL_FLAG_PAGED, 64, BUG_TAG);
    KIRQL Irql;

    if (Settings != NULL) {
        KeAcquireSpinLock(&Lock, &Irql);
        Answer = Settings[3];
        KeReleaseSpinLock(&Lock, Irql);
        ExFreePoolWithTag(Settings, BUG_TAG);
    }
}

static VOID PagedPagesWrittenAtDispatch(VOID)
{
    PUCHAR Statistics = ExAllocatePool2(POOL_FLAG_PAGED, 2 * PAGE_SIZE, BUG_TAG);

    if (Statistics != NULL) {
        KIRQL Irql = KeRaiseIrqlToDpcLevel();
        Statistics[PAGE_SIZE] = 1;
        KeLowerIrql(Irql);
        ExFreePoolWithTag(Statistics, BUG_TAG);
    }
}

static VOID PagedListAtDispatch(VOID)
{
    static PAGED_LOOKASIDE_LIST List;
    KIRQL Irql;

    ExInitializePagedLookasideList(&List, NULL, NULL, 0, 64, BUG_TAG, 0);
    KeAcquireSpinLock(&Lock, &Irql);
    PVOID Entry = ExAllocateFromPagedLookasideList(&List);
    KeReleaseSpinLock(&Lock, Irql);
    if (Entry != NULL) {
        ExFreeToPagedLookasideList(&List, Entry);
    }
    ExDeletePagedLookasideList(&List);
}

/* ---- IRQLs ---------------------------------------------------------------------------------------------------- */

static VOID RequestInInterrupt(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL + 3, &Irql); /* a device's */
    PVOID Packet = ExAllocatePoolWithTag(NonPagedPoolNx, 64, BUG_TAG);
    KeLowerIrql(Irql);
    if (Packet != NULL) {
        ExFreePoolWithTag(Packet, BUG_TAG);
    }
}

static NTSTATUS IrqlLeftRaised(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(APC_LEVEL, &Irql);
    return STATUS_SUCCESS;
}

static VOID LowerIrqlUpwards(VOID)
{
    KIRQL Irql = KeGetCurrentIrql();

    KeLowerIrql(DISPATCH_LEVEL); /* the two routines were mixed up */
    KeLowerIrql(Irql);
}

static VOID RaiseIrqlDownwards(VOID)
{
    KIRQL Irql, Old;

    KeAcquireSpinLock(&Lock, &Irql);
    KeRaiseIrql(APC_LEVEL, &Old);
    KeLowerIrql(Old);
    KeReleaseSpinLock(&Lock, Irql);
}

/* ---- Spin locks ----------------------------------------------------------------------------------------------- */

static DECLSPEC_NOINLINE NTSTATUS AddEntry(ULONG Entry)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Lock, &Irql);
    if (Entry == 0) {
        return STATUS_INVALID_PARAMETER; /* and the lock? */
    }
    Answer += Entry;
    KeReleaseSpinLock(&Lock, Irql);
    return STATUS_SUCCESS;
}

static VOID LockNotReleased(VOID)
{
    AddEntry(0);
    AddEntry(1);
}

static NTSTATUS LockKeptByEntry(VOID)
{
    AddEntry(0);
    return STATUS_SUCCESS;
}

static VOID LockTakenTwice(VOID)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Lock, &Irql);
    AddEntry(2);
    KeReleaseSpinLock(&Lock, Irql);
}

static VOID LockReleasedTwice(VOID)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Lock, &Irql);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeReleaseSpinLock(&Lock, Irql);
}

static VOID LockForDpcTakenAtPassive(VOID)
{
    KeAcquireSpinLockAtDpcLevel(&Lock);
    Answer++;
    KeReleaseSpinLockFromDpcLevel(&Lock);
}

typedef struct QUEUE {
    KSPIN_LOCK Lock;
    LIST_ENTRY Entries;
} QUEUE;

static VOID LockInPagedPool(VOID)
{
    QUEUE *Queue = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(QUEUE), BUG_TAG);
    KIRQL Irql;

    if (Queue != NULL) {
        KeInitializeSpinLock(&Queue->Lock);
        InitializeListHead(&Queue->Entries);
        KeAcquireSpinLock(&Queue->Lock, &Irql);
        KeReleaseSpinLock(&Queue->Lock, Irql);
        ExFreePoolWithTag(Queue, BUG_TAG);
    }
}

const BUG IrqlBugs[] = {
    {.Name = "paged_request_at_dispatch", .Run = PagedRequestAtDispatch},
    {.Name = "paged_request_at_dispatch_by_pool2", .Run = PagedRequestAtDispatchByPool2},
    {.Name = "paged_block_freed_at_dispatch", .Run = PagedBlockFreedAtDispatch},
    {.Name = "paged_block_read_at_dispatch", .Run = PagedBlockReadAtDispatch},
    {.Name = "paged_pages_written_at_dispatch", .Run = PagedPagesWrittenAtDispatch},
    {.Name = "paged_list_at_dispatch", .Run = PagedListAtDispatch},
    {.Name = "request_in_interrupt", .Run = RequestInInterrupt},
    {.Name = "irql_left_raised", .Entry = IrqlLeftRaised},
    {.Name = "lower_irql_upwards", .Run = LowerIrqlUpwards},
    {.Name = "raise_irql_downwards", .Run = RaiseIrqlDownwards},
    {.Name = "lock_not_released", .Run = LockNotReleased},
    {.Name = "lock_kept_by_entry", .Entry = LockKeptByEntry},
    {.Name = "lock_taken_twice", .Run = LockTakenTwice},
    {.Name = "lock_released_twice", .Run = LockReleasedTwice},
    {.Name = "lock_for_dpc_taken_at_passive", .Run = LockForDpcTakenAtPassive},
    {.Name = "lock_in_paged_pool", .Run = LockInPagedPool},
    {.Name = NULL},
};
