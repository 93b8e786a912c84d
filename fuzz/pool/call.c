/* call.c: one call of the routines that are fuzzed. */
#include "pool/call.h"

static VOID InvokeList(CALL *Call)
{
    LIST *List = Call->List;
    POOL_TYPE Type = (POOL_TYPE)Call->Type;

    switch (Call->Routine) {
    case CallInitializeList:
        if (List->Family == NPagedFamily) {
            ExInitializeNPagedLookasideList(List->Object, NULL, NULL, Call->Type, Call->Bytes, Call->Tag, 0);
        } else if (List->Family == PagedFamily) {
            ExInitializePagedLookasideList(List->Object, NULL, NULL, Call->Type, Call->Bytes, Call->Tag, 0);
        } else {
            Call->Value = (ULONG)ExInitializeLookasideListEx(List->Object, NULL, NULL, Type, Call->ListFlags,
                                                             Call->Bytes, Call->Tag, 0);
        }
        break;
    case CallDeleteList:
        if (List->Family == NPagedFamily) {
            ExDeleteNPagedLookasideList(List->Object);
        } else if (List->Family == PagedFamily) {
            ExDeletePagedLookasideList(List->Object);
        } else {
            ExDeleteLookasideListEx(List->Object);
        }
        break;
    case CallFlushList:
        ExFlushLookasideListEx(List->Object);
        break;
    case CallAllocateFromList:
        Call->Result = List->Family == NPagedFamily  ? ExAllocateFromNPagedLookasideList(List->Object)
                       : List->Family == PagedFamily ? ExAllocateFromPagedLookasideList(List->Object)
                                                     : ExAllocateFromLookasideListEx(List->Object);
        break;
    default:
        if (List->Family == NPagedFamily) {
            ExFreeToNPagedLookasideList(List->Object, Call->Address);
        } else if (List->Family == PagedFamily) {
            ExFreeToPagedLookasideList(List->Object, Call->Address);
        } else {
            ExFreeToLookasideListEx(List->Object, Call->Address);
        }
    }
}

static ULONG_PTR Execute(PVOID Address)
{
    int (*Routine)(void);

    memcpy(&Routine, &Address, sizeof(Routine));
    return (ULONG_PTR)Routine();
}

EMU_NOINLINE VOID Invoke(CALL *Call)
{
    POOL_TYPE Type = (POOL_TYPE)Call->Type;

    switch (Call->Routine) {
    case CallAllocatePool:
        Call->Result = ExAllocatePool(Type, Call->Bytes);
        break;
    case CallAllocatePoolWithTag:
        Call->Result = ExAllocatePoolWithTag(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolWithTagPriority:
        Call->Result = ExAllocatePoolWithTagPriority(Type, Call->Bytes, Call->Tag, Call->Priority);
        break;
    case CallAllocatePoolWithQuota:
        Call->Result = ExAllocatePoolWithQuota(Type, Call->Bytes);
        break;
    case CallAllocatePoolWithQuotaTag:
        Call->Result = ExAllocatePoolWithQuotaTag(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolZero:
        Call->Result = ExAllocatePoolZero(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolUninitialized:
        Call->Result = ExAllocatePoolUninitialized(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolQuotaZero:
        Call->Result = ExAllocatePoolQuotaZero(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolQuotaUninitialized:
        Call->Result = ExAllocatePoolQuotaUninitialized(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolPriorityZero:
        Call->Result = ExAllocatePoolPriorityZero(Type, Call->Bytes, Call->Tag, Call->Priority);
        break;
    case CallAllocatePoolPriorityUninitialized:
        Call->Result = ExAllocatePoolPriorityUninitialized(Type, Call->Bytes, Call->Tag, Call->Priority);
        break;
    case CallAllocatePool2:
        Call->Result = ExAllocatePool2(Call->Flags, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePool3:
        Call->Result = ExAllocatePool3(Call->Flags, Call->Bytes, Call->Tag, Call->Parameters, Call->ParameterCount);
        break;
    case CallFreePool:
        ExFreePool(Call->Address);
        break;
    case CallFreePoolWithTag:
        ExFreePoolWithTag(Call->Address, Call->Tag);
        break;
    case CallFreePool2:
        ExFreePool2(Call->Address, Call->Tag, NULL, 0);
        break;
    case CallQueryPoolBlockSize:
        Call->Value = ExQueryPoolBlockSize(Call->Address, &Call->QuotaCharged);
        break;
    case CallExecute:
        Call->Value = Execute(Call->Address);
        break;
    case CallRaiseIrql:
        Call->Value = KfRaiseIrql(Call->Irql);
        break;
    case CallLowerIrql:
        KeLowerIrql(Call->Irql);
        break;
    case CallPushEntry:
        Call->Result = InterlockedPushEntrySList(Call->Head, (PSLIST_ENTRY)Call->Address);
        break;
    default:
        InvokeList(Call);
    }
}
