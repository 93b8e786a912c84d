/* slist.c: sequenced lists. The header's 16 bytes (depth, sequence number, first entry) change in one compare-and-swap;
 * each push raises the sequence number, so that a header read before it never matches again. */
#include "ke/export.h"

enum {
    EXP_ENTRY_SHIFT = 4 /* NextEntry holds an address without its four zero bits */
};

static PSLIST_ENTRY ExpFirstEntry(SLIST_HEADER Head)
{
    return (PSLIST_ENTRY)((ULONG_PTR)Head.HeaderX64.NextEntry << EXP_ENTRY_SHIFT);
}

/* The two halves may stem from different moments: the compare-and-swap finds that out. */
static SLIST_HEADER ExpReadHead(const SLIST_HEADER *ListHead)
{
    SLIST_HEADER Head;

    if (!IS_ALIGNED(ListHead, MEMORY_ALLOCATION_ALIGNMENT)) {
        ExRaiseDatatypeMisalignment();
    }
    Head.Alignment = EMU_ATOMIC_LOAD(&ListHead->Alignment, EMU_ORDER_ACQUIRE);
    Head.Region = EMU_ATOMIC_LOAD(&ListHead->Region, EMU_ORDER_ACQUIRE);
    return Head;
}

/* FALSE, and *Old what is there now, when the header is not *Old any more. */
static BOOLEAN ExpReplaceHead(PSLIST_HEADER ListHead, SLIST_HEADER *Old, SLIST_HEADER New)
{
    return EMU_COMPARE_EXCHANGE_128((LONG64 volatile *)ListHead, (LONG64)New.Region, (LONG64)New.Alignment,
                                    (LONG64 *)Old);
}

/* Since the header was read, another thread may have popped the entry, used it and freed it. The kernel recovers from
 * the page fault; here the pages of a pool stay mapped and read as zero once discarded. Whatever is read, the header
 * has changed then, and the compare-and-swap fails. To a sanitizer this is a race, and it is a harmless one. */
EMU_NO_SANITIZE static PSLIST_ENTRY ExpNextEntry(const SLIST_ENTRY *Entry)
{
    return *(PSLIST_ENTRY const volatile *)&Entry->Next;
}

/* On Windows 2000 the Exp routines work, too: calls of the ExInterlocked ones, which it has, come here. */
PSLIST_ENTRY FASTCALL ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    SLIST_HEADER Old = ExpReadHead(ListHead);
    SLIST_HEADER New = Old;

    if (!IS_ALIGNED(ListEntry, MEMORY_ALLOCATION_ALIGNMENT)) {
        ExRaiseDatatypeMisalignment();
    }
    do {
        EMU_ATOMIC_STORE(&ListEntry->Next, ExpFirstEntry(Old), EMU_ORDER_RELEASE);
        New.HeaderX64.Depth = Old.HeaderX64.Depth + 1;
        New.HeaderX64.Sequence = Old.HeaderX64.Sequence + 1;
        New.HeaderX64.NextEntry = (ULONG_PTR)ListEntry >> EXP_ENTRY_SHIFT;
    } while (!ExpReplaceHead(ListHead, &Old, New));
    return ExpFirstEntry(Old);
}

PSLIST_ENTRY FASTCALL ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER Old = ExpReadHead(ListHead);
    SLIST_HEADER New = Old;
    PSLIST_ENTRY First;

    do {
        First = ExpFirstEntry(Old);
        if (First == NULL) {
            return NULL;
        }
        New.Alignment = Old.Alignment;
        New.HeaderX64.Depth = Old.HeaderX64.Depth - 1;
        New.HeaderX64.NextEntry = (ULONG_PTR)ExpNextEntry(First) >> EXP_ENTRY_SHIFT;
    } while (!ExpReplaceHead(ListHead, &Old, New));
    /* Push released it: a sanitizer, for which the compare-and-swap is assembler, sees who handed the entry over. */
    (void)EMU_ATOMIC_LOAD(&First->Next, EMU_ORDER_ACQUIRE);
    return First;
}

PSLIST_ENTRY FASTCALL ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER Old = ExpReadHead(ListHead);
    SLIST_HEADER New = Old;

    do {
        if (ExpFirstEntry(Old) == NULL) {
            return NULL;
        }
        New.Alignment = Old.Alignment;
        New.HeaderX64.Depth = 0;
        New.HeaderX64.NextEntry = 0;
    } while (!ExpReplaceHead(ListHead, &Old, New));
    return ExpFirstEntry(Old);
}

USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER SListHead)
{
    return (USHORT)EMU_ATOMIC_LOAD(&SListHead->Alignment, EMU_ORDER_NONE);
}

PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER *SListHead)
{
    SLIST_HEADER Head;

    KiCheckExport(KiExportFirstEntrySList, EMU_RETURN_ADDRESS());
    Head.Region = EMU_ATOMIC_LOAD(&SListHead->Region, EMU_ORDER_ACQUIRE);
    return ExpFirstEntry(Head);
}
