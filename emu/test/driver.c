/* driver.c: loads and unloads drivers and finds the blocks that they leave behind. What belongs to a driver object
 * comes from the C library and not from the pool, so that the pool shows the driver's blocks only. */
#include "test/driver.h"

#include <stdlib.h>
#include <string.h>

#include "watch/caller.h"
#include "host/code.h"
#include "host/host.h"
#include "host/image.h"
#include "host/text.h"
#include "test/leak.h"
#include "test/query.h"
#include "core/bugcheck.h"
#include "core/export.h"
#include "core/object.h"
#include "core/thread.h"
#include "mem/cache.h"
#include "core/violation.h"
#include "mem/arena.h"
#include "mem/block.h"
#include "core/windows.h"
#include "core/start.h"
#include "watch/locked.h"
#include "nt/ps/process.h"
#include "watch/track.h"
#include "watch/unloaded.h"
#include "watch/verifier.h"

/* Addresses in ascending order, once sorted. */
typedef struct EMUP_ADDRESSES {
    PVOID *Address;
    SIZE_T Count;
    SIZE_T Capacity;
} EMUP_ADDRESSES;

/* Before holds the blocks that have been live all the time since the load, as far as the marks do not tell. */
typedef struct EMUP_DRIVER {
    DRIVER_OBJECT Object;
    DRIVER_EXTENSION Extension;
    UNICODE_STRING RegistryPath;
    CHAR Name[64];
    EMUP_ADDRESSES Before;
    ULONG64 BornBefore;  /* so many objects had come into use */
    PSP_CHARGED Charged; /* so much quota was charged */
    struct EMUP_DRIVER *Next;
} EMUP_DRIVER;

static HOST_LOCK EmupLock;
static EMUP_DRIVER *EmupDrivers;
static BOOLEAN EmupStopOnLeaks;

static EMUP_ADDRESSES EmupLeaks;
static ULONG EmupLeakCount;
static CHAR EmupLeakingDriver[sizeof(((EMUP_DRIVER *)0)->Name)];

VOID EmupAcquireDrivers(VOID)
{
    HostAcquire(&EmupLock);
}

VOID EmupReleaseDrivers(VOID)
{
    HostRelease(&EmupLock);
}

/* ---- Sets of addresses ---------------------------------------------------------------------------------------- */

static VOID EmupAddAddress(EMUP_ADDRESSES *Addresses, PVOID Address)
{
    if (Addresses->Count == Addresses->Capacity) {
        SIZE_T Capacity = Addresses->Capacity == 0 ? 64 : 2 * Addresses->Capacity;
        PVOID *Larger = realloc(Addresses->Address, Capacity * sizeof(PVOID));

        if (Larger == NULL) {
            HostFatal("no memory for the list of a driver's blocks.");
        }
        Addresses->Address = Larger;
        Addresses->Capacity = Capacity;
    }

    Addresses->Address[Addresses->Count++] = Address;
}

static VOID EmupFreeAddresses(EMUP_ADDRESSES *Addresses)
{
    free(Addresses->Address);
    memset(Addresses, 0, sizeof(*Addresses));
}

static int EmupCompareAddresses(const void *Left, const void *Right)
{
    ULONG_PTR LeftAddress = (ULONG_PTR) * (const PVOID *)Left;
    ULONG_PTR RightAddress = (ULONG_PTR) * (const PVOID *)Right;

    return (LeftAddress > RightAddress) - (LeftAddress < RightAddress);
}

static VOID EmupSortAddresses(EMUP_ADDRESSES *Addresses)
{
    if (Addresses->Count != 0) {
        qsort(Addresses->Address, Addresses->Count, sizeof(PVOID), EmupCompareAddresses);
    }
}

static BOOLEAN EmupHasAddress(const EMUP_ADDRESSES *Addresses, PVOID Address)
{
    return Addresses->Count != 0 &&
           bsearch(&Address, Addresses->Address, Addresses->Count, sizeof(PVOID), EmupCompareAddresses) != NULL;
}

/* Both are sorted, and so is the result: what Addresses has and Others has, or has not. */
static VOID EmupFilterAddresses(EMUP_ADDRESSES *Addresses, const EMUP_ADDRESSES *Others, BOOLEAN Keep)
{
    SIZE_T Kept = 0;

    for (SIZE_T Index = 0; Index < Addresses->Count; Index++) {
        if (EmupHasAddress(Others, Addresses->Address[Index]) == Keep) {
            Addresses->Address[Kept++] = Addresses->Address[Index];
        }
    }

    Addresses->Count = Kept;
}

