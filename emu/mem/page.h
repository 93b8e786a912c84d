/* page.h: the page table of the pool: what each page of the arenas holds. It lies outside the arenas, where a driver's
 * stray write does not reach, and is what frees are checked against. */
#ifndef EMU_MEM_PAGE_H
#define EMU_MEM_PAGE_H

#include "mem/arena.h"

typedef enum MI_PAGE_KIND {
    MiPageUnused,
    MiPageSlab,    /* cut into slots of one size class */
    MiPageLarge,   /* the first page of a block of its own */
    MiPageWasSlab, /* given back; remembered to tell a double free from a wild one */
    MiPageWasLarge,
    MiPageCached, /* a large block's that was freed and waits in a thread's cache */
} MI_PAGE_KIND;

/* What describes a slot. On x86 the kernel's header has no room for its check, which is here then; see MiCheckOf. */
typedef struct MI_SLOT {
    ULONG Word;
#if !defined(_WIN64)
    ULONG Check;
#endif
} MI_SLOT;

typedef struct MI_PAGE {
    union {
        MI_SLOT *Slots; /* a slab's page: those of its slots */
        struct {        /* a large block */
            ULONG Tag;
            ULONG BytesLow;
        };
    };
    union {
        LONG Magazine; /* a slab's: of its blocks, in bytes from the start of a MI_THREAD; for all else not above 0 */
        ULONG Word;    /* a large block's word, which has MI_LIVE; it stays until the page is a slab's */
    };
    UCHAR Kind;
    UCHAR Class; /* a slab's size class, kept when it was given back; without meaning for all else */
} MI_PAGE;

/* A block is described by one word, no bit of which a driver can reach: bits 0..11 are the bytes asked for (of a large
 * block their bits 32..42), bits 12..26 the tag's index. A slot's word without MI_LIVE is no block, and holds whether
 * it was one and, while the slot is in its slab's list of free ones, the next of that list. */
enum {
    MI_FREED = 1,   /* not live: was so once */
    MI_IN_SLAB = 2, /* not live: in its slab's list */
    MI_LINK_SHIFT = 2,
    MI_SIZE_MASK = 0xFFF,
    MI_LARGE_SIZE_MASK = 0x7FF,
    MI_CACHE_ALIGNED_LARGE = 1 << 11, /* large blocks only: their size has bits to spare */
    MI_TAG_SHIFT = 12,
    MI_TAG_MASK = 0x7FFF,
    MI_NX_TYPE = 1 << 27, /* the type asked for was an NX one, whatever Windows made of it */
    MI_SESSION = 1 << 28, /* a session pool type */
    MI_MARKED = 1 << 29,  /* was there when MiMarkAllBlocks was called last */
    MI_QUOTA = 1 << 30,
};
#define MI_LIVE 0x80000000u /* the sign, which tells with one comparison */

static inline ULONG MiTagIndexOfWord(ULONG Word)
{
    return Word >> MI_TAG_SHIFT & MI_TAG_MASK;
}

/* Value for a live slot, else 0; without a branch. */
static inline ULONG MiIfLive(ULONG Word, ULONG Value)
{
    return (ULONG)((LONG)Word >> 31) & Value;
}

/* Live, and nobody's quota is charged for it. */
static inline BOOLEAN MiIsPlainWord(ULONG Word)
{
    return (LONG)Word < (LONG)(MI_LIVE | MI_QUOTA);
}

/* Where the entry of address 0 would be: from there an address leads to its own. */
extern EMU_LOCAL ULONG_PTR MiPageOfNull;

/* Makes the table for that many bytes of arenas; FALSE when the host has no room. */
BOOLEAN MiInitializePages(SIZE_T Bytes);

/* Remembers that a run of pages came into use, before anything in it does. */
VOID MiNoteRun(MI_ARENA Arena, ULONG_PTR Address, SIZE_T Bytes);

/* For walks: the first MI_UNIT_BYTES of the arenas, at or around Address or above, in which a run ever began; or 0. */
enum {
    MI_UNIT_BYTES = 64 << 10
};

ULONG_PTR MiNextUnit(ULONG_PTR Address);

static inline MI_PAGE *MiPageOf(ULONG_PTR PoolAddress)
{
    return (MI_PAGE *)(MiPageOfNull + (PoolAddress >> PAGE_SHIFT) * sizeof(MI_PAGE));
}

static inline ULONG_PTR MiAddressOfPage(const MI_PAGE *Page)
{
    return ((ULONG_PTR)Page - MiPageOfNull) / sizeof(MI_PAGE) << PAGE_SHIFT;
}

static inline MI_PAGE_KIND MiKindOf(const MI_PAGE *Page)
{
    return (MI_PAGE_KIND)EMU_ATOMIC_LOAD(&Page->Kind, EMU_ORDER_ACQUIRE);
}

static inline SIZE_T MiLargeBytes(const MI_PAGE *Page)
{
    return (SIZE_T)(Page->BytesLow | (ULONG64)(Page->Word & MI_LARGE_SIZE_MASK) << 32);
}

/* A copy of an entry that another thread may be changing: of one moment, as far as two equal looks can tell. */
static inline MI_PAGE MiReadLarge(const MI_PAGE *Page)
{
    MI_PAGE Look = {.Kind = MiPageUnused}, Before;

    do {
        Before = Look;
        Look.Kind = EMU_ATOMIC_LOAD(&Page->Kind, EMU_ORDER_ACQUIRE);
        Look.Tag = EMU_ATOMIC_LOAD(&Page->Tag, EMU_ORDER_ACQUIRE);
        Look.BytesLow = EMU_ATOMIC_LOAD(&Page->BytesLow, EMU_ORDER_ACQUIRE);
        Look.Word = EMU_ATOMIC_LOAD(&Page->Word, EMU_ORDER_ACQUIRE);
    } while (Look.Kind != Before.Kind || Look.Tag != Before.Tag || Look.BytesLow != Before.BytesLow ||
             Look.Word != Before.Word);
    return Look;
}

#endif
