/* lookaside.c: lookaside lists, stacks of free blocks of one size in front of the pool: the nonpaged, the paged and the
 * Ex family, which share the layout of GENERAL_LOOKASIDE. */
#define POOL_NX_OPTOUT 1 /* no driver: on AArch64, too, a routine here is called by its own name */

#include "watch/caller.h"
#include "nt/ex/lookaside.h"

#include <stdlib.h>

#include "nt/ex/pool.h"
#include "nt/ex/slist.h"
#include "host/host.h"
#include "core/bugcheck.h"
#include "core/export.h"
#include "core/object.h"
#include "core/thread.h"
#include "core/violation.h"
#include "mem/block.h"
#include "poolemu.h"
#include "core/windows.h"
#include "watch/irql.h"
#include "watch/lowres.h"
#include "mem/region.h"
#include "watch/special.h"
#include "watch/track.h"
#include "watch/verifier.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

enum {
    EXP_MINIMUM_DEPTH = 4, /* and the initial one */

    /* What a pool type may consist of: all but the must-succeed bit. */
    EXP_POOL_TYPE_BITS = PagedPool | NonPagedPoolBaseCacheAligned | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE |
                         POOL_RAISE_IF_ALLOCATION_FAILURE | NonPagedPoolSession | POOL_COLD_ALLOCATION |
                         POOL_NX_ALLOCATION | POOL_ZERO_ALLOCATION,
};

/* A list of any family. Drivers put nonpaged and paged lists into pool, where they are aligned to 16 bytes, on x86 to
 * 8, and not to the cache line that their type asks for. */
typedef GENERAL_LOOKASIDE_POOL EXP_LOOKASIDE;

C_ASSERT(_Alignof(EXP_LOOKASIDE) == MEMORY_ALLOCATION_ALIGNMENT);
C_ASSERT(FIELD_OFFSET(EXP_LOOKASIDE, LastAllocateMisses) == FIELD_OFFSET(GENERAL_LOOKASIDE, LastAllocateMisses));
C_ASSERT(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, L) == 0 && FIELD_OFFSET(PAGED_LOOKASIDE_LIST, L) == 0);

/* ---- The lists that are in use ---------------------------------------------------------------------------------- */

typedef VOID EXP_GIVE_BACK(EXP_LOOKASIDE *Lookaside, PVOID Entry);

/* The kernel links them through their ListEntry. Here the registry has them: a list whose driver forgot it may lie in
 * memory that is something else by now, and must not be written to. */
typedef struct EXP_LIST_IN_USE {
    KI_OBJECT Object;
    EXP_GIVE_BACK *GiveBack; /* calls the list's free routine */
} EXP_LIST_IN_USE;

/* Held while lists come and go, so that none goes while they are walked over. */
static HOST_LOCK ExpListsLock;

VOID ExpAcquireLists(VOID)
{
    HostAcquire(&ExpListsLock);
}

VOID ExpReleaseLists(VOID)
{
    HostRelease(&ExpListsLock);
}

/* FALSE: it is in use already. */
static BOOLEAN ExpAddList(EXP_LOOKASIDE *Lookaside, EXP_GIVE_BACK *GiveBack, PVOID Caller)
{
    EXP_LIST_IN_USE *List =
        KiNewObject(KiObjectLookasideList, Lookaside, sizeof(*Lookaside), Caller, sizeof(EXP_LIST_IN_USE));

    List->GiveBack = GiveBack;
    ExpAcquireLists();
    BOOLEAN New = KiAddNewObject(&List->Object);
    ExpReleaseLists();
    if (!New) {
        free(List);
    }
    return New;
}

/* FALSE: it is not in use. */
static BOOLEAN ExpRemoveList(const EXP_LOOKASIDE *Lookaside)
{
    ExpAcquireLists();
    KI_OBJECT *Object = KiRemoveObject(KiObjectLookasideList, Lookaside);
    ExpReleaseLists();
    free(Object);
    return Object != NULL;
}

