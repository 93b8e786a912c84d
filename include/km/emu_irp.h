// The inline routines of IRPs, remove locks, queues and others, as Microsoft's headers have them. A part of wdm.h.
// Source: each routine's page.

#include "wdm.h" // which includes this file

#ifndef EMU_IRP_H
#define EMU_IRP_H

// The driver's own stack location, the next lower driver's, the next higher driver's. IRQL: any. Since Windows 2000.
// Source: nf-wdm-iogetcurrentirpstacklocation, nf-wdm-iogetnextirpstacklocation.
EMU_INLINE PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP Irp)
{
    return Irp->Tail.Overlay.CurrentStackLocation;
}

EMU_INLINE PIO_STACK_LOCATION IoGetNextIrpStackLocation(PIRP Irp)
{
    return Irp->Tail.Overlay.CurrentStackLocation - 1;
}

#define IoGetPreviousIrpStackLocation(Irp) (IoGetCurrentIrpStackLocation(Irp) + 1)

// Moves to the next lower driver's location, as IoCallDriver does. IRQL: any. Since Windows 2000.
// Source: nf-wdm-iosetnextirpstacklocation.
EMU_INLINE VOID IoSetNextIrpStackLocation(PIRP Irp)
{
    Irp->CurrentLocation--;
    Irp->Tail.Overlay.CurrentStackLocation--;
}

// The next lower driver gets the caller's own location. IRQL: <= DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-ioskipcurrentirpstacklocation.
EMU_INLINE VOID IoSkipCurrentIrpStackLocation(PIRP Irp)
{
    Irp->CurrentLocation++;
    Irp->Tail.Overlay.CurrentStackLocation++;
}

// The next lower driver gets a copy without the completion routine. IRQL: any. Since Windows 2000.
// Source: nf-wdm-iocopycurrentirpstacklocationtonext.
EMU_INLINE VOID IoCopyCurrentIrpStackLocationToNext(PIRP Irp)
{
    PIO_STACK_LOCATION Current = IoGetCurrentIrpStackLocation(Irp);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);

    memcpy(Next, Current, FIELD_OFFSET(IO_STACK_LOCATION, CompletionRoutine));
    Next->Control = 0;
}

// IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-iomarkirppending.
EMU_INLINE VOID IoMarkIrpPending(PIRP Irp)
{
    IoGetCurrentIrpStackLocation(Irp)->Control |= SL_PENDING_RETURNED;
}

// The routine that is called when the next lower driver completes the IRP, and for which outcomes.
// IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-iosetcompletionroutine.
EMU_INLINE VOID IoSetCompletionRoutine(PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                       BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel)
{
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);

    Next->CompletionRoutine = CompletionRoutine;
    Next->Context = Context;
    Next->Control = (UCHAR)((InvokeOnSuccess ? SL_INVOKE_ON_SUCCESS : 0) | (InvokeOnError ? SL_INVOKE_ON_ERROR : 0) |
                            (InvokeOnCancel ? SL_INVOKE_ON_CANCEL : 0));
}

// Sets the cancel routine, NULL for none; returns the one before. IRQL: <= DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-iosetcancelroutine.
EMU_INLINE PDRIVER_CANCEL IoSetCancelRoutine(PIRP Irp, PDRIVER_CANCEL CancelRoutine)
{
    return (PDRIVER_CANCEL)(ULONG_PTR)InterlockedExchangePointer((PVOID volatile *)&Irp->CancelRoutine,
                                                                 (PVOID)(ULONG_PTR)CancelRoutine);
}

#define IoSizeOfIrp(StackSize) ((USHORT)(sizeof(IRP) + (StackSize) * sizeof(IO_STACK_LOCATION)))
#define IoGetFunctionCodeFromCtlCode(ControlCode) (((ControlCode) >> 2) & 0x00000FFF)
#define IoIsErrorUserInduced(Status)                                                                                   \
    ((BOOLEAN)((Status) == STATUS_DEVICE_NOT_READY || (Status) == STATUS_IO_TIMEOUT ||                                 \
               (Status) == STATUS_MEDIA_WRITE_PROTECTED || (Status) == STATUS_NO_MEDIA_IN_DEVICE ||                    \
               (Status) == STATUS_VERIFY_REQUIRED || (Status) == STATUS_UNRECOGNIZED_MEDIA ||                          \
               (Status) == STATUS_WRONG_VOLUME))
#define IoInitializeDpcRequest(DeviceObject, DpcRoutine)                                                               \
    KeInitializeDpc(&(DeviceObject)->Dpc, (PKDEFERRED_ROUTINE)(ULONG_PTR)(DpcRoutine), (DeviceObject))
#define IoRequestDpc(DeviceObject, Irp, Context) KeInsertQueueDpc(&(DeviceObject)->Dpc, (Irp), (Context))
#define IoCompleteRequest(Irp, PriorityBoost) IofCompleteRequest(Irp, PriorityBoost)
#define IoCallDriver(DeviceObject, Irp) IofCallDriver(DeviceObject, Irp)

