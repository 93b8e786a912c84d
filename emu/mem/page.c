/* page.c: the page table of the pool. */
#include "mem/page.h"

#include "host/host.h"

C_ASSERT(sizeof(MI_PAGE) == 16);

EMU_HOT ULONG_PTR MiPageOfNull;

/* How much of an arena, from its base, a core dump would hold. */
static SIZE_T MiBytesDumped[MiArenaCount];

/* A bit for each unit in which a run began; and a bit for each word of those that has one, so that a walk over arenas
 * that are nearly empty, as arenas are, is short. */
enum {
    MI_MOST_UNITS = (ULONG)(((ULONG64)MiArenaCount << MI_LARGEST_SHIFT) / MI_UNIT_BYTES),
    MI_WORD_BITS = 64,
};

static SIZE_T MiUnits;
static ULONG64 MiUsedUnits[MI_MOST_UNITS / MI_WORD_BITS];
static ULONG64 MiUsedWords[MI_MOST_UNITS / MI_WORD_BITS / MI_WORD_BITS];

BOOLEAN MiInitializePages(SIZE_T Bytes)
{
    MiUnits = Bytes / MI_UNIT_BYTES;
    MI_PAGE *Pages = HostAllocate((Bytes >> PAGE_SHIFT) * sizeof(MI_PAGE));
    MiPageOfNull = (ULONG_PTR)Pages - (MiRanges.Base >> PAGE_SHIFT) * sizeof(MI_PAGE);
    return Pages != NULL;
}

/* Raises *Value to Least; TRUE, and in *Before what it was, when this call did it. */
static BOOLEAN MiRaiseTo(SIZE_T *Value, SIZE_T Least, SIZE_T *Before)
{
    *Before = EMU_ATOMIC_LOAD(Value, EMU_ORDER_NONE);
    while (*Before < Least) {
        SIZE_T Found = EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, Value, Least, *Before, EMU_ORDER_FULL);
        if (Found == *Before) {
            return TRUE;
        }
        *Before = Found;
    }
    return FALSE;
}

static VOID MiSetBit(ULONG64 *Bits, SIZE_T Bit)
{
    EMU_ATOMIC_OR(64, &Bits[Bit / MI_WORD_BITS], 1ull << Bit % MI_WORD_BITS, EMU_ORDER_RELEASE);
}

VOID MiNoteRun(MI_ARENA Arena, ULONG_PTR Address, SIZE_T Bytes)
{
    enum {
        Step = 64 << 20 /* a core dump holds what is in use, in steps that cost few calls of the host */
    };
    SIZE_T Unit = (Address - MiRanges.Base) / MI_UNIT_BYTES;
    SIZE_T Steps = (Address - MiArenaBase(Arena) + Bytes + Step - 1) / Step * Step;
    SIZE_T Before;

    MiSetBit(MiUsedUnits, Unit);
    MiSetBit(MiUsedWords, Unit / MI_WORD_BITS);
    if (MiRaiseTo(&MiBytesDumped[Arena], Steps, &Before)) {
        HostAllowDump((PVOID)(MiArenaBase(Arena) + Before), Steps - Before);
    }
}

/* The first bit from From on that is set, or End. */
static SIZE_T MiNextBit(const ULONG64 *Bits, SIZE_T From, SIZE_T End)
{
    while (From < End) {
        ULONG64 Word = EMU_ATOMIC_LOAD(&Bits[From / MI_WORD_BITS], EMU_ORDER_ACQUIRE) >> From % MI_WORD_BITS;
        if (Word != 0) {
            for (; (Word & 1) == 0; Word >>= 1) {
                From++;
            }
            return From;
        }
        From = (From / MI_WORD_BITS + 1) * MI_WORD_BITS;
    }
    return End;
}

ULONG_PTR MiNextUnit(ULONG_PTR Address)
{
    if (!MiHasArenas()) {
        return 0;
    }
    SIZE_T Unit = Address > MiRanges.Base ? (Address - MiRanges.Base) / MI_UNIT_BYTES : 0;

    while (Unit < MiUnits) {
        SIZE_T EndOfWord = (Unit / MI_WORD_BITS + 1) * MI_WORD_BITS;
        Unit = MiNextBit(MiUsedUnits, Unit, EndOfWord);
        if (Unit < EndOfWord) {
            return MiRanges.Base + Unit * MI_UNIT_BYTES;
        }
        Unit = MiNextBit(MiUsedWords, EndOfWord / MI_WORD_BITS, MiUnits / MI_WORD_BITS) * MI_WORD_BITS;
    }
    return 0;
}
