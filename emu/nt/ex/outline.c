/* outline.c: what is inline in wdm.h, and what other kernel headers declare as an export of the kernel. */
#define InitializeSListHead EmuInlineInitializeSListHead
#include "wdm.h"
#undef InitializeSListHead

NTKERNELAPI VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead);

VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
    EmuInlineInitializeSListHead(SListHead);
}
