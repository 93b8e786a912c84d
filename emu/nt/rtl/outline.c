/* outline.c: routines of the run-time library that no header here declares, or that are inline there, and that other
 * kernel headers declare as exports of the kernel. */
#define DbgBreakPoint EmuInlineDbgBreakPoint
#include "ntifs.h"
#undef DbgBreakPoint

#include "core/exception.h"

NTSYSAPI VOID NTAPI DbgBreakPoint(VOID);
NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS Status);

VOID DbgBreakPoint(VOID)
{
    EmuInlineDbgBreakPoint();
}

/* In no header here: their inline code calls it. */
VOID RtlRaiseStatus(NTSTATUS Status)
{
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), Status, 0, 0, 0);
}
