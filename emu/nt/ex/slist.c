/* slist.c: sequenced lists. The header (depth, sequence number, first entry; 16 bytes, on x86 8) changes in one
 * compare-and-swap; each push raises the sequence number, so that a header read before it never matches again. */
#include "nt/ex/slist.h"

#include <string.h>

#include "nt/ex/lookaside.h"
#include "host/host.h"
#include "core/export.h"
#include "core/thread.h"
#include "core/bugcheck.h"
#include "core/sanitizer.h"
#include "watch/misuse.h"
#include "watch/special.h"

/* ---- Ownership -------------------------------------------------------------------------------------------------- */

EXP_LISTS ExpLists;
EMU_THREAD_LOCAL BOOLEAN ExpIsOwner;

static HOST_LOCK ExpOwnershipLock;

static VOID ExpEndOwnership(VOID)
{
    EMU_ATOMIC_STORE(&ExpLists.Ownership, ExpEnding, EMU_ORDER_NONE);
    HostBarrierOnAllThreads();
    while (EMU_ATOMIC_LOAD(&ExpLists.Changing, EMU_ORDER_ACQUIRE) != 0) {
        HostYield();
    }
    EMU_ATOMIC_STORE(&ExpLists.Ownership, ExpShared, EMU_ORDER_RELEASE);
}

/* No thread is in the middle of a change when the process is copied. */
VOID ExpHoldSequencedLists(VOID)
{
    HostAcquire(&ExpOwnershipLock);
    if (ExpLists.Ownership == ExpOwned && !ExpIsOwner) {
        ExpEndOwnership();
    }
}

VOID ExpReleaseSequencedLists(VOID)
{
    HostRelease(&ExpOwnershipLock);
}

static VOID ExpAcquireOwnership(VOID)
{
    HostAcquire(&ExpOwnershipLock);
}

/* Before a compare-and-swap: the calling thread owns the lists now, or nobody does any more. TRUE: and a sanitizer is
 * to be told. */
static EMU_NOINLINE BOOLEAN ExpSettleOwnership(VOID)
{
    ExpAcquireOwnership();
    if (ExpLists.Ownership == ExpNotOwned) {
        ExpIsOwner = EMU_BY_WIDTH(TRUE, FALSE) && HostReadyBarrier();
        EMU_ATOMIC_STORE(&ExpLists.Ownership, ExpIsOwner ? ExpOwned : ExpShared, EMU_ORDER_RELEASE);
    } else if (ExpLists.Ownership == ExpOwned && !ExpIsOwner) {
        ExpEndOwnership();
    } else if (ExpLists.Ownership >= ExpShared) {
        ExpIsOwner = FALSE;
    }
    BOOLEAN IsWatched = ExpLists.Ownership == ExpWatched;
    HostRelease(&ExpOwnershipLock);
    return IsWatched;
}

static VOID ExpShareListsAs(EXP_OWNERSHIP How)
{
    if (EMU_ATOMIC_LOAD(&ExpLists.Ownership, EMU_ORDER_ACQUIRE) >= (ULONG)How) {
        return;
    }
    ExpAcquireOwnership();
    if (ExpLists.Ownership == ExpOwned) {
        ExpEndOwnership();
    }
    EMU_ATOMIC_STORE(&ExpLists.Ownership, max(ExpLists.Ownership, (ULONG)How), EMU_ORDER_RELEASE);
    HostRelease(&ExpOwnershipLock);
}

VOID ExpShareLists(VOID)
{
    ExpShareListsAs(ExpShared);
}

VOID ExpWatchLists(VOID)
{
    ExpShareListsAs(ExpWatched);
}

/* FALSE in the plain case. */
EMU_INLINE BOOLEAN ExpHasToTell(VOID)
{
    return EMU_UNLIKELY(EMU_ATOMIC_LOAD(&ExpLists.Ownership, EMU_ORDER_ACQUIRE) != ExpShared || ExpIsOwner) &&
           ExpSettleOwnership();
}

/* ---- The header ------------------------------------------------------------------------------------------------- */

#if defined(_WIN64)
enum {
    EXP_ENTRY_SHIFT = 4 /* NextEntry holds an address without its four zero bits */
};

