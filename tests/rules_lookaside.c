/* Rules of lookaside lists that hold for all three families, asked of each of them. */
#include <criterion/criterion.h>

#include "support.h"

static NPAGED_LOOKASIDE_LIST Nonpaged;
static PAGED_LOOKASIDE_LIST Paged;
static LOOKASIDE_LIST_EX Ex;

static BOOLEAN IsExPaged; /* the pool type of Ex */

typedef struct FAMILY {
    PCSTR Name;
    GENERAL_LOOKASIDE_POOL *List;
    void (*Initialize)(PVOID List, SIZE_T Size, ULONG Tag);
    PVOID (*Allocate)(void);
    void (*Free)(PVOID Entry);
    void (*Delete)(void);
    BOOLEAN Paged;
} FAMILY;

static void InitializeNonpaged(PVOID List, SIZE_T Size, ULONG Tag)
{
    ExInitializeNPagedLookasideList(List, NULL, NULL, POOL_NX_ALLOCATION, Size, Tag, 0);
}

static PVOID AllocateNonpaged(void)
{
    return ExAllocateFromNPagedLookasideList(&Nonpaged);
}

static void FreeNonpaged(PVOID Entry)
{
    ExFreeToNPagedLookasideList(&Nonpaged, Entry);
}

static void DeleteNonpaged(void)
{
    ExDeleteNPagedLookasideList(&Nonpaged);
}

static void InitializePaged(PVOID List, SIZE_T Size, ULONG Tag)
{
    ExInitializePagedLookasideList(List, NULL, NULL, 0, Size, Tag, 0);
}

static PVOID AllocatePaged(void)
{
    return ExAllocateFromPagedLookasideList(&Paged);
}

static void FreePaged(PVOID Entry)
{
    ExFreeToPagedLookasideList(&Paged, Entry);
}

static void DeletePaged(void)
{
    ExDeletePagedLookasideList(&Paged);
}

static void InitializeEx(PVOID List, SIZE_T Size, ULONG Tag)
{
    POOL_TYPE Type = IsExPaged ? PagedPool : NonPagedPoolNx;

    cr_assert_eq(ExInitializeLookasideListEx(List, NULL, NULL, Type, 0, Size, Tag, 0), STATUS_SUCCESS);
}

static void InitializeExNonpaged(PVOID List, SIZE_T Size, ULONG Tag)
{
    IsExPaged = FALSE;
    InitializeEx(List, Size, Tag);
}

static void InitializeExPaged(PVOID List, SIZE_T Size, ULONG Tag)
{
    IsExPaged = TRUE;
    InitializeEx(List, Size, Tag);
}

static PVOID AllocateEx(void)
{
    return ExAllocateFromLookasideListEx(&Ex);
}

static void FreeEx(PVOID Entry)
{
    ExFreeToLookasideListEx(&Ex, Entry);
}

static void DeleteEx(void)
{
    ExDeleteLookasideListEx(&Ex);
}

static const FAMILY Families[] = {
    {"nonpaged", (PVOID)&Nonpaged, InitializeNonpaged, AllocateNonpaged, FreeNonpaged, DeleteNonpaged, FALSE},
    {"paged", (PVOID)&Paged, InitializePaged, AllocatePaged, FreePaged, DeletePaged, TRUE},
    {"Ex, nonpaged", &Ex.L, InitializeExNonpaged, AllocateEx, FreeEx, DeleteEx, FALSE},
    {"Ex, paged", &Ex.L, InitializeExPaged, AllocateEx, FreeEx, DeleteEx, TRUE},
};

static const FAMILY *const EndOfFamilies = Families + COUNT(Families);

EMU_NOINLINE static EMU_BUGCHECK StopOfInitialize(const FAMILY *Family)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Family->Initialize(Family->List, 100, TAG);
    }
    return Stop;
}

EMU_NOINLINE static NTSTATUS StatusOfInitializeAt(const FAMILY *Family, PVOID List)
{
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        Family->Initialize(List, 100, TAG);
    }
    return Status;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfDelete(const FAMILY *Family)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        Family->Delete();
    }
    return Stop;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfAllocate(const FAMILY *Family, ULONG Irql)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql((KIRQL)Irql, &Old);
        Family->Allocate();
        KeLowerIrql(Old);
    }
    return Stop;
}