/* ---- Who was there before ------------------------------------------------------------------------------------- */

typedef struct EMUP_LIVE {
    EMUP_ADDRESSES Marked;
    EMUP_ADDRESSES Unmarked;
} EMUP_LIVE;

static BOOLEAN EmupCollectBlock(const MI_BLOCK *Block, PVOID Context)
{
    EMUP_LIVE *Live = Context;

    EmupAddAddress(Block->Marked ? &Live->Marked : &Live->Unmarked, Block->Address);
    return TRUE;
}

static VOID EmupCollectBlocks(EMUP_LIVE *Live)
{
    memset(Live, 0, sizeof(*Live));
    MiForEachBlock(EmupCollectBlock, Live);
    EmupSortAddresses(&Live->Marked);
    EmupSortAddresses(&Live->Unmarked);
}

static VOID EmupFreeLive(EMUP_LIVE *Live)
{
    EmupFreeAddresses(&Live->Marked);
    EmupFreeAddresses(&Live->Unmarked);
}

/* A mark says that a block was live when the marks were set last and has not been freed since. Before they are set
 * anew, what they say now goes into every set of addresses that relies on them. */
static VOID EmupMarkBlocks(const EMUP_LIVE *Live)
{
    for (EMUP_DRIVER *Driver = EmupDrivers; Driver != NULL; Driver = Driver->Next) {
        EmupFilterAddresses(&Driver->Before, &Live->Unmarked, FALSE);
    }
    EmupFilterAddresses(&EmupLeaks, &Live->Marked, TRUE);
    MiMarkAllBlocks();
}

/* ---- Driver objects ------------------------------------------------------------------------------------------- */

static NTSTATUS NTAPI EmupInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* The characters of Prefix and Name, one WCHAR each, with a null character behind them that is not counted. */
static BOOLEAN EmupMakeString(PUNICODE_STRING String, PCSTR Prefix, PCSTR Name)
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

static VOID EmupDeleteDriver(EMUP_DRIVER *Driver)
{
    EmupFreeAddresses(&Driver->Before);
    free(Driver->Object.DriverName.Buffer);
    free(Driver->Extension.ServiceKeyName.Buffer);
    free(Driver->RegistryPath.Buffer);
    free(Driver);
}

static EMUP_DRIVER *EmupCreateDriver(PDRIVER_INITIALIZE Entry, PCSTR Name)
{
    EMUP_DRIVER *Driver = calloc(1, sizeof(EMUP_DRIVER));

    if (Driver == NULL) {
        return NULL;
    }

    snprintf(Driver->Name, sizeof(Driver->Name), "%s", Name);
    HostMakePrintable(Driver->Name, FALSE); /* it is for messages; the object has the name as it is */
    if (!EmupMakeString(&Driver->Object.DriverName, "\\Driver\\", Name) ||
        !EmupMakeString(&Driver->Extension.ServiceKeyName, "", Name) ||
        !EmupMakeString(&Driver->RegistryPath, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\", Name)) {
        EmupDeleteDriver(Driver);
        return NULL;
    }

    Driver->Object.Type = IO_TYPE_DRIVER;
    Driver->Object.Size = sizeof(DRIVER_OBJECT);
    Driver->Object.DriverExtension = &Driver->Extension;
    Driver->Object.DriverInit = Entry;
    Driver->Extension.DriverObject = &Driver->Object;
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function++) {
        Driver->Object.MajorFunction[Function] = EmupInvalidDeviceRequest;
    }

    return Driver;
}

static VOID EmupInsertDriver(EMUP_DRIVER *Driver)
{
    EMUP_LIVE Live;

    EmupAcquireDrivers();
    EmupCollectBlocks(&Live);
    EmupMarkBlocks(&Live);
    for (SIZE_T Index = 0; Index < Live.Marked.Count; Index++) {
        EmupAddAddress(&Driver->Before, Live.Marked.Address[Index]);
    }
    for (SIZE_T Index = 0; Index < Live.Unmarked.Count; Index++) {
        EmupAddAddress(&Driver->Before, Live.Unmarked.Address[Index]);
    }
    EmupSortAddresses(&Driver->Before);
    Driver->BornBefore = KiCountBirths();
    Driver->Charged = PspQueryCharged();
    Driver->Next = EmupDrivers;
    EmupDrivers = Driver;
    EmupReleaseDrivers();
    EmupFreeLive(&Live);
}

