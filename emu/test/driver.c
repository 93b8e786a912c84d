/* driver.c: loads and unloads drivers and finds the blocks that they leave behind. What belongs to a driver object
 * comes from the C library and not from the pool, so that the pool shows the driver's blocks only. */
#include "test/driver.h"

#include <stdlib.h>
#include <string.h>

#include "watch/caller.h"
#include "nt/ex/lookaside.h"
#include "host/host.h"
#include "host/image.h"
#include "test/leak.h"
#include "core/bugcheck.h"
#include "core/export.h"
#include "core/thread.h"
#include "nt/ke/timer.h"
#include "core/violation.h"
#include "mem/arena.h"
#include "mem/block.h"
#include "nt/rtl/version.h"
#include "watch/locked.h"
#include "watch/track.h"
#include "watch/unloaded.h"
#include "watch/verifier.h"

/* Addresses in ascending order, once sorted. */
typedef struct IOP_ADDRESSES {
    PVOID *Address;
    SIZE_T Count;
    SIZE_T Capacity;
} IOP_ADDRESSES;

/* Before holds the blocks that have been live all the time since the load, as far as the marks do not tell. */
typedef struct IOP_DRIVER {
    DRIVER_OBJECT Object;
    DRIVER_EXTENSION Extension;
    UNICODE_STRING RegistryPath;
    CHAR Name[64];
    IOP_ADDRESSES Before;
    ULONG64 ListsBefore;  /* so many lookaside lists had been initialized, */
    ULONG64 TimersBefore; /* timers been set, */
    ULONG64 LockedBefore; /* and MDLs been locked */
    struct IOP_DRIVER *Next;
} IOP_DRIVER;

static HOST_LOCK IopLock;
static IOP_DRIVER *IopDrivers;
static BOOLEAN IopStopOnLeaks;

static IOP_ADDRESSES IopLeaks;
static ULONG IopLeakCount;
static CHAR IopLeakingDriver[sizeof(((IOP_DRIVER *)0)->Name)];

/* ---- Sets of addresses ---------------------------------------------------------------------------------------- */

static VOID IopAddAddress(IOP_ADDRESSES *Addresses, PVOID Address)
{
    if (Addresses->Count == Addresses->Capacity) {
        SIZE_T Capacity = Addresses->Capacity == 0 ? 64 : 2 * Addresses->Capacity;
        PVOID *Larger = realloc(Addresses->Address, Capacity * sizeof(PVOID));

        if (Larger == NULL) {
            HostWriteError("poolemu: no memory for the list of a driver's blocks.\n");
            HostAbort();
        }
        Addresses->Address = Larger;
        Addresses->Capacity = Capacity;
    }

    Addresses->Address[Addresses->Count++] = Address;
}

static VOID IopFreeAddresses(IOP_ADDRESSES *Addresses)
{
    free(Addresses->Address);
    memset(Addresses, 0, sizeof(*Addresses));
}

static int IopCompareAddresses(const void *Left, const void *Right)
{
    ULONG_PTR LeftAddress = (ULONG_PTR) * (const PVOID *)Left;
    ULONG_PTR RightAddress = (ULONG_PTR) * (const PVOID *)Right;

    return (LeftAddress > RightAddress) - (LeftAddress < RightAddress);
}

static VOID IopSortAddresses(IOP_ADDRESSES *Addresses)
{
    if (Addresses->Count != 0) {
        qsort(Addresses->Address, Addresses->Count, sizeof(PVOID), IopCompareAddresses);
    }
}

static BOOLEAN IopHasAddress(const IOP_ADDRESSES *Addresses, PVOID Address)
{
    return Addresses->Count != 0 &&
           bsearch(&Address, Addresses->Address, Addresses->Count, sizeof(PVOID), IopCompareAddresses) != NULL;
}