EMU_NOINLINE static EMU_BUGCHECK StopOfFreeTo(const FAMILY *Family, ULONG Irql, PVOID Entry)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql((KIRQL)Irql, &Old);
        Family->Free(Entry);
        KeLowerIrql(Old);
    }
    return Stop;
}

/* ---- What every family refuses -------------------------------------------------------------------------------- */

Test(rules_lookaside, a_second_initialization_stops_every_family_with_0xC4_0xCA)
{
    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        Family->Initialize(Family->List, 100, TAG);
        EXPECT_STOP(StopOfInitialize(Family), DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCA, Family->List, 0, 0);
        Family->Delete();
    }
}

Test(rules_lookaside, deleting_what_is_not_initialized_stops_every_family_with_0xC4_0xCB)
{
    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        EXPECT_STOP(StopOfDelete(Family), DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCB, Family->List, 0, 0);
    }
}

#if defined(_WIN64)
Test(rules_lookaside, a_list_that_is_not_aligned_to_16_bytes_raises_in_every_family)
{
    static UCHAR Bytes[sizeof(NPAGED_LOOKASIDE_LIST) + 64] EMU_ALIGN(64);

    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        cr_expect_eq(StatusOfInitializeAt(Family, Bytes + 8), STATUS_DATATYPE_MISALIGNMENT, "%s", Family->Name);
        /* Nothing remembers it: the same mistake again is the same exception, and no second initialisation. */
        cr_expect_eq(StatusOfInitializeAt(Family, Bytes + 8), STATUS_DATATYPE_MISALIGNMENT, "%s", Family->Name);
    }
}
#else
Test(rules_lookaside, on_x86_a_list_of_every_family_may_lie_anywhere)
{
    static UCHAR Bytes[COUNT(Families)][sizeof(NPAGED_LOOKASIDE_LIST) + 64] EMU_ALIGN(64);

    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        PVOID Place = Bytes[Family - Families] + 4;
        cr_expect_eq(StatusOfInitializeAt(Family, Place), STATUS_SUCCESS, "%s", Family->Name);
    }
}
#endif

/* The routines take what the list was made for, and the pool's rules are then the list's: a tag may be 0 until then. */
Test(rules_lookaside, a_list_with_tag_0_stops_at_its_first_miss_with_0xC2_0x9B)
{
    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        Family->Initialize(Family->List, 100, 0);
        EMU_BUGCHECK Stop = StopOfAllocate(Family, PASSIVE_LEVEL);
        EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x9B, Family->List->Type, 100, Stop.Parameter[3]);
        Family->Delete();
    }
}

/* ---- IRQL ----------------------------------------------------------------------------------------------------- */

Test(rules_lookaside, lists_work_up_to_DISPATCH_LEVEL_and_with_paged_entries_up_to_APC_LEVEL)
{
    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        ULONG Highest = Family->Paged ? APC_LEVEL : DISPATCH_LEVEL;
        Family->Initialize(Family->List, 100, TAG);
        PVOID Entry = Family->Allocate();
        EXPECT_NO_STOP(StopOfFreeTo(Family, Highest, Entry));
        EXPECT_NO_STOP(StopOfAllocate(Family, Highest));
        EXPECT_NO_STOP(StopOfAllocate(Family, Highest)); /* a miss */
        Family->Delete();
    }
}

/* ---- Entries -------------------------------------------------------------------------------------------------- */

Test(rules_lookaside, every_family_gives_the_entry_freed_last_first)
{
    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        PVOID Entries[4];
        Family->Initialize(Family->List, 100, TAG);
        for (ULONG Index = 0; Index < COUNT(Entries); Index++) {
            Entries[Index] = Family->Allocate();
        }
        for (ULONG Index = 0; Index < COUNT(Entries); Index++) {
            Family->Free(Entries[Index]);
        }
        for (ULONG Index = COUNT(Entries); Index-- > 0;) {
            cr_expect_eq(Family->Allocate(), Entries[Index], "%s", Family->Name);
        }
        Family->Delete();
    }
}

