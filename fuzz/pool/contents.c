/* contents.c: what the program has written into its blocks, and whether it is still there. */
#include "pool/contents.h"

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

VOID Fill(BLOCK *Block)
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

BOOLEAN IsTouchable(const BLOCK *Block)
{
    return (Block->Type & PagedPool) == 0 || Model.Irql <= APC_LEVEL;
}

VOID CheckContents(const BLOCK *Block)
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

BOOLEAN IsZero(const UCHAR *Start, SIZE_T Bytes)
{
    return Bytes == 0 || (Start[0] == 0 && memcmp(Start, Start + 1, Bytes - 1) == 0);
}