/* A list that its driver forgot may be anything by now, or not be there. */
static BOOLEAN ExpIsReadable(const EXP_LOOKASIDE *Lookaside)
{
    HOST_PROTECTION Protection = {.End = (ULONG_PTR)Lookaside};

    do { /* it may lie across two mappings, as a program's data and zeroed data are */
        Protection = HostQueryProtection((PVOID)Protection.End);
    } while (Protection.Read && Protection.End < (ULONG_PTR)(Lookaside + 1));
    return Protection.Read;
}

static PSLIST_ENTRY ExpNextWaiting(const SLIST_ENTRY *Entry)
{
    KiBeginOwnTouches();
    PSLIST_ENTRY Next = Entry->Next;
    KiEndOwnTouches();
    return Next;
}

VOID ExpForEachWaitingEntry(VOID (*Callback)(PVOID Entry, PVOID Context), PVOID Context)
{
    MI_BLOCK Block;

    KiEnterInside(); /* entries may be paged, whatever IRQL this is */
    ExpAcquireLists();
    for (const KI_OBJECT *List = KiFirstObject(KiObjectLookasideList); List != NULL; List = List->Next) {
        const EXP_LOOKASIDE *Lookaside = List->Address;
        if (!ExpIsReadable(Lookaside)) {
            continue;
        }
        PSLIST_ENTRY Entry = ExpFirstEntry(KiReadHead(&Lookaside->ListHead));
        for (ULONG Left = ExpDepthOf(&Lookaside->ListHead);
             Left > 0 && MiFindBlock(Entry, &Block) == MiFoundLive && Block.Size >= sizeof(*Entry); Left--) {
            Callback(Entry, Context);
            Entry = ExpNextWaiting(Entry);
        }
    }
    ExpReleaseLists();
    KiLeaveInside();
}

VOID ExpResetLookasideLists(VOID)
{
    ExpAcquireLists();
    KiForgetObjects(KiObjectLookasideList);
    ExpReleaseLists();
}

/* ---- Entries, as a sanitizer sees them -------------------------------------------------------------------------- */

/* How much of an entry is pool; 0 where a driver takes its entries from elsewhere. */
static SIZE_T ExpEntryBytes(ULONG Size, PVOID Entry)
{
    MI_BLOCK Block;

    return MiFindBlockAround((ULONG_PTR)Entry, &Block)
               ? min(Size, Block.Size - min(Block.Size, (SIZE_T)((UCHAR *)Entry - (UCHAR *)Block.Address)))
               : 0;
}

/* 0: the list is no lookaside list. */
static SIZE_T ExpEntryBytesOfList(const SLIST_HEADER *ListHead, PVOID Entry)
{
    C_ASSERT(FIELD_OFFSET(EXP_LOOKASIDE, ListHead) == 0);
    const EXP_LOOKASIDE *Lookaside = (const EXP_LOOKASIDE *)ListHead;

    return KiFindObject(KiObjectLookasideList, Lookaside) != NULL ? ExpEntryBytes(Lookaside->Size, Entry) : 0;
}

static VOID ExpTellOfEntry(const SLIST_HEADER *ListHead, PVOID Entry, PVOID Caller, BOOLEAN IsFree)
{
    SIZE_T Bytes = ExpEntryBytesOfList(ListHead, Entry);

    if (Bytes != 0) {
        if (VfIsRecording()) {
            VfNoteEntry(Entry, Caller, IsFree);
        }
        (IsFree ? KiCloseBytes : KiOpenBytes)(Entry, Bytes);
    }
}

VOID ExpCloseEntry(const SLIST_HEADER *ListHead, PVOID Entry, PVOID Caller)
{
    ExpTellOfEntry(ListHead, Entry, Caller, TRUE);
}

VOID ExpOpenEntry(const SLIST_HEADER *ListHead, PVOID Entry, PVOID Caller)
{
    ExpTellOfEntry(ListHead, Entry, Caller, FALSE);
}

/* The entry behind this one, which the list's free routine gets now. */
static PSLIST_ENTRY ExpPassEntry(const EXP_LOOKASIDE *Lookaside, PSLIST_ENTRY Entry)
{
    PSLIST_ENTRY Next = ExpNextWaiting(Entry);

    if (KiIsSanitizing()) {
        KiOpenBytes(Entry, ExpEntryBytes(Lookaside->Size, Entry));
    }
    return Next;
}

