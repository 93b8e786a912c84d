/* pool.c: ExAllocatePoolWithTag and its family. Each routine tries the fast path: the plain case, served from the
 * calling thread's cache. What is not plain goes to ExpAllocate and ExpFree, which read as the list of their rules. */
#include "nt/ex/pool.h"

#include <stdio.h>
#include <string.h>

#include "ntifs.h"

#include "watch/caller.h"
#include "nt/ex/lookaside.h"
#include "nt/ex/securepool.h"
#include "nt/ex/slist.h"
#include "host/host.h"
#include "core/bugcheck.h"
#include "core/heapstop.h"
#include "core/export.h"
#include "core/object.h"
#include "core/thread.h"
#include "core/violation.h"
#include "mem/block.h"
#include "mem/large.h"
#include "mem/limit.h"
#include "nt/ps/process.h"
#include "core/windows.h"
#include "core/start.h"
#include "watch/irql.h"
#include "watch/lowres.h"
#include "watch/quarantine.h"
#include "watch/special.h"
#include "watch/track.h"
#include "watch/unloaded.h"
#include "watch/verifier.h"
#include "watch/irqllimit.h"
#include "watch/locked.h"

/* ---- The fast path -------------------------------------------------------------------------------------------- */

enum {
    EXP_UNINITIALIZED = 0xCD, /* in debug builds, each byte that nobody promised to be zero */
    EXP_MOST_FILLED = 16 << 20,
};

/* Of a larger block the rest is left alone: filling it would make the host find memory for all of it. */
EMU_INLINE PVOID ExpFillUninitialized(PVOID Block, SIZE_T Bytes)
{
    if (POOLEMU_FILL) {
        RtlFillMemory(Block, Bytes < EXP_MOST_FILLED ? Bytes : EXP_MOST_FILLED, EXP_UNINITIALIZED);
    }
    return Block;
}

/* No bit but those that name one of the three kinds of pool. */
EMU_INLINE BOOLEAN ExpIsPlainType(POOL_TYPE PoolType)
{
    return ((ULONG)PoolType & ~(ULONG)(PagedPool | POOL_NX_ALLOCATION)) == 0;
}

/* Makes a free block live: its tag's counter, its header, its slot's word. In this order: whoever sees a live word sees
 * the other two. */
EMU_INLINE VOID ExpOpenBlock(const MI_MAGAZINE *Magazine, MI_FREE_BLOCK Free, ULONG64 Low, ULONG Tag, ULONG TagIndex,
                             ULONG Word)
{
    ULONG64 First = (ULONG64)Tag << 32 | Low;

    EMU_IN_REGISTER(First);
    MiCountAlloc(Magazine->Allocs, TagIndex);
    EMU_ATOMIC_STORE(MiPlainHeaderOf(Free.Block), First, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(MiCheckPlace(Free.Block, Free.Slot), MiCheckOf(First, (ULONG_PTR)Free.Block), EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Free.Slot->Word, Word, EMU_ORDER_RELEASE);
}

/* For a plain type and at most MI_SMALL_MAX bytes. NULL when the case is not plain, and nothing was done. */
EMU_INLINE PVOID ExpAllocateFast(POOL_TYPE PoolType, SIZE_T *Bytes, ULONG Tag)
{
    /* A tag that was seen before also tells that all tables stand and that nothing is unusual. */
    ULONG Word = MiFindTagIn(EMU_ATOMIC_LOAD(&MiFastTags, EMU_ORDER_ACQUIRE), Tag);
    if (EMU_UNLIKELY(Word == 0)) {
        return NULL;
    }
    MI_THREAD *Thread = MiFastThread;
    if (EMU_UNLIKELY(!MI_HAS_FAST_THREAD(Thread))) {
        return NULL;
    }
    MI_MAGAZINE *Magazine =
        &Thread->Magazines[MiBinOfType(MiClassOfGranules[(*Bytes + MI_GRANULE - 1) / MI_GRANULE], PoolType)];
    Word += (ULONG)*Bytes;
    EMU_IN_REGISTER(Magazine);
    EMU_IN_REGISTER(Word); /* the size is nowhere else from here on: there are just enough registers */
    MI_FREE_BLOCK Free = Magazine->Top[-1];
    if (EMU_UNLIKELY(Free.Block == NULL || (EMU_ATOMIC_LOAD(&Free.Slot->Word, EMU_ORDER_NONE) & MI_LIVE) != 0)) {
        *Bytes = Word & MI_SIZE_MASK;
        return NULL;
    }
    Magazine->Top--;
    /* A page's first block begins one granule behind its start, the next one three or more. */
    ULONG Low = Magazine->Header[((ULONG_PTR)Free.Block & (PAGE_SIZE - 2 * MI_GRANULE)) == 0];
    ULONG TagIndex = Word;
    EMU_IN_REGISTER(TagIndex);
    Word |= Magazine->Word;
    EMU_IN_REGISTER(Word);
    ExpOpenBlock(Magazine, Free, Low, Tag, TagIndex >> MI_TAG_SHIFT, Word);
    return Free.Block;
}

/* The same for blocks of a few pages. */
EMU_INLINE PVOID ExpAllocatePagesFast(POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag)
{
    ULONG TagWord = MiFindTagIn(EMU_ATOMIC_LOAD(&MiFastTags, EMU_ORDER_ACQUIRE), Tag);
    if (EMU_UNLIKELY(Bytes > (SIZE_T)MI_RUN_CLASSES * PAGE_SIZE || TagWord == 0)) {
        return NULL;
    }
    MI_THREAD *Thread = MiFastThread;
    if (EMU_UNLIKELY(!MI_HAS_FAST_THREAD(Thread))) {
        return NULL;
    }
    MI_MAGAZINE *Magazine = &Thread->Magazines[MiBinOfType(MiRunClass(Bytes), PoolType)];
    PVOID Block = Magazine->Top[-1].Block;
    if (EMU_UNLIKELY(Block == NULL)) {
        return NULL;
    }
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    if (EMU_UNLIKELY(MiKindOf(Page) != MiPageCached)) {
        return NULL;
    }
    Magazine->Top--;
    MiCountAlloc(Magazine->Allocs, TagWord >> MI_TAG_SHIFT);
    MiOpenLarge(Page, Bytes, Tag, Magazine->Word | TagWord);
    return Block;
}

static inline BOOLEAN ExpIsTagRight(ULONG Tag, ULONG BlockTag)
{
    return EMU_LIKELY(Tag == BlockTag) || (Tag == 0 && (BlockTag & PROTECTED_POOL) == 0) ||
           ((BlockTag & PROTECTED_POOL) != 0 && (Tag | PROTECTED_POOL) == BlockTag && Tag != 0);
}

EMU_INLINE VOID ExpCloseBlock(PVOID Block, MI_SLOT *Slot)
{
    EMU_ATOMIC_STORE(&Slot->Word, MI_FREED, EMU_ORDER_NONE);
    MiCloseHeader(Block);
}

/* FALSE when the case is not plain, and nothing was done. */
EMU_INLINE BOOLEAN ExpFreeFast(PVOID Block, ULONG Tag)
{
    SIZE_T FastGranules = EMU_ATOMIC_LOAD(&MiRanges.FastGranules, EMU_ORDER_ACQUIRE);
    ULONG_PTR Granules = MiGranulesInto((ULONG_PTR)Block);

    if (EMU_UNLIKELY(Granules >= FastGranules)) {
        return FALSE;
    }
    const MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    ULONG Granule = (ULONG)(Granules % MI_GRANULES_PER_PAGE);
    LONG Offset = EMU_ATOMIC_LOAD(&Page->Magazine, EMU_ORDER_ACQUIRE);
    if (EMU_UNLIKELY(Offset <= 0)) {
        return FALSE;
    }
    if (EMU_UNLIKELY(Granule == 0)) {
        return FALSE; /* in front of a page there can be no header, and perhaps no memory */
    }
    MI_THREAD *Thread = MiFastThread;
    if (EMU_UNLIKELY(!MI_HAS_FAST_THREAD(Thread))) {
        return FALSE;
    }
    MI_MAGAZINE *Magazine = MiMagazineAt(Thread, (ULONG)Offset);
    EMU_IN_REGISTER(Magazine);
    /* An address inside a slot passes for the slot's here, and fails as a header's: nobody wrote one for it. */
    MI_SLOT *Slot = &Page->Slots[MiSlotAround(Magazine, Granule)];
    if (EMU_UNLIKELY(!MiIsPlainWord(EMU_ATOMIC_LOAD(&Slot->Word, EMU_ORDER_NONE)) ||
                     !ExpIsTagRight(Tag, EMU_ATOMIC_LOAD(&MiHeaderOf(Block)->PoolTag, EMU_ORDER_NONE)) ||
                     !MiIsHeaderIntact(Block, Slot))) {
        return FALSE;
    }
    /* The header behind this slot has to be intact, too, when its block is live. Where there is none this one's is
     * looked at twice, since a branch would be mispredicted half of the time. */
    ULONG_PTR Ahead = MiIfLive(EMU_ATOMIC_LOAD(&Slot[1].Word, EMU_ORDER_ACQUIRE), Magazine->SlotBytes);
    if (EMU_UNLIKELY(!MiIsHeaderIntact((UCHAR *)Block + Ahead, Slot + (Ahead != 0)) ||
                     !MiPushBlock(Magazine, Block, Slot))) {
        return FALSE;
    }
    ExpCloseBlock(Block, Slot);
    return TRUE;
}

/* The same for blocks of a few pages. */
EMU_INLINE BOOLEAN ExpFreePagesFast(PVOID Block, ULONG Tag)
{
    SIZE_T FastGranules = EMU_ATOMIC_LOAD(&MiRanges.FastGranules, EMU_ORDER_ACQUIRE);
    ULONG_PTR Granules = MiGranulesInto((ULONG_PTR)Block);

    if (EMU_UNLIKELY(Granules >= FastGranules || Granules % MI_GRANULES_PER_PAGE != 0)) {
        return FALSE;
    }
    MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);
    if (EMU_UNLIKELY(MiKindOf(Page) != MiPageLarge)) {
        return FALSE;
    }
    MI_THREAD *Thread = MiFastThread;
    ULONG Word = EMU_ATOMIC_LOAD(&Page->Word, EMU_ORDER_NONE);
    ULONG Class = MiRunClass(Page->BytesLow); /* those that are cached have no more */
    if (EMU_UNLIKELY((Word & (MI_QUOTA | MI_LARGE_SIZE_MASK)) != 0 || Class == 0 || !MI_HAS_FAST_THREAD(Thread) ||
                     !ExpIsTagRight(Tag, Page->Tag) ||
                     !MiPushBlock(&Thread->Magazines[MiBinOf(Class, MiArenaOf((ULONG_PTR)Block))], Block, NULL))) {
        return FALSE;
    }
    EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageCached, EMU_ORDER_RELEASE);
    return TRUE;
}

