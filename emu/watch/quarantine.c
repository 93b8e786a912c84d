/* quarantine.c: freed blocks, first in first out. What has left stays readable until its place is needed. */
#include "watch/quarantine.h"

#include "core/option.h"
#include "host/host.h"
#include "watch/sanitize.h"

enum {
    VF_MOST_BLOCKS = 1 << 19,
};

static struct {
    HOST_LOCK Lock;
    MI_BLOCK *Blocks;
    SIZE_T Limit;
    SIZE_T Bytes; /* of those that wait */
    ULONG64 Came; /* so many in all; the next one's place is this, modulo VF_MOST_BLOCKS */
    ULONG64 Left;
} VfRetired;

VOID VfAcquireQuarantine(VOID)
{
    HostAcquire(&VfRetired.Lock);
}

VOID VfReleaseQuarantine(VOID)
{
    HostRelease(&VfRetired.Lock);
}

/* What a block takes, roughly. */
static SIZE_T VfFootprint(const MI_BLOCK *Block)
{
    return Block->Size + MI_HEADER_BYTES;
}

static VOID VfReadyQuarantine(VOID)
{
    if (VfRetired.Blocks == NULL) {
        VfRetired.Limit = (SIZE_T)KiOptionNumber(KiOptionQuarantineMib) << 20;
        VfRetired.Blocks = HostAllocate(VF_MOST_BLOCKS * sizeof(*VfRetired.Blocks));
        if (VfRetired.Blocks == NULL) {
            HostFatal("the host has no memory for the list of freed blocks");
        }
    }
}

static BOOLEAN VfTakeOldest(MI_BLOCK *Block)
{
    if (VfRetired.Bytes <= VfRetired.Limit && VfRetired.Came - VfRetired.Left < VF_MOST_BLOCKS) {
        return FALSE;
    }
    *Block = VfRetired.Blocks[VfRetired.Left++ % VF_MOST_BLOCKS];
    VfRetired.Bytes -= VfFootprint(Block);
    return TRUE;
}

VOID VfRetire(const MI_BLOCK *Block)
{
    MI_BLOCK Oldest;

    KiCloseBlock(Block->Address, Block->Size);
    VfAcquireQuarantine();
    VfReadyQuarantine();
    VfRetired.Blocks[VfRetired.Came++ % VF_MOST_BLOCKS] = *Block;
    VfRetired.Bytes += VfFootprint(Block);
    while (VfTakeOldest(&Oldest)) {
        VfReleaseQuarantine();
        MiTakeBack(&Oldest);
        VfAcquireQuarantine();
    }
    VfReleaseQuarantine();
}

BOOLEAN VfFindRetired(ULONG_PTR Address, SIZE_T Reach, MI_BLOCK *Block)
{
    BOOLEAN Found = FALSE;

    VfAcquireQuarantine();
    ULONG64 First = VfRetired.Came < VF_MOST_BLOCKS ? 0 : VfRetired.Came - VF_MOST_BLOCKS;
    for (ULONG64 Next = VfRetired.Came; Next > First && !Found; Next--) {
        *Block = VfRetired.Blocks[(Next - 1) % VF_MOST_BLOCKS];
        Found = Address - (ULONG_PTR)Block->Address + Reach < max(Block->Size, 1) + 2 * Reach;
    }
    VfReleaseQuarantine();
    return Found;
}
