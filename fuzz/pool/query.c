/* query.c: the operations that ask the emulator what is allocated. */
#include "pool/query.h"

#include "pool/free.h"
#include "pool/input.h"
#include "pool/operations.h"

VOID QuerySize(VOID)
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

VOID QueryBlock(VOID)
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

VOID WalkBlocks(ULONG Most)
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

VOID WalkTags(VOID)
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

VOID Walk(VOID)
{
    ULONG Selector = Byte();

    if (Selector % 2 != 0) {
        WalkTags();
        CheckTag(Selector / 2 % TAG_COUNT);
    } else if (MaySpend(3)) {
        WalkBlocks((Selector & 0x80) != 0 ? 1 + Selector % 8 : MOST_BLOCKS + 1);
    }
}
