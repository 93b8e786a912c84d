/* mapping.c: while a page is mapped a second time it lives in a section of the host, which is shown at its home and in
 * its mappings; afterwards it is ordinary memory again. */
#include "mem/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/sanitizer.h"
#include "mem/restore.h"

/* Neighbouring pages that went into a section together. */
struct MI_SHARE {
    MI_SHARE *Next;
    ULONG_PTR Home;
    SIZE_T Bytes;
    HOST_SECTION *Section;
    HOST_ACCESS Access; /* at home */
    SIZE_T References;  /* pieces of mappings */
};

static HOST_LOCK MiMappingLock;
static MI_SHARE *MiShares;
static ULONG64 MiMoves; /* how often pages lost rights for being moved */

/* ---- Moving pages into a section and out again: the lock is held ----------------------------------------------- */

static HOST_ACCESS MiWithoutWriting(HOST_ACCESS Access)
{
    return Access == HostReadWriteExecute ? HostReadExecute : HostReadOnly;
}

static MI_SHARE *MiShareAt(ULONG_PTR Address)
{
    MI_SHARE *Share = MiShares;

    KI_ASSERT(HostIsHeld(&MiMappingLock));
    while (Share != NULL && Address - Share->Home >= Share->Bytes) {
        Share = Share->Next;
    }
    return Share;
}

/* A thread that writes meanwhile faults, waits in MiWaitForMapping, and tries again: nothing is lost. */
static BOOLEAN MiMoveIn(MI_SHARE *Share)
{
    PVOID Home = (PVOID)Share->Home;

    KI_ASSERT(HostIsHeld(&MiMappingLock));
    EMU_ATOMIC_ADD(64, &MiMoves, 1, EMU_ORDER_FULL);
    if (!HostProtect(Home, Share->Bytes, MiWithoutWriting(Share->Access))) {
        return FALSE;
    }
    KiCopyMemory(HostSectionBase(Share->Section), Home, Share->Bytes);
    if (HostMapSection(Share->Section, 0, Home, Share->Bytes, Share->Access)) {
        MiRestoreMemory(Home, Share->Bytes);
        return TRUE;
    }
    HostProtect(Home, Share->Bytes, Share->Access);
    return FALSE;
}

/* A block of special pool may have been freed since, and is out of reach then. */
static BOOLEAN MiMoveOut(MI_SHARE *Share)
{
    PVOID Home = (PVOID)Share->Home;
    ULONG_PTR Same;

    KI_ASSERT(HostIsHeld(&MiMappingLock));
    MiHomeOf(MiPfnOf(Share->Home), &Same, &Share->Access);
    EMU_ATOMIC_ADD(64, &MiMoves, 1, EMU_ORDER_FULL);
    if (HostProtectView(Share->Section, Home, MiWithoutWriting(Share->Access)) &&
        HostKeepView(Share->Section, Home, Share->Access)) {
        MiRestoreMemory(Home, Share->Bytes);
        return TRUE;
    }
    HostProtectView(Share->Section, Home, Share->Access);
    return FALSE;
}

static MI_SHARE *MiMakeShare(ULONG_PTR Home, SIZE_T Bytes, HOST_ACCESS Access, MI_MAPPED *Result)
{
    MI_SHARE *Share = calloc(1, sizeof(*Share));

    KI_ASSERT(HostIsHeld(&MiMappingLock));
    *Result = MiNoMemory;
    if (Share == NULL) {
        return NULL;
    }
    *Share = (MI_SHARE){
        .Home = Home, .Bytes = Bytes, .Access = Access, .Section = HostMakeSection(Bytes, HostShownAnywhere)};
    if (Share->Section == NULL) {
        *Result = MiNotMappable;
    } else if (MiMoveIn(Share)) {
        Share->Next = MiShares;
        MiShares = Share;
        return Share;
    } else {
        HostCloseSection(Share->Section);
    }
    free(Share);
    return NULL;
}

/* A share that the host does not let go of stays, without references, and serves the next mapping. */
static VOID MiDropShare(MI_SHARE *Share)
{
    MI_SHARE **Link = &MiShares;

    KI_ASSERT(HostIsHeld(&MiMappingLock));
    Share->References--;
    if (Share->References == 0 && MiMoveOut(Share)) {
        while (*Link != Share) {
            Link = &(*Link)->Next;
        }
        *Link = Share->Next;
        HostCloseSection(Share->Section);
        free(Share);
    }
}

/* ---- Mapping --------------------------------------------------------------------------------------------------- */

static VOID MiUnmapPieces(MI_EXTENT *Extent)
{
    KI_ASSERT(HostIsHeld(&MiMappingLock));
    for (SIZE_T Index = 0; Index < Extent->PieceCount; Index++) {
        HostUnmapView(Extent->Pieces[Index].Share->Section, (PVOID)Extent->Pieces[Index].Where);
        MiDropShare(Extent->Pieces[Index].Share);
    }
    Extent->PieceCount = 0;
    Extent->Mapped = 0;
    Extent->Access = HostNoAccess;
}

/* How many of the pages lie side by side at home, each of them as far from a section as the first. */
static SIZE_T MiPagesAlike(const PFN_NUMBER *Pfns, SIZE_T Pages, ULONG_PTR Home, const MI_SHARE *Share)
{
    SIZE_T Count = 1;

    while (Count < Pages && Pfns[Count] == Pfns[0] + Count && MiShareAt(Home + (Count << PAGE_SHIFT)) == Share) {
        Count++;
    }
    return Count;
}

