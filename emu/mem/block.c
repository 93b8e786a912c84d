/* block.c: finding, listing and describing blocks. */
#include "mem/block.h"

#include <stdio.h>

#include "mem/large.h"
#include "core/sanitizer.h"
#include "mem/region.h"

EMU_INLINE POOL_TYPE MiTypeOf(MI_ARENA Arena, ULONG Word, BOOLEAN CacheAligned)
{
    ULONG Type = Arena == MiPaged ? PagedPool : NonPagedPoolBase;

    Type |= (Word & MI_NX_TYPE) != 0 ? POOL_NX_ALLOCATION : 0;
    Type |= (Word & MI_SESSION) != 0 ? NonPagedPoolSession : 0;
    Type |= CacheAligned ? NonPagedPoolBaseCacheAligned : 0;
    return (POOL_TYPE)Type;
}

/* The word's index tells the tag, and only where the table of tags was full the header has to. */
static ULONG MiSmallTag(PVOID Address, MI_SLOT *Slot, ULONG Word)
{
    ULONG Index = MiTagIndexOfWord(Word);

    ULONG Tag = MiTagOfIndex(Index);

    if (Index == MI_TAG_OVERFLOW) {
        KiBeginOwnTouches();
        if (MiIsHeaderIntact(Address, Slot)) {
            Tag = EMU_ATOMIC_LOAD(&MiHeaderOf(Address)->PoolTag, EMU_ORDER_NONE);
        }
        KiEndOwnTouches();
    }
    return Tag;
}

EMU_INLINE MI_BLOCK MiSmallBlock(PVOID Address, ULONG Class, MI_SLOT *Slot, ULONG Word)
{
    return (MI_BLOCK){
        .Address = Address,
        .Size = Word & MI_SIZE_MASK,
        .Tag = MiSmallTag(Address, Slot, Word),
        .PoolType = MiTypeOf(MiArenaOf((ULONG_PTR)Address), Word, MiClasses[Class].First != 0),
        .Quota = (Word & MI_QUOTA) != 0,
        .Marked = (Word & MI_MARKED) != 0,
    };
}

static MI_BLOCK MiLargeBlock(PVOID Address, const MI_PAGE *Entry)
{
    MI_PAGE Page = MiReadLarge(Entry);

    return (MI_BLOCK){
        .Address = Address,
        .Size = MiLargeBytes(&Page),
        .Tag = Page.Tag,
        .PoolType = MiTypeOf(MiArenaOf((ULONG_PTR)Address), Page.Word, (Page.Word & MI_CACHE_ALIGNED_LARGE) != 0),
        .Quota = (Page.Word & MI_QUOTA) != 0,
        .Marked = (Page.Word & MI_MARKED) != 0,
    };
}

/* ---- Finding -------------------------------------------------------------------------------------------------- */

static BOOLEAN MiFindLargeAround(ULONG_PTR Address, MI_BLOCK *Block)
{
    MI_PAGE *Page = MiPageOf(Address);
    MI_PAGE *First = MiPageOf(MiArenaBase(MiArenaOf(Address)));

    for (; Page >= First && MiKindOf(Page) != MiPageSlab; Page--) {
        if (MiKindOf(Page) == MiPageLarge) {
            *Block = MiLargeBlock((PVOID)MiAddressOfPage(Page), Page);
            return Address - (ULONG_PTR)Block->Address < ROUND_TO_PAGES(Block->Size);
        }
    }
    return FALSE;
}

static MI_FOUND MiFindSmall(PVOID Address, const MI_PAGE *Page, MI_BLOCK *Block)
{
    const MI_CLASS *Class = &MiClasses[Page->Class];
    ULONG Index = MiSlotIndex(Page->Class, BYTE_OFFSET(Address));

    if (Index >= Class->PerPage) {
        return MiFoundInside;
    }
    if (MiKindOf(Page) == MiPageWasSlab) {
        return MiFoundFreed;
    }
    ULONG Word = EMU_ATOMIC_LOAD(&Page->Slots[Index].Word, EMU_ORDER_ACQUIRE);
    if ((Word & MI_LIVE) == 0) {
        return (Word & MI_FREED) != 0 ? MiFoundFreed : MiFoundUnallocated;
    }
    *Block = MiSmallBlock(Address, Page->Class, &Page->Slots[Index], Word);
    return MiFoundLive;
}