/* FALSE, and *Old what is there now, when the header is not *Old any more. */
static BOOLEAN ExpReplaceHead(PSLIST_HEADER ListHead, SLIST_HEADER *Old, SLIST_HEADER New)
{
    return EMU_COMPARE_EXCHANGE_128((LONG64 volatile *)ListHead, (LONG64)New.Region, (LONG64)New.Alignment,
                                    (LONG64 *)Old);
}

/* The header with another first entry, as a push or a pop leaves it. */
static SLIST_HEADER ExpPushedHead(SLIST_HEADER Head, PSLIST_ENTRY First)
{
    Head.HeaderX64.Depth++;
    Head.HeaderX64.Sequence++;
    Head.HeaderX64.NextEntry = (ULONG_PTR)First >> EXP_ENTRY_SHIFT;
    return Head;
}

static SLIST_HEADER ExpPoppedHead(SLIST_HEADER Head, PSLIST_ENTRY First)
{
    Head.HeaderX64.Depth--;
    Head.HeaderX64.NextEntry = (ULONG_PTR)First >> EXP_ENTRY_SHIFT;
    return Head;
}

static SLIST_HEADER ExpWithDepth(SLIST_HEADER Head, ULONG Depth)
{
    Head.HeaderX64.Depth = (USHORT)Depth;
    return Head;
}

static SLIST_HEADER ExpFlushedHead(SLIST_HEADER Head)
{
    Head.HeaderX64.Depth = 0;
    Head.HeaderX64.NextEntry = 0;
    return Head;
}
#else
static BOOLEAN ExpReplaceHead(PSLIST_HEADER ListHead, SLIST_HEADER *Old, SLIST_HEADER New)
{
    ULONGLONG Found =
        EMU_ATOMIC_COMPARE_EXCHANGE(64, &ListHead->Alignment, New.Alignment, Old->Alignment, EMU_ORDER_FULL);
    BOOLEAN Replaced = Found == Old->Alignment;

    Old->Alignment = Found;
    return Replaced;
}

static SLIST_HEADER ExpPushedHead(SLIST_HEADER Head, PSLIST_ENTRY First)
{
    Head.Depth++;
    Head.Sequence++;
    Head.Next.Next = First;
    return Head;
}

static SLIST_HEADER ExpPoppedHead(SLIST_HEADER Head, PSLIST_ENTRY First)
{
    Head.Depth--;
    Head.Next.Next = First;
    return Head;
}

static SLIST_HEADER ExpWithDepth(SLIST_HEADER Head, ULONG Depth)
{
    Head.Depth = (USHORT)Depth;
    return Head;
}

static SLIST_HEADER ExpFlushedHead(SLIST_HEADER Head)
{
    Head.Depth = 0;
    Head.Next.Next = NULL;
    return Head;
}
#endif

/* ---- The routines ----------------------------------------------------------------------------------------------- */

/* Since the header was read, another thread may have popped the entry, used it and freed it. The kernel recovers from
 * the page fault; here the pages of a pool stay mapped and read as zero once discarded. Whatever is read, the header
 * has changed then, and the compare-and-swap fails. To a sanitizer this is a race, and it is a harmless one. */
EMU_NO_SANITIZE static PSLIST_ENTRY ExpNextEntry(const SLIST_ENTRY *Entry)
{
    return *(PSLIST_ENTRY const volatile *)&Entry->Next;
}

/* The same where a freed entry cannot be read: FALSE when it was the first one no more, and could not. */
static EMU_NOINLINE BOOLEAN ExpProbeEntry(const SLIST_HEADER *ListHead, SLIST_HEADER Seen, PSLIST_ENTRY *Next)
{
    KI_PROBE Probe = {.Head = ListHead, .Seen = Seen};

    if (EMU_SETJMP(Probe.Context) != 0) {
        return FALSE;
    }
    KiThread.Probe = &Probe;
    EMU_COMPILER_BARRIER();
    *Next = ExpNextEntry(ExpFirstEntry(Seen));
    EMU_COMPILER_BARRIER();
    KiThread.Probe = NULL;
    return TRUE;
}

/* What follows the first entry; begins anew with another header where it has to. NULL, and no first entry in *Head: the
 * list is empty. */
