/* slist.h: the sequenced lists of a thread that alone uses any. A compare-and-swap of 16 bytes costs more than all the
 * rest of a routine. So the first thread that uses a list owns all lists, and changes them by plain stores, until
 * another one comes: that one ends the ownership, has a memory barrier run on every thread, and waits for the change
 * that may be under way. From then on all compare and swap. */
#ifndef EMU_NT_EX_SLIST_H
#define EMU_NT_EX_SLIST_H

#include "core/probe.h"

typedef enum EXP_OWNERSHIP {
    ExpNotOwned,
    ExpOwned,
    ExpEnding,
    ExpShared,
    ExpWatched, /* shared, and a sanitizer is told of the entries of lookaside lists, or the verifier looks at pushes */
} EXP_OWNERSHIP;

typedef struct EXP_LISTS {
    ULONG Ownership;
    ULONG Changing; /* the owner is about to look at Ownership, or in the middle of a change */
} EXP_LISTS;

extern EMU_LOCAL EXP_LISTS ExpLists;
extern EMU_LOCAL EMU_THREAD_LOCAL BOOLEAN ExpIsOwner;

EMU_INLINE BOOLEAN ExpBeginChange(VOID)
{
    EMU_ATOMIC_STORE(&ExpLists.Changing, 1, EMU_ORDER_NONE);
    EMU_COMPILER_BARRIER(); /* the processor's order is seen to by the thread that ends the ownership */
    return EMU_ATOMIC_LOAD(&ExpLists.Ownership, EMU_ORDER_NONE) == ExpOwned;
}

EMU_INLINE VOID ExpEndChange(VOID)
{
    EMU_ATOMIC_STORE(&ExpLists.Changing, 0, EMU_ORDER_RELEASE);
}

/* From now on no thread owns the lists, as if several had used them: before entries come that cannot be read any more
 * once they are freed, and before calls are failed. */
VOID ExpShareLists(VOID);

/* The same before a sanitizer is told of the first block, and when the verifier is on for the first time. */
VOID ExpWatchLists(VOID);

/* Around a fork. The forking thread owns the lists afterwards, or nobody does. */
VOID ExpHoldSequencedLists(VOID);
VOID ExpReleaseSequencedLists(VOID);

/* Pops as ExpInterlockedPopEntrySList does, but tells no sanitizer: of a lookaside list, whose table is locked. */
PSLIST_ENTRY ExpPopUnwatched(PSLIST_HEADER ListHead);

EMU_INLINE USHORT ExpDepthOf(const SLIST_HEADER *ListHead)
{
    return (USHORT)(EMU_ATOMIC_LOAD(&ListHead->Alignment, EMU_ORDER_NONE) >> EMU_BY_WIDTH(0, 32));
}

/* Of headers, entries and lookaside lists; on x86 the kernel does not look. */
EMU_INLINE VOID ExpCheckAlignment(const VOID *Address)
{
    if (EMU_BY_WIDTH(TRUE, FALSE) && !IS_ALIGNED(Address, MEMORY_ALLOCATION_ALIGNMENT)) {
        ExRaiseDatatypeMisalignment();
    }
}

#if defined(_WIN64)
enum {
    EXP_RESERVED_BITS = 15 /* of Region; the rest is the first entry's address */
};

EMU_INLINE PSLIST_ENTRY ExpFirstEntry(SLIST_HEADER Head)
{
    return (PSLIST_ENTRY)(Head.Region & ~(ULONGLONG)EXP_RESERVED_BITS);
}

EMU_INLINE VOID ExpSetHead(PSLIST_HEADER ListHead, ULONGLONG Alignment, ULONGLONG Region)
{
    EMU_ATOMIC_STORE(&ListHead->Alignment, Alignment, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&ListHead->Region, Region, EMU_ORDER_NONE);
}

/* Pops; FALSE, and nothing is done, when the calling thread does not own the lists. *Entry NULL: the list is empty. As
 * long as the lists have an owner, nobody else changes what it has read. */