/* ---- Allocation, rule by rule --------------------------------------------------------------------------------- */

enum {
    EXP_ZERO = 1,           /* zeroed memory is promised */
    EXP_QUOTA = 2,          /* charge the current process */
    EXP_RAISE = 4,          /* raise instead of returning NULL */
    EXP_EMPTY_IS_LEGAL = 8, /* 0 bytes are an ordinary request */
    EXP_SPECIAL = 16,       /* POOL_FLAG_SPECIAL_POOL */
    EXP_IRQL_RULE = 32,     /* a routine of the compliance rule IrqlExAllocatePool */
    EXP_UNTAGGED = 64,
    EXP_NOT_ZEROED = 128, /* ExAllocatePoolZero relies on this Windows to zero, and it does not */
};

/* What Windows and its headers file untagged requests under. */
enum {
    EXP_TAG_NONE = 'enoN',
    EXP_TAG_WDM = ' mdW',
    EXP_TAG_DDK = ' kdD',
};

typedef struct EXP_REQUEST {
    PCSTR Routine;
    POOL_TYPE PoolType;
    SIZE_T Bytes;
    ULONG Tag;
    ULONG Flags;
    PVOID Caller;
    EX_POOL_PRIORITY Priority;
    const POOL_EXTENDED_PARAMS_SECURE_POOL *Secure; /* from a secure pool, or NULL */
} EXP_REQUEST;

static DECLSPEC_NORETURN VOID ExpStopOnRequestWith(ULONG Code, const EXP_REQUEST *Request, ULONG_PTR Cause,
                                                   ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PCSTR What)
{
    CHAR Tag[5];

    MiTagText(Request->Tag, Tag);
    KiStopF(Request->Caller, KiBugCheck(Code, Cause, P2, P3, P4),
            "%s: %s. The request: %zu bytes, tag '%s' (0x%08X), pool type %u (%s).", Request->Routine, What,
            (size_t)Request->Bytes, Tag, Request->Tag, (unsigned)Request->PoolType,
            MiPoolTypeName((POOL_TYPE)(Request->PoolType & (NonPagedPoolNx | 7))));
}

static DECLSPEC_NORETURN VOID ExpStopOnRequest(const EXP_REQUEST *Request, ULONG_PTR Cause, ULONG_PTR P2, ULONG_PTR P3,
                                               ULONG_PTR P4, PCSTR What)
{
    ExpStopOnRequestWith(BAD_POOL_CALLER, Request, Cause, P2, P3, P4, What);
}

static BOOLEAN ExpIsIrqlWrong(POOL_TYPE PoolType)
{
    return KiThread.Irql > DISPATCH_LEVEL || (KiThread.Irql > APC_LEVEL && (PoolType & PagedPool) != 0);
}

/* Driver Verifier looks first, and stops with a code of its own; its compliance rule knows two routines. */
static VOID ExpVerifyRequest(const EXP_REQUEST *Request)
{
    static const CHAR Rule[] = "IrqlExAllocatePool: ExAllocatePoolWithTag and ExAllocatePoolWithTagPriority are called "
                               "at IRQL <= DISPATCH_LEVEL, and below DISPATCH_LEVEL for paged pool.";
    ULONG_PTR Type = (ULONG_PTR)Request->PoolType;
    BOOLEAN Paged = (Type & PagedPool) != 0;

    if ((Type & NonPagedPoolBaseMustSucceed) != 0 && Request->Bytes > PAGE_SIZE) {
        ExpStopOnRequestWith(DRIVER_VERIFIER_DETECTED_VIOLATION, Request, KI_C4_MUST_SUCCEED_TOO_LARGE, 0, 0, 0,
                             "more than a page of a MUST_SUCCEED pool type");
    }
    if (Request->Bytes == 0 && (Request->Flags & EXP_EMPTY_IS_LEGAL) == 0) {
        ExpStopOnRequestWith(DRIVER_VERIFIER_DETECTED_VIOLATION, Request, KI_C4_ZERO_BYTES, KiThread.Irql, Type, 0,
                             "a request for zero bytes");
    }
    if (ExpIsIrqlWrong(Request->PoolType)) {
        PCSTR What = Paged ? "paged pool at an IRQL above APC_LEVEL" : "nonpaged pool at an IRQL above DISPATCH_LEVEL";
        if (VfIsSet(EMU_VERIFIER_DDI_COMPLIANCE) && (Request->Flags & EXP_IRQL_RULE) != 0 && KiIsAtLeast(6, 2, 0)) {
            ExpStopOnRequestWith(DRIVER_VERIFIER_DETECTED_VIOLATION, Request, KI_C4_RULE_IRQL_EX_ALLOCATE_POOL,
                                 (ULONG_PTR)Rule, 0, 0, What);
        }
        ExpStopOnRequestWith(DRIVER_VERIFIER_DETECTED_VIOLATION, Request,
                             Paged ? KI_C4_ALLOCATE_PAGED_AT_IRQL : KI_C4_ALLOCATE_NONPAGED_AT_IRQL, KiThread.Irql,
                             Type, Request->Bytes, What);
    }
    if ((Request->Flags & EXP_QUOTA) != 0 && KiThread.InDpc && VfIsSet(EMU_VERIFIER_POOL_TRACKING) &&
        KiIsAtLeast(6, 1, 0)) {
        ExpStopOnRequestWith(DRIVER_VERIFIER_DETECTED_VIOLATION, Request, KI_C4_QUOTA_IN_DPC, 0, 0, 0,
                             "a DPC charges quota, to whatever process runs");
    }
    VfCheckPoolType(Request->Caller, Request->PoolType, Request->Tag);
}

