/* names.c: names that much driver source uses: exports for memory, empty strings, lists and sums under a spin lock,
 * chains of sequenced lists, APCs, the build number. */
#include <criterion/criterion.h>

#include "support.h"

/* As drivers declare it: no header does. */
extern PSHORT NtBuildNumber;

static KSPIN_LOCK Lock;

static PVOID AddressOf(PCWSTR Name)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

Test(names, the_memory_routines_have_addresses_and_do_what_the_inline_ones_do)
{
    VOID(NTAPI * Move)(VOID *, const VOID *, SIZE_T) = RtlMoveMemory;
    VOID(NTAPI * Fill)(VOID *, SIZE_T, INT) = RtlFillMemory;
    VOID(NTAPI * Zero)(VOID *, SIZE_T) = RtlZeroMemory;
    CHAR Text[] = "abcdef";

    Move(Text + 1, Text, 4);
    cr_expect_str_eq(Text, "aabcdf");
    Fill(Text, 2, 'x');
    cr_expect_str_eq(Text, "xxbcdf");
    Zero(Text + 1, 2);
    cr_expect_eq(memcmp(Text, "x\0\0cdf", 7), 0);
#if defined(_WIN64)
    VOID(NTAPI * Copy)(VOID *, const VOID *, SIZE_T) = RtlCopyMemory;
    VOID(NTAPI * CopyPast)(VOID *, const VOID *, SIZE_T) = RtlCopyMemoryNonTemporal;

    Copy(Text, "12", 2);
    CopyPast(Text + 2, "34", 2);
    cr_expect_str_eq(Text, "1234df");
#endif
}

Test(names, MmGetSystemRoutineAddress_finds_the_memory_routines)
{
    cr_expect_not_null(AddressOf(L"RtlMoveMemory"));
    cr_expect_not_null(AddressOf(L"RtlFillMemory"));
    cr_expect_not_null(AddressOf(L"RtlZeroMemory"));
    cr_expect_not_null(AddressOf(L"ExInterlockedInsertTailList"));
}

Test(names, RtlFillMemoryUlong_and_RtlCompareMemoryUlong_go_by_32_bits)
{
    ULONG Words[3] = {1, 2, 3};

    RtlFillMemoryUlong(Words, 8, 0xA5A5A5A5);
    cr_expect_eq(Words[1], 0xA5A5A5A5);
    cr_expect_eq(Words[2], 3u);
    cr_expect_eq(RtlCompareMemoryUlong(Words, sizeof(Words), 0xA5A5A5A5), 8);
    cr_expect_eq(RtlCompareMemoryUlong(Words, sizeof(Words), 3), 0);
}

Test(names, an_empty_string_has_its_buffer)
{
    WCHAR Wide[8];
    CHAR Narrow[8];
    UNICODE_STRING Unicode = {1, 2, NULL};
    ANSI_STRING Ansi = {1, 2, NULL};

    RtlInitEmptyUnicodeString(&Unicode, Wide, sizeof(Wide));
    cr_expect_eq(Unicode.Length, 0);
    cr_expect_eq(Unicode.MaximumLength, 16);
    cr_expect_eq(Unicode.Buffer, Wide);
    RtlInitEmptyAnsiString(&Ansi, Narrow, sizeof(Narrow));
    cr_expect_eq(Ansi.Length, 0);
    cr_expect_eq(Ansi.MaximumLength, 8);
    cr_expect_eq(Ansi.Buffer, Narrow);
}

/* ---- Under a spin lock ------------------------------------------------------------------------------------------ */

Test(names, the_list_routines_return_what_was_there_before)
{
    LIST_ENTRY Head, First, Second, Third;

    InitializeListHead(&Head);
    cr_expect_eq(ExInterlockedRemoveHeadList(&Head, &Lock), NULL);
    cr_expect_eq(ExInterlockedInsertHeadList(&Head, &Second, &Lock), NULL);
    cr_expect_eq(ExInterlockedInsertHeadList(&Head, &First, &Lock), &Second);
    cr_expect_eq(ExInterlockedInsertTailList(&Head, &Third, &Lock), &Second);
    cr_expect_eq(ExInterlockedRemoveHeadList(&Head, &Lock), &First);
    cr_expect_eq(ExInterlockedRemoveHeadList(&Head, &Lock), &Second);
    cr_expect_eq(ExInterlockedRemoveHeadList(&Head, &Lock), &Third);
    cr_expect(IsListEmpty(&Head));
    cr_expect_eq(ExInterlockedInsertTailList(&Head, &First, &Lock), NULL);
    cr_expect_eq(Lock, 0u);
}

