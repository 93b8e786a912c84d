/* The highest IRQL of every routine that has no stop of its own for a wrong one: a call above it is a stop of Driver
 * Verifier's DDI compliance checking, a call at it is none. */
#include <criterion/criterion.h>

#include "support.h"

#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

/* Nothing is done with these: the stop comes first. */
static NPAGED_LOOKASIDE_LIST List;
static PAGED_LOOKASIDE_LIST PagedList;
static LOOKASIDE_LIST_EX ListEx;
static ERESOURCE Resource;
static KEVENT Event;
static KTIMER Timer;
static LARGE_INTEGER Due;
static UNICODE_STRING Unicode;
static ANSI_STRING Ansi;
static RTL_OSVERSIONINFOEXW Version;
static UCHAR Buffer[100];
static BOOLEAN Flag;

#define CALL(Routine, ...)                                                                                             \
    static VOID Call##Routine(VOID)                                                                                    \
    {                                                                                                                  \
        (VOID) Routine(__VA_ARGS__);                                                                                   \
    }

CALL(ExCreatePool, 0, TAG, NULL, NULL)
CALL(ExDestroyPool, NULL)
CALL(ExSecurePoolUpdate, NULL, TAG, Buffer, 0, 0, 1, Buffer)
CALL(ExSecurePoolValidate, NULL, TAG, Buffer, 0)
CALL(ExDeleteLookasideListEx, &ListEx)
CALL(ExDeleteNPagedLookasideList, &List)
CALL(ExDeletePagedLookasideList, &PagedList)
CALL(ExFlushLookasideListEx, &ListEx)
CALL(ExInitializeLookasideListEx, &ListEx, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0)
CALL(ExInitializeNPagedLookasideList, &List, NULL, NULL, 0, 100, TAG, 0)
CALL(ExInitializePagedLookasideList, &PagedList, NULL, NULL, 0, 100, TAG, 0)
CALL(ExInitializeResourceLite, &Resource)
CALL(ExDeleteResourceLite, &Resource)
CALL(ExReleaseResourceLite, &Resource)
CALL(ExIsResourceAcquiredExclusiveLite, &Resource)
CALL(ExIsResourceAcquiredSharedLite, &Resource)
CALL(ExQueryPoolBlockSize, Buffer, &Flag)
CALL(ExRaiseAccessViolation)
CALL(ExRaiseDatatypeMisalignment)
CALL(ExRaiseStatus, STATUS_NO_MEMORY)
CALL(IoBuildPartialMdl, NULL, NULL, NULL, 0)
CALL(IoIsWdmVersionAvailable, 1, 0)
CALL(KeAreAllApcsDisabled)
CALL(KeAreApcsDisabled)
CALL(KeCancelTimer, &Timer)
CALL(KeClearEvent, &Event)
CALL(KeFlushQueuedDpcs)
CALL(KeInitializeTimer, &Timer)
CALL(KeInitializeTimerEx, &Timer, NotificationTimer)
CALL(KeReadStateEvent, &Event)
CALL(KeReadStateTimer, &Timer)
CALL(KeResetEvent, &Event)
CALL(KeSetTimer, &Timer, Due, NULL)
CALL(KeSetTimerEx, &Timer, Due, 0, NULL)
CALL(MmAllocateMappingAddress, 1, TAG)
CALL(MmAllocateMappingAddressEx, 1, TAG, 0)
CALL(MmFreeMappingAddress, Buffer, TAG)
CALL(MmAllocateNonCachedMemory, 1)
CALL(MmFreeNonCachedMemory, Buffer, 1)
CALL(MmBuildMdlForNonPagedPool, NULL)
CALL(MmGetSystemRoutineAddress, &Unicode)
CALL(MmMapLockedPagesWithReservedMapping, Buffer, TAG, NULL, MmCached)
CALL(MmProtectMdlSystemAddress, NULL, PAGE_READONLY)
CALL(MmUnmapReservedMapping, Buffer, TAG, NULL)
CALL(NtQuerySystemInformation, 0, NULL, 0, NULL)
CALL(ZwQuerySystemInformation, 0, NULL, 0, NULL)
CALL(PsChargePoolQuota, PsGetCurrentProcess(), PagedPool, 1)
CALL(PsChargeProcessNonPagedPoolQuota, PsGetCurrentProcess(), 1)
CALL(PsChargeProcessPagedPoolQuota, PsGetCurrentProcess(), 1)
CALL(PsChargeProcessPoolQuota, PsGetCurrentProcess(), PagedPool, 1)
CALL(PsReturnPoolQuota, PsGetCurrentProcess(), PagedPool, 1)
CALL(PsReturnProcessNonPagedPoolQuota, PsGetCurrentProcess(), 1)
CALL(PsReturnProcessPagedPoolQuota, PsGetCurrentProcess(), 1)
CALL(PsGetVersion, NULL, NULL, NULL, NULL)
CALL(RtlAnsiStringToUnicodeString, &Unicode, &Ansi, FALSE)
CALL(RtlUnicodeStringToAnsiString, &Ansi, &Unicode, FALSE)
CALL(RtlAppendUnicodeStringToString, &Unicode, &Unicode)
CALL(RtlAppendUnicodeToString, &Unicode, NULL)
CALL(RtlCompareUnicodeString, &Unicode, &Unicode, FALSE)
CALL(RtlCopyUnicodeString, &Unicode, NULL)
CALL(RtlEqualUnicodeString, &Unicode, &Unicode, FALSE)
CALL(RtlFreeAnsiString, &Ansi)
CALL(RtlFreeUnicodeString, &Unicode)
CALL(RtlGetVersion, (PRTL_OSVERSIONINFOW)&Version)
CALL(RtlInitAnsiString, &Ansi, NULL)
CALL(RtlInitString, &Ansi, NULL)
CALL(RtlInitUnicodeString, &Unicode, NULL)
CALL(RtlInitUnicodeStringEx, &Unicode, NULL)
CALL(RtlIsNtDdiVersionAvailable, NTDDI_WIN2K)
CALL(RtlIsServicePackVersionInstalled, NTDDI_WIN2K)
CALL(RtlVerifyVersionInfo, &Version, VER_MAJORVERSION, 0)