Test(rules_lookaside, only_the_first_8_bytes_of_an_entry_change_while_it_is_cached)
{
    for (const FAMILY *Family = Families; Family < EndOfFamilies; Family++) {
        Family->Initialize(Family->List, 100, TAG);
        UCHAR *First = Family->Allocate();
        UCHAR *Second = Family->Allocate();
        memset(First, 0x5A, 100);
        memset(Second, 0x5A, 100);
        Family->Free(First);
        Family->Free(Second);
        cr_expect_eq(Family->Allocate(), Second);
        cr_expect_eq(*(PVOID *)(PVOID)Second, First, "%s: the link", Family->Name);
        cr_expect(IsFilledWith(Second + 8, 0x5A, 92), "%s", Family->Name);
        Family->Delete();
    }
}

/* ---- Routines of the driver's own ----------------------------------------------------------------------------- */

static PVOID NTAPI OwnAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI OwnFree(PVOID Buffer)
{
    ExFreePool(Buffer);
}

static ULONG Frees;

static VOID NTAPI OwnFreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    Frees++;
    OwnFree(Buffer);
}

Test(rules_lookaside, either_routine_may_be_left_to_the_system)
{
    ExInitializeNPagedLookasideList(&Nonpaged, OwnAllocate, NULL, 0, 64, TAG, 0);
    cr_expect_eq(Nonpaged.L.Allocate, OwnAllocate);
    cr_expect_eq(Nonpaged.L.Free, ExFreePool);
    ExInitializePagedLookasideList(&Paged, NULL, OwnFree, 0, 64, TAG, 0);
    cr_expect_eq(Paged.L.Allocate, ExAllocatePoolWithTag);
    cr_expect_eq(Paged.L.Free, OwnFree);
    cr_expect_eq(ExInitializeLookasideListEx(&Ex, NULL, OwnFreeEx, PagedPool, 0, 64, TAG, 0), STATUS_SUCCESS);
    cr_expect_not_null(Ex.L.AllocateEx);
    cr_expect_eq(Ex.L.FreeEx, OwnFreeEx);
}

Test(rules_lookaside, flushing_an_empty_list_frees_nothing)
{
    cr_assert_eq(ExInitializeLookasideListEx(&Ex, NULL, OwnFreeEx, PagedPool, 0, 64, TAG, 0), STATUS_SUCCESS);
    ExFlushLookasideListEx(&Ex);
    cr_expect_eq(Frees, 0);
}

/* ---- Types and flags ------------------------------------------------------------------------------------------ */

Test(rules_lookaside, an_Ex_list_takes_every_pool_type_with_every_known_modifier)
{
    static const ULONG Modifiers[] = {0,
                                      POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
                                      POOL_RAISE_IF_ALLOCATION_FAILURE,
                                      POOL_COLD_ALLOCATION,
                                      POOL_NX_ALLOCATION,
                                      POOL_ZERO_ALLOCATION};

    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Index = 0; Index < COUNT(Modifiers); Index++) {
            ULONG Type = (ULONG)Kinds[Kind].Type | Modifiers[Index];
            cr_expect_eq(ExInitializeLookasideListEx(&Ex, NULL, NULL, (POOL_TYPE)Type, 0, 64, TAG, 0), STATUS_SUCCESS,
                         "0x%X", Type);
            cr_expect_eq((ULONG)Ex.L.Type, Type);
            DeleteEx();
        }
    }
}

Test(rules_lookaside, every_type_with_the_must_succeed_bit_or_an_unknown_bit_is_STATUS_INVALID_PARAMETER_4)
{
    for (ULONG Bit = 0; Bit < 32; Bit++) {
        ULONG Type = 1u << Bit;
        NTSTATUS Wanted =
            (Type & (1 | 4 | 8 | 16 | 32 | 256 | 512 | 1024)) != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_4;
        cr_expect_eq(ExInitializeLookasideListEx(&Ex, NULL, NULL, (POOL_TYPE)Type, 0, 64, TAG, 0), Wanted, "0x%X",
                     Type);
        if (Wanted == STATUS_SUCCESS) {
            DeleteEx();
        }
    }
}
