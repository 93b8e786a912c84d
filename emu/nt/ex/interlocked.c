/* interlocked.c: lists and sums that a spin lock protects. The kernel takes the lock with interrupts disabled, whatever
 * the IRQL is. */
#include "nt/ke/spinlock.h"
#include "poolemu.h"

PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    PLIST_ENTRY First;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    First = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return First;
}

PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    PLIST_ENTRY Last;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    Last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return Last;
}

PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    PLIST_ENTRY First;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    First = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return First;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                       PKSPIN_LOCK Lock)
{
    PSINGLE_LIST_ENTRY First;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    First = ListHead->Next;
    PushEntryList(ListHead, ListEntry);
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return First;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    PSINGLE_LIST_ENTRY First;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    First = PopEntryList(ListHead);
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return First;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock)
{
    LARGE_INTEGER Old;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    Old = *Addend;
    Addend->QuadPart = (LONGLONG)((ULONGLONG)Old.QuadPart + (ULONGLONG)Increment.QuadPart);
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return Old;
}

ULONG FASTCALL ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    ULONG Old;

    KiLockAtAnyIrql(Lock, EMU_RETURN_ADDRESS());
    Old = *Addend;
    *Addend = Old + Increment;
    KiUnlock(Lock, EMU_RETURN_ADDRESS());
    return Old;
}
