/* model.c: the blocks and counters that say what must happen, and how a difference is reported. */
#include "pool/model.h"

#include <stdarg.h>
#include <stdlib.h>

#include "pool/input.h"

const ULONG Tags[TAG_COUNT] = {'tseT', 'derF',   'A', '9',   'b   ', 'lfvO', '+1+1', 'torP' | PROTECTED_POOL,
                               'torP', TAG_NONE, 0,   'BIG', ' GIB', '    ', '.,-+', 0x01020304};

MODEL Model;
BUDGET Budget;
ULONG_PTR PagedBase;
ULONG_PTR HeapBase[3];
SIZE_T PagedBytes;

ULONG Operation;
const char *OperationName = "start";
BOOLEAN Trace;

BOOLEAN MaySpend(ULONG Cost)
{
    if (Budget.Slow < Cost) {
        return FALSE;
    }
    Budget.Slow -= Cost;
    return TRUE;
}

BOOLEAN IsAtLeast(ULONG Major, ULONG Minor, ULONG Build)
{
    const EMU_WINDOWS *Windows = Model.Windows;

    if (Windows->Major != Major) {
        return Windows->Major > Major;
    }
    return Windows->Minor != Minor ? Windows->Minor > Minor : Windows->Build >= Build;
}

BOOLEAN HasNxPool(VOID)
{
    return IsAtLeast(6, 2, 0);
}

BOOLEAN HasHeap(VOID)
{
    return IsAtLeast(10, 0, 18362);
}

BOOLEAN HasZeroing(VOID)
{
    return IsAtLeast(10, 0, 19041);
}

/* ---- Differences ---------------------------------------------------------------------------------------------- */

EMU_NORETURN EMU_FORMAT(1, 2) VOID Differ(const char *Format, ...)
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

EMU_FORMAT(1, 2) VOID Say(const char *Format, ...)
{
    va_list Arguments;

    if (Trace) {
        va_start(Arguments, Format);
        vfprintf(stderr, Format, Arguments);
        va_end(Arguments);
    }
}

/* ---- Live blocks ---------------------------------------------------------------------------------------------- */

ULONG_PTR FirstWord(const VOID *Address)
{
    ULONG_PTR Word;

    memcpy(&Word, Address, sizeof(Word));
    return Word;
}

SIZE_T HeaderBytes(const BLOCK *Block)
{
    return Block->Small ? HEADER_BYTES : 0;
}

BOOLEAN IsDamaged(const BLOCK *Block)
{
    return Block->Small && memcmp(Block->Address - HEADER_BYTES, Block->Header, HEADER_BYTES) != 0;
}

BLOCK *FindBlock(const VOID *Address)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        if (Model.Blocks[Index].Address == Address) {
            return &Model.Blocks[Index];
        }
    }
    return NULL;
}

BLOCK *FindBlockAround(const UCHAR *Address)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        BLOCK *Block = &Model.Blocks[Index];
        if (Address >= Block->Address - HeaderBytes(Block) && Address < Block->Address + Block->Capacity) {
            return Block;
        }
    }
    return NULL;
}

BLOCK *FindNeighbour(const BLOCK *Block)
{
    UCHAR *Behind = Block->Address + Block->Capacity;

    return Block->Small && BYTE_OFFSET(Behind) != 0 ? FindBlock(Behind + HEADER_BYTES) : NULL;
}

BLOCK *ChooseBlock(VOID)
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

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

EMU_POOL_USAGE *UsageOf(ULONG Tag, ULONG Type)
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

VOID CompareUsage(ULONG Tag, const char *Pool, const EMU_POOL_USAGE *Found, const EMU_POOL_USAGE *Wanted)
{
    if (!IsSameUsage(Found, Wanted)) {
        Differ("tag 0x%08X, %s pool: %llu allocs, %llu frees, %llu bytes; expected %llu, %llu, %llu", Tag, Pool,
               (unsigned long long)Found->Allocs, (unsigned long long)Found->Frees, (unsigned long long)Found->Bytes,
               (unsigned long long)Wanted->Allocs, (unsigned long long)Wanted->Frees,
               (unsigned long long)Wanted->Bytes);
    }
}

VOID CheckTag(ULONG Index)
{
    EMU_TAG_USAGE Usage;

    EmuQueryTag(Tags[Index], &Usage);
    if (Usage.Tag != Tags[Index]) {
        Differ("EmuQueryTag(0x%08X) answers for tag 0x%08X", Tags[Index], Usage.Tag);
    }
    CompareUsage(Usage.Tag, "nonpaged", &Usage.NonPaged, &Model.Usage[Index].NonPaged);
    CompareUsage(Usage.Tag, "paged", &Usage.Paged, &Model.Usage[Index].Paged);
}

VOID CheckTagOf(ULONG Tag)
{
    for (ULONG Index = 0; Index < TAG_COUNT; Index++) {
        if (Tags[Index] == Tag) {
            CheckTag(Index);
        }
    }
}
