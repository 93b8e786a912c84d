/* compiler.c: emits machine code and runs it: the one file of this driver that needs executable pool. The opt-out
 * stands before the first header; in this file NonPagedPool is NonPagedPoolExecute on every Windows. */
#define POOL_NX_OPTOUT 1

#include "driver.h"

#include "../answer.h"

#define TAG_ROUTINE 'tuoR'

static PVOID Routine;

NTSTATUS CompileRoutine(VOID)
{
    Routine = ExAllocatePoolWithTag(NonPagedPool, sizeof(AnswerCode), TAG_ROUTINE);
    if (Routine == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WriteAnswerCode(Routine);
    return STATUS_SUCCESS;
}

VOID DropRoutine(VOID)
{
    ExFreePoolWithTag(Routine, TAG_ROUTINE);
}

PVOID GetRoutine(VOID)
{
    return Routine;
}

ULONG CallRoutine(VOID)
{
    return RunAnswerCode(Routine);
}
