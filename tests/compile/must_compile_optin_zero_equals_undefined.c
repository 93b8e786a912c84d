// The macros are tested by value: POOL_NX_OPTIN 0 equals not defining it.
// flags: -DPOOL_NX_OPTIN=0

#include <wdm.h>

#if defined(_AMD64_)
C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);
#else
C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);
#endif