enum {
    NO_RULE = 0x200FF
};

typedef struct ROUTINE {
    PCSTR Name;
    VOID (*Call)(VOID);
    KIRQL Highest;
    ULONG Rule;
} ROUTINE;

#define ROW(Routine, Highest, Rule)                                                                                    \
    {                                                                                                                  \
#Routine, Call##Routine, Highest, Rule                                                                         \
    }

static const ROUTINE Routines[] = {
    ROW(ExCreatePool, DISPATCH_LEVEL, NO_RULE),
    ROW(ExDestroyPool, DISPATCH_LEVEL, NO_RULE),
    ROW(ExSecurePoolUpdate, DISPATCH_LEVEL, NO_RULE),
    ROW(ExSecurePoolValidate, DISPATCH_LEVEL, NO_RULE),
    ROW(ExDeleteLookasideListEx, DISPATCH_LEVEL, NO_RULE),
    ROW(ExDeleteNPagedLookasideList, DISPATCH_LEVEL, NO_RULE),
    ROW(ExDeletePagedLookasideList, APC_LEVEL, 0x20006),
    ROW(ExFlushLookasideListEx, DISPATCH_LEVEL, NO_RULE),
    ROW(ExInitializeLookasideListEx, DISPATCH_LEVEL, NO_RULE),
    ROW(ExInitializeNPagedLookasideList, DISPATCH_LEVEL, NO_RULE),
    ROW(ExInitializePagedLookasideList, APC_LEVEL, 0x20006),
    ROW(ExInitializeResourceLite, DISPATCH_LEVEL, NO_RULE),
    ROW(ExDeleteResourceLite, APC_LEVEL, 0x20007),
    ROW(ExReleaseResourceLite, DISPATCH_LEVEL, NO_RULE),
    ROW(ExIsResourceAcquiredExclusiveLite, DISPATCH_LEVEL, NO_RULE),
    ROW(ExIsResourceAcquiredSharedLite, DISPATCH_LEVEL, NO_RULE),
    ROW(ExQueryPoolBlockSize, DISPATCH_LEVEL, NO_RULE),
    ROW(ExRaiseAccessViolation, PASSIVE_LEVEL, 0x20008),
    ROW(ExRaiseDatatypeMisalignment, PASSIVE_LEVEL, 0x20008),
    ROW(ExRaiseStatus, APC_LEVEL, 0x20008),
    ROW(IoBuildPartialMdl, DISPATCH_LEVEL, NO_RULE),
    ROW(IoIsWdmVersionAvailable, PASSIVE_LEVEL, NO_RULE),
    ROW(KeAreAllApcsDisabled, DISPATCH_LEVEL, NO_RULE),
    ROW(KeAreApcsDisabled, DISPATCH_LEVEL, NO_RULE),
    ROW(KeCancelTimer, DISPATCH_LEVEL, 0x20011),
    ROW(KeClearEvent, DISPATCH_LEVEL, 0x20011),
    ROW(KeFlushQueuedDpcs, PASSIVE_LEVEL, NO_RULE),
    ROW(KeInitializeTimer, DISPATCH_LEVEL, 0x20011),
    ROW(KeInitializeTimerEx, DISPATCH_LEVEL, 0x20011),
    ROW(KeReadStateEvent, DISPATCH_LEVEL, 0x20011),
    ROW(KeReadStateTimer, DISPATCH_LEVEL, 0x20011),
    ROW(KeResetEvent, DISPATCH_LEVEL, 0x20011),
    ROW(KeSetTimer, DISPATCH_LEVEL, 0x20011),
    ROW(KeSetTimerEx, DISPATCH_LEVEL, 0x20011),
    ROW(MmAllocateMappingAddress, APC_LEVEL, NO_RULE),
    ROW(MmAllocateMappingAddressEx, APC_LEVEL, NO_RULE),
    ROW(MmFreeMappingAddress, APC_LEVEL, NO_RULE),
    ROW(MmAllocateNonCachedMemory, APC_LEVEL, 0x20019),
    ROW(MmFreeNonCachedMemory, APC_LEVEL, 0x20019),
    ROW(MmBuildMdlForNonPagedPool, DISPATCH_LEVEL, NO_RULE),
    ROW(MmGetSystemRoutineAddress, PASSIVE_LEVEL, NO_RULE),
    ROW(MmMapLockedPagesWithReservedMapping, DISPATCH_LEVEL, NO_RULE),
    ROW(MmProtectMdlSystemAddress, DISPATCH_LEVEL, NO_RULE),
    ROW(MmUnmapReservedMapping, DISPATCH_LEVEL, NO_RULE),
    ROW(NtQuerySystemInformation, PASSIVE_LEVEL, NO_RULE),
    ROW(ZwQuerySystemInformation, PASSIVE_LEVEL, NO_RULE),
    ROW(PsChargePoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsChargeProcessNonPagedPoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsChargeProcessPagedPoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsChargeProcessPoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsReturnPoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsReturnProcessNonPagedPoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsReturnProcessPagedPoolQuota, APC_LEVEL, NO_RULE),
    ROW(PsGetVersion, PASSIVE_LEVEL, 0x2001C),
    ROW(RtlAnsiStringToUnicodeString, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlUnicodeStringToAnsiString, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlAppendUnicodeStringToString, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlAppendUnicodeToString, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlCompareUnicodeString, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlCopyUnicodeString, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlEqualUnicodeString, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlFreeAnsiString, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlFreeUnicodeString, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlGetVersion, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlInitAnsiString, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlInitString, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlInitUnicodeString, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlInitUnicodeStringEx, DISPATCH_LEVEL, NO_RULE),
    ROW(RtlIsNtDdiVersionAvailable, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlIsServicePackVersionInstalled, PASSIVE_LEVEL, NO_RULE),
    ROW(RtlVerifyVersionInfo, PASSIVE_LEVEL, NO_RULE),
};

