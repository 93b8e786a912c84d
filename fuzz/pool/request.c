/* request.c: the rules of allocation: what a request gives, and what its block must look like. */
#include "pool/request.h"

#include "pool/contents.h"
#include "pool/input.h"
#include "pool/model.h"

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

BOOLEAN IsIrqlTooHigh(ULONG Type)
{
    return Model.Irql > ((Type & PagedPool) != 0 ? APC_LEVEL : DISPATCH_LEVEL);
}

static BOOLEAN IsTooLarge(SIZE_T Bytes)
{
    return Bytes >= 1ull << 36;
}

EXPECTED ExpectAllocation(const REQUEST *Request, BOOLEAN *Fails)
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

BOOLEAN HasRoomFor(SIZE_T Bytes)
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

BLOCK *AddBlock(const REQUEST *Request, PVOID Address)
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

VOID RunAllocation(CALL *Call, const REQUEST *Request)
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
