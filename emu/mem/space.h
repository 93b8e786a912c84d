/* space.h: kernel addresses outside the pool, handed out by the page: the mappings of MDLs and of secure pools, and
 * memory with physical addresses to choose from. Who touches a page of them that is not there, gets a bug check. */
#ifndef EMU_MEM_SPACE_H
#define EMU_MEM_SPACE_H

#include "host/host.h"
#include "poolemu.h"

typedef struct MI_SHARE MI_SHARE;

/* A part of a mapping: what mapping.c has to undo. */
typedef struct MI_PIECE {
    MI_SHARE *Share;
    ULONG_PTR Where;
} MI_PIECE;

/* A run of pages in use. */
typedef struct MI_EXTENT {
    struct MI_EXTENT *Next; /* in the list of all of a space */
    struct MI_EXTENT *Previous;
    ULONG_PTR Base;
    SIZE_T Pages;
    PCSTR What; /* for the stop screen: "the mapping of an MDL" */
    HOST_ACCESS Access;
    SIZE_T Bytes; /* of contiguous and noncached memory, as asked for */
    MEMORY_CACHING_TYPE CacheType;
    BOOLEAN Reserved; /* by MmAllocateMappingAddress, under Tag */
    ULONG Tag;
    SIZE_T Mapped; /* so many pages of a mapping are there, those of Pfns */
    PFN_NUMBER *Pfns;
    MI_PIECE *Pieces;
    SIZE_T PieceCount;
} MI_EXTENT;

typedef struct MI_SPACE {
    SIZE_T Bytes; /* wanted; and, once reserved, what there is. Nobody gets the last page, which an overrun meets */
    BOOLEAN ForSections;
    BOOLEAN IsRefused; /* by the host; it has been said */
    ULONG_PTR Base;    /* 0 until it is reserved */
    MI_EXTENT **Owner; /* of each page, or NULL */
    MI_EXTENT *Extents;
    SIZE_T Cursor; /* where the next look for free pages begins: addresses are not reused at once */
    HOST_LOCK Lock;
} MI_SPACE;

/* System page table entries, as it were. */
extern EMU_LOCAL MI_SPACE MiSystemSpace;

/* Takes pages out of a space, without access; NULL when there are none. */
MI_EXTENT *MiTakePages(MI_SPACE *Space, SIZE_T Pages, PCSTR What);

/* The same between two pages of the space, First and Last included, as high as possible and not across a multiple of
 * Boundary pages (0: none). A page on both sides stays free. */
MI_EXTENT *MiTakePagesBetween(MI_SPACE *Space, SIZE_T Pages, SIZE_T First, SIZE_T Last, SIZE_T Boundary, PCSTR What);

/* Gives them back; the caller has taken the access away, and the extent is gone. */
VOID MiGivePages(MI_SPACE *Space, MI_EXTENT *Extent);

/* The extent that Address lies in, or NULL; it stays for as long as its owner keeps it. */
MI_EXTENT *MiExtentAt(MI_SPACE *Space, ULONG_PTR Address);

/* Calls Callback for all of them, which must not take or give pages. */
VOID MiForEachExtent(MI_SPACE *Space, VOID (*Callback)(const MI_EXTENT *Extent, PVOID Context), PVOID Context);

static inline BOOLEAN MiIsInSpace(const MI_SPACE *Space, ULONG_PTR Address)
{
    ULONG_PTR Base = EMU_ATOMIC_LOAD(&Space->Base, EMU_ORDER_ACQUIRE);

    return Base != 0 && Address - Base < Space->Bytes;
}

/* For fork. */
VOID MiAcquireSpaces(VOID);
VOID MiReleaseSpaces(VOID);

#endif
