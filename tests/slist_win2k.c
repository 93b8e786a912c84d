/* Sequenced lists as a driver built for Windows 2000 names them: on x86 the kernel's own ExInterlockedXxx routines. */
#define _WIN2K_COMPAT_SLIST_USAGE
#include <criterion/criterion.h>

#include "support.h"

Test(slist_win2k, the_routines_with_a_lock_push_and_pop_and_leave_the_lock_alone)
{
    static SLIST_HEADER Head;
    static SLIST_ENTRY A, B;
    KSPIN_LOCK Lock;

    EmuSetWindows("win2000");
    KeInitializeSpinLock(&Lock);
    ExInitializeSListHead(&Head);
    cr_expect_null(ExInterlockedPushEntrySList(&Head, &A, &Lock));
    cr_expect_eq(ExInterlockedPushEntrySList(&Head, &B, &Lock), &A);
    cr_expect_eq(ExQueryDepthSList(&Head), 2);
    cr_expect_eq(Lock, 0);
    cr_expect_eq(ExInterlockedPopEntrySList(&Head, &Lock), &B);
    cr_expect_eq(ExInterlockedFlushSList(&Head), &A);
    cr_expect_null(ExInterlockedPopEntrySList(&Head, &Lock));
    cr_expect_eq(Lock, 0);
}

#if defined(EMU_ARCH_X86)
Test(slist_win2k, on_x86_they_are_routines_of_the_kernel)
{
    UNICODE_STRING Push = RTL_CONSTANT_STRING(L"ExInterlockedPushEntrySList");
    UNICODE_STRING Pop = RTL_CONSTANT_STRING(L"ExInterlockedPopEntrySList");
    UNICODE_STRING Flush = RTL_CONSTANT_STRING(L"ExInterlockedFlushSList");

    cr_expect_eq(MmGetSystemRoutineAddress(&Push), (PVOID)(ULONG_PTR)ExInterlockedPushEntrySList);
    cr_expect_eq(MmGetSystemRoutineAddress(&Pop), (PVOID)(ULONG_PTR)ExInterlockedPopEntrySList);
    cr_expect_eq(MmGetSystemRoutineAddress(&Flush), (PVOID)(ULONG_PTR)ExInterlockedFlushSList);
}
#endif
