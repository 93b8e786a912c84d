/* driver.c: a driver that is compiled against several sets of kernel headers, and in DriverEntry uses all that they
 * define inline: their code works on poolemu's structures, and poolemu's on theirs. FOREIGN_HEADER names the header. */
#define INITGUID
#include FOREIGN_HEADER

#define TAG 'groF'
#define ENTRIES 8

DRIVER_INITIALIZE DriverEntry;

/* A check that fails is DriverEntry's failure. The line stays in the debug output. */
#define CHECK(Condition)                                                                                               \
    do {                                                                                                               \
        if (!(Condition)) {                                                                                            \
            DbgPrint("%s:%d: %s\n", __FILE__, __LINE__, #Condition);                                                   \
            return STATUS_UNSUCCESSFUL;                                                                                \
        }                                                                                                              \
    } while (0)

typedef struct _ITEM {
    SLIST_ENTRY Free;
    LIST_ENTRY Link;
    SINGLE_LIST_ENTRY Single;
    ULONG Number;
} ITEM, *PITEM;

/* ---- Pool ----------------------------------------------------------------------------------------------------- */

static NTSTATUS UsePool(VOID)
{
    static const POOL_TYPE Types[] = {NonPagedPool, PagedPool, NonPagedPoolCacheAligned, PagedPoolCacheAligned};
    ULONG Index;

    for (Index = 0; Index < sizeof(Types) / sizeof(Types[0]); Index++) {
        PVOID Small = ExAllocatePoolWithTag(Types[Index], 100, TAG);
        PVOID Large = ExAllocatePoolWithTag(Types[Index], 3 * PAGE_SIZE, TAG);
        PVOID Charged = ExAllocatePoolWithQuotaTag(Types[Index], 100, TAG);
        PVOID Urgent = ExAllocatePoolWithTagPriority(Types[Index], 100, TAG, HighPoolPriority);
        CHECK(Small != NULL && Large != NULL && Charged != NULL && Urgent != NULL);
        CHECK(((ULONG_PTR)Small & (MEMORY_ALLOCATION_ALIGNMENT - 1)) == 0 && BYTE_OFFSET(Large) == 0);
        CHECK(PAGE_ALIGN(Small) == PAGE_ALIGN((PUCHAR)Small + 99));
        RtlFillMemory(Small, 100, 0x55);
        RtlCopyMemory(Charged, Small, 100);
        CHECK(RtlCompareMemory(Small, Charged, 100) == 100);
        ExFreePoolWithTag(Small, TAG);
        ExFreePoolWithTag(Large, TAG);
        ExFreePool(Charged);
        ExFreePoolWithTag(Urgent, TAG);
    }
    return STATUS_SUCCESS;
}

/* ---- Lookaside lists ------------------------------------------------------------------------------------------ */

static ULONG Allocated, Freed;

static PVOID NTAPI Allocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    Allocated++;
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI Free(PVOID Buffer)
{
    Freed++;
    ExFreePoolWithTag(Buffer, TAG);
}

static PVOID NTAPI AllocateEx(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    return Allocate(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI FreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    Free(Buffer);
}

/* Takes ENTRIES, gives them back: those that the depth allows stay on the list. */
#define USE_LOOKASIDE(List, TakeOne, GiveOne)                                                                          \
    do {                                                                                                               \
        PVOID Entry[ENTRIES];                                                                                          \
        ULONG Index;                                                                                                   \
        for (Index = 0; Index < ENTRIES; Index++) {                                                                    \
            Entry[Index] = TakeOne(List);                                                                              \
            CHECK(Entry[Index] != NULL);                                                                               \
        }                                                                                                              \
        CHECK((List)->L.TotalAllocates == ENTRIES && (List)->L.AllocateMisses == ENTRIES);                             \
        for (Index = 0; Index < ENTRIES; Index++) {                                                                    \
            GiveOne(List, Entry[Index]);                                                                               \
        }                                                                                                              \
        CHECK((List)->L.TotalFrees == ENTRIES && (List)->L.FreeMisses == ENTRIES - (List)->L.Depth);                   \
        CHECK((List)->L.Depth == 4 && (List)->L.MaximumDepth == 256 && (List)->L.Size == sizeof(ITEM));                \
        CHECK((List)->L.Tag == TAG && ExQueryDepthSList(&(List)->L.ListHead) == 4);                                    \
        Entry[0] = TakeOne(List);                                                                                      \
        CHECK(Entry[0] == Entry[3]); /* the last one that fitted */                                                    \
        GiveOne(List, Entry[0]);                                                                                       \
    } while (0)

static NTSTATUS UseLookasides(VOID)
{
    static NPAGED_LOOKASIDE_LIST NPaged, OwnNPaged;
    static PAGED_LOOKASIDE_LIST Paged;

    ExInitializeNPagedLookasideList(&NPaged, NULL, NULL, 0, sizeof(ITEM), TAG, 0);
    USE_LOOKASIDE(&NPaged, ExAllocateFromNPagedLookasideList, ExFreeToNPagedLookasideList);
    ExDeleteNPagedLookasideList(&NPaged);

    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, sizeof(ITEM), TAG, 0);
    USE_LOOKASIDE(&Paged, ExAllocateFromPagedLookasideList, ExFreeToPagedLookasideList);
    ExDeletePagedLookasideList(&Paged);

    ExInitializeNPagedLookasideList(&OwnNPaged, Allocate, Free, 0, sizeof(ITEM), TAG, 0);
    USE_LOOKASIDE(&OwnNPaged, ExAllocateFromNPagedLookasideList, ExFreeToNPagedLookasideList);
    CHECK(Allocated == ENTRIES && Freed == ENTRIES - 4);
    ExDeleteNPagedLookasideList(&OwnNPaged);
    CHECK(Freed == ENTRIES);
    return STATUS_SUCCESS;
}

static NTSTATUS UseLookasideEx(VOID)
{
    static LOOKASIDE_LIST_EX List, OwnList;

    CHECK(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, sizeof(ITEM), TAG, 0) == STATUS_SUCCESS);
    USE_LOOKASIDE(&List, ExAllocateFromLookasideListEx, ExFreeToLookasideListEx);
    ExFlushLookasideListEx(&List);
    CHECK(ExQueryDepthSList(&List.L.ListHead) == 0);
    ExDeleteLookasideListEx(&List);

    Allocated = Freed = 0;
    CHECK(ExInitializeLookasideListEx(&OwnList, AllocateEx, FreeEx, NonPagedPool, 0, sizeof(ITEM), TAG, 0) ==
          STATUS_SUCCESS);
    USE_LOOKASIDE(&OwnList, ExAllocateFromLookasideListEx, ExFreeToLookasideListEx);
    ExDeleteLookasideListEx(&OwnList);
    CHECK(Allocated == ENTRIES && Freed == ENTRIES);
    return STATUS_SUCCESS;
}