/* Both are sorted, and so is the result: what Addresses has and Others has, or has not. */
static VOID IopFilterAddresses(IOP_ADDRESSES *Addresses, const IOP_ADDRESSES *Others, BOOLEAN Keep)
{
    SIZE_T Kept = 0;

    for (SIZE_T Index = 0; Index < Addresses->Count; Index++) {
        if (IopHasAddress(Others, Addresses->Address[Index]) == Keep) {
            Addresses->Address[Kept++] = Addresses->Address[Index];
        }
    }

    Addresses->Count = Kept;
}

/* ---- Who was there before ------------------------------------------------------------------------------------- */

typedef struct IOP_LIVE {
    IOP_ADDRESSES Marked;
    IOP_ADDRESSES Unmarked;
} IOP_LIVE;

static BOOLEAN IopCollectBlock(const MI_BLOCK *Block, PVOID Context)
{
    IOP_LIVE *Live = Context;

    IopAddAddress(Block->Marked ? &Live->Marked : &Live->Unmarked, Block->Address);
    return TRUE;
}

static VOID IopCollectBlocks(IOP_LIVE *Live)
{
    memset(Live, 0, sizeof(*Live));
    MiForEachBlock(IopCollectBlock, Live);
    IopSortAddresses(&Live->Marked);
    IopSortAddresses(&Live->Unmarked);
}

static VOID IopFreeLive(IOP_LIVE *Live)
{
    IopFreeAddresses(&Live->Marked);
    IopFreeAddresses(&Live->Unmarked);
}

/* A mark says that a block was live when the marks were set last and has not been freed since. Before they are set
 * anew, what they say now goes into every set of addresses that relies on them. */
static VOID IopMarkBlocks(const IOP_LIVE *Live)
{
    for (IOP_DRIVER *Driver = IopDrivers; Driver != NULL; Driver = Driver->Next) {
        IopFilterAddresses(&Driver->Before, &Live->Unmarked, FALSE);
    }
    IopFilterAddresses(&IopLeaks, &Live->Marked, TRUE);
    MiMarkAllBlocks();
}

/* ---- Driver objects ------------------------------------------------------------------------------------------- */

static NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* The characters of Prefix and Name, one WCHAR each, with a null character behind them that is not counted. */
static BOOLEAN IopMakeString(PUNICODE_STRING String, PCSTR Prefix, PCSTR Name)
{
    SIZE_T PrefixLength = strlen(Prefix);
    SIZE_T Length = PrefixLength + strlen(Name);
    PWCH Buffer = calloc(Length + 1, sizeof(WCHAR));

    if (Buffer == NULL) {
        return FALSE;
    }

    for (SIZE_T Index = 0; Index < Length; Index++) {
        Buffer[Index] = (UCHAR)(Index < PrefixLength ? Prefix[Index] : Name[Index - PrefixLength]);
    }

    String->Buffer = Buffer;
    String->Length = (USHORT)(Length * sizeof(WCHAR));
    String->MaximumLength = (USHORT)((Length + 1) * sizeof(WCHAR));
    return TRUE;
}

static VOID IopDeleteDriver(IOP_DRIVER *Driver)
{
    IopFreeAddresses(&Driver->Before);
    free(Driver->Object.DriverName.Buffer);
    free(Driver->Extension.ServiceKeyName.Buffer);
    free(Driver->RegistryPath.Buffer);
    free(Driver);
}

static IOP_DRIVER *IopCreateDriver(PDRIVER_INITIALIZE Entry, PCSTR Name)
{
    IOP_DRIVER *Driver = calloc(1, sizeof(IOP_DRIVER));

    if (Driver == NULL) {
        return NULL;
    }

    snprintf(Driver->Name, sizeof(Driver->Name), "%s", Name);
    if (!IopMakeString(&Driver->Object.DriverName, "\\Driver\\", Name) ||
        !IopMakeString(&Driver->Extension.ServiceKeyName, "", Name) ||
        !IopMakeString(&Driver->RegistryPath, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\", Name)) {
        IopDeleteDriver(Driver);
        return NULL;
    }

    Driver->Object.Type = IO_TYPE_DRIVER;
    Driver->Object.Size = sizeof(DRIVER_OBJECT);
    Driver->Object.DriverExtension = &Driver->Extension;
    Driver->Object.DriverInit = Entry;
    Driver->Extension.DriverObject = &Driver->Object;
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function++) {
        Driver->Object.MajorFunction[Function] = IopInvalidDeviceRequest;
    }

    return Driver;
}

