/* bugs.c: one mistake of a driver's by name, to be built with AddressSanitizer or to be run under valgrind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poolemu.h"

#define TAG 'gnaR'

static volatile UCHAR Sink;

/* The compiler knows nothing of where it points. */
static UCHAR *Opaque(PVOID Address)
{
    UCHAR *volatile Copy = Address;

    return Copy;
}

static EMU_NOINLINE UCHAR *MakeBlock(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = ExAllocatePoolWithTag(Type, Bytes, TAG);

    if (Block == NULL) {
        abort();
    }
    return Opaque(Block);
}

static EMU_NOINLINE VOID DropBlock(PVOID Block)
{
    ExFreePoolWithTag(Block, TAG);
}

static EMU_NOINLINE VOID Overrun(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    Block[Bytes] = 1;
}

static EMU_NOINLINE VOID Underrun(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    Block[-1] = 1;
}

static EMU_NOINLINE VOID UseAfterFree(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    memset(Block, 1, Bytes);
    DropBlock(Block);
    Sink = Block[Bytes / 2];
}

static EMU_NOINLINE VOID DoubleFree(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    DropBlock(Block);
    DropBlock(Block);
}

/* No mistake: is the memory of a freed block the next one's? */
static EMU_NOINLINE VOID Reuse(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    DropBlock(Block);
    if (MakeBlock(Type, Bytes) == Block) {
        exit(0);
    }
}

/* Another block of the size comes and goes in between. */
static EMU_NOINLINE VOID LateUseAfterFree(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    DropBlock(Block);
    for (ULONG Turn = 0; Turn < 100; Turn++) {
        UCHAR *Other = MakeBlock(Type, Bytes);
        memset(Other, 1, Bytes);
        DropBlock(Other);
    }
    Block[0] = 2;
}

static EMU_NOINLINE VOID ReadUninitialized(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);

    if (Block[Bytes / 2] == 1) {
        puts("one");
    }
    DropBlock(Block);
}

static EMU_NOINLINE VOID EmptyBlock(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = Opaque(ExAllocatePool2((Type & PagedPool) != 0 ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED, 0, TAG));

    UNREFERENCED_PARAMETER(Bytes);
    if (Block != NULL) {
        Block[0] = 1;
    }
}

static PAGED_LOOKASIDE_LIST Paged;
static NPAGED_LOOKASIDE_LIST NonPaged;

static EMU_NOINLINE PVOID TakeEntry(POOL_TYPE Type)
{
    return Opaque((Type & PagedPool) != 0 ? ExAllocateFromPagedLookasideList(&Paged)
                                          : ExAllocateFromNPagedLookasideList(&NonPaged));
}

static EMU_NOINLINE VOID PutEntry(POOL_TYPE Type, PVOID Entry)
{
    if ((Type & PagedPool) != 0) {
        ExFreeToPagedLookasideList(&Paged, Entry);
    } else {
        ExFreeToNPagedLookasideList(&NonPaged, Entry);
    }
}

static VOID MakeList(POOL_TYPE Type, SIZE_T Bytes)
{
    if ((Type & PagedPool) != 0) {
        ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, Bytes, TAG, 0);
    } else {
        ExInitializeNPagedLookasideList(&NonPaged, NULL, NULL, (ULONG)Type & POOL_NX_ALLOCATION, Bytes, TAG, 0);
    }
}

static EMU_NOINLINE VOID UseEntryOnList(POOL_TYPE Type, SIZE_T Bytes)
{
    MakeList(Type, Bytes);
    UCHAR *Entry = TakeEntry(Type);
    PutEntry(Type, Entry);
    Entry[Bytes - 1] = 1;
}

static EMU_NOINLINE VOID WriteLinkOnList(POOL_TYPE Type, SIZE_T Bytes)
{
    MakeList(Type, Bytes);
    UCHAR *Entry = TakeEntry(Type);
    PutEntry(Type, Entry);
    Entry[0] = 1;
}

static EMU_NOINLINE VOID OverrunEntry(POOL_TYPE Type, SIZE_T Bytes)
{
    MakeList(Type, Bytes);
    UCHAR *Entry = TakeEntry(Type);
    PutEntry(Type, Entry);
    Entry = TakeEntry(Type);
    memset(Entry, 1, Bytes);
    Entry[Bytes] = 1;
}

static EMU_NOINLINE VOID ReadUninitializedEntry(POOL_TYPE Type, SIZE_T Bytes)
{
    MakeList(Type, Bytes);
    UCHAR *Entry = TakeEntry(Type);
    memset(Entry, 1, Bytes);
    PutEntry(Type, Entry);
    Entry = TakeEntry(Type);
    if (Entry[Bytes / 2] == 1) {
        puts("one");
    }
    PutEntry(Type, Entry);
}

static EMU_NOINLINE VOID CopyTooMuch(POOL_TYPE Type, SIZE_T Bytes)
{
    UCHAR *Block = MakeBlock(Type, Bytes);
    UCHAR *Source = calloc(1, Bytes + 1);

    RtlCopyMemory(Block, Source, Bytes + 1);
    free(Source);
}

static const struct {
    PCSTR Name;
    VOID (*Body)(POOL_TYPE Type, SIZE_T Bytes);
} Bugs[] = {
    {"overrun", Overrun},
    {"underrun", Underrun},
    {"use_after_free", UseAfterFree},
    {"late_use_after_free", LateUseAfterFree},
    {"double_free", DoubleFree},
    {"reuse", Reuse},
    {"read_uninitialized", ReadUninitialized},
    {"empty_block", EmptyBlock},
    {"use_entry_on_list", UseEntryOnList},
    {"write_link_on_list", WriteLinkOnList},
    {"overrun_entry", OverrunEntry},
    {"read_uninitialized_entry", ReadUninitializedEntry},
    {"copy_too_much", CopyTooMuch},
};

/* bugs NAME POOL-TYPE BYTES: ends with status 3 when the mistake was not noticed. */
int main(int Count, char **Arguments)
{
    for (SIZE_T Index = 0; Count == 4 && Index < RTL_NUMBER_OF(Bugs); Index++) {
        if (strcmp(Bugs[Index].Name, Arguments[1]) == 0) {
            Bugs[Index].Body((POOL_TYPE)strtoul(Arguments[2], NULL, 0), strtoul(Arguments[3], NULL, 0));
            return 3;
        }
    }
    fprintf(stderr, "usage: bugs NAME POOL-TYPE BYTES\n");
    return 2;
}
