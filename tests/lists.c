/* lists.c: the routines for doubly linked lists compare links, as the WDK of Windows 8 and later has them. */
#include <criterion/criterion.h>

#include "support.h"

typedef struct LIST {
    LIST_ENTRY Head;
    LIST_ENTRY Entry[3];
} LIST;

/* A list of three. */
static VOID Make(LIST *List)
{
    InitializeListHead(&List->Head);
    for (ULONG Index = 0; Index < 3; Index++) {
        InsertTailList(&List->Head, &List->Entry[Index]);
    }
}

static VOID ExpectStop(const EMU_BUGCHECK *Stop)
{
    cr_expect_eq(Stop->Code, KERNEL_SECURITY_CHECK_FAILURE, "stop 0x%X", Stop->Code);
    cr_expect_eq(Stop->Parameter[0], 3);
    cr_expect_eq(Stop->Parameter[1], 0);
    cr_expect_eq(Stop->Parameter[2], 0);
    cr_expect_eq(Stop->Parameter[3], 0);
}

/* The stop comes before anything is written. */
#define EXPECT_DAMAGED(List, Call)                                                                                     \
    do {                                                                                                               \
        EMU_BUGCHECK Stop;                                                                                             \
        LIST Before = (List);                                                                                          \
        EMU_CATCH_BUGCHECK(&Stop)                                                                                      \
        {                                                                                                              \
            (VOID)(Call);                                                                                              \
        }                                                                                                              \
        ExpectStop(&Stop);                                                                                             \
        cr_expect_eq(memcmp(&Before, &(List), sizeof(Before)), 0);                                                     \
    } while (0)

Test(lists, whole_lists_are_linked_as_asked_for)
{
    LIST List;
    LIST Other;

    Make(&List);
    cr_expect_eq(RemoveTailList(&List.Head), &List.Entry[2]);
    InsertHeadList(&List.Head, &List.Entry[2]);
    cr_expect_eq(RemoveHeadList(&List.Head), &List.Entry[2]);
    cr_expect_eq(RemoveEntryList(&List.Entry[0]), FALSE);
    cr_expect_eq(RemoveEntryList(&List.Entry[1]), TRUE);
    cr_expect(IsListEmpty(&List.Head));
    cr_expect_eq(RemoveHeadList(&List.Head), &List.Head); /* as on Windows, of an empty list the head */
    Make(&List);
    Make(&Other);
    AppendTailList(&List.Head, &Other.Head);
    RemoveEntryList(&Other.Head);
    for (ULONG Index = 0; Index < 6; Index++) {
        cr_expect_eq(RemoveHeadList(&List.Head), Index < 3 ? &List.Entry[Index] : &Other.Entry[Index - 3]);
    }
    cr_expect(IsListEmpty(&List.Head));
}

Test(lists, an_entry_removed_twice_stops_with_0x139_3)
{
    LIST List;

    Make(&List);
    RemoveEntryList(&List.Entry[1]);
    EXPECT_DAMAGED(List, RemoveEntryList(&List.Entry[1]));
}

Test(lists, an_overwritten_link_stops_each_routine_that_follows_it)
{
    LIST List;

    Make(&List);
    List.Entry[0].Blink = &List.Entry[2];
    EXPECT_DAMAGED(List, RemoveHeadList(&List.Head));
    EXPECT_DAMAGED(List, RemoveEntryList(&List.Entry[0]));
    EXPECT_DAMAGED(List, InsertHeadList(&List.Head, &List.Entry[2]));
    Make(&List);
    List.Entry[1].Blink = &List.Entry[2];
    EXPECT_DAMAGED(List, RemoveHeadList(&List.Head));
    EXPECT_DAMAGED(List, RemoveEntryList(&List.Entry[0]));
    Make(&List);
    List.Entry[2].Flink = &List.Entry[0];
    EXPECT_DAMAGED(List, RemoveTailList(&List.Head));
    EXPECT_DAMAGED(List, RemoveEntryList(&List.Entry[2]));
    EXPECT_DAMAGED(List, InsertTailList(&List.Head, &List.Entry[0]));
    Make(&List);
    List.Entry[1].Flink = &List.Entry[0];
    EXPECT_DAMAGED(List, RemoveTailList(&List.Head));
    EXPECT_DAMAGED(List, RemoveEntryList(&List.Entry[2]));
}

Test(lists, a_head_that_lies_between_other_entries_is_damaged)
{
    LIST List, Other;

    Make(&List);
    Make(&Other);
    List.Entry[0].Blink = &Other.Entry[0];
    Other.Entry[0].Flink = &List.Entry[0]; /* leads to the entry, and is not the head */
    EXPECT_DAMAGED(List, RemoveHeadList(&List.Head));
}

Test(lists, AppendTailList_looks_at_both_lists)
{
    LIST List, Other;

    Make(&List);
    Make(&Other);
    List.Entry[0].Blink = NULL;
    EXPECT_DAMAGED(List, AppendTailList(&List.Head, &Other.Head));
    Make(&List);
    List.Entry[2].Flink = NULL;
    EXPECT_DAMAGED(List, AppendTailList(&List.Head, &Other.Head));
    Make(&List);
    Other.Entry[0].Blink = NULL;
    EXPECT_DAMAGED(List, AppendTailList(&List.Head, &Other.Head));
    Make(&Other);
    Other.Entry[2].Flink = NULL;
    EXPECT_DAMAGED(List, AppendTailList(&List.Head, &Other.Head));
}

Test(lists, the_ExInterlocked_routines_look_as_well_and_name_the_driver)
{
    static KSPIN_LOCK Lock;
    LIST List;
    EMU_BUGCHECK Stop;

    Make(&List);
    List.Entry[0].Blink = NULL;
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExInterlockedRemoveHeadList(&List.Head, &Lock);
    }
    ExpectStop(&Stop);
    cr_expect_null(strstr(Stop.Text, "ExInterlockedRemoveHeadList+"), "%s", Stop.Text);
}

Test(lists, before_Windows_8_the_links_are_changed_unseen)
{
    LIST List;

    Make(&List);
    RemoveEntryList(&List.Entry[1]);
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_expect_eq(RemoveEntryList(&List.Entry[1]), FALSE);
    List.Entry[0].Blink = &List.Entry[2];
    cr_expect_eq(RemoveHeadList(&List.Head), &List.Entry[0]);
    cr_assert_eq(EmuSetWindows("win8"), STATUS_SUCCESS);
    EXPECT_DAMAGED(List, RemoveEntryList(&List.Entry[1]));
}