/* ---- What the families share ------------------------------------------------------------------------------------ */

/* Before Windows 8 Flags has to be 0; the NX bit is ignored, as by the pool. */
static POOL_TYPE ExpTypeOfList(ULONG Type, PVOID Caller)
{
    if (KiHasNxPool()) {
        return (POOL_TYPE)Type;
    }
    if ((Type & (POOL_NX_ALLOCATION | PagedPool)) == POOL_NX_ALLOCATION) {
        KiRecordViolation(EmuViolationNxBeforeWindows8, Caller,
                          "a no-execute lookaside list on %s, which does not know it: its entries are executable",
                          EmuWindows()->Title);
    }
    return (POOL_TYPE)(Type & ~POOL_NX_ALLOCATION);
}

/* Everything but the two routines. */
static VOID ExpInitializeList(EXP_LOOKASIDE *Lookaside, EXP_GIVE_BACK *GiveBack, ULONG Type, SIZE_T Size, ULONG Tag,
                              PVOID Caller)
{
    if (Size < LOOKASIDE_MINIMUM_BLOCK_SIZE || Size > MAXULONG) { /* what L.Size holds */
        KiStopF(NULL,
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_LIST_BLOCK_SIZE, (ULONG_PTR)Lookaside, Size,
                           LOOKASIDE_MINIMUM_BLOCK_SIZE),
                "The lookaside list at 0x%zx was initialized for blocks of %zu bytes; at least %zu and at most %zu "
                "are possible.",
                (size_t)Lookaside, (size_t)Size, (size_t)LOOKASIDE_MINIMUM_BLOCK_SIZE, (size_t)MAXULONG);
    }
    ExpCheckAlignment(Lookaside);
    VfCheckObject(Caller, Lookaside, "the lookaside list");
    VfCheckPoolType(Caller, (POOL_TYPE)Type, Tag);
    if (!ExpAddList(Lookaside, GiveBack, Caller)) {
        KiStopForMisuse(KiObjectLookasideList, KiInitializedTwice, Lookaside, Caller);
    }
    InitializeSListHead(&Lookaside->ListHead);
    Lookaside->Depth = EXP_MINIMUM_DEPTH;
    Lookaside->MaximumDepth = EX_MAXIMUM_LOOKASIDE_DEPTH_BASE;
    Lookaside->TotalAllocates = 0;
    Lookaside->AllocateMisses = 0;
    Lookaside->TotalFrees = 0;
    Lookaside->FreeMisses = 0;
    Lookaside->Type = ExpTypeOfList(Type, Caller);
    Lookaside->Tag = Tag;
    Lookaside->Size = (ULONG)Size;
    Lookaside->LastTotalAllocates = 0;
    Lookaside->LastAllocateMisses = 0;
    Lookaside->Future[0] = 0;
    Lookaside->Future[1] = 0;
    InitializeListHead(&Lookaside->ListEntry);
    if (VfIsAuditing()) {
        VfAuditLookasideList("a lookaside list", Caller, Lookaside->Type);
    }
}

/* As in the kernel, counters are not exact when several threads use a list at once. */
static VOID ExpCount(ULONG *Counter)
{
    EMU_ATOMIC_STORE(Counter, EMU_ATOMIC_LOAD(Counter, EMU_ORDER_NONE) + 1, EMU_ORDER_NONE);
}

