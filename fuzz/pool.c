/* pool.c: fuzzes the pool against a model. An input is a program, one byte an operation and the rest its arguments; the
 * model (the live blocks and a few counters) says from the rules what each operation must do: return what, stop with
 * which parameters, raise which status. POOLEMU_FUZZ_TRACE=1 prints the program of an input. */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include "ntifs.h"
#include "poolemu.h"

int LLVMFuzzerInitialize(int *Count, char ***Arguments);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes);

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

/* ---- The model ------------------------------------------------------------------------------------------------ */

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

static const ULONG Tags[TAG_COUNT] = {'tseT', 'derF',   'A', '9',   'b   ', 'lfvO', '+1+1', 'torP' | PROTECTED_POOL,
                                      'torP', TAG_NONE, 0,   'BIG', ' GIB', '    ', '.,-+', 0x01020304};

static struct {
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
} Model;

/* What is left to the input. */
static struct {
    SIZE_T Bytes;
    ULONG Slow;
} Budget;

static NPAGED_LOOKASIDE_LIST NPagedList;
static PAGED_LOOKASIDE_LIST PagedList;
static LOOKASIDE_LIST_EX ExLists[2];
static SLIST_HEADER Heads[SLIST_COUNT];
static SLIST_ENTRY Entries[ENTRY_COUNT];

/* Where paged pool lies, as the emulator's own bug check 0xC2 (0x50) told. */
static ULONG_PTR PagedBase;
static SIZE_T PagedBytes;

static ULONG Operation;
static const char *OperationName = "start";
static BOOLEAN Trace;

/* FALSE: the input has used up what it may spend on slow operations. */
static BOOLEAN MaySpend(ULONG Cost)
{
    if (Budget.Slow < Cost) {
        return FALSE;
    }
    Budget.Slow -= Cost;
    return TRUE;
}

static BOOLEAN IsAtLeast(ULONG Major, ULONG Minor, ULONG Build)
{
    const EMU_WINDOWS *Windows = Model.Windows;

    if (Windows->Major != Major) {
        return Windows->Major > Major;
    }
    return Windows->Minor != Minor ? Windows->Minor > Minor : Windows->Build >= Build;
}

static BOOLEAN HasNxPool(VOID)
{
    return IsAtLeast(6, 2, 0);
}

static BOOLEAN HasZeroing(VOID)
{
    return IsAtLeast(10, 0, 19041);
}

/* ---- Differences ---------------------------------------------------------------------------------------------- */

static EMU_NORETURN EMU_FORMAT(1, 2) VOID Differ(const char *Format, ...)
{
    va_list Arguments;

    fprintf(stderr, "\nfuzz_pool: operation %u (%s; %s, IRQL %u): ", Operation, OperationName,
            Model.Windows == NULL ? "?" : Model.Windows->Name, Model.Irql);
    va_start(Arguments, Format);
    vfprintf(stderr, Format, Arguments);
    va_end(Arguments);
    fputc('\n', stderr);
    abort();
}

static EMU_FORMAT(1, 2) VOID Say(const char *Format, ...)
{
    va_list Arguments;

    if (Trace) {
        va_start(Arguments, Format);
        vfprintf(stderr, Format, Arguments);
        va_end(Arguments);
    }
}

/* ---- The input ------------------------------------------------------------------------------------------------ */

static const UCHAR *Next;
static const UCHAR *End;

static ULONG Byte(VOID)
{
    return Next < End ? *Next++ : 0;
}

static ULONG Choose(ULONG Count)
{
    return Byte() % Count;
}

static ULONG ChooseTag(VOID)
{
    return Tags[Choose(TAG_COUNT)];
}

static ULONG ChooseType(VOID)
{
    static const USHORT Types[] = {
        NonPagedPool,
        NonPagedPoolNx,
        PagedPool,
        NonPagedPoolCacheAligned,
        PagedPoolCacheAligned,
        NonPagedPoolNxCacheAligned,
        PagedPool | POOL_NX_ALLOCATION,
        NonPagedPoolSession,
        PagedPoolSession,
        NonPagedPoolSessionNx,
        NonPagedPoolCacheAlignedSession,
        PagedPoolCacheAlignedSession,
        NonPagedPoolMustSucceed,
        DontUseThisType,
        NonPagedPoolCacheAlignedMustS,
        MaxPoolType,
        NonPagedPoolMustSucceedSession,
        NonPagedPoolNx | 64,
        NonPagedPool | 128,
    };
    ULONG Selector = Byte();
    ULONG Type = Types[(Selector & 0x7F) % RTL_NUMBER_OF(Types)];

    if ((Selector & 0x80) != 0) {
        ULONG Modifiers = Byte();
        Type |= (Modifiers & (POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE)) |
                ((Modifiers & 1) != 0 ? POOL_ZERO_ALLOCATION : 0u) | ((Modifiers & 2) != 0 ? POOL_COLD_ALLOCATION : 0u);
    }
    return Type;
}

static SIZE_T ChooseSize(VOID)
{
    static const ULONG Sizes[] = {0,    1,    7,    8,    15,   16,    17,    31,    32,    33,      47,     48,
                                  49,   63,   64,   65,   112,  127,   128,   129,   240,   241,     256,    257,
                                  496,  512,  513,  1008, 1024, 1025,  2016,  2032,  2033,  2048,    2049,   4000,
                                  4016, 4017, 4032, 4048, 4063, 4064,  4065,  4079,  4080,  4081,    4095,   4096,
                                  4097, 8191, 8192, 8193, 9000, 12288, 65535, 65536, 65537, 1048576, 1048577};
    static const SIZE_T HugeSizes[] = {1ull << 36, 1ull << 63, ~(SIZE_T)0 - PAGE_SIZE, ~(SIZE_T)0 - 15, ~(SIZE_T)0};
    ULONG Selector = Byte();

    if (Selector < RTL_NUMBER_OF(Sizes)) {
        return Sizes[Selector];
    }
    if (Selector < RTL_NUMBER_OF(Sizes) + RTL_NUMBER_OF(HugeSizes)) {
        return HugeSizes[Selector - RTL_NUMBER_OF(Sizes)];
    }
    return Selector < 192 ? (Selector - 64) * 16 + Byte() % 32 : (Selector - 192) * 256 + Byte();
}

/* ---- Contents ------------------------------------------------------------------------------------------------- */

/* Blocks up to this are filled and checked byte by byte, of larger ones the pages at both ends. */
enum {
    WHOLE_BYTES = 4 * PAGE_SIZE
};

static VOID FillRange(UCHAR *Start, SIZE_T Bytes, ULONG64 Seed)
{
    ULONG64 Word = Seed;

    for (; Bytes >= sizeof(Word); Bytes -= sizeof(Word), Start += sizeof(Word)) {
        memcpy(Start, &Word, sizeof(Word));
        Word += 0x9E3779B97F4A7C15;
    }
    memcpy(Start, &Word, Bytes);
}

static BOOLEAN IsRangeFilled(const UCHAR *Start, SIZE_T Bytes, ULONG64 Seed)
{
    ULONG64 Word = Seed, Found;

    for (; Bytes >= sizeof(Word); Bytes -= sizeof(Word), Start += sizeof(Word)) {
        memcpy(&Found, Start, sizeof(Found));
        if (Found != Word) {
            return FALSE;
        }
        Word += 0x9E3779B97F4A7C15;
    }
    return memcmp(Start, &Word, Bytes) == 0;
}

static VOID Fill(BLOCK *Block)
{
    Block->Seed = ++Model.Seeds * 0xD6E8FEB86659FD93;
    Block->Filled = TRUE;
    if (Block->Size <= WHOLE_BYTES) {
        FillRange(Block->Address, Block->Size, Block->Seed);
    } else {
        FillRange(Block->Address, PAGE_SIZE, Block->Seed);
        FillRange(Block->Address + Block->Size - PAGE_SIZE, PAGE_SIZE, ~Block->Seed);
    }
}

/* Paged pool must not be touched at DISPATCH_LEVEL and above. */
static BOOLEAN IsTouchable(const BLOCK *Block)
{
    return (Block->Type & PagedPool) == 0 || Model.Irql <= APC_LEVEL;
}

static VOID CheckContents(const BLOCK *Block)
{
    if (!Block->Filled || !IsTouchable(Block)) {
        return;
    }
    BOOLEAN Same;
    if (Block->Size <= WHOLE_BYTES) {
        Same = IsRangeFilled(Block->Address, Block->Size, Block->Seed);
    } else {
        Same = IsRangeFilled(Block->Address, PAGE_SIZE, Block->Seed) &&
               IsRangeFilled(Block->Address + Block->Size - PAGE_SIZE, PAGE_SIZE, ~Block->Seed);
    }
    if (!Same) {
        Differ("the contents of the block at %p (%zu bytes) have changed", (PVOID)Block->Address, (size_t)Block->Size);
    }
}

static BOOLEAN IsZero(const UCHAR *Start, SIZE_T Bytes)
{
    return Bytes == 0 || (Start[0] == 0 && memcmp(Start, Start + 1, Bytes - 1) == 0);
}

/* ---- Live blocks ---------------------------------------------------------------------------------------------- */

static ULONG_PTR FirstWord(const VOID *Address)
{
    ULONG_PTR Word;

    memcpy(&Word, Address, sizeof(Word));
    return Word;
}

static SIZE_T HeaderBytes(const BLOCK *Block)
{
    return Block->Small ? HEADER_BYTES : 0;
}

static BOOLEAN IsDamaged(const BLOCK *Block)
{
    return Block->Small && memcmp(Block->Address - HEADER_BYTES, Block->Header, HEADER_BYTES) != 0;
}

static BLOCK *FindBlock(const VOID *Address)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        if (Model.Blocks[Index].Address == Address) {
            return &Model.Blocks[Index];
        }
    }
    return NULL;
}

