/* circumstances.c: the operations that change what holds for all calls: IRQL, Windows, a new beginning. */
#include "pool/circumstances.h"

#include "pool/contents.h"
#include "pool/input.h"
#include "pool/lists.h"
#include "pool/operations.h"
#include "pool/query.h"
#include "pool/run.h"
#include "pool/slist.h"

VOID ChangeIrql(VOID)
{
    ULONG Selector = Byte();
    KIRQL Irql = (KIRQL)(Selector / 4 % 18);
    BOOLEAN Raise = Selector % 2 == 0;
    BOOLEAN Right = Raise ? Irql >= Model.Irql && Irql <= HIGH_LEVEL : Irql <= Model.Irql;
    CALL Call = {.Routine = Raise ? CallRaiseIrql : CallLowerIrql, .Irql = Irql};
    EXPECTED Expected = ExpectReturn;

    Say("%s to %u", Raise ? "raise" : "lower", Irql);
    if (!Right || Selector % 4 >= 2) {
        /* In a block that catches. */
        if (!Right) {
            Expected = ExpectStop(Raise ? IRQL_NOT_GREATER_OR_EQUAL : IRQL_NOT_LESS_OR_EQUAL, Model.Irql, Irql, 0, 0);
        }
        Run(&Call, &Expected);
    } else {
        Invoke(&Call);
        Say("\n");
        if (Raise && Call.Value != Model.Irql) {
            Differ("KeRaiseIrql says that the IRQL was %u", (ULONG)Call.Value);
        }
        Model.Irql = Irql;
    }
    if (KeGetCurrentIrql() != Model.Irql) {
        Differ("the IRQL is %u", KeGetCurrentIrql());
    }
}

VOID ChangeWindows(VOID)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);
    ULONG Selector = Byte();
    NTSTATUS Status;

    if (Selector == 255) {
        Status = EmuSetWindows("win9");
        if (Status != STATUS_NOT_FOUND) {
            Differ("EmuSetWindows of a name that is none: 0x%08X", (ULONG)Status);
        }
    } else {
        Model.Windows = &Table[Selector % Count];
        Status = EmuSetWindows(Model.Windows->Name);
        if (Status != STATUS_SUCCESS) {
            Differ("EmuSetWindows: 0x%08X", (ULONG)Status);
        }
    }
    Say("%s\n", Model.Windows->Name);
    if (EmuWindows() != Model.Windows) {
        Differ("the Windows is %s", EmuWindows()->Name);
    }
}

VOID CheckEverything(VOID)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        CheckContents(&Model.Blocks[Index]);
    }
    WalkTags();
    for (ULONG Index = 0; Index < LIST_COUNT; Index++) {
        CheckList(&Model.Lists[Index]);
    }
}

VOID Reset(VOID)
{
    SIZE_T Count;

    EmuReset();
    EmuAllowMissingExports(TRUE);
    memset(&Model, 0, sizeof(Model));
    Model.Windows = &EmuWindowsTable(&Count)[0];
    Model.Windows += Count - 1;
    while (Model.Windows->ProductType != VER_NT_WORKSTATION) {
        Model.Windows--;
    }
    ForgetLists();
    InitializeSLists();
    if (EmuWindows() != Model.Windows || KeGetCurrentIrql() != PASSIVE_LEVEL) {
        Differ("EmuReset leaves %s at IRQL %u", EmuWindows()->Name, KeGetCurrentIrql());
    }
    WalkTags();
}

VOID ResetOperation(VOID)
{
    if (MaySpend(1)) {
        CheckEverything();
        Reset();
    }
}
