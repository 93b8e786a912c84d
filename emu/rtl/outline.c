/* outline.c: routines that are inline in include/km/ and that other kernel headers declare as exports of the kernel. */
#define DbgBreakPoint EmuInlineDbgBreakPoint
#define InitializeSListHead EmuInlineInitializeSListHead
#define KeInitializeSpinLock EmuInlineKeInitializeSpinLock
#include "ntifs.h"
#undef DbgBreakPoint
#undef InitializeSListHead
#undef KeInitializeSpinLock

#include "ke/exception.h"

NTSYSAPI VOID NTAPI DbgBreakPoint(VOID);
NTKERNELAPI VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead);
NTKERNELAPI VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS Status);

VOID DbgBreakPoint(VOID)
{
    EmuInlineDbgBreakPoint();
}

VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
    EmuInlineInitializeSListHead(SListHead);
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    EmuInlineKeInitializeSpinLock(SpinLock);
}

/* In no header here: their inline code calls it. */
VOID RtlRaiseStatus(NTSTATUS Status)
{
    KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), Status, 0, 0, 0);
}