/* The block that Address lies in, its header included. */
static BLOCK *FindBlockAround(const UCHAR *Address)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        BLOCK *Block = &Model.Blocks[Index];
        if (Address >= Block->Address - HeaderBytes(Block) && Address < Block->Address + Block->Capacity) {
            return Block;
        }
    }
    return NULL;
}

/* The live block whose header stands right behind Block. */
static BLOCK *FindNeighbour(const BLOCK *Block)
{
    UCHAR *Behind = Block->Address + Block->Capacity;

    return Block->Small && BYTE_OFFSET(Behind) != 0 ? FindBlock(Behind + HEADER_BYTES) : NULL;
}

/* A block that the program may use as it likes: not one in a lookaside list. NULL when there is none. */
static BLOCK *ChooseBlock(VOID)
{
    ULONG Start = Byte();

    for (ULONG Step = 0; Step < Model.BlockCount; Step++) {
        BLOCK *Block = &Model.Blocks[(Start + Step) % Model.BlockCount];
        if (!Block->Cached) {
            return Block;
        }
    }
    return NULL;
}

static EMU_POOL_USAGE *UsageOf(ULONG Tag, ULONG Type)
{
    for (ULONG Index = 0; Index < TAG_COUNT; Index++) {
        if (Tags[Index] == Tag) {
            EMU_TAG_USAGE *Usage = &Model.Usage[Index];
            return (Type & PagedPool) != 0 ? &Usage->Paged : &Usage->NonPaged;
        }
    }
    abort();
}

static BOOLEAN IsSameUsage(const EMU_POOL_USAGE *Left, const EMU_POOL_USAGE *Right)
{
    return Left->Allocs == Right->Allocs && Left->Frees == Right->Frees && Left->Bytes == Right->Bytes;
}

static VOID CompareUsage(ULONG Tag, const char *Pool, const EMU_POOL_USAGE *Found, const EMU_POOL_USAGE *Wanted)
{
    if (!IsSameUsage(Found, Wanted)) {
        Differ("tag 0x%08X, %s pool: %llu allocs, %llu frees, %llu bytes; expected %llu, %llu, %llu", Tag, Pool,
               (unsigned long long)Found->Allocs, (unsigned long long)Found->Frees, (unsigned long long)Found->Bytes,
               (unsigned long long)Wanted->Allocs, (unsigned long long)Wanted->Frees,
               (unsigned long long)Wanted->Bytes);
    }
}

static VOID CheckTag(ULONG Index)
{
    EMU_TAG_USAGE Usage;

    EmuQueryTag(Tags[Index], &Usage);
    if (Usage.Tag != Tags[Index]) {
        Differ("EmuQueryTag(0x%08X) answers for tag 0x%08X", Tags[Index], Usage.Tag);
    }
    CompareUsage(Usage.Tag, "nonpaged", &Usage.NonPaged, &Model.Usage[Index].NonPaged);
    CompareUsage(Usage.Tag, "paged", &Usage.Paged, &Model.Usage[Index].Paged);
}

static VOID CheckTagOf(ULONG Tag)
{
    for (ULONG Index = 0; Index < TAG_COUNT; Index++) {
        if (Tags[Index] == Tag) {
            CheckTag(Index);
        }
    }
}

/* ---- Calls and what they must do ------------------------------------------------------------------------------ */

typedef enum ROUTINE {
    CallAllocatePool,
    CallAllocatePoolWithTag,
    CallAllocatePoolWithTagPriority,
    CallAllocatePoolWithQuota,
    CallAllocatePoolWithQuotaTag,
    CallAllocatePoolZero,
    CallAllocatePoolUninitialized,
    CallAllocatePoolQuotaZero,
    CallAllocatePoolQuotaUninitialized,
    CallAllocatePoolPriorityZero,
    CallAllocatePoolPriorityUninitialized,
    CallAllocatePool2,
    CallAllocatePool3,
    CallFreePool,
    CallFreePoolWithTag,
    CallFreePool2,
    CallQueryPoolBlockSize,
    CallExecute,
    CallRaiseIrql,
    CallLowerIrql,
    CallInitializeList,
    CallDeleteList,
    CallFlushList,
    CallAllocateFromList,
    CallFreeToList,
    CallPushEntry,
} ROUTINE;

typedef struct CALL {
    ROUTINE Routine;
    ULONG Type; /* a POOL_TYPE with modifiers, or a list's flags */
    ULONG ListFlags;
    POOL_FLAGS Flags;
    SIZE_T Bytes;
    ULONG Tag;
    EX_POOL_PRIORITY Priority;
    POOL_EXTENDED_PARAMETER *Parameters;
    ULONG ParameterCount;
    PVOID Address;
    LIST *List;
    PSLIST_HEADER Head;
    KIRQL Irql;
    /* What came back. */
    PVOID Result;
    ULONG_PTR Value;
    BOOLEAN QuotaCharged;
} CALL;

enum {
    IS_CALLER = 1, /* the parameter is an address in Invoke */
    IS_ANY = 2,
};

/* All zero: it returns. */
typedef struct EXPECTED {
    NTSTATUS Raised;
    ULONG Code;
    ULONG_PTR Parameter[4];
    UCHAR Kind[4]; /* 0: exactly that value */
} EXPECTED;

static EMU_BUGCHECK Stop;
static NTSTATUS Raised;

static EXPECTED ExpectStop(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    return (EXPECTED){.Code = Code, .Parameter = {P1, P2, P3, P4}};
}

static EXPECTED ExpectRaise(NTSTATUS Status)
{
    return (EXPECTED){.Raised = Status};
}

static const EXPECTED ExpectReturn;

static BOOLEAN Returns(const EXPECTED *Expected)
{
    return Expected->Code == 0 && Expected->Raised == STATUS_SUCCESS;
}

static VOID InvokeList(CALL *Call)
{
    LIST *List = Call->List;
    POOL_TYPE Type = (POOL_TYPE)Call->Type;

    switch (Call->Routine) {
    case CallInitializeList:
        if (List->Family == NPagedFamily) {
            ExInitializeNPagedLookasideList(List->Object, NULL, NULL, Call->Type, Call->Bytes, Call->Tag, 0);
        } else if (List->Family == PagedFamily) {
            ExInitializePagedLookasideList(List->Object, NULL, NULL, Call->Type, Call->Bytes, Call->Tag, 0);
        } else {
            Call->Value = (ULONG)ExInitializeLookasideListEx(List->Object, NULL, NULL, Type, Call->ListFlags,
                                                             Call->Bytes, Call->Tag, 0);
        }
        break;
    case CallDeleteList:
        if (List->Family == NPagedFamily) {
            ExDeleteNPagedLookasideList(List->Object);
        } else if (List->Family == PagedFamily) {
            ExDeletePagedLookasideList(List->Object);
        } else {
            ExDeleteLookasideListEx(List->Object);
        }
        break;
    case CallFlushList:
        ExFlushLookasideListEx(List->Object);
        break;
    case CallAllocateFromList:
        Call->Result = List->Family == NPagedFamily  ? ExAllocateFromNPagedLookasideList(List->Object)
                       : List->Family == PagedFamily ? ExAllocateFromPagedLookasideList(List->Object)
                                                     : ExAllocateFromLookasideListEx(List->Object);
        break;
    default:
        if (List->Family == NPagedFamily) {
            ExFreeToNPagedLookasideList(List->Object, Call->Address);
        } else if (List->Family == PagedFamily) {
            ExFreeToPagedLookasideList(List->Object, Call->Address);
        } else {
            ExFreeToLookasideListEx(List->Object, Call->Address);
        }
    }
}

static ULONG_PTR Execute(PVOID Address)
{
    int (*Routine)(void);

    memcpy(&Routine, &Address, sizeof(Routine));
    return (ULONG_PTR)Routine();
}

