/* irqllimit.c: the compliance rules about the IRQL of a call, and the stop for all other routines. */
#include "watch/irqllimit.h"

#include "core/bugcheck.h"
#include "core/windows.h"

/* The IRQLs at which the rule allows a call. */
typedef struct VF_IRQL_RULE {
    KI_EXPORT Export;
    ULONG Rule;
    KIRQL Lowest;
    KIRQL Highest;
    PCSTR Words;
} VF_IRQL_RULE;

/* As the pages of the rules list them under "Applies to"; the two AtDpcLevel routines stand in the rule's text only.
 * IrqlExAllocatePool depends on the pool type: nt/ex/pool.c has it. */
static const CHAR VfDispatch[] =
    "IrqlDispatch: KeAcquireSpinLockAtDpcLevel and KeReleaseSpinLockFromDpcLevel are called "
    "at IRQL = DISPATCH_LEVEL.";
static const CHAR VfExApcLte1[] = "IrqlExApcLte1: ExAcquireFastMutex and ExTryToAcquireFastMutex are called at IRQL <= "
                                  "APC_LEVEL.";
static const CHAR VfExApcLte2[] = "IrqlExApcLte2: the routines that initialize and delete paged lookaside lists are "
                                  "called at IRQL <= APC_LEVEL.";
static const CHAR VfExApcLte3[] = "IrqlExApcLte3: the routines that acquire and delete resources are called at IRQL <= "
                                  "APC_LEVEL.";
static const CHAR VfExPassive[] = "IrqlExPassive: ExRaiseAccessViolation and ExRaiseDatatypeMisalignment are called at "
                                  "IRQL = PASSIVE_LEVEL, ExRaiseStatus at IRQL <= APC_LEVEL.";
static const CHAR VfKeApcLte2[] =
    "IrqlKeApcLte2: KeEnterCriticalRegion and KeLeaveCriticalRegion are called at IRQL <= "
    "APC_LEVEL.";
static const CHAR VfKeDispatchLte[] = "IrqlKeDispatchLte: KeAcquireSpinLock and the routines of events and timers are "
                                      "called at IRQL <= DISPATCH_LEVEL.";
static const CHAR VfKeReleaseSpinLock[] =
    "IrqlKeReleaseSpinLock: KeReleaseSpinLock is called at IRQL = DISPATCH_LEVEL.";
static const CHAR VfKeSetEvent[] = "IrqlKeSetEvent: KeSetEvent is called at IRQL <= DISPATCH_LEVEL, and at IRQL <= "
                                   "APC_LEVEL when Wait is TRUE.";
static const CHAR VfMmApcLte[] = "IrqlMmApcLte: MmAllocateNonCachedMemory and MmFreeNonCachedMemory are called at IRQL "
                                 "<= APC_LEVEL.";
static const CHAR VfMmDispatch[] = "IrqlMmDispatch: MmFreeContiguousMemory is called at IRQL <= DISPATCH_LEVEL.";
static const CHAR VfPsPassive[] = "IrqlPsPassive: PsGetVersion is called at IRQL = PASSIVE_LEVEL.";
static const CHAR VfNoRule[] = "The page of the routine says at which IRQL it is called.";

#define RULE(Routine, Rule, Lowest, Highest, Words)                                                                    \
    {                                                                                                                  \
        KiExport##Routine, Rule, Lowest, Highest, Words                                                                \
    }

