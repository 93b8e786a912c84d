/* stops.h: the rows of the bug checks that have several causes, as Microsoft's pages list them: the value of the first
 * parameter (of 0xC1 the fourth). A row is named KI_<code>_<cause>. What no page lists is said to be ours. */
#ifndef EMU_CORE_STOPS_H
#define EMU_CORE_STOPS_H

/* 0x19 BAD_POOL_HEADER. */
enum {
    KI_19_HEADER_CORRUPT = 0x20,      /* the pool header of the block that is freed is corrupt */
    KI_19_NEXT_HEADER_CORRUPT = 0x21, /* the data behind the block that is freed is corrupt: an overrun, as a rule */
};

/* 0x1A MEMORY_MANAGEMENT. */
enum {
    KI_1A_HOST_REFUSES = 0,        /* ours: the host has no memory, or no mapping, for what cannot fail */
    KI_1A_MDL_NOT_LOCKED = 0x1236, /* the MDL has a page that is not locked */
};

/* 0x4E PFN_LIST_CORRUPT. */
enum {
    KI_4E_UNLOCKED_TOO_OFTEN = 0x07, /* a page is unlocked more often than it was locked */
    KI_4E_FREED_WHILE_LOCKED = 0x9A, /* a page is freed that is still locked for I/O */
};

/* 0xC1 SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION; the row is parameter 4. */
enum {
    KI_C1_FREE_NOT_ALLOCATED = 0x20,   /* a free of pool that is not allocated */
    KI_C1_FREE_SIZE_TOO_SMALL = 0x21,  /* a free of a bad address: its block would be smaller than the allocation */
    KI_C1_FREE_SIZE_TOO_LARGE = 0x22,  /* a free of a bad address: its block would be larger than the allocation */
    KI_C1_CORRUPT_BEFORE_BLOCK = 0x23, /* bytes of the block's pages before it were overwritten */
    KI_C1_CORRUPT_AFTER_BLOCK = 0x24,  /* bytes behind the end of the block were overwritten */
    KI_C1_FREE_AT_IRQL = 0x31,         /* a free at an IRQL that is too high */
    KI_C1_SINGLE_BIT_ERROR = 0x32,     /* one bit near the block has changed */
};

/* 0xC2 BAD_POOL_CALLER. */
enum {
    KI_C2_ZERO_BYTES = 0x00,                  /* a request for zero bytes */
    KI_C2_FREED_TWICE = 0x07,                 /* a free of pool that was freed before */
    KI_C2_ALLOCATE_AT_IRQL = 0x08,            /* an allocation at an IRQL that is too high */
    KI_C2_FREE_AT_IRQL = 0x09,                /* a free at an IRQL that is too high */
    KI_C2_WRONG_TAG = 0x0A,                   /* a free with another tag than the allocation's */
    KI_C2_BAD_QUOTA_PROCESS = 0x0D,           /* a free of charged pool whose process pointer is bad */
    KI_C2_FREE_NONPAGED_NOT_ALLOCATED = 0x44, /* a free of a nonpaged pool address that is not allocated */
    KI_C2_FREE_INVALID_ADDRESS = 0x46,        /* a free of an address that is none of pool */
    KI_C2_FREE_PAGED_NOT_ALLOCATED = 0x50,    /* a free of a paged pool address that is not allocated */
    KI_C2_FREE_INVALID_CONTIGUOUS = 0x60,     /* a free of contiguous memory that is none */
    KI_C2_FREE_INSIDE_NONPAGED = 0x99,        /* a free of an invalid address, or the pool header is corrupt */
    KI_C2_MUST_SUCCEED = 0x9A,                /* a request for a MUST_SUCCEED pool type */
    KI_C2_ZERO_TAG = 0x9B,                    /* a request with a tag of zero */
    KI_C2_TAG_IS_BIG = 0x9C,                  /* a request with the tag "BIG" */
    KI_C2_TAG_WITHOUT_LETTER_OR_DIGIT = 0x9D, /* a request with a tag without letter and digit */
    KI_C2_FREE_INSIDE_PAGED = 0x41286,        /* a free of an address in the middle of a paged block */
};