static EMU_BUGCHECK StopAt(const ROUTINE *Routine, KIRQL Irql)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(Irql, &Old);
        Routine->Call();
        KeLowerIrql(Old);
    }
    return Stop;
}

static BOOLEAN IsLimitStop(const EMU_BUGCHECK *Stop)
{
    return Stop->Code == DRIVER_VERIFIER_DETECTED_VIOLATION && strstr(Stop->Text, "the highest at which") != NULL;
}

Test(irql_limits, a_call_above_the_highest_irql_of_a_routine_stops_with_its_rule)
{
    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE), STATUS_SUCCESS);
    for (const ROUTINE *Routine = Routines; Routine < Routines + COUNT(Routines); Routine++) {
        for (KIRQL Irql = (KIRQL)(Routine->Highest + 1); Irql <= HIGH_LEVEL; Irql++) {
            EMU_BUGCHECK Stop = StopAt(Routine, Irql);
            BOOLEAN HasRule = Routine->Rule != NO_RULE;
            cr_expect(IsLimitStop(&Stop), "%s at %u: 0x%X %s", Routine->Name, Irql, Stop.Code, Stop.Text);
            EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, Routine->Rule, Stop.Parameter[1], HasRule ? 0 : Irql,
                        HasRule ? 0 : Routine->Highest);
            cr_expect_neq(Stop.Parameter[1], 0u);
            cr_expect_not_null(strstr(Stop.Text, Routine->Name), "%s", Stop.Text);
        }
    }
}