static BOOLEAN MiFindOutside(ULONG_PTR Address, BOOLEAN Around, MI_BLOCK *Block)
{
    const MI_REGION *Region = MiRegionOf(Address);

    return Region != NULL && Region->FindBlock != NULL && Region->FindBlock(Address, Around, Block);
}

MI_FOUND MiFindBlock(PVOID Address, MI_BLOCK *Block)
{
    MI_BLOCK Around;

    if (!MiIsPoolAddress((ULONG_PTR)Address)) {
        return MiFindOutside((ULONG_PTR)Address, FALSE, Block) ? MiFoundLive : MiFoundOutside;
    }
    const MI_PAGE *Page = MiPageOf((ULONG_PTR)Address);
    switch (MiKindOf(Page)) {
    case MiPageSlab:
        return MiFindSmall(Address, Page, Block);
    case MiPageLarge:
        if (BYTE_OFFSET(Address) == 0) {
            *Block = MiLargeBlock(Address, Page);
            return MiFoundLive;
        }
        return MiFindLargeAround((ULONG_PTR)Address, &Around) ? MiFoundInside : MiFoundUnallocated;
    case MiPageWasSlab:
        /* The page may since have become the middle of a large block. */
        return MiFindLargeAround((ULONG_PTR)Address, &Around) ? MiFoundInside : MiFindSmall(Address, Page, Block);
    case MiPageWasLarge:
    case MiPageCached:
        if (MiFindLargeAround((ULONG_PTR)Address, &Around)) {
            return MiFoundInside;
        }
        return BYTE_OFFSET(Address) == 0 ? MiFoundFreed : MiFoundUnallocated;
    default:
        return MiFindLargeAround((ULONG_PTR)Address, &Around) ? MiFoundInside : MiFoundUnallocated;
    }
}

BOOLEAN MiFindBlockAround(ULONG_PTR Address, MI_BLOCK *Block)
{
    if (!MiIsPoolAddress(Address)) {
        return MiFindOutside(Address, TRUE, Block);
    }
    const MI_PAGE *Page = MiPageOf(Address);
    if (MiKindOf(Page) != MiPageSlab) {
        return MiFindLargeAround(Address, Block);
    }
    const MI_CLASS *Class = &MiClasses[Page->Class];
    ULONG Offset = BYTE_OFFSET(Address);
    if (Offset < Class->First) {
        return FALSE;
    }
    ULONG Index = (Offset - Class->First) / Class->SlotBytes;
    if (Index >= Class->PerPage || (Page->Slots[Index].Word & MI_LIVE) == 0) {
        return FALSE;
    }
    ULONG_PTR Start = Address - Offset + Class->First + (ULONG_PTR)Index * Class->SlotBytes + MI_HEADER_BYTES;
    *Block = MiSmallBlock((PVOID)Start, Page->Class, &Page->Slots[Index], Page->Slots[Index].Word);
    return TRUE;
}

VOID MiTakeBack(const MI_BLOCK *Block)
{
    ULONG_PTR Address = (ULONG_PTR)Block->Address;
    const MI_PAGE *Page = MiPageOf(Address);

    if (MiKindOf(Page) == MiPageSlab) {
        MiPushBlockSlow(MiBinOf(Page->Class, MiArenaOf(Address)), Block->Address,
                        &Page->Slots[MiSlotIndex(Page->Class, BYTE_OFFSET(Address))]);
    } else {
        MiReleaseLarge(Block->Address, Block->Size);
    }
}

/* ---- Listing -------------------------------------------------------------------------------------------------- */

enum {
    MI_BLOCKS_AT_ONCE = 64
};

