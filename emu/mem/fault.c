/* fault.c: faults become the bug checks that they are on Windows: executing what is no-execute 0xFC, writing to what is
 * read-only 0xBE, touching what is not there 0x50. An image compiled with other kernel headers faults where it reads or
 * writes the IRQL in the processor's register: it gets the emulated one. */
#include "mem/fault.h"

#include <stdio.h>

#include "core/bugcheck.h"
#include "core/thread.h"
#include "mem/cache.h"
#include "mem/block.h"
#include "mem/mapping.h"
#include "core/hooks.h"
#include "mem/region.h"
#include "mem/wild.h"

/* A page table entry as x64 has it: NX, page frame, dirty, accessed, writable, valid. On x86 the lower half of it. */
static ULONG_PTR MiPteContents(ULONG_PTR Address, HOST_ACCESS Access)
{
    BOOLEAN Writes = Access == HostReadWrite || Access == HostReadWriteExecute;
    BOOLEAN Executes = Access == HostReadExecute || Access == HostReadWriteExecute;

    return (ULONG_PTR)((Executes ? 0 : 1ull << 63) | (Address & 0x000FFFFFFFFFF000) | (Writes ? 0x63 : 0x21));
}

static VOID MiStopOnExecution(const HOST_FAULT *Fault)
{
    CHAR Words[256] = "no live block";
    MI_BLOCK Block;

    if (Fault->Kind == HostFaultExecute) {
        if (MiFindBlockAround(Fault->Address, &Block)) {
            MiDescribeBlock(&Block, Words, sizeof(Words));
        }
        KiStopF(HostFaultCaller(Fault),
                KiBugCheck(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Fault->Address,
                           MiPteContents(Fault->Address, HostReadWrite), 0, 0),
                "An attempt was made to execute no-execute pool at 0x%zx: %s.", (size_t)Fault->Address, Words);
    }
}

static KI_BUGCHECK MiPageFault(const HOST_FAULT *Fault)
{
#if defined(_ARM64_)
    static const ULONG_PTR Operation[] = {0, 1, 8};
#else
    static const ULONG_PTR Operation[] = {0, 2, 0x10};
#endif

    return KiBugCheck(PAGE_FAULT_IN_NONPAGED_AREA, Fault->Address, Operation[Fault->Kind], Fault->Instruction, 0);
}

static const PCSTR MiVerb[] = {"read", "write to", "execute"};

/* Where mapping takes memory, free pool may be given back. */
static VOID MiStopOnAbsence(const HOST_FAULT *Fault)
{
    if (Fault->Kind != HostFaultExecute && HostMapTakesMemory() && KiThread.Inside == 0) {
        KiStopF(HostFaultCaller(Fault), MiPageFault(Fault),
                "An attempt was made to %s 0x%zx: pool that is free, or never was in use.", MiVerb[Fault->Kind],
                (size_t)Fault->Address);
    }
}

static VOID MiStopBehind(const HOST_FAULT *Fault, const MI_EXTENT *Before)
{
    KiStopF(HostFaultCaller(Fault), MiPageFault(Fault),
            "An attempt was made to %s 0x%zx: the page behind %s, whose %zu bytes begin at 0x%zx.", MiVerb[Fault->Kind],
            (size_t)Fault->Address, Before->What,
            (size_t)(Before->Bytes != 0 ? Before->Bytes : Before->Pages << PAGE_SHIFT), (size_t)Before->Base);
}

VOID MiStopInSpace(const HOST_FAULT *Fault, MI_SPACE *Space)
{
    const MI_EXTENT *Extent = MiExtentAt(Space, Fault->Address);
    const MI_EXTENT *Before = Extent == NULL ? MiExtentAt(Space, Fault->Address - PAGE_SIZE) : NULL;
    HOST_ACCESS Access = Extent == NULL ? HostNoAccess : Extent->Access;
    PCSTR What = Extent == NULL ? "a mapping that is gone, or never was" : Extent->What;
    KI_BUGCHECK BugCheck = MiPageFault(Fault);

    if (Before != NULL) {
        MiStopBehind(Fault, Before);
    }
    if (Access != HostNoAccess && Fault->Kind == HostFaultExecute) {
        BugCheck = KiBugCheck(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Fault->Address,
                              MiPteContents(Fault->Address, Access), 0, 0);
    }
    if (Access != HostNoAccess && Fault->Kind == HostFaultWrite) {
        BugCheck =
            KiBugCheck(ATTEMPTED_WRITE_TO_READONLY_MEMORY, Fault->Address, MiPteContents(Fault->Address, Access), 0, 0);
    }
    KiStopF(HostFaultCaller(Fault), BugCheck, "An attempt was made to %s 0x%zx: %s.", MiVerb[Fault->Kind],
            (size_t)Fault->Address, What);
}

BOOLEAN MiOnFault(const HOST_FAULT *Fault)
{
    if (Fault->Kind == HostFaultReadIrql) {
        *Fault->Irql = KiThread.Irql;
        return TRUE;
    }
    if (Fault->Kind == HostFaultWriteIrql) {
        MiSetIrql((KIRQL)*Fault->Irql);
        return TRUE;
    }
    BOOLEAN IsArena = MiIsPoolAddress(Fault->Address);
    const MI_REGION *Region = IsArena ? NULL : MiRegionOf(Fault->Address);
    if (!IsArena && Region == NULL) {
        return MiOnWildFault(Fault);
    }
    if ((IsArena || Region->IsAtHome) && MiWaitForMapping()) {
        return TRUE;
    }
    if (IsArena ? MiArenaOf(Fault->Address) == MiPaged && KiHooks.OnPagedFault(Fault) : Region->OnFault(Fault)) {
        return TRUE;
    }
    if (IsArena) {
        MiStopOnAbsence(Fault);
    }
    MiStopOnExecution(Fault);
    return FALSE;
}
