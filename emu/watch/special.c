/* special.c: special pool. A slot is 2, 4, 8 ... pages of a range of addresses, the last of them never accessible; so
 * a block, in the first pages of a slot, has a page without access on both sides. */
#include "watch/special.h"

#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/hooks.h"
#include "core/probe.h"
#include "mem/region.h"
#include "core/bugcheck.h"
#include "core/thread.h"
#include "mem/mapping.h"
#include "watch/irql.h"
#include "watch/pattern.h"
#include "watch/sanitize.h"
#include "watch/track.h"
#include "watch/verifier.h"

enum {
    VF_CLASSES = 13, /* a slot of class n has 1 << n pages, one of which a block does not get */
    VF_MOST_PAGES = 1 << EMU_BY_WIDTH(20, 16),
    VF_FEWEST_PAGES = 1 << 12,
    VF_QUARANTINE_PAGES = 16384,
    VF_LIVE_PAGES = 8192, /* each may cost the host two mappings, and it has 65,530 as a rule */
    VF_DISCARDED_PAGES = 16,
    VF_PATTERN = 0xA5,
};

typedef enum VF_STATE {
    VfSlotFree,
    VfSlotOpening, /* being filled */
    VfSlotLive,
    VfSlotClosing,     /* being checked */
    VfSlotQuarantined, /* and so inaccessible */
} VF_STATE;

typedef struct VF_SLOT {
    ULONG_PTR Base;
    SIZE_T Bytes; /* of the block that is, or was there */
    POOL_TYPE PoolType;
    ULONG Tag;
    ULONG Pages; /* that it has part of */
    ULONG Next;  /* in the quarantine or in the list of free slots; 0: none */
    USHORT Offset;
    UCHAR Class;
    UCHAR State;
    BOOLEAN Quota;
    BOOLEAN Marked;
    HOST_ACCESS Access;
} VF_SLOT;

/* One for nonpaged and one for paged pool, which is trimmed as a whole. */
typedef struct VF_RANGE {
    ULONG_PTR Base; /* 0 until it is there; set last */
    SIZE_T Pages;
    SIZE_T Carved; /* so many pages belong to slots, or are the first one, which none does */
    ULONG *SlotOf; /* of each page */
    VF_SLOT *Slots;
    ULONG SlotCount; /* slot 0 is none */
    ULONG FirstFree[VF_CLASSES];
    ULONG Oldest; /* in the quarantine */
    ULONG Newest;
    SIZE_T Quarantined; /* pages */
    SIZE_T Live;        /* pages */
    BOOLEAN IsRefused;  /* the host has no room for it */
} VF_RANGE;

static const MI_REGION VfSpecialRegion; /* below its routines */

static HOST_LOCK VfSpecialLock;
static VF_RANGE VfRanges[2]; /* [0] nonpaged, [1] paged */

static struct {
    CHAR TagPattern[16]; /* empty: none */
    ULONG SizeBucket;
    BOOLEAN VerifyStart;
    BOOLEAN EmptyLookaside;
    SIZE_T QuarantinePages;
    SIZE_T MostPages;
} VfSettings = {.QuarantinePages = VF_QUARANTINE_PAGES, .MostPages = VF_LIVE_PAGES};

VOID VfAcquireSpecial(VOID)
{
    HostAcquire(&VfSpecialLock);
}

VOID VfReleaseSpecial(VOID)
{
    HostRelease(&VfSpecialLock);
}

/* ---- Which requests ------------------------------------------------------------------------------------------- */

enum {
    VF_UNIT = MEMORY_ALLOCATION_ALIGNMENT,
    VF_FIRST_BUCKET = 2 * VF_UNIT,
    VF_LAST_BUCKET = PAGE_SIZE - VF_UNIT,
};

