/* optin.c: a file with POOL_NX_OPTIN. */
#define POOL_NX_OPTIN 1

#include "images.h"

POOL_TYPE NonPagedPoolOfOptin(VOID)
{
    return NonPagedPool;
}

VOID CallRuntimeFromOptin(VOID)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
}
