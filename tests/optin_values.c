/* The macros are tested by value: POOL_NX_OPTOUT and POOL_NX_OPTIN_AUTO of 0 do not touch POOL_NX_OPTIN of 1. */
#define POOL_NX_OPTIN 1
#define POOL_NX_OPTIN_AUTO 0
#define POOL_NX_OPTOUT 0

#include <criterion/criterion.h>

#include "support.h"

#if !defined(_ARM64_)

Test(optin_values, NonPagedPool_is_the_variable_that_the_call_sets)
{
    cr_expect_eq(&NonPagedPool, &ExDefaultNonPagedPoolType);
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "runs");
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_str_eq(TryCode(ExAllocatePoolWithTag(NonPagedPool, 100, TAG)), "stops");
}

#endif
