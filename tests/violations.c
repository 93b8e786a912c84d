/* Mistakes that Windows does not stop: the emulator goes on as Windows does, and records a violation. */
#include <criterion/criterion.h>

#include "support.h"

static EMU_VIOLATION OnlyViolation(EMU_VIOLATION_KIND Kind)
{
    VIOLATIONS Found = Violations();

    cr_assert_eq(Found.Count, 1u);
    cr_assert_eq(Found.Last.Kind, Kind);
    cr_assert_not_null(Found.Last.Caller);
    return Found.Last;
}

static BOOLEAN Says(PCSTR Text)
{
    VIOLATIONS Found = Violations();

    return strstr(Found.Last.Text, Text) != NULL;
}

/* ---- POOL_TYPE for POOL_FLAGS --------------------------------------------------------------------------------- */

Test(violations, a_POOL_TYPE_given_to_ExAllocatePool2_fails_and_is_a_violation)
{
    static const ULONG Modifiers[] = {0, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, POOL_RAISE_IF_ALLOCATION_FAILURE,
                                      POOL_ZERO_ALLOCATION};

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Modifier = 0; Modifier < COUNT(Modifiers); Modifier++) {
            ULONG Type = (ULONG)Kinds[Kind].Type | Modifiers[Modifier];
            EmuReset();
            if ((Type & POOL_FLAG_RAISE_ON_FAILURE) == 0) { /* which is the bit of the session types */
                cr_expect_null(ExAllocatePool2(Type, 100, TAG), "%s", Kinds[Kind].Name);
                OnlyViolation(EmuViolationPoolTypeAsFlags);
                cr_expect(Says("ExAllocatePool2"));
                EmuReset();
                cr_expect_null(ExAllocatePool3(Type, 100, TAG, NULL, 0), "%s", Kinds[Kind].Name);
                OnlyViolation(EmuViolationPoolTypeAsFlags);
                cr_expect(Says("ExAllocatePool3"));
            }
        }
    }
    EmuReset();
    cr_expect_null(ExAllocatePool2(NonPagedPoolNx, 100, TAG));
    cr_expect(Says("0x200") && Says("NonPagedPoolNx"), "%s", Violations().Last.Text);
}

Test(violations, a_session_POOL_TYPE_given_to_ExAllocatePool2_raises_and_is_a_violation)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        ExAllocatePool2(PagedPoolSession, 100, TAG);
    }
    cr_expect_eq(Status, STATUS_INVALID_PARAMETER);
    OnlyViolation(EmuViolationPoolTypeAsFlags);
}

/* POOL_COLD_ALLOCATION is POOL_FLAG_PAGED: with it a POOL_TYPE is valid flags, and nobody can tell. */
Test(violations, flags_that_mean_something_are_no_violation)
{
    POOL_FLAGS Flags[] = {POOL_FLAG_NON_PAGED,
                          POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_USE_QUOTA,
                          POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED,
                          POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED,
                          PagedPool | POOL_COLD_ALLOCATION,
                          POOL_FLAG_NON_PAGED | 0x7F00000000ull};

    for (SIZE_T Index = 0; Index < COUNT(Flags); Index++) {
        cr_expect_not_null(ExAllocatePool2(Flags[Index], 100, TAG));
        cr_expect_not_null(ExAllocatePool3(Flags[Index], 100, TAG, NULL, 0));
    }
    cr_expect_eq(EmuViolationCount(), 0u);
}

Test(violations, other_invalid_parameters_of_ExAllocatePool2_are_no_violation)
{
    cr_expect_null(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 100, TAG));
    cr_expect_null(ExAllocatePool2(POOL_FLAG_PAGED, 100, 0));
    cr_expect_null(ExAllocatePool2(0x100000000ull, 100, TAG));
    cr_expect_null(ExAllocatePool3(POOL_FLAG_PAGED, 100, TAG, NULL, 1));
    cr_expect_eq(EmuViolationCount(), 0u);
}

/* ---- Zeroing before Windows 10 2004 --------------------------------------------------------------------------- */

static PVOID Zero(VOID)
{
    return ExAllocatePoolZero(PagedPool, 100, TAG);
}

static PVOID QuotaZero(VOID)
{
    return ExAllocatePoolQuotaZero(PagedPool, 100, TAG);
}

static PVOID PriorityZero(VOID)
{
    return ExAllocatePoolPriorityZero(NonPagedPool, 5000, TAG, HighPoolPriority);
}

