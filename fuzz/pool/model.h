/* model.h: what the program has done so far, as the rules have it. */
#ifndef FUZZ_POOL_MODEL_H
#define FUZZ_POOL_MODEL_H

#include "ntifs.h"
#include "poolemu.h"

enum {
    MOST_OPERATIONS = 2000,
    MOST_BLOCKS = 64,
    MOST_FREED = 16,
    MOST_CACHED = 8,
    LIST_COUNT = 4,
    SLIST_COUNT = 2,
    ENTRY_COUNT = 8,
    TAG_COUNT = 16,
    HEADER_BYTES = 16,
    CHEAP_BYTES = 1 << 18, /* larger blocks count against the input's budget */
    MOST_LIVE_BYTES = 4 << 20,
    BUDGET_BYTES = 8 << 20, /* of large allocations an input */
    BUDGET_SLOW = 4,        /* what slow operations may cost: asking the host, long searches, waiting */
    FAR_BYTES = 64 << 20,   /* from any block to a part of its arena that nothing uses */
    DEFAULT_DEPTH = 4,
    LEAST_ENTRY_BYTES = 8,
    TYPE_MODIFIERS = POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_COLD_ALLOCATION |
                     POOL_ZERO_ALLOCATION,
    /* What a block keeps of its type; a paged one not the last. */
    TYPE_BITS = PagedPool | NonPagedPoolBaseCacheAligned | NonPagedPoolSession | POOL_NX_ALLOCATION,
};

#define TAG_NONE 'enoN' /* what untagged requests are counted under */

typedef struct LIST LIST;

typedef struct BLOCK {
    UCHAR *Address;
    SIZE_T Size;
    SIZE_T Capacity; /* up to the next header, or to the end of the last page */
    ULONG Tag;
    ULONG Type; /* TYPE_BITS of the type asked for */
    BOOLEAN Executable;
    BOOLEAN Quota;
    BOOLEAN Small;  /* has a pool header in front */
    BOOLEAN Filled; /* holds the pattern of Seed */
    ULONG64 Seed;
    ULONG Born;     /* Model.Clock at the allocation */
    LIST *List;     /* the lookaside list it came from */
    BOOLEAN Cached; /* it is in that list now */
    UCHAR Header[HEADER_BYTES];
} BLOCK;

typedef struct FREED {
    UCHAR *Address;
    ULONG When;
    ULONG Tag;
    BOOLEAN Small;
    BOOLEAN Paged;
} FREED;

typedef enum FAMILY {
    NPagedFamily,
    PagedFamily,
    ExFamily,
} FAMILY;

struct LIST {
    FAMILY Family;
    PVOID Object;
    BOOLEAN Initialized;
    ULONG Type;
    SIZE_T Size;
    ULONG Tag;
    ULONG Count;
    UCHAR *Cached[MOST_CACHED]; /* the last one goes first */
    ULONG TotalAllocates;
    ULONG AllocateMisses;
    ULONG TotalFrees;
    ULONG FreeMisses;
};

typedef struct STACK {
    ULONG Count;
    ULONG Entries[ENTRY_COUNT];
} STACK;

typedef struct MODEL {
    BLOCK Blocks[MOST_BLOCKS];
    ULONG BlockCount;
    SIZE_T LiveBytes;
    FREED Freed[MOST_FREED];
    ULONG FreedCount; /* all; the last MOST_FREED are kept */
    LIST Lists[LIST_COUNT];
    STACK Stacks[SLIST_COUNT];
    BOOLEAN IsPushed[ENTRY_COUNT];
    EMU_TAG_USAGE Usage[TAG_COUNT];
    const EMU_WINDOWS *Windows;
    KIRQL Irql;
    ULONG Clock; /* allocations so far */
    ULONG64 Seeds;
} MODEL;

/* What is left to the input. */
typedef struct BUDGET {
    SIZE_T Bytes;
    ULONG Slow;
} BUDGET;

extern const ULONG Tags[TAG_COUNT];
extern MODEL Model;
extern BUDGET Budget;

/* Where paged pool lies, as the emulator's own bug check 0xC2 (0x50) told; and where each kind of pool begins, as 0x13A
 * did. */
extern ULONG_PTR PagedBase;
extern SIZE_T PagedBytes;
extern ULONG_PTR HeapBase[3];

extern ULONG Operation;
extern const char *OperationName;
extern BOOLEAN Trace;

/* FALSE: the input has used up what it may spend on slow operations. */
BOOLEAN MaySpend(ULONG Cost);

BOOLEAN IsAtLeast(ULONG Major, ULONG Minor, ULONG Build);
BOOLEAN HasNxPool(VOID);
BOOLEAN HasZeroing(VOID);
BOOLEAN HasHeap(VOID); /* what is found at a free is 0x13A */

/* The emulator did something else than the model says: prints it and aborts. */
EMU_NORETURN EMU_FORMAT(1, 2) VOID Differ(const char *Format, ...);

/* For the trace. */
EMU_FORMAT(1, 2) VOID Say(const char *Format, ...);

/* ---- Live blocks ---------------------------------------------------------------------------------------------- */

ULONG_PTR FirstWord(const VOID *Address);
SIZE_T HeaderBytes(const BLOCK *Block);
BOOLEAN IsDamaged(const BLOCK *Block);

/* NULL when there is none: the block at Address; the one that Address lies in, its header included; the one whose
 * header stands right behind Block. */
BLOCK *FindBlock(const VOID *Address);
BLOCK *FindBlockAround(const UCHAR *Address);
BLOCK *FindNeighbour(const BLOCK *Block);

/* A block that the program may use as it likes: not one in a lookaside list. NULL when there is none. */
BLOCK *ChooseBlock(VOID);

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

EMU_POOL_USAGE *UsageOf(ULONG Tag, ULONG Type);
VOID CompareUsage(ULONG Tag, const char *Pool, const EMU_POOL_USAGE *Found, const EMU_POOL_USAGE *Wanted);
VOID CheckTag(ULONG Index);
VOID CheckTagOf(ULONG Tag);

#endif
