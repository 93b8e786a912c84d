/* slab.c: slabs, the bins that hold them, and the size classes. */
#include "mem/slab.h"

#include <stdio.h>

#include "core/assert.h"
#include "host/host.h"
#include "core/bugcheck.h"
#include "core/heapstop.h"
#include "core/sanitizer.h"
#include "core/thread.h"
#include "mem/block.h"
#include "mem/engine.h"

C_ASSERT(sizeof(POOL_HEADER) == MI_HEADER_BYTES);

MI_CLASS MiClasses[MI_ALL_CLASSES];
UCHAR MiSlotOfGranule[MI_CLASS_COUNT][MI_GRANULES_PER_PAGE];
EMU_HOT UCHAR MiClassOfGranules[MI_SMALL_MAX / MI_GRANULE + 1];
UCHAR MiAlignedClassOfGranules[MI_ALIGNED_MAX / MI_GRANULE + 1];

/* The slabs of one size class in one arena. Only those with a free slot are on the list. In front of them stand some
 * free blocks as a thread returned them, for the next one that wants any: where one thread allocates what another
 * frees, they pass through here, and no slab is touched. */
typedef struct MI_BIN {
    HOST_LOCK Lock;
    MI_SLAB *Partial;
    MI_SLAB *Spare;         /* descriptions without a run, for reuse */
    MI_FREE_BLOCK *Waiting; /* room for Cached of the class */
    ULONG WaitingCount;
} MI_BIN;

static MI_BIN MiBins[MiArenaCount][MI_CLASS_COUNT];
static MI_SLAB **MiSlabOfRun; /* by MI_SLAB_BYTES of address */

/* Descriptions come out of large chunks and are never given back, only reused by their bin. */
static struct {
    HOST_LOCK Lock;
    UCHAR *Next;
    SIZE_T Left;
} MiDescriptions;

/* ---- Size classes --------------------------------------------------------------------------------------------- */

static VOID MiAddClass(ULONG *Count, ULONG SlotBytes, ULONG First)
{
    UCHAR *SlotOfGranule = MiSlotOfGranule[*Count];
    MI_CLASS *Class = &MiClasses[(*Count)++];

    Class->SlotBytes = (USHORT)SlotBytes;
    Class->First = (USHORT)First;
    Class->PerPage = (USHORT)min((PAGE_SIZE - First) / SlotBytes, MAXUCHAR); /* of x86's smallest there is one more */
    memset(SlotOfGranule, Class->PerPage, MI_GRANULES_PER_PAGE);
    for (ULONG Slot = 0; Slot < Class->PerPage; Slot++) {
        SlotOfGranule[(First + Slot * SlotBytes + MI_HEADER_BYTES) / MI_GRANULE] = (UCHAR)Slot;
    }
    /* A thread keeps up to 128 KiB of a class. */
    Class->Cached = (USHORT)min(max(MI_CACHED_BYTES / SlotBytes, 16), MI_CACHED_MOST);
}

static VOID MiFillClasses(ULONG FirstClass, ULONG EndClass, UCHAR *ClassOfGranules, ULONG Granules)
{
    ULONG Class = FirstClass;

    /* Granule 0 stays with class 0: zero bytes are the slow path's business. */
    for (ULONG Granule = 1; Granule < Granules; Granule++) {
        ULONG Needed = MI_HEADER_BYTES + Granule * MI_GRANULE;
        while (MiClasses[Class].SlotBytes < Needed) {
            Class++;
        }
        ClassOfGranules[Granule] = (UCHAR)Class;
    }
    KI_ASSERT(Class < EndClass);
    UNREFERENCED_PARAMETER(EndClass);
}

