/* mdl.c: allocates and frees memory descriptor lists. */
#include <string.h>

#include "poolemu.h"
#include "rtl/version.h"

enum {
    IOP_MDL_TAG = ' ldM',
};

static POOL_TYPE IopMdlPoolType(VOID)
{
    return RtlpHasNxPool() ? NonPagedPoolNx : NonPagedPoolExecute;
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

/* ChargeQuota is reserved for the system; nothing is charged. */
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    SIZE_T Bytes = sizeof(MDL) + Pages * sizeof(PFN_NUMBER);
    PMDL Mdl;

    UNREFERENCED_PARAMETER(ChargeQuota);

    Mdl = ExAllocatePoolWithTag(IopMdlPoolType(), Bytes, IOP_MDL_TAG);
    if (Mdl == NULL) {
        return NULL;
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

VOID IoFreeMdl(PMDL Mdl)
{
    if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }

    ExFreePoolWithTag(Mdl, IOP_MDL_TAG);
}
