/* POOL_NX_OPTIN and POOL_NX_OPTIN_AUTO together: AUTO wins. */
#define POOL_NX_OPTIN 1
#define POOL_NX_OPTIN_AUTO 1

#include <criterion/criterion.h>

#include "support.h"

C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);

Test(optin_both, NonPagedPool_is_the_constant_without_any_call)
{
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "stops");
}

Test(optin_both, a_lookaside_list_is_no_execute_without_any_call)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    cr_expect_eq(List.L.Type, NonPagedPoolNx);
}