static PSLIST_ENTRY ExpSecondEntry(const SLIST_HEADER *ListHead, SLIST_HEADER *Head)
{
    PSLIST_ENTRY Next = NULL;

    while (ExpFirstEntry(*Head) != NULL && VfHasSpecial() && !ExpProbeEntry(ListHead, *Head, &Next)) {
        *Head = KiReadHead(ListHead);
    }
    return ExpFirstEntry(*Head) == NULL || VfHasSpecial() ? Next : ExpNextEntry(ExpFirstEntry(*Head));
}

EMU_INLINE PSLIST_ENTRY ExpPush(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    SLIST_HEADER Old = KiReadHead(ListHead);

    do {
        EMU_ATOMIC_STORE(&ListEntry->Next, ExpFirstEntry(Old), EMU_ORDER_RELEASE);
    } while (!ExpReplaceHead(ListHead, &Old, ExpPushedHead(Old, ListEntry)));
    return ExpFirstEntry(Old);
}

EMU_INLINE PSLIST_ENTRY ExpPop(PSLIST_HEADER ListHead)
{
    SLIST_HEADER Old = KiReadHead(ListHead);
    PSLIST_ENTRY First, Next;

    do {
        Next = ExpSecondEntry(ListHead, &Old);
        First = ExpFirstEntry(Old);
        if (First == NULL) {
            return NULL;
        }
    } while (!ExpReplaceHead(ListHead, &Old, ExpPoppedHead(Old, Next)));
    /* Push released it: a sanitizer, for which the compare-and-swap is assembler, sees who handed the entry over. */
    (void)EMU_ATOMIC_LOAD(&First->Next, EMU_ORDER_ACQUIRE);
    return First;
}

/* Whether the list has the entry already, among the first of its entries. Another thread may change the list meanwhile,
 * and free what it pops: then nothing is known. */
static BOOLEAN ExpHasEntry(const SLIST_HEADER *ListHead, const SLIST_ENTRY *Entry)
{
    enum {
        MostEntries = 1024
    };
    KI_PROBE Probe = {.Head = ListHead, .Seen = KiReadHead(ListHead)};
    const SLIST_ENTRY *volatile At = NULL;

    if (EMU_SETJMP(Probe.Context) == 0) {
        KiThread.Probe = &Probe;
        At = ExpFirstEntry(Probe.Seen);
        for (ULONG Left = min(ExpDepthOf(&Probe.Seen), MostEntries); At != NULL && At != Entry && Left > 1; Left--) {
            At = ExpNextEntry(At);
        }
    }
    KiThread.Probe = NULL;
    SLIST_HEADER Now = KiReadHead(ListHead);
    return At == Entry && memcmp(&Now, &Probe.Seen, sizeof(Now)) == 0;
}

/* Two pushes of an entry make a list without an end, or one that loses entries. */
static VOID ExpCheckPush(const SLIST_HEADER *ListHead, const SLIST_ENTRY *ListEntry, PVOID Caller)
{
    KiBeginOwnTouches();
    BOOLEAN Has = ExpHasEntry(ListHead, ListEntry);
    KiEndOwnTouches();
    if (Has) {
        KiStopF(Caller,
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_PUSHED_TWICE, (ULONG_PTR)ListHead,
                           (ULONG_PTR)ListEntry, 0),
                "The entry at 0x%zx is pushed on the sequenced list at 0x%zx, which has it already.", (size_t)ListEntry,
                (size_t)ListHead);
    }
}

/* The entry is out of reach before another thread can take it. */
static EMU_NOINLINE PSLIST_ENTRY ExpPushWatched(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry, PVOID Caller)
{
    if (VfIsOn()) {
        ExpCheckPush(ListHead, ListEntry, Caller);
    }
    if (KiIsSanitizing()) {
        ExpCloseEntry(ListHead, ListEntry, Caller);
    }
    KiBeginOwnTouches();
    PSLIST_ENTRY First = ExpPush(ListHead, ListEntry);
    KiEndOwnTouches();
    return First;
}

PSLIST_ENTRY ExpPopUnwatched(PSLIST_HEADER ListHead)
{
    ExpHasToTell();
    KiBeginOwnTouches();
    PSLIST_ENTRY First = ExpPop(ListHead);
    KiEndOwnTouches();
    return First;
}

