/* space.c: hands out pages of address space. One table tells of each page whose it is. */
#include "mem/space.h"

#include <stdlib.h>

#include "mem/arena.h"
#include "mem/physical.h"

MI_SPACE MiSystemSpace = {.Bytes = EMU_BY_WIDTH((SIZE_T)4 << 30, 128 << 20), .ForSections = TRUE};

enum {
    MI_LEAST_SPACE = 4 << 20,
};

/* Sections may be shown only in what HostReserveForSections reserves, and that is as much as the host can spare. */
static PVOID MiReserveForSpace(MI_SPACE *Space)
{
    if (!Space->ForSections) {
        return MiReserveShare(&Space->Bytes, MI_LEAST_SPACE);
    }
    PVOID Room = MiReserveShare(&Space->Bytes, MI_LEAST_SPACE);
    if (Room == NULL) {
        return NULL;
    }
    HostFree(Room, Space->Bytes);
    return HostReserveForSections(&Space->Bytes);
}

static BOOLEAN MiReserveSpace(MI_SPACE *Space)
{
    if (Space->Base != 0) {
        return TRUE;
    }
    PVOID Base = MiReserveForSpace(Space);
    Space->Owner = Base == NULL ? NULL : HostAllocate((Space->Bytes >> PAGE_SHIFT) * sizeof(*Space->Owner));
    /* Mapped as its pages will be when they are given back, so that the host sees one range again. */
    if (Space->Owner == NULL || (!Space->ForSections && !HostMap(Base, Space->Bytes, HostNoAccess))) {
        if (Space->Owner != NULL) {
            HostFree(Space->Owner, (Space->Bytes >> PAGE_SHIFT) * sizeof(*Space->Owner));
        }
        if (Base != NULL) {
            HostFree(Base, Space->Bytes);
        }
        if (!Space->IsRefused) {
            Space->IsRefused = TRUE;
            HostWriteError("poolemu: the host has no addresses for contiguous memory, mappings or secure pools; raise "
                           "ulimit -v, or lower POOLEMU_ARENA_MIB\n");
        }
        return FALSE;
    }
    EMU_ATOMIC_STORE(&Space->Base, (ULONG_PTR)Base, EMU_ORDER_RELEASE);
    return TRUE;
}

/* The last of those pages that is in use, as an extent; NULL: all are free. */
static const MI_EXTENT *MiLastIn(const MI_SPACE *Space, SIZE_T First, SIZE_T Pages)
{
    while (Pages > 0 && Space->Owner[First + Pages - 1] == NULL) {
        Pages--;
    }
    return Pages == 0 ? NULL : Space->Owner[First + Pages - 1];
}

static SIZE_T MiFirstPageOf(const MI_SPACE *Space, const MI_EXTENT *Extent)
{
    return (Extent->Base - Space->Base) >> PAGE_SHIFT;
}

static MI_EXTENT *MiTakeAt(MI_SPACE *Space, SIZE_T First, SIZE_T Pages, PCSTR What)
{
    MI_EXTENT *Extent = calloc(1, sizeof(*Extent));

    if (Extent != NULL) {
        Extent->Base = Space->Base + (First << PAGE_SHIFT);
        Extent->Pages = Pages;
        Extent->What = What;
        Extent->Next = Space->Extents;
        if (Extent->Next != NULL) {
            Extent->Next->Previous = Extent;
        }
        Space->Extents = Extent;
        for (SIZE_T Page = 0; Page < Pages; Page++) {
            Space->Owner[First + Page] = Extent;
        }
    }
    return Extent;
}

