/* outline.c: what is inline in wdm.h, and what other kernel headers declare as an export of the kernel. */
#define KeInitializeSpinLock EmuInlineKeInitializeSpinLock
#include "wdm.h"
#undef KeInitializeSpinLock

NTKERNELAPI VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock);

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    EmuInlineKeInitializeSpinLock(SpinLock);
}