NTSTATUS EmuSetSpecialPool(const EMU_SPECIAL_POOL *Settings)
{
    static const EMU_SPECIAL_POOL Default;
    const EMU_SPECIAL_POOL *New = Settings == NULL ? &Default : Settings;
    PCSTR Pattern = New->TagPattern == NULL ? "" : New->TagPattern;
    ULONG Bucket = New->SizeBucket;

    if (memcmp(New->Reserved, Default.Reserved, sizeof(New->Reserved)) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((New->TagPattern != NULL && *Pattern == 0) || strlen(Pattern) >= sizeof(VfSettings.TagPattern) ||
        (New->TagPattern != NULL && Bucket != 0) ||
        (Bucket != 0 && (Bucket < VF_FIRST_BUCKET || Bucket > VF_LAST_BUCKET || Bucket % VF_UNIT != 0))) {
        return STATUS_INVALID_PARAMETER;
    }
    memcpy(VfSettings.TagPattern, Pattern, strlen(Pattern) + 1);
    VfSettings.SizeBucket = Bucket;
    VfSettings.VerifyStart = New->VerifyStart;
    VfSettings.EmptyLookaside = New->EmptyLookaside;
    if (New->EmptyLookaside) {
        KiHooks.ShareLists(); /* from now on they ask */
    }
    VfSettings.QuarantinePages = New->QuarantinePages != 0 ? New->QuarantinePages : VF_QUARANTINE_PAGES;
    VfSettings.MostPages = New->MostPages != 0 ? New->MostPages : VF_LIVE_PAGES;
    return STATUS_SUCCESS;
}

/* A tag of fewer than four characters ends with zeros. */
static BOOLEAN VfMatchesTag(ULONG Tag)
{
    CHAR Text[5] = "";

    Tag &= ~(ULONG)PROTECTED_POOL;
    memcpy(Text, &Tag, sizeof(Tag));
    return VfMatches(VfSettings.TagPattern, Text);
}

BOOLEAN VfEmptiesLists(VOID)
{
    return VfSettings.EmptyLookaside && VfIsSet(EMU_VERIFIER_SPECIAL_POOL);
}

BOOLEAN VfWantsSpecial(const VF_REQUEST *Request)
{
    if (!VfIsSet(EMU_VERIFIER_SPECIAL_POOL)) {
        return FALSE;
    }
    if (VfSettings.SizeBucket != 0 && !Request->IsAskedFor) {
        return (Request->Bytes + VF_UNIT - 1) / VF_UNIT * VF_UNIT + VF_UNIT == VfSettings.SizeBucket ||
               Request->Tag == VfSettings.SizeBucket;
    }
    return Request->IsAskedFor || VfSettings.TagPattern[0] == 0 || VfMatchesTag(Request->Tag);
}

/* ---- Slots: the lock is held ---------------------------------------------------------------------------------- */

/* The host joins neighbouring mappings of equal rights only when they stem from one that was touched as one. So all of
 * the range is mapped at once, but where that takes memory: there slot by slot. */
static BOOLEAN VfMapRange(PVOID Base, SIZE_T Bytes)
{
    if (!HostMap(Base, Bytes, HostReadWrite)) {
        return FALSE;
    }
    *(volatile UCHAR *)Base = VF_PATTERN;
    if (!HostProtect(Base, Bytes, HostNoAccess)) {
        return FALSE;
    }
    HostPreferLargePages(Base, Bytes); /* now, so that the one touched is small; blocks of 2 MiB and more are filled */
    return TRUE;
}

/* The reverse, for all slots. */
static BOOLEAN VfUnmapRange(PVOID Base, SIZE_T Bytes)
{
    if (HostMapTakesMemory()) {
        return HostMap(Base, Bytes, HostNoAccess);
    }
    if (!HostProtect(Base, Bytes, HostNoAccess)) {
        return FALSE;
    }
    HostDiscard(Base, Bytes);
    return TRUE;
}

static VOID VfReserveRange(VF_RANGE *Range)
{
    SIZE_T Bytes = (SIZE_T)VF_MOST_PAGES * PAGE_SIZE;

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    PVOID Base = MiReserveShare(&Bytes, (SIZE_T)VF_FEWEST_PAGES * PAGE_SIZE);
    SIZE_T Pages = Bytes / PAGE_SIZE;
    Range->IsRefused = Base == NULL;
    if (Base != NULL) {
        Range->SlotOf = HostAllocate(Pages * sizeof(*Range->SlotOf));
        Range->Slots = HostAllocate(Pages * sizeof(*Range->Slots) / 2);
        Range->IsRefused = Range->SlotOf == NULL || Range->Slots == NULL ||
                           (!HostMapTakesMemory() && !VfMapRange(Base, Pages * PAGE_SIZE));
    }
    if (!Range->IsRefused) {
        Range->Pages = Pages;
        Range->Carved = 1;
        Range->SlotCount = 1;
        MiAddRegion(&VfSpecialRegion);
        EMU_ATOMIC_STORE(&Range->Base, (ULONG_PTR)Base, EMU_ORDER_RELEASE);
    }
}

static ULONG VfCarve(VF_RANGE *Range, ULONG Class)
{
    SIZE_T Pages = (SIZE_T)1 << Class;
    ULONG_PTR Base = Range->Base + (Range->Carved << PAGE_SHIFT);

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    if (Pages > Range->Pages - Range->Carved ||
        (HostMapTakesMemory() && !VfMapRange((PVOID)Base, Pages << PAGE_SHIFT))) {
        return 0;
    }
    ULONG Index = Range->SlotCount++;
    Range->Slots[Index] = (VF_SLOT){.Base = Base, .Class = (UCHAR)Class};
    for (SIZE_T Page = 0; Page < Pages; Page++) {
        Range->SlotOf[Range->Carved + Page] = Index;
    }
    Range->Carved += Pages;
    return Index;
}

static VOID VfGiveSlot(VF_RANGE *Range, ULONG Index)
{
    VF_SLOT *Slot = &Range->Slots[Index];

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    Slot->State = VfSlotFree;
    Slot->Next = Range->FirstFree[Slot->Class];
    Range->FirstFree[Slot->Class] = Index;
}

static VOID VfReleaseOldest(VF_RANGE *Range)
{
    ULONG Index = Range->Oldest;
    const VF_SLOT *Slot = &Range->Slots[Index];

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    Range->Oldest = Slot->Next;
    Range->Quarantined -= Slot->Pages;
    VfGiveSlot(Range, Index);
}

static VOID VfQuarantine(VF_RANGE *Range, ULONG Index)
{
    VF_SLOT *Slot = &Range->Slots[Index];

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    Slot->State = VfSlotQuarantined;
    Slot->Next = 0;
    *(Range->Oldest != 0 ? &Range->Slots[Range->Newest].Next : &Range->Oldest) = Index;
    Range->Newest = Index;
    Range->Quarantined += Slot->Pages;
    while (Range->Quarantined > VfSettings.QuarantinePages) {
        VfReleaseOldest(Range);
    }
}

/* 0: none, even if all of the quarantine is released. */
static ULONG VfTakeSlot(VF_RANGE *Range, ULONG Class)
{
    ULONG Index = Range->FirstFree[Class];

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    if (Index == 0) {
        Index = VfCarve(Range, Class);
        while (Index == 0 && Range->Oldest != 0) {
            VfReleaseOldest(Range);
            Index = Range->FirstFree[Class];
        }
    }
    if (Index != 0 && Index == Range->FirstFree[Class]) {
        Range->FirstFree[Class] = Range->Slots[Index].Next;
    }
    return Index;
}

/* NULL: the page of the address belongs to no slot. */
static VF_SLOT *VfSlotAt(const VF_RANGE *Range, ULONG_PTR Address)
{
    ULONG Index = Range->SlotOf[(Address - Range->Base) >> PAGE_SHIFT];

    KI_ASSERT(HostIsHeld(&VfSpecialLock));
    return Index == 0 ? NULL : &Range->Slots[Index];
}

static ULONG_PTR VfStartOf(const VF_SLOT *Slot)
{
    return Slot->Base + Slot->Offset;
}

/* Behind the pages that the block has part of. */
static ULONG_PTR VfEndOf(const VF_SLOT *Slot)
{
    return Slot->Base + ((ULONG_PTR)Slot->Pages << PAGE_SHIFT);
}

/* ---- Allocation ----------------------------------------------------------------------------------------------- */

static ULONG VfClassOf(SIZE_T Pages)
{
    ULONG Class = 1;

    while (Class < VF_CLASSES && ((SIZE_T)1 << Class) <= Pages) {
        Class++;
    }
    return Class;
}

/* As close to the page's end as the type's alignment allows; a page and more begins on a page. */
static USHORT VfPlace(const VF_REQUEST *Request)
{
    SIZE_T Unit = (Request->PoolType & NonPagedPoolBaseCacheAligned) != 0 ? SYSTEM_CACHE_ALIGNMENT_SIZE : VF_UNIT;
    SIZE_T Room = (max(Request->Bytes, (SIZE_T)1) + Unit - 1) / Unit * Unit;
    BOOLEAN AtStart = (Request->Priority & 8) != 0 ? (Request->Priority & 1) != 0 : VfSettings.VerifyStart;

    return AtStart || Room >= PAGE_SIZE ? 0 : (USHORT)(PAGE_SIZE - Room);
}

static VF_RANGE *VfRangeOf(POOL_TYPE PoolType)
{
    return &VfRanges[(PoolType & PagedPool) != 0];
}

static VF_SLOT *VfOpenSlot(const VF_REQUEST *Request, SIZE_T Pages)
{
    VF_RANGE *Range = VfRangeOf(Request->PoolType);
    ULONG Class = VfClassOf(Pages);
    VF_SLOT *Slot = NULL;

    VfAcquireSpecial();
    if (Range->Base == 0 && !Range->IsRefused) {
        VfReserveRange(Range);
    }
    BOOLEAN IsRoom = Class < VF_CLASSES && Range->Base != 0 && Range->Live <= VfSettings.MostPages &&
                     Pages <= VfSettings.MostPages - Range->Live;
    ULONG Index = IsRoom ? VfTakeSlot(Range, Class) : 0;
    if (Index != 0) {
        Slot = &Range->Slots[Index];
        Slot->Bytes = Request->Bytes;
        Slot->PoolType = Request->PoolType;
        Slot->Tag = Request->Tag;
        Slot->Pages = (ULONG)Pages;
        Slot->Offset = VfPlace(Request);
        Slot->Quota = Request->Quota;
        Slot->Marked = FALSE;
        Slot->Access = MiAccessOf(Request->Arena);
        Slot->State = VfSlotOpening;
        Range->Live += Pages;
        if (!HostProtect((PVOID)Slot->Base, Pages << PAGE_SHIFT, Slot->Access)) {
            Range->Live -= Pages;
            VfGiveSlot(Range, Index);
            Slot = NULL;
        }
    }
    VfReleaseSpecial();
    return Slot;
}

/* What of the pages is not the block, as a sanitizer sees it: in reach while it is filled or checked, out of reach
 * while the block is live. Afterwards it is in reach again: who touches the pages then ends with a stop, which says
 * more. */
static VOID VfShowSlack(const VF_SLOT *Slot, BOOLEAN InReach)
{
    VOID (*Show)(PVOID Address, SIZE_T Bytes) = InReach ? KiOpenBytes : KiCloseBytes;
    ULONG_PTR End = VfStartOf(Slot) + Slot->Bytes;

    if (KiIsSanitizing() && KiSanitizer() != KiMemorySanitizer) { /* to that one the pattern is a value like others */
        Show((PVOID)Slot->Base, VfStartOf(Slot) - Slot->Base);
        Show((PVOID)End, VfEndOf(Slot) - End);
    }
}

static VOID VfShowBlock(const VF_SLOT *Slot, BOOLEAN Live, BOOLEAN Zero)
{
    MI_BLOCK Block = {.Address = (PVOID)VfStartOf(Slot), .Size = Slot->Bytes};

    if (KiIsSanitizing() && Live) {
        KiOpenBlock(Block.Address, Block.Size, Slot->PoolType, Zero);
    } else if (KiIsSanitizing()) {
        KiCloseBlock(Block.Address, Block.Size);
        KiOpenBytes((PVOID)Slot->Base, (SIZE_T)Slot->Pages << PAGE_SHIFT);
    }
}

/* What is not zeroed holds the pattern, like the rest of the pages. */
static VOID VfFill(const VF_SLOT *Slot, BOOLEAN Zero)
{
    KiEnterInside();
    memset((PVOID)Slot->Base, VF_PATTERN, (SIZE_T)Slot->Pages << PAGE_SHIFT);
    if (Zero) {
        memset((PVOID)VfStartOf(Slot), 0, Slot->Bytes);
    }
    KiLeaveInside();
}

PVOID VfAllocateSpecial(const VF_REQUEST *Request)
{
    SIZE_T Pages = BYTES_TO_PAGES(max(Request->Bytes, (SIZE_T)1));

    VF_SLOT *Slot = Request->Bytes > VF_MOST_PAGES * (SIZE_T)PAGE_SIZE ? NULL : VfOpenSlot(Request, Pages);
    if (Slot == NULL) {
        VfCount(&VfCounters.SpecialPoolFallbacks);
        return NULL;
    }
    if ((Request->PoolType & PagedPool) != 0) {
        VfNotePaged();
    }
    VfFill(Slot, Request->Zero);
    VfShowSlack(Slot, FALSE);
    VfShowBlock(Slot, TRUE, Request->Zero);
    PVOID Block = (PVOID)VfStartOf(Slot);
    MiCountOutside(Request->Arena, Request->Tag, Request->Bytes);
    VfAcquireSpecial();
    Slot->State = VfSlotLive;
    VfReleaseSpecial();
    VfCount(&VfCounters.AllocationsSucceededSpecialPool);
    return Block;
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

static VF_RANGE *VfFindRange(ULONG_PTR Address)
{
    for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(VfRanges); Kind++) {
        ULONG_PTR Base = EMU_ATOMIC_LOAD(&VfRanges[Kind].Base, EMU_ORDER_ACQUIRE);
        if (Base != 0 && Address - Base < VfRanges[Kind].Pages << PAGE_SHIFT) {
            return &VfRanges[Kind];
        }
    }
    return NULL;
}

BOOLEAN VfHasSpecial(VOID)
{
    return EMU_ATOMIC_LOAD(&VfRanges[0].Base, EMU_ORDER_ACQUIRE) != 0 ||
           EMU_ATOMIC_LOAD(&VfRanges[1].Base, EMU_ORDER_ACQUIRE) != 0;
}

BOOLEAN VfIsSpecial(ULONG_PTR Address)
{
    return VfFindRange(Address) != NULL;
}

static BOOLEAN VfIsPagedSpecial(ULONG_PTR Address)
{
    return VfFindRange(Address) == &VfRanges[1];
}

static MI_BLOCK VfShow(const VF_SLOT *Slot)
{
    return (MI_BLOCK){
        .Address = (PVOID)VfStartOf(Slot),
        .Size = Slot->Bytes,
        .Tag = Slot->Tag,
        .PoolType = Slot->PoolType,
        .Quota = Slot->Quota,
        .Marked = Slot->Marked,
    };
}

/* A copy of the slot around Address; FALSE: none. */
static BOOLEAN VfLook(ULONG_PTR Address, VF_SLOT *Slot)
{
    const VF_RANGE *Range = VfFindRange(Address);

    if (Range == NULL) {
        return FALSE;
    }
    VfAcquireSpecial();
    const VF_SLOT *Found = VfSlotAt(Range, Address);
    if (Found != NULL) {
        *Slot = *Found;
    }
    VfReleaseSpecial();
    return Found != NULL;
}

static BOOLEAN VfFindSpecial(ULONG_PTR Address, BOOLEAN Around, MI_BLOCK *Block)
{
    VF_SLOT Slot;

    if (!VfLook(Address, &Slot) || Slot.State != VfSlotLive ||
        (Around ? Address >= VfEndOf(&Slot) : Address != VfStartOf(&Slot))) {
        return FALSE;
    }
    *Block = VfShow(&Slot);
    return TRUE;
}

/* A place is a page of one of the ranges, as VfPageOfSpecial counts them; there are fewer slots than pages. */
static BOOLEAN VfNextSpecial(SIZE_T *Place, MI_BLOCK *Block)
{
    BOOLEAN Found = FALSE;

    VfAcquireSpecial();
    for (; *Place < RTL_NUMBER_OF(VfRanges) * VF_MOST_PAGES && !Found; ++*Place) {
        const VF_RANGE *Range = &VfRanges[*Place / VF_MOST_PAGES];
        SIZE_T Slot = *Place % VF_MOST_PAGES;
        if (Slot >= Range->SlotCount) {
            *Place += VF_MOST_PAGES - 1 - Slot; /* the last one of this range */
        } else if (Range->Slots[Slot].State == VfSlotLive) {
            *Block = VfShow(&Range->Slots[Slot]);
            Found = TRUE;
        }
    }
    VfReleaseSpecial();
    return Found;
}

static VOID VfMarkSpecial(VOID)
{
    VfAcquireSpecial();
    for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(VfRanges); Kind++) {
        for (ULONG Index = 1; Index < VfRanges[Kind].SlotCount; Index++) {
            VfRanges[Kind].Slots[Index].Marked = TRUE;
        }
    }
    VfReleaseSpecial();
}

