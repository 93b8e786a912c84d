/* optin.c: a file that opts in to no-execute pool, in a driver whose DriverEntry does not call
 * ExInitializeDriverRuntime. */
#define POOL_NX_OPTIN 1

#include "bugs.h"

static VOID OptInCallForgotten(VOID)
{
    PVOID Buffer = ExAllocatePoolWithTag(NonPagedPool, 512, BUG_TAG);

    if (Buffer != NULL) {
        RtlZeroMemory(Buffer, 512);
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

const BUG OptInBugs[] = {
    {.Name = "optin_call_forgotten", .Run = OptInCallForgotten},
    {.Name = NULL},
};