static BOOLEAN ExpHasLetterOrDigit(ULONG Tag)
{
    for (Tag &= ~(ULONG)PROTECTED_POOL; Tag != 0; Tag >>= 8) {
        UCHAR Character = (UCHAR)Tag;
        if ((Character >= '0' && Character <= '9') || ((Character | 0x20) >= 'a' && (Character | 0x20) <= 'z')) {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID ExpCheckRequest(const EXP_REQUEST *Request)
{
    ULONG_PTR Type = (ULONG_PTR)Request->PoolType;

    if (VfIsOn()) {
        ExpVerifyRequest(Request);
    }
    if ((Type & NonPagedPoolBaseMustSucceed) != 0) {
        ExpStopOnRequest(Request, KI_C2_MUST_SUCCEED, Type, Request->Bytes, Request->Tag, "a MUST_SUCCEED pool type");
    }
    if (Request->Bytes == 0 && (Request->Flags & EXP_EMPTY_IS_LEGAL) == 0) {
        ExpStopOnRequest(Request, KI_C2_ZERO_BYTES, 0, Type, Request->Tag, "a request for zero bytes");
    }
    if (Request->Tag == 0) {
        ExpStopOnRequest(Request, KI_C2_ZERO_TAG, Type, Request->Bytes, (ULONG_PTR)Request->Caller, "the tag is zero");
    }
    if (Request->Tag == 'BIG' || Request->Tag == ' GIB') {
        ExpStopOnRequest(Request, KI_C2_TAG_IS_BIG, Type, Request->Bytes, (ULONG_PTR)Request->Caller,
                         "the tag is \"BIG\"");
    }
    if (!ExpHasLetterOrDigit(Request->Tag)) {
        ExpStopOnRequest(Request, KI_C2_TAG_WITHOUT_LETTER_OR_DIGIT, Request->Tag, Type, (ULONG_PTR)Request->Caller,
                         "the tag has no letter and no digit");
    }
    if (ExpIsIrqlWrong(Request->PoolType)) {
        ExpStopOnRequest(Request, KI_C2_ALLOCATE_AT_IRQL, KiThread.Irql, Type, Request->Bytes,
                         (Type & PagedPool) != 0 ? "paged pool at an IRQL above APC_LEVEL"
                                                 : "nonpaged pool at an IRQL above DISPATCH_LEVEL");
    }
}

/* An NX type is no-execute only where Windows knows it; before Windows 8 the bit means nothing to the kernel. */
static MI_ARENA ExpArenaOf(POOL_TYPE PoolType)
{
    if ((PoolType & PagedPool) != 0) {
        return MiPaged;
    }
    return (PoolType & POOL_NX_ALLOCATION) != 0 && KiHasNxPool() ? MiNonPagedNx : MiNonPagedExecute;
}

/* The first four bytes of the header of a block in that bin. The thread has a cache. */
static ULONG ExpHeaderBits(PVOID Block, ULONG Bin, BOOLEAN Charged)
{
    BOOLEAN First = BYTE_OFFSET(Block) == (ULONG)MiClasses[MiClassOfBin(Bin)].First + MI_HEADER_BYTES;

    return MiThread->Magazines[Bin].Header[First] | (Charged ? MiHeaderBits(0, 0, 0, MI_HEADER_QUOTA) : 0);
}

static PVOID ExpAllocateSmall(const EXP_REQUEST *Request, ULONG TagIndex, ULONG Word, ULONG Bin)
{
    MI_FREE_BLOCK Free = MiPopBlockSlow(Bin);

    if (Free.Block != NULL) {
        if ((EMU_ATOMIC_LOAD(&Free.Slot->Word, EMU_ORDER_NONE) & MI_LIVE) != 0) {
            MiStopOnRacedFree(Free.Block);
        }
        KiBeginOwnTouches();
        ExpOpenBlock(&MiThread->Magazines[Bin], Free, ExpHeaderBits(Free.Block, Bin, (Word & MI_QUOTA) != 0),
                     Request->Tag, TagIndex, Word | (ULONG)Request->Bytes | TagIndex << MI_TAG_SHIFT);
        KiEndOwnTouches();
        KiOpenBlock(Free.Block, Request->Bytes, Request->PoolType, FALSE);
        if ((Request->Flags & EXP_ZERO) != 0) {
            RtlZeroMemory(Free.Block, Request->Bytes);
        }
    }
    return Free.Block;
}

static PVOID ExpAllocateLarge(const EXP_REQUEST *Request, MI_ARENA Arena, ULONG TagIndex, ULONG Word)
{
    BOOLEAN Zero = (Request->Flags & EXP_ZERO) != 0;
    PVOID Block = MiAllocateLarge(Arena, Request->Bytes, Request->Tag, Word | TagIndex << MI_TAG_SHIFT, Zero);

    if (Block != NULL) {
        KiOpenBlock(Block, Request->Bytes, Request->PoolType, Zero);
    }
    return Block;
}

/* What is recorded of a type: the rest says what to do, not what the block is. */
static POOL_TYPE ExpRecordedType(POOL_TYPE PoolType)
{
    ULONG Bits = PagedPool | NonPagedPoolBaseCacheAligned | NonPagedPoolSession;

    return (POOL_TYPE)(PoolType & ((PoolType & PagedPool) != 0 ? Bits : Bits | POOL_NX_ALLOCATION));
}

/* NULL: not for special pool, or no room there. */
static PVOID ExpAllocateSpecial(const EXP_REQUEST *Request, MI_ARENA Arena, ULONG Word)
{
    VF_REQUEST Special = {
        .PoolType = ExpRecordedType(Request->PoolType),
        .Arena = Arena,
        .Bytes = Request->Bytes,
        .Tag = Request->Tag,
        .Priority = Request->Priority,
        .IsAskedFor = (Request->Flags & EXP_SPECIAL) != 0,
        .Quota = (Word & MI_QUOTA) != 0,
        .Zero = (Request->Flags & EXP_ZERO) != 0,
    };

    if (!VfWantsSpecial(&Special)) {
        return NULL;
    }
    ExpShareLists();
    return VfAllocateSpecial(&Special);
}

static PVOID ExpAllocateBlock(const EXP_REQUEST *Request, ULONG Word)
{
    MI_ARENA Arena = ExpArenaOf(Request->PoolType);
    BOOLEAN CacheAligned = (Request->PoolType & NonPagedPoolBaseCacheAligned) != 0;
    SIZE_T Bytes = Request->Bytes;

    MiInitializeArenas();
    if (!MiAttachThread()) {
        return NULL;
    }
    PVOID Special = ExpAllocateSpecial(Request, Arena, Word);
    if (Special != NULL) {
        return Special;
    }
    if (Arena == MiPaged) {
        VfNotePaged();
    }
    ULONG TagIndex = MiInternTag(Request->Tag);
    Word |= MI_LIVE;
    Word |= (Request->PoolType & (POOL_NX_ALLOCATION | PagedPool)) == POOL_NX_ALLOCATION ? MI_NX_TYPE : 0;
    Word |= (Request->PoolType & NonPagedPoolSession) != 0 ? MI_SESSION : 0;
    SIZE_T Granules = Bytes == 0 ? 1 : (Bytes + MI_GRANULE - 1) / MI_GRANULE;
    if (CacheAligned && Bytes <= MI_ALIGNED_MAX) {
        return ExpAllocateSmall(Request, TagIndex, Word, MiBinOf(MiAlignedClassOfGranules[Granules], Arena));
    }
    if (!CacheAligned && Bytes <= MI_SMALL_MAX) {
        return ExpAllocateSmall(Request, TagIndex, Word, MiBinOf(MiClassOfGranules[Granules], Arena));
    }
    return ExpAllocateLarge(Request, Arena, TagIndex, Word | (CacheAligned ? MI_CACHE_ALIGNED_LARGE : 0));
}

/* Windows before 8 takes the bit for nothing, and gives executable memory to a driver that does not want any. */
static VOID ExpCheckNx(const EXP_REQUEST *Request)
{
    if ((Request->PoolType & (POOL_NX_ALLOCATION | PagedPool)) == POOL_NX_ALLOCATION && !KiHasNxPool()) {
        KiRecordViolation(EmuViolationNxBeforeWindows8, Request->Caller,
                          "%s: no-execute pool on %s, which does not know it: the memory is executable",
                          Request->Routine, EmuWindows()->Title);
    }
}

static VOID ExpCheckZeroing(const EXP_REQUEST *Request)
{
    if ((Request->Flags & EXP_NOT_ZEROED) != 0) {
        KiRecordViolation(EmuViolationNotZeroed, Request->Caller,
                          "%s for ExAllocatePoolZero or a relative of it, in a file without "
                          "POOL_ZERO_DOWN_LEVEL_SUPPORT: %s does not zero pool, so the memory is not zeroed",
                          Request->Routine, EmuWindows()->Title);
    }
}

/* One to four characters, each from space to tilde; the highest bit says PROTECTED_POOL. */
static BOOLEAN ExpIsPrintable(ULONG Tag)
{
    for (Tag &= ~(ULONG)PROTECTED_POOL; Tag != 0; Tag >>= 8) {
        if ((UCHAR)Tag < 0x20 || (UCHAR)Tag > 0x7E) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A tag that says nothing of who allocated. Looked at when the tag is new, so that no fast path has to. */
static VOID ExpCheckTag(const EXP_REQUEST *Request)
{
    ULONG Tag = Request->Tag & ~(ULONG)PROTECTED_POOL;
    CHAR Text[5];

    if ((Request->Flags & EXP_UNTAGGED) != 0 || MiFindTag(Request->Tag) != 0) {
        return;
    }
    MiTagText(Tag, Text);
    if (Tag == EXP_TAG_NONE || Tag == EXP_TAG_WDM || Tag == EXP_TAG_DDK) {
        KiRecordViolation(EmuViolationTag, Request->Caller,
                          "%s: the tag '%s' is what Windows files requests without a tag under: it does not tell whose "
                          "block this is",
                          Request->Routine, Text);
    } else if (!ExpIsPrintable(Tag)) {
        KiRecordViolation(EmuViolationTag, Request->Caller,
                          "%s: the tag '%s' (0x%08X) has a character outside 0x20 to 0x7E", Request->Routine, Text,
                          Tag);
    }
}

static PVOID ExpAllocateWithinLimit(const EXP_REQUEST *Request, ULONG Word)
{
    if (!MiTakeFromLimit(Request->PoolType, Request->Bytes, Request->Priority)) {
        return NULL;
    }
    PVOID Block = Request->Secure != NULL ? ExpAllocateSecure(Request->Secure, Request->Bytes, Request->Tag)
                                          : ExpAllocateBlock(Request, Word);
    if (Block == NULL) {
        MiGiveToLimit(Request->PoolType, Request->Bytes);
    }
    return Block;
}

/* Blocks of a page and more were free of charge before Windows 8; since then one of exactly a page is not. */
static BOOLEAN ExpIsCharged(const EXP_REQUEST *Request)
{
    return (Request->Flags & EXP_QUOTA) != 0 &&
           (Request->Bytes < PAGE_SIZE || (Request->Bytes == PAGE_SIZE && KiHasNxPool()));
}

static PVOID ExpFail(const EXP_REQUEST *Request, NTSTATUS Status)
{
    VfCount(&VfCounters.AllocationsFailed);
    if (VfIsTracking()) {
        VfNoteFailure();
    }
    if ((Request->Flags & EXP_RAISE) != 0) {
        ExRaiseStatus(Status);
    }
    return NULL;
}

static VOID ExpNoteAllocation(const EXP_REQUEST *Request, PVOID Address)
{
    MI_BLOCK Block = {
        .Address = Address,
        .Size = Request->Bytes,
        .Tag = Request->Tag,
        .PoolType = ExpRecordedType(Request->PoolType),
    };

    VfNoteAllocation(&Block, Request->Caller);
}

static PVOID ExpAllocate(const EXP_REQUEST *Request)
{
    KiStart(); /* until then no fast path is open */
    BOOLEAN Charged = ExpIsCharged(Request);

    VfCount(&VfCounters.AllocationsAttempted);
    ExpCheckRequest(Request);
    ExpCheckNx(Request);
    ExpCheckZeroing(Request);
    ExpCheckTag(Request);
    if (VfIsTracking()) {
        VfCheckUnloaded(Request->Routine, Request->Caller);
    }
    if (VfFails(Request->Routine, Request->Tag, Request->Caller)) {
        VfCount(&VfCounters.AllocationsFailedDeliberately);
        return ExpFail(Request, STATUS_INSUFFICIENT_RESOURCES);
    }
    if (Charged && !PspChargeQuota(PsGetCurrentProcess(), Request->PoolType, Request->Bytes)) {
        return ExpFail(Request, STATUS_QUOTA_EXCEEDED);
    }
    PVOID Block = ExpAllocateWithinLimit(Request, Charged ? MI_QUOTA : 0);
    if (Block == NULL) {
        if (Charged) {
            PspReturnQuota(PsGetCurrentProcess(), Request->PoolType, Request->Bytes);
        }
        return ExpFail(Request, STATUS_INSUFFICIENT_RESOURCES);
    }
    if (VfIsAuditing()) {
        VfAuditRequest(Request->Routine, Request->Caller, Request->PoolType, Block);
    }
    VfCount(&VfCounters.AllocationsSucceeded);
    if ((Request->Flags & EXP_UNTAGGED) != 0) {
        VfCount(&VfCounters.AllocationsWithoutTag);
    }
    if (VfIsRecording()) {
        ExpNoteAllocation(Request, Block);
    }
    /* A secure block has its contents, and the driver's view of it is read-only; one of special pool has a pattern. */
    return (Request->Flags & EXP_ZERO) != 0 || Request->Secure != NULL || VfIsSpecial((ULONG_PTR)Block) ||
                   KiKnowsUninitialized()
               ? Block
               : ExpFillUninitialized(Block, Request->Bytes);
}

/* ---- The older routines --------------------------------------------------------------------------------------- */

/* Modifier bits of a POOL_TYPE as flags. Before Windows 10 2004 the kernel does not know POOL_ZERO_ALLOCATION. */
static ULONG ExpFlagsOfType(POOL_TYPE PoolType)
{
    BOOLEAN Zeroes = (PoolType & POOL_ZERO_ALLOCATION) != 0 && KiZeroesPool();

    return (Zeroes ? EXP_ZERO : 0u) | ((PoolType & EMU_POOL_ZEROED_BY_KERNEL) != 0 && !Zeroes ? EXP_NOT_ZEROED : 0u) |
           ((PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0 ? EXP_RAISE : 0u);
}

/* Requests without a priority go as far as those of the highest. */
static EXP_REQUEST ExpRequestOfType(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller)
{
    return (EXP_REQUEST){
        .Routine = Routine,
        .PoolType = (POOL_TYPE)(PoolType & ~EMU_POOL_ZEROED_BY_KERNEL),
        .Bytes = NumberOfBytes,
        .Tag = Tag,
        .Flags = ExpFlagsOfType(PoolType),
        .Caller = Caller,
        .Priority = HighPoolPriority,
    };
}

static PVOID ExpAllocateByType(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, ULONG Flags,
                               PVOID Caller)
{
    EXP_REQUEST Request = ExpRequestOfType(Routine, PoolType, NumberOfBytes, Tag, Caller);

    Request.Flags |= Flags;
    return ExpAllocate(&Request);
}

static PVOID ExpAllocateWithQuota(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, ULONG Flags,
                                  PVOID Caller)
{
    EXP_REQUEST Request = ExpRequestOfType(Routine, PoolType, NumberOfBytes, Tag, Caller);

    Request.Flags |= Flags | EXP_QUOTA | ((PoolType & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0 ? EXP_RAISE : 0u);
    return ExpAllocate(&Request);
}

/* What is not plain, kept out of the fast paths' frames. */
static EMU_NOINLINE PVOID ExpAllocateWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller)
{
    POOL_TYPE Plain = (POOL_TYPE)(PoolType & ~(ULONG)(POOL_ZERO_ALLOCATION | EMU_POOL_ZEROED_BY_KERNEL));

    if (Plain != PoolType && ExpIsPlainType(Plain) && NumberOfBytes <= MI_SMALL_MAX) {
        PVOID Block = ExpAllocateFast(Plain, &NumberOfBytes, Tag);
        if (Block != NULL) {
            return RtlZeroMemory(Block, NumberOfBytes);
        }
    }
    return ExpAllocateByType("ExAllocatePoolWithTag", PoolType, NumberOfBytes, Tag, EXP_IRQL_RULE, Caller);
}

static EMU_NOINLINE PVOID ExpAllocatePages(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller)
{
    PVOID Block = ExpAllocatePagesFast(PoolType, NumberOfBytes, Tag);

    return EMU_LIKELY(Block != NULL) ? ExpFillUninitialized(Block, NumberOfBytes)
                                     : ExpAllocateWithTag(PoolType, NumberOfBytes, Tag, Caller);
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    if (EMU_LIKELY(ExpIsPlainType(PoolType))) {
        if (EMU_UNLIKELY(NumberOfBytes > MI_SMALL_MAX)) {
            return ExpAllocatePages(PoolType, NumberOfBytes, Tag, EMU_RETURN_ADDRESS());
        }
        PVOID Block = ExpAllocateFast(PoolType, &NumberOfBytes, Tag);
        if (EMU_LIKELY(Block != NULL)) {
            return ExpFillUninitialized(Block, NumberOfBytes);
        }
    }
    return ExpAllocateWithTag(PoolType, NumberOfBytes, Tag, EMU_RETURN_ADDRESS());
}

PVOID ExpAllocateAs(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller)
{
    return VfIsInjecting() || VfIsRecording() || VfIsOn() || VfIsAuditing()
               ? ExpAllocateByType(Routine, PoolType, NumberOfBytes, Tag, EXP_IRQL_RULE, Caller)
               : ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID ExpAllocateForFsRtl(PCSTR Routine, POOL_TYPE PoolType, SIZE_T NumberOfBytes, const ULONG *Tag, BOOLEAN Quota,
                          PVOID Caller)
{
    ULONG Flags = Tag == NULL ? EXP_UNTAGGED : Quota ? 0 : EXP_IRQL_RULE;

    PoolType = (POOL_TYPE)((PoolType | POOL_RAISE_IF_ALLOCATION_FAILURE) & ~(ULONG)POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
    return (Quota ? ExpAllocateWithQuota : ExpAllocateByType)(Routine, PoolType, NumberOfBytes,
                                                              Tag == NULL ? EXP_TAG_NONE : *Tag, Flags, Caller);
}

PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExpAllocateByType("ExAllocatePool", PoolType, NumberOfBytes, EXP_TAG_NONE, EXP_UNTAGGED,
                             EMU_RETURN_ADDRESS());
}

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority)
{
    EXP_REQUEST Request =
        ExpRequestOfType("ExAllocatePoolWithTagPriority", PoolType, NumberOfBytes, Tag, EMU_RETURN_ADDRESS());

    Request.Priority = Priority;
    Request.Flags |= EXP_IRQL_RULE;
    return ExpAllocate(&Request);
}

PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExpAllocateWithQuota("ExAllocatePoolWithQuota", PoolType, NumberOfBytes, EXP_TAG_NONE, EXP_UNTAGGED,
                                EMU_RETURN_ADDRESS());
}

PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateWithQuota("ExAllocatePoolWithQuotaTag", PoolType, NumberOfBytes, Tag, 0, EMU_RETURN_ADDRESS());
}

/* ---- ExAllocatePool2 and ExAllocatePool3 ---------------------------------------------------------------------- */

enum {
    EXP_KIND_FLAGS = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED,
};

/* Of the low 32 bits every one must be understood: unknown ones and RESERVED1 are refused, and exactly one kind of
 * pool is asked for. The high 32 bits are hints. */
static BOOLEAN ExpTypeOfFlags(POOL_FLAGS Flags, POOL_TYPE *PoolType)
{
    ULONG Type;

    switch (Flags & EXP_KIND_FLAGS) {
    case POOL_FLAG_NON_PAGED:
        Type = NonPagedPoolNx;
        break;
    case POOL_FLAG_NON_PAGED_EXECUTE:
        Type = NonPagedPoolExecute;
        break;
    case POOL_FLAG_PAGED:
        Type = PagedPool;
        break;
    default:
        return FALSE;
    }
    if ((Flags & (POOL_FLAG_UNUSED_REQUIRED_BITS | POOL_FLAG_RESERVED1)) != 0) {
        return FALSE;
    }
    Type |= (Flags & POOL_FLAG_SESSION) != 0 ? NonPagedPoolSession : 0;
    Type |= (Flags & POOL_FLAG_CACHE_ALIGNED) != 0 ? NonPagedPoolBaseCacheAligned : 0;
    *PoolType = (POOL_TYPE)Type;
    return TRUE;
}

static EXP_REQUEST ExpRequestOfFlags(PCSTR Routine, POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller)
{
    return (EXP_REQUEST){
        .Routine = Routine,
        .Bytes = NumberOfBytes,
        .Tag = Tag,
        .Flags = ((Flags & POOL_FLAG_UNINITIALIZED) != 0 ? 0u : EXP_ZERO) |
                 ((Flags & POOL_FLAG_USE_QUOTA) != 0 ? EXP_QUOTA : 0u) |
                 ((Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0 ? EXP_RAISE : 0u) |
                 ((Flags & POOL_FLAG_SPECIAL_POOL) != 0 ? EXP_SPECIAL : 0u) | EXP_EMPTY_IS_LEGAL,
        .Caller = Caller,
        .Priority = HighPoolPriority,
    };
}

/* Fails a request whose flags, tag or parameters are invalid. A POOL_TYPE in the place of the flags has, but for
 * POOL_COLD_ALLOCATION, none of the bits that name a kind of pool. */
static PVOID ExpRefuse(const EXP_REQUEST *Request, POOL_FLAGS Flags, BOOLEAN FlagsAreValid)
{
    const POOL_FLAGS TypeBits = MaxPoolType | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE |
                                NonPagedPoolSession | POOL_COLD_ALLOCATION | POOL_NX_ALLOCATION | POOL_ZERO_ALLOCATION;

    if (!FlagsAreValid && (Flags & ~TypeBits) == 0) {
        KiRecordViolation(EmuViolationPoolTypeAsFlags, Request->Caller,
                          "%s fails: 0x%X is no POOL_FLAGS, which have one of POOL_FLAG_NON_PAGED, "
                          "POOL_FLAG_NON_PAGED_EXECUTE and POOL_FLAG_PAGED; read as a POOL_TYPE it is %s",
                          Request->Routine, (unsigned)Flags,
                          MiPoolTypeName((POOL_TYPE)(Flags & (NonPagedPoolNx | MaxPoolType))));
    }
    return ExpFail(Request, STATUS_INVALID_PARAMETER);
}

static EMU_NOINLINE PVOID ExpAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PVOID Caller)
{
    KiCheckExport(KiExportExAllocatePool2, Caller); /* no fast path is open on a Windows without it */
    EXP_REQUEST Request = ExpRequestOfFlags("ExAllocatePool2", Flags, NumberOfBytes, Tag, Caller);

    BOOLEAN Valid = ExpTypeOfFlags(Flags, &Request.PoolType);
    if (!Valid || Tag == 0) {
        return ExpRefuse(&Request, Flags, Valid);
    }
    return ExpAllocate(&Request);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    ULONG64 Kind = Flags & ~(POOL_FLAGS)POOL_FLAG_UNINITIALIZED;

    if (EMU_LIKELY(NumberOfBytes <= MI_SMALL_MAX &&
                   (Kind == POOL_FLAG_NON_PAGED || Kind == POOL_FLAG_PAGED || Kind == POOL_FLAG_NON_PAGED_EXECUTE))) {
        PVOID Block = ExpAllocateFast(Kind == POOL_FLAG_NON_PAGED ? NonPagedPoolNx
                                      : Kind == POOL_FLAG_PAGED   ? PagedPool
                                                                  : NonPagedPoolExecute,
                                      &NumberOfBytes, Tag);
        if (EMU_LIKELY(Block != NULL)) {
            return (Flags & POOL_FLAG_UNINITIALIZED) != 0 ? ExpFillUninitialized(Block, NumberOfBytes)
                                                          : RtlZeroMemory(Block, NumberOfBytes);
        }
    }
    return ExpAllocatePool2(Flags, NumberOfBytes, Tag, EMU_RETURN_ADDRESS());
}

static BOOLEAN ExpIsPriority(EX_POOL_PRIORITY Priority)
{
    ULONG Level = (ULONG)Priority & ~9u;

    return (Level == LowPoolPriority || Level == NormalPoolPriority || Level == HighPoolPriority) &&
           ((ULONG)Priority & 9) != 1;
}

/* Windows knows secure pools and nodes since Windows Server 2022. */
static BOOLEAN ExpKnowsSecurePools(VOID)
{
    return KiIsAtLeast(10, 0, 20348);
}

/* Secure blocks are nonpaged, no-execute and nobody's quota. */
static BOOLEAN ExpIsSecureParameter(const POOL_EXTENDED_PARAMETER *Parameter, POOL_FLAGS Flags)
{
    return (Flags & (EXP_KIND_FLAGS | POOL_FLAG_USE_QUOTA | POOL_FLAG_SESSION)) == POOL_FLAG_NON_PAGED &&
           ExpKnowsSecurePools() && ExpIsSecureRequest(Parameter->SecurePoolParams);
}

/* Takes one parameter over into the request. An optional one that cannot be honoured is left alone; FALSE: a required
 * one cannot. There is one NUMA node, number 0. */
static BOOLEAN ExpTakeParameter(const POOL_EXTENDED_PARAMETER *Parameter, POOL_FLAGS Flags, EXP_REQUEST *Request)
{
    switch (Parameter->Type) {
    case PoolExtendedParameterPriority:
        if (ExpIsPriority(Parameter->Priority)) {
            Request->Priority = Parameter->Priority;
            return TRUE;
        }
        return Parameter->Optional;
    case PoolExtendedParameterSecurePool:
        if (ExpIsSecureParameter(Parameter, Flags)) {
            Request->Secure = Parameter->SecurePoolParams;
            return TRUE;
        }
        return Parameter->Optional;
    case PoolExtendedParameterNumaNode:
        return Parameter->Optional ||
               ((Flags & POOL_FLAG_NON_PAGED) != 0 && ExpKnowsSecurePools() &&
                (Parameter->PreferredNode == 0 || (Parameter->PreferredNode & MM_ANY_NODE_OK) != 0));
    default:
        return Parameter->Optional;
    }
}

/* Each type once; what is malformed is refused also where it is optional. */
static BOOLEAN ExpTakeParameters(PCPOOL_EXTENDED_PARAMETER Parameters, ULONG Count, POOL_FLAGS Flags,
                                 EXP_REQUEST *Request)
{
    ULONG64 Seen[4] = {0}; /* a bit for each of the 256 types */

    if (Count != 0 && Parameters == NULL) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Count; Index++) {
        const POOL_EXTENDED_PARAMETER *Parameter = &Parameters[Index];
        ULONG64 Bit = 1ull << (Parameter->Type & 63);
        if (Parameter->Reserved != 0 || Parameter->Type == PoolExtendedParameterInvalidType ||
            (Seen[Parameter->Type / 64] & Bit) != 0 || !ExpTakeParameter(Parameter, Flags, Request)) {
            return FALSE;
        }
        Seen[Parameter->Type / 64] |= Bit;
    }
    return TRUE;
}

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                      ULONG ExtendedParametersCount)
{
    KiCheckExport(KiExportExAllocatePool3, EMU_RETURN_ADDRESS());
    EXP_REQUEST Request = ExpRequestOfFlags("ExAllocatePool3", Flags, NumberOfBytes, Tag, EMU_RETURN_ADDRESS());

    BOOLEAN Valid = ExpTypeOfFlags(Flags, &Request.PoolType);
    if (!Valid || Tag == 0 || !ExpTakeParameters(ExtendedParameters, ExtendedParametersCount, Flags, &Request)) {
        return ExpRefuse(&Request, Flags, Valid);
    }
    return ExpAllocate(&Request);
}

/* ---- Free, rule by rule --------------------------------------------------------------------------------------- */

typedef struct EXP_FREE {
    PCSTR Routine;
    PVOID Address;
    ULONG Tag; /* 0: any */
    PVOID Caller;
} EXP_FREE;

static DECLSPEC_NORETURN VOID ExpStopOnFreeWith(const EXP_FREE *Free, KI_BUGCHECK BugCheck, const MI_BLOCK *Block,
                                                PCSTR What)
{
    CHAR Words[256] = "", History[512];

    if (Block != NULL) {
        MiDescribeBlock(Block, Words, sizeof(Words));
    }
    BOOLEAN Known = VfDescribeHistory(Block != NULL ? Block->Address : Free->Address, History, sizeof(History));
    KiStopF(Free->Caller, BugCheck, "%s of 0x%zx: %s.%s%s%s%s%s%s", Free->Routine, (size_t)Free->Address, What,
            Block != NULL ? " The block: " : "", Words, Block != NULL ? "." : "", Known ? " It was " : "", History,
            Known ? "." : "");
}

static DECLSPEC_NORETURN VOID ExpStopOnFree(const EXP_FREE *Free, ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3,
                                            ULONG_PTR P4, const MI_BLOCK *Block, PCSTR What)
{
    ExpStopOnFreeWith(Free, KiBugCheck(Code, P1, P2, P3, P4), Block, What);
}

/* Of what the heap finds where there is one; Damaged is where in the pool. */
static DECLSPEC_NORETURN VOID ExpStopOnHeap(const EXP_FREE *Free, KI_BUGCHECK Before, ULONG_PTR Damaged,
                                            const MI_BLOCK *Block, PCSTR What)
{
    BOOLEAN HasHeader = BYTE_OFFSET(Damaged) != 0; /* where a page begins there is no room for one */

    ExpStopOnFreeWith(Free, KiHeapBugCheck(Before, HasHeader, MiArenaBase(MiArenaOf(Damaged)), Damaged), Block, What);
}

static ULONG_PTR ExpReadPointer(ULONG_PTR Address)
{
    KiBeginOwnTouches();
    ULONG_PTR Value = *(ULONG_PTR *)Address;
    KiEndOwnTouches();
    return Value;
}

/* The parts of the header that stop screens show: its first four bytes, and the tag. */
typedef struct EXP_HEADER {
    ULONG Bits;
    ULONG Tag;
} EXP_HEADER;

static EXP_HEADER ExpReadHeader(PVOID Block)
{
    KiBeginOwnTouches();
    ULONG64 First = *MiPlainHeaderOf(Block);
    KiEndOwnTouches();
    return (EXP_HEADER){(ULONG)First, (ULONG)(First >> 32)};
}

/* The same of a freed block. A large one has no header, but its tag is known; a page that was given back says nothing
 * of its blocks. */
static EXP_HEADER ExpReadFreedHeader(PVOID Block)
{
    const MI_PAGE *Page = MiPageOf((ULONG_PTR)Block);

    switch (MiKindOf(Page)) {
    case MiPageSlab:
        return ExpReadHeader(Block);
    case MiPageWasLarge:
    case MiPageCached:
        return (EXP_HEADER){.Tag = Page->Tag};
    default:
        return (EXP_HEADER){0};
    }
}

static const CHAR ExpSecureWords[] = "a block of a secure pool is freed by ExFreePool2 with the parameters of the pool";

/* Driver Verifier looks first: freed twice, or never allocated. */
static VOID ExpVerifyAddress(const EXP_FREE *Free, MI_FOUND Found)
{
    ULONG_PTR Start = (ULONG_PTR)Free->Address;

    if (VfIsSpecial(Start)) {
        VfStopOnBadFree(Free->Address, Free->Routine, Free->Caller);
    }
    if (Found == MiFoundFreed && VfIsOn()) {
        BOOLEAN HasHeader = MiKindOf(MiPageOf(Start)) == MiPageSlab;
        ExpStopOnFree(Free, DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_FREED_TWICE, 0,
                      HasHeader ? Start - MI_HEADER_BYTES : Start,
                      HasHeader ? ExpReadPointer(Start - MI_HEADER_BYTES) : 0, NULL, "the block was freed before");
    }
    if (Found != MiFoundFreed && VfIsOn()) {
        MI_BLOCK Around, Secure;
        BOOLEAN HasBlock = MiFindBlockAround(Start, &Around);
        ExpStopOnFree(
            Free, DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_FREE_NOT_ALLOCATED, Start, 0, 0, HasBlock ? &Around : NULL,
            ExpFindSecureBlock(Free->Address, &Secure) ? ExpSecureWords : "no allocation returned this address");
    }
}

static DECLSPEC_NORETURN VOID ExpStopOnBadAddress(const EXP_FREE *Free, MI_FOUND Found)
{
    ULONG_PTR Start = (ULONG_PTR)Free->Address;

    KiEnterInside(); /* headers are looked at, at whatever IRQL this is */
    ExpVerifyAddress(Free, Found);
    if (Found == MiFoundOutside) {
        MI_BLOCK Secure;
        ExpStopOnFree(Free, BAD_POOL_CALLER, KI_C2_FREE_INVALID_ADDRESS, Start, 0, 0, NULL,
                      ExpFindSecureBlock(Free->Address, &Secure) ? ExpSecureWords : "this is no pool address");
    }
    BOOLEAN Paged = MiArenaOf(Start) == MiPaged;
    ULONG_PTR Offset = Start - MiArenaBase(MiPaged);
    if (Found == MiFoundFreed) {
        EXP_HEADER Header = ExpReadFreedHeader(Free->Address);
        ExpStopOnHeap(Free, KiBugCheck(BAD_POOL_CALLER, KI_C2_FREED_TWICE, Header.Tag, Header.Bits, Start), Start, NULL,
                      "the block was freed before");
    }
    if (Found == MiFoundInside) {
        MI_BLOCK Around;
        BOOLEAN HasBlock = MiFindBlockAround(Start, &Around);
        KI_BUGCHECK Before = Paged ? KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_INSIDE_PAGED, 0, 0, Offset)
                                   : KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_INSIDE_NONPAGED, Start, 0, 0);
        ExpStopOnHeap(Free, Before, Start, HasBlock ? &Around : NULL,
                      "no block begins here, the address lies inside one");
    }
    KI_BUGCHECK Before =
        Paged ? KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_PAGED_NOT_ALLOCATED, Start, Offset, MiArenaBytes())
              : KiBugCheck(BAD_POOL_CALLER, KI_C2_FREE_NONPAGED_NOT_ALLOCATED, Start, 0, 0);
    ExpStopOnHeap(Free, Before, Start, NULL,
                  Paged ? "nothing is allocated at this paged pool address"
                        : "nothing is allocated at this nonpaged pool address");
}

