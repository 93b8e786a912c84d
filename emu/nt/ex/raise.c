/* raise.c: the routines that raise an exception. */
#include "core/exception.h"

VOID ExRaiseStatus(NTSTATUS Status)
{
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), Status, 0, 0, 0);
}

VOID ExRaiseAccessViolation(VOID)
{
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), STATUS_ACCESS_VIOLATION, 0, 0, 0);
}

VOID ExRaiseDatatypeMisalignment(VOID)
{
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
}
