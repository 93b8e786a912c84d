/* overruns.c: accesses outside a block: by one byte or by many, in front of it and behind it, in every kind of pool. */
#include "bugs.h"

static DECLSPEC_NOINLINE VOID Free(PVOID Block)
{
    if (Block != NULL) {
        ExFreePoolWithTag(Block, BUG_TAG);
    }
}

/* ---- By one element ------------------------------------------------------------------------------------------- */

/* Length does not count the terminator. */
static DECLSPEC_NOINLINE PCHAR DuplicateName(PCSTR Name, SIZE_T Length)
{
    PCHAR Copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, Length, BUG_TAG);

    if (Copy != NULL) {
        RtlCopyMemory(Copy, Name, Length);
        Copy[Length] = 0;
    }
    return Copy;
}

static VOID TerminatorInSlack(VOID)
{
    Free(DuplicateName("\\Device\\Serial", 14));
}

/* 16 bytes fill their block: behind them begins the next one's header. */
static VOID TerminatorBehindFullBlock(VOID)
{
    PCHAR Disk = DuplicateName("\\Device\\Harddisk", 16);
    PCHAR Tape = DuplicateName("\\Device\\Tapedisk", 16);

    Free(Disk);
    Free(Tape);
}

static DECLSPEC_NOINLINE VOID ResetCounters(PULONG64 Counters, ULONG Count)
{
    for (ULONG Index = 0; Index <= Count; Index++) {
        Counters[Index] = MAXULONG64;
    }
}

static VOID LoopWritesOneTooMany(VOID)
{
    PULONG64 Counters = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8 * sizeof(ULONG64), BUG_TAG);
    PULONG64 Others = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8 * sizeof(ULONG64), BUG_TAG);

    if (Counters != NULL && Others != NULL) {
        ResetCounters(Counters, 8);
        ResetCounters(Others, 8);
    }
    Free(Others);
    Free(Counters);
}

static DECLSPEC_NOINLINE ULONG64 SumCounters(const ULONG64 *Counters, ULONG Count)
{
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index <= Count; Index++) {
        Sum += Counters[Index];
    }
    return Sum;
}

static VOID LoopReadsOneTooMany(VOID)
{
    PULONG64 Counters = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8 * sizeof(ULONG64), BUG_TAG);

    if (Counters != NULL) {
        Answer = SumCounters(Counters, 8);
        Free(Counters);
    }
}

/* Cuts blanks from the end of a line, which may have nothing else. */
static DECLSPEC_NOINLINE VOID PrefixLength(PCHAR Line, ULONG Length)
{
    ((PULONG)Line)[-1] = Length;
}

static VOID WriteBeforeBlock(VOID)
{
    PCHAR Line = ExAllocatePool2(POOL_FLAG_NON_PAGED, 80, BUG_TAG);

    if (Line != NULL) {
        PrefixLength(Line, 80);
        Free(Line);
    }
}

static DECLSPEC_NOINLINE LONG DifferenceToPrevious(const LONG *Samples, LONG Index)
{
    return Samples[Index] - Samples[Index - 1];
}

static VOID ReadBeforeBlock(VOID)
{
    PLONG Samples = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64 * sizeof(LONG), BUG_TAG);

    if (Samples != NULL) {
        Answer = (ULONG64)DifferenceToPrevious(Samples, 0);
        Free(Samples);
    }
}

/* ---- Blocks of a page and more -------------------------------------------------------------------------------- */

static DECLSPEC_NOINLINE VOID SealBuffer(PUCHAR Buffer, SIZE_T Length)
{
    Buffer[Length] = 0x5A;
}

static VOID SealInBlockOf(POOL_FLAGS Flags, SIZE_T Bytes)
{
    PUCHAR Buffer = ExAllocatePool2(Flags, Bytes, BUG_TAG);

    if (Buffer != NULL) {
        SealBuffer(Buffer, Bytes);
        Free(Buffer);
    }
}

static VOID WriteBehindPage(VOID)
{
    SealInBlockOf(POOL_FLAG_NON_PAGED, PAGE_SIZE);
}

static VOID WriteBehindPages(VOID)
{
    SealInBlockOf(POOL_FLAG_NON_PAGED, 3 * PAGE_SIZE);
}

static VOID WriteIntoLastPagesRest(VOID)
{
    SealInBlockOf(POOL_FLAG_NON_PAGED, 3 * PAGE_SIZE + 100);
}

static DECLSPEC_NOINLINE VOID PrependHeader(PUCHAR Packet)
{
    *(PULONG)(Packet - sizeof(ULONG)) = 0x45000000;
}

static VOID WriteBeforePage(VOID)
{
    PUCHAR Packet = ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, BUG_TAG);

    if (Packet != NULL) {
        PrependHeader(Packet);
        Free(Packet);
    }
}

static DECLSPEC_NOINLINE UCHAR LastByte(const UCHAR *Buffer, SIZE_T Length)
{
    return Buffer[Length];
}

static VOID ReadBehindPages(VOID)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * PAGE_SIZE, BUG_TAG);

    if (Buffer != NULL) {
        Answer = LastByte(Buffer, 2 * PAGE_SIZE);
        Free(Buffer);
    }
}

/* ---- The other pools ------------------------------------------------------------------------------------------ */

static VOID WriteBehindPagedBlock(VOID)
{
    SealInBlockOf(POOL_FLAG_PAGED, 96);
}

static DECLSPEC_NOINLINE VOID WriteJump(volatile UCHAR *Code, LONG Distance)
{
    *Code = 0xE9;
    for (ULONG Byte = 0; Byte < sizeof(Distance); Byte++) {
        Code[1 + Byte] = (UCHAR)(Distance >> 8 * Byte);
    }
}