static VOID MiMakeClasses(VOID)
{
    ULONG Count = 1;

    for (ULONG Bytes = MI_HEADER_BYTES + MI_GRANULE; Bytes <= 256; Bytes += MI_GRANULE) {
        MiAddClass(&Count, Bytes, 0);
    }
    for (ULONG PerPage = 15; PerPage >= 2; PerPage--) {
        MiAddClass(&Count, PAGE_SIZE / PerPage & ~(MI_GRANULE - 1u), 0);
    }
    MiAddClass(&Count, MI_HEADER_BYTES + MI_SMALL_MAX, 0);
    ULONG FirstAligned = Count;
    for (ULONG PerPage = 31; PerPage >= 1; PerPage--) {
        /* Slots of whole cache lines: every block begins on one, as the first does. */
        ULONG Bytes = (PAGE_SIZE - MI_ALIGNED_FIRST) / PerPage & ~(MI_CACHE_LINE - 1u);
        if (Bytes > (Count == FirstAligned ? (ULONG)MI_CACHE_LINE : MiClasses[Count - 1].SlotBytes)) {
            MiAddClass(&Count, Bytes, MI_ALIGNED_FIRST);
        }
    }
    KI_ASSERT(Count == MI_CLASS_COUNT);
    for (ULONG Pages = 1; Pages <= MI_RUN_CLASSES; Pages++) {
        MiClasses[MI_CLASS_COUNT + Pages - 1].Cached = (USHORT)(Pages <= 2 ? 16 : Pages <= 4 ? 8 : 4);
    }
    MiFillClasses(1, FirstAligned, MiClassOfGranules, RTL_NUMBER_OF(MiClassOfGranules));
    MiFillClasses(FirstAligned, Count, MiAlignedClassOfGranules, RTL_NUMBER_OF(MiAlignedClassOfGranules));
}

BOOLEAN MiInitializeSlabs(SIZE_T Bytes)
{
    MiMakeClasses();
    MiSlabOfRun = HostAllocate(Bytes / MI_SLAB_BYTES * sizeof(*MiSlabOfRun));
    return MiSlabOfRun != NULL;
}

/* ---- Slabs ---------------------------------------------------------------------------------------------------- */

static MI_SLAB **MiSlabAt(ULONG_PTR Address)
{
    return &MiSlabOfRun[(Address - MiRanges.Base) / MI_SLAB_BYTES];
}

static PVOID MiAllocateDescription(SIZE_T Bytes)
{
    enum {
        ChunkBytes = 1 << 20
    };
    PVOID Description = NULL;

    HostAcquire(&MiDescriptions.Lock);
    if (MiDescriptions.Left < Bytes) {
        UCHAR *Chunk = HostAllocate(ChunkBytes);
        if (Chunk != NULL) {
            MiDescriptions.Next = Chunk;
            MiDescriptions.Left = ChunkBytes;
        }
    }
    if (MiDescriptions.Left >= Bytes) {
        Description = MiDescriptions.Next;
        MiDescriptions.Next += Bytes;
        MiDescriptions.Left -= Bytes;
    }
    HostRelease(&MiDescriptions.Lock);
    return Description;
}

static VOID MiLinkSlab(MI_BIN *Bin, MI_SLAB *Slab)
{
    Slab->Previous = NULL;
    Slab->Next = Bin->Partial;
    if (Slab->Next != NULL) {
        Slab->Next->Previous = Slab;
    }
    Bin->Partial = Slab;
}

static VOID MiUnlinkSlab(MI_BIN *Bin, MI_SLAB *Slab)
{
    if (Slab->Previous != NULL) {
        Slab->Previous->Next = Slab->Next;
    } else {
        Bin->Partial = Slab->Next;
    }
    if (Slab->Next != NULL) {
        Slab->Next->Previous = Slab->Previous;
    }
}