Test(violations, ExAllocatePoolZero_without_the_macro_is_a_violation_where_Windows_does_not_zero)
{
    static PVOID (*const Routines[])(VOID) = {Zero, QuotaZero, PriorityZero};
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    for (SIZE_T Row = 0; Row < Rows; Row++) {
        for (SIZE_T Routine = 0; Routine < COUNT(Routines); Routine++) {
            EmuReset();
            cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
            cr_assert_not_null(Routines[Routine]());
            cr_assert_eq(EmuViolationCount(), ZeroesPool(&Table[Row]) ? 0u : 1u, "%s", Table[Row].Name);
            if (!ZeroesPool(&Table[Row])) {
                OnlyViolation(EmuViolationNotZeroed);
                cr_expect(Says("POOL_ZERO_DOWN_LEVEL_SUPPORT") && Says(Table[Row].Title));
            }
        }
    }
}

/* The driver may zero the memory itself. */
Test(violations, POOL_ZERO_ALLOCATION_by_hand_and_the_uninitialized_routines_are_no_violation)
{
    cr_assert_eq(EmuSetWindows("win10-1909"), STATUS_SUCCESS);
    ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_ZERO_ALLOCATION), 100, TAG);
    ExAllocatePoolUninitialized(PagedPool, 100, TAG);
    ExAllocatePoolQuotaUninitialized(PagedPool, 100, TAG);
    ExAllocatePoolPriorityUninitialized(PagedPool, 100, TAG, LowPoolPriority);
    cr_expect_eq(EmuViolationCount(), 0u);
}

Test(violations, stops_show_the_pool_type_of_ExAllocatePoolZero_as_the_kernel_gets_it)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolZero(PagedPool, 0, TAG);
    }
    if (EmuVerifier() == 0) {
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x00, 0, PagedPool | POOL_ZERO_ALLOCATION, TAG);
    } else {
        EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x00, PASSIVE_LEVEL, PagedPool | POOL_ZERO_ALLOCATION, 0);
    }
}

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

Test(violations, the_default_tags_are_a_violation_at_their_first_request)
{
    static const ULONG Tags[] = {'enoN', ' mdW', ' kdD', 'enoN' | PROTECTED_POOL};
    static const PCSTR Texts[] = {"'None'", "'Wdm '", "'Ddk '", "'None'"};

    for (SIZE_T Index = 0; Index < COUNT(Tags); Index++) {
        EmuReset();
        for (ULONG Times = 0; Times < 3; Times++) {
            cr_expect_not_null(ExAllocatePoolWithTag(PagedPool, 100, Tags[Index]));
        }
        cr_expect_eq(OnlyViolation(EmuViolationTag).Count, 1u);
        cr_expect(Says("ExAllocatePoolWithTag") && Says(Texts[Index]), "%s", Violations().Last.Text);
        EmuReset();
        cr_expect_not_null(ExAllocatePool2(POOL_FLAG_PAGED, 5000, Tags[Index]));
        OnlyViolation(EmuViolationTag);
    }
}

Test(violations, a_request_without_a_tag_is_no_violation_and_hides_none)
{
    ExFreePool(ExAllocatePool(PagedPool, 100));
    ExFreePool(ExAllocatePoolWithQuota(PagedPool, 100));
    cr_expect_eq(EmuViolationCount(), 0u);
}

Test(violations, a_tag_with_a_character_outside_of_space_to_tilde_is_a_violation)
{
    for (ULONG Character = 1; Character < 0x100; Character++) {
        for (ULONG Place = 0; Place < 4; Place++) {
            ULONG Tag = ('AAAA' & ~(0xFFu << Place * 8)) | Character << Place * 8;
            ULONG Seen = Place == 3 ? Character & 0x7F : Character; /* the highest bit of the tag is PROTECTED_POOL */
            BOOLEAN Good = (Seen >= 0x20 && Seen <= 0x7E) || Seen == 0;
            EmuReset();
            ExAllocatePoolWithTag(PagedPool, 100, Tag);
            cr_assert_eq(EmuViolationCount(), Good ? 0u : 1u, "0x%08X", Tag);
        }
    }
}

Test(violations, a_tag_of_one_to_four_characters_is_no_violation_with_a_zero_between_them_it_is)
{
    static const ULONG Tags[] = {'A', 'AB', 'ABC', 'ABCD', ' A ~', 0x80000041};
    static const ULONG Bad[] = {0x41000041, 0x41424300, 0x00410042};

    for (SIZE_T Index = 0; Index < COUNT(Tags); Index++) {
        ExAllocatePoolWithTag(PagedPool, 100, Tags[Index]);
    }
    cr_expect_eq(EmuViolationCount(), 0u);
    for (SIZE_T Index = 0; Index < COUNT(Bad); Index++) {
        ExAllocatePoolWithTag(PagedPool, 100, Bad[Index]);
        cr_expect_eq(EmuViolationCount(), Index + 1);
    }
}

Test(violations, a_lookaside_list_with_a_default_tag_is_a_violation_when_it_first_asks_the_pool)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 100, ' kdD', 0);
    cr_expect_eq(EmuViolationCount(), 0u);
    cr_expect_not_null(ExAllocateFromNPagedLookasideList(&List));
    OnlyViolation(EmuViolationTag);
    ExDeleteNPagedLookasideList(&List);
}
