/* lists_unchecked.c: with NO_KERNEL_LIST_ENTRY_CHECKS the routines for lists compare nothing. */
#define NO_KERNEL_LIST_ENTRY_CHECKS
#include <criterion/criterion.h>

#include "support.h"

Test(lists_unchecked, an_entry_may_be_removed_twice)
{
    LIST_ENTRY Head, First, Second;

    InitializeListHead(&Head);
    InsertTailList(&Head, &First);
    InsertTailList(&Head, &Second);
    cr_expect_eq(RemoveEntryList(&First), FALSE);
    cr_expect_eq(RemoveEntryList(&First), FALSE);
    cr_expect_eq(Head.Flink, &Second);
}
