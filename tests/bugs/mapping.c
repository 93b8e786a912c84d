/* mapping.c: MDLs and mappings of pool. */
#include "bugs.h"

enum {
    BUFFER_BYTES = 2000,
};

static DECLSPEC_NOINLINE PMDL DescribeBuffer(PVOID Buffer, ULONG Bytes)
{
    PMDL Mdl = IoAllocateMdl(Buffer, Bytes, FALSE, FALSE, NULL);

    if (Mdl != NULL) {
        MmBuildMdlForNonPagedPool(Mdl);
    }
    return Mdl;
}

/* The block was freed before the transfer has ended. */
static VOID MdlOfFreedBlock(VOID)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, BUFFER_BYTES, BUG_TAG);

    if (Buffer == NULL) {
        return;
    }
    PMDL Mdl = DescribeBuffer(Buffer, BUFFER_BYTES);
    ExFreePoolWithTag(Buffer, BUG_TAG);
    if (Mdl != NULL) {
        PUCHAR Target = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
        if (Target != NULL) {
            Target[0] = 1;
        }
        IoFreeMdl(Mdl);
    }
}

static VOID WriteBehindMdl(VOID)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, BUFFER_BYTES, BUG_TAG);

    if (Buffer == NULL) {
        return;
    }
    PMDL Mdl = DescribeBuffer(Buffer, BUFFER_BYTES);
    if (Mdl != NULL) {
        PUCHAR Target = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
        if (Target != NULL) {
            Target[MmGetMdlByteCount(Mdl)] = 1;
        }
        IoFreeMdl(Mdl);
    }
    ExFreePoolWithTag(Buffer, BUG_TAG);
}

/* MmBuildMdlForNonPagedPool is not for it: its pages have to be locked. */
static VOID MdlBuiltForPagedPool(VOID)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_PAGED, BUFFER_BYTES, BUG_TAG);

    if (Buffer != NULL) {
        PMDL Mdl = DescribeBuffer(Buffer, BUFFER_BYTES);
        if (Mdl != NULL) {
            IoFreeMdl(Mdl);
        }
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

/* Runs the pages' user with them locked. */
static DECLSPEC_NOINLINE VOID WithLockedPages(VOID (*User)(PMDL Mdl))
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_PAGED, 2 * PAGE_SIZE, BUG_TAG);

    if (Buffer == NULL) {
        return;
    }
    PMDL Mdl = IoAllocateMdl(Buffer, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    if (Mdl != NULL) {
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
        User(Mdl);
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    ExFreePoolWithTag(Buffer, BUG_TAG);
}

static VOID Unlock(PMDL Mdl)
{
    MmUnlockPages(Mdl);
}

static VOID PagesUnlockedTwice(VOID)
{
    WithLockedPages(Unlock);
}

static VOID UseAfterUnmap(PMDL Mdl)
{
    PUCHAR Target =
        MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority | MdlMappingNoExecute);

    if (Target != NULL) {
        MmUnmapLockedPages(Target, Mdl);
        Target[0] = 1;
    }
}

static VOID MappingUsedAfterUnmap(VOID)
{
    WithLockedPages(UseAfterUnmap);
}

static VOID MapAsAlways(PMDL Mdl)
{
    PUCHAR Target = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);

    if (Target != NULL) {
        Target[0] = 1;
    }
}

static VOID ExecutableMapping(VOID)
{
    WithLockedPages(MapAsAlways);
}

static VOID MdlNotChecked(VOID)
{
    for (ULONG Transfer = 0; Transfer < 2; Transfer++) {
        PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, BUFFER_BYTES, BUG_TAG);
        if (Buffer != NULL) {
            PMDL Mdl = DescribeBuffer(Buffer, BUFFER_BYTES);
            Answer = MmGetMdlByteCount(Mdl);
            IoFreeMdl(Mdl);
            ExFreePoolWithTag(Buffer, BUG_TAG);
        }
    }
}

/* The pages stay locked, and the block is freed with them. */
static VOID LockedBlockFreed(VOID)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_PAGED, PAGE_SIZE, BUG_TAG);

    if (Buffer == NULL) {
        return;
    }
    PMDL Mdl = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);
    if (Mdl != NULL) {
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    }
    ExFreePoolWithTag(Buffer, BUG_TAG);
    if (Mdl != NULL) {
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
}

static VOID PagesLeftLocked(VOID)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_PAGED, PAGE_SIZE, BUG_TAG);

    if (Buffer == NULL) {
        return;
    }
    PMDL Mdl = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);
    if (Mdl != NULL) {
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
        Buffer[0] = 1;
        IoFreeMdl(Mdl);
    }
    ExFreePoolWithTag(Buffer, BUG_TAG);
}

const BUG MappingBugs[] = {
    {.Name = "mdl_of_freed_block", .Run = MdlOfFreedBlock},
    {.Name = "write_behind_mdl", .Run = WriteBehindMdl},
    {.Name = "mdl_built_for_paged_pool", .Run = MdlBuiltForPagedPool},
    {.Name = "pages_unlocked_twice", .Run = PagesUnlockedTwice},
    {.Name = "mapping_used_after_unmap", .Run = MappingUsedAfterUnmap},
    {.Name = "executable_mapping", .Run = ExecutableMapping},
    {.Name = "mdl_not_checked", .Run = MdlNotChecked},
    {.Name = "locked_block_freed", .Run = LockedBlockFreed},
    {.Name = "pages_left_locked", .Run = PagesLeftLocked},
    {.Name = NULL},
};
