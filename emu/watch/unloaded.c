/* unloaded.c: allocations by drivers that were unloaded, by a thread that they left running say. */
#include "watch/unloaded.h"

#include <stdio.h>

#include "host/host.h"
#include "host/image.h"
#include "core/bugcheck.h"
#include "watch/track.h"

/* Of more than that the last ones. An image that the host has unloaded, too, is forgotten. */
enum {
    VF_UNLOADED_IMAGES = 16,
};

typedef struct VF_UNLOADED {
    ULONG_PTR Start; /* 0: none */
    ULONG_PTR End;
    ULONG64 HostUnloads; /* so many images the host had unloaded */
} VF_UNLOADED;

static HOST_LOCK VfUnloadedLock;
static VF_UNLOADED VfUnloaded[VF_UNLOADED_IMAGES];
static ULONG VfNextUnloaded;
static ULONG_PTR VfUnloadedLow = ~(ULONG_PTR)0, VfUnloadedHigh; /* all that were noted lie between */

VOID VfAcquireUnloaded(VOID)
{
    HostAcquire(&VfUnloadedLock);
}

VOID VfReleaseUnloaded(VOID)
{
    HostRelease(&VfUnloadedLock);
}

static BOOLEAN VfFindDriverImage(PDRIVER_INITIALIZE Entry, HOST_IMAGE *Image)
{
    return HostFindImage((ULONG_PTR)Entry, Image) && !Image->IsProgram;
}

VOID VfNoteUnloadedImage(PDRIVER_INITIALIZE Entry)
{
    HOST_IMAGE Image;

    if (VfIsTracking() && VfFindDriverImage(Entry, &Image)) {
        VfAcquireUnloaded();
        VfUnloaded[VfNextUnloaded] = (VF_UNLOADED){Image.Start, Image.End, HostCountUnloads()};
        VfNextUnloaded = (VfNextUnloaded + 1) % VF_UNLOADED_IMAGES;
        EMU_ATOMIC_STORE(&VfUnloadedLow, min(VfUnloadedLow, Image.Start), EMU_ORDER_RELEASE);
        EMU_ATOMIC_STORE(&VfUnloadedHigh, max(VfUnloadedHigh, Image.End), EMU_ORDER_RELEASE);
        VfReleaseUnloaded();
    }
}

VOID VfNoteLoadedImage(PDRIVER_INITIALIZE Entry)
{
    VfAcquireUnloaded();
    for (ULONG Index = 0; Index < VF_UNLOADED_IMAGES; Index++) {
        if ((ULONG_PTR)Entry >= VfUnloaded[Index].Start && (ULONG_PTR)Entry < VfUnloaded[Index].End) {
            VfUnloaded[Index] = (VF_UNLOADED){0, 0, 0};
        }
    }
    VfReleaseUnloaded();
}

VOID VfForgetUnloadedImages(VOID)
{
    RtlZeroMemory(VfUnloaded, sizeof(VfUnloaded));
    VfUnloadedLow = ~(ULONG_PTR)0;
    VfUnloadedHigh = 0;
}

/* FALSE: that code belongs to no such driver. */
static BOOLEAN VfFindUnloaded(ULONG_PTR Code, VF_UNLOADED *Found)
{
    ULONG64 Unloads = HostCountUnloads();

    Found->Start = 0;
    VfAcquireUnloaded();
    for (ULONG Index = 0; Index < VF_UNLOADED_IMAGES; Index++) {
        VF_UNLOADED *Image = &VfUnloaded[Index];
        if (Code >= Image->Start && Code < Image->End && Image->HostUnloads == Unloads) {
            *Found = *Image;
        }
    }
    VfReleaseUnloaded();
    return Found->Start != 0;
}

typedef struct VF_LEFT {
    VF_UNLOADED Image;
    ULONG64 Blocks;
    ULONG64 Bytes[2]; /* [0] nonpaged, [1] paged */
} VF_LEFT;

static BOOLEAN VfAddLeft(const MI_BLOCK *Block, PVOID Context)
{
    VF_LEFT *Left = Context;
    VF_RECORD Record;

    if (VfFindRecord(Block->Address, &Record) && VfIsStackIn(Record.Allocation, Left->Image.Start, Left->Image.End)) {
        Left->Blocks++;
        Left->Bytes[(Block->PoolType & PagedPool) != 0] += Block->Size;
    }
    return TRUE;
}

VOID VfCheckUnloaded(PCSTR Routine, PVOID Caller)
{
    VF_LEFT Left = {.Blocks = 0};
    ULONG_PTR Code = (ULONG_PTR)Caller - 1;

    if (EMU_LIKELY(Code >= EMU_ATOMIC_LOAD(&VfUnloadedHigh, EMU_ORDER_ACQUIRE) ||
                   Code < EMU_ATOMIC_LOAD(&VfUnloadedLow, EMU_ORDER_ACQUIRE)) ||
        !VfFindUnloaded(Code, &Left.Image)) {
        return;
    }
    if (MiHasArenas()) {
        MiForEachBlock(VfAddLeft, &Left);
    }
    KiStopF(Caller,
            KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_CALLED_WHILE_UNLOADED, (ULONG_PTR)Left.Bytes[1],
                       (ULONG_PTR)Left.Bytes[0], (ULONG_PTR)Left.Blocks),
            "%s was called by a driver that is unloaded", Routine);
}
