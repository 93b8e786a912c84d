// Built for Windows 11 22H2 or newer, the lookaside routines are exports: wdm.h only declares them.
// flags: -DNTDDI_VERSION=0x0A00000C

#include <wdm.h>

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    return Lookaside;
}