static HOST_ACCESS VfSpecialAccess(ULONG_PTR Address)
{
    VF_SLOT Slot;

    return VfLook(Address, &Slot) && Slot.State == VfSlotLive && Address < VfEndOf(&Slot) ? Slot.Access : HostNoAccess;
}

/* Pages of the second range count on behind the first range's most. */
static PFN_NUMBER VfPfnOfSpecial(ULONG_PTR Address)
{
    const VF_RANGE *Range = VfFindRange(Address);

    return MiFirstSpecialPfn + (SIZE_T)(Range - VfRanges) * VF_MOST_PAGES + ((Address - Range->Base) >> PAGE_SHIFT);
}

static BOOLEAN VfHomeOfSpecial(PFN_NUMBER Pfn, ULONG_PTR *Home)
{
    SIZE_T Page = Pfn - MiFirstSpecialPfn;

    if (Pfn < MiFirstSpecialPfn || Page >= RTL_NUMBER_OF(VfRanges) * VF_MOST_PAGES) {
        return FALSE;
    }
    *Home = VfRanges[Page / VF_MOST_PAGES].Base + (Page % VF_MOST_PAGES << PAGE_SHIFT);
    return TRUE;
}

/* ---- Free ----------------------------------------------------------------------------------------------------- */

/* The first byte of a part of the pages that does not hold the pattern, and what was done to all of that part. */
typedef struct VF_DAMAGE {
    ULONG_PTR First; /* 0: none */
    SIZE_T Bytes;
    UCHAR Bits; /* that differ, in one of those bytes */
} VF_DAMAGE;

