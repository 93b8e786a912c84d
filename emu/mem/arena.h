/* arena.h: the three address ranges that pool lives in. One reservation holds them side by side, so that "is this an
 * address of ours, and of which pool" is a subtraction, a compare and a shift. */
#ifndef EMU_MEM_ARENA_H
#define EMU_MEM_ARENA_H

#include "host/host.h"
#include "poolemu.h"

typedef enum MI_ARENA {
    MiNonPagedExecute, /* read, write, execute */
    MiPaged,           /* read, write, and on x86 execute */
    MiNonPagedNx,      /* read, write */
    MiArenaCount,
} MI_ARENA;

enum {
    MI_LARGEST_SHIFT = EMU_BY_WIDTH(34, 30), /* 16 GiB an arena, or 1 */
    MI_GRANULE_SHIFT = EMU_BY_WIDTH(4, 3),
    MI_GRANULE = 1 << MI_GRANULE_SHIFT, /* blocks begin at a multiple of it, and headers count in it */
    MI_GRANULES_PER_PAGE = PAGE_SIZE / MI_GRANULE,
};

/* The first blocks of all pages lie in the same few lines of their pages. A line that every call reads keeps off those:
 * of two lines at one place in their pages a processor may hold but one at a time, when the pages' addresses, which are
 * random, happen to look alike to it. */
enum {
    MI_HOT_OFFSET = 0x400,      /* what all threads read, see EMU_HOT */
    MI_COUNTERS_OFFSET = 0xE80, /* what a thread counts in, behind that */
};

typedef struct MI_RANGES {
    UCHAR Unused[MI_HOT_OFFSET];
    ULONG_PTR Base;      /* of the first arena */
    SIZE_T Bytes;        /* of all; 0 until MiInitializeArenas is through, and set last */
    SIZE_T FastGranules; /* the same, counted so; 0 while the fast paths are closed, too */
    ULONG Shift;         /* an arena is 1 << Shift bytes */
    ULONG_PTR Cookie;    /* random, mixed into every pool header */
} MI_RANGES;

extern EMU_LOCAL MI_RANGES MiRanges;

/* What the host says of the page at Address now, and of the range around it; with a Map, what it said when the map was
 * made. Where it cannot be asked (no /proc, no file handle left), what the arena was mapped as, which nothing changes.
 */
HOST_PROTECTION MiQueryProtection(HOST_MAP *Map, PVOID Address);

/* While anything is unusual no address is one for the fast paths, and they know no tag. Opens or closes them; called
 * behind whatever that depends on has changed (KiUnusual, the arenas, what a thread finds its cache by). */
VOID MiSettleFastPaths(VOID);

/* Reserves the ranges and hands them to the engine, once; stops the process with a message when the host refuses. */
VOID MiInitializeArenas(VOID);

/* Address space for something else: *Bytes, or the half of it as often as the host has no more, so that at least as
 * much is left to others. *Bytes is what there is then. NULL: the host has no Least bytes. */
PVOID MiReserveShare(SIZE_T *Bytes, SIZE_T Least);

/* Around a fork: all locks of mem/. In the child the other threads' caches are nobody's. */
VOID MiHoldMemory(VOID);
VOID MiReleaseMemory(VOID);
VOID MiReleaseMemoryInChild(VOID);

/* How much of an arena there is to allocate from: all, but of the executable one where mapping takes memory. */
SIZE_T MiUsableBytes(MI_ARENA Arena);

static inline BOOLEAN MiHasArenas(VOID)
{
    return EMU_ATOMIC_LOAD(&MiRanges.Bytes, EMU_ORDER_ACQUIRE) != 0;
}

static inline BOOLEAN MiIsPoolAddress(ULONG_PTR Address)
{
    SIZE_T Bytes = EMU_ATOMIC_LOAD(&MiRanges.Bytes, EMU_ORDER_ACQUIRE);

    return Address - MiRanges.Base < Bytes;
}

/* How many granules into the arenas Address is. One that no block can begin at is far behind all that there are. */
static inline ULONG_PTR MiGranulesInto(ULONG_PTR Address)
{
    ULONG_PTR Offset = Address - MiRanges.Base;

    C_ASSERT(MI_GRANULE == MEMORY_ALLOCATION_ALIGNMENT);
    return Offset >> MI_GRANULE_SHIFT | Offset << (RTL_BITS_OF(Offset) - MI_GRANULE_SHIFT);
}

static inline MI_ARENA MiArenaOf(ULONG_PTR PoolAddress)
{
    return (MI_ARENA)((PoolAddress - MiRanges.Base) >> MiRanges.Shift);
}

static inline ULONG_PTR MiArenaBase(MI_ARENA Arena)
{
    return MiRanges.Base + ((ULONG_PTR)Arena << MiRanges.Shift);
}

/* Paged pool can be executed on x86 only. */
static inline HOST_ACCESS MiAccessOf(MI_ARENA Arena)
{
    return Arena == MiNonPagedExecute || (EMU_BY_WIDTH(FALSE, TRUE) && Arena == MiPaged) ? HostReadWriteExecute
                                                                                         : HostReadWrite;
}

static inline SIZE_T MiArenaBytes(VOID)
{
    return (SIZE_T)1 << MiRanges.Shift;
}

#endif