MI_EXTENT *MiTakePages(MI_SPACE *Space, SIZE_T Pages, PCSTR What)
{
    MI_EXTENT *Extent = NULL;

    MiInitializeArenas(); /* with the handlers of faults and forks */
    HostAcquire(&Space->Lock);
    if (Pages > 0 && MiReserveSpace(Space) && Pages < Space->Bytes >> PAGE_SHIFT) {
        SIZE_T All = Space->Bytes >> PAGE_SHIFT;
        SIZE_T First = Space->Cursor;
        BOOLEAN Wrapped = FALSE;
        for (;;) {
            if (First + Pages >= All) {
                if (Wrapped) {
                    break;
                }
                Wrapped = TRUE;
                First = 0;
            }
            const MI_EXTENT *InTheWay = MiLastIn(Space, First, Pages);
            if (InTheWay == NULL) {
                Extent = MiTakeAt(Space, First, Pages, What);
                Space->Cursor = First + Pages + 1; /* a page between neighbours stays free: an overrun faults */
                break;
            }
            First = MiFirstPageOf(Space, InTheWay) + InTheWay->Pages + 1;
        }
    }
    HostRelease(&Space->Lock);
    return Extent;
}

MI_EXTENT *MiTakePagesBetween(MI_SPACE *Space, SIZE_T Pages, SIZE_T First, SIZE_T Last, SIZE_T Boundary, PCSTR What)
{
    MI_EXTENT *Extent = NULL;

    MiInitializeArenas();
    HostAcquire(&Space->Lock);
    if (Pages > 0 && First > 0 && MiReserveSpace(Space) && Pages < Space->Bytes >> PAGE_SHIFT) {
        Last = min(Last, (Space->Bytes >> PAGE_SHIFT) - 2);
        for (SIZE_T End = Last + 1; Extent == NULL && End >= First + Pages;) {
            SIZE_T Start = End - Pages;
            const MI_EXTENT *InTheWay = MiLastIn(Space, Start - 1, Pages + 2);
            if (Boundary != 0 && Start / Boundary != (End - 1) / Boundary) {
                End = (End - 1) / Boundary * Boundary; /* up to the multiple that it would cross */
            } else if (InTheWay != NULL) {
                End = MiFirstPageOf(Space, InTheWay) - 1;
            } else {
                Extent = MiTakeAt(Space, Start, Pages, What);
                break;
            }
        }
    }
    HostRelease(&Space->Lock);
    return Extent;
}

VOID MiGivePages(MI_SPACE *Space, MI_EXTENT *Extent)
{
    SIZE_T First = MiFirstPageOf(Space, Extent);

    HostAcquire(&Space->Lock);
    for (SIZE_T Page = 0; Page < Extent->Pages; Page++) {
        Space->Owner[First + Page] = NULL;
    }
    *(Extent->Previous != NULL ? &Extent->Previous->Next : &Space->Extents) = Extent->Next;
    if (Extent->Next != NULL) {
        Extent->Next->Previous = Extent->Previous;
    }
    HostRelease(&Space->Lock);
    free(Extent->Pfns);
    free(Extent->Pieces);
    free(Extent);
}

MI_EXTENT *MiExtentAt(MI_SPACE *Space, ULONG_PTR Address)
{
    if (!MiIsInSpace(Space, Address)) {
        return NULL;
    }
    HostAcquire(&Space->Lock);
    MI_EXTENT *Extent = Space->Owner[(Address - Space->Base) >> PAGE_SHIFT];
    HostRelease(&Space->Lock);
    return Extent;
}

VOID MiForEachExtent(MI_SPACE *Space, VOID (*Callback)(const MI_EXTENT *Extent, PVOID Context), PVOID Context)
{
    HostAcquire(&Space->Lock);
    for (const MI_EXTENT *Extent = Space->Extents; Extent != NULL; Extent = Extent->Next) {
        Callback(Extent, Context);
    }
    HostRelease(&Space->Lock);
}

VOID MiAcquireSpaces(VOID)
{
    HostAcquire(&MiSystemSpace.Lock);
    HostAcquire(&MiRam.Lock);
}

VOID MiReleaseSpaces(VOID)
{
    HostRelease(&MiRam.Lock);
    HostRelease(&MiSystemSpace.Lock);
}