static VOID VfFindDamage(ULONG_PTR From, ULONG_PTR To, VF_DAMAGE *Damage)
{
    const UCHAR *Byte = (const UCHAR *)From;

    if (From == To || (Byte[0] == VF_PATTERN && memcmp(Byte, Byte + 1, To - From - 1) == 0)) {
        return;
    }
    for (; (ULONG_PTR)Byte < To; Byte++) {
        if (*Byte != VF_PATTERN) {
            Damage->First = Damage->First == 0 ? (ULONG_PTR)Byte : Damage->First;
            Damage->Bits = *Byte ^ VF_PATTERN;
            Damage->Bytes++;
        }
    }
}

/* "36 bytes at ..., tag 'Tag1', PagedPool; allocated by ..., freed by ...", the last two while blocks are tracked. */
static VOID VfDescribeSlot(const VF_SLOT *Slot, PSTR Text, SIZE_T Bytes)
{
    MI_BLOCK Block = VfShow(Slot);
    CHAR History[512];

    MiDescribeBlock(&Block, Text, Bytes);
    if (VfDescribeHistory(Block.Address, History, sizeof(History))) {
        SIZE_T Length = strlen(Text);
        snprintf(Text + Length, Bytes - Length, "; %s", History);
    }
}

static DECLSPEC_NORETURN VOID VfStopOnSpecial(PCSTR Routine, PVOID Caller, PVOID Address, ULONG_PTR P2, ULONG_PTR P3,
                                              ULONG_PTR Type, const VF_SLOT *Slot, PCSTR What)
{
    CHAR Words[768] = "";

    if (Slot != NULL) {
        VfDescribeSlot(Slot, Words, sizeof(Words));
    }
    KiStopF(Caller, KiBugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG_PTR)Address, P2, P3, Type),
            "%s of %p in special pool: %s.%s%s%s", Routine, Address, What, Slot != NULL ? " The block: " : "", Words,
            Slot != NULL ? "." : "");
}

