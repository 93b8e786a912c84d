// Without an opt-in macro NonPagedPool is the constant 0 (on processors other than x86 and x64: 512).

#include <wdm.h>

#if defined(_AMD64_)
C_ASSERT(NonPagedPool == 0);
C_ASSERT(NonPagedPoolCacheAligned == 4);
#else
C_ASSERT(NonPagedPool == NonPagedPoolNx);
C_ASSERT(NonPagedPoolCacheAligned == NonPagedPoolNxCacheAligned);
#endif
