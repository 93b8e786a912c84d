/* raise.c: the routines that raise an exception. */
#include "core/exception.h"
#include "watch/irqllimit.h"

VOID ExRaiseStatus(NTSTATUS Status)
{
    VfCheckLimit(KiExportExRaiseStatus, EMU_RETURN_ADDRESS());
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), Status, 0, 0, 0);
}

VOID ExRaiseAccessViolation(VOID)
{
    VfCheckLimit(KiExportExRaiseAccessViolation, EMU_RETURN_ADDRESS());
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), STATUS_ACCESS_VIOLATION, 0, 0, 0);
}

VOID ExRaiseDatatypeMisalignment(VOID)
{
    VfCheckLimit(KiExportExRaiseDatatypeMisalignment, EMU_RETURN_ADDRESS());
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
}