/* 0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION. */
enum {
    /* The pool. */
    KI_C4_ZERO_BYTES = 0x00,                /* a request for zero bytes */
    KI_C4_ALLOCATE_PAGED_AT_IRQL = 0x01,    /* a request for paged pool above APC_LEVEL */
    KI_C4_ALLOCATE_NONPAGED_AT_IRQL = 0x02, /* a request for nonpaged pool above DISPATCH_LEVEL */
    KI_C4_MUST_SUCCEED_TOO_LARGE = 0x03,    /* a request for more than a page of a MUST_SUCCEED pool type */
    KI_C4_FREE_NOT_ALLOCATED = 0x10,        /* a free of an address that no allocation returned */
    KI_C4_FREE_PAGED_AT_IRQL = 0x11,        /* a free of paged pool above APC_LEVEL */
    KI_C4_FREE_NONPAGED_AT_IRQL = 0x12,     /* a free of nonpaged pool above DISPATCH_LEVEL */
    KI_C4_FREED_TWICE = 0x13,               /* a free of pool that was freed before */
    KI_C4_FREED_ACTIVE_TIMER = 0x15,        /* a free of pool with an active timer */
    KI_C4_QUOTA_IN_DPC = 0x10B,             /* a DPC routine charges pool quota to whatever process runs */

    /* The IRQL, spin locks, fast mutexes, resources and critical regions. */
    KI_C4_RAISE_TO_LOWER_IRQL = 0x30,          /* KeRaiseIrql to an IRQL below the current one, or above the highest */
    KI_C4_LOWER_TO_HIGHER_IRQL = 0x31,         /* KeLowerIrql to an IRQL above the current one */
    KI_C4_SPIN_LOCK_RELEASED_AT_IRQL = 0x32,   /* KeReleaseSpinLock at another IRQL than DISPATCH_LEVEL */
    KI_C4_MUTEX_ACQUIRED_AT_IRQL = 0x33,       /* a fast mutex is acquired above APC_LEVEL */
    KI_C4_MUTEX_RELEASED_AT_IRQL = 0x34,       /* a fast mutex is released at another IRQL than APC_LEVEL */
    KI_C4_RESOURCE_ACQUIRED_WITH_APCS = 0x37,  /* a resource is acquired while APCs are not disabled */
    KI_C4_RESOURCE_RELEASED_WITH_APCS = 0x38,  /* a resource is released while APCs are not disabled */
    KI_C4_UNSAFE_ACQUIRE_WITH_APCS = 0x39,     /* a fast mutex is acquired "unsafe" while APCs are not disabled */
    KI_C4_UNSAFE_RELEASE_WITH_APCS = 0x3A,     /* a fast mutex is released "unsafe" while APCs are not disabled */
    KI_C4_UNALIGNED_RESOURCE = 0x3D,           /* an unaligned resource */
    KI_C4_NOT_IN_CRITICAL_REGION = 0x3E,       /* KeLeaveCriticalRegion by a thread that is in no critical region */
    KI_C4_SPIN_LOCK_ACQUIRED_BELOW_DPC = 0x40, /* an AtDpcLevel acquisition below DISPATCH_LEVEL */
    KI_C4_SPIN_LOCK_RELEASED_BELOW_DPC = 0x41, /* a FromDpcLevel release below DISPATCH_LEVEL */
    KI_C4_SPIN_LOCK_ACQUIRED_ABOVE_DPC = 0x42, /* KeAcquireSpinLock above DISPATCH_LEVEL */
    KI_C4_EVENT_SET_AT_IRQL = 0x80,            /* KeSetEvent above DISPATCH_LEVEL */
    KI_C4_OBJECT_ADDRESS = 0xE1,               /* a synchronization object lies in pageable memory, or is none */
    KI_C4_ENTER_REGION_AT_IRQL = 0x11A,        /* KeEnterCriticalRegion above APC_LEVEL */
    KI_C4_LEAVE_REGION_AT_IRQL = 0x11B,        /* KeLeaveCriticalRegion above APC_LEVEL */
    KI_C4_WAIT_ABOVE_DISPATCH = 0x120,         /* a wait above DISPATCH_LEVEL */
    KI_C4_WAIT_WITHOUT_TIMEOUT = 0x121,        /* a wait at DISPATCH_LEVEL without a timeout */
    KI_C4_WAIT_WITH_TIMEOUT = 0x122,           /* a wait at DISPATCH_LEVEL with a timeout that is not zero */
    KI_C4_USER_WAIT_ON_STACK = 0x123,          /* a wait in user mode for an object on the kernel stack */

