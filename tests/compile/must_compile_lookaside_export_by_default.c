// The default is the newest Windows, where the lookaside routines are exports: wdm.h only declares them.

#include <wdm.h>

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    return Lookaside;
}