/* Those that stand what these parameters are. */
Test(irql_limits, a_call_at_the_highest_irql_of_a_routine_is_no_stop)
{
    static const ROUTINE Harmless[] = {
        ROW(IoIsWdmVersionAvailable, PASSIVE_LEVEL, 0),
        ROW(KeFlushQueuedDpcs, PASSIVE_LEVEL, 0),
        ROW(KeInitializeTimer, DISPATCH_LEVEL, 0),
        ROW(MmGetSystemRoutineAddress, PASSIVE_LEVEL, 0),
        ROW(PsChargePoolQuota, APC_LEVEL, 0),
        ROW(PsReturnPoolQuota, APC_LEVEL, 0),
        ROW(PsGetVersion, PASSIVE_LEVEL, 0),
        ROW(RtlEqualUnicodeString, PASSIVE_LEVEL, 0),
        ROW(RtlFreeUnicodeString, PASSIVE_LEVEL, 0),
        ROW(RtlInitUnicodeString, DISPATCH_LEVEL, 0),
        ROW(RtlInitUnicodeStringEx, DISPATCH_LEVEL, 0),
    };

    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE), STATUS_SUCCESS);
    for (const ROUTINE *Routine = Harmless; Routine < Harmless + COUNT(Harmless); Routine++) {
        EMU_BUGCHECK Stop = StopAt(Routine, Routine->Highest);
        cr_expect_eq(Stop.Code, 0u, "%s: %s", Routine->Name, Stop.Text);
    }
    cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

Test(irql_limits, without_compliance_checking_and_before_Windows_8_nothing_looks_at_it)
{
    for (ULONG Round = 0; Round < 2; Round++) {
        EMU_BUGCHECK Stop;
        cr_assert_eq(EmuSetVerifier(Round == 0 ? EMU_VERIFIER_MISCELLANEOUS : EMU_VERIFIER_DDI_COMPLIANCE),
                     STATUS_SUCCESS);
        cr_assert_eq(EmuSetWindows(Round == 0 ? "win11-25h2" : "win7"), STATUS_SUCCESS);
        EMU_CATCH_BUGCHECK(&Stop)
        {
            KIRQL Old = KeRaiseIrqlToDpcLevel();
            CallRtlGetVersion();
            CallPsGetVersion();
            KeLowerIrql(Old);
        }
        cr_expect_eq(Stop.Code, 0u, "%s", Stop.Text);
    }
}