/* Each patch has 16 bytes; the jump back of the last one has no room. */
static VOID WriteBehindExecutableBlock(VOID)
{
    PUCHAR Patches = ExAllocatePoolWithTag(NonPagedPoolExecute, 4 * 16, BUG_TAG);

    if (Patches != NULL) {
        WriteJump(Patches + 4 * 16 - 4, -100);
        Free(Patches);
    }
}

/* ---- By many bytes -------------------------------------------------------------------------------------------- */

/* The pitch is in bytes already. */
static DECLSPEC_NOINLINE VOID SetPixel(PULONG Frame, ULONG Pitch, ULONG Row, ULONG Column, ULONG Colour)
{
    Frame[Row * Pitch * sizeof(ULONG) + Column] = Colour;
}

static VOID FarStride(VOID)
{
    PULONG Frame = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32 * 30 * sizeof(ULONG), BUG_TAG);

    if (Frame != NULL) {
        SetPixel(Frame, 32 * sizeof(ULONG), 29, 31, 0xFF00FF);
        Free(Frame);
    }
}

typedef struct RECORD {
    ULONG64 Key;
    ULONG64 Values[3];
} RECORD;

/* The product of both has more than 32 bits. */
static DECLSPEC_NOINLINE RECORD *MakeRecords(ULONG Count, ULONG Supplied)
{
    ULONG Bytes = Count * (ULONG)sizeof(RECORD);
    RECORD *Records = ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, BUG_TAG);

    for (ULONG Index = 0; Records != NULL && Index < Supplied && Index < Count; Index++) {
        Records[Index].Key = Index;
    }
    return Records;
}

static VOID SizeOverflow(VOID)
{
    Free(MakeRecords(0x08000002, 100));
}

typedef struct CONNECTION {
    LIST_ENTRY Links;
    ULONG64 Peer[2];
    ULONG State;
} CONNECTION;

static VOID SizeOfPointer(VOID)
{
    CONNECTION *Connection = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(Connection), BUG_TAG);

    if (Connection != NULL) {
        RtlZeroMemory(Connection, sizeof(*Connection));
        InitializeListHead(&Connection->Links);
        Free(Connection);
    }
}

/* The destination is as long as the header promises, the source as long as it is. */
static DECLSPEC_NOINLINE PVOID CopyRequest(const VOID *Request, SIZE_T Promised, SIZE_T Received)
{
    PVOID Copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, Promised, BUG_TAG);

    if (Copy != NULL) {
        RtlCopyMemory(Copy, Request, Received);
    }
    return Copy;
}

static VOID CopyOfSourceLength(VOID)
{
    UCHAR Request[300];

    RtlFillMemory(Request, sizeof(Request), 0x5A);
    PVOID First = CopyRequest(Request, 48, sizeof(Request));
    PVOID Second = CopyRequest(Request, 48, 48);
    Free(Second);
    Free(First);
}

static VOID CharactersTakenForBytes(VOID)
{
    static const WCHAR Path[] = L"\\Registry\\Machine\\System";
    ULONG Characters = RTL_NUMBER_OF(Path);
    PWCHAR Copy = ExAllocatePool2(POOL_FLAG_PAGED, Characters, BUG_TAG);

    if (Copy != NULL) {
        for (ULONG Index = 0; Index < Characters; Index++) {
            Copy[Index] = Path[Index];
        }
        Free(Copy);
    }
}

typedef struct SMALL_EVENT {
    ULONG Type;
    ULONG Value;
    ULONG64 Time;
} SMALL_EVENT;

typedef struct LARGE_EVENT {
    SMALL_EVENT Header;
    UCHAR Data[112];
} LARGE_EVENT;

static DECLSPEC_NOINLINE VOID StoreData(SMALL_EVENT *Event, const UCHAR *Data, SIZE_T Length)
{
    RtlCopyMemory(((LARGE_EVENT *)Event)->Data, Data, Length);
}

static VOID SmallerVariant(VOID)
{
    static const UCHAR Data[112] = {1};
    SMALL_EVENT *Event = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(SMALL_EVENT), BUG_TAG);

    if (Event != NULL) {
        Event->Type = 2;
        StoreData(Event, Data, sizeof(Data));
        Free(Event);
    }
}

const BUG OverrunBugs[] = {
    {.Name = "terminator_in_slack", .Run = TerminatorInSlack},
    {.Name = "terminator_behind_full_block", .Run = TerminatorBehindFullBlock},
    {.Name = "loop_writes_one_too_many", .Run = LoopWritesOneTooMany},
    {.Name = "loop_reads_one_too_many", .Run = LoopReadsOneTooMany},
    {.Name = "write_before_block", .Run = WriteBeforeBlock},
    {.Name = "read_before_block", .Run = ReadBeforeBlock},
    {.Name = "write_behind_page", .Run = WriteBehindPage},
    {.Name = "write_before_page", .Run = WriteBeforePage},
    {.Name = "write_behind_pages", .Run = WriteBehindPages},
    {.Name = "write_into_last_pages_rest", .Run = WriteIntoLastPagesRest},
    {.Name = "read_behind_pages", .Run = ReadBehindPages},
    {.Name = "write_behind_paged_block", .Run = WriteBehindPagedBlock},
    {.Name = "write_behind_executable_block", .Run = WriteBehindExecutableBlock},
    {.Name = "far_stride", .Run = FarStride},
    {.Name = "size_overflow", .Run = SizeOverflow},
    {.Name = "size_of_pointer", .Run = SizeOfPointer},
    {.Name = "copy_of_source_length", .Run = CopyOfSourceLength},
    {.Name = "characters_taken_for_bytes", .Run = CharactersTakenForBytes},
    {.Name = "smaller_variant", .Run = SmallerVariant},
    {.Name = NULL},
};