static VOID ExpCheckFreeIrql(const EXP_FREE *Free, const MI_BLOCK *Block)
{
    ULONG_PTR Irql = KiThread.Irql;
    ULONG_PTR Type = (ULONG_PTR)Block->PoolType;
    ULONG_PTR Start = (ULONG_PTR)Block->Address;
    BOOLEAN Paged = (Type & PagedPool) != 0;
    PCSTR What = Paged ? "paged pool at an IRQL above APC_LEVEL" : "nonpaged pool at an IRQL above DISPATCH_LEVEL";

    if (!ExpIsIrqlWrong(Block->PoolType)) {
        return;
    }
    if (VfIsOn()) {
        ExpStopOnFree(Free, DRIVER_VERIFIER_DETECTED_VIOLATION,
                      Paged ? KI_C4_FREE_PAGED_AT_IRQL : KI_C4_FREE_NONPAGED_AT_IRQL, Irql, Type, Start, Block, What);
    }
    if (VfIsSpecial(Start)) {
        ExpStopOnFree(Free, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, Irql, Type, Start, KI_C1_FREE_AT_IRQL, Block,
                      What);
    }
    ExpStopOnFree(Free, BAD_POOL_CALLER, KI_C2_FREE_AT_IRQL, Irql, Type, Start, Block, What);
}