static EMU_NOINLINE VOID ExpCheckRaisedIrql(const EXP_LOOKASIDE *Lookaside, ULONG_PTR Violation,
                                            ULONG_PTR SizeOrAddress)
{
    BOOLEAN Paged = (Lookaside->Type & PagedPool) != 0;
    KIRQL Limit = Paged ? APC_LEVEL : DISPATCH_LEVEL;
    ULONG Code = BAD_POOL_CALLER;

    if (EMU_LIKELY(KiThread.Irql <= Limit)) {
        return;
    }
    if (VfIsOn()) {
        Code = DRIVER_VERIFIER_DETECTED_VIOLATION;
        Violation = Violation == KI_C2_ALLOCATE_AT_IRQL
                        ? (Paged ? KI_C4_ALLOCATE_PAGED_AT_IRQL : KI_C4_ALLOCATE_NONPAGED_AT_IRQL)
                        : (Paged ? KI_C4_FREE_PAGED_AT_IRQL : KI_C4_FREE_NONPAGED_AT_IRQL);
    }
    KiStopF(NULL, KiBugCheck(Code, Violation, KiThread.Irql, (ULONG_PTR)Lookaside->Type, SizeOrAddress),
            "The lookaside list at 0x%zx of %s blocks was used at IRQL %u; the highest for it is %u.",
            (size_t)Lookaside, Paged ? "paged" : "nonpaged", KiThread.Irql, Limit);
}

EMU_INLINE VOID ExpCheckIrql(const EXP_LOOKASIDE *Lookaside, ULONG_PTR Violation, ULONG_PTR SizeOrAddress)
{
    if (EMU_UNLIKELY(KiThread.Irql != PASSIVE_LEVEL)) {
        ExpCheckRaisedIrql(Lookaside, Violation, SizeOrAddress);
    }
}

/* While calls are failed deliberately the lists keep nothing, so that each entry is a call that can fail; and where a
 * test wants each to be a block of special pool of its own. */
static BOOLEAN ExpKeepsNothing(VOID)
{
    return VfIsInjecting() || VfEmptiesLists();
}

/* Where every list is looked at anew: where the verifier is on no thread changes lists by itself. */
static VOID ExpCheckInUse(const EXP_LOOKASIDE *Lookaside)
{
    if (VfIsOn() && KiFindObject(KiObjectLookasideList, Lookaside) == NULL) {
        KiStopForMisuse(KiObjectLookasideList, KiUsedUninitialized, Lookaside, NULL);
    }
}

/* NULL: a miss, the caller asks the list's allocate routine. */
EMU_INLINE PVOID ExpTakeEntry(EXP_LOOKASIDE *Lookaside)
{
    PSLIST_ENTRY Entry;

    ExpCheckIrql(Lookaside, KI_C2_ALLOCATE_AT_IRQL, Lookaside->Size);
    ExpCount(&Lookaside->TotalAllocates);
    if (EMU_UNLIKELY(!ExpPopAlone(&Lookaside->ListHead, &Entry))) {
        ExpCheckInUse(Lookaside);
        Entry = ExpKeepsNothing() ? NULL : ExpInterlockedPopEntrySList(&Lookaside->ListHead);
    }
    if (EMU_UNLIKELY(Entry == NULL)) {
        ExpCount(&Lookaside->AllocateMisses);
    }
    return Entry;
}

/* FALSE: the list is full, the caller gives the entry to the list's free routine. */
EMU_INLINE BOOLEAN ExpKeepEntry(EXP_LOOKASIDE *Lookaside, PVOID Entry)
{
    PSLIST_ENTRY First;

    ExpCheckIrql(Lookaside, KI_C2_FREE_AT_IRQL, (ULONG_PTR)Entry);
    ExpCount(&Lookaside->TotalFrees);
    if (EMU_UNLIKELY(ExpDepthOf(&Lookaside->ListHead) >= EMU_ATOMIC_LOAD(&Lookaside->Depth, EMU_ORDER_NONE))) {
        ExpCheckInUse(Lookaside);
        ExpCount(&Lookaside->FreeMisses);
        return FALSE;
    }
    if (EMU_UNLIKELY(!IS_ALIGNED(Entry, MEMORY_ALLOCATION_ALIGNMENT) ||
                     !ExpPushAlone(&Lookaside->ListHead, Entry, &First))) {
        ExpCheckInUse(Lookaside);
        if (ExpKeepsNothing()) {
            ExpCount(&Lookaside->FreeMisses);
            return FALSE;
        }
        ExpInterlockedPushEntrySList(&Lookaside->ListHead, Entry);
    }
    return TRUE;
}

