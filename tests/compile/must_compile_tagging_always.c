// Pool is always tagged: POOL_TAGGING is defined, and no routine is a macro for an untagged one.

#include <ntifs.h>

#if !defined(POOL_TAGGING)
#error POOL_TAGGING is not defined
#endif
#if defined(ExAllocatePool) || defined(ExAllocatePoolWithTag) || defined(ExAllocatePoolWithQuotaTag)
#error an allocation routine is a macro
#endif
#if defined(ExFreePool) || defined(ExFreePoolWithTag)
#error a free routine is a macro
#endif