static VOID IopInsertDriver(IOP_DRIVER *Driver)
{
    IOP_LIVE Live;

    HostAcquireFloor(HostForkIo, &IopLock);
    IopCollectBlocks(&Live);
    IopMarkBlocks(&Live);
    for (SIZE_T Index = 0; Index < Live.Marked.Count; Index++) {
        IopAddAddress(&Driver->Before, Live.Marked.Address[Index]);
    }
    for (SIZE_T Index = 0; Index < Live.Unmarked.Count; Index++) {
        IopAddAddress(&Driver->Before, Live.Unmarked.Address[Index]);
    }
    IopSortAddresses(&Driver->Before);
    Driver->ListsBefore = ExpCountLists();
    Driver->LockedBefore = VfCountLocked();
    Driver->TimersBefore = KiCountTimers();
    Driver->Next = IopDrivers;
    IopDrivers = Driver;
    HostRelease(&IopLock);
    IopFreeLive(&Live);
}

static IOP_DRIVER *IopFindDriver(PDRIVER_OBJECT Object)
{
    IOP_DRIVER *Driver;

    HostAcquireFloor(HostForkIo, &IopLock);
    Driver = IopDrivers;
    while (Driver != NULL && &Driver->Object != Object) {
        Driver = Driver->Next;
    }
    HostRelease(&IopLock);

    return Driver;
}

/* With tracking, what other images allocated meanwhile is not the driver's; nor what other threads have just freed. */
static VOID IopFilterLeaks(const IOP_DRIVER *Driver)
{
    HOST_IMAGE Image;
    VF_RECORD Record;
    MI_BLOCK Block;
    SIZE_T Kept = 0;

    if (!VfIsTracking() || !HostFindImage((ULONG_PTR)Driver->Object.DriverInit, &Image)) {
        return;
    }
    for (SIZE_T Index = 0; Index < IopLeaks.Count; Index++) {
        VfFindRecord(IopLeaks.Address[Index], &Record);
        if (VfIsStackIn(Record.Allocation, Image.Start, Image.End) &&
            MiFindBlock(IopLeaks.Address[Index], &Block) == MiFoundLive) {
            IopLeaks.Address[Kept++] = IopLeaks.Address[Index];
        }
    }
    IopLeaks.Count = Kept;
}

static VOID IopListLeakSites(VOID)
{
    MI_BLOCK Block;

    IopForgetLeakSites();
    for (SIZE_T Index = 0; VfIsTracking() && Index < IopLeaks.Count; Index++) {
        if (MiFindBlock(IopLeaks.Address[Index], &Block) == MiFoundLive) {
            IopAddLeak(&Block);
        }
    }
    IopSortLeakSites();
}

/* Takes the driver from the list and finds what it leaves behind: all that was not there the whole time. */
static VOID IopRemoveDriver(IOP_DRIVER *Driver)
{
    IOP_DRIVER **Link = &IopDrivers;
    IOP_LIVE Live;

    HostAcquireFloor(HostForkIo, &IopLock);
    while (*Link != Driver) {
        Link = &(*Link)->Next;
    }
    *Link = Driver->Next;

    IopFreeAddresses(&IopLeaks);
    IopCollectBlocks(&Live);
    IopMarkBlocks(&Live);
    for (SIZE_T Index = 0; Index < Live.Unmarked.Count; Index++) {
        IopAddAddress(&IopLeaks, Live.Unmarked.Address[Index]);
    }
    for (SIZE_T Index = 0; Index < Live.Marked.Count; Index++) {
        if (!IopHasAddress(&Driver->Before, Live.Marked.Address[Index])) {
            IopAddAddress(&IopLeaks, Live.Marked.Address[Index]);
        }
    }
    IopSortAddresses(&IopLeaks);
    IopFilterLeaks(Driver);
    IopLeakCount = (ULONG)IopLeaks.Count;
    IopListLeakSites();
    HostRelease(&IopLock);
    IopFreeLive(&Live);
}

