/* The registry of objects, the mark of the emulator's own touches and, in Debug builds, the assertions that a lock is
 * held, which no public routine shows alone. The program is linked with the library's objects: their names are hidden
 * in the library. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "core/object.h"
#include "core/thread.h"
#include "host/host.h"
#include "nt/ke/wait.h"

enum {
    COUNT = 1000,
};

static UCHAR Memory[16 * COUNT];

static KI_OBJECT *Add(KI_OBJECT_KIND Kind, SIZE_T Offset)
{
    KI_OBJECT *Object = KiNewObject(Kind, Memory + Offset, 8, NULL, sizeof(KI_OBJECT));

    KiAddObject(Object);
    return Object;
}

Test(objects, one_is_found_by_kind_and_address)
{
    KI_OBJECT *List = Add(KiObjectLookasideList, 64), *Timer = Add(KiObjectTimer, 64);

    cr_expect_eq(KiFindObject(KiObjectLookasideList, Memory + 64), List);
    cr_expect_eq(KiFindObject(KiObjectTimer, Memory + 64), Timer);
    cr_expect_null(KiFindObject(KiObjectResource, Memory + 64));
    cr_expect_null(KiFindObject(KiObjectTimer, Memory + 72));
}

Test(objects, a_second_new_one_at_the_same_address_is_refused)
{
    KI_OBJECT *First = KiNewObject(KiObjectResource, Memory, 8, NULL, sizeof(KI_OBJECT));
    KI_OBJECT *Again = KiNewObject(KiObjectResource, Memory, 8, NULL, sizeof(KI_OBJECT));

    cr_assert(KiAddNewObject(First));
    cr_assert_not(KiAddNewObject(Again));
    cr_expect_eq(KiCountBirths(), 1);
    cr_expect_eq(KiRemoveObject(KiObjectResource, Memory), First);
    cr_assert(KiAddNewObject(Again));
}

Test(objects, those_that_stay_are_found_when_others_are_removed)
{
    for (SIZE_T Index = 0; Index < COUNT; Index++) {
        Add(KiObjectTimer, 16 * Index);
    }
    for (SIZE_T Index = 0; Index < COUNT; Index += 2) {
        free(KiRemoveObject(KiObjectTimer, Memory + 16 * Index));
    }
    for (SIZE_T Index = 0; Index < COUNT; Index++) {
        cr_assert_eq(KiFindObject(KiObjectTimer, Memory + 16 * Index) != NULL, Index % 2 == 1, "%zu", Index);
    }
    KiForgetObjects(KiObjectTimer);
    cr_expect_not(KiHasObjects(KiObjectTimer));
    cr_expect_null(KiFindObject(KiObjectTimer, Memory + 16));
}

Test(objects, a_range_has_those_that_begin_in_it)
{
    KI_OBJECT Found;

    Add(KiObjectTimer, 1000);
    cr_expect_not(KiFindObjectIn(KI_KIND(KiObjectTimer), (ULONG_PTR)Memory, 1000, &Found));
    cr_expect_not(KiFindObjectIn(KI_KIND(KiObjectTimer), (ULONG_PTR)Memory + 1001, 1000, &Found));
    cr_expect_not(KiFindObjectIn(KI_KIND(KiObjectResource), (ULONG_PTR)Memory, 2000, &Found));
    cr_expect_not(KiFindObjectIn(KI_KIND(KiObjectTimer), (ULONG_PTR)Memory + 1000, 0, &Found));
    cr_assert(KiFindObjectIn(KI_KIND(KiObjectTimer), (ULONG_PTR)Memory, 1001, &Found));
    cr_expect_eq(Found.Address, Memory + 1000);
}

Test(objects, of_several_in_a_range_the_first_kind_is_reported_and_of_timers_the_newest)
{
    ULONG Kinds = KI_KIND(KiObjectLookasideList) | KI_KIND(KiObjectTimer);
    KI_OBJECT Found;

    Add(KiObjectTimer, 0);
    Add(KiObjectTimer, 16);
    cr_assert(KiFindObjectIn(Kinds, (ULONG_PTR)Memory, 64, &Found));
    cr_expect_eq(Found.Address, Memory + 16);
    Add(KiObjectLookasideList, 32);
    Add(KiObjectLookasideList, 48);
    cr_assert(KiFindObjectIn(Kinds, (ULONG_PTR)Memory, 64, &Found));
    cr_expect_eq(Found.Kind, KiObjectLookasideList);
    cr_expect_eq(Found.Address, Memory + 32);
}

Test(objects, births_tell_which_came_since)
{
    KI_OBJECT Found;

    Add(KiObjectLookasideList, 0);
    ULONG64 Births = KiCountBirths();
    cr_expect_eq(Births, 1);
    cr_expect_not(KiFindObjectSince(KiObjectLookasideList, Births, &Found));
    Add(KiObjectLookasideList, 16);
    Add(KiObjectLookasideList, 32);
    cr_assert(KiFindObjectSince(KiObjectLookasideList, Births, &Found));
    cr_expect_eq(Found.Address, Memory + 16);
    cr_expect_not(KiFindObjectSince(KiObjectTimer, 0, &Found));
}

Test(objects, touches_of_the_emulators_own_nest)
{
    KiEnterInside();
    KiEnterInside();
    KiLeaveInside();
    cr_expect_eq(KiThread.Inside, 1);
    KiLeaveInside();
    cr_expect_eq(KiThread.Inside, 0);
}

#if DBG

static HOST_LOCK Lock;

static void *IsLockHeld(void *Held)
{
    *(BOOLEAN *)Held = HostIsHeld(&Lock);
    return NULL;
}

Test(objects, a_lock_is_held_by_the_thread_that_took_it_until_it_is_released)
{
    BOOLEAN Held = TRUE;
    pthread_t Thread;

    cr_expect_not(HostIsHeld(&Lock));
    HostAcquire(&Lock);
    cr_expect(HostIsHeld(&Lock));
    cr_assert_eq(pthread_create(&Thread, NULL, IsLockHeld, &Held), 0);
    pthread_join(Thread, NULL);
    cr_expect_not(Held);
    HostRelease(&Lock);
    cr_expect_not(HostIsHeld(&Lock));
}

Test(objects, a_lock_is_held_again_after_a_wait)
{
    HOST_CONDITION Condition = {{0}};

    HostAcquire(&Lock);
    HostWait(&Condition, &Lock, 0);
    cr_expect(HostIsHeld(&Lock));
    HostRelease(&Lock);
}

Test(objects, a_routine_that_needs_a_lock_ends_the_process_without_it, .signal = SIGABRT)
{
    KiWakeAll();
}

#endif