static VOID ExpForgetList(const EXP_LOOKASIDE *Lookaside, PVOID Caller)
{
    if (!ExpRemoveList(Lookaside)) {
        KiStopForMisuse(KiObjectLookasideList, KiDeletedUninitialized, Lookaside, Caller);
    }
}

/* A list that was deleted. The inline routines of older headers ask the kernel for nothing but its entries, and call
 * the list's own routines for the rest: while the verifier is on these become the ones that stop. The size and the tag
 * that they pass hold the list's address then. */
static PVOID NTAPI ExpAllocateFromDeletedList(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(PoolType);
    KiStopForMisuse(KiObjectLookasideList, KiUsedUninitialized, (PVOID)(ULONG_PTR)((ULONG64)Tag << 32 | NumberOfBytes),
                    EMU_RETURN_ADDRESS());
    return NULL;
}

static PVOID NTAPI ExpAllocateFromDeletedExList(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                                PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(Tag);
    KiStopForMisuse(KiObjectLookasideList, KiUsedUninitialized, Lookaside, EMU_RETURN_ADDRESS());
    return NULL;
}

/* Of the list nothing is known but that the entry was freed to it. */
static VOID NTAPI ExpFreeToDeletedList(PVOID Entry)
{
    KiStopF(EMU_RETURN_ADDRESS(),
            KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_NOT_INITIALIZED, 0, (ULONG_PTR)Entry, 0),
            "The entry at 0x%zx is freed to a lookaside list that was deleted.", (size_t)Entry);
}

static VOID NTAPI ExpFreeToDeletedExList(PVOID Entry, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Entry);
    KiStopForMisuse(KiObjectLookasideList, KiUsedUninitialized, Lookaside, EMU_RETURN_ADDRESS());
}

static VOID ExpMarkDeleted(EXP_LOOKASIDE *Lookaside, BOOLEAN IsEx)
{
    if (!VfIsOn()) {
        return;
    }
    Lookaside->Depth = 0;
    if (IsEx) {
        Lookaside->AllocateEx = ExpAllocateFromDeletedExList;
        Lookaside->FreeEx = ExpFreeToDeletedExList;
    } else {
        Lookaside->Allocate = ExpAllocateFromDeletedList;
        Lookaside->Free = ExpFreeToDeletedList;
        Lookaside->Size = (ULONG)(ULONG_PTR)Lookaside;
        Lookaside->Tag = (ULONG)((ULONG64)(ULONG_PTR)Lookaside >> 32);
    }
}

/* ---- Nonpaged and paged lists ----------------------------------------------------------------------------------- */

static VOID ExpGiveBackGeneral(EXP_LOOKASIDE *Lookaside, PVOID Entry)
{
    Lookaside->Free(Entry);
}

static VOID ExpInitializeGeneralList(EXP_LOOKASIDE *Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                     ULONG Type, SIZE_T Size, ULONG Tag, PVOID Caller)
{
    ExpInitializeList(Lookaside, ExpGiveBackGeneral, Type, Size, Tag, Caller);
    Lookaside->Allocate = Allocate != NULL ? Allocate : ExAllocatePoolWithTag;
    Lookaside->Free = Free != NULL ? Free : ExFreePool;
}

static VOID ExpDeleteGeneralList(EXP_LOOKASIDE *Lookaside, PVOID Caller)
{
    ExpForgetList(Lookaside, Caller);
    PSLIST_ENTRY Entry = ExpInterlockedFlushSList(&Lookaside->ListHead);
    while (Entry != NULL) {
        PSLIST_ENTRY Next = ExpPassEntry(Lookaside, Entry);
        Lookaside->Free(Entry);
        Entry = Next;
    }
    ExpMarkDeleted(Lookaside, FALSE);
}

static EMU_NOINLINE PVOID ExpAllocateForGeneralList(const EXP_LOOKASIDE *Lookaside, PCSTR Routine, PVOID Caller)
{
    if (Lookaside->Allocate == ExAllocatePoolWithTag) {
        return ExpAllocateAs(Routine, Lookaside->Type, Lookaside->Size, Lookaside->Tag, Caller);
    }
    return Lookaside->Allocate(Lookaside->Type, Lookaside->Size, Lookaside->Tag);
}