/* ---- Leaks ---------------------------------------------------------------------------------------------------- */

/* The blocks themselves, where nobody knows who allocated them. */
static VOID IopDescribeLeaks(PSTR Text, SIZE_T Bytes)
{
    enum {
        BLOCKS_SHOWN = 8
    };
    SIZE_T Shown = min(IopLeaks.Count, BLOCKS_SHOWN);
    CHAR Words[96];
    SIZE_T Length = 0;
    MI_BLOCK Block;

    for (SIZE_T Index = 0; Index < Shown; Index++) {
        if (MiFindBlock(IopLeaks.Address[Index], &Block) == MiFoundLive) {
            MiDescribeBlock(&Block, Words, sizeof(Words));
            Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "\n        %s", Words);
        }
    }
    if (IopLeaks.Count > Shown) {
        snprintf(Text + Length, Bytes - Length, "\n        and %llu more", (ULONGLONG)(IopLeaks.Count - Shown));
    }
}

/* Driver Verifier of Windows 2000 has another row for it. */
static DECLSPEC_NORETURN VOID IopStopForLeaks(VOID)
{
    CHAR Text[sizeof(((EMU_BUGCHECK *)0)->Text)];
    SIZE_T Length = (SIZE_T)snprintf(Text, sizeof(Text), "driver %s has not freed %u %s:", IopLeakingDriver,
                                     IopLeakCount, IopLeakCount == 1 ? "block" : "blocks");

    if (!VfIsTracking()) {
        IopDescribeLeaks(Text + Length, sizeof(Text) - Length);
    } else {
        IopDescribeLeakSites(Text + Length, sizeof(Text) - Length);
        if (!RtlpIsAtLeast(5, 1, 0)) {
            IOP_LEAK_TOTAL Total = IopLeakTotal();
            KiStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x60, (ULONG_PTR)Total.Bytes[1], (ULONG_PTR)Total.Bytes[0],
                   IopLeakCount, Text);
        }
    }
    KiStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, (ULONG_PTR)IopLeakingDriver, 0, IopLeakCount, Text);
}

/* The page of this stop has 0 for timers, no first parameter for lists, and 6 is the first that it does not use. The
 * range is that of the block or image that the object lies in. */
static DECLSPEC_NORETURN VOID IopStopForObject(ULONG_PTR Kind, const VOID *Object, PCSTR What)
{
    CHAR Text[192];
    ULONG_PTR Start = 0, End = 0;
    HOST_IMAGE Image;
    MI_BLOCK Block;

    if (MiFindBlockAround((ULONG_PTR)Object, &Block)) {
        Start = (ULONG_PTR)Block.Address;
        End = Start + Block.Size;
    } else if (HostFindImage((ULONG_PTR)Object, &Image)) {
        Start = Image.Start;
        End = Image.End;
    }
    snprintf(Text, sizeof(Text), "driver %s has not %s at %p", IopLeakingDriver, What, Object);
    KiStop(TIMER_OR_DPC_INVALID, Kind, (ULONG_PTR)Object, Start, End, Text);
}

/* What the driver has locked and not unlocked; NULL: nothing. Driver Verifier of Windows looks since Vista. */
static const VF_LOCKED *IopFindLeftLocked(const IOP_DRIVER *Driver)
{
    HOST_IMAGE Image;

    return VfIsTracking() && RtlpIsAtLeast(6, 0, 0) && HostFindImage((ULONG_PTR)Driver->Object.DriverInit, &Image)
               ? VfFindLocked(Driver->LockedBefore, Image.Start, Image.End)
               : NULL;
}

