/* other_optin.c: another file with POOL_NX_OPTIN. */
#define POOL_NX_OPTIN 1

#include "images.h"

POOL_TYPE NonPagedPoolOfOtherOptin(VOID)
{
    return NonPagedPool;
}
