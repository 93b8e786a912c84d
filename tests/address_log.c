/* address_log.c: the log of the pool's last operations, asked by address. */
#include <criterion/criterion.h>

#include <pthread.h>

#include "child.h"
#include "os.h"
#include "support.h"

enum {
    LOG_ENTRIES = 65536,
};

static void BeginTracking(void)
{
    EmuTrackPool(TRUE);
}

TestSuite(address_log, .init = BeginTracking);

typedef struct EVENTS {
    EMU_POOL_EVENT *Event;
    SIZE_T Count;
    SIZE_T Most;
} EVENTS;

static BOOLEAN AddEvent(const EMU_POOL_EVENT *Event, PVOID Context)
{
    EVENTS *Events = Context;

    Events->Event[Events->Count++] = *Event;
    return Events->Count < Events->Most;
}

static EVENTS Ask(PVOID Address)
{
    enum {
        MOST = 2 * LOG_ENTRIES
    };
    static EMU_POOL_EVENT Found[MOST];
    EVENTS Events = {Found, 0, MOST};

    cr_assert(EmuQueryLog(Address, AddEvent, &Events));
    return Events;
}

static EMU_NOINLINE PVOID Allocator(SIZE_T Bytes)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, Bytes, TAG);
    EMU_COMPILER_BARRIER();
    return Block;
}

static EMU_NOINLINE void Freer(PVOID Block)
{
    ExFreePoolWithTag(Block, TAG);
    EMU_COMPILER_BARRIER();
}

/* A thread gets back what it freed last. */
static EMU_NOINLINE PVOID AllocateTwice(void)
{
    PVOID Block = Allocator(64);

    Freer(Block);
    cr_assert_eq(Allocator(60), Block);
    return Block;
}

Test(address_log, an_address_has_its_operations_in_order)
{
    PVOID Block = AllocateTwice();
    EVENTS Events = Ask(Block);

    cr_assert_eq(Events.Count, 3u);
    for (ULONG Index = 0; Index < 3; Index++) {
        cr_expect_eq(Events.Event[Index].Sequence, Index + 1);
        cr_expect_eq(Events.Event[Index].IsFree, Index == 1);
        cr_expect_eq(Events.Event[Index].Address, Block);
        cr_expect_eq(Events.Event[Index].Tag, TAG);
        cr_expect_eq(Events.Event[Index].PoolType, PagedPool);
        cr_expect_eq(Events.Event[Index].Thread, 1u);
        cr_expect_gt(Events.Event[Index].Stack.Count, 1u);
    }
    cr_expect_eq(Events.Event[0].Size, 64u);
    cr_expect_eq(Events.Event[1].Size, 64u);
    cr_expect_eq(Events.Event[2].Size, 60u);
}

Test(address_log, an_address_inside_a_block_is_asked_for_like_its_start)
{
    UCHAR *Small = Allocator(64), *Large = Allocator(100000), *None = Allocator(16);

    cr_expect_eq(Ask(Small + 63).Count, 1u);
    cr_expect_eq(Ask(Small + 64).Count, 0u);
    cr_expect_eq(Ask(Small - 1).Count, 0u);
    cr_expect_eq(Ask(Large + 99999).Count, 1u);
    cr_expect_eq(Ask(Large + 100000).Count, 0u);
    Freer(Large);
    cr_expect_eq(Ask(Large + 50000).Count, 2u);
    cr_expect_eq(Ask(None).Count, 1u);
}

Test(address_log, a_block_of_no_bytes_has_an_address)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_PAGED, 0, TAG);

    cr_expect_eq(Ask(Block).Count, 1u);
    cr_expect_eq(Ask(Block).Event[0].Size, 0u);
}

Test(address_log, every_type_is_logged_as_EMU_BLOCK_shows_it)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            PVOID Block = ExAllocatePoolWithTag((POOL_TYPE)(Kinds[Kind].Type | POOL_ZERO_ALLOCATION), Sizes[Size], TAG);
            ExFreePoolWithTag(Block, TAG);
            EVENTS Events = Ask(Block);
            cr_assert_geq(Events.Count, 2u);
            for (SIZE_T Index = Events.Count - 2; Index < Events.Count; Index++) {
                cr_expect_eq(Events.Event[Index].PoolType, Kinds[Kind].Type, "%s", Kinds[Kind].Name);
                cr_expect_eq(Events.Event[Index].Size, Sizes[Size]);
            }
        }
    }
}

