/* free.c: the rules of free, and the operations that free. */
#include "pool/free.h"

#include "pool/contents.h"
#include "pool/input.h"
#include "pool/operations.h"
#include "pool/request.h"

VOID RemoveBlock(BLOCK *Block)
{
    EMU_POOL_USAGE *Usage = UsageOf(Block->Tag, Block->Type);

    Usage->Frees++;
    Usage->Bytes -= Block->Size;
    Model.LiveBytes -= Block->Size;
    Model.Freed[Model.FreedCount++ % MOST_FREED] =
        (FREED){Block->Address, Model.Clock, Block->Tag, Block->Small, (Block->Type & PagedPool) != 0};
    *Block = Model.Blocks[--Model.BlockCount];
}

static BOOLEAN IsTagRight(ULONG Tag, ULONG BlockTag)
{
    if ((BlockTag & PROTECTED_POOL) != 0) {
        return Tag != 0 && (Tag | PROTECTED_POOL) == BlockTag;
    }
    return Tag == 0 || Tag == BlockTag;
}

/* What the pool finds at a free, as the Windows of the model says it. */
static EXPECTED OfHeap(EXPECTED Before, ULONG_PTR Type, const VOID *Address)
{
    ULONG_PTR Heap = 0;

    if (!HasHeap()) {
        return Before;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(HeapBase); Index++) {
        Heap = HeapBase[Index] <= (ULONG_PTR)Address ? max(Heap, HeapBase[Index]) : Heap;
    }
    return ExpectStop(KERNEL_MODE_HEAP_CORRUPTION, Type, Heap, (ULONG_PTR)Address, 0);
}

static EXPECTED ExpectOverrun(const BLOCK *Block)
{
    const UCHAR *Next = Block->Address + Block->Capacity;

    return OfHeap(ExpectStop(BAD_POOL_HEADER, 0x21, (ULONG_PTR)Block->Address, Block->Size, FirstWord(Next)), 0x06,
                  Next);
}

EXPECTED ExpectFreeOfBlock(const BLOCK *Block, ULONG Tag)
{
    ULONG_PTR Address = (ULONG_PTR)Block->Address;

    if (IsIrqlTooHigh(Block->Type)) {
        return ExpectStop(BAD_POOL_CALLER, 0x09, Model.Irql, Block->Type, Address);
    }
    if (IsDamaged(Block)) {
        ULONG_PTR Header = Address - HEADER_BYTES;
        if (Block->Quota && memcmp((PVOID)Header, Block->Header, 8) == 0) {
            return ExpectStop(BAD_POOL_CALLER, 0x0D, Address, Block->Tag, FirstWord(Block->Address - 8));
        }
        return OfHeap(
            ExpectStop(BAD_POOL_HEADER, 0x20, Header, Address + Block->Capacity, (ULONG)FirstWord((PVOID)Header)), 0x03,
            (PVOID)Header);
    }
    if (!IsTagRight(Tag, Block->Tag)) {
        return ExpectStop(BAD_POOL_CALLER, 0x0A, Address, Block->Tag, Tag);
    }
    BLOCK *Neighbour = FindNeighbour(Block);
    if (Neighbour != NULL && IsDamaged(Neighbour)) {
        return ExpectOverrun(Block);
    }
    return ExpectReturn;
}

BOOLEAN IsPagedAddress(const VOID *Address)
{
    return (ULONG_PTR)Address - PagedBase < PagedBytes;
}

static EXPECTED ExpectFreeInside(const VOID *Address)
{
    ULONG_PTR Start = (ULONG_PTR)Address;

    return OfHeap(IsPagedAddress(Address) ? ExpectStop(BAD_POOL_CALLER, 0x41286, 0, 0, Start - PagedBase)
                                          : ExpectStop(BAD_POOL_CALLER, 0x99, Start, 0, 0),
                  0x09, Address);
}

static EXPECTED ExpectFreeOfNothing(const VOID *Address)
{
    ULONG_PTR Start = (ULONG_PTR)Address;

    return OfHeap(IsPagedAddress(Address) ? ExpectStop(BAD_POOL_CALLER, 0x50, Start, Start - PagedBase, PagedBytes)
                                          : ExpectStop(BAD_POOL_CALLER, 0x44, Start, 0, 0),
                  0x09, Address);
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

/* The tag of the block that was freed last at that address. */
static ULONG LastTagAt(const UCHAR *Address)
{
    const FREED *Last = NULL;

    for (ULONG Index = 0; Index < MOST_FREED && Index < Model.FreedCount; Index++) {
        const FREED *Freed = &Model.Freed[Index];
        if (Freed->Address == Address && (Last == NULL || Freed->When >= Last->When)) {
            Last = Freed;
        }
    }
    return Last->Tag;
}

/* Parameters 2 and 3 are the tag and the first bytes of the freed header as it is now, of a large block the tag and 0.
 * Both are 0 where neither is known any more. */
static VOID CompareDoubleFree(const FREED *Freed)
{
    EXPECTED Expected = ExpectStop(BAD_POOL_CALLER, 0x07, 0, 0, (ULONG_PTR)Freed->Address);
    EXPECTED Inside = ExpectFreeInside(Freed->Address), Nothing = ExpectFreeOfNothing(Freed->Address);

    if (HasHeap()) {
        BOOLEAN IsForgotten = Stop.Parameter[0] == 0x09 && !IsPageTheSame(Freed);
        Expected = OfHeap(Expected, BYTE_OFFSET(Freed->Address) != 0 ? 0x11 : 0x08, Freed->Address);
        Compare(IsForgotten ? &Inside : &Expected);
        return;
    }
    if (Stop.Code == BAD_POOL_CALLER && Stop.Parameter[0] != 0x07 && !IsPageTheSame(Freed)) {
        Compare(Stop.Parameter[0] == Inside.Parameter[0] ? &Inside : &Nothing);
        return;
    }
    if (Stop.Code == BAD_POOL_CALLER && (Stop.Parameter[1] != 0 || Stop.Parameter[2] != 0)) {
        Expected.Parameter[1] =
            Freed->Small ? (ULONG)FirstWord(Freed->Address - HEADER_BYTES + 4) : LastTagAt(Freed->Address);
        Expected.Parameter[2] = Freed->Small ? (ULONG)FirstWord(Freed->Address - HEADER_BYTES) : 0;
    }
    Compare(&Expected);
}

static VOID RunFreeOfBlock(CALL *Call, BLOCK *Block)
{
    EXPECTED Expected = ExpectFreeOfBlock(Block, Call->Tag);
    ULONG Tag = Block->Tag;

    BOOLEAN IsOverrun = (Expected.Code == BAD_POOL_HEADER && Expected.Parameter[0] == 0x21) ||
                        (Expected.Code == KERNEL_MODE_HEAP_CORRUPTION && Expected.Parameter[0] == 0x06);
    if (IsOverrun && !MaySpend(3)) {
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

VOID FreeBlock(VOID)
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

VOID FreeAgain(VOID)
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

PVOID ChooseBadAddress(EXPECTED *Expected)
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

VOID FreeBadAddress(VOID)
{
    EXPECTED Expected;
    CALL Call = {.Address = ChooseBadAddress(&Expected)};

    Call.Tag = ChooseFreeTag(&Call, Tags[0]);
    Say("%p, tag 0x%08X", Call.Address, Call.Tag);
    Run(&Call, &Expected);
}
