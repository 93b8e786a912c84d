/* run.c: makes a call and compares what came of it with what the model expects. */
#include "pool/run.h"

EMU_BUGCHECK Stop;
NTSTATUS Raised;

EXPECTED ExpectStop(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    return (EXPECTED){.Code = Code, .Parameter = {P1, P2, P3, P4}};
}

EXPECTED ExpectRaise(NTSTATUS Status)
{
    return (EXPECTED){.Raised = Status};
}

const EXPECTED ExpectReturn;

BOOLEAN Returns(const EXPECTED *Expected)
{
    return Expected->Code == 0 && Expected->Raised == STATUS_SUCCESS;
}

static BOOLEAN IsParameterRight(const EXPECTED *Expected, ULONG Index)
{
    switch (Expected->Kind[Index]) {
    case IS_CALLER:
        return Stop.Parameter[Index] - (ULONG_PTR)Invoke < 0x4000;
    case IS_ANY:
        return TRUE;
    default:
        return Stop.Parameter[Index] == Expected->Parameter[Index];
    }
}

VOID Compare(const EXPECTED *Expected)
{
    static const char *const Kinds[] = {"", " (or an address of the caller)", " (or anything)"};

    if (Raised != Expected->Raised) {
        Differ("raised 0x%08X, expected 0x%08X", (ULONG)Raised, (ULONG)Expected->Raised);
    }
    if (Stop.Code != Expected->Code) {
        Differ("bug check 0x%X (0x%zX, 0x%zX, 0x%zX, 0x%zX) %s, expected 0x%X (0x%zX, 0x%zX, 0x%zX, 0x%zX)", Stop.Code,
               (size_t)Stop.Parameter[0], (size_t)Stop.Parameter[1], (size_t)Stop.Parameter[2],
               (size_t)Stop.Parameter[3], Stop.Text, Expected->Code, (size_t)Expected->Parameter[0],
               (size_t)Expected->Parameter[1], (size_t)Expected->Parameter[2], (size_t)Expected->Parameter[3]);
    }
    for (ULONG Index = 0; Expected->Code != 0 && Index < 4; Index++) {
        if (!IsParameterRight(Expected, Index)) {
            Differ("parameter %u of bug check 0x%X (0x%zX) is 0x%zX, expected 0x%zX%s; %s", Index + 1, Stop.Code,
                   (size_t)Stop.Parameter[0], (size_t)Stop.Parameter[Index], (size_t)Expected->Parameter[Index],
                   Kinds[Expected->Kind[Index]], Stop.Text);
        }
    }
}

static VOID CatchStop(CALL *Call)
{
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Invoke(Call);
    }
}

VOID RunUnchecked(CALL *Call)
{
    EMU_CATCH_EXCEPTION(&Raised)
    {
        CatchStop(Call);
    }
    if (Stop.Code != 0) {
        Say(" -> stop 0x%X (0x%zX, 0x%zX, 0x%zX, 0x%zX)\n", Stop.Code, (size_t)Stop.Parameter[0],
            (size_t)Stop.Parameter[1], (size_t)Stop.Parameter[2], (size_t)Stop.Parameter[3]);
    } else if (Raised != STATUS_SUCCESS) {
        Say(" -> raised 0x%08X\n", (ULONG)Raised);
    } else {
        Say(" -> %p\n", Call->Result);
    }
    if (Stop.Code == 0 && (Call->Routine == CallRaiseIrql || Call->Routine == CallLowerIrql)) {
        Model.Irql = Call->Irql; /* only a stop puts it back */
    }
    if (KeGetCurrentIrql() != Model.Irql) {
        Differ("the IRQL is %u behind the call", KeGetCurrentIrql());
    }
}

/* The build that first exports the routine, for those that not every Windows has; the lists' routines since Vista have
 * build 6000, and any build of a later Windows is higher. */
static BOOLEAN IsExported(const CALL *Call, ULONG *Since)
{
    BOOLEAN IsEx = Call->List != NULL && Call->List->Family == ExFamily;

    switch (Call->Routine) {
    case CallAllocatePool2:
    case CallAllocatePool3:
        *Since = 19041;
        return IsAtLeast(10, 0, *Since);
    case CallFreePool2:
        *Since = 20348;
        return IsAtLeast(10, 0, *Since);
    case CallAllocateFromList:
    case CallFreeToList:
        *Since = 22621;
        return IsAtLeast(10, 0, *Since);
    case CallInitializeList:
    case CallDeleteList:
    case CallFlushList:
        *Since = 6000;
        return !IsEx || IsAtLeast(6, 0, *Since);
    default:
        return TRUE;
    }
}

/* A routine that Windows lacks stops before it does anything, and works when that is allowed. */
static VOID RunWhereMissing(CALL *Call)
{
    EXPECTED Expected = ExpectStop((ULONG)STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, 0, 0, 0, Model.Windows->Build);
    ULONG Since;

    if (IsExported(Call, &Since)) {
        return;
    }
    Expected.Parameter[2] = Since;
    Expected.Kind[0] = Expected.Kind[1] = IS_ANY;
    EmuAllowMissingExports(FALSE);
    RunUnchecked(Call);
    EmuAllowMissingExports(TRUE);
    Compare(&Expected);
}

VOID Run(CALL *Call, const EXPECTED *Expected)
{
    RunWhereMissing(Call);
    RunUnchecked(Call);
    Compare(Expected);
}
