/* main.c: a driver of two files, built in many ways: RUNTIME_CALL(flags) is what its DriverEntry calls, EARLY_BLOCK and
 * EARLY_LIST what it does before, EXPLICIT_NX and MAPPINGS what it does after. */
#include <ntddk.h>

#include "part.h"

DRIVER_INITIALIZE DriverEntry;

#ifndef RUNTIME_CALL
#define RUNTIME_CALL ((void)0)
#endif

static PVOID Early, Explicit;
static NPAGED_LOOKASIDE_LIST List;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PartFree();
    ExDeleteNPagedLookasideList(&List);
    if (Early != NULL) {
        ExFreePoolWithTag(Early, 'tduA');
    }
    if (Explicit != NULL) {
        ExFreePoolWithTag(Explicit, 'tduA');
    }
}

#ifdef MAPPINGS
/* Where the host shows no pages with other rights than they have, one of the two is NULL. */
static VOID Unmap(PMDL Mdl, PVOID Mapped)
{
    if (Mapped != NULL) {
        MmUnmapLockedPages(Mapped, Mdl);
    }
}

static VOID MapTwice(VOID)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tduA');
    PMDL Mdl = IoAllocateMdl(Block, 100, FALSE, FALSE, NULL);
    ULONG Priority = NormalPagePriority;

    MmBuildMdlForNonPagedPool(Mdl);
    Unmap(Mdl, MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, Priority));
    Unmap(Mdl, MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, Priority | MdlMappingNoExecute));
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, 'tduA');
}
#endif

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
#ifdef EARLY_BLOCK
    Early = ExAllocatePoolWithTag(EARLY_BLOCK, 100, 'tduA');
#endif
#ifdef EARLY_LIST
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, 'tduA', 0);
#endif
    RUNTIME_CALL;
#ifndef EARLY_LIST
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, 'tduA', 0);
#endif
#ifdef EXPLICIT_NX
    Explicit = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tduA');
#endif
#ifdef MAPPINGS
    MapTwice();
#endif
    return PartAllocate(3);
}
