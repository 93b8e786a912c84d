/* auto.c: a file with POOL_NX_OPTIN_AUTO. */
#define POOL_NX_OPTIN_AUTO 1

#include "images.h"

POOL_TYPE NonPagedPoolOfAuto(VOID)
{
    return NonPagedPool;
}

VOID CallRuntimeFromAuto(VOID)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
}