static MI_SLAB *MiCreateSlab(MI_BIN *Bin, MI_ARENA Arena, ULONG Class)
{
    ULONG PerPage = MiClasses[Class].PerPage;
    ULONG Slots = PerPage * MI_SLAB_PAGES;
    ULONG AllSlots = Slots + MI_SLAB_PAGES;
    MI_SLAB *Slab = Bin->Spare;

    if (Slab == NULL) {
        SIZE_T Bytes = sizeof(MI_SLAB) + AllSlots * sizeof(MI_SLOT);
        Slab = MiAllocateDescription((Bytes + 63) & ~(SIZE_T)63);
        if (Slab == NULL) {
            return NULL;
        }
    } else {
        Bin->Spare = Slab->Next;
        RtlZeroMemory(Slab->AllSlots, AllSlots * sizeof(MI_SLOT));
    }
    PVOID Run = MiAllocateRun(Arena, MI_SLAB_BYTES, MI_SLAB_BYTES, FALSE);
    if (Run == NULL) {
        Slab->Next = Bin->Spare;
        Bin->Spare = Slab;
        return NULL;
    }
    Slab->Base = (ULONG_PTR)Run;
    Slab->Arena = (UCHAR)Arena;
    Slab->Class = (UCHAR)Class;
    Slab->Slots = (USHORT)Slots;
    Slab->Free = (USHORT)Slots;
    Slab->Carved = 0;
    Slab->CarvedSlot = 0;
    Slab->CarvedPage = 0;
    Slab->FirstFree = 0;
    for (ULONG Index = 0; Index < MI_SLAB_PAGES; Index++) {
        MI_PAGE *Page = MiPageOf(Slab->Base + (ULONG_PTR)Index * PAGE_SIZE);
        Page->Slots = &Slab->AllSlots[(SIZE_T)Index * (PerPage + 1)];
        Page->Class = (UCHAR)Class;
        EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageSlab, EMU_ORDER_RELEASE);
        EMU_ATOMIC_STORE(&Page->Magazine, MiMagazineOffset(MiBinOf(Class, Arena)), EMU_ORDER_RELEASE);
    }
    EMU_ATOMIC_STORE(MiSlabAt(Slab->Base), Slab, EMU_ORDER_RELEASE);
    MiNoteRun(Arena, Slab->Base, MI_SLAB_BYTES);
    MiLinkSlab(Bin, Slab);
    return Slab;
}

static VOID MiDestroySlab(MI_BIN *Bin, MI_SLAB *Slab)
{
    MiUnlinkSlab(Bin, Slab);
    EMU_ATOMIC_STORE(MiSlabAt(Slab->Base), NULL, EMU_ORDER_RELEASE);
    for (ULONG Index = 0; Index < MI_SLAB_PAGES; Index++) {
        MI_PAGE *Page = MiPageOf(Slab->Base + (ULONG_PTR)Index * PAGE_SIZE);
        EMU_ATOMIC_STORE(&Page->Magazine, 0, EMU_ORDER_RELEASE);
        EMU_ATOMIC_STORE(&Page->Kind, (UCHAR)MiPageWasSlab, EMU_ORDER_RELEASE);
    }
    MiFreeRun((MI_ARENA)Slab->Arena, (PVOID)Slab->Base, MI_SLAB_BYTES);
    Slab->Next = Bin->Spare;
    Bin->Spare = Slab;
}

static MI_FREE_BLOCK MiTakeReturned(MI_SLAB *Slab)
{
    ULONG Granule = Slab->FirstFree - 1;
    PVOID Block = (PVOID)(Slab->Base + (ULONG_PTR)Granule * MI_GRANULE);
    MI_SLOT *Slot = &MiPageOf((ULONG_PTR)Block)->Slots[MiSlotOfGranule[Slab->Class][BYTE_OFFSET(Block) / MI_GRANULE]];
    ULONG Word = Slot->Word;

    Slab->FirstFree = Word >> MI_LINK_SHIFT;
    EMU_ATOMIC_STORE(&Slot->Word, Word & MI_FREED, EMU_ORDER_NONE);
    return (MI_FREE_BLOCK){Block, Slot};
}

static MI_FREE_BLOCK MiCarveSlot(MI_SLAB *Slab, const MI_CLASS *Class)
{
    if (Slab->CarvedSlot == Class->PerPage) {
        Slab->CarvedSlot = 0;
        Slab->CarvedPage++;
        Slab->Carved++; /* the 0 behind the page's */
    }
    ULONG_PTR Page = Slab->Base + (ULONG_PTR)Slab->CarvedPage * PAGE_SIZE;
    ULONG_PTR Block = Page + Class->First + (ULONG_PTR)Slab->CarvedSlot * Class->SlotBytes + MI_HEADER_BYTES;
    Slab->CarvedSlot++;
    return (MI_FREE_BLOCK){(PVOID)Block, &Slab->AllSlots[Slab->Carved++]};
}

static MI_FREE_BLOCK MiTakeSlot(MI_SLAB *Slab, const MI_CLASS *Class)
{
    Slab->Free--;
    return Slab->FirstFree != 0 ? MiTakeReturned(Slab) : MiCarveSlot(Slab, Class);
}