/* The kinds of objects that must not be in use in memory that is freed. */
static ULONG ExpKindsToFree(VOID)
{
    ULONG Kinds = 0;

    for (ULONG Kind = 0; Kind < KiObjectKinds; Kind++) {
        Kinds |= KiObjectRules[Kind].Freed.Words != NULL ? KI_KIND(Kind) : 0;
    }
    return Kinds;
}

static VOID ExpCheckFreeObjects(const EXP_FREE *Free, const MI_BLOCK *Block)
{
    ULONG_PTR Start = (ULONG_PTR)Block->Address;
    KI_OBJECT Object;
    CHAR What[96];

    if (!VfIsSet(EMU_VERIFIER_MISCELLANEOUS) || !KiFindObjectIn(ExpKindsToFree(), Start, Block->Size, &Object)) {
        return;
    }
    const KI_OBJECT_RULES *Rules = &KiObjectRules[Object.Kind];
    ULONG Code = DRIVER_VERIFIER_DETECTED_VIOLATION;
    ULONG_PTR P1 = Rules->Freed.Violation, P2 = (ULONG_PTR)Object.Address, P3 = Start, P4 = Block->Size;
    switch (Rules->Freed.Gives) {
    case KiGivesBlockAndBytes:
        break;
    case KiGivesTypeAndBlock:
        P3 = (ULONG_PTR)Block->PoolType;
        P4 = Start;
        break;
    case KiGivesThread:
        if (!KiIsAtLeast(6, 1, 0)) { /* as the page says */
            return;
        }
        P3 = Object.Thread;
        P4 = 0;
        break;
    case KiGivesRange:
        Code = TIMER_OR_DPC_INVALID;
        P4 = Start + Block->Size;
        break;
    case KiGivesLockedPages:
        if (!KiIsAtLeast(6, 0, 0)) {
            return;
        }
        Code = DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS;
        P1 = (ULONG_PTR)KiFindObject(Object.Kind, Object.Address);
        P2 = 0;
        P3 = (ULONG_PTR)Object.Address;
        P4 = VfCountLocked(Object.Address);
        break;
    }
    snprintf(What, sizeof(What), "%s %s in it %s", strchr("aeiouM", Rules->Name[0]) != NULL ? "an" : "a", Rules->Name,
             Rules->Freed.Words);
    ExpStopOnFree(Free, Code, P1, P2, P3, P4, Block, What);
}