static VOID VfStopOnDamage(const VF_SLOT *Slot, const VF_DAMAGE *Before, const VF_DAMAGE *Behind, PCSTR Routine,
                           PVOID Caller)
{
    const VF_DAMAGE *Damage = Before->First != 0 ? Before : Behind;
    PVOID Address = (PVOID)VfStartOf(Slot);
    CHAR What[128];

    if (Before->Bytes + Behind->Bytes == 1 && (Damage->Bits & (Damage->Bits - 1)) == 0) {
        snprintf(What, sizeof(What), "a single bit was changed at %p", (PVOID)Damage->First);
        VfStopOnSpecial(Routine, Caller, Address, Damage->First, 0, KI_C1_SINGLE_BIT_ERROR, Slot, What);
    }
    snprintf(What, sizeof(What), "%zu byte%s %s the block %s written to, the first at %p", (size_t)Damage->Bytes,
             Damage->Bytes == 1 ? "" : "s", Damage == Before ? "before" : "behind", Damage->Bytes == 1 ? "was" : "were",
             (PVOID)Damage->First);
    VfStopOnSpecial(Routine, Caller, Address, Damage->First, 0,
                    Damage == Before ? KI_C1_CORRUPT_BEFORE_BLOCK : KI_C1_CORRUPT_AFTER_BLOCK, Slot, What);
}

