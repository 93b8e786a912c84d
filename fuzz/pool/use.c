/* use.c: the operations that write into blocks, behind them and in front, and execute them. */
#include "pool/contents.h"
#include "pool/input.h"
#include "pool/model.h"
#include "pool/operations.h"
#include "pool/run.h"

VOID WriteBlock(VOID)
{
    BLOCK *Block = ChooseBlock();

    if (Block != NULL && IsTouchable(Block)) {
        CheckContents(Block);
        Fill(Block);
    }
}

/* Writes behind a small block, up to the whole of the next header but not past the page. */
VOID Overrun(VOID)
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

VOID Underrun(VOID)
{
    BLOCK *Block = ChooseBlock();
    ULONG Bytes = 1 + Choose(HEADER_BYTES);
    ULONG Value = Byte();

    if (Block != NULL && Block->Small && IsTouchable(Block)) {
        Say("of %p: %u bytes of 0x%02X\n", (PVOID)Block->Address, Bytes, Value);
        memset(Block->Address - Bytes, (int)Value, Bytes);
    }
}

VOID RepairHeaders(VOID)
{
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        BLOCK *Block = &Model.Blocks[Index];
        if (Block->Small && IsTouchable(Block)) {
            memcpy(Block->Address - HEADER_BYTES, Block->Header, HEADER_BYTES);
        }
    }
}

/* "Return 42" of the processor. The stop's second parameter is the page's entry as x64 has it: valid, no-execute. */
VOID ExecuteBlock(VOID)
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