EMU_INLINE PVOID ExpAllocateFromGeneralList(EXP_LOOKASIDE *Lookaside, PCSTR Routine, PVOID Caller)
{
    PVOID Entry = ExpTakeEntry(Lookaside);

    return EMU_LIKELY(Entry != NULL) ? Entry : ExpAllocateForGeneralList(Lookaside, Routine, Caller);
}

static VOID ExpFreeToGeneralList(EXP_LOOKASIDE *Lookaside, PVOID Entry)
{
    if (!ExpKeepEntry(Lookaside, Entry)) {
        Lookaside->Free(Entry);
    }
}

/* Depth is reserved: the system chooses. */
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    VfCheckLimit(KiExportExInitializeNPagedLookasideList, EMU_RETURN_ADDRESS());
    UNREFERENCED_PARAMETER(Depth);
    ExpInitializeGeneralList((EXP_LOOKASIDE *)Lookaside, Allocate, Free, NonPagedPoolExecute | Flags, Size, Tag,
                             EMU_RETURN_ADDRESS());
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    VfCheckLimit(KiExportExDeleteNPagedLookasideList, EMU_RETURN_ADDRESS());
    VfCheckFrame(Lookaside, "lookaside list", EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpDeleteGeneralList((EXP_LOOKASIDE *)Lookaside, EMU_RETURN_ADDRESS());
}

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    KiCheckExport(KiExportExAllocateFromNPagedLookasideList, EMU_RETURN_ADDRESS());
    return ExpAllocateFromGeneralList((EXP_LOOKASIDE *)Lookaside, "ExAllocateFromNPagedLookasideList",
                                      EMU_RETURN_ADDRESS());
}

VOID NTAPI ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    KiCheckExport(KiExportExFreeToNPagedLookasideList, EMU_RETURN_ADDRESS());
    ExpFreeToGeneralList((EXP_LOOKASIDE *)Lookaside, Entry);
}

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                          PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    VfCheckLimit(KiExportExInitializePagedLookasideList, EMU_RETURN_ADDRESS());
    UNREFERENCED_PARAMETER(Depth);
    ExpInitializeGeneralList((EXP_LOOKASIDE *)Lookaside, Allocate, Free, PagedPool | Flags, Size, Tag,
                             EMU_RETURN_ADDRESS());
}

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    VfCheckLimit(KiExportExDeletePagedLookasideList, EMU_RETURN_ADDRESS());
    VfCheckFrame(Lookaside, "lookaside list", EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpDeleteGeneralList((EXP_LOOKASIDE *)Lookaside, EMU_RETURN_ADDRESS());
}

PVOID NTAPI ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    KiCheckExport(KiExportExAllocateFromPagedLookasideList, EMU_RETURN_ADDRESS());
    return ExpAllocateFromGeneralList((EXP_LOOKASIDE *)Lookaside, "ExAllocateFromPagedLookasideList",
                                      EMU_RETURN_ADDRESS());
}

VOID NTAPI ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    KiCheckExport(KiExportExFreeToPagedLookasideList, EMU_RETURN_ADDRESS());
    ExpFreeToGeneralList((EXP_LOOKASIDE *)Lookaside, Entry);
}

/* ---- Ex lists --------------------------------------------------------------------------------------------------- */

/* The default routines have the Ex signature and do what ExAllocatePoolWithTag and ExFreePool do. FAIL_NO_RAISE is for
 * routines that charge quota; here it means NULL on failure, as if it were not there. */
