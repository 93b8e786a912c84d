/* slab.h: small blocks. A slab is a run of 16 pages of one arena; each of its pages is cut into equal slots, header
 * included, so that no block crosses a page. The words that describe the slots lie outside, with the slab. */
#ifndef EMU_MEM_SLAB_H
#define EMU_MEM_SLAB_H

#include "host/hash.h"
#include "mem/page.h"

enum {
    MI_HEADER_BYTES = MI_GRANULE,
    MI_SMALL_MAX = PAGE_SIZE - 2 * MI_GRANULE, /* 4064, on x86 4080: Windows, too, gives a page to anything larger */
    MI_CACHE_LINE = SYSTEM_CACHE_ALIGNMENT_SIZE,
    MI_ALIGNED_FIRST = MI_CACHE_LINE - MI_HEADER_BYTES, /* where a page's first header is, for a block on a line */
    MI_ALIGNED_MAX = PAGE_SIZE - MI_CACHE_LINE - MI_HEADER_BYTES, /* 4016, on x86 4024 */
    MI_SLAB_PAGES = 16,
    MI_CACHED_BYTES = 128 << 10,
    MI_CACHED_MOST = EMU_BY_WIDTH(2047, 1023),
    MI_SLAB_BYTES = MI_SLAB_PAGES * PAGE_SIZE,
    MI_CLASS_COUNT =
        EMU_BY_WIDTH(44, 60), /* class 0 has no slots: a look-up that found nothing ends there, and needs no test */
    MI_RUN_CLASSES = 8, /* behind those: runs of 1 to 8 pages, which are cached as slots are but come from the engine */
    MI_ALL_CLASSES = MI_CLASS_COUNT + MI_RUN_CLASSES,
    MI_BINS = 1024,          /* numbers of bins, few of which are in use, see MiBinOfType */
    MI_MAGAZINE_STRIDE = 64, /* bytes of a MI_MAGAZINE */
};

/* The header in front of a small block, as Windows lays it out. Debuggers read it, drivers overwrite it. */
#if defined(_WIN64)
typedef struct POOL_HEADER {
    UCHAR PreviousSize; /* in granules, header included; 0 for the first of a page */
    UCHAR PoolIndex;
    UCHAR BlockSize; /* likewise */
    UCHAR PoolType;  /* 0: free; else bit 1 is set, bit 0 tells paged from nonpaged, bit 3 is set when it is charged */
    ULONG PoolTag;
    ULONG64 Check; /* ProcessBilled on Windows; here made of the first half, see MiCheckOf */
} POOL_HEADER;
#else
typedef struct POOL_HEADER {
    USHORT PreviousSize : 9;
    USHORT PoolIndex : 7;
    USHORT BlockSize : 9;
    USHORT PoolType : 7;
    ULONG PoolTag;
} POOL_HEADER;
#endif

enum {
    MI_HEADER_NONPAGED = 2, /* PoolType of a live block; MiPaged is 1, and added */
    MI_HEADER_QUOTA = 8,    /* added when the block is charged to a process */
};

/* The first four bytes. */
static inline ULONG MiHeaderBits(ULONG PreviousSize, ULONG PoolIndex, ULONG BlockSize, ULONG PoolType)
{
    return PreviousSize | PoolIndex << EMU_BY_WIDTH(8, 9) | BlockSize << 16 | PoolType << EMU_BY_WIDTH(24, 25);
}

typedef struct MI_CLASS {
    USHORT SlotBytes; /* header included */
    USHORT First;     /* offset of a page's first slot */
    USHORT PerPage;
    USHORT Cached; /* how many free blocks a thread keeps */
} MI_CLASS;

extern EMU_LOCAL MI_CLASS MiClasses[MI_ALL_CLASSES];

/* A class and a plain pool type as one number, for which no type has to be looked at: NonPagedPool is 0, PagedPool 1,
 * NonPagedPoolNx 512. (513 is no type, and leads to bins in which nothing is found.) */
static inline ULONG MiBinOfType(ULONG Class, ULONG Type)
{
    C_ASSERT(NonPagedPool == 0 && PagedPool == 1);
    C_ASSERT(MI_ALL_CLASSES * 2 <= NonPagedPoolNx && NonPagedPoolNx * 2 <= MI_BINS);
    return Class * 2 + Type;
}

/* A class and an arena. */
static inline ULONG MiBinOf(ULONG Class, MI_ARENA Arena)
{
    C_ASSERT(MiNonPagedExecute == 0 && MiPaged == 1);
    return MiBinOfType(Class, Arena == MiNonPagedNx ? NonPagedPoolNx : (ULONG)Arena);
}

static inline ULONG MiClassOfBin(ULONG Bin)
{
    return Bin % NonPagedPoolNx / 2;
}

static inline MI_ARENA MiArenaOfBin(ULONG Bin)
{
    return Bin >= NonPagedPoolNx ? MiNonPagedNx : (MI_ARENA)(Bin & 1);
}

/* Where a bin's magazine is in a MI_THREAD. */
static inline LONG MiMagazineOffset(ULONG Bin)
{
    return (LONG)(Bin * MI_MAGAZINE_STRIDE);
}