    /* Unloading. */
    KI_C4_UNLOADED_WITH_BYTES = 0x60,   /* Windows 2000: a driver unloads and has not freed its pool */
    KI_C4_CALLED_WHILE_UNLOADED = 0x61, /* a thread of an unloaded driver asks for pool */
    KI_C4_UNLOADED_WITH_BLOCKS = 0x62,  /* a driver unloads and has not freed its pool */

    /* MDLs. */
    KI_C4_LOCK_PAGES_AT_IRQL = 0x70,     /* MmProbeAndLockPages above DISPATCH_LEVEL */
    KI_C4_MAP_AT_IRQL = 0x74,            /* MmMapLockedPages for kernel mode above DISPATCH_LEVEL; */
    KI_C4_MAP_USER_AT_IRQL = 0x75,       /* for user mode above APC_LEVEL */
    KI_C4_MAP_CACHE_AT_IRQL = 0x76,      /* MmMapLockedPagesSpecifyCache likewise; */
    KI_C4_MAP_CACHE_USER_AT_IRQL = 0x77, /* for user mode above APC_LEVEL */
    KI_C4_UNLOCK_PAGES_AT_IRQL = 0x78,   /* MmUnlockPages above DISPATCH_LEVEL */
    KI_C4_UNMAP_AT_IRQL = 0x79,          /* MmUnmapLockedPages for kernel mode above DISPATCH_LEVEL */
    KI_C4_MAP_CANNOT_FAIL = 0x81,        /* MmMapLockedPages, which stops when it fails */
    KI_C4_MAP_CACHE_CANNOT_FAIL = 0x82,  /* MmMapLockedPagesSpecifyCache with BugCheckOnFailure */
    KI_C4_LOCK_PAGES_FLAGS = 0xB0,       /* MmProbeAndLockPages for an MDL with wrong flags */
    KI_C4_MAP_WRONG_FLAGS = 0xB2,        /* an MDL with wrong flags is mapped */
    KI_C4_MAP_MISSING_FLAGS = 0xB3,      /* an MDL without a flag that it needs is mapped */
    KI_C4_UNLOCK_PARTIAL = 0xB4,         /* MmUnlockPages for a partial MDL */
    KI_C4_FREED_WHILE_MAPPED = 0xB8,     /* IoFreeMdl while the pages are mapped */
    KI_C4_UNLOCK_NOT_LOCKED = 0x7C,      /* MmUnlockPages for pages that are not locked */
    KI_C4_UNLOCK_NONPAGED = 0x7D,        /* MmUnlockPages for pages of nonpaged pool */
    KI_C4_BUILD_MDL_OF_PAGED = 0x7F,     /* MmBuildMdlForNonPagedPool for pages of paged pool */