static EMUP_DRIVER *EmupFindDriver(PDRIVER_OBJECT Object)
{
    EMUP_DRIVER *Driver;

    EmupAcquireDrivers();
    Driver = EmupDrivers;
    while (Driver != NULL && &Driver->Object != Object) {
        Driver = Driver->Next;
    }
    EmupReleaseDrivers();

    return Driver;
}

/* With tracking, what other images allocated meanwhile is not the driver's; nor what other threads have just freed. */
static VOID EmupFilterLeaks(const EMUP_DRIVER *Driver)
{
    HOST_IMAGE Image;
    VF_RECORD Record;
    MI_BLOCK Block;
    SIZE_T Kept = 0;

    if (!VfIsTracking() || !HostFindImage((ULONG_PTR)Driver->Object.DriverInit, &Image)) {
        return;
    }
    for (SIZE_T Index = 0; Index < EmupLeaks.Count; Index++) {
        VfFindRecord(EmupLeaks.Address[Index], &Record);
        if (VfIsStackIn(Record.Allocation, Image.Start, Image.End) &&
            MiFindBlock(EmupLeaks.Address[Index], &Block) == MiFoundLive) {
            EmupLeaks.Address[Kept++] = EmupLeaks.Address[Index];
        }
    }
    EmupLeaks.Count = Kept;
}

static VOID EmupListLeakSites(VOID)
{
    MI_BLOCK Block;

    EmupForgetLeakSites();
    for (SIZE_T Index = 0; VfIsTracking() && Index < EmupLeaks.Count; Index++) {
        if (MiFindBlock(EmupLeaks.Address[Index], &Block) == MiFoundLive) {
            EmupAddLeak(&Block);
        }
    }
    EmupSortLeakSites();
}

/* Takes the driver from the list and finds what it leaves behind: all that was not there the whole time. */
static VOID EmupRemoveDriver(EMUP_DRIVER *Driver)
{
    EMUP_DRIVER **Link = &EmupDrivers;
    EMUP_LIVE Live;

    EmupAcquireDrivers();
    while (*Link != Driver) {
        Link = &(*Link)->Next;
    }
    *Link = Driver->Next;

    EmupFreeAddresses(&EmupLeaks);
    EmupCollectBlocks(&Live);
    EmupMarkBlocks(&Live);
    for (SIZE_T Index = 0; Index < Live.Unmarked.Count; Index++) {
        EmupAddAddress(&EmupLeaks, Live.Unmarked.Address[Index]);
    }
    for (SIZE_T Index = 0; Index < Live.Marked.Count; Index++) {
        if (!EmupHasAddress(&Driver->Before, Live.Marked.Address[Index])) {
            EmupAddAddress(&EmupLeaks, Live.Marked.Address[Index]);
        }
    }
    EmupSortAddresses(&EmupLeaks);
    EmupFilterLeaks(Driver);
    EmupLeakCount = (ULONG)EmupLeaks.Count;
    EmupListLeakSites();
    EmupReleaseDrivers();
    EmupFreeLive(&Live);
}

/* ---- Leaks ---------------------------------------------------------------------------------------------------- */

/* The blocks themselves, where nobody knows who allocated them. */
static VOID EmupDescribeLeaks(PSTR Text, SIZE_T Bytes)
{
    enum {
        BLOCKS_SHOWN = 8
    };
    SIZE_T Shown = min(EmupLeaks.Count, BLOCKS_SHOWN);
    CHAR Words[96];
    SIZE_T Length = 0;
    MI_BLOCK Block;

    for (SIZE_T Index = 0; Index < Shown; Index++) {
        if (MiFindBlock(EmupLeaks.Address[Index], &Block) == MiFoundLive) {
            MiDescribeBlock(&Block, Words, sizeof(Words));
            Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "\n        %s", Words);
        }
    }
    if (EmupLeaks.Count > Shown) {
        snprintf(Text + Length, Bytes - Length, "\n        and %llu more", (ULONGLONG)(EmupLeaks.Count - Shown));
    }
}