static POOL_TYPE ExpTypeOfEntry(POOL_TYPE PoolType)
{
    return (POOL_TYPE)(PoolType & ~POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
}

static PVOID NTAPI ExpAllocateEntry(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    return ExAllocatePoolWithTag(ExpTypeOfEntry(PoolType), NumberOfBytes, Tag);
}

static VOID NTAPI ExpFreeEntry(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    ExFreePool(Buffer);
}

static VOID ExpGiveBackEx(EXP_LOOKASIDE *Lookaside, PVOID Entry)
{
    Lookaside->FreeEx(Entry, CONTAINING_RECORD(Lookaside, LOOKASIDE_LIST_EX, L));
}

NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                           PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size,
                                           ULONG Tag, USHORT Depth)
{
    VfCheckLimit(KiExportExInitializeLookasideListEx, EMU_RETURN_ADDRESS());
    static const ULONG TypeBits[] = {
        [EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL] = POOL_RAISE_IF_ALLOCATION_FAILURE,
        [EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE] = POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
    };

    KiCheckExport(KiExportExInitializeLookasideListEx, EMU_RETURN_ADDRESS());
    UNREFERENCED_PARAMETER(Depth);
    if ((PoolType & ~EXP_POOL_TYPE_BITS) != 0) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (Flags >= RTL_NUMBER_OF(TypeBits)) {
        return STATUS_INVALID_PARAMETER_5;
    }
    ExpInitializeList((EXP_LOOKASIDE *)Lookaside, ExpGiveBackEx, (ULONG)PoolType | TypeBits[Flags], Size, Tag,
                      EMU_RETURN_ADDRESS());
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : ExpAllocateEntry;
    Lookaside->L.FreeEx = Free != NULL ? Free : ExpFreeEntry;
    return STATUS_SUCCESS;
}

static VOID ExpFlushExList(PLOOKASIDE_LIST_EX Lookaside)
{
    PSLIST_ENTRY Entry = ExpInterlockedFlushSList(&Lookaside->L.ListHead);

    while (Entry != NULL) {
        PSLIST_ENTRY Next = ExpPassEntry(&Lookaside->L, Entry);
        Lookaside->L.FreeEx(Entry, Lookaside);
        Entry = Next;
    }
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    KiCheckExport(KiExportExFlushLookasideListEx, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportExFlushLookasideListEx, EMU_RETURN_ADDRESS());
    VfCheckFrame(Lookaside, "lookaside list", EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpCheckInUse(&Lookaside->L);
    ExpFlushExList(Lookaside);
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    KiCheckExport(KiExportExDeleteLookasideListEx, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportExDeleteLookasideListEx, EMU_RETURN_ADDRESS());
    VfCheckFrame(Lookaside, "lookaside list", EMU_FRAME_ADDRESS(), EMU_RETURN_ADDRESS());
    ExpForgetList(&Lookaside->L, EMU_RETURN_ADDRESS());
    ExpFlushExList(Lookaside);
    ExpMarkDeleted(&Lookaside->L, TRUE);
}

static EMU_NOINLINE PVOID ExpAllocateForExList(PLOOKASIDE_LIST_EX Lookaside, PVOID Caller)
{
    if (Lookaside->L.AllocateEx == ExpAllocateEntry) {
        return ExpAllocateAs("ExAllocateFromLookasideListEx", ExpTypeOfEntry(Lookaside->L.Type), Lookaside->L.Size,
                             Lookaside->L.Tag, Caller);
    }
    return Lookaside->L.AllocateEx(Lookaside->L.Type, Lookaside->L.Size, Lookaside->L.Tag, Lookaside);
}

PVOID NTAPI ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    KiCheckExport(KiExportExAllocateFromLookasideListEx, EMU_RETURN_ADDRESS());
    PVOID Entry = ExpTakeEntry(&Lookaside->L);

    return EMU_LIKELY(Entry != NULL) ? Entry : ExpAllocateForExList(Lookaside, EMU_RETURN_ADDRESS());
}

VOID NTAPI ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
    KiCheckExport(KiExportExFreeToLookasideListEx, EMU_RETURN_ADDRESS());
    if (!ExpKeepEntry(&Lookaside->L, Entry)) {
        Lookaside->L.FreeEx(Entry, Lookaside);
    }
}

/* ---- The balance-set manager ------------------------------------------------------------------------------------ */

/* The depth for the time until the next pass, by what happened since the one before. A list that ran empty gets room
 * for as many more entries as were missed, and at the most twice its depth; one from which fewer entries were taken
 * than it can hold gives up half of its depth, but not what was taken. */