static DECLSPEC_NORETURN VOID IopStopForLocked(const VF_LOCKED *Locked)
{
    CHAR Text[1024], Call[448] = "code that locked them before tracking went on";
    ULONG_PTR Pages = (Locked->End - Locked->Start) >> PAGE_SHIFT;
    EMU_STACK Stack = VfStackOf(Locked->Stack);

    if (Stack.Count != 0) {
        VfDescribeCall(Stack.Frames[0], Call, sizeof(Call));
    }
    snprintf(Text, sizeof(Text), "driver %s has not unlocked %llu %s of the MDL at %p, locked by %s", IopLeakingDriver,
             (ULONGLONG)Pages, Pages == 1 ? "page" : "pages", (PVOID)Locked->Mdl, Call);
    KiStop(DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, (ULONG_PTR)Locked, 0, (ULONG_PTR)Locked->Mdl, Pages, Text);
}

static VOID IopForgetDriver(IOP_DRIVER *Driver)
{
    IopRemoveDriver(Driver);
    VfNoteUnloadedImage(Driver->Object.DriverInit);
    snprintf(IopLeakingDriver, sizeof(IopLeakingDriver), "%s", Driver->Name);
    const VOID *Timer = VfIsOn() ? KiFindTimerSince(Driver->TimersBefore) : NULL;
    const VOID *List = VfIsOn() ? ExpFindListSince(Driver->ListsBefore) : NULL;
    const VF_LOCKED *Locked = IopFindLeftLocked(Driver);
    IopDeleteDriver(Driver);

    if (Timer != NULL) {
        IopStopForObject(0, Timer, "cancelled the timer");
    }
    if (List != NULL) {
        IopStopForObject(6, List, "deleted the lookaside list");
    }
    if (Locked != NULL) { /* before its MDL, which is left, too, most often */
        IopStopForLocked(Locked);
    }
    if (IopLeakCount != 0 && (IopStopOnLeaks || VfIsTracking())) {
        IopStopForLeaks();
    }
}

ULONG EmuLeakCount(VOID)
{
    return IopLeakCount;
}

VOID EmuStopOnLeaks(BOOLEAN Enable)
{
    IopStopOnLeaks = Enable;
}

/* The blocks' lock is not held while the test's callback runs. */
VOID EmuForEachLeak(EMU_BLOCK_CALLBACK *Callback, PVOID Context)
{
    IOP_ADDRESSES Leaks = {0};
    IOP_LIVE Live;
    EMU_BLOCK Block;

    HostAcquireFloor(HostForkIo, &IopLock);
    IopCollectBlocks(&Live);
    for (SIZE_T Index = 0; Index < Live.Marked.Count; Index++) {
        if (IopHasAddress(&IopLeaks, Live.Marked.Address[Index])) {
            IopAddAddress(&Leaks, Live.Marked.Address[Index]);
        }
    }
    HostRelease(&IopLock);
    IopFreeLive(&Live);

    for (SIZE_T Index = 0; Index < Leaks.Count; Index++) {
        if (EmuQueryBlock(Leaks.Address[Index], &Block) && !Callback(&Block, Context)) {
            break;
        }
    }
    IopFreeAddresses(&Leaks);
}

/* ---- Loading and unloading ------------------------------------------------------------------------------------ */

/* Those of a driver's imports that the emulated Windows lacks: as much of the list as fits. */
typedef struct IOP_MISSING {
    CHAR Text[384];
    SIZE_T Length;
} IOP_MISSING;

static VOID IopCheckImport(PCSTR Name, PVOID Context)
{
    IOP_MISSING *Missing = Context;
    KI_EXPORT Export = KiFindExport(Name);

    if (Export != KiExportCount && !KiIsExported(Export) && Missing->Length < sizeof(Missing->Text)) {
        Missing->Length +=
            (SIZE_T)snprintf(Missing->Text + Missing->Length, sizeof(Missing->Text) - Missing->Length, "%s%s (%s)",
                             Missing->Length == 0 ? "" : ", ", Name, KiExportSince(Export)->Title);
    }
}

/* Windows resolves a driver's imports before it calls DriverEntry. Here the dynamic loader has done that already, so
 * what is left is to see whether the emulated Windows has them. A driver that is part of the program has none. */