static VOID ExpCheckFreeTag(const EXP_FREE *Free, const MI_BLOCK *Block)
{
    CHAR What[64], Text[5];

    if (!ExpIsTagRight(Free->Tag, Block->Tag)) {
        MiTagText(Free->Tag, Text);
        snprintf(What, sizeof(What), "freed with the wrong tag, '%s' (0x%08X)", Text, Free->Tag);
        ExpStopOnFree(Free, BAD_POOL_CALLER, KI_C2_WRONG_TAG, (ULONG_PTR)Block->Address, Block->Tag, Free->Tag, Block,
                      What);
    }
}

static BOOLEAN ExpIsHeaderIntact(PVOID Block, MI_SLOT *Slot)
{
    KiBeginOwnTouches();
    BOOLEAN Intact = MiIsHeaderIntact(Block, Slot);
    KiEndOwnTouches();
    return Intact;
}

/* The block behind this one in its page: FALSE when it is live and its header was overwritten, or when another thread
 * is just freeing or reallocating it. */
static BOOLEAN ExpIsNeighbourIntact(PVOID Block, const MI_CLASS *Class, MI_SLOT *Slot)
{
    return (EMU_ATOMIC_LOAD(&Slot[1].Word, EMU_ORDER_ACQUIRE) & MI_LIVE) == 0 ||
           ExpIsHeaderIntact((UCHAR *)Block + Class->SlotBytes, Slot + 1);
}