/* The slot of a live block, from now on the caller's alone; NULL: there is none any more. */
static VF_SLOT *VfClaim(PVOID Address)
{
    VF_RANGE *Range = VfFindRange((ULONG_PTR)Address);

    VfAcquireSpecial();
    VF_SLOT *Slot = VfSlotAt(Range, (ULONG_PTR)Address);
    BOOLEAN IsClaimed = Slot != NULL && Slot->State == VfSlotLive && VfStartOf(Slot) == (ULONG_PTR)Address;
    if (IsClaimed) {
        Slot->State = VfSlotClosing;
    }
    VfReleaseSpecial();
    return IsClaimed ? Slot : NULL;
}

/* The block, already out of reach, goes into the quarantine. */
static VOID VfCloseSlot(VF_SLOT *Slot)
{
    VF_RANGE *Range = VfRangeOf(Slot->PoolType);

    if (Slot->Pages >= VF_DISCARDED_PAGES) {
        HostDiscard((PVOID)Slot->Base, (SIZE_T)Slot->Pages << PAGE_SHIFT);
    }
    VfAcquireSpecial();
    Range->Live -= Slot->Pages;
    VfQuarantine(Range, (ULONG)(Slot - Range->Slots));
    VfReleaseSpecial();
}

BOOLEAN VfFreeSpecial(PVOID Address, PCSTR Routine, PVOID Caller)
{
    VF_SLOT *Slot = VfClaim(Address);
    VF_DAMAGE Before = {0}, Behind = {0};

    if (Slot == NULL) {
        return FALSE;
    }
    VfShowSlack(Slot, TRUE);
    KiBeginOwnTouches();
    KiEnterInside();
    VfFindDamage(Slot->Base, VfStartOf(Slot), &Before);
    VfFindDamage(VfStartOf(Slot) + Slot->Bytes, VfEndOf(Slot), &Behind);
    KiLeaveInside();
    KiEndOwnTouches();
    if (Before.First != 0 || Behind.First != 0) {
        VfShowSlack(Slot, FALSE);
        VfAcquireSpecial();
        Slot->State = VfSlotLive;
        VfReleaseSpecial();
        VfStopOnDamage(Slot, &Before, &Behind, Routine, Caller);
    }
    if (VfIsRecording()) {
        MI_BLOCK Block = VfShow(Slot);
        VfNoteFree(&Block, Caller);
    }
    VfShowBlock(Slot, FALSE, FALSE);
    if (!HostProtect((PVOID)Slot->Base, (SIZE_T)Slot->Pages << PAGE_SHIFT, HostNoAccess)) {
        HostFatal("the host refuses to protect a freed block of special pool");
    }
    MiForgetOutside((Slot->PoolType & PagedPool) != 0 ? MiPaged : MiNonPagedNx, Slot->Tag, Slot->Bytes);
    VfCloseSlot(Slot);
    return TRUE;
}