/* Maps the first of the pages, and those that go with it. */
static MI_MAPPED MiMapPiece(MI_EXTENT *Extent, ULONG_PTR Where, const PFN_NUMBER *Pfns, SIZE_T Pages,
                            HOST_ACCESS Access, SIZE_T *Done)
{
    ULONG_PTR Home;
    HOST_ACCESS HomeAccess;
    MI_MAPPED Result = MiNoMemory;

    if (!MiHomeOf(Pfns[0], &Home, &HomeAccess)) {
        return MiNotMappable;
    }
    MI_SHARE *Share = MiShareAt(Home);
    *Done = MiPagesAlike(Pfns, Pages, Home, Share);
    SIZE_T Bytes = *Done << PAGE_SHIFT;
    if (Share == NULL) {
        Share = MiMakeShare(Home, Bytes, HomeAccess, &Result);
    }
    if (Share == NULL) {
        return Result;
    }
    Share->References++;
    if (!HostMapSection(Share->Section, Home - Share->Home, (PVOID)Where, Bytes, Access)) {
        MiDropShare(Share);
        return MiNoMemory;
    }
    Extent->Pieces[Extent->PieceCount++] = (MI_PIECE){Share, Where};
    return MiMapped;
}

static MI_MAPPED MiMapPieces(MI_EXTENT *Extent, const PFN_NUMBER *Pfns, SIZE_T Pages, HOST_ACCESS Access)
{
    SIZE_T Done;

    KI_ASSERT(HostIsHeld(&MiMappingLock));
    for (SIZE_T Page = 0; Page < Pages; Page += Done) {
        MI_MAPPED Result =
            MiMapPiece(Extent, Extent->Base + (Page << PAGE_SHIFT), &Pfns[Page], Pages - Page, Access, &Done);
        if (Result != MiMapped) {
            MiUnmapPieces(Extent);
            return Result;
        }
    }
    memcpy(Extent->Pfns, Pfns, Pages * sizeof(*Pfns));
    Extent->Mapped = Pages;
    Extent->Access = Access;
    return MiMapped;
}

/* Each page is at most a piece of its own. */
static BOOLEAN MiMakeRoom(MI_EXTENT *Extent)
{
    if (Extent->Pieces == NULL) {
        Extent->Pieces = calloc(Extent->Pages, sizeof(*Extent->Pieces));
    }
    if (Extent->Pfns == NULL) {
        Extent->Pfns = calloc(Extent->Pages, sizeof(*Extent->Pfns));
    }
    return Extent->Pieces != NULL && Extent->Pfns != NULL;
}

MI_MAPPED MiMapPages(MI_EXTENT *Extent, const PFN_NUMBER *Pfns, SIZE_T Pages, HOST_ACCESS Access)
{
    if (!MiMakeRoom(Extent)) {
        return MiNoMemory;
    }
    HostAcquire(&MiMappingLock);
    MI_MAPPED Result = MiMapPieces(Extent, Pfns, Pages, Access);
    HostRelease(&MiMappingLock);
    return Result;
}

BOOLEAN MiProtectPages(MI_EXTENT *Extent, HOST_ACCESS Access)
{
    BOOLEAN Done = TRUE;

    HostAcquire(&MiMappingLock);
    for (SIZE_T Index = 0; Index < Extent->PieceCount && Done; Index++) {
        Done = HostProtectView(Extent->Pieces[Index].Share->Section, (PVOID)Extent->Pieces[Index].Where, Access);
    }
    if (Done) {
        Extent->Access = Access;
    }
    HostRelease(&MiMappingLock);
    return Done;
}

VOID MiUnmapPages(MI_EXTENT *Extent)
{
    HostAcquire(&MiMappingLock);
    MiUnmapPieces(Extent);
    HostRelease(&MiMappingLock);
}

SIZE_T MiMappingsOf(ULONG_PTR Home, SIZE_T Bytes)
{
    SIZE_T References = 0;

    HostAcquire(&MiMappingLock);
    for (const MI_SHARE *Share = MiShares; Share != NULL; Share = Share->Next) {
        if (Share->Home < Home + Bytes && Home < Share->Home + Share->Bytes) {
            References += Share->References;
        }
    }
    HostRelease(&MiMappingLock);
    return References;
}

/* ---- Waiting --------------------------------------------------------------------------------------------------- */

/* A fault that is not the doing of a move happens again with no move in between, and is then passed on. */
BOOLEAN MiWaitForMapping(VOID)
{
    static EMU_THREAD_LOCAL ULONG64 MovesSeen;

    if (EMU_ATOMIC_LOAD(&MiMoves, EMU_ORDER_ACQUIRE) == MovesSeen) {
        return FALSE;
    }
    HostAcquire(&MiMappingLock);
    MovesSeen = MiMoves;
    HostRelease(&MiMappingLock);
    return TRUE;
}

VOID MiAcquireMappings(VOID)
{
    HostAcquire(&MiMappingLock);
}

VOID MiReleaseMappings(VOID)
{
    HostRelease(&MiMappingLock);
}

#if DBG
BOOLEAN MiHoldsMappings(VOID)
{
    return HostIsHeld(&MiMappingLock);
}
#endif