/* Damage stays; what another thread is doing to its block does not. */
static BOOLEAN ExpIsNeighbourDamaged(PVOID Block, const MI_CLASS *Class, MI_SLOT *Slot)
{
    if (EMU_LIKELY(ExpIsNeighbourIntact(Block, Class, Slot))) {
        return FALSE;
    }
    ULONG Looks = MiIsOnlyThread() ? 1 : 1000;
    while (Looks > 0 && !ExpIsNeighbourIntact(Block, Class, Slot)) {
        if (--Looks > 0) {
            HostYield();
        }
    }
    return Looks == 0;
}

/* The block's memory is free from now on, or after a while. */
static VOID ExpGiveBackSmall(const MI_BLOCK *Block, MI_SLOT *Slot)
{
    KiBeginOwnTouches();
    ExpCloseBlock(Block->Address, Slot);
    KiEndOwnTouches();
    if (KiIsSanitizing()) {
        VfRetire(Block);
    } else {
        MiTakeBack(Block);
    }
}

static BOOLEAN ExpGiveBackLarge(const MI_BLOCK *Block)
{
    if (!MiFreeLarge(Block->Address)) {
        return FALSE;
    }
    if (KiIsSanitizing()) {
        VfRetire(Block);
    }
    return TRUE;
}

static DECLSPEC_NORETURN VOID ExpStopOnHeader(const EXP_FREE *Free, const MI_BLOCK *Block, MI_SLOT *Slot)
{
    ULONG_PTR Address = (ULONG_PTR)Block->Address, Start = Address - MI_HEADER_BYTES;
    ULONG Class = MiPageOf(Address)->Class;
    EXP_HEADER Header = ExpReadHeader(Block->Address);

    /* With an intact first half it is the process pointer that was overwritten. The kernel uses it only when the block
     * is charged. */
    if (Block->Quota && Header.Tag == Block->Tag &&
        Header.Bits == ExpHeaderBits(Block->Address, MiBinOf(Class, MiArenaOf(Address)), TRUE)) {
        ExpStopOnFree(Free, BAD_POOL_CALLER, KI_C2_BAD_QUOTA_PROCESS, Address, Block->Tag,
                      ExpReadPointer((ULONG_PTR)MiCheckPlace(Block->Address, Slot)), Block,
                      "the process pointer in the block's pool header was overwritten");
    }
    ExpStopOnHeap(
        Free, KiBugCheck(BAD_POOL_HEADER, KI_19_HEADER_CORRUPT, Start, Start + MiClasses[Class].SlotBytes, Header.Bits),
        Start, Block, "the block's pool header was overwritten");
}