    /* Lookaside lists and resources. */
    KI_C4_LIST_INITIALIZED_TWICE = 0xCA,     /* a lookaside list is initialized again */
    KI_C4_LIST_NOT_INITIALIZED = 0xCB,       /* a lookaside list is deleted that is not initialized */
    KI_C4_FREED_ACTIVE_LIST = 0xCC,          /* a free of pool with a lookaside list that was not deleted */
    KI_C4_LIST_BLOCK_SIZE = 0xCD,            /* a lookaside list for blocks that are too small */
    KI_C4_RESOURCE_INITIALIZED_TWICE = 0xD0, /* a resource is initialized again */
    KI_C4_RESOURCE_NOT_INITIALIZED = 0xD1,   /* a resource is deleted that is not initialized */
    KI_C4_FREED_ACTIVE_RESOURCE = 0xD2,      /* a free of pool with a resource that was not deleted */

    /* Deadlock detection; here these come without it, too: the test would hang, or the lock be broken. */
    KI_C4_SELF_DEADLOCK = 0x1000,          /* a thread acquires again what it has */
    KI_C4_USED_UNINITIALIZED = 0x1002,     /* a lock is acquired that is not initialized */
    KI_C4_UNEXPECTED_THREAD = 0x1004,      /* a thread releases what another has */
    KI_C4_LOCK_INITIALIZED_TWICE = 0x1005, /* a lock is initialized again while a thread has it */
    KI_C4_RELEASED_NOT_ACQUIRED = 0x1007,  /* a lock is released that nobody has */
    KI_C4_DELETED_WHILE_HELD = 0x100B,     /* a lock is deleted, or its memory freed, while a thread has it */

    /* Code integrity. */
    KI_C4_EXECUTABLE_POOL = 0x2000,       /* a request for executable pool */
    KI_C4_EXECUTABLE_PROTECTION = 0x2001, /* an executable page protection */
    KI_C4_EXECUTABLE_MAPPING = 0x2002,    /* an executable mapping of an MDL */

    /* DDI compliance rules. */
    KI_C4_RULE_IRQL_DISPATCH = 0x20003,             /* IrqlDispatch */
    KI_C4_RULE_IRQL_EX_ALLOCATE_POOL = 0x20004,     /* IrqlExAllocatePool */
    KI_C4_RULE_IRQL_EX_APC_LTE1 = 0x20005,          /* IrqlExApcLte1 */
    KI_C4_RULE_IRQL_EX_APC_LTE2 = 0x20006,          /* IrqlExApcLte2 */
    KI_C4_RULE_IRQL_EX_APC_LTE3 = 0x20007,          /* IrqlExApcLte3 */
    KI_C4_RULE_IRQL_EX_PASSIVE = 0x20008,           /* IrqlExPassive */
    KI_C4_RULE_IRQL_KE_APC_LTE2 = 0x20010,          /* IrqlKeApcLte2 */
    KI_C4_RULE_IRQL_KE_DISPATCH_LTE = 0x20011,      /* IrqlKeDispatchLte */
    KI_C4_RULE_IRQL_KE_RELEASE_SPIN_LOCK = 0x20015, /* IrqlKeReleaseSpinLock */
    KI_C4_RULE_IRQL_KE_SET_EVENT = 0x20016,         /* IrqlKeSetEvent */
    KI_C4_RULE_IRQL_MM_APC_LTE = 0x20019,           /* IrqlMmApcLte */
    KI_C4_RULE_IRQL_MM_DISPATCH = 0x2001A,          /* IrqlMmDispatch */
    KI_C4_RULE_IRQL_PS_PASSIVE = 0x2001C,           /* IrqlPsPassive */

    /* Ours: what no page lists. */
    KI_C4_INITIALIZED_IN_USE = 0x200E0, /* an object is initialized again while it is in use */
    KI_C4_NOT_INITIALIZED = 0x200E1,    /* an object is used that is not initialized, or was deleted */
    KI_C4_FREED_IN_USE = 0x200E2,       /* a free of pool with an object in use */
    KI_C4_FRAME_IS_GONE = 0x200E3,      /* an object in use lies in a stack frame that is gone */
    KI_C4_PUSHED_TWICE = 0x200E4,       /* an entry is pushed on a sequenced list that has it */
    KI_C4_QUOTA_LEFT = 0x200E5,         /* a driver unloads and has not returned quota that it charged */
    KI_C4_MDL_FREED_AS_POOL = 0x200E6,  /* a free by ExFreePool of an MDL of IoAllocateMdl */
    KI_C4_ABOVE_LIMIT = 0x200FF,        /* a call above the IRQL of the routine's page, which no rule names */
};