#define IoInitializeRemoveLock(Lock, AllocateTag, MaxLockedMinutes, HighWatermark)                                     \
    IoInitializeRemoveLockEx(Lock, AllocateTag, MaxLockedMinutes, HighWatermark, sizeof(IO_REMOVE_LOCK))
#if DBG
#define IoAcquireRemoveLock(RemoveLock, Tag)                                                                           \
    IoAcquireRemoveLockEx(RemoveLock, Tag, __FILE__, __LINE__, sizeof(IO_REMOVE_LOCK))
#else
#define IoAcquireRemoveLock(RemoveLock, Tag) IoAcquireRemoveLockEx(RemoveLock, Tag, "", 1, sizeof(IO_REMOVE_LOCK))
#endif
#define IoReleaseRemoveLock(RemoveLock, Tag) IoReleaseRemoveLockEx(RemoveLock, Tag, sizeof(IO_REMOVE_LOCK))
#define IoReleaseRemoveLockAndWait(RemoveLock, Tag)                                                                    \
    IoReleaseRemoveLockAndWaitEx(RemoveLock, Tag, sizeof(IO_REMOVE_LOCK))

#define ObReferenceObject(Object) ObfReferenceObject(Object)
#define ObDereferenceObject(Object) ObfDereferenceObject(Object)

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define ZwCurrentProcess() NtCurrentProcess()
#define NtCurrentThread() ((HANDLE)(LONG_PTR)-2)
#define ZwCurrentThread() NtCurrentThread()

#define RtlOffsetToPointer(Base, Offset) ((PCHAR)(((PCHAR)(Base)) + ((ULONG_PTR)(Offset))))
#define RtlPointerToOffset(Base, Pointer) ((ULONG)(((PCHAR)(Pointer)) - ((PCHAR)(Base))))
#define RtlUshortByteSwap(Value) ((USHORT)((((USHORT)(Value)) >> 8) | (((USHORT)(Value)) << 8)))

EMU_INLINE ULONG RtlUlongByteSwap(ULONG Value)
{
    return Value >> 24 | (Value >> 8 & 0xFF00) | (Value << 8 & 0xFF0000) | Value << 24;
}

EMU_INLINE ULONGLONG RtlUlonglongByteSwap(ULONGLONG Value)
{
    return (ULONGLONG)RtlUlongByteSwap((ULONG)Value) << 32 | RtlUlongByteSwap((ULONG)(Value >> 32));
}

EMU_INLINE LARGE_INTEGER RtlConvertLongToLargeInteger(LONG SignedInteger)
{
    LARGE_INTEGER Result;

    Result.QuadPart = SignedInteger;
    return Result;
}

EMU_INLINE LARGE_INTEGER RtlConvertUlongToLargeInteger(ULONG UnsignedInteger)
{
    LARGE_INTEGER Result;

    Result.QuadPart = UnsignedInteger;
    return Result;
}

EMU_INLINE LUID RtlConvertLongToLuid(LONG Value)
{
    LUID Luid;

    Luid.LowPart = (ULONG)Value;
    Luid.HighPart = Value < 0 ? -1 : 0;
    return Luid;
}

EMU_INLINE LUID RtlConvertUlongToLuid(ULONG Value)
{
    LUID Luid;

    Luid.LowPart = Value;
    Luid.HighPart = 0;
    return Luid;
}

EMU_INLINE BOOLEAN RtlEqualLuid(const LUID *First, const LUID *Second)
{
    return First->LowPart == Second->LowPart && First->HighPart == Second->HighPart;
}

#ifndef Int32x32To64
#define Int32x32To64(First, Second) (((LONGLONG)((LONG)(First))) * ((LONGLONG)((LONG)(Second))))
#define UInt32x32To64(First, Second) (((ULONGLONG)((ULONG)(First))) * ((ULONGLONG)((ULONG)(Second))))
#define Int64ShllMod32(Value, Bits) (((ULONGLONG)(Value)) << (Bits))
#define Int64ShraMod32(Value, Bits) (((LONGLONG)(Value)) >> (Bits))
#define Int64ShrlMod32(Value, Bits) (((ULONGLONG)(Value)) >> (Bits))
#endif

#define RtlCheckBit(BitMapHeader, BitPosition)                                                                         \
    ((((const ULONG *)(BitMapHeader)->Buffer)[(BitPosition) / 32] >> ((BitPosition) % 32)) & 1)

#define ExInitializeResource ExInitializeResourceLite
#define ExReleaseResource ExReleaseResourceLite
#define ExDeleteResource ExDeleteResourceLite
#define ExAcquireResourceExclusive ExAcquireResourceExclusiveLite
#define ExAcquireResourceShared ExAcquireResourceSharedLite
#define ExIsResourceAcquiredExclusive ExIsResourceAcquiredExclusiveLite
#define ExIsResourceAcquiredLite ExIsResourceAcquiredSharedLite
#define ExIsResourceAcquired ExIsResourceAcquiredSharedLite
#define ExGetCurrentResourceThread() ((ERESOURCE_THREAD)PsGetCurrentThread())

#define PLUGPLAY_NOTIFICATION_VERSION 1

#endif