/* Driver Verifier of Windows 2000 has another row for it. */
static DECLSPEC_NORETURN VOID EmupStopForLeaks(VOID)
{
    CHAR Text[sizeof(((EMU_BUGCHECK *)0)->Text)];
    SIZE_T Length = (SIZE_T)snprintf(Text, sizeof(Text), "driver %s has not freed %u %s:", EmupLeakingDriver,
                                     EmupLeakCount, EmupLeakCount == 1 ? "block" : "blocks");

    if (!VfIsTracking()) {
        EmupDescribeLeaks(Text + Length, sizeof(Text) - Length);
    } else {
        EmupDescribeLeakSites(Text + Length, sizeof(Text) - Length);
        if (!KiIsAtLeast(5, 1, 0)) {
            EMUP_LEAK_TOTAL Total = EmupLeakTotal();
            KiStopF(NULL,
                    KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_UNLOADED_WITH_BYTES, (ULONG_PTR)Total.Bytes[1],
                               (ULONG_PTR)Total.Bytes[0], EmupLeakCount),
                    "%s", Text);
        }
    }
    KiStopF(NULL,
            KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_UNLOADED_WITH_BLOCKS, (ULONG_PTR)EmupLeakingDriver, 0,
                       EmupLeakCount),
            "%s", Text);
}

