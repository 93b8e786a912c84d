/* mdl.c: allocates and frees memory descriptor lists. */
#include <string.h>

#include "nt/ex/pool.h"
#include "core/bugcheck.h"
#include "mem/block.h"
#include "poolemu.h"
#include "core/windows.h"
#include "watch/irqllimit.h"
#include "watch/misuse.h"

enum {
    IOP_MDL_TAG = ' ldM',
};

static POOL_TYPE IopMdlPoolType(VOID)
{
    return KiHasNxPool() ? NonPagedPoolNx : NonPagedPoolExecute;
}

static VOID IopLinkMdl(PIRP Irp, PMDL Mdl, BOOLEAN SecondaryBuffer)
{
    PMDL *Link = &Irp->MdlAddress;

    if (SecondaryBuffer) {
        while (*Link != NULL) {
            Link = &(*Link)->Next;
        }
    }

    *Link = Mdl;
}

/* The largest buffer that an MDL of this Windows describes, in bytes. */
static ULONG IopLongestMdl(VOID)
{
    if (KiIsAtLeast(6, 1, 0)) {
        return 0u - PAGE_SIZE; /* 4 GiB but for a page */
    }
    return KiIsAtLeast(6, 0, 0) ? 0x80000000u - PAGE_SIZE
                                : (ULONG)(PAGE_SIZE * (65535 - sizeof(MDL)) / sizeof(ULONG_PTR));
}

/* ChargeQuota is reserved for the system; nothing is charged. */
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    SIZE_T Bytes = sizeof(MDL) + Pages * sizeof(PFN_NUMBER);
    PMDL Mdl;

    UNREFERENCED_PARAMETER(ChargeQuota);

    if (Length > IopLongestMdl()) {
        return NULL;
    }
    Mdl = ExpAllocateAs("IoAllocateMdl", IopMdlPoolType(), Bytes, IOP_MDL_TAG, EMU_RETURN_ADDRESS());
    if (Mdl == NULL) {
        return NULL;
    }

    if (VfIsOn()) {
        KiAddObject(KiNewObject(KiObjectMdl, Mdl, Bytes, EMU_RETURN_ADDRESS(), sizeof(KI_OBJECT)));
    }
    memset(Mdl, 0, Bytes);
    Mdl->Size = (CSHORT)Bytes;
    Mdl->StartVa = PAGE_ALIGN(VirtualAddress);
    Mdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    Mdl->ByteCount = Length;
    if (Irp != NULL) {
        IopLinkMdl(Irp, Mdl, SecondaryBuffer);
    }

    return Mdl;
}

/* What of the source's state holds for a part of it, too. */
enum {
    IOP_INHERITED_FLAGS = MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ | MDL_IO_SPACE,
};

/* The pages that an MDL has room for. Size has 16 bits, too few for a long MDL of IoAllocateMdl: its block tells. */
static SIZE_T IopRoomOf(PMDL Mdl)
{
    MI_BLOCK Block;
    BOOLEAN IsOurs = MiFindBlock(Mdl, &Block) == MiFoundLive && Block.Tag == IOP_MDL_TAG;

    return ((IsOurs ? Block.Size : (SIZE_T)(USHORT)Mdl->Size) - sizeof(MDL)) / sizeof(PFN_NUMBER);
}

VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    VfCheckLimit(KiExportIoBuildPartialMdl, EMU_RETURN_ADDRESS());
    ULONG_PTR Offset = (ULONG_PTR)VirtualAddress - (ULONG_PTR)MmGetMdlVirtualAddress(SourceMdl);
    ULONG Bytes = Length == 0 ? SourceMdl->ByteCount - (ULONG)Offset : Length;
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Bytes);

    if (Offset > SourceMdl->ByteCount || Bytes > SourceMdl->ByteCount - Offset || Pages > IopRoomOf(TargetMdl)) {
        KiStopF(NULL, KiBugCheck(TARGET_MDL_TOO_SMALL, 0, 0, 0, 0),
                "IoBuildPartialMdl: the part lies outside the source, or the target MDL has too few pages");
    }
    PUCHAR Mapped = (PUCHAR)SourceMdl->MappedSystemVa + Offset;
    SIZE_T First = ((ULONG_PTR)VirtualAddress - (ULONG_PTR)SourceMdl->StartVa) >> PAGE_SHIFT;
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
    TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    TargetMdl->ByteCount = Bytes;
    TargetMdl->MdlFlags = (CSHORT)((TargetMdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE) | MDL_PARTIAL |
                                   (SourceMdl->MdlFlags & IOP_INHERITED_FLAGS));
    if ((TargetMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA)) != 0) {
        TargetMdl->MappedSystemVa = Mapped;
    }
    memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + First, Pages * sizeof(PFN_NUMBER));
}

VOID IoFreeMdl(PMDL Mdl)
{
    if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }

    if ((Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL)) == MDL_MAPPED_TO_SYSTEM_VA && VfIsOn() &&
        KiIsAtLeast(6, 0, 0)) {
        KiStopF(EMU_RETURN_ADDRESS(),
                KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_FREED_WHILE_MAPPED, (ULONG_PTR)Mdl,
                           (ULONG_PTR)(USHORT)Mdl->MdlFlags, 0),
                "IoFreeMdl for the MDL at %p, whose pages are still mapped", (PVOID)Mdl);
    }
    VfNoteReleased(KiObjectMdl, Mdl);
    ExFreePoolWithTag(Mdl, IOP_MDL_TAG);
}