static BOOLEAN IopHasItsImports(PDRIVER_INITIALIZE Entry, PCSTR Name)
{
    HOST_IMAGE Image;
    IOP_MISSING Missing = {.Length = 0};

    if (KiAreMissingExportsAllowed() || !HostFindImage((ULONG_PTR)Entry, &Image) || Image.IsProgram) {
        return TRUE;
    }
    HostForEachImport((ULONG_PTR)Entry, IopCheckImport, &Missing);
    if (Missing.Length != 0) {
        /* As for a return address, what counts is the byte before. */
        KiRecordViolation(EmuViolationMissingImport, (PVOID)((ULONG_PTR)Entry + 1),
                          "driver %s does not load on %s, as it imports %s", Name, EmuWindows()->Title, Missing.Text);
    }
    return Missing.Length == 0;
}

/* A driver that comes back with another IRQL has kept a spin lock or forgotten KeLowerIrql. */
static VOID IopCheckIrql(PCSTR Routine, PCSTR Name)
{
    KIRQL Irql = KiThread.Irql;
    CHAR Text[160];

    if (Irql != PASSIVE_LEVEL) {
        snprintf(Text, sizeof(Text), "%s of driver %s was called at PASSIVE_LEVEL and returned at IRQL %u", Routine,
                 Name, Irql);
        KiStop(IRQL_UNEXPECTED_VALUE, ((ULONG_PTR)Irql << 16) | (PASSIVE_LEVEL << 8), 0, 0, 0, Text);
    }
}

/* The registry path is gone when DriverEntry has returned, as on Windows: a driver that needs it copies it. */
static NTSTATUS IopCallEntry(IOP_DRIVER *Driver)
{
    NTSTATUS Status = Driver->Object.DriverInit(&Driver->Object, &Driver->RegistryPath);

    free(Driver->RegistryPath.Buffer);
    memset(&Driver->RegistryPath, 0, sizeof(Driver->RegistryPath));
    return Status;
}

NTSTATUS EmuLoadDriver(PDRIVER_INITIALIZE Entry, PCSTR Name, PDRIVER_OBJECT *Driver)
{
    KIRQL Irql = KiThread.Irql;
    IOP_DRIVER *Loaded;
    NTSTATUS Status;

    *Driver = NULL;
    if (Entry == NULL || Name == NULL || *Name == 0 || strlen(Name) >= sizeof(Loaded->Name)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!IopHasItsImports(Entry, Name)) {
        return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }

    Loaded = IopCreateDriver(Entry, Name);
    if (Loaded == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    VfReadFlags(); /* this driver may not come to what reads POOLEMU_VERIFIER else */
    VfNoteLoad();
    VfNoteLoadedImage(Entry);
    IopInsertDriver(Loaded);
    MiInitializeArenas(); /* a driver may ask for its IRQL before it allocates, which may take the fault handler */
    KiSetIrql(PASSIVE_LEVEL);
    ExpBeginLoad(Entry);
    Status = IopCallEntry(Loaded);
    ExpEndLoad();
    IopCheckIrql("DriverEntry", Loaded->Name);
    KiSetIrql(Irql);

    if (!NT_SUCCESS(Status)) {
        IopForgetDriver(Loaded);
        return Status;
    }

    *Driver = &Loaded->Object;
    return Status;
}

NTSTATUS EmuUnloadDriver(PDRIVER_OBJECT Driver)
{
    KIRQL Irql = KiThread.Irql;
    IOP_DRIVER *Loaded = IopFindDriver(Driver);

    if (Loaded == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Driver->DriverUnload == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    KiSetIrql(PASSIVE_LEVEL);
    Driver->DriverUnload(Driver);
    IopCheckIrql("DriverUnload", Loaded->Name);
    KiSetIrql(Irql);

    IopForgetDriver(Loaded);
    return STATUS_SUCCESS;
}

VOID IopReset(VOID)
{
    while (IopDrivers != NULL) {
        IOP_DRIVER *Driver = IopDrivers;

        IopDrivers = Driver->Next;
        IopDeleteDriver(Driver);
    }

    IopFreeAddresses(&IopLeaks);
    IopForgetLeakSites();
    IopLeakCount = 0;
    IopStopOnLeaks = FALSE;
}