Test(names, the_singly_linked_list_routines_return_the_first_entry)
{
    SINGLE_LIST_ENTRY Head = {NULL}, First, Second;

    cr_expect_eq(ExInterlockedPopEntryList(&Head, &Lock), NULL);
    cr_expect_eq(ExInterlockedPushEntryList(&Head, &First, &Lock), NULL);
    cr_expect_eq(ExInterlockedPushEntryList(&Head, &Second, &Lock), &First);
    cr_expect_eq(ExInterlockedPopEntryList(&Head, &Lock), &Second);
    cr_expect_eq(ExInterlockedPopEntryList(&Head, &Lock), &First);
    cr_expect_eq(Head.Next, NULL);
    cr_expect_eq(Lock, 0u);
}

Test(names, the_sums_return_what_was_there_before_and_wrap)
{
    LARGE_INTEGER Sum = {.QuadPart = MAXLONGLONG};
    LARGE_INTEGER Two = {.QuadPart = 2};
    ULONG Small = 0xFFFFFFFF;

    cr_expect_eq(ExInterlockedAddLargeInteger(&Sum, Two, &Lock).QuadPart, MAXLONGLONG);
    cr_expect_eq(Sum.QuadPart, MINLONG64 + 1);
    cr_expect_eq(ExInterlockedAddUlong(&Small, 3, &Lock), 0xFFFFFFFF);
    cr_expect_eq(Small, 2u);
    ExInterlockedAddLargeStatistic(&Sum, 0xFFFFFFFF);
    cr_expect_eq(Sum.QuadPart, MINLONG64 + 0x100000000);
}

Test(names, a_spin_lock_of_these_routines_is_taken_at_any_IRQL)
{
    LIST_ENTRY Head, Entry;
    KIRQL Old;

    InitializeListHead(&Head);
    KeRaiseIrql(HIGH_LEVEL, &Old);
    ExInterlockedInsertHeadList(&Head, &Entry, &Lock);
    cr_expect_eq(KeGetCurrentIrql(), HIGH_LEVEL);
    KeLowerIrql(Old);
    cr_expect_eq(Head.Flink, &Entry);
}

Test(names, a_thread_that_holds_the_lock_already_stops_with_SPIN_LOCK_ALREADY_OWNED)
{
    SINGLE_LIST_ENTRY Head = {NULL};
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeAcquireSpinLock(&Lock, &Old);
        ExInterlockedPopEntryList(&Head, &Lock);
    }
    cr_expect_eq(Stop.Code, SPIN_LOCK_ALREADY_OWNED);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)&Lock);
}

/* ---- Sequenced lists -------------------------------------------------------------------------------------------- */

Test(names, InterlockedPushListSListEx_pushes_a_chain)
{
    static SLIST_HEADER Head;
    static SLIST_ENTRY Entries[4];

    InitializeSListHead(&Head);
    InterlockedPushEntrySList(&Head, &Entries[3]);
    Entries[0].Next = &Entries[1];
    Entries[1].Next = &Entries[2];
    cr_expect_eq(InterlockedPushListSListEx(&Head, &Entries[0], &Entries[2], 3), &Entries[3]);
    cr_expect_eq(ExQueryDepthSList(&Head), 4);
    for (ULONG Index = 0; Index < 4; Index++) {
        cr_expect_eq(InterlockedPopEntrySList(&Head), &Entries[Index]);
    }
    cr_expect_eq(InterlockedPopEntrySList(&Head), NULL);
    cr_expect_eq(InterlockedPushListSListEx(&Head, &Entries[0], &Entries[0], 1), NULL);
    cr_expect_eq(ExQueryDepthSList(&Head), 1);
}

/* ---- APCs and the build ----------------------------------------------------------------------------------------- */

Test(names, KeAreApcsDisabled_is_TRUE_in_a_critical_region_and_KeAreAllApcsDisabled_from_APC_LEVEL_on)
{
    KIRQL Old;

    cr_expect_eq(KeAreApcsDisabled(), FALSE);
    KeEnterCriticalRegion();
    cr_expect_eq(KeAreApcsDisabled(), TRUE);
    cr_expect_eq(KeAreAllApcsDisabled(), FALSE);
    KeLeaveCriticalRegion();
    cr_expect_eq(KeAreApcsDisabled(), FALSE);
    KeRaiseIrql(APC_LEVEL, &Old);
    cr_expect_eq(KeAreApcsDisabled(), FALSE);
    cr_expect_eq(KeAreAllApcsDisabled(), TRUE);
    KeLowerIrql(Old);
}

Test(names, NtBuildNumber_is_that_of_the_emulated_Windows_and_of_a_free_build)
{
    cr_assert_eq(EmuSetWindows("win7"), STATUS_SUCCESS);
    cr_expect_geq(*NtBuildNumber, 7600);
    cr_expect_leq(*NtBuildNumber, 7601);
    cr_expect_eq(*(PULONG)(PVOID)NtBuildNumber >> 16, 0xF000u);
    cr_assert_eq(EmuSetWindows("win11-25h2"), STATUS_SUCCESS);
    cr_expect_eq(*NtBuildNumber, 26200);
}