Test(address_log, refused_frees_and_failed_requests_are_no_operations)
{
    PVOID Block = Allocator(64);

    EXPECT_STOP(StopOfFree(Block, TAG2), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    EmuSetPoolLimit(PagedPool, 1);
    cr_expect_null(Allocator(64));
    cr_expect_eq(Ask(NULL).Count, 1u);
}

Test(address_log, the_callback_may_end_the_answer)
{
    EMU_POOL_EVENT First[2];
    EVENTS Events = {First, 0, 2};

    AllocateTwice();
    EmuQueryLog(NULL, AddEvent, &Events);
    cr_expect_eq(Events.Count, 2u);
    cr_expect_eq(First[1].Sequence, 2u);
}

Test(address_log, the_last_65536_operations_are_kept)
{
    PVOID Block = Allocator(64), Last = NULL;

    for (ULONG Round = 0; Round < LOG_ENTRIES / 2; Round++) {
        Last = Allocator(200);
        Freer(Last);
    }
    EVENTS Events = Ask(NULL);
    cr_assert_eq(Events.Count, (SIZE_T)LOG_ENTRIES);
    for (SIZE_T Index = 0; Index < LOG_ENTRIES; Index++) {
        cr_assert_eq(Events.Event[Index].Sequence, Index + 2);
        cr_assert_eq(Events.Event[Index].Address, Last);
        cr_assert_eq(Events.Event[Index].IsFree, Index % 2 != 0);
    }
    cr_expect_eq(Ask(Block).Count, 0u);
}

Test(address_log_size, the_size_can_be_set_in_steps_of_64)
{
    cr_expect(EmuSetLogSize(65));
    EmuTrackPool(TRUE);
    cr_expect_not(EmuSetLogSize(64));
    for (ULONG Round = 0; Round < 200; Round++) {
        Freer(Allocator(64));
    }
    EVENTS Events = Ask(NULL);
    cr_assert_eq(Events.Count, 128u);
    cr_expect_eq(Events.Event[127].Sequence, 400u);
    cr_expect_eq(Events.Event[0].Sequence, 273u);
}

Test(address_log_size, no_log_is_kept_when_the_size_is_0)
{
    EMU_STACK Allocation, Free;

    cr_expect(EmuSetLogSize(0));
    EmuTrackPool(TRUE);
    PVOID Block = Allocator(64);
    cr_expect_eq(Ask(NULL).Count, 0u);
    cr_expect(EmuQueryStacks(Block, &Allocation, &Free));
}

Test(address_log_size, a_size_that_no_machine_has_is_refused)
{
    cr_expect_not(EmuSetLogSize((SIZE_T)-1));
    cr_expect_not(EmuSetLogSize((SIZE_T)1 << EMU_BY_WIDTH(40, 30)));
    EmuTrackPool(TRUE);
    Allocator(64);
    cr_expect_eq(Ask(NULL).Count, 1u);
}

Test(address_log_size, reset_goes_back_to_65536)
{
    EmuSetLogSize(64);
    EmuReset();
    EmuTrackPool(TRUE);
    for (ULONG Round = 0; Round < 100; Round++) {
        Freer(Allocator(64));
    }
    cr_expect_eq(Ask(NULL).Count, 200u);
}

Test(address_log, the_log_stays_when_tracking_ends_and_is_empty_when_it_goes_on_again)
{
    PVOID Block = AllocateTwice();

    EmuTrackPool(FALSE);
    Freer(Block);
    cr_expect_eq(Ask(Block).Count, 3u);
    EmuTrackPool(TRUE);
    cr_expect_eq(Ask(NULL).Count, 0u);
    Allocator(64);
    cr_expect_eq(Ask(NULL).Event[0].Sequence, 1u);
}

/* ---- Threads -------------------------------------------------------------------------------------------------- */

static void *FreeOnThread(void *Block)
{
    Freer(Block);
    return NULL;
}

Test(address_log, what_another_thread_did_to_a_block_comes_in_its_place)
{
    pthread_t Thread;
    PVOID Block = NULL;

    for (ULONG Round = 0; Round < 100; Round++) {
        Freer(Allocator(16));
    }
    Block = Allocator(100000);
    pthread_create(&Thread, NULL, FreeOnThread, Block);
    pthread_join(Thread, NULL);
    EVENTS Events = Ask(Block);
    cr_assert_eq(Events.Count, 2u);
    cr_expect_lt(Events.Event[0].Sequence, Events.Event[1].Sequence);
    cr_expect_eq(Events.Event[0].IsFree, FALSE);
    cr_expect_eq(Events.Event[0].Thread, 1u);
    cr_expect_eq(Events.Event[1].IsFree, TRUE);
    cr_expect_eq(Events.Event[1].Thread, 2u);
}

#if !defined(_WIN32) /* Windows has no fork */

static PVOID Inherited;

static void GoOnInChild(void)
{
    Freer(Allocator(64));
    _exit(Ask(Inherited).Count == 4 + 2 ? 0 : 1);
}

Test(address_log, a_forked_child_goes_on_with_a_log_of_its_own)
{
    char Errors[256];

    Inherited = AllocateTwice();
    Freer(Inherited);
    cr_expect_eq(RunChild(GoOnInChild, Errors, sizeof(Errors)), 0);
    cr_expect_eq(Ask(Inherited).Count, 4u);
}

#else

Test(address_log, a_forked_child_goes_on_with_a_log_of_its_own)
{
    cr_skip_test("Windows has no fork");
}

#endif

/* ---- Printing ------------------------------------------------------------------------------------------------- */

static PCSTR Printed(PVOID Address)
{
    static char Text[8192];
    FILE *Stream = tmpfile();

    cr_assert_not_null(Stream);
    EmuPrintAddress(Stream, Address);
    OsReadBack(Stream, Text, sizeof(Text));
    return Text;
}

Test(address_log, an_address_is_printed_with_its_whole_story)
{
    PVOID Block = AllocateTwice();
    PCSTR Text = Printed((UCHAR *)Block + 10);
    PCSTR First = strstr(Text, "\n    allocated by Allocator (address_log.c:");
    PCSTR Second = strstr(Text, "\n    freed by Freer (address_log.c:");
    PCSTR Third = strstr(Text, "\n    allocated again by Allocator (address_log.c:");

    cr_expect_not_null(strstr(Text, " lies in a live block: 60 bytes at "), "%s", Text);
    cr_assert(First != NULL && Second > First && Third > Second, "%s", Text);
    cr_expect_not_null(strstr(First, "\n        called by AllocateTwice (address_log.c:"), "%s", Text);
    cr_expect_not_null(strstr(Text, "tag 'Test', PagedPool; thread 1, operation 3)"), "%s", Text);
}

Test(address_log, an_address_that_was_never_pool_is_printed_as_such)
{
    ULONG Local;
    PCSTR Text = Printed(&Local);

    cr_expect_not_null(strstr(Text, " lies in no live block\n    (the log knows nothing of it)\n"), "%s", Text);
}
