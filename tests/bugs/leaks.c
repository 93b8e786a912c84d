/* leaks.c: what a driver leaves behind, or does when it is gone. */
#include "bugs.h"

static VOID BlockLeft(VOID)
{
    PVOID Name = ExAllocatePool2(POOL_FLAG_PAGED, 300, BUG_TAG);

    if (Name != NULL) {
        RtlZeroMemory(Name, 300);
    }
}

/* The second request fails: the first one's block is forgotten. */
static NTSTATUS ErrorPathLeak(VOID)
{
    PVOID Queue = ExAllocatePool2(POOL_FLAG_NON_PAGED, 128, BUG_TAG);
    PVOID Frame = ExAllocatePool2(POOL_FLAG_NON_PAGED, MORE_THAN_THE_POOL_HAS, BUG_TAG);

    if (Queue == NULL || Frame == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Frame, BUG_TAG);
    ExFreePoolWithTag(Queue, BUG_TAG);
    return STATUS_SUCCESS;
}

/* The same for a request that comes several times, when memory is short. */
static DECLSPEC_NOINLINE NTSTATUS HandleRequest(VOID)
{
    PVOID Input = ExAllocatePool2(POOL_FLAG_PAGED, 100, BUG_TAG);

    if (Input == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PVOID Output = ExAllocatePool2(POOL_FLAG_PAGED, 200, BUG_TAG);
    if (Output == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES; /* and Input? */
    }
    ExFreePoolWithTag(Output, BUG_TAG);
    ExFreePoolWithTag(Input, BUG_TAG);
    return STATUS_SUCCESS;
}

static VOID LeakWhenMemoryIsShort(VOID)
{
    for (volatile ULONG Request = 0; Request < 3; Request++) {
        Answer = (ULONG64)HandleRequest();
    }
}

/* The buffer that is replaced is not freed. */
static VOID PointerOverwritten(VOID)
{
    PVOID Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, BUG_TAG);

    if (Buffer != NULL) {
        Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 128, BUG_TAG);
    }
    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

/* A callback that was not removed comes after the unload. */
static DECLSPEC_NOINLINE VOID LateCallback(VOID)
{
    PVOID Event = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, BUG_TAG);

    if (Event != NULL) {
        ExFreePoolWithTag(Event, BUG_TAG);
    }
}

static PULONG Global;

static VOID MakeGlobal(VOID)
{
    Global = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, BUG_TAG);
    if (Global != NULL) {
        ExFreePoolWithTag(Global, BUG_TAG);
    }
}

static VOID UseGlobal(VOID)
{
    if (Global != NULL) {
        Global[0] = 1;
    }
}

const BUG LeakBugs[] = {
    {.Name = "block_left_at_unload", .Run = BlockLeft},
    {.Name = "error_path_leak", .Entry = ErrorPathLeak},
    {.Name = "leak_when_memory_is_short", .Run = LeakWhenMemoryIsShort},
    {.Name = "pointer_overwritten", .Run = PointerOverwritten},
    {.Name = "request_after_unload", .Late = LateCallback},
    {.Name = "block_used_after_unload", .Run = MakeGlobal, .Late = UseGlobal},
    {.Name = NULL},
};
