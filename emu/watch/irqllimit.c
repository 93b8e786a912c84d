/* irqllimit.c: the compliance rules about the IRQL of a call, and the stop for all other routines. */
#include "watch/irqllimit.h"

#include "core/bugcheck.h"
#include "core/windows.h"

typedef struct VF_IRQL_RULE {
    KI_EXPORT Export;
    ULONG Rule;
    PCSTR Words;
} VF_IRQL_RULE;

/* As the pages of the rules list them under "Applies to". */
static const CHAR VfExPassive[] = "IrqlExPassive: ExRaiseAccessViolation and ExRaiseDatatypeMisalignment are called at "
                                  "IRQL = PASSIVE_LEVEL, ExRaiseStatus at IRQL <= APC_LEVEL.";
static const CHAR VfKeDispatchLte[] = "IrqlKeDispatchLte: the routines of events and timers are called at IRQL <= "
                                      "DISPATCH_LEVEL.";
static const CHAR VfMmApcLte[] = "IrqlMmApcLte: MmAllocateNonCachedMemory and MmFreeNonCachedMemory are called at IRQL "
                                 "<= APC_LEVEL.";
static const CHAR VfPsPassive[] = "IrqlPsPassive: PsGetVersion is called at IRQL = PASSIVE_LEVEL.";
static const CHAR VfNoRule[] = "The page of the routine says at which IRQL it is called.";

static const VF_IRQL_RULE VfIrqlRules[] = {
    {KiExportExRaiseAccessViolation, KI_C4_RULE_IRQL_EX_PASSIVE, VfExPassive},
    {KiExportExRaiseDatatypeMisalignment, KI_C4_RULE_IRQL_EX_PASSIVE, VfExPassive},
    {KiExportExRaiseStatus, KI_C4_RULE_IRQL_EX_PASSIVE, VfExPassive},
    {KiExportKeCancelTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeClearEvent, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeInitializeTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeInitializeTimerEx, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeReadStateEvent, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeReadStateTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeResetEvent, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeSetTimer, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportKeSetTimerEx, KI_C4_RULE_IRQL_KE_DISPATCH_LTE, VfKeDispatchLte},
    {KiExportMmAllocateNonCachedMemory, KI_C4_RULE_IRQL_MM_APC_LTE, VfMmApcLte},
    {KiExportMmFreeNonCachedMemory, KI_C4_RULE_IRQL_MM_APC_LTE, VfMmApcLte},
    {KiExportPsGetVersion, KI_C4_RULE_IRQL_PS_PASSIVE, VfPsPassive},
};

static const VF_IRQL_RULE *VfRuleOf(KI_EXPORT Export)
{
    for (ULONG Index = 0; Index < sizeof(VfIrqlRules) / sizeof(VfIrqlRules[0]); Index++) {
        if (VfIrqlRules[Index].Export == Export) {
            return &VfIrqlRules[Index];
        }
    }
    return NULL;
}

/* Driver Verifier checks compliance since Windows 8. */
VOID VfStopAboveLimit(KI_EXPORT Export, PVOID Caller)
{
    KIRQL Limit = KiExportIrql(Export);

    if (KiThread.Irql <= Limit || !KiIsAtLeast(6, 2, 0)) {
        return;
    }
    const VF_IRQL_RULE *Rule = VfRuleOf(Export);
    KI_BUGCHECK BugCheck =
        Rule != NULL ? KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Rule->Rule, (ULONG_PTR)Rule->Words, 0, 0)
                     : KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, KI_C4_ABOVE_LIMIT, (ULONG_PTR)VfNoRule,
                                  KiThread.Irql, Limit);
    KiStopF(Caller, BugCheck, "%s was called at IRQL %u; the highest at which it may be called is %u (%s)",
            KiExportName(Export), KiThread.Irql, Limit,
            Limit == PASSIVE_LEVEL ? "PASSIVE_LEVEL"
            : Limit == APC_LEVEL   ? "APC_LEVEL"
                                   : "DISPATCH_LEVEL");
}