/* FALSE: the slot is live, or in the list already. Two threads freed its block at the same time. */
static BOOLEAN MiReturnSlot(MI_BIN *Bin, const MI_FREE_BLOCK *Block)
{
    MI_SLAB *Slab = *MiSlabAt((ULONG_PTR)Block->Block);
    ULONG Word = EMU_ATOMIC_LOAD(&Block->Slot->Word, EMU_ORDER_NONE);

    if ((Word & (MI_LIVE | MI_IN_SLAB)) != 0) {
        return FALSE;
    }
    EMU_ATOMIC_STORE(&Block->Slot->Word, (Word & MI_FREED) | MI_IN_SLAB | Slab->FirstFree << MI_LINK_SHIFT,
                     EMU_ORDER_NONE);
    Slab->FirstFree = (ULONG)(((ULONG_PTR)Block->Block - Slab->Base) / MI_GRANULE) + 1;
    if (Slab->Free++ == 0) {
        MiLinkSlab(Bin, Slab);
    }
    /* One empty slab stays with its bin, so that a bin at the border does not map and unmap at every turn. */
    if (Slab->Free == Slab->Slots && (Slab->Next != NULL || Slab->Previous != NULL)) {
        MiDestroySlab(Bin, Slab);
    }
    return TRUE;
}

static ULONG MiTakeWaiting(MI_BIN *Bin, MI_FREE_BLOCK *Blocks, ULONG Count)
{
    Count = min(Count, Bin->WaitingCount);
    if (Count == 0) {
        return 0; /* there may be no array yet */
    }
    Bin->WaitingCount -= Count;
    RtlCopyMemory(Blocks, Bin->Waiting + Bin->WaitingCount, Count * sizeof(*Blocks));
    return Count;
}

/* Returns how many found room. */
static ULONG MiLetWait(MI_BIN *Bin, ULONG Class, const MI_FREE_BLOCK *Blocks, ULONG Count)
{
    ULONG Room = MiClasses[Class].Cached;

    if (Bin->Waiting == NULL) {
        Bin->Waiting = MiAllocateDescription(Room * sizeof(*Blocks));
    }
    if (Bin->Waiting == NULL) {
        return 0;
    }
    Count = min(Count, Room - Bin->WaitingCount);
    RtlCopyMemory(Bin->Waiting + Bin->WaitingCount, Blocks, Count * sizeof(*Blocks));
    Bin->WaitingCount += Count;
    return Count;
}

ULONG MiTakeSlots(MI_ARENA Arena, ULONG Class, MI_FREE_BLOCK *Blocks, ULONG Count)
{
    MI_BIN *Bin = &MiBins[Arena][Class];

    HostAcquire(&Bin->Lock);
    ULONG Taken = MiTakeWaiting(Bin, Blocks, Count);
    ULONG Left = Taken > 0 ? 0 : Count;
    while (Left > 0) {
        MI_SLAB *Slab = Bin->Partial;
        if (Slab == NULL) {
            Slab = MiCreateSlab(Bin, Arena, Class);
        }
        if (Slab == NULL) {
            break;
        }
        while (Left > 0 && Slab->Free > 0) {
            Blocks[--Left] = MiTakeSlot(Slab, &MiClasses[Class]);
            Taken++;
        }
        if (Slab->Free == 0) {
            MiUnlinkSlab(Bin, Slab);
        }
    }
    HostRelease(&Bin->Lock);
    if (Left > 0) {
        RtlMoveMemory(Blocks, Blocks + Left, Taken * sizeof(*Blocks));
    }
    return Taken;
}

VOID MiReturnSlots(MI_ARENA Arena, ULONG Class, const MI_FREE_BLOCK *Blocks, ULONG Count)
{
    MI_BIN *Bin = &MiBins[Arena][Class];
    PVOID Raced = NULL;

    HostAcquire(&Bin->Lock);
    for (ULONG Index = MiLetWait(Bin, Class, Blocks, Count); Index < Count; Index++) {
        if (!MiReturnSlot(Bin, &Blocks[Index])) {
            Raced = Blocks[Index].Block;
        }
    }
    HostRelease(&Bin->Lock);
    if (Raced != NULL) {
        MiStopOnRacedFree(Raced);
    }
}