static USHORT ExpNextDepth(const EXP_LOOKASIDE *Lookaside, ULONG Allocates, ULONG Misses)
{
    ULONG Depth = Lookaside->Depth;

    if (Misses != 0) {
        Depth += Misses < Depth ? Misses : Depth;
        return (USHORT)(Depth < Lookaside->MaximumDepth ? Depth : Lookaside->MaximumDepth);
    }
    if (Allocates < Depth) {
        Depth = Allocates > Depth / 2 ? Allocates : Depth / 2;
    }
    return (USHORT)(Depth > EXP_MINIMUM_DEPTH ? Depth : EXP_MINIMUM_DEPTH);
}

static VOID ExpAdjustDepth(EXP_LOOKASIDE *Lookaside)
{
    ULONG Allocates = EMU_ATOMIC_LOAD(&Lookaside->TotalAllocates, EMU_ORDER_NONE);
    ULONG Misses = EMU_ATOMIC_LOAD(&Lookaside->AllocateMisses, EMU_ORDER_NONE);
    USHORT Depth =
        ExpNextDepth(Lookaside, Allocates - Lookaside->LastTotalAllocates, Misses - Lookaside->LastAllocateMisses);

    EMU_ATOMIC_STORE(&Lookaside->Depth, Depth, EMU_ORDER_NONE);
    Lookaside->LastTotalAllocates = Allocates;
    Lookaside->LastAllocateMisses = Misses;
}

/* Adjusts every list; stops at one that can no longer be one, and returns it. */
static const EXP_LOOKASIDE *ExpAdjustLists(VOID)
{
    const EXP_LOOKASIDE *Freed = NULL;

    ExpAcquireLists();
    for (const KI_OBJECT *List = KiFirstObject(KiObjectLookasideList); List != NULL && Freed == NULL;
         List = List->Next) {
        EXP_LOOKASIDE *Lookaside = List->Address;
        if (MiIsFreedPool((ULONG_PTR)Lookaside)) {
            Freed = Lookaside;
        } else {
            ExpAdjustDepth(Lookaside);
        }
    }
    ExpReleaseLists();
    return Freed;
}

static PSLIST_ENTRY ExpPopSurplus(EXP_LOOKASIDE *Lookaside)
{
    PSLIST_ENTRY Entry = NULL;

    if (ExQueryDepthSList(&Lookaside->ListHead) > Lookaside->Depth) {
        Entry = ExpPopUnwatched(&Lookaside->ListHead);
    }
    if (Entry != NULL) {
        ExpPassEntry(Lookaside, Entry);
    }
    return Entry;
}

/* Takes an entry that some list has too many of; FALSE when no list that was born then or later has. The lists'
 * routines are called without the lock, for they may initialize and delete lists. */
static BOOLEAN ExpTakeSurplus(ULONG64 *Birth, EXP_LOOKASIDE **From, EXP_GIVE_BACK **GiveBack, PSLIST_ENTRY *Entry)
{
    *Entry = NULL;
    ExpAcquireLists();
    for (KI_OBJECT *List = KiFirstObject(KiObjectLookasideList); List != NULL && *Entry == NULL; List = List->Next) {
        if (List->Birth >= *Birth) {
            *Birth = List->Birth;
            *From = List->Address;
            *GiveBack = CONTAINING_RECORD(List, EXP_LIST_IN_USE, Object)->GiveBack;
            *Entry = ExpPopSurplus(*From);
        }
    }
    ExpReleaseLists();
    return *Entry != NULL;
}

VOID EmuAdvanceBalanceSet(VOID)
{
    const EXP_LOOKASIDE *Freed = ExpAdjustLists();
    EXP_LOOKASIDE *From;
    EXP_GIVE_BACK *GiveBack;
    PSLIST_ENTRY Entry;
    ULONG64 Birth = 0;

    if (Freed != NULL) {
        KiStopF(NULL,
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KiObjectRules[KiObjectLookasideList].Freed.Violation,
                           (ULONG_PTR)Freed, 0, 0),
                "The pool block with the lookaside list at 0x%zx was freed, and the list was not deleted before.",
                (size_t)Freed);
    }
    while (ExpTakeSurplus(&Birth, &From, &GiveBack, &Entry)) {
        GiveBack(From, Entry);
    }
}