VOID VfStopOnBadFree(PVOID Address, PCSTR Routine, PVOID Caller)
{
    VF_SLOT Slot;
    ULONG_PTR Start = (ULONG_PTR)Address;

    if (!VfLook(Start, &Slot) || Slot.State == VfSlotFree || Start >= VfEndOf(&Slot)) {
        VfStopOnSpecial(Routine, Caller, Address, 0, 0, KI_C1_FREE_NOT_ALLOCATED, NULL, "nothing is allocated here");
    }
    if (Slot.State != VfSlotLive) {
        BOOLEAN IsStart = Start == VfStartOf(&Slot);
        VfStopOnSpecial(Routine, Caller, Address, 0, 0, KI_C1_FREE_NOT_ALLOCATED, &Slot,
                        IsStart ? "the block was freed before" : "the block around it was freed before");
    }
    /* From its address and the end of its pages the block would have another size. */
    SIZE_T Calculated = VfEndOf(&Slot) - Start;
    VfStopOnSpecial(Routine, Caller, Address, Slot.Bytes, Calculated,
                    Calculated < Slot.Bytes ? KI_C1_FREE_SIZE_TOO_SMALL : KI_C1_FREE_SIZE_TOO_LARGE, &Slot,
                    "no block begins here, the address lies in the pages of one");
}

/* ---- Faults --------------------------------------------------------------------------------------------------- */

/* On Windows, too, the loser of a race for an entry may look at one that is gone; it begins anew. */
static VOID VfLeaveProbe(const HOST_FAULT *Fault)
{
    KI_PROBE *Probe = KiThread.Probe;

    KiThread.Probe = NULL;
    if (Probe != NULL && Fault->Kind == HostFaultRead && !KiIsHead(Probe->Head, Probe->Seen)) {
        longjmp(Probe->Context, 1);
    }
}

static DECLSPEC_NORETURN VOID VfStopOnTouch(const HOST_FAULT *Fault, ULONG Code, const VF_SLOT *Slot, PCSTR Where)
{
    static const PCSTR Verb[] = {"read", "written to", "executed"};
    CHAR Words[768] = "nothing is or was allocated here";

    if (Slot != NULL) {
        VfDescribeSlot(Slot, Words, sizeof(Words));
    }
    KiStopF(HostFaultCaller(Fault),
            KiBugCheck(Code, Fault->Address, Fault->Kind == HostFaultWrite, Fault->Instruction, 0),
            "%p was %s, %s: %s.", (PVOID)Fault->Address, Verb[Fault->Kind], Where, Words);
}

static DECLSPEC_NORETURN VOID VfStopBeside(const HOST_FAULT *Fault, const VF_SLOT *Slot, ULONG64 Distance, PCSTR Where)
{
    CHAR Words[96];

    snprintf(Words, sizeof(Words), "%llu byte%s %s a block in special pool", (ULONGLONG)Distance,
             Distance == 1 ? "" : "s", Where);
    VfStopOnTouch(Fault, DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, Slot, Words);
}

/* Between two slots: whose neighbour the address is. The block that follows may be nearer than the one before. */
static DECLSPEC_NORETURN VOID VfStopInGuard(const HOST_FAULT *Fault, const VF_SLOT *Slot)
{
    ULONG_PTR Address = Fault->Address;
    VF_SLOT Next = {.State = VfSlotFree};
    BOOLEAN HasBefore = Slot != NULL && Slot->State == VfSlotLive;
    BOOLEAN HasNext = VfLook((ULONG_PTR)PAGE_ALIGN(Address) + PAGE_SIZE, &Next) && Next.State == VfSlotLive &&
                      Next.Base == (ULONG_PTR)PAGE_ALIGN(Address) + PAGE_SIZE;
    ULONG_PTR Behind = HasBefore ? Address - (VfStartOf(Slot) + Slot->Bytes) : 0;
    ULONG_PTR Ahead = HasNext ? VfStartOf(&Next) - Address : 0;

    if (HasBefore && (!HasNext || Behind <= Ahead)) {
        VfStopBeside(Fault, Slot, Behind, "behind the end of");
    }
    if (HasNext) {
        VfStopBeside(Fault, &Next, Ahead, "before");
    }
    if (Slot == NULL) {
        VfStopOnTouch(Fault, DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, NULL, "in special pool");
    }
    VfStopOnTouch(Fault, DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL, Slot, "beside a block that was freed");
}