/* An object that came into use since the driver was loaded, and has to be out of use when it is unloaded. */
static BOOLEAN EmupFindLeftObject(const EMUP_DRIVER *Driver, KI_OBJECT *Object)
{
    for (ULONG Kind = KiObjectKinds; Kind-- > 0;) {
        if (KiObjectRules[Kind].Left.Words != NULL && KiFindObjectSince(Kind, Driver->BornBefore, Object)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The range is that of the block or image that the object lies in. */
static DECLSPEC_NORETURN VOID EmupStopForObject(const KI_OBJECT *Object)
{
    const KI_OBJECT_RULES *Rules = &KiObjectRules[Object->Kind];
    ULONG_PTR Start = 0, End = 0;
    HOST_IMAGE Image;
    MI_BLOCK Block;

    if (MiFindBlockAround((ULONG_PTR)Object->Address, &Block)) {
        Start = (ULONG_PTR)Block.Address;
        End = Start + Block.Size;
    } else if (HostFindImage((ULONG_PTR)Object->Address, &Image)) {
        Start = Image.Start;
        End = Image.End;
    }
    ULONG Code = Rules->Left.Code;
    KiStopF(NULL,
            KiBugCheck(Code, Rules->Left.Violation, (ULONG_PTR)Object->Address, Start,
                       Code == TIMER_OR_DPC_INVALID ? End : End - Start),
            "driver %s has not %s the %s at %p", EmupLeakingDriver, Rules->Left.Words, Rules->Name, Object->Address);
}

/* What the driver has locked and not unlocked; NULL: nothing. Driver Verifier of Windows looks since Vista. */
static const VF_LOCKED *EmupFindLeftLocked(const EMUP_DRIVER *Driver)
{
    HOST_IMAGE Image;

    return VfIsTracking() && KiIsAtLeast(6, 0, 0) && HostFindImage((ULONG_PTR)Driver->Object.DriverInit, &Image)
               ? VfFindLocked(Driver->BornBefore, Image.Start, Image.End)
               : NULL;
}

static DECLSPEC_NORETURN VOID EmupStopForLocked(const VF_LOCKED *Locked)
{
    CHAR Call[448] = "code that locked them before tracking went on";
    ULONG_PTR Pages = (Locked->End - Locked->Start) >> PAGE_SHIFT;
    EMU_STACK Stack = VfStackOf(Locked->Stack);

    if (Stack.Count != 0) {
        HostDescribeCall(Stack.Frames[0], Call, sizeof(Call));
    }
    KiStopF(
        NULL,
        KiBugCheck(DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, (ULONG_PTR)Locked, 0, (ULONG_PTR)Locked->Object.Address, Pages),
        "driver %s has not unlocked %llu %s of the MDL at %p, locked by %s", EmupLeakingDriver, (ULONGLONG)Pages,
        Pages == 1 ? "page" : "pages", Locked->Object.Address, Call);
}

/* Quota that was charged since the driver was loaded, and is to be returned when it is unloaded. FALSE: none. */
static BOOLEAN EmupFindLeftQuota(const EMUP_DRIVER *Driver, PSP_CHARGED *Left)
{
    *Left = PspQueryCharged();
    for (ULONG Type = 0; Type < RTL_NUMBER_OF(Left->Bytes); Type++) {
        Left->Bytes[Type] -= min(Left->Bytes[Type], Driver->Charged.Bytes[Type]);
    }
    return VfIsTracking() && VfIsOn() && (Left->Bytes[0] != 0 || Left->Bytes[1] != 0);
}

static DECLSPEC_NORETURN VOID EmupStopForQuota(const PSP_CHARGED *Left)
{
    KiStopF(NULL,
            KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_QUOTA_LEFT, (ULONG_PTR)EmupLeakingDriver,
                       Left->Bytes[0], Left->Bytes[1]),
            "driver %s has not returned the quota of %zu bytes of nonpaged and %zu bytes of paged pool that it charged",
            EmupLeakingDriver, (size_t)Left->Bytes[0], (size_t)Left->Bytes[1]);
}

static VOID EmupForgetDriver(EMUP_DRIVER *Driver)
{
    EmupRemoveDriver(Driver);
    VfNoteUnloadedImage(Driver->Object.DriverInit);
    snprintf(EmupLeakingDriver, sizeof(EmupLeakingDriver), "%s", Driver->Name);
    KI_OBJECT Object;
    BOOLEAN HasObject = VfIsOn() && EmupFindLeftObject(Driver, &Object);
    const VF_LOCKED *Locked = EmupFindLeftLocked(Driver);
    PSP_CHARGED Left;
    BOOLEAN HasQuota = EmupFindLeftQuota(Driver, &Left);
    EmupDeleteDriver(Driver);

    if (HasObject) {
        EmupStopForObject(&Object);
    }
    if (Locked != NULL) { /* before its MDL, which is left, too, most often */
        EmupStopForLocked(Locked);
    }
    if (EmupLeakCount != 0 && (EmupStopOnLeaks || VfIsTracking())) {
        EmupStopForLeaks();
    }
    if (HasQuota) {
        EmupStopForQuota(&Left);
    }
}

ULONG EmuLeakCount(VOID)
{
    return EmupLeakCount;
}

VOID EmuStopOnLeaks(BOOLEAN Enable)
{
    EmupStopOnLeaks = Enable;
}

/* The blocks' lock is not held while the test's callback runs. */
VOID EmuForEachLeak(EMU_BLOCK_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    EMUP_ADDRESSES Leaks = {0};
    EMUP_LIVE Live;

    EmupAcquireDrivers();
    EmupCollectBlocks(&Live);
    for (SIZE_T Index = 0; Index < Live.Marked.Count; Index++) {
        if (EmupHasAddress(&EmupLeaks, Live.Marked.Address[Index])) {
            EmupAddAddress(&Leaks, Live.Marked.Address[Index]);
        }
    }
    EmupReleaseDrivers();
    EmupFreeLive(&Live);

    EmupForEachAddress(Leaks.Address, Leaks.Count, Callback, Context);
    EmupFreeAddresses(&Leaks);
}

/* ---- Loading and unloading ------------------------------------------------------------------------------------ */

/* Those of a driver's imports that the emulated Windows lacks: as much of the list as fits. */
typedef struct EMUP_MISSING {
    CHAR Text[384];
    SIZE_T Length;
} EMUP_MISSING;

static VOID EmupCheckImport(PCSTR Name, PVOID Context)
{
    EMUP_MISSING *Missing = Context;
    KI_EXPORT Export = KiFindExport(Name);

    if (Export != KiExportCount && !KiIsExported(Export) && Missing->Length < sizeof(Missing->Text)) {
        Missing->Length +=
            (SIZE_T)snprintf(Missing->Text + Missing->Length, sizeof(Missing->Text) - Missing->Length, "%s%s (%s)",
                             Missing->Length == 0 ? "" : ", ", Name, KiExportSince(Export)->Title);
    }
}

/* Windows resolves a driver's imports before it calls DriverEntry. Here the dynamic loader has done that already, so
 * what is left is to see whether the emulated Windows has them. A driver that is part of the program has none. */
static BOOLEAN EmupHasItsImports(PDRIVER_INITIALIZE Entry, PCSTR Name)
{
    HOST_IMAGE Image;
    EMUP_MISSING Missing = {.Length = 0};

    if (KiAreMissingExportsAllowed() || !HostFindImage((ULONG_PTR)Entry, &Image) || Image.IsProgram) {
        return TRUE;
    }
    HostForEachImport((ULONG_PTR)Entry, EmupCheckImport, &Missing);
    if (Missing.Length != 0) {
        /* As for a return address, what counts is the byte before. */
        KiRecordViolation(EmuViolationMissingImport, (PVOID)((ULONG_PTR)Entry + 1),
                          "driver %s does not load on %s, as it imports %s", Name, EmuWindows()->Title, Missing.Text);
    }
    return Missing.Length == 0;
}

/* A driver that comes back with another IRQL has kept a spin lock or forgotten KeLowerIrql. */
static VOID EmupCheckIrql(PCSTR Routine, PCSTR Name)
{
    KIRQL Irql = KiThread.Irql;

    if (Irql != PASSIVE_LEVEL) {
        KiStopF(NULL, KiBugCheck(IRQL_UNEXPECTED_VALUE, ((ULONG_PTR)Irql << 16) | (PASSIVE_LEVEL << 8), 0, 0, 0),
                "%s of driver %s was called at PASSIVE_LEVEL and returned at IRQL %u", Routine, Name, Irql);
    }
}

/* The registry path is gone when DriverEntry has returned, as on Windows: a driver that needs it copies it. */
static NTSTATUS EmupCallEntry(EMUP_DRIVER *Driver)
{
    NTSTATUS Status = Driver->Object.DriverInit(&Driver->Object, &Driver->RegistryPath);

    free(Driver->RegistryPath.Buffer);
    memset(&Driver->RegistryPath, 0, sizeof(Driver->RegistryPath));
    return Status;
}

NTSTATUS EmuLoadDriver(PDRIVER_INITIALIZE Entry, PCSTR Name, PDRIVER_OBJECT *Driver)
{
    KIRQL Irql = KiThread.Irql;
    EMUP_DRIVER *Loaded;
    NTSTATUS Status;

    if (Driver == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    *Driver = NULL;
    if (Entry == NULL || Name == NULL || *Name == 0 || strlen(Name) >= sizeof(Loaded->Name)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!EmupHasItsImports(Entry, Name)) {
        return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }

    Loaded = EmupCreateDriver(Entry, Name);
    if (Loaded == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    KiStart(); /* this driver may not come to what starts else */
    VfNoteLoad();
    VfNoteLoadedImage(Entry);
    EmupInsertDriver(Loaded);
    MiInitializeArenas(); /* a driver may ask for its IRQL before it allocates, which may take the fault handler */
    MiSetIrql(PASSIVE_LEVEL);
    VfBeginLoad(Entry);
    Status = EmupCallEntry(Loaded);
    VfEndLoad();
    EmupCheckIrql("DriverEntry", Loaded->Name);
    MiSetIrql(Irql);

    if (!NT_SUCCESS(Status)) {
        EmupForgetDriver(Loaded);
        return Status;
    }

    *Driver = &Loaded->Object;
    return Status;
}

NTSTATUS EmuUnloadDriver(PDRIVER_OBJECT Driver)
{
    KIRQL Irql = KiThread.Irql;
    EMUP_DRIVER *Loaded = EmupFindDriver(Driver);

    if (Loaded == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Driver->DriverUnload == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    MiSetIrql(PASSIVE_LEVEL);
    Driver->DriverUnload(Driver);
    EmupCheckIrql("DriverUnload", Loaded->Name);
    MiSetIrql(Irql);

    EmupForgetDriver(Loaded);
    return STATUS_SUCCESS;
}

VOID EmupResetDrivers(VOID)
{
    while (EmupDrivers != NULL) {
        EMUP_DRIVER *Driver = EmupDrivers;

        EmupDrivers = Driver->Next;
        EmupDeleteDriver(Driver);
    }

    EmupFreeAddresses(&EmupLeaks);
    EmupForgetLeakSites();
    EmupLeakCount = 0;
    EmupStopOnLeaks = FALSE;
}
