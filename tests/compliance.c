/* compliance.c: the rules of DDI compliance checking that name a routine of the emulator's, and with each routine the
 * IRQLs at which it breaks its rule and at which it does not. Where a routine has an older stop for its IRQL, too, the
 * rule comes first. irql_limits.c has the routines that no rule names. */
#include <criterion/criterion.h>

#include "support.h"

static PAGED_LOOKASIDE_LIST PagedList;
static ERESOURCE Resource;
static FAST_MUTEX Mutex;
static KSPIN_LOCK SpinLock;
static KEVENT Event;
static KTIMER Timer;
static LARGE_INTEGER Due = {.QuadPart = -10000000000ll};
static PVOID Memory;

static VOID Prepare(VOID)
{
    KeInitializeSpinLock(&SpinLock);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeInitializeTimer(&Timer);
    ExInitializeFastMutex(&Mutex);
    ExInitializeResourceLite(&Resource);
    ExInitializePagedLookasideList(&PagedList, NULL, NULL, 0, 64, TAG, 0);
    Memory = MmAllocateContiguousMemory(PAGE_SIZE, (PHYSICAL_ADDRESS){.QuadPart = MAXLONGLONG});
    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_DDI_COMPLIANCE), STATUS_SUCCESS);
}

TestSuite(compliance, .init = Prepare, .timeout = 60);

EMU_NOINLINE static EMU_BUGCHECK StopAt(KIRQL Irql, VOID (*Call)(VOID))
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KIRQL Before;

        if (Irql != PASSIVE_LEVEL) {
            KeRaiseIrql(Irql, &Before);
        }
        Call();
    }
    return Stop;
}

/* At Wrong the call breaks the rule since Windows 8, and since the option is on. Words: how the rule's text begins. */
static VOID Expect(VOID (*Call)(VOID), KIRQL Wrong, ULONG Rule, PCSTR Words)
{
    EMU_BUGCHECK Stop = StopAt(Wrong, Call);

    EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, Rule, Stop.Parameter[1], 0, 0);
    cr_assert_eq(Stop.Code, (ULONG)DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_expect_eq(strncmp((PCSTR)Stop.Parameter[1], Words, strlen(Words)), 0, "%s", (PCSTR)Stop.Parameter[1]);
    cr_assert_eq(EmuSetWindows("win7sp1"), STATUS_SUCCESS);
    Stop = StopAt(Wrong, Call);
    cr_expect(Stop.Code != DRIVER_VERIFIER_DETECTED_VIOLATION || Stop.Parameter[0] != Rule, "on Windows 7");
}

static VOID ExpectNone(VOID (*Call)(VOID), KIRQL Right)
{
    EMU_BUGCHECK Stop = StopAt(Right, Call);

    cr_expect(Stop.Code != DRIVER_VERIFIER_DETECTED_VIOLATION, "bug check 0x%X/0x%zX: %s", Stop.Code,
              (size_t)Stop.Parameter[0], Stop.Text);
}

