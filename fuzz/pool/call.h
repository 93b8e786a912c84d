/* call.h: a call of a routine of the kernel, and what came back from it. */
#ifndef FUZZ_POOL_CALL_H
#define FUZZ_POOL_CALL_H

#include "pool/model.h"

typedef enum ROUTINE {
    CallAllocatePool,
    CallAllocatePoolWithTag,
    CallAllocatePoolWithTagPriority,
    CallAllocatePoolWithQuota,
    CallAllocatePoolWithQuotaTag,
    CallAllocatePoolZero,
    CallAllocatePoolUninitialized,
    CallAllocatePoolQuotaZero,
    CallAllocatePoolQuotaUninitialized,
    CallAllocatePoolPriorityZero,
    CallAllocatePoolPriorityUninitialized,
    CallAllocatePool2,
    CallAllocatePool3,
    CallFreePool,
    CallFreePoolWithTag,
    CallFreePool2,
    CallQueryPoolBlockSize,
    CallExecute,
    CallRaiseIrql,
    CallLowerIrql,
    CallInitializeList,
    CallDeleteList,
    CallFlushList,
    CallAllocateFromList,
    CallFreeToList,
    CallPushEntry,
} ROUTINE;

typedef struct CALL {
    ROUTINE Routine;
    ULONG Type; /* a POOL_TYPE with modifiers, or a list's flags */
    ULONG ListFlags;
    POOL_FLAGS Flags;
    SIZE_T Bytes;
    ULONG Tag;
    EX_POOL_PRIORITY Priority;
    POOL_EXTENDED_PARAMETER *Parameters;
    ULONG ParameterCount;
    PVOID Address;
    LIST *List;
    PSLIST_HEADER Head;
    KIRQL Irql;
    /* What came back. */
    PVOID Result;
    ULONG_PTR Value;
    BOOLEAN QuotaCharged;
} CALL;

VOID Invoke(CALL *Call);

#endif