/* clang-format off */
static const VF_IRQL_RULE VfIrqlRules[] = {
    RULE(KeAcquireSpinLockAtDpcLevel, KI_C4_RULE_IRQL_DISPATCH, DISPATCH_LEVEL, HIGH_LEVEL, VfDispatch),
    RULE(KeReleaseSpinLockFromDpcLevel, KI_C4_RULE_IRQL_DISPATCH, DISPATCH_LEVEL, HIGH_LEVEL, VfDispatch),
    RULE(ExAcquireFastMutex, KI_C4_RULE_IRQL_EX_APC_LTE1, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte1),
    RULE(ExTryToAcquireFastMutex, KI_C4_RULE_IRQL_EX_APC_LTE1, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte1),
    RULE(ExDeletePagedLookasideList, KI_C4_RULE_IRQL_EX_APC_LTE2, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte2),
    RULE(ExInitializePagedLookasideList, KI_C4_RULE_IRQL_EX_APC_LTE2, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte2),
    RULE(ExAcquireResourceExclusiveLite, KI_C4_RULE_IRQL_EX_APC_LTE3, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte3),
    RULE(ExAcquireResourceSharedLite, KI_C4_RULE_IRQL_EX_APC_LTE3, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte3),
    RULE(ExDeleteResourceLite, KI_C4_RULE_IRQL_EX_APC_LTE3, PASSIVE_LEVEL, APC_LEVEL, VfExApcLte3),
    RULE(ExRaiseAccessViolation, KI_C4_RULE_IRQL_EX_PASSIVE, PASSIVE_LEVEL, PASSIVE_LEVEL, VfExPassive),
    RULE(ExRaiseDatatypeMisalignment, KI_C4_RULE_IRQL_EX_PASSIVE, PASSIVE_LEVEL, PASSIVE_LEVEL, VfExPassive),
    RULE(ExRaiseStatus, KI_C4_RULE_IRQL_EX_PASSIVE, PASSIVE_LEVEL, APC_LEVEL, VfExPassive),
    RULE(KeEnterCriticalRegion, KI_C4_RULE_IRQL_KE_APC_LTE2, PASSIVE_LEVEL, APC_LEVEL, VfKeApcLte2),
    RULE(KeLeaveCriticalRegion, KI_C4_RULE_IRQL_KE_APC_LTE2, PASSIVE_LEVEL, APC_LEVEL, VfKeApcLte2),
    RULE(KeAcquireSpinLockRaiseToDpc, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeCancelTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeClearEvent, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeInitializeTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeInitializeTimerEx, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeReadStateEvent, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeReadStateTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeResetEvent, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeSetTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeSetTimerEx, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeDispatchLte),
    RULE(KeReleaseSpinLock, KI_C4_RULE_IRQL_KE_RELEASE_SPIN_LOCK, DISPATCH_LEVEL, DISPATCH_LEVEL, VfKeReleaseSpinLock),
    RULE(KeSetEvent, KI_C4_RULE_IRQL_KE_SET_EVENT, PASSIVE_LEVEL, DISPATCH_LEVEL, VfKeSetEvent),
    RULE(MmAllocateNonCachedMemory, KI_C4_RULE_IRQL_MM_APC_LTE, PASSIVE_LEVEL, APC_LEVEL, VfMmApcLte),
    RULE(MmFreeNonCachedMemory, KI_C4_RULE_IRQL_MM_APC_LTE, PASSIVE_LEVEL, APC_LEVEL, VfMmApcLte),
    RULE(MmFreeContiguousMemory, KI_C4_RULE_IRQL_MM_DISPATCH, PASSIVE_LEVEL, DISPATCH_LEVEL, VfMmDispatch),
    RULE(PsGetVersion, KI_C4_RULE_IRQL_PS_PASSIVE, PASSIVE_LEVEL, PASSIVE_LEVEL, VfPsPassive),
};
/* clang-format on */

static const VF_IRQL_RULE *VfRuleOf(KI_EXPORT Export)
{
    for (ULONG Index = 0; Index < sizeof(VfIrqlRules) / sizeof(VfIrqlRules[0]); Index++) {
        if (VfIrqlRules[Index].Export == Export) {
            return &VfIrqlRules[Index];
        }
    }
    return NULL;
}

static PCSTR VfIrqlName(KIRQL Irql)
{
    return Irql == PASSIVE_LEVEL ? "PASSIVE_LEVEL" : Irql == APC_LEVEL ? "APC_LEVEL" : "DISPATCH_LEVEL";
}

VOID VfStopForRule(KI_EXPORT Export, KIRQL Highest, PVOID Caller)
{
    const VF_IRQL_RULE *Rule = VfRuleOf(Export);

    if (Rule == NULL || !KiIsAtLeast(6, 2, 0)) {
        return;
    }
    KIRQL Limit = min(Highest, Rule->Highest);
    if (KiThread.Irql >= Rule->Lowest && KiThread.Irql <= Limit) {
        return;
    }
    BOOLEAN IsAbove = KiThread.Irql > Limit;
    KIRQL Bound = IsAbove ? Limit : Rule->Lowest;
    KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Rule->Rule, (ULONG_PTR)Rule->Words, 0, 0),
            "%s was called at IRQL %u; the %s at which it may be called is %u (%s)", KiExportName(Export),
            KiThread.Irql, IsAbove ? "highest" : "lowest", Bound, VfIrqlName(Bound));
}

/* Driver Verifier checks compliance since Windows 8. */
VOID VfStopAboveLimit(KI_EXPORT Export, PVOID Caller)
{
    KIRQL Limit = KiExportIrql(Export);

    VfStopForRule(Export, HIGH_LEVEL, Caller);
    if (KiThread.Irql <= Limit || !KiIsAtLeast(6, 2, 0)) {
        return;
    }
    KiStopF(
        Caller,
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_ABOVE_LIMIT, (ULONG_PTR)VfNoRule, KiThread.Irql, Limit),
        "%s was called at IRQL %u; the highest at which it may be called is %u (%s)", KiExportName(Export),
        KiThread.Irql, Limit, VfIrqlName(Limit));
}