/* 0xC7 TIMER_OR_DPC_INVALID: what lies in the memory that is gone. */
enum {
    KI_C7_TIMER = 0,
    KI_C7_DPC = 1,
    KI_C7_LOOKASIDE_LIST = 6, /* ours: the first that the page does not use */
};

/* 0xDA SYSTEM_PTE_MISUSE. */
enum {
    KI_DA_UNMAP_WRONG_ADDRESS = 0x03,     /* an MDL is unmapped at another address than it is mapped at */
    KI_DA_UNMAP_NOT_MAPPED = 0x06,        /* an MDL is unmapped that is not mapped */
    KI_DA_RESERVE_ZERO_BYTES = 0x100,     /* MmAllocateMappingAddress for zero bytes */
    KI_DA_FREE_WRONG_TAG = 0x101,         /* MmFreeMappingAddress with another tag than the reservation's */
    KI_DA_FREE_NOT_RESERVED = 0x102,      /* MmFreeMappingAddress for an address that is not reserved */
    KI_DA_FREE_STILL_MAPPED = 0x103,      /* MmFreeMappingAddress while an MDL is mapped there */
    KI_DA_MAP_WRONG_TAG = 0x104,          /* a mapping to a range that was reserved under another tag */
    KI_DA_MAP_NOT_RESERVED = 0x105,       /* a mapping to an address that is not reserved */
    KI_DA_MAP_IN_USE = 0x107,             /* a mapping to a range that has one already */
    KI_DA_UNMAP_WRONG_TAG = 0x108,        /* MmUnmapReservedMapping with another tag than the reservation's */
    KI_DA_UNMAP_NOT_RESERVED = 0x109,     /* MmUnmapReservedMapping for an address that is not reserved */
    KI_DA_UNMAP_TOO_LARGE = 0x10A,        /* MmUnmapReservedMapping for an MDL that is larger than the range */
    KI_DA_UNMAP_PAGES_NOT_MAPPED = 0x10B, /* MmUnmapReservedMapping for pages that are not mapped there */
    KI_DA_UNMAP_MORE_MAPPED = 0x10C,      /* MmUnmapReservedMapping while more pages are mapped there */
    KI_DA_FREE_NONCACHED_ADDRESS = 0x303, /* MmFreeNonCachedMemory for an address that is none of it */
    KI_DA_FREE_NONCACHED_SIZE = 0x305,    /* MmFreeNonCachedMemory with another size than the allocation's */
};

/* 0x133 DPC_WATCHDOG_VIOLATION. */
enum {
    KI_133_CUMULATIVE = 1, /* too long at DISPATCH_LEVEL or above */
};

/* 0x139 KERNEL_SECURITY_CHECK_FAILURE. */
enum {
    KI_139_LIST_ENTRY = 3, /* a LIST_ENTRY is damaged, as by a second removal */
};

/* 0x13A KERNEL_MODE_HEAP_CORRUPTION. */
enum {
    KI_13A_HEADER = 0x03,       /* a header is corrupt */
    KI_13A_OVERRUN = 0x06,      /* damage that looks like an overrun */
    KI_13A_NOT_BUSY = 0x08,     /* a block is freed that is free */
    KI_13A_BAD_ARGUMENT = 0x09, /* a handle, an address or a cookie is wrong */
    KI_13A_WRONG_HEAP = 0x0C,   /* the block belongs to another heap */
    KI_13A_SMALL_STATE = 0x11,  /* the state of a small block is not what the operation needs: freed twice, as a rule */
    KI_13A_NULL_HANDLE = 0x13,  /* the handle is NULL */
};

#endif
