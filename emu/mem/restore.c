/* restore.c: what a sanitizer is told anew of pages that the host has put in the place of others. */
#include "mem/restore.h"

#include "core/sanitizer.h"
#include "mem/block.h"

/* What of a slot is not its block. */
static VOID MiCloseRest(ULONG_PTR Start, SIZE_T Room)
{
    MI_BLOCK Block = {.Size = 0};

    KiCloseBytes((PVOID)(Start - MI_HEADER_BYTES), MI_HEADER_BYTES);
    if (MiFindBlock((PVOID)Start, &Block) != MiFoundLive) {
        Block.Size = 0;
    }
    KiCloseBytes((PVOID)(Start + Block.Size), Room - Block.Size);
}

/* Behind the last slot there may be a rest, which nobody is given. */
static VOID MiRestoreSmall(ULONG_PTR Page)
{
    const MI_CLASS *Class = &MiClasses[MiPageOf(Page)->Class];

    for (ULONG Slot = 0; Slot < Class->PerPage; Slot++) {
        MiCloseRest(Page + Class->First + (ULONG_PTR)Slot * Class->SlotBytes + MI_HEADER_BYTES,
                    Class->SlotBytes - MI_HEADER_BYTES);
    }
}

static VOID MiRestoreLarge(ULONG_PTR Page)
{
    MI_BLOCK Block;

    if (MiFindBlockAround(Page, &Block)) {
        ULONG_PTR End = (ULONG_PTR)Block.Address + Block.Size;
        KiCloseBytes((PVOID)min(End, Page + PAGE_SIZE), Page + PAGE_SIZE - min(End, Page + PAGE_SIZE));
    }
}

/* All of the pages is in reach. Another thread could be given a slot that is free here, or touch its block; so where
 * one may, slots stay in reach until they are used again. */
VOID MiRestoreMemory(PVOID Base, SIZE_T Bytes)
{
    BOOLEAN IsNeeded = KiIsSanitizing() && KiSanitizer() != KiMemorySanitizer && MiIsPoolAddress((ULONG_PTR)Base);

    for (ULONG_PTR Page = (ULONG_PTR)Base; IsNeeded && Page < (ULONG_PTR)Base + Bytes; Page += PAGE_SIZE) {
        if (MiKindOf(MiPageOf(Page)) != MiPageSlab) {
            MiRestoreLarge(Page);
        } else if (MiIsOnlyThreadEver()) {
            MiRestoreSmall(Page);
        }
    }
}
