// Under POOL_NX_OPTOUT ExInitializeNPagedLookasideList and MmMapLockedPagesSpecifyCache stay what they are.
// flags: -DPOOL_NX_OPTOUT=1 -DPOOL_NX_OPTIN=1

#include <wdm.h>

#if defined(ExInitializeNPagedLookasideList) || defined(MmMapLockedPagesSpecifyCache)
#error redirected
#endif