EMU_INLINE BOOLEAN ExpPopAlone(PSLIST_HEADER ListHead, PSLIST_ENTRY *Entry)
{
    if (EMU_UNLIKELY(!ExpIsOwner)) {
        return FALSE;
    }
    ULONGLONG Region = EMU_ATOMIC_LOAD(&ListHead->Region, EMU_ORDER_ACQUIRE);
    PSLIST_ENTRY First = (PSLIST_ENTRY)(Region & ~(ULONGLONG)EXP_RESERVED_BITS);
    *Entry = First;
    if (EMU_UNLIKELY(First == NULL)) {
        return TRUE;
    }
    /* Looked at after Region: where the lists are still owned the entry is none of special pool, and may be read. */
    if (EMU_UNLIKELY(EMU_ATOMIC_LOAD(&ExpLists.Ownership, EMU_ORDER_NONE) != ExpOwned)) {
        return FALSE;
    }
    ULONGLONG Next = (ULONGLONG)(ULONG_PTR)EMU_ATOMIC_LOAD(&First->Next, EMU_ORDER_NONE);
    BOOLEAN Alone = ExpBeginChange();
    if (EMU_LIKELY(Alone)) {
        /* The depth is the lowest part, and is not 0. */
        ExpSetHead(ListHead, EMU_ATOMIC_LOAD(&ListHead->Alignment, EMU_ORDER_NONE) - 1,
                   (Next & ~(ULONGLONG)EXP_RESERVED_BITS) | (Region & EXP_RESERVED_BITS));
    }
    ExpEndChange();
    return Alone;
}

/* Pushes an aligned entry, likewise. *Old is what was the first one. */
EMU_INLINE BOOLEAN ExpPushAlone(PSLIST_HEADER ListHead, PSLIST_ENTRY Entry, PSLIST_ENTRY *Old)
{
    enum {
        OneMore = 0x10001, /* in depth and sequence number */
        Depth = 0xFFFF,
    };

    if (EMU_UNLIKELY(!ExpIsOwner)) {
        return FALSE;
    }
    ULONGLONG Region = EMU_ATOMIC_LOAD(&ListHead->Region, EMU_ORDER_NONE);
    ULONGLONG Alignment = EMU_ATOMIC_LOAD(&ListHead->Alignment, EMU_ORDER_NONE);
    if (EMU_UNLIKELY((Alignment & Depth) == Depth)) {
        return FALSE;
    }
    *Old = (PSLIST_ENTRY)(Region & ~(ULONGLONG)EXP_RESERVED_BITS);
    EMU_ATOMIC_STORE(&Entry->Next, *Old, EMU_ORDER_NONE);
    BOOLEAN Alone = ExpBeginChange();
    if (EMU_LIKELY(Alone)) {
        ExpSetHead(ListHead, Alignment + OneMore, (ULONG_PTR)Entry | (Region & EXP_RESERVED_BITS));
    }
    ExpEndChange();
    return Alone;
}
#else
EMU_INLINE PSLIST_ENTRY ExpFirstEntry(SLIST_HEADER Head)
{
    return Head.Next.Next;
}

/* A compare-and-swap of 8 bytes is cheap enough: nobody owns the lists. */
EMU_INLINE BOOLEAN ExpPopAlone(PSLIST_HEADER ListHead, PSLIST_ENTRY *Entry)
{
    UNREFERENCED_PARAMETER(ListHead);
    UNREFERENCED_PARAMETER(Entry);
    return FALSE;
}

EMU_INLINE BOOLEAN ExpPushAlone(PSLIST_HEADER ListHead, PSLIST_ENTRY Entry, PSLIST_ENTRY *Old)
{
    UNREFERENCED_PARAMETER(ListHead);
    UNREFERENCED_PARAMETER(Entry);
    UNREFERENCED_PARAMETER(Old);
    return FALSE;
}

/* The kernel's routines, under the names that they have on other processors. */
PSLIST_ENTRY FASTCALL ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
PSLIST_ENTRY FASTCALL ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead);
PSLIST_ENTRY FASTCALL ExpInterlockedFlushSList(PSLIST_HEADER ListHead);
#endif

#endif