/* Copies some of a slab's live blocks, so that they can be shown without its lock; *Index is where to go on. */
static ULONG MiCopyBlocks(MI_SLAB *Slab, ULONG *Index, MI_BLOCK *Blocks)
{
    ULONG Count = 0;

    while ((*Index = MiNextLive(Slab, *Index)) < Slab->Carved && Count < MI_BLOCKS_AT_ONCE) {
        MI_SLOT *Slot = &Slab->AllSlots[*Index];
        ULONG Word = EMU_ATOMIC_LOAD(&Slot->Word, EMU_ORDER_ACQUIRE);
        if ((Word & MI_LIVE) != 0) {
            Blocks[Count++] = MiSmallBlock(MiBlockOfSlot(Slab, *Index), Slab->Class, Slot, Word);
        }
        ++*Index;
    }
    return Count;
}

typedef struct MI_WALK {
    BOOLEAN (*Callback)(const MI_BLOCK *Block, PVOID Context);
    PVOID Context;
    PVOID Large; /* the next one to be shown */
} MI_WALK;

/* Shows the large blocks below Address; FALSE when the callback has had enough. */
static BOOLEAN MiShowLargeBelow(MI_WALK *Walk, ULONG_PTR Address)
{
    MI_BLOCK Block;

    while (Walk->Large != NULL && (ULONG_PTR)Walk->Large < Address) {
        PVOID Large = Walk->Large;
        Walk->Large = MiNextLarge((ULONG_PTR)Large + PAGE_SIZE);
        /* It may have been freed since it was found. */
        if (MiFindBlock(Large, &Block) == MiFoundLive && !Walk->Callback(&Block, Walk->Context)) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID MiShowOutside(const MI_WALK *Walk)
{
    const MI_REGION *Region;
    MI_BLOCK Block;

    for (ULONG Index = 0; (Region = MiRegionAt(Index)) != NULL; Index++) {
        for (SIZE_T Place = 0; Region->NextBlock != NULL && Region->NextBlock(&Place, &Block);) {
            if (!Walk->Callback(&Block, Walk->Context)) {
                return;
            }
        }
    }
}

VOID MiForEachBlock(BOOLEAN (*Callback)(const MI_BLOCK *Block, PVOID Context), PVOID Context)
{
    MI_WALK Walk = {Callback, Context, MiNextLarge(0)};
    MI_BLOCK Blocks[MI_BLOCKS_AT_ONCE];
    ULONG_PTR Base = 0;
    ULONG Index = 0;
    MI_SLAB *Slab;

    while ((Slab = MiLockSlabFrom(Base)) != NULL) {
        if (Slab->Base != Base) {
            Base = Slab->Base;
            Index = 0;
        }
        ULONG Count = MiCopyBlocks(Slab, &Index, Blocks);
        BOOLEAN IsThrough = Index >= Slab->Carved;
        MiUnlockSlab(Slab);
        if (!MiShowLargeBelow(&Walk, Base)) {
            return;
        }
        for (ULONG Next = 0; Next < Count; Next++) {
            if (!Callback(&Blocks[Next], Context)) {
                return;
            }
        }
        if (IsThrough) {
            Base += MI_SLAB_BYTES;
            Index = 0;
        }
    }
    if (MiShowLargeBelow(&Walk, ~(ULONG_PTR)0)) {
        MiShowOutside(&Walk);
    }
}

typedef struct MI_LIVE_SUM {
    ULONG FirstTag;
    ULONG Count;
    MI_TAG_LIVE *Usages;
    BOOLEAN Together; /* one usage for all tags */
} MI_LIVE_SUM;

static MI_TAG_LIVE MiOutside[MI_TAG_COUNT]; /* what is live outside the arenas */

static VOID MiAddLive(const MI_LIVE_SUM *Sum, MI_ARENA Arena, ULONG TagIndex, SIZE_T Bytes)
{
    if (TagIndex - Sum->FirstTag < Sum->Count) {
        MI_TAG_LIVE *Usage = &Sum->Usages[Sum->Together ? 0 : TagIndex - Sum->FirstTag];
        Usage->Blocks[Arena & MiPaged]++;
        Usage->Bytes[Arena & MiPaged] += Bytes;
    }
}

static VOID MiAddLiveInArenas(const MI_LIVE_SUM *Sum)
{
    ULONG_PTR From = 0;
    MI_SLAB *Slab;
    PVOID Large;

    while ((Slab = MiLockSlabFrom(From)) != NULL) {
        From = Slab->Base + MI_SLAB_BYTES;
        for (ULONG Index = 0; (Index = MiNextLive(Slab, Index)) < Slab->Carved; Index++) {
            ULONG Word = EMU_ATOMIC_LOAD(&Slab->AllSlots[Index].Word, EMU_ORDER_ACQUIRE);
            if ((Word & MI_LIVE) != 0) {
                MiAddLive(Sum, (MI_ARENA)Slab->Arena, MiTagIndexOfWord(Word), Word & MI_SIZE_MASK);
            }
        }
        MiUnlockSlab(Slab);
    }
    for (From = 0; (Large = MiNextLarge(From)) != NULL; From = (ULONG_PTR)Large + PAGE_SIZE) {
        MI_PAGE Page = MiReadLarge(MiPageOf((ULONG_PTR)Large));
        if (Page.Kind == MiPageLarge) {
            MiAddLive(Sum, MiArenaOf((ULONG_PTR)Large), MiTagIndexOfWord(Page.Word), MiLargeBytes(&Page));
        }
    }
}

static VOID MiAddLiveOutside(const MI_LIVE_SUM *Sum, ULONG TagIndex)
{
    MI_TAG_LIVE *Usage = &Sum->Usages[Sum->Together ? 0 : TagIndex - Sum->FirstTag];

    for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(Usage->Blocks); Kind++) {
        Usage->Blocks[Kind] += EMU_ATOMIC_LOAD(&MiOutside[TagIndex].Blocks[Kind], EMU_ORDER_ACQUIRE);
        Usage->Bytes[Kind] += EMU_ATOMIC_LOAD(&MiOutside[TagIndex].Bytes[Kind], EMU_ORDER_NONE);
    }
}

VOID MiSumLive(ULONG FirstTag, ULONG Count, MI_TAG_LIVE *Usages)
{
    MI_LIVE_SUM Sum = {FirstTag, Count, Usages, FALSE};

    MiAddLiveInArenas(&Sum);
    for (ULONG Tag = FirstTag; Tag < FirstTag + Count; Tag++) {
        MiAddLiveOutside(&Sum, Tag);
    }
}

MI_TAG_LIVE MiSumAllLive(VOID)
{
    MI_TAG_LIVE All = {{0}, {0}};
    MI_LIVE_SUM Sum = {0, MI_TAG_COUNT, &All, TRUE};
    ULONG Tags = MiTagsInUse();

    MiAddLiveInArenas(&Sum);
    for (ULONG Tag = 1; Tag < Tags; Tag++) {
        MiAddLiveOutside(&Sum, Tag);
    }
    MiAddLiveOutside(&Sum, MI_TAG_OVERFLOW);
    return All;
}

VOID MiCountOutside(MI_ARENA Arena, ULONG Tag, SIZE_T Bytes)
{
    ULONG Index = MiInternTag(Tag);

    MiCountAlloc(MiThread->Allocs[Arena & MiPaged], Index);
    EMU_ATOMIC_ADD(64, &MiOutside[Index].Bytes[Arena & MiPaged], Bytes, EMU_ORDER_NONE);
    EMU_ATOMIC_ADD(64, &MiOutside[Index].Blocks[Arena & MiPaged], 1, EMU_ORDER_RELEASE);
}

VOID MiForgetOutside(MI_ARENA Arena, ULONG Tag, SIZE_T Bytes)
{
    ULONG Index = MiInternTag(Tag);

    EMU_ATOMIC_ADD(64, &MiOutside[Index].Bytes[Arena & MiPaged], 0 - (ULONG64)Bytes, EMU_ORDER_NONE);
    EMU_ATOMIC_ADD(64, &MiOutside[Index].Blocks[Arena & MiPaged], (ULONG64)-1, EMU_ORDER_RELEASE);
}

/* Other threads free and allocate meanwhile, without a lock: what changed is left alone. */
static VOID MiMark(ULONG *Place)
{
    ULONG Word = EMU_ATOMIC_LOAD(Place, EMU_ORDER_NONE);

    if ((Word & MI_LIVE) != 0) {
        EMU_ATOMIC_COMPARE_EXCHANGE(32, Place, Word | MI_MARKED, Word, EMU_ORDER_FULL);
    }
}

VOID MiMarkAllBlocks(VOID)
{
    const MI_REGION *Region;
    ULONG_PTR From = 0;
    MI_SLAB *Slab;
    PVOID Large;

    while ((Slab = MiLockSlabFrom(From)) != NULL) {
        From = Slab->Base + MI_SLAB_BYTES;
        for (ULONG Index = 0; (Index = MiNextLive(Slab, Index)) < Slab->Carved; Index++) {
            MiMark(&Slab->AllSlots[Index].Word);
        }
        MiUnlockSlab(Slab);
    }
    for (From = 0; (Large = MiNextLarge(From)) != NULL; From = (ULONG_PTR)Large + PAGE_SIZE) {
        MiMark(&MiPageOf((ULONG_PTR)Large)->Word);
    }
    for (ULONG Index = 0; (Region = MiRegionAt(Index)) != NULL; Index++) {
        if (Region->MarkBlocks != NULL) {
            Region->MarkBlocks();
        }
    }
}

/* ---- Describing ----------------------------------------------------------------------------------------------- */

VOID MiTagText(ULONG Tag, CHAR Text[5])
{
    for (ULONG Index = 0; Index < 4; Index++) {
        UCHAR Character = (UCHAR)(Tag >> (8 * Index));
        Text[Index] = '.';
        if (Character >= 0x20 && Character <= 0x7E) {
            Text[Index] = (CHAR)Character;
        }
    }
    Text[4] = 0;
}

PCSTR MiPoolTypeName(POOL_TYPE PoolType)
{
    switch ((ULONG)PoolType & ~(ULONG)NonPagedPoolSession) {
    case NonPagedPoolBase:
        return "NonPagedPool";
    case PagedPool:
        return "PagedPool";
    case NonPagedPoolBaseCacheAligned:
        return "NonPagedPoolCacheAligned";
    case PagedPoolCacheAligned:
        return "PagedPoolCacheAligned";
    case NonPagedPoolNx:
        return "NonPagedPoolNx";
    case NonPagedPoolNxCacheAligned:
        return "NonPagedPoolNxCacheAligned";
    default:
        return "pool of an invalid type";
    }
}

VOID MiQuoteTag(ULONG Tag, CHAR Text[MI_QUOTED_TAG])
{
    CHAR Characters[5];
    BOOLEAN IsPrintable = TRUE;

    MiTagText(Tag, Characters);
    for (ULONG Index = 0; Index < 4; Index++) {
        IsPrintable = IsPrintable && (UCHAR)Characters[Index] == (UCHAR)(Tag >> 8 * Index);
    }
    if (IsPrintable) {
        snprintf(Text, MI_QUOTED_TAG, "'%s'", Characters);
    } else {
        snprintf(Text, MI_QUOTED_TAG, "'%s' (0x%08X)", Characters, Tag);
    }
}

VOID MiDescribeBlock(const MI_BLOCK *Block, PSTR Text, SIZE_T Bytes)
{
    CHAR Tag[MI_QUOTED_TAG];

    MiQuoteTag(Block->Tag, Tag);
    snprintf(Text, Bytes, "%zu bytes at 0x%zx, tag %s, %s", (size_t)Block->Size, (size_t)Block->Address, Tag,
             MiPoolTypeName(Block->PoolType));
}