/* By the block's size in granules, its class. */
extern EMU_LOCAL UCHAR MiClassOfGranules[MI_SMALL_MAX / MI_GRANULE + 1];
extern EMU_LOCAL UCHAR MiAlignedClassOfGranules[MI_ALIGNED_MAX / MI_GRANULE + 1]; /* of a cache-aligned block */

/* Makes the classes, and the table of slabs for that many bytes of arenas; FALSE when the host has no room. */
BOOLEAN MiInitializeSlabs(SIZE_T Bytes);

/* A free block, its address behind the header, and its slot; a run of pages has none. */
typedef struct MI_FREE_BLOCK {
    PVOID Block;
    MI_SLOT *Slot;
} MI_FREE_BLOCK;

/* Takes up to Count free blocks out of the slabs into Blocks, the lowest last; returns how many, fewer only when the
 * arena is full. Puts them back. */
ULONG MiTakeSlots(MI_ARENA Arena, ULONG Class, MI_FREE_BLOCK *Blocks, ULONG Count);
VOID MiReturnSlots(MI_ARENA Arena, ULONG Class, const MI_FREE_BLOCK *Blocks, ULONG Count);

/* Gives every slab without a block back to the engine. */
VOID MiTrimSlabs(VOID);

/* A double free that only its second half shows: 0xC2 (0x07, tag, the header's first four bytes, address). No lock is
 * held. */
DECLSPEC_NORETURN VOID MiStopOnRacedFree(PVOID Block);

typedef struct MI_SLAB {
    struct MI_SLAB *Next; /* in the bin's list of slabs with free slots */
    struct MI_SLAB *Previous;
    ULONG_PTR Base;
    UCHAR Arena;
    UCHAR Class;
    USHORT Slots;
    USHORT Free;       /* slots not taken, those never carved included */
    USHORT Carved;     /* the slots from here on were never anybody's */
    USHORT CarvedSlot; /* the next slot to carve, in its page */
    USHORT CarvedPage;
    ULONG FirstFree;    /* the first returned block's granule in the slab + 1; its slot's word holds the next one's */
    MI_SLOT AllSlots[]; /* of page after page, each page's followed by one of 0, the neighbour of its last */
} MI_SLAB;

/* The block of AllSlots[Index]. */
static inline PVOID MiBlockOfSlot(const MI_SLAB *Slab, ULONG Index)
{
    const MI_CLASS *Class = &MiClasses[Slab->Class];
    ULONG_PTR Page = Index / (Class->PerPage + 1u);
    ULONG_PTR Slot = Index % (Class->PerPage + 1u);

    return (PVOID)(Slab->Base + Page * PAGE_SIZE + Class->First + Slot * Class->SlotBytes + MI_HEADER_BYTES);
}

/* Index or the next slot that is live, or Carved: a block that is freed meanwhile may be one of them. */
ULONG MiNextLive(const MI_SLAB *Slab, ULONG Index);

/* The slab at or above Address, locked against change, or NULL; for walking over all of them. */
MI_SLAB *MiLockSlabFrom(ULONG_PTR Address);
VOID MiUnlockSlab(MI_SLAB *Slab);

VOID MiAcquireSlabs(VOID);
VOID MiReleaseSlabs(VOID);

/* By size class and granule of a page: the slot whose block begins there, else the number of slots; that word is 0. */
extern EMU_LOCAL UCHAR MiSlotOfGranule[MI_CLASS_COUNT][MI_GRANULES_PER_PAGE];

/* The slot of a page whose block begins at Offset, or the number of slots when there is none. */
static inline ULONG MiSlotIndex(ULONG Class, ULONG Offset)
{
    return Offset % MI_GRANULE != 0 ? MiClasses[Class].PerPage : MiSlotOfGranule[Class][Offset / MI_GRANULE];
}

/* What stands beside the first eight bytes of a header to tell whether they were overwritten: in its second half, or,
 * where that is all of it, with its slot. Turned and added, so that a change that runs over both halves alike (a fill,
 * an exclusive-or) does not cancel itself out. */
#if defined(_WIN64)
typedef ULONG64 MI_CHECK;

static inline MI_CHECK MiCheckOf(ULONG64 Header, ULONG_PTR Block)
{
    return (Header << 13 | Header >> 51) + (Block + MiRanges.Cookie);
}

static inline MI_CHECK *MiCheckPlace(PVOID Block, MI_SLOT *Slot)
{
    UNREFERENCED_PARAMETER(Slot);
    return (ULONG64 *)Block - 1;
}
#else
typedef ULONG MI_CHECK;

static inline MI_CHECK MiCheckOf(ULONG64 Header, ULONG_PTR Block)
{
    ULONG Low = HostHash32((ULONG)Header ^ MiRanges.Cookie);

    return (Low << 13 | Low >> 19) + (ULONG)(Header >> 32) + Block;
}

static inline MI_CHECK *MiCheckPlace(PVOID Block, MI_SLOT *Slot)
{
    UNREFERENCED_PARAMETER(Block);
    return &Slot->Check;
}
#endif

#endif
