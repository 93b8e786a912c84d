// Built for Windows 7, the inline lookaside routines give no warning.
// flags: -DNTDDI_VERSION=0x06010000 -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <wdm.h>

VOID Use(PNPAGED_LOOKASIDE_LIST N, PPAGED_LOOKASIDE_LIST P, PLOOKASIDE_LIST_EX E);
VOID Use(PNPAGED_LOOKASIDE_LIST N, PPAGED_LOOKASIDE_LIST P, PLOOKASIDE_LIST_EX E)
{
    ExFreeToNPagedLookasideList(N, ExAllocateFromNPagedLookasideList(N));
    ExFreeToPagedLookasideList(P, ExAllocateFromPagedLookasideList(P));
    ExFreeToLookasideListEx(E, ExAllocateFromLookasideListEx(E));
}