/* ---- Lists ---------------------------------------------------------------------------------------------------- */

static NTSTATUS UseSlists(PITEM Items)
{
    static SLIST_HEADER Head;
    KSPIN_LOCK Unused = 0;
    ULONG Index;

    UNREFERENCED_PARAMETER(Unused); /* it is in some headers */
    InitializeSListHead(&Head);
    CHECK(ExQueryDepthSList(&Head) == 0 && InterlockedPopEntrySList(&Head) == NULL);
    for (Index = 0; Index < ENTRIES; Index++) {
        PSLIST_ENTRY Before = InterlockedPushEntrySList(&Head, &Items[Index].Free);
        CHECK(Before == (Index == 0 ? NULL : &Items[Index - 1].Free));
    }
    CHECK(ExQueryDepthSList(&Head) == ENTRIES);
    CHECK(InterlockedPopEntrySList(&Head) == &Items[ENTRIES - 1].Free);
    CHECK(ExInterlockedPopEntrySList(&Head, &Unused) == &Items[ENTRIES - 2].Free);
    CHECK(ExInterlockedPushEntrySList(&Head, &Items[ENTRIES - 1].Free, &Unused) == &Items[ENTRIES - 3].Free);
    CHECK(ExInterlockedFlushSList(&Head) == &Items[ENTRIES - 1].Free && ExQueryDepthSList(&Head) == 0);
    return STATUS_SUCCESS;
}

static NTSTATUS UseLists(PITEM Items)
{
    LIST_ENTRY Head;
    SINGLE_LIST_ENTRY Single = {NULL};
    ULONG Index;

    InitializeListHead(&Head);
    CHECK(IsListEmpty(&Head));
    for (Index = 0; Index < ENTRIES; Index++) {
        Items[Index].Number = Index;
        InsertTailList(&Head, &Items[Index].Link);
        PushEntryList(&Single, &Items[Index].Single);
    }
    CHECK(CONTAINING_RECORD(RemoveHeadList(&Head), ITEM, Link)->Number == 0);
    CHECK(CONTAINING_RECORD(RemoveTailList(&Head), ITEM, Link)->Number == ENTRIES - 1);
    CHECK(!RemoveEntryList(&Items[1].Link));
    InsertHeadList(&Head, &Items[1].Link);
    CHECK(Head.Flink == &Items[1].Link && !IsListEmpty(&Head));
    CHECK(CONTAINING_RECORD(PopEntryList(&Single), ITEM, Single)->Number == ENTRIES - 1);
    return STATUS_SUCCESS;
}

/* ---- IRQL, locks, MDLs, versions, strings --------------------------------------------------------------------- */