/* A live block's page is there, unless it was trimmed. FALSE: it is, and no-execute. */
static BOOLEAN VfPageInSlot(const HOST_FAULT *Fault, const VF_SLOT *Seen)
{
    VF_RANGE *Range = VfRangeOf(Seen->PoolType);

    if ((Seen->PoolType & PagedPool) == 0) {
        return Fault->Kind != HostFaultExecute || Seen->Access == HostReadWriteExecute;
    }
    if (!VfMayPageIn(Fault->Address)) {
        VfStopOnPaged(Fault);
    }
    if (Fault->Kind == HostFaultExecute && Seen->Access != HostReadWriteExecute) {
        return FALSE;
    }
    MiAcquireMappings(); /* whose moves change the protection, too */
    VfAcquireSpecial();
    const VF_SLOT *Slot = VfSlotAt(Range, Fault->Address);
    if (Slot->State == Seen->State &&
        !HostProtect((PVOID)Slot->Base, (SIZE_T)Slot->Pages << PAGE_SHIFT, Slot->Access)) {
        HostFatal("the host refuses to give a trimmed block back (vm.max_map_count?)");
    }
    VfNotePaged();
    VfReleaseSpecial();
    MiReleaseMappings();
    VfCount(&VfCounters.PageIns);
    return TRUE;
}

static BOOLEAN VfOnSpecialFault(const HOST_FAULT *Fault)
{
    VF_SLOT Slot = {.State = VfSlotFree};
    BOOLEAN IsSlot = VfLook(Fault->Address, &Slot);
    BOOLEAN IsOurs = KiThread.Inside && (Slot.State == VfSlotOpening || Slot.State == VfSlotClosing);

    if (IsSlot && Fault->Address < VfEndOf(&Slot) && (Slot.State == VfSlotLive || IsOurs)) {
        return VfPageInSlot(Fault, &Slot);
    }
    VfLeaveProbe(Fault);
    if (!IsSlot || Fault->Address >= VfEndOf(&Slot)) {
        VfStopInGuard(Fault, IsSlot ? &Slot : NULL);
    }
    VfStopOnTouch(Fault, DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL, &Slot, "in a block that was freed");
}

static const MI_REGION VfSpecialRegion = {
    .Contains = VfIsSpecial,
    .Access = VfSpecialAccess,
    .PfnOf = VfPfnOfSpecial,
    .HomeOf = VfHomeOfSpecial,
    .OnFault = VfOnSpecialFault,
    .IsAtHome = TRUE,
    .IsPaged = VfIsPagedSpecial,
    .FindBlock = VfFindSpecial,
    .NextBlock = VfNextSpecial,
    .MarkBlocks = VfMarkSpecial,
};

/* ---- Trimming ------------------------------------------------------------------------------------------------- */

VOID VfTrimSpecial(VOID)
{
    const VF_RANGE *Range = &VfRanges[1];

    VfAcquireSpecial();
    if (Range->Base != 0 && !HostProtect((PVOID)Range->Base, Range->Carved << PAGE_SHIFT, HostNoAccess)) {
        HostFatal("the host refuses to trim special pool");
    }
    VfReleaseSpecial();
}

VOID VfPageInSpecial(VOID)
{
    const VF_RANGE *Range = &VfRanges[1];

    VfAcquireSpecial();
    for (ULONG Index = 1; Index < Range->SlotCount; Index++) {
        const VF_SLOT *Slot = &Range->Slots[Index];
        if (Slot->State == VfSlotLive &&
            !HostProtect((PVOID)Slot->Base, (SIZE_T)Slot->Pages << PAGE_SHIFT, Slot->Access)) {
            HostFatal("the host refuses to give trimmed blocks back (vm.max_map_count?)");
        }
    }
    VfReleaseSpecial();
}

/* ---- Reset ---------------------------------------------------------------------------------------------------- */

static VOID VfEmptyRange(VF_RANGE *Range)
{
    for (ULONG Index = 1; Index < Range->SlotCount; Index++) {
        const VF_SLOT *Slot = &Range->Slots[Index];
        if (Slot->State == VfSlotLive) {
            VfShowBlock(Slot, FALSE, FALSE);
            MiForgetOutside(Range == &VfRanges[1] ? MiPaged : MiNonPagedNx, Slot->Tag, Slot->Bytes);
        }
    }
    if (Range->Base != 0) {
        if (!VfUnmapRange((PVOID)Range->Base, Range->Carved << PAGE_SHIFT)) {
            HostFatal("the host refuses to take special pool back");
        }
        memset(Range->SlotOf, 0, Range->Carved * sizeof(*Range->SlotOf));
        Range->Carved = 1;
        Range->SlotCount = 1;
    }
    memset(Range->FirstFree, 0, sizeof(Range->FirstFree));
    Range->Oldest = 0;
    Range->Quarantined = 0;
    Range->Live = 0;
    Range->IsRefused = FALSE;
}

VOID VfResetSpecial(VOID)
{
    for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(VfRanges); Kind++) {
        VfEmptyRange(&VfRanges[Kind]);
    }
    EmuSetSpecialPool(NULL);
}