static VOID ExpFreeSmall(const EXP_FREE *Free, const MI_BLOCK *Block)
{
    ULONG_PTR Address = (ULONG_PTR)Block->Address;
    const MI_PAGE *Page = MiPageOf(Address);
    const MI_CLASS *Class = &MiClasses[Page->Class];
    MI_SLOT *Slot = &Page->Slots[MiSlotIndex(Page->Class, BYTE_OFFSET(Address))];

    if (!ExpIsHeaderIntact(Block->Address, Slot)) {
        if ((EMU_ATOMIC_LOAD(&Slot->Word, EMU_ORDER_ACQUIRE) & MI_LIVE) == 0) {
            ExpStopOnBadAddress(Free, MiFoundFreed); /* by another thread, just now */
        }
        ExpStopOnHeader(Free, Block, Slot);
    }
    ExpCheckFreeTag(Free, Block);
    if (ExpIsNeighbourDamaged(Block->Address, Class, Slot)) {
        ULONG_PTR Next = Address - MI_HEADER_BYTES + Class->SlotBytes;
        ExpStopOnHeap(
            Free, KiBugCheck(BAD_POOL_HEADER, KI_19_NEXT_HEADER_CORRUPT, Address, Block->Size, ExpReadPointer(Next)),
            Next, Block, "the pool header behind the block was overwritten, by an overrun it seems");
    }
    if (VfIsRecording()) {
        VfNoteFree(Block, Free->Caller);
    }
    ExpGiveBackSmall(Block, Slot);
}

static VOID ExpFreeLarge(const EXP_FREE *Free, const MI_BLOCK *Block)
{
    ExpCheckFreeTag(Free, Block);
    if (VfIsRecording()) {
        VfNoteFree(Block, Free->Caller);
    }
    if (!ExpGiveBackLarge(Block)) {
        ExpStopOnBadAddress(Free, MiFoundFreed); /* by another thread, just now */
    }
}

static VOID ExpFreeSpecial(const EXP_FREE *Free, const MI_BLOCK *Block)
{
    ExpCheckFreeTag(Free, Block);
    if (!VfFreeSpecial(Block->Address, Free->Routine, Free->Caller)) {
        ExpStopOnBadAddress(Free, MiFoundFreed); /* by another thread, just now */
    }
}

static EMU_NOINLINE VOID ExpFreeByRules(PCSTR Routine, PVOID Address, ULONG Tag, PVOID Caller)
{
    EXP_FREE Free = {Routine, Address, Tag, Caller};
    MI_BLOCK Block;
    MI_FOUND Found = MiFindBlock(Address, &Block);

    if (Found != MiFoundLive) {
        ExpStopOnBadAddress(&Free, Found);
    }
    ExpCheckFreeIrql(&Free, &Block);
    ExpCheckFreeObjects(&Free, &Block);
    if (!MiAttachThread()) {
        ExpStopOnFree(&Free, MEMORY_MANAGEMENT, KI_1A_HOST_REFUSES, 0, 0, 0, &Block,
                      "the host has no memory for this thread's cache");
    }
    if (VfIsSpecial((ULONG_PTR)Address)) {
        ExpFreeSpecial(&Free, &Block);
    } else if (MiKindOf(MiPageOf((ULONG_PTR)Address)) == MiPageSlab) {
        ExpFreeSmall(&Free, &Block);
    } else {
        ExpFreeLarge(&Free, &Block);
    }
    MiGiveToLimit(Block.PoolType, Block.Size);
    if (Block.Quota) {
        PspReturnQuota(PsGetCurrentProcess(), Block.PoolType, Block.Size);
    }
}

/* What is not small and plain, kept out of the fast path's frame. */
static EMU_NOINLINE VOID ExpFree(PCSTR Routine, PVOID Address, ULONG Tag, PVOID Caller)
{
    if (EMU_UNLIKELY(!ExpFreePagesFast(Address, Tag))) {
        ExpFreeByRules(Routine, Address, Tag, Caller);
    }
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    if (EMU_UNLIKELY(!ExpFreeFast(P, Tag))) {
        ExpFree("ExFreePoolWithTag", P, Tag, EMU_RETURN_ADDRESS());
    }
}

VOID ExFreePool(PVOID P)
{
    if (EMU_UNLIKELY(!ExpFreeFast(P, 0))) {
        ExpFree("ExFreePool", P, 0, EMU_RETURN_ADDRESS());
    }
}

/* The secure pool that the parameters name, or NULL. */
static const POOL_EXTENDED_PARAMS_SECURE_POOL *ExpSecurePoolOf(PCPOOL_EXTENDED_PARAMETER Parameters, ULONG Count)
{
    for (ULONG Index = 0; Index < Count && Parameters != NULL; Index++) {
        if (Parameters[Index].Type == PoolExtendedParameterSecurePool) {
            return Parameters[Index].SecurePoolParams;
        }
    }
    return NULL;
}

VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    KiCheckExport(KiExportExFreePool2, EMU_RETURN_ADDRESS());
    const POOL_EXTENDED_PARAMS_SECURE_POOL *Secure = ExpSecurePoolOf(ExtendedParameters, ExtendedParametersCount);
    MI_BLOCK Block;

    if (Secure == NULL || MiFindBlock(P, &Block) == MiFoundLive) {
        ExpFree("ExFreePool2", P, Tag, EMU_RETURN_ADDRESS());
        return;
    }
    if (ExpFindSecureBlock(P, &Block)) {
        EXP_FREE Free = {"ExFreePool2", P, Tag, EMU_RETURN_ADDRESS()};
        ExpCheckFreeIrql(&Free, &Block);
    }
    ExpFreeSecure(Secure, P, Tag, EMU_RETURN_ADDRESS());
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

SIZE_T ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged)
{
    VfCheckLimit(KiExportExQueryPoolBlockSize, EMU_RETURN_ADDRESS());
    MI_BLOCK Block;
    MI_FOUND Found = MiFindBlock(PoolBlock, &Block);

    if (Found != MiFoundLive) {
        EXP_FREE Question = {"ExQueryPoolBlockSize", PoolBlock, 0, EMU_RETURN_ADDRESS()};
        ExpStopOnBadAddress(&Question, Found);
    }
    *QuotaCharged = Block.Quota;
    if (VfIsSpecial((ULONG_PTR)PoolBlock)) {
        return Block.Size;
    }
    const MI_PAGE *Page = MiPageOf((ULONG_PTR)PoolBlock);
    return MiKindOf(Page) == MiPageSlab ? (SIZE_T)MiClasses[Page->Class].SlotBytes - MI_HEADER_BYTES
                                        : ROUND_TO_PAGES(Block.Size);
}

/* ---- Reset ---------------------------------------------------------------------------------------------------- */

static BOOLEAN ExpForceFree(const MI_BLOCK *Block, PVOID Context)
{
    const MI_PAGE *Page = MiPageOf((ULONG_PTR)Block->Address);

    UNREFERENCED_PARAMETER(Context);
    if (MiKindOf(Page) == MiPageSlab) {
        ExpGiveBackSmall(Block, &Page->Slots[MiSlotIndex(Page->Class, BYTE_OFFSET(Block->Address))]);
    } else {
        ExpGiveBackLarge(Block);
    }
    return TRUE;
}

VOID ExpResetPool(VOID)
{
    /* Without a tag there is no block and no counter. */
    if (MiIsAnyTagInUse() && MiHasArenas() && MiAttachThread()) {
        MiForEachBlock(ExpForceFree, NULL);
        MiZeroTags();
        MiForgetTags();
    }
}