#define ROW(Name, Rule, Words, Wrong, Right, ...)                                                                      \
    static VOID Call_##Name(VOID)                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__;                                                                                                   \
    }                                                                                                                  \
    Test(compliance, Name##_below_or_above_its_IRQL_is_##Rule)                                                         \
    {                                                                                                                  \
        Expect(Call_##Name, Wrong, Rule, Words ": ");                                                                  \
    }                                                                                                                  \
    Test(compliance, Name##_at_its_IRQL_breaks_no_rule)                                                                \
    {                                                                                                                  \
        ExpectNone(Call_##Name, Right);                                                                                \
    }

enum {
    ABOVE = DISPATCH_LEVEL + 1
};

ROW(KeAcquireSpinLockAtDpcLevel, 0x20003, "IrqlDispatch", APC_LEVEL, DISPATCH_LEVEL,
    KeAcquireSpinLockAtDpcLevel(&SpinLock))
ROW(KeReleaseSpinLockFromDpcLevel, 0x20003, "IrqlDispatch", APC_LEVEL, DISPATCH_LEVEL,
    KeReleaseSpinLockFromDpcLevel(&SpinLock))
ROW(ExAllocatePoolWithTag, 0x20004, "IrqlExAllocatePool", ABOVE, DISPATCH_LEVEL,
    ExAllocatePoolWithTag(NonPagedPoolNx, 1, TAG))
ROW(ExAllocatePoolWithTagPriority, 0x20004, "IrqlExAllocatePool", ABOVE, DISPATCH_LEVEL,
    ExAllocatePoolWithTagPriority(NonPagedPoolNx, 1, TAG, NormalPoolPriority))
ROW(ExAcquireFastMutex, 0x20005, "IrqlExApcLte1", DISPATCH_LEVEL, APC_LEVEL, ExAcquireFastMutex(&Mutex))
ROW(ExTryToAcquireFastMutex, 0x20005, "IrqlExApcLte1", DISPATCH_LEVEL, APC_LEVEL, ExTryToAcquireFastMutex(&Mutex))
ROW(ExInitializePagedLookasideList, 0x20006, "IrqlExApcLte2", DISPATCH_LEVEL, APC_LEVEL,
    static PAGED_LOOKASIDE_LIST List;
    ExInitializePagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0))
ROW(ExDeletePagedLookasideList, 0x20006, "IrqlExApcLte2", DISPATCH_LEVEL, APC_LEVEL,
    ExDeletePagedLookasideList(&PagedList))
ROW(ExAcquireResourceExclusiveLite, 0x20007, "IrqlExApcLte3", DISPATCH_LEVEL, APC_LEVEL,
    ExAcquireResourceExclusiveLite(&Resource, TRUE))
ROW(ExAcquireResourceSharedLite, 0x20007, "IrqlExApcLte3", DISPATCH_LEVEL, APC_LEVEL,
    ExAcquireResourceSharedLite(&Resource, TRUE))
ROW(ExDeleteResourceLite, 0x20007, "IrqlExApcLte3", DISPATCH_LEVEL, APC_LEVEL, ExDeleteResourceLite(&Resource))
ROW(ExRaiseAccessViolation, 0x20008, "IrqlExPassive", APC_LEVEL, PASSIVE_LEVEL, ExRaiseAccessViolation())
#if !defined(_WIN32) // Wine 8 goes on behind this exception where nobody handles it, and finds that it must not
ROW(ExRaiseDatatypeMisalignment, 0x20008, "IrqlExPassive", APC_LEVEL, PASSIVE_LEVEL, ExRaiseDatatypeMisalignment())
#endif
ROW(ExRaiseStatus, 0x20008, "IrqlExPassive", DISPATCH_LEVEL, APC_LEVEL, ExRaiseStatus(STATUS_NO_MEMORY))
ROW(KeEnterCriticalRegion, 0x20010, "IrqlKeApcLte2", DISPATCH_LEVEL, APC_LEVEL, KeEnterCriticalRegion())
ROW(KeLeaveCriticalRegion, 0x20010, "IrqlKeApcLte2", DISPATCH_LEVEL, PASSIVE_LEVEL,
    if (KeGetCurrentIrql() == PASSIVE_LEVEL) KeEnterCriticalRegion();
    KeLeaveCriticalRegion())
ROW(KeAcquireSpinLock, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KIRQL Irql;
    KeAcquireSpinLock(&SpinLock, &Irql))
ROW(KeCancelTimer, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeCancelTimer(&Timer))
ROW(KeClearEvent, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeClearEvent(&Event))
ROW(KeInitializeTimer, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeInitializeTimer(&Timer))
ROW(KeInitializeTimerEx, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL,
    KeInitializeTimerEx(&Timer, NotificationTimer))
ROW(KeReadStateEvent, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeReadStateEvent(&Event))
ROW(KeReadStateTimer, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeReadStateTimer(&Timer))
ROW(KeResetEvent, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeResetEvent(&Event))
ROW(KeSetTimer, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeSetTimer(&Timer, Due, NULL))
ROW(KeSetTimerEx, 0x20011, "IrqlKeDispatchLte", ABOVE, DISPATCH_LEVEL, KeSetTimerEx(&Timer, Due, 0, NULL))
ROW(KeReleaseSpinLock, 0x20015, "IrqlKeReleaseSpinLock", APC_LEVEL, DISPATCH_LEVEL,
    KeReleaseSpinLock(&SpinLock, APC_LEVEL))
ROW(KeSetEvent, 0x20016, "IrqlKeSetEvent", ABOVE, DISPATCH_LEVEL, KeSetEvent(&Event, 0, FALSE))
ROW(KeSetEvent_that_waits, 0x20016, "IrqlKeSetEvent", DISPATCH_LEVEL, APC_LEVEL, KeSetEvent(&Event, 0, TRUE))
ROW(MmAllocateNonCachedMemory, 0x20019, "IrqlMmApcLte", DISPATCH_LEVEL, APC_LEVEL, MmAllocateNonCachedMemory(1))
ROW(MmFreeNonCachedMemory, 0x20019, "IrqlMmApcLte", DISPATCH_LEVEL, APC_LEVEL, MmFreeNonCachedMemory(Memory, 1))
ROW(MmFreeContiguousMemory, 0x2001A, "IrqlMmDispatch", ABOVE, DISPATCH_LEVEL, MmFreeContiguousMemory(Memory))
ROW(PsGetVersion, 0x2001C, "IrqlPsPassive", APC_LEVEL, PASSIVE_LEVEL, PsGetVersion(NULL, NULL, NULL, NULL))
