// The source of a small driver, for the must_compile_driver files.

#include <ntddk.h>

#define DRIVER_TAG 'looP'

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
__drv_dispatchType(IRP_MJ_CREATE) DRIVER_DISPATCH DriverCreate;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, DriverUnload)
#endif
#pragma alloc_text(PAGE, DriverCreate)

typedef struct DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _ITEM {
    SLIST_ENTRY Link;
    __int64 Value;
    unsigned __int64 Other;
} ITEM, *PITEM;

__declspec(align(16)) static SLIST_HEADER Items;
__declspec(selectany) ULONG DriverFlags = 0;
DECLARE_CONST_UNICODE_STRING(DeviceName, L"\\Device\\Pool");
static NPAGED_LOOKASIDE_LIST Lookaside;

static __forceinline ULONG Twice(ULONG Value)
{
    return Value * 2;
}

FORCEINLINE ULONG Thrice(ULONG Value)
{
    return Value * 3;
}

__declspec(noreturn) __declspec(noinline) static VOID __stdcall Stop(VOID)
{
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

_Use_decl_annotations_ VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
    ExDeleteNPagedLookasideList(&Lookaside);
}

_Use_decl_annotations_ NTSTATUS DriverCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    volatile NTSTATUS Status = STATUS_SUCCESS;
    UNICODE_STRING Constant = RTL_CONSTANT_STRING(L"text");
    KSPIN_LOCK Lock;
    KIRQL OldIrql;
    PITEM Item;
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    UNREFERENCED_PARAMETER(RegistryPath);
    NT_ASSERT(RegistryPath != NULL && Constant.Length == 8);
    DriverObject->DriverUnload = DriverUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverCreate;
    InitializeSListHead(&Items);
    ExInitializeNPagedLookasideList(&Lookaside, NULL, NULL, 0, sizeof(ITEM), DRIVER_TAG, 0);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &OldIrql);
    KeReleaseSpinLock(&Lock, OldIrql);
    DbgPrint("%wZ %wZ\n", &DeviceName, &Constant);
    KdPrint(("%wZ\n", &DeviceName));
    __try {
        Item = (PITEM)ExAllocatePoolZero(NonPagedPool, sizeof(ITEM), DRIVER_TAG);
        if (Item == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            __leave;
        }
        ExInterlockedPushEntrySList(&Items, &Item->Link, &Lock);
        Item = CONTAINING_RECORD(ExInterlockedPopEntrySList(&Items, &Lock), ITEM, Link);
        ExFreePoolWithTag(Item, DRIVER_TAG);
    } __finally {
        if (AbnormalTermination()) {
            DriverFlags = Twice(Thrice(1));
        }
    }
    __try {
        ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (GetExceptionCode() == STATUS_NO_MEMORY ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        Status = GetExceptionCode();
    }
    if (Status == STATUS_UNSUCCESSFUL) {
        Stop();
    }
    return Status;
}