static EMU_NOINLINE PSLIST_ENTRY ExpPopWatched(PSLIST_HEADER ListHead, PVOID Caller)
{
    PSLIST_ENTRY First = ExpPopUnwatched(ListHead);

    if (First != NULL && KiIsSanitizing()) {
        ExpOpenEntry(ListHead, First, Caller);
    }
    return First;
}

/* On Windows 2000 the Exp routines work, too: calls of the ExInterlocked ones, which it has, come here. */
PSLIST_ENTRY FASTCALL ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    PSLIST_ENTRY First;

    ExpCheckAlignment(ListHead);
    ExpCheckAlignment(ListEntry);
    if (ExpPushAlone(ListHead, ListEntry, &First)) {
        return First;
    }
    if (ExpHasToTell()) {
        return ExpPushWatched(ListHead, ListEntry, EMU_RETURN_ADDRESS());
    }
    return ExpPush(ListHead, ListEntry);
}

PSLIST_ENTRY FASTCALL ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    PSLIST_ENTRY First;

    ExpCheckAlignment(ListHead);
    if (ExpPopAlone(ListHead, &First)) {
        return First;
    }
    if (ExpHasToTell()) {
        return ExpPopWatched(ListHead, EMU_RETURN_ADDRESS());
    }
    return ExpPop(ListHead);
}

PSLIST_ENTRY FASTCALL ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    ExpCheckAlignment(ListHead);
    ExpHasToTell(); /* which the caller does, when these are the entries of a lookaside list */
    SLIST_HEADER Old = KiReadHead(ListHead);
    do {
        if (ExpFirstEntry(Old) == NULL) {
            return NULL;
        }
    } while (!ExpReplaceHead(ListHead, &Old, ExpFlushedHead(Old)));
    return ExpFirstEntry(Old);
}

/* As many pushes as there are entries, in one compare-and-swap. */
PSLIST_ENTRY FASTCALL InterlockedPushListSListEx(PSLIST_HEADER ListHead, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd,
                                                 ULONG Count)
{
    PVOID Caller = EMU_RETURN_ADDRESS();
    BOOLEAN IsWatched = ExpHasToTell();

    ExpCheckAlignment(ListHead);
    ExpCheckAlignment(List);
    ExpShareLists(); /* the owner's way has no chains */
    PSLIST_ENTRY Next = List;
    for (ULONG Index = 0; IsWatched && Index < Count; Index++) {
        PSLIST_ENTRY Entry = Next;
        Next = Entry->Next;
        ExpCloseEntry(ListHead, Entry, Caller);
    }
    KiBeginOwnTouches();
    SLIST_HEADER Old = KiReadHead(ListHead);
    do {
        EMU_ATOMIC_STORE(&ListEnd->Next, ExpFirstEntry(Old), EMU_ORDER_RELEASE);
    } while (!ExpReplaceHead(ListHead, &Old, ExpWithDepth(ExpPushedHead(Old, List), ExpDepthOf(&Old) + Count)));
    KiEndOwnTouches();
    return ExpFirstEntry(Old);
}

USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER SListHead)
{
    return ExpDepthOf(SListHead);
}

PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER *SListHead)
{
    KiCheckExport(KiExportFirstEntrySList, EMU_RETURN_ADDRESS());
    return ExpFirstEntry(KiReadHead(SListHead));
}

/* ---- The names that x86 kernels export -------------------------------------------------------------------------- */

#if defined(EMU_ARCH_X86)
PSLIST_ENTRY FASTCALL InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    return ExpInterlockedPushEntrySList(ListHead, ListEntry);
}

PSLIST_ENTRY FASTCALL InterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    return ExpInterlockedPopEntrySList(ListHead);
}

/* The lock is for processors without an 8-byte compare-and-swap. */
PSLIST_ENTRY FASTCALL ExInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    UNREFERENCED_PARAMETER(Lock);
    return ExpInterlockedPushEntrySList(ListHead, ListEntry);
}

PSLIST_ENTRY FASTCALL ExInterlockedPopEntrySList(PSLIST_HEADER ListHead, PKSPIN_LOCK Lock)
{
    UNREFERENCED_PARAMETER(Lock);
    return ExpInterlockedPopEntrySList(ListHead);
}

PSLIST_ENTRY FASTCALL ExInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    return ExpInterlockedFlushSList(ListHead);
}
#endif
