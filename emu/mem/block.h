/* block.h: what is known of a block, whatever kind it is: from the page table, never from what a driver can reach. */
#ifndef EMU_MEM_BLOCK_H
#define EMU_MEM_BLOCK_H

#include "mem/cache.h"

typedef struct MI_BLOCK {
    PVOID Address;
    SIZE_T Size;
    ULONG Tag;
    POOL_TYPE PoolType;
    BOOLEAN Quota;
    BOOLEAN Marked;
} MI_BLOCK;

/* What a free or a question finds at an address. */
typedef enum MI_FOUND {
    MiFoundOutside,     /* not in an arena, and no live block of special pool */
    MiFoundLive,        /* the start of a live block, in an arena or in special pool */
    MiFoundFreed,       /* was the start of a block */
    MiFoundInside,      /* in an arena's page that is in use, but no block starts there */
    MiFoundUnallocated, /* in an arena where no block is, nor is known to have been */
} MI_FOUND;

/* Fills *Block for a live block only. */
MI_FOUND MiFindBlock(PVOID Address, MI_BLOCK *Block);

/* The live block that Address points into, if any. */
BOOLEAN MiFindBlockAround(ULONG_PTR Address, MI_BLOCK *Block);

/* Makes the memory of a block that was freed free for others: of a small one, and of a large one while a sanitizer
 * watches. The thread has a cache. */
VOID MiTakeBack(const MI_BLOCK *Block);

/* Calls Callback for every live block, by address and special pool last, until it returns FALSE. No lock is held
 * meanwhile; blocks that other threads allocate or free during the walk may or may not be seen. */
VOID MiForEachBlock(BOOLEAN (*Callback)(const MI_BLOCK *Block, PVOID Context), PVOID Context);

/* What is live, by tag: adds it to Usages[0] for the tag of index FirstTag, and so on for Count of them. */
typedef struct MI_TAG_LIVE {
    ULONG64 Blocks[2]; /* [0] nonpaged, [1] paged */
    ULONG64 Bytes[2];
} MI_TAG_LIVE;

VOID MiSumLive(ULONG FirstTag, ULONG Count, MI_TAG_LIVE *Usages);

/* The same for all tags together. */
MI_TAG_LIVE MiSumAllLive(VOID);

/* Counts a block that does not lie in the arenas, where no walk finds it; and its end. The thread has a cache. */
VOID MiCountOutside(MI_ARENA Arena, ULONG Tag, SIZE_T Bytes);
VOID MiForgetOutside(MI_ARENA Arena, ULONG Tag, SIZE_T Bytes);

/* Marks every live block; a block loses its mark when it is freed. */
VOID MiMarkAllBlocks(VOID);

/* Writes "24 bytes, tag 'Fred', NonPagedPoolNx" and the like. */
VOID MiDescribeBlock(const MI_BLOCK *Block, PSTR Text, SIZE_T Bytes);

/* A tag as it reads in memory, with dots for what does not print; Text holds 5 characters. */
VOID MiTagText(ULONG Tag, CHAR Text[5]);

/* "'Fred'", and where that hides which tag it is, "'Fre.' (0x01657246)". */
enum {
    MI_QUOTED_TAG = 20
};
VOID MiQuoteTag(ULONG Tag, CHAR Text[MI_QUOTED_TAG]);

PCSTR MiPoolTypeName(POOL_TYPE PoolType);

#if defined(_WIN64)
C_ASSERT(FIELD_OFFSET(POOL_HEADER, PreviousSize) == 0 && FIELD_OFFSET(POOL_HEADER, PoolIndex) == 1 &&
         FIELD_OFFSET(POOL_HEADER, BlockSize) == 2 && FIELD_OFFSET(POOL_HEADER, PoolType) == 3 &&
         FIELD_OFFSET(POOL_HEADER, Check) == 8);
#endif
C_ASSERT(sizeof(POOL_HEADER) == MI_HEADER_BYTES && FIELD_OFFSET(POOL_HEADER, PoolTag) == 4);

/* The header of a small block, and whether it is as the allocator wrote it. */
static inline POOL_HEADER *MiHeaderOf(PVOID Block)
{
    return (POOL_HEADER *)Block - 1;
}

/* The header but for its check. */
static inline ULONG64 *MiPlainHeaderOf(PVOID Block)
{
    return (ULONG64 *)MiHeaderOf(Block);
}

static inline BOOLEAN MiIsHeaderIntact(PVOID Block, MI_SLOT *Slot)
{
    ULONG64 First = EMU_ATOMIC_LOAD(MiPlainHeaderOf(Block), EMU_ORDER_NONE);

    return EMU_ATOMIC_LOAD(MiCheckPlace(Block, Slot), EMU_ORDER_NONE) == MiCheckOf(First, (ULONG_PTR)Block);
}

/* Lets it say that the block is free. */
static inline VOID MiCloseHeader(PVOID Block)
{
#if defined(_WIN64)
    EMU_ATOMIC_STORE(&MiHeaderOf(Block)->PoolType, 0, EMU_ORDER_RELEASE);
#else
    enum {
        SizeBits = 0x1FF
    };
    USHORT *SizeAndType = (USHORT *)MiHeaderOf(Block) + 1;
    EMU_ATOMIC_STORE(SizeAndType, (USHORT)(*SizeAndType & SizeBits), EMU_ORDER_RELEASE);
#endif
}

#endif