VOID MiTrimSlabs(VOID)
{
    PVOID Raced = NULL;

    for (ULONG Index = 0; Index < MiArenaCount * MI_CLASS_COUNT; Index++) {
        MI_BIN *Bin = &MiBins[Index / MI_CLASS_COUNT][Index % MI_CLASS_COUNT];
        HostAcquire(&Bin->Lock);
        while (Bin->WaitingCount > 0) {
            const MI_FREE_BLOCK *Block = &Bin->Waiting[--Bin->WaitingCount];
            Raced = MiReturnSlot(Bin, Block) ? Raced : Block->Block;
        }
        for (MI_SLAB *Slab = Bin->Partial, *Next; Slab != NULL; Slab = Next) {
            Next = Slab->Next;
            if (Slab->Free == Slab->Slots) {
                MiDestroySlab(Bin, Slab);
            }
        }
        HostRelease(&Bin->Lock);
    }
    if (Raced != NULL) {
        MiStopOnRacedFree(Raced);
    }
}

VOID MiStopOnRacedFree(PVOID Block)
{
    KiEnterInside(); /* the header is looked at, at whatever IRQL this is */
    KiBeginOwnTouches();
    ULONG64 Header = *MiPlainHeaderOf(Block);
    KiEndOwnTouches();
    ULONG_PTR Address = (ULONG_PTR)Block;
    KI_BUGCHECK Before = KiBugCheck(BAD_POOL_CALLER, KI_C2_FREED_TWICE, (ULONG)(Header >> 32), (ULONG)Header, Address);
    KiStopF(NULL, KiHeapBugCheck(Before, TRUE, MiArenaBase(MiArenaOf(Address)), Address),
            "Two threads freed the block at 0x%zx at the same time, or a signal handler used the pool.", (size_t)Block);
}

/* ---- Walking and forking -------------------------------------------------------------------------------------- */

/* Not instrumented, since most of a walk is this. */
EMU_NO_SANITIZE ULONG MiNextLive(const MI_SLAB *Slab, ULONG Index)
{
    for (; Index + 4 <= Slab->Carved; Index += 4) {
        const MI_SLOT *Slots = &Slab->AllSlots[Index];
        ULONG Any = EMU_ATOMIC_LOAD(&Slots[0].Word, EMU_ORDER_NONE) | EMU_ATOMIC_LOAD(&Slots[1].Word, EMU_ORDER_NONE) |
                    EMU_ATOMIC_LOAD(&Slots[2].Word, EMU_ORDER_NONE) | EMU_ATOMIC_LOAD(&Slots[3].Word, EMU_ORDER_NONE);
        if ((Any & MI_LIVE) != 0) {
            break;
        }
    }
    while (Index < Slab->Carved && (EMU_ATOMIC_LOAD(&Slab->AllSlots[Index].Word, EMU_ORDER_NONE) & MI_LIVE) == 0) {
        Index++;
    }
    return Index;
}

/* NULL when the run at Address is no slab. */
static MI_SLAB *MiLockSlabAt(ULONG_PTR Address)
{
    MI_SLAB *Slab = EMU_ATOMIC_LOAD(MiSlabAt(Address), EMU_ORDER_ACQUIRE);

    if (Slab != NULL) {
        HostAcquire(&MiBins[Slab->Arena][Slab->Class].Lock); /* a description never changes its bin */
        if (*MiSlabAt(Address) != Slab) {
            MiUnlockSlab(Slab);
            Slab = NULL;
        }
    }
    return Slab;
}

MI_SLAB *MiLockSlabFrom(ULONG_PTR Address)
{
    C_ASSERT((ULONG)MI_SLAB_BYTES == (ULONG)MI_UNIT_BYTES);
    for (ULONG_PTR Run = MiNextUnit(Address); Run != 0; Run = MiNextUnit(Run + MI_SLAB_BYTES)) {
        MI_SLAB *Slab = MiLockSlabAt(Run);
        if (Slab != NULL) {
            return Slab;
        }
    }
    return NULL;
}

VOID MiUnlockSlab(MI_SLAB *Slab)
{
    HostRelease(&MiBins[Slab->Arena][Slab->Class].Lock);
}

VOID MiAcquireSlabs(VOID)
{
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        for (ULONG Class = 0; Class < MI_CLASS_COUNT; Class++) {
            HostAcquire(&MiBins[Arena][Class].Lock);
        }
    }
    HostAcquire(&MiDescriptions.Lock);
}

VOID MiReleaseSlabs(VOID)
{
    HostRelease(&MiDescriptions.Lock);
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        for (ULONG Class = 0; Class < MI_CLASS_COUNT; Class++) {
            HostRelease(&MiBins[Arena][Class].Lock);
        }
    }
}
