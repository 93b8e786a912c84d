// ExInitializeNPagedLookasideList and MmMapLockedPagesSpecifyCache are redirected: as macros.
// flags: -DPOOL_NX_OPTIN_AUTO=1 -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <wdm.h>

#if !defined(ExInitializeNPagedLookasideList) || !defined(MmMapLockedPagesSpecifyCache)
#error not redirected
#endif

VOID Use(PNPAGED_LOOKASIDE_LIST List, PMDL Mdl);
VOID Use(PNPAGED_LOOKASIDE_LIST List, PMDL Mdl)
{
    ExInitializeNPagedLookasideList(List, NULL, NULL, 0, 64, 'looP', 0);
    (VOID) MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    (VOID) MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
}