static NTSTATUS UseLocks(VOID)
{
    static KSPIN_LOCK Lock;
    KIRQL Irql;

    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Irql);
    CHECK(Irql == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);
    KeReleaseSpinLock(&Lock, Irql);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    CHECK(Irql == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(APC_LEVEL);
    CHECK(KeGetCurrentIrql() == APC_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    return STATUS_SUCCESS;
}

static NTSTATUS UseMdls(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPool, 3 * PAGE_SIZE, TAG);
    PMDL Mdl;

    CHECK(Block != NULL);
    Mdl = IoAllocateMdl(Block + 16, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    CHECK(Mdl != NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    CHECK(MmGetMdlVirtualAddress(Mdl) == Block + 16 && MmGetMdlByteCount(Mdl) == 2 * PAGE_SIZE);
    CHECK(MmGetMdlByteOffset(Mdl) == 16 && (Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0);
    CHECK(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == Block + 16);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
    return STATUS_SUCCESS;
}

static NTSTATUS UseRoutineNames(VOID)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, L"ExAllocatePoolWithTag");
    CHECK(Name.Length == 42 && MmGetSystemRoutineAddress(&Name) != NULL);
    RtlInitUnicodeString(&Name, L"ExAllocatePoolWithFrills");
    CHECK(MmGetSystemRoutineAddress(&Name) == NULL);
    return STATUS_SUCCESS;
}

#if defined(VER_EQUAL) /* not in every wdm.h */
static NTSTATUS UseVersions(VOID)
{
    RTL_OSVERSIONINFOW Version;
    RTL_OSVERSIONINFOEXW Wanted;
    ULONG Major, Minor;

    RtlZeroMemory(&Version, sizeof(Version));
    Version.dwOSVersionInfoSize = sizeof(Version);
    CHECK(RtlGetVersion(&Version) == STATUS_SUCCESS);
    PsGetVersion(&Major, &Minor, NULL, NULL);
    CHECK(Major == Version.dwMajorVersion && Minor == Version.dwMinorVersion);
    CHECK(IoIsWdmVersionAvailable(1, 0x10) && !IoIsWdmVersionAvailable(7, 0));
    CHECK(RtlIsNtDdiVersionAvailable(NTDDI_WIN2K));

    RtlZeroMemory(&Wanted, sizeof(Wanted));
    Wanted.dwOSVersionInfoSize = sizeof(Wanted);
    Wanted.dwMajorVersion = Version.dwMajorVersion;
    CHECK(RtlVerifyVersionInfo(&Wanted, VER_MAJORVERSION, VerSetConditionMask(0, VER_MAJORVERSION, VER_EQUAL)) ==
          STATUS_SUCCESS);
    return STATUS_SUCCESS;
}
#endif

static NTSTATUS UseInterlocked(VOID)
{
    static LONG Number;
    static PVOID Pointer;

    CHECK(InterlockedIncrement(&Number) == 1 && InterlockedExchangeAdd(&Number, 5) == 1 && Number == 6);
    CHECK(InterlockedCompareExchange(&Number, 9, 6) == 6 && InterlockedDecrement(&Number) == 8);
    CHECK(InterlockedExchange(&Number, 1) == 8 && InterlockedExchangePointer(&Pointer, &Number) == NULL);
    CHECK(InterlockedCompareExchangePointer(&Pointer, NULL, &Number) == &Number && Pointer == NULL);
    return STATUS_SUCCESS;
}

/* ---- The driver ----------------------------------------------------------------------------------------------- */

static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    DbgPrint("unloaded: %wZ\n", &DriverObject->DriverName);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PITEM Items = ExAllocatePoolWithTag(NonPagedPool, ENTRIES * sizeof(ITEM), TAG);
    NTSTATUS Status;

    if (Items == NULL || RegistryPath->Length == 0) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = UsePool();
    Status = NT_SUCCESS(Status) ? UseLookasides() : Status;
    Status = NT_SUCCESS(Status) ? UseLookasideEx() : Status;
    Status = NT_SUCCESS(Status) ? UseSlists(Items) : Status;
    Status = NT_SUCCESS(Status) ? UseLists(Items) : Status;
    Status = NT_SUCCESS(Status) ? UseLocks() : Status;
    Status = NT_SUCCESS(Status) ? UseMdls() : Status;
    Status = NT_SUCCESS(Status) ? UseRoutineNames() : Status;
#if defined(VER_EQUAL)
    Status = NT_SUCCESS(Status) ? UseVersions() : Status;
#endif
    Status = NT_SUCCESS(Status) ? UseInterlocked() : Status;
    ExFreePoolWithTag(Items, TAG);
    DriverObject->DriverUnload = Unload;
    return Status;
}