static EMU_NOINLINE VOID Invoke(CALL *Call)
{
    POOL_TYPE Type = (POOL_TYPE)Call->Type;

    switch (Call->Routine) {
    case CallAllocatePool:
        Call->Result = ExAllocatePool(Type, Call->Bytes);
        break;
    case CallAllocatePoolWithTag:
        Call->Result = ExAllocatePoolWithTag(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolWithTagPriority:
        Call->Result = ExAllocatePoolWithTagPriority(Type, Call->Bytes, Call->Tag, Call->Priority);
        break;
    case CallAllocatePoolWithQuota:
        Call->Result = ExAllocatePoolWithQuota(Type, Call->Bytes);
        break;
    case CallAllocatePoolWithQuotaTag:
        Call->Result = ExAllocatePoolWithQuotaTag(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolZero:
        Call->Result = ExAllocatePoolZero(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolUninitialized:
        Call->Result = ExAllocatePoolUninitialized(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolQuotaZero:
        Call->Result = ExAllocatePoolQuotaZero(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolQuotaUninitialized:
        Call->Result = ExAllocatePoolQuotaUninitialized(Type, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePoolPriorityZero:
        Call->Result = ExAllocatePoolPriorityZero(Type, Call->Bytes, Call->Tag, Call->Priority);
        break;
    case CallAllocatePoolPriorityUninitialized:
        Call->Result = ExAllocatePoolPriorityUninitialized(Type, Call->Bytes, Call->Tag, Call->Priority);
        break;
    case CallAllocatePool2:
        Call->Result = ExAllocatePool2(Call->Flags, Call->Bytes, Call->Tag);
        break;
    case CallAllocatePool3:
        Call->Result = ExAllocatePool3(Call->Flags, Call->Bytes, Call->Tag, Call->Parameters, Call->ParameterCount);
        break;
    case CallFreePool:
        ExFreePool(Call->Address);
        break;
    case CallFreePoolWithTag:
        ExFreePoolWithTag(Call->Address, Call->Tag);
        break;
    case CallFreePool2:
        ExFreePool2(Call->Address, Call->Tag, NULL, 0);
        break;
    case CallQueryPoolBlockSize:
        Call->Value = ExQueryPoolBlockSize(Call->Address, &Call->QuotaCharged);
        break;
    case CallExecute:
        Call->Value = Execute(Call->Address);
        break;
    case CallRaiseIrql:
        Call->Value = KfRaiseIrql(Call->Irql);
        break;
    case CallLowerIrql:
        KeLowerIrql(Call->Irql);
        break;
    case CallPushEntry:
        Call->Result = InterlockedPushEntrySList(Call->Head, (PSLIST_ENTRY)Call->Address);
        break;
    default:
        InvokeList(Call);
    }
}

static BOOLEAN IsParameterRight(const EXPECTED *Expected, ULONG Index)
{
    switch (Expected->Kind[Index]) {
    case IS_CALLER:
        return Stop.Parameter[Index] - (ULONG_PTR)Invoke < 0x4000;
    case IS_ANY:
        return TRUE;
    default:
        return Stop.Parameter[Index] == Expected->Parameter[Index];
    }
}

static VOID Compare(const EXPECTED *Expected)
{
    static const char *const Kinds[] = {"", " (or an address of the caller)", " (or anything)"};

    if (Raised != Expected->Raised) {
        Differ("raised 0x%08X, expected 0x%08X", (ULONG)Raised, (ULONG)Expected->Raised);
    }
    if (Stop.Code != Expected->Code) {
        Differ("bug check 0x%X (0x%zX, 0x%zX, 0x%zX, 0x%zX) %s, expected 0x%X (0x%zX, 0x%zX, 0x%zX, 0x%zX)", Stop.Code,
               (size_t)Stop.Parameter[0], (size_t)Stop.Parameter[1], (size_t)Stop.Parameter[2],
               (size_t)Stop.Parameter[3], Stop.Text, Expected->Code, (size_t)Expected->Parameter[0],
               (size_t)Expected->Parameter[1], (size_t)Expected->Parameter[2], (size_t)Expected->Parameter[3]);
    }
    for (ULONG Index = 0; Expected->Code != 0 && Index < 4; Index++) {
        if (!IsParameterRight(Expected, Index)) {
            Differ("parameter %u of bug check 0x%X (0x%zX) is 0x%zX, expected 0x%zX%s; %s", Index + 1, Stop.Code,
                   (size_t)Stop.Parameter[0], (size_t)Stop.Parameter[Index], (size_t)Expected->Parameter[Index],
                   Kinds[Expected->Kind[Index]], Stop.Text);
        }
    }
}

static VOID CatchStop(CALL *Call)
{
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Invoke(Call);
    }
}

static VOID RunUnchecked(CALL *Call)
{
    EMU_CATCH_EXCEPTION(&Raised)
    {
        CatchStop(Call);
    }
    if (Stop.Code != 0) {
        Say(" -> stop 0x%X (0x%zX, 0x%zX, 0x%zX, 0x%zX)\n", Stop.Code, (size_t)Stop.Parameter[0],
            (size_t)Stop.Parameter[1], (size_t)Stop.Parameter[2], (size_t)Stop.Parameter[3]);
    } else if (Raised != STATUS_SUCCESS) {
        Say(" -> raised 0x%08X\n", (ULONG)Raised);
    } else {
        Say(" -> %p\n", Call->Result);
    }
    if (KeGetCurrentIrql() != Model.Irql) {
        Differ("the IRQL is %u behind the call", KeGetCurrentIrql());
    }
}

/* The build that first exports the routine, for those that not every Windows has; the lists' routines since Vista have
 * build 6000, and any build of a later Windows is higher. */
static BOOLEAN IsExported(const CALL *Call, ULONG *Since)
{
    BOOLEAN IsEx = Call->List != NULL && Call->List->Family == ExFamily;

    switch (Call->Routine) {
    case CallAllocatePool2:
    case CallAllocatePool3:
        *Since = 19041;
        return IsAtLeast(10, 0, *Since);
    case CallFreePool2:
        *Since = 20348;
        return IsAtLeast(10, 0, *Since);
    case CallAllocateFromList:
    case CallFreeToList:
        *Since = 22621;
        return IsAtLeast(10, 0, *Since);
    case CallInitializeList:
    case CallDeleteList:
    case CallFlushList:
        *Since = 6000;
        return !IsEx || IsAtLeast(6, 0, *Since);
    default:
        return TRUE;
    }
}

/* A routine that Windows lacks stops before it does anything, and works when that is allowed. */
static VOID RunWhereMissing(CALL *Call)
{
    EXPECTED Expected = ExpectStop((ULONG)STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, 0, 0, 0, Model.Windows->Build);
    ULONG Since;

    if (IsExported(Call, &Since)) {
        return;
    }
    Expected.Parameter[2] = Since;
    Expected.Kind[0] = Expected.Kind[1] = IS_ANY;
    EmuAllowMissingExports(FALSE);
    RunUnchecked(Call);
    EmuAllowMissingExports(TRUE);
    Compare(&Expected);
}

static VOID Run(CALL *Call, const EXPECTED *Expected)
{
    RunWhereMissing(Call);
    RunUnchecked(Call);
    Compare(Expected);
}

/* ---- Allocation: the rules ------------------------------------------------------------------------------------ */

typedef struct REQUEST {
    ULONG Type;
    SIZE_T Bytes;
    ULONG Tag;
    BOOLEAN Quota;
    BOOLEAN Raises;
    BOOLEAN Zeroed;
    BOOLEAN MayBeEmpty;
    BOOLEAN Invalid; /* STATUS_INVALID_PARAMETER, before any other rule */
} REQUEST;

static BOOLEAN IsLetterOrDigit(UCHAR Character)
{
    return (Character >= '0' && Character <= '9') || (Character >= 'A' && Character <= 'Z') ||
           (Character >= 'a' && Character <= 'z');
}

static BOOLEAN IsTagReadable(ULONG Tag)
{
    for (Tag &= ~PROTECTED_POOL; Tag != 0; Tag >>= 8) {
        if (IsLetterOrDigit((UCHAR)Tag)) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN IsIrqlTooHigh(ULONG Type)
{
    return Model.Irql > ((Type & PagedPool) != 0 ? APC_LEVEL : DISPATCH_LEVEL);
}

static BOOLEAN IsTooLarge(SIZE_T Bytes)
{
    return Bytes >= 1ull << 36;
}

/* *Fails: it fails without a stop, by NULL or by an exception. */
static EXPECTED ExpectAllocation(const REQUEST *Request, BOOLEAN *Fails)
{
    EXPECTED Expected;

    *Fails = TRUE;
    if (Request->Invalid) {
        return Request->Raises ? ExpectRaise(STATUS_INVALID_PARAMETER) : ExpectReturn;
    }
    if ((Request->Type & NonPagedPoolMustSucceed) != 0) {
        return ExpectStop(BAD_POOL_CALLER, 0x9A, Request->Type, Request->Bytes, Request->Tag);
    }
    if (Request->Bytes == 0 && !Request->MayBeEmpty) {
        return ExpectStop(BAD_POOL_CALLER, 0x00, 0, Request->Type, Request->Tag);
    }
    if (Request->Tag == 0 || Request->Tag == 'BIG' || Request->Tag == ' GIB') {
        Expected = ExpectStop(BAD_POOL_CALLER, Request->Tag == 0 ? 0x9B : 0x9C, Request->Type, Request->Bytes, 0);
        Expected.Kind[3] = IS_CALLER;
        return Expected;
    }
    if (!IsTagReadable(Request->Tag)) {
        Expected = ExpectStop(BAD_POOL_CALLER, 0x9D, Request->Tag, Request->Type, 0);
        Expected.Kind[3] = IS_CALLER;
        return Expected;
    }
    if (IsIrqlTooHigh(Request->Type)) {
        return ExpectStop(BAD_POOL_CALLER, 0x08, Model.Irql, Request->Type, Request->Bytes);
    }
    if (IsTooLarge(Request->Bytes)) {
        return Request->Raises ? ExpectRaise(STATUS_INSUFFICIENT_RESOURCES) : ExpectReturn;
    }
    *Fails = FALSE;
    return ExpectReturn;
}

/* FALSE: the operation is left out, the model's room or the input's budget does not allow it. */
static BOOLEAN HasRoomFor(SIZE_T Bytes)
{
    if (IsTooLarge(Bytes)) {
        return TRUE;
    }
    if (Model.BlockCount == MOST_BLOCKS || Model.LiveBytes + Bytes > MOST_LIVE_BYTES) {
        return FALSE;
    }
    if (Bytes > CHEAP_BYTES) {
        if (Bytes > Budget.Bytes) {
            return FALSE;
        }
        Budget.Bytes -= Bytes;
    }
    return TRUE;
}

static VOID CheckPlace(const BLOCK *Block)
{
    ULONG_PTR Address = (ULONG_PTR)Block->Address;
    ULONG Alignment = Block->Size >= PAGE_SIZE                            ? PAGE_SIZE
                      : (Block->Type & NonPagedPoolBaseCacheAligned) != 0 ? SYSTEM_CACHE_ALIGNMENT_SIZE
                                                                          : MEMORY_ALLOCATION_ALIGNMENT;

    if (!IS_ALIGNED(Address, Alignment)) {
        Differ("%zu bytes at %p: not aligned to %u", (size_t)Block->Size, (PVOID)Block->Address, Alignment);
    }
    if (Block->Size <= PAGE_SIZE && BYTE_OFFSET(Address) + Block->Size > PAGE_SIZE) {
        Differ("%zu bytes at %p cross a page", (size_t)Block->Size, (PVOID)Block->Address);
    }
    if ((Address - PagedBase < PagedBytes) != ((Block->Type & PagedPool) != 0)) {
        Differ("a block of type %u at %p: in the wrong pool", Block->Type, (PVOID)Block->Address);
    }
    if (Block->Capacity < Block->Size ||
        (Block->Small ? BYTE_OFFSET(Address) + Block->Capacity > PAGE_SIZE || Block->Capacity % 16 != 0
                      : Block->Capacity != ROUND_TO_PAGES(Block->Size))) {
        Differ("%zu bytes at %p: the block size is said to be %zu", (size_t)Block->Size, (PVOID)Block->Address,
               (size_t)Block->Capacity);
    }
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        const BLOCK *Other = &Model.Blocks[Index];
        if (Block->Address - HeaderBytes(Block) < Other->Address + Other->Capacity &&
            Other->Address - HeaderBytes(Other) < Block->Address + Block->Capacity) {
            Differ("the block at %p (%zu bytes) overlaps the one at %p (%zu bytes)", (PVOID)Block->Address,
                   (size_t)Block->Size, (PVOID)Other->Address, (size_t)Other->Size);
        }
    }
}

/* Byte 2 of a header is the size with the header in units of 16 bytes, bytes 4 to 7 are the tag. */
static VOID CheckHeader(BLOCK *Block)
{
    ULONG Tag;

    if (Block->Small) {
        memcpy(Block->Header, Block->Address - HEADER_BYTES, HEADER_BYTES);
        memcpy(&Tag, &Block->Header[4], sizeof(Tag));
        if (Tag != Block->Tag || Block->Header[2] * 16u != Block->Capacity + HEADER_BYTES) {
            Differ("the header of %p has tag 0x%08X and size %u, expected 0x%08X and %zu", (PVOID)Block->Address, Tag,
                   Block->Header[2] * 16u, Block->Tag, (size_t)Block->Capacity + HEADER_BYTES);
        }
    }
}

static BLOCK *AddBlock(const REQUEST *Request, PVOID Address)
{
    CALL Call = {.Routine = CallQueryPoolBlockSize, .Address = Address};
    BLOCK Block = {
        .Address = Address,
        .Size = Request->Bytes,
        .Tag = Request->Tag,
        .Type = Request->Type & ((Request->Type & PagedPool) != 0 ? TYPE_BITS & ~POOL_NX_ALLOCATION : TYPE_BITS),
        .Executable = (Request->Type & PagedPool) == 0 && ((Request->Type & POOL_NX_ALLOCATION) == 0 || !HasNxPool()),
        .Quota = Request->Quota && (Request->Bytes < PAGE_SIZE || (Request->Bytes == PAGE_SIZE && HasNxPool())),
        .Small = BYTE_OFFSET(Address) != 0,
        .Born = ++Model.Clock,
    };

    Say("    ExQueryPoolBlockSize");
    Run(&Call, &ExpectReturn);
    Block.Capacity = Call.Value;
    if (Call.QuotaCharged != Block.Quota) {
        Differ("ExQueryPoolBlockSize: QuotaCharged is %u", Call.QuotaCharged);
    }
    CheckPlace(&Block);
    CheckHeader(&Block);
    if (Request->Zeroed && !IsZero(Block.Address, Block.Size)) {
        Differ("%zu bytes at %p are not zeroed", (size_t)Block.Size, Address);
    }
    EMU_POOL_USAGE *Usage = UsageOf(Block.Tag, Block.Type);
    Usage->Allocs++;
    Usage->Bytes += Block.Size;
    Model.LiveBytes += Block.Size;
    Model.Blocks[Model.BlockCount] = Block;
    Fill(&Model.Blocks[Model.BlockCount]);
    CheckTagOf(Block.Tag);
    return &Model.Blocks[Model.BlockCount++];
}

static VOID RunAllocation(CALL *Call, const REQUEST *Request)
{
    BOOLEAN Fails;
    EXPECTED Expected = ExpectAllocation(Request, &Fails);

    Run(Call, &Expected);
    if (!Returns(&Expected)) {
        return;
    }
    if ((Call->Result == NULL) != Fails) {
        Differ("%zu bytes of type %u: %p returned", (size_t)Request->Bytes, Request->Type, Call->Result);
    }
    if (!Fails) {
        AddBlock(Request, Call->Result);
    }
}

/* ---- Allocation: the operations ------------------------------------------------------------------------------- */

static VOID AllocateByType(VOID)
{
    static const UCHAR Priorities[] = {0, 8, 9, 16, 24, 25, 32, 40, 41};
    CALL Call = {.Routine = (ROUTINE)Choose(CallAllocatePoolPriorityUninitialized + 1)};
    REQUEST Request = {.Type = ChooseType()};

    Request.Bytes = ChooseSize();
    Call.Type = Request.Type;
    Call.Bytes = Request.Bytes;
    Call.Tag = ChooseTag();
    Call.Priority = (EX_POOL_PRIORITY)Priorities[Call.Tag % RTL_NUMBER_OF(Priorities)];
    Request.Tag = Call.Tag;
    Request.Raises = (Request.Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0;
    switch (Call.Routine) {
    case CallAllocatePool:
        Request.Tag = TAG_NONE;
        break;
    case CallAllocatePoolWithQuota:
        Request.Tag = TAG_NONE;
        Request.Quota = TRUE;
        break;
    case CallAllocatePoolWithQuotaTag:
    case CallAllocatePoolQuotaUninitialized:
        Request.Quota = TRUE;
        break;
    case CallAllocatePoolQuotaZero:
        Request.Quota = TRUE;
        Request.Type |= POOL_ZERO_ALLOCATION;
        break;
    case CallAllocatePoolZero:
    case CallAllocatePoolPriorityZero:
        Request.Type |= POOL_ZERO_ALLOCATION;
        break;
    default:
        break;
    }
    if (Request.Quota && (Request.Type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0) {
        Request.Raises = TRUE;
    }
    Request.Zeroed = (Request.Type & POOL_ZERO_ALLOCATION) != 0 && HasZeroing();
    Say("routine %u, type %u, %zu bytes, tag 0x%08X", Call.Routine, Request.Type, (size_t)Request.Bytes, Request.Tag);
    if (HasRoomFor(Request.Bytes)) {
        RunAllocation(&Call, &Request);
    }
}

static POOL_FLAGS ChooseFlags(VOID)
{
    static const POOL_FLAGS Kinds[] = {
        POOL_FLAG_NON_PAGED,
        POOL_FLAG_NON_PAGED_EXECUTE,
        POOL_FLAG_PAGED,
        POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA,
        POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA | POOL_FLAG_RAISE_ON_FAILURE,
        0,
        POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED,
        POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED1,
        POOL_FLAG_NON_PAGED | 0x800,
        POOL_FLAG_NON_PAGED | 0x80000000,
        POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED2 | POOL_FLAG_RESERVED3,
        POOL_FLAG_PAGED | POOL_FLAG_SPECIAL_POOL | POOL_FLAG_OPTIONAL_END,
    };
    ULONG Selector = Byte();

    return Kinds[(Selector & 0xF) % RTL_NUMBER_OF(Kinds)] | ((Selector & 0x10) != 0 ? POOL_FLAG_UNINITIALIZED : 0) |
           ((Selector & 0x20) != 0 ? POOL_FLAG_SESSION : 0) | ((Selector & 0x40) != 0 ? POOL_FLAG_CACHE_ALIGNED : 0) |
           ((Selector & 0x80) != 0 ? POOL_FLAG_RAISE_ON_FAILURE : 0);
}

static VOID UseFlags(REQUEST *Request, POOL_FLAGS Flags)
{
    const POOL_FLAGS Known = POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION |
                             POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_NON_PAGED |
                             POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED | POOL_FLAG_RESERVED2 | POOL_FLAG_RESERVED3;

    switch (Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)) {
    case POOL_FLAG_NON_PAGED:
        Request->Type = NonPagedPoolNx;
        break;
    case POOL_FLAG_NON_PAGED_EXECUTE:
        Request->Type = NonPagedPool;
        break;
    case POOL_FLAG_PAGED:
        Request->Type = PagedPool;
        break;
    default:
        Request->Invalid = TRUE;
    }
    Request->Type |= (Flags & POOL_FLAG_SESSION) != 0 ? NonPagedPoolSession : 0u;
    Request->Type |= (Flags & POOL_FLAG_CACHE_ALIGNED) != 0 ? NonPagedPoolCacheAligned : 0u;
    Request->Invalid = Request->Invalid || Request->Tag == 0 || (Flags & POOL_FLAG_REQUIRED_MASK & ~Known) != 0;
    Request->Quota = (Flags & POOL_FLAG_USE_QUOTA) != 0;
    Request->Raises = (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0;
    Request->Zeroed = (Flags & POOL_FLAG_UNINITIALIZED) == 0;
    Request->MayBeEmpty = TRUE;
}

static BOOLEAN IsPriority(ULONG Priority)
{
    ULONG Suffix = Priority & 0xF;

    return Priority < 48 && (Suffix == 0 || Suffix == 8 || Suffix == 9);
}

/* Makes a parameter and says whether it is valid with the flags. Only one node is there, and no secure pool. */
static BOOLEAN ChooseParameter(POOL_EXTENDED_PARAMETER *Parameter, POOL_FLAGS Flags)
{
    ULONG Selector = Byte();
    ULONG Value = Byte();

    memset(Parameter, 0, sizeof(*Parameter));
    Parameter->Type = Selector & 7;
    Parameter->Optional = Selector >> 3 & 1;
    Parameter->Reserved = (Selector & 0xF0) == 0xF0;
    if (Parameter->Type == PoolExtendedParameterPriority) {
        Parameter->Priority = (EX_POOL_PRIORITY)Value;
    } else if (Parameter->Type == PoolExtendedParameterNumaNode) {
        Parameter->PreferredNode = (Value & 0x7F) | ((Value & 0x80) != 0 ? MM_ANY_NODE_OK : 0);
    }
    if (Parameter->Reserved != 0 || Parameter->Type == PoolExtendedParameterInvalidType) {
        return FALSE;
    }
    if (Parameter->Optional) {
        return TRUE;
    }
    return (Parameter->Type == PoolExtendedParameterPriority && IsPriority(Value)) ||
           (Parameter->Type == PoolExtendedParameterNumaNode && IsAtLeast(10, 0, 20348) &&
            (Flags & POOL_FLAG_NON_PAGED) != 0 && (Value == 0 || Value >= 0x80));
}

static VOID AllocateByFlags(VOID)
{
    POOL_EXTENDED_PARAMETER Parameters[2];
    ULONG Selector = Byte();
    CALL Call = {.Routine = Selector % 2 == 0 ? CallAllocatePool2 : CallAllocatePool3, .Flags = ChooseFlags()};

    Call.Bytes = ChooseSize();
    Call.Tag = ChooseTag();
    REQUEST Request = {.Bytes = Call.Bytes, .Tag = Call.Tag};
    UseFlags(&Request, Call.Flags);
    if (Call.Routine == CallAllocatePool3) {
        Call.Parameters = Parameters;
        Call.ParameterCount = Selector / 2 % 3;
        for (ULONG Index = 0; Index < Call.ParameterCount; Index++) {
            Request.Invalid = !ChooseParameter(&Parameters[Index], Call.Flags) || Request.Invalid;
        }
        if (Call.ParameterCount == 2 && Parameters[0].Type == Parameters[1].Type) {
            Request.Invalid = TRUE;
        }
        if (Selector >= 0xF0 && Call.ParameterCount > 0) {
            Call.Parameters = NULL;
            Request.Invalid = TRUE;
        }
    }
    Say("flags 0x%llX, %zu bytes, tag 0x%08X, %u parameters", Call.Flags, (size_t)Call.Bytes, Call.Tag,
        Call.ParameterCount);
    if (HasRoomFor(Request.Bytes)) {
        RunAllocation(&Call, &Request);
    }
}

/* ---- Free ----------------------------------------------------------------------------------------------------- */

static VOID RemoveBlock(BLOCK *Block)
{
    EMU_POOL_USAGE *Usage = UsageOf(Block->Tag, Block->Type);

    Usage->Frees++;
    Usage->Bytes -= Block->Size;
    Model.LiveBytes -= Block->Size;
    Model.Freed[Model.FreedCount++ % MOST_FREED] =
        (FREED){Block->Address, Model.Clock, Block->Small, (Block->Type & PagedPool) != 0};
    *Block = Model.Blocks[--Model.BlockCount];
}

static BOOLEAN IsTagRight(ULONG Tag, ULONG BlockTag)
{
    if ((BlockTag & PROTECTED_POOL) != 0) {
        return Tag != 0 && (Tag | PROTECTED_POOL) == BlockTag;
    }
    return Tag == 0 || Tag == BlockTag;
}

static EXPECTED ExpectFreeOfBlock(const BLOCK *Block, ULONG Tag)
{
    ULONG_PTR Address = (ULONG_PTR)Block->Address;

    if (IsIrqlTooHigh(Block->Type)) {
        return ExpectStop(BAD_POOL_CALLER, 0x09, Model.Irql, Block->Type, Address);
    }
    if (IsDamaged(Block)) {
        ULONG_PTR Header = Address - HEADER_BYTES;
        return ExpectStop(BAD_POOL_HEADER, 0x20, Header, Address + Block->Capacity, FirstWord((PVOID)Header));
    }
    if (!IsTagRight(Tag, Block->Tag)) {
        return ExpectStop(BAD_POOL_CALLER, 0x0A, Address, Block->Tag, Tag);
    }
    BLOCK *Neighbour = FindNeighbour(Block);
    if (Neighbour != NULL && IsDamaged(Neighbour)) {
        return ExpectStop(BAD_POOL_HEADER, 0x21, Address, Block->Size, FirstWord(Block->Address + Block->Capacity));
    }
    return ExpectReturn;
}

static BOOLEAN IsPagedAddress(const VOID *Address)
{
    return (ULONG_PTR)Address - PagedBase < PagedBytes;
}

static EXPECTED ExpectFreeInside(const VOID *Address)
{
    ULONG_PTR Start = (ULONG_PTR)Address;

    return IsPagedAddress(Address) ? ExpectStop(BAD_POOL_CALLER, 0x41286, 0, 0, Start - PagedBase)
                                   : ExpectStop(BAD_POOL_CALLER, 0x99, Start, 0, 0);
}

static EXPECTED ExpectFreeOfNothing(const VOID *Address)
{
    ULONG_PTR Start = (ULONG_PTR)Address;

    return IsPagedAddress(Address) ? ExpectStop(BAD_POOL_CALLER, 0x50, Start, Start - PagedBase, PagedBytes)
                                   : ExpectStop(BAD_POOL_CALLER, 0x44, Start, 0, 0);
}

/* TRUE when the page of a freed block cannot have been put to another use since. */
static BOOLEAN IsPageTheSame(const FREED *Freed)
{
    if (Freed->When == Model.Clock) {
        return TRUE;
    }
    for (ULONG Index = 0; Freed->Small && Index < Model.BlockCount; Index++) {
        const BLOCK *Block = &Model.Blocks[Index];
        if (PAGE_ALIGN(Block->Address) == PAGE_ALIGN(Freed->Address) && Block->Born <= Freed->When) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Parameter 3 is the freed header's contents, or 0 where no header is any more. */
static VOID CompareDoubleFree(const FREED *Freed)
{
    EXPECTED Expected = ExpectStop(BAD_POOL_CALLER, 0x07, 0, 0, (ULONG_PTR)Freed->Address);
    EXPECTED Inside = ExpectFreeInside(Freed->Address), Nothing = ExpectFreeOfNothing(Freed->Address);

    if (Stop.Code == BAD_POOL_CALLER && Stop.Parameter[0] != 0x07 && !IsPageTheSame(Freed)) {
        Compare(Stop.Parameter[0] == Inside.Parameter[0] ? &Inside : &Nothing);
        return;
    }
    if (Freed->Small && Stop.Code == BAD_POOL_CALLER && Stop.Parameter[2] != 0) {
        Expected.Parameter[2] = FirstWord(Freed->Address - HEADER_BYTES);
    }
    Compare(&Expected);
}

static VOID RunFreeOfBlock(CALL *Call, BLOCK *Block)
{
    EXPECTED Expected = ExpectFreeOfBlock(Block, Call->Tag);
    ULONG Tag = Block->Tag;

    if (Expected.Code == BAD_POOL_HEADER && Expected.Parameter[0] == 0x21 && !MaySpend(3)) {
        return;
    }
    CheckContents(Block);
    if (Returns(&Expected)) {
        RemoveBlock(Block);
    }
    Run(Call, &Expected);
    CheckTagOf(Tag);
}

static ULONG ChooseFreeTag(CALL *Call, ULONG BlockTag)
{
    ULONG Selector = Byte();
    ULONG Tag = Selector % 4 == 1 ? 0 : Selector % 4 == 2 ? Tags[Selector / 4 % TAG_COUNT] : BlockTag;

    if (Selector % 4 == 3) {
        Tag &= ~PROTECTED_POOL;
    }
    Call->Routine = Tag == 0 ? CallFreePool : (Selector & 0x80) != 0 ? CallFreePool2 : CallFreePoolWithTag;
    return Tag;
}

static VOID FreeBlock(VOID)
{
    CALL Call = {0};
    BLOCK *Block = ChooseBlock();

    if (Block != NULL) {
        Call.Address = Block->Address;
        Call.Tag = ChooseFreeTag(&Call, Block->Tag);
        Say("%p, tag 0x%08X", Call.Address, Call.Tag);
        RunFreeOfBlock(&Call, Block);
    }
}

static VOID FreeAgain(VOID)
{
    ULONG Kept = Model.FreedCount < MOST_FREED ? Model.FreedCount : MOST_FREED;
    ULONG Back = Byte();

    if (Kept == 0) {
        return;
    }
    FREED Freed = Model.Freed[(Model.FreedCount - 1 - Back % Kept) % MOST_FREED];
    BLOCK *Block = FindBlock(Freed.Address);
    CALL Call = {.Address = Freed.Address};
    Call.Tag = ChooseFreeTag(&Call, Block == NULL ? Tags[0] : Block->Tag);
    Say("%p, tag 0x%08X", Call.Address, Call.Tag);
    if (Block != NULL) {
        if (!Block->Cached) {
            RunFreeOfBlock(&Call, Block);
        }
    } else if (FindBlockAround(Freed.Address) != NULL) {
        EXPECTED Expected = ExpectFreeInside(Freed.Address);
        Run(&Call, &Expected);
    } else {
        RunUnchecked(&Call);
        CompareDoubleFree(&Freed);
    }
}

/* An address that begins no block: inside one, in its header, far from all, or none of the pool's. *Expected gets the
 * stop that a free of it is, and that ExQueryPoolBlockSize is as well. */
static PVOID ChooseBadAddress(EXPECTED *Expected)
{
    static UCHAR Outside[64];
    static const ULONG_PTR Wild[] = {0, 1, 16, PAGE_SIZE, 0x7FFFFFFFF000, 0xFFFF800000000010, ~(ULONG_PTR)0};
    ULONG Selector = Byte();
    ULONG Offset = Byte();
    BLOCK *Block = Model.BlockCount == 0 ? NULL : &Model.Blocks[Selector / 8 % Model.BlockCount];
    PVOID Address;

    if (Selector % 8 >= 5 || Block == NULL) {
        Address = Selector % 8 == 5 ? (PVOID)(Outside + Offset % 64) : (PVOID)Wild[Offset % RTL_NUMBER_OF(Wild)];
        *Expected = ExpectStop(BAD_POOL_CALLER, 0x46, (ULONG_PTR)Address, 0, 0);
    } else if (Selector % 8 == 4 && MaySpend(1)) {
        Address = Block->Address + FAR_BYTES + Offset * 16;
        *Expected = ExpectFreeOfNothing(Address);
    } else {
        SIZE_T Most = Block->Capacity - 1;
        Address = Selector % 8 == 0   ? Block->Address + 1 + Offset % Most
                  : Selector % 8 == 1 ? Block->Address + (Offset * 16 % Most == 0 ? Most : Offset * 16 % Most)
                  : Selector % 8 == 2 ? Block->Address + 1 + (Offset * (SIZE_T)PAGE_SIZE + PAGE_SIZE - 1) % Most
                  : Block->Small      ? Block->Address - 1 - Offset % HEADER_BYTES
                                      : Block->Address + Most;
        *Expected = ExpectFreeInside(Address);
    }
    return Address;
}

static VOID FreeBadAddress(VOID)
{
    EXPECTED Expected;
    CALL Call = {.Address = ChooseBadAddress(&Expected)};

    Call.Tag = ChooseFreeTag(&Call, Tags[0]);
    Say("%p, tag 0x%08X", Call.Address, Call.Tag);
    Run(&Call, &Expected);
}

/* ---- Use of blocks -------------------------------------------------------------------------------------------- */

static VOID WriteBlock(VOID)
{
    BLOCK *Block = ChooseBlock();

    if (Block != NULL && IsTouchable(Block)) {
        CheckContents(Block);
        Fill(Block);
    }
}

/* Writes behind a small block, up to the whole of the next header but not past the page. */
static VOID Overrun(VOID)
{
    BLOCK *Block = ChooseBlock();
    ULONG Selector = Byte();
    ULONG Value = Byte();

    if (Block == NULL || !Block->Small || !IsTouchable(Block)) {
        return;
    }
    UCHAR *Start = Block->Address + ((Selector & 0x80) != 0 ? Block->Size : Block->Capacity);
    SIZE_T Bytes = (SIZE_T)(Block->Address + Block->Capacity - Start) + 1 + Selector % HEADER_BYTES;
    SIZE_T Room = BYTE_OFFSET(Start) == 0 ? 0 : PAGE_SIZE - BYTE_OFFSET(Start);
    Say("of %p: %zu bytes of 0x%02X\n", (PVOID)Block->Address, (size_t)(Bytes < Room ? Bytes : Room), Value);
    memset(Start, (int)Value, Bytes < Room ? Bytes : Room);
}

static VOID Underrun(VOID)
{
    BLOCK *Block = ChooseBlock();
    ULONG Bytes = 1 + Choose(HEADER_BYTES);
    ULONG Value = Byte();

    if (Block != NULL && Block->Small && IsTouchable(Block)) {
        Say("of %p: %u bytes of 0x%02X\n", (PVOID)Block->Address, Bytes, Value);
        memset(Block->Address - Bytes, (int)Value, Bytes);
    }
}

static VOID RepairHeaders(VOID)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        BLOCK *Block = &Model.Blocks[Index];
        if (Block->Small && IsTouchable(Block)) {
            memcpy(Block->Address - HEADER_BYTES, Block->Header, HEADER_BYTES);
        }
    }
}

/* "Return 42" of the processor. The stop's second parameter is the page's entry as x64 has it: valid, no-execute. */
static VOID ExecuteBlock(VOID)
{
#if defined(__aarch64__)
    static const UCHAR Code[] = {0x40, 0x05, 0x80, 0x52, 0xC0, 0x03, 0x5F, 0xD6};
#else
    static const UCHAR Code[] = {0xB8, 42, 0, 0, 0, 0xC3};
#endif
    BLOCK *Block = ChooseBlock();

    if (Block == NULL || Block->Size < sizeof(Code) || !IsTouchable(Block) || (!Block->Executable && !MaySpend(1))) {
        return;
    }
    ULONG_PTR Address = (ULONG_PTR)Block->Address;
    CALL Call = {.Routine = CallExecute, .Address = Block->Address};
    EXPECTED Expected = ExpectReturn;
    if (!Block->Executable) {
        ULONG_PTR Entry = (ULONG_PTR)1 << 63 | (Address & 0x000FFFFFFFFFF000) | 0x63;
        Expected = ExpectStop(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Address, Entry, 0, 0);
    }
    CheckContents(Block);
    memcpy(Block->Address, Code, sizeof(Code));
    __builtin___clear_cache((char *)Block->Address, (char *)Block->Address + sizeof(Code));
    Say("%p", Call.Address);
    Run(&Call, &Expected);
    if (Block->Executable && Call.Value != 42) {
        Differ("the code in the block at %p returned %zu", Call.Address, (size_t)Call.Value);
    }
    Fill(Block);
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

static VOID QuerySize(VOID)
{
    CALL Call = {.Routine = CallQueryPoolBlockSize};
    EXPECTED Expected = ExpectReturn;
    BLOCK *Block = NULL;

    if (Byte() % 2 == 0) {
        Block = ChooseBlock();
        if (Block == NULL) {
            return;
        }
        Call.Address = Block->Address;
    } else {
        Call.Address = ChooseBadAddress(&Expected);
    }
    Say("%p", Call.Address);
    Run(&Call, &Expected);
    if (Block != NULL && (Call.Value != Block->Capacity || Call.QuotaCharged != Block->Quota)) {
        Differ("%p: size %zu, quota %u; expected %zu, %u", Call.Address, (size_t)Call.Value, Call.QuotaCharged,
               (size_t)Block->Capacity, Block->Quota);
    }
}

static VOID CompareBlock(const EMU_BLOCK *Found, const BLOCK *Block)
{
    if (Found->Address != Block->Address || Found->Size != Block->Size || Found->Tag != Block->Tag ||
        (ULONG)Found->PoolType != Block->Type || Found->Executable != Block->Executable ||
        Found->QuotaCharged != Block->Quota) {
        Differ("EMU_BLOCK is %p, %zu bytes, tag 0x%08X, type %u, executable %u, quota %u; expected %p, %zu bytes, tag "
               "0x%08X, type %u, executable %u, quota %u",
               Found->Address, (size_t)Found->Size, Found->Tag, (ULONG)Found->PoolType, Found->Executable,
               Found->QuotaCharged, (PVOID)Block->Address, (size_t)Block->Size, Block->Tag, Block->Type,
               Block->Executable, Block->Quota);
    }
}

static VOID QueryBlock(VOID)
{
    EMU_BLOCK Found;
    EXPECTED Ignored;

    if (Byte() % 2 != 0) {
        PVOID Address = ChooseBadAddress(&Ignored);
        Say("%p\n", Address);
        if (EmuQueryBlock(Address, &Found)) {
            Differ("EmuQueryBlock finds a block at %p", Address);
        }
        return;
    }
    BLOCK *Block = ChooseBlock();
    if (Block != NULL && MaySpend(1)) {
        Say("%p\n", (PVOID)Block->Address);
        if (!EmuQueryBlock(Block->Address, &Found)) {
            Differ("EmuQueryBlock finds no block at %p", (PVOID)Block->Address);
        }
        CompareBlock(&Found, Block);
    }
}

typedef struct WALK {
    BOOLEAN Seen[MOST_BLOCKS];
    ULONG Count;
    ULONG Most; /* stops there */
} WALK;

static BOOLEAN SeeBlock(const EMU_BLOCK *Found, PVOID Context)
{
    WALK *Walk = Context;
    BLOCK *Block = FindBlock(Found->Address);

    if (Block == NULL) {
        Differ("EmuForEachBlock shows a block at %p (%zu bytes)", Found->Address, (size_t)Found->Size);
    }
    if (Walk->Seen[Block - Model.Blocks]) {
        Differ("EmuForEachBlock shows the block at %p twice", Found->Address);
    }
    Walk->Seen[Block - Model.Blocks] = TRUE;
    CompareBlock(Found, Block);
    return ++Walk->Count < Walk->Most;
}

static VOID WalkBlocks(ULONG Most)
{
    WALK Walk = {.Most = Most};
    ULONG Expected = Most < Model.BlockCount ? Most : Model.BlockCount;

    EmuForEachBlock(SeeBlock, &Walk);
    if (Walk.Count != Expected) {
        Differ("EmuForEachBlock shows %u blocks, expected %u of %u", Walk.Count, Expected, Model.BlockCount);
    }
}

static BOOLEAN SeeTag(const EMU_TAG_USAGE *Found, PVOID Context)
{
    ULONG *Count = Context;

    for (ULONG Index = 0; Index < TAG_COUNT; Index++) {
        if (Tags[Index] == Found->Tag) {
            CompareUsage(Found->Tag, "nonpaged", &Found->NonPaged, &Model.Usage[Index].NonPaged);
            CompareUsage(Found->Tag, "paged", &Found->Paged, &Model.Usage[Index].Paged);
            ++*Count;
            return TRUE;
        }
    }
    Differ("EmuForEachTag shows the tag 0x%08X", Found->Tag);
}

static VOID WalkTags(VOID)
{
    ULONG Count = 0, Expected = 0;

    for (ULONG Index = 0; Index < TAG_COUNT; Index++) {
        Expected += Model.Usage[Index].NonPaged.Allocs + Model.Usage[Index].Paged.Allocs != 0;
    }
    EmuForEachTag(SeeTag, &Count);
    if (Count != Expected) {
        Differ("EmuForEachTag shows %u tags, expected %u", Count, Expected);
    }
}

static VOID Walk(VOID)
{
    ULONG Selector = Byte();

    if (Selector % 2 != 0) {
        WalkTags();
        CheckTag(Selector / 2 % TAG_COUNT);
    } else if (MaySpend(3)) {
        WalkBlocks((Selector & 0x80) != 0 ? 1 + Selector % 8 : MOST_BLOCKS + 1);
    }
}

/* ---- Lookaside lists ------------------------------------------------------------------------------------------ */

static VOID CheckList(const LIST *List)
{
    GENERAL_LOOKASIDE_POOL L;

    memcpy(&L, List->Object, sizeof(L));
    if (!List->Initialized) {
        return;
    }
    if (L.Depth != DEFAULT_DEPTH || L.MaximumDepth != EX_MAXIMUM_LOOKASIDE_DEPTH_BASE || (ULONG)L.Type != List->Type ||
        L.Tag != List->Tag || L.Size != List->Size) {
        Differ("a list has depth %u of %u, type %u, tag 0x%08X, size %u; expected %u of %u, %u, 0x%08X, %zu", L.Depth,
               L.MaximumDepth, (ULONG)L.Type, L.Tag, L.Size, DEFAULT_DEPTH, EX_MAXIMUM_LOOKASIDE_DEPTH_BASE, List->Type,
               List->Tag, (size_t)List->Size);
    }
    if (L.TotalAllocates != List->TotalAllocates || L.AllocateMisses != List->AllocateMisses ||
        L.TotalFrees != List->TotalFrees || L.FreeMisses != List->FreeMisses ||
        ExQueryDepthSList(&L.ListHead) != List->Count) {
        Differ("a list counts %u allocates, %u misses, %u frees, %u misses, %u entries; expected %u, %u, %u, %u, %u",
               L.TotalAllocates, L.AllocateMisses, L.TotalFrees, L.FreeMisses, ExQueryDepthSList(&L.ListHead),
               List->TotalAllocates, List->AllocateMisses, List->TotalFrees, List->FreeMisses, List->Count);
    }
}

/* The entries of a list become ordinary blocks; their first bytes are no longer the pattern. */
static VOID ForgetEntries(LIST *List)
{
    for (ULONG Index = 0; Index < List->Count; Index++) {
        FindBlock(List->Cached[Index])->Cached = FALSE;
    }
    List->Count = 0;
}

static VOID ForgetList(LIST *List)
{
    List->Initialized = FALSE;
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        if (Model.Blocks[Index].List == List) {
            Model.Blocks[Index].List = NULL;
        }
    }
}

static EXPECTED ExpectInitializeList(const LIST *List, const CALL *Call, NTSTATUS *Status)
{
    const ULONG Known =
        PagedPool | NonPagedPoolCacheAligned | NonPagedPoolSession | POOL_NX_ALLOCATION | TYPE_MODIFIERS;

    *Status = STATUS_SUCCESS;
    if (List->Family == ExFamily && (Call->Type & ~Known) != 0) {
        *Status = STATUS_INVALID_PARAMETER_4;
        return ExpectReturn;
    }
    if (List->Family == ExFamily && Call->ListFlags > EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE) {
        *Status = STATUS_INVALID_PARAMETER_5;
        return ExpectReturn;
    }
    if (Call->Bytes < LEAST_ENTRY_BYTES) {
        return ExpectStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCD, (ULONG_PTR)List->Object, Call->Bytes,
                          LEAST_ENTRY_BYTES);
    }
    if (List->Initialized) {
        return ExpectStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCA, (ULONG_PTR)List->Object, 0, 0);
    }
    return ExpectReturn;
}

static VOID InitializeList(LIST *List)
{
    static const USHORT Flags[] = {0, POOL_NX_ALLOCATION, POOL_RAISE_IF_ALLOCATION_FAILURE,
                                   POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE};
    CALL Call = {.Routine = CallInitializeList, .List = List};
    NTSTATUS Status;

    Call.Type = List->Family == ExFamily ? ChooseType() : Flags[Choose(RTL_NUMBER_OF(Flags))];
    Call.ListFlags = List->Family == ExFamily ? Choose(4) : 0;
    Call.Bytes = ChooseSize() & 0x1FFF;
    Call.Tag = ChooseTag();
    EXPECTED Expected = ExpectInitializeList(List, &Call, &Status);
    Say("list %u, type %u, flags %u, %zu bytes, tag 0x%08X", (ULONG)(List - Model.Lists), Call.Type, Call.ListFlags,
        (size_t)Call.Bytes, Call.Tag);
    Run(&Call, &Expected);
    if (!Returns(&Expected)) {
        return;
    }
    if ((NTSTATUS)Call.Value != Status) {
        Differ("0x%08X returned, expected 0x%08X", (ULONG)Call.Value, (ULONG)Status);
    }
    if (Status != STATUS_SUCCESS) {
        return;
    }
    static const ULONG TypeBits[] = {0, POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE};
    List->Initialized = TRUE;
    List->Type = Call.Type | (List->Family == PagedFamily ? PagedPool : 0u) | TypeBits[Call.ListFlags];
    if (!HasNxPool()) {
        List->Type &= ~(ULONG)POOL_NX_ALLOCATION;
    }
    List->Size = Call.Bytes;
    List->Tag = Call.Tag;
    List->Count = 0;
    List->TotalAllocates = List->AllocateMisses = List->TotalFrees = List->FreeMisses = 0;
}

/* Frees the entries, the last one first, up to one that is a stop: it and those under it are lost to the list. */
static EXPECTED ExpectFlush(LIST *List)
{
    EXPECTED Expected = ExpectReturn;

    while (List->Count > 0 && Returns(&Expected)) {
        BLOCK *Block = FindBlock(List->Cached[List->Count - 1]);
        Expected = ExpectFreeOfBlock(Block, 0);
        if (Returns(&Expected)) {
            RemoveBlock(Block);
            List->Count--;
        }
    }
    ForgetEntries(List);
    return Expected;
}

static VOID EmptyList(LIST *List, BOOLEAN Delete)
{
    CALL Call = {.Routine = Delete ? CallDeleteList : CallFlushList, .List = List};
    EXPECTED Expected;
    ULONG Tag = List->Tag;

    if (List->Initialized) {
        Expected = ExpectFlush(List);
    } else {
        Expected = ExpectStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCB, (ULONG_PTR)List->Object, 0, 0);
        Tag = 0;
    }
    if (Delete) {
        ForgetList(List);
    }
    Say("list %u", (ULONG)(List - Model.Lists));
    Run(&Call, &Expected);
    CheckTagOf(Tag);
}

static VOID AllocateFromList(LIST *List)
{
    CALL Call = {.Routine = CallAllocateFromList, .List = List};
    REQUEST Request = {
        .Type = List->Type,
        .Bytes = List->Size,
        .Tag = List->Tag,
        .Raises = (List->Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0,
        .Zeroed = (List->Type & POOL_ZERO_ALLOCATION) != 0 && HasZeroing(),
    };
    EXPECTED Expected;
    BOOLEAN Fails;

    Say("list %u", (ULONG)(List - Model.Lists));
    if (IsIrqlTooHigh(List->Type)) {
        Expected = ExpectStop(BAD_POOL_CALLER, 0x08, Model.Irql, List->Type, List->Size);
        Run(&Call, &Expected);
        return;
    }
    if (List->Count > 0) {
        List->TotalAllocates++;
        BLOCK *Block = FindBlock(List->Cached[--List->Count]);
        Run(&Call, &ExpectReturn);
        if (Call.Result != Block->Address) {
            Differ("%p came from a list, expected %p", Call.Result, (PVOID)Block->Address);
        }
        Block->Cached = FALSE;
        Fill(Block);
    } else if (HasRoomFor(List->Size)) {
        if (List->Family == ExFamily) {
            Request.Type &= ~(ULONG)POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
        }
        List->TotalAllocates++;
        List->AllocateMisses++;
        Expected = ExpectAllocation(&Request, &Fails);
        for (ULONG Index = 0; Index < 4; Index++) {
            Expected.Kind[Index] = Expected.Kind[Index] == IS_CALLER ? IS_ANY : Expected.Kind[Index];
        }
        Run(&Call, &Expected);
        if (Returns(&Expected)) {
            if (Call.Result == NULL) {
                Differ("a list gave no block");
            }
            AddBlock(&Request, Call.Result)->List = List;
        }
    }
}

static BLOCK *ChooseBlockOfList(const LIST *List)
{
    ULONG Start = Byte();

    for (ULONG Step = 0; Step < Model.BlockCount; Step++) {
        BLOCK *Block = &Model.Blocks[(Start + Step) % Model.BlockCount];
        if (Block->List == List && !Block->Cached) {
            return Block;
        }
    }
    return NULL;
}

static VOID FreeToList(LIST *List)
{
    BLOCK *Block = ChooseBlockOfList(List);

    if (Block == NULL) {
        return;
    }
    CALL Call = {.Routine = CallFreeToList, .List = List, .Address = Block->Address};
    EXPECTED Expected;
    ULONG Tag = Block->Tag;
    Say("list %u, %p", (ULONG)(List - Model.Lists), Call.Address);
    CheckContents(Block);
    if (IsIrqlTooHigh(List->Type)) {
        Expected = ExpectStop(BAD_POOL_CALLER, 0x09, Model.Irql, List->Type, (ULONG_PTR)Block->Address);
    } else if (List->Count >= DEFAULT_DEPTH) {
        List->TotalFrees++;
        List->FreeMisses++;
        Expected = ExpectFreeOfBlock(Block, 0);
        if (Returns(&Expected)) {
            RemoveBlock(Block);
        }
    } else {
        List->TotalFrees++;
        List->Cached[List->Count++] = Block->Address;
        Block->Cached = TRUE;
        Block->Filled = FALSE;
        Expected = ExpectReturn;
    }
    Run(&Call, &Expected);
    CheckTagOf(Tag);
}

static VOID UseList(VOID)
{
    ULONG Selector = Byte();
    LIST *List = &Model.Lists[Selector % LIST_COUNT];
    ULONG Action = Selector / LIST_COUNT % 8;

    if (Action == 0 || (!List->Initialized && Action != 7)) {
        InitializeList(List);
    } else if (Action == 7) {
        EmptyList(List, TRUE);
    } else if (Action == 6 && List->Family == ExFamily) {
        EmptyList(List, FALSE);
    } else if (Action >= 4) {
        FreeToList(List);
    } else {
        AllocateFromList(List);
    }
    CheckList(List);
}

/* ---- Sequenced lists ------------------------------------------------------------------------------------------ */

static PVOID TopOf(const STACK *Stack)
{
    return Stack->Count == 0 ? NULL : &Entries[Stack->Entries[Stack->Count - 1]];
}

static VOID CompareEntry(const VOID *Found, const VOID *Expected)
{
    if (Found != Expected) {
        Differ("an SLIST gave entry %p, expected %p", Found, Expected);
    }
}

static VOID PushEntry(PSLIST_HEADER Head, STACK *Stack, ULONG Selector)
{
    ULONG Entry = Selector % ENTRY_COUNT;
    CALL Call = {.Routine = CallPushEntry, .Head = Head, .Address = &Entries[Entry]};
    EXPECTED Misaligned = ExpectRaise(STATUS_DATATYPE_MISALIGNMENT);

    if (Selector / ENTRY_COUNT % 4 == 3) {
        Call.Address = (UCHAR *)Call.Address + 8;
        Run(&Call, &Misaligned);
    } else if (!Model.IsPushed[Entry]) {
        ULONGLONG Sequence = Head->HeaderX64.Sequence;
        Run(&Call, &ExpectReturn);
        CompareEntry(Call.Result, TopOf(Stack));
        if (Head->HeaderX64.Sequence == Sequence) {
            Differ("a push did not change the sequence number");
        }
        Stack->Entries[Stack->Count++] = Entry;
        Model.IsPushed[Entry] = TRUE;
    }
}

static VOID UseSList(VOID)
{
    ULONG Selector = Byte();
    PSLIST_HEADER Head = &Heads[Selector % SLIST_COUNT];
    STACK *Stack = &Model.Stacks[Selector % SLIST_COUNT];
    ULONG Action = Selector / SLIST_COUNT % 4;

    if (Action <= 1) {
        PushEntry(Head, Stack, Selector / 8);
    } else if (Action == 2) {
        CompareEntry(InterlockedPopEntrySList(Head), TopOf(Stack));
        if (Stack->Count > 0) {
            Model.IsPushed[Stack->Entries[--Stack->Count]] = FALSE;
        }
    } else {
        PSLIST_ENTRY Entry = InterlockedFlushSList(Head);
        for (; Stack->Count > 0; Stack->Count--) {
            CompareEntry(Entry, TopOf(Stack));
            Model.IsPushed[Stack->Entries[Stack->Count - 1]] = FALSE;
            Entry = Entry->Next;
        }
        CompareEntry(Entry, NULL);
    }
    CompareEntry(FirstEntrySList(Head), TopOf(Stack));
    if (ExQueryDepthSList(Head) != Stack->Count) {
        Differ("an SLIST has %u entries, expected %u", ExQueryDepthSList(Head), Stack->Count);
    }
}

/* ---- Circumstances -------------------------------------------------------------------------------------------- */

static VOID ChangeIrql(VOID)
{
    ULONG Selector = Byte();
    KIRQL Irql = (KIRQL)(Selector / 4 % 18);
    BOOLEAN Raise = Selector % 2 == 0;
    BOOLEAN Right = Raise ? Irql >= Model.Irql && Irql <= HIGH_LEVEL : Irql <= Model.Irql;
    CALL Call = {.Routine = Raise ? CallRaiseIrql : CallLowerIrql, .Irql = Irql};
    EXPECTED Expected = ExpectReturn;

    Say("%s to %u", Raise ? "raise" : "lower", Irql);
    if (!Right || Selector % 4 >= 2) {
        /* In a block that catches, whose end puts the IRQL back. */
        if (!Right) {
            Expected = ExpectStop(Raise ? IRQL_NOT_GREATER_OR_EQUAL : IRQL_NOT_LESS_OR_EQUAL, Model.Irql, Irql, 0, 0);
        }
        Run(&Call, &Expected);
    } else {
        Invoke(&Call);
        Say("\n");
        if (Raise && Call.Value != Model.Irql) {
            Differ("KeRaiseIrql says that the IRQL was %u", (ULONG)Call.Value);
        }
        Model.Irql = Irql;
    }
    if (KeGetCurrentIrql() != Model.Irql) {
        Differ("the IRQL is %u", KeGetCurrentIrql());
    }
}

static VOID ChangeWindows(VOID)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);
    ULONG Selector = Byte();
    NTSTATUS Status;

    if (Selector == 255) {
        Status = EmuSetWindows("win9");
        if (Status != STATUS_NOT_FOUND) {
            Differ("EmuSetWindows of a name that is none: 0x%08X", (ULONG)Status);
        }
    } else {
        Model.Windows = &Table[Selector % Count];
        Status = EmuSetWindows(Model.Windows->Name);
        if (Status != STATUS_SUCCESS) {
            Differ("EmuSetWindows: 0x%08X", (ULONG)Status);
        }
    }
    Say("%s\n", Model.Windows->Name);
    if (EmuWindows() != Model.Windows) {
        Differ("the Windows is %s", EmuWindows()->Name);
    }
}

static VOID CheckEverything(VOID)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        CheckContents(&Model.Blocks[Index]);
    }
    WalkTags();
    for (ULONG Index = 0; Index < LIST_COUNT; Index++) {
        CheckList(&Model.Lists[Index]);
    }
}

static VOID Reset(VOID)
{
    static const struct {
        FAMILY Family;
        PVOID Object;
    } Lists[LIST_COUNT] = {
        {NPagedFamily, &NPagedList}, {PagedFamily, &PagedList}, {ExFamily, &ExLists[0]}, {ExFamily, &ExLists[1]}};
    SIZE_T Count;

    EmuReset();
    EmuAllowMissingExports(TRUE);
    memset(&Model, 0, sizeof(Model));
    Model.Windows = &EmuWindowsTable(&Count)[0];
    Model.Windows += Count - 1;
    while (Model.Windows->ProductType != VER_NT_WORKSTATION) {
        Model.Windows--;
    }
    for (ULONG Index = 0; Index < LIST_COUNT; Index++) {
        Model.Lists[Index].Family = Lists[Index].Family;
        Model.Lists[Index].Object = Lists[Index].Object;
    }
    for (ULONG Index = 0; Index < SLIST_COUNT; Index++) {
        InitializeSListHead(&Heads[Index]);
    }
    if (EmuWindows() != Model.Windows || KeGetCurrentIrql() != PASSIVE_LEVEL) {
        Differ("EmuReset leaves %s at IRQL %u", EmuWindows()->Name, KeGetCurrentIrql());
    }
    WalkTags();
}

static VOID ResetOperation(VOID)
{
    if (MaySpend(1)) {
        CheckEverything();
        Reset();
    }
}

/* ---- The program ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *Name;
    VOID (*Routine)(VOID);
} Operations[] = {
    {"allocate by type", AllocateByType},
    {"allocate by flags", AllocateByFlags},
    {"free", FreeBlock},
    {"free again", FreeAgain},
    {"free a bad address", FreeBadAddress},
    {"write", WriteBlock},
    {"overrun", Overrun},
    {"underrun", Underrun},
    {"repair headers", RepairHeaders},
    {"execute", ExecuteBlock},
    {"query size", QuerySize},
    {"query block", QueryBlock},
    {"walk", Walk},
    {"lookaside list", UseList},
    {"SLIST", UseSList},
    {"change IRQL", ChangeIrql},
    {"change Windows", ChangeWindows},
    {"reset", ResetOperation},
};

/* Learns where paged pool lies: freeing an address in a part of it that was never used is 0xC2 (0x50, address, offset
 * from its start, its size). */
static VOID FindPagedPool(VOID)
{
    CALL Call = {.Routine = CallFreePool};
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 16, Tags[0]);

    Call.Address = Block + FAR_BYTES;
    RunUnchecked(&Call);
    if (Stop.Code != BAD_POOL_CALLER || Stop.Parameter[0] != 0x50 || Stop.Parameter[1] != (ULONG_PTR)Call.Address) {
        Differ("free of unused paged pool: bug check 0x%X (0x%zX) %s", Stop.Code, (size_t)Stop.Parameter[0], Stop.Text);
    }
    PagedBase = (ULONG_PTR)Call.Address - Stop.Parameter[2];
    PagedBytes = Stop.Parameter[3];
    if (!IsPagedAddress(Block)) {
        Differ("paged pool is said to be %zu bytes at %p", (size_t)PagedBytes, (PVOID)PagedBase);
    }
}

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    /* Small arenas, for what walks over them; nothing of the emulator before libFuzzer has set its signal handlers. */
    setenv("POOLEMU_ARENA_MIB", "128", 1);
    setenv("POOLEMU_SANITIZE", "0", 1); /* headers are looked at, and freed memory comes back at once */
    unsetenv("POOLEMU_WINDOWS");
    Trace = getenv("POOLEMU_FUZZ_TRACE") != NULL;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    Next = Data;
    End = Data + Bytes;
    Operation = 0;
    OperationName = "start";
    Budget.Bytes = BUDGET_BYTES;
    Budget.Slow = BUDGET_SLOW;
    Reset();
    if (PagedBytes == 0) {
        FindPagedPool();
        Reset();
    }
    while (Next < End && Operation < MOST_OPERATIONS) {
        ULONG Index = Choose(RTL_NUMBER_OF(Operations));
        Operation++;
        OperationName = Operations[Index].Name;
        Say("%4u %s: ", Operation, OperationName);
        Operations[Index].Routine();
        Say("\n");
    }
    OperationName = "end";
    CheckEverything();
    WalkTags();
    if (Bytes % 8 == 0) { /* it asks the host, which takes longer than most inputs do */
        WalkBlocks(MOST_BLOCKS + 1);
    }
    return 0;
}
