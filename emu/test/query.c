/* query.c: the test's questions to the pool: one block, all blocks, one tag, all tags, PoolMon's table. */
#include "test/query.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/pooltag.h"
#include "host/text.h"
#include "core/array.h"
#include "nt/ex/securepool.h"

/* Asking the host costs much more than a block does. So the last answer is kept for the length of one walk, and so is
 * the host's map, as each block of special pool has a range of its own. */
typedef struct EMUP_WALK {
    EMU_BLOCK_CALLBACK *Callback;
    PVOID Context;
    HOST_PROTECTION Protection;
    HOST_MAP Map;
    BOOLEAN HadEnough;
} EMUP_WALK;

static EMU_BLOCK EmupShowBlock(const MI_BLOCK *Block, const HOST_PROTECTION *Protection)
{
    return (EMU_BLOCK){
        .Address = Block->Address,
        .Size = Block->Size,
        .Tag = Block->Tag,
        .PoolType = Block->PoolType,
        .Executable = Protection->Execute,
        .QuotaCharged = Block->Quota,
    };
}

static BOOLEAN EmupFindBlock(PVOID Address, MI_BLOCK *Block)
{
    return MiFindBlock(Address, Block) == MiFoundLive || ExpFindSecureBlock(Address, Block);
}

BOOLEAN EmuQueryBlock(PVOID Address, EMU_BLOCK *Block)
{
    MI_BLOCK Found;

    if (Block == NULL || !EmupFindBlock(Address, &Found)) {
        return FALSE;
    }
    HOST_PROTECTION Protection = MiQueryProtection(NULL, Address);
    *Block = EmupShowBlock(&Found, &Protection);
    return TRUE;
}

static BOOLEAN EmupShowNextBlock(const MI_BLOCK *Block, PVOID Context)
{
    EMUP_WALK *Walk = Context;
    ULONG_PTR Address = (ULONG_PTR)Block->Address;

    if (Address < Walk->Protection.Start || Address >= Walk->Protection.End) {
        Walk->Protection = MiQueryProtection(&Walk->Map, Block->Address);
    }
    EMU_BLOCK Shown = EmupShowBlock(Block, &Walk->Protection);
    Walk->HadEnough = !Walk->Callback(&Shown, Walk->Context);
    return !Walk->HadEnough;
}

VOID EmuForEachBlock(EMU_BLOCK_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    EMUP_WALK Walk = {.Callback = Callback, .Context = Context};

    if (MiHasArenas()) {
        MiForEachBlock(EmupShowNextBlock, &Walk);
    }
    if (!Walk.HadEnough) {
        ExpForEachSecureBlock(EmupShowNextBlock, &Walk);
    }
    HostForgetMap(&Walk.Map);
}

VOID EmupForEachAddress(const PVOID *Addresses, SIZE_T Count, EMU_BLOCK_CALLBACK *Callback, PVOID Context)
{
    EMUP_WALK Walk = {.Callback = Callback, .Context = Context};
    MI_BLOCK Found;

    for (SIZE_T Index = 0; Index < Count && !Walk.HadEnough; Index++) {
        if (EmupFindBlock(Addresses[Index], &Found)) {
            EmupShowNextBlock(&Found, &Walk);
        }
    }
    HostForgetMap(&Walk.Map);
}

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

enum {
    EMUP_TAGS_AT_ONCE = 128,
    EMUP_MOST_LOOKS = 4,
};

/* FALSE when the counters are what they were at the last look. */
static BOOLEAN EmupSumTags(ULONG FirstIndex, ULONG Count, MI_TAG_COUNTERS *Counters)
{
    BOOLEAN Changed = FALSE;

    for (ULONG Tag = 0; Tag < Count; Tag++) {
        MI_TAG_COUNTERS Now = MiSumTag(FirstIndex + Tag);
        Changed |= !RtlEqualMemory(&Now, &Counters[Tag], sizeof(Now));
        Counters[Tag] = Now;
    }
    return Changed;
}

/* Frees are not counted: what was allocated and is not live was freed. While other threads allocate, the two figures
 * may be of different moments; then the look is repeated, some times. */
static VOID EmupQueryTags(ULONG FirstIndex, ULONG Count, EMU_TAG_USAGE *Usages)
{
    MI_TAG_COUNTERS Counters[EMUP_TAGS_AT_ONCE];
    MI_TAG_LIVE Live[EMUP_TAGS_AT_ONCE];
    ULONG Looks = 0;

    RtlZeroMemory(Counters, Count * sizeof(*Counters));
    EmupSumTags(FirstIndex, Count, Counters);
    do {
        RtlZeroMemory(Live, Count * sizeof(*Live));
        MiSumLive(FirstIndex, Count, Live);
    } while (EmupSumTags(FirstIndex, Count, Counters) && ++Looks < EMUP_MOST_LOOKS);
    for (ULONG Tag = 0; Tag < Count; Tag++) {
        EMU_POOL_USAGE *Kinds[2] = {&Usages[Tag].NonPaged, &Usages[Tag].Paged};
        Usages[Tag].Tag = MiTagOfIndex(FirstIndex + Tag);
        for (ULONG Kind = 0; Kind < RTL_NUMBER_OF(Kinds); Kind++) {
            Kinds[Kind]->Allocs = Counters[Tag].Allocs[Kind];
            Kinds[Kind]->Frees = Counters[Tag].Allocs[Kind] - Live[Tag].Blocks[Kind];
            Kinds[Kind]->Bytes = Live[Tag].Bytes[Kind];
        }
    }
}

VOID EmuQueryTag(ULONG Tag, EMU_TAG_USAGE *Usage)
{
    if (Usage == NULL) {
        return;
    }
    ULONG Index = Tag == MI_OVERFLOW_TAG ? MI_TAG_OVERFLOW : MiFindTag(Tag);

    RtlZeroMemory(Usage, sizeof(*Usage));
    if (Index != 0) {
        EmupQueryTags(Index, 1, Usage);
    }
    Usage->Tag = Tag;
}

static BOOLEAN EmupShowTags(ULONG FirstIndex, ULONG Count, EMU_TAG_CALLBACK *Callback, PVOID Context)
{
    EMU_TAG_USAGE Usages[EMUP_TAGS_AT_ONCE] = {0};

    EmupQueryTags(FirstIndex, Count, Usages);
    for (ULONG Tag = 0; Tag < Count; Tag++) {
        if (Usages[Tag].NonPaged.Allocs + Usages[Tag].Paged.Allocs != 0 && !Callback(&Usages[Tag], Context)) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID EmuForEachTag(EMU_TAG_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    ULONG Tags = MiTagsInUse();

    for (ULONG Index = 1; Index < Tags; Index += EMUP_TAGS_AT_ONCE) {
        if (!EmupShowTags(Index, min(Tags - Index, EMUP_TAGS_AT_ONCE), Callback, Context)) {
            return;
        }
    }
    EmupShowTags(MI_TAG_OVERFLOW, 1, Callback, Context);
}

/* ---- PoolMon's table ------------------------------------------------------------------------------------------ */

typedef struct EMUP_TAG_LIST {
    EMU_TAG_USAGE *Tags;
    SIZE_T Count;
    SIZE_T Room;
} EMUP_TAG_LIST;

static BOOLEAN EmupCollectTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    EMUP_TAG_LIST *List = Context;
    EMU_TAG_USAGE *Larger = KiMakeRoom(List->Tags, List->Count, &List->Room, sizeof(*Larger));

    if (Larger == NULL) {
        return FALSE;
    }
    List->Tags = Larger;
    List->Tags[List->Count++] = *Usage;
    return TRUE;
}

static int EmupCompareTags(const void *Left, const void *Right)
{
    ULONG LeftTag = ((const EMU_TAG_USAGE *)Left)->Tag;
    ULONG RightTag = ((const EMU_TAG_USAGE *)Right)->Tag;
    CHAR LeftText[5], RightText[5];

    MiTagText(LeftTag, LeftText);
    MiTagText(RightTag, RightText);
    int Order = strcmp(LeftText, RightText);

    return Order != 0 ? Order : (LeftTag > RightTag) - (LeftTag < RightTag);
}

static VOID EmupPrintOwner(FILE *Stream, ULONG Tag)
{
    EMU_TAG_OWNER Owner;

    if (EmuQueryTagOwner(Tag, &Owner)) {
        HostMakePrintable(Owner.Binary, FALSE);
        HostMakePrintable(Owner.Description, FALSE);
        fprintf(Stream, "  [%s%s%s]", Owner.Binary, Owner.Binary[0] == 0 ? "" : " - ", Owner.Description);
    } else {
        fprintf(Stream, "  Unknown Driver");
    }
}

/* Else two tags may have one text. */
static BOOLEAN EmupIsPrintableTag(ULONG Tag)
{
    for (ULONG Shift = 0; Shift < 32; Shift += 8) {
        UCHAR Character = (UCHAR)(Tag >> Shift);
        if (Character < 0x20 || Character > 0x7E) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID EmupPrintLine(FILE *Stream, ULONG Tag, PCSTR Type, const EMU_POOL_USAGE *Usage, BOOLEAN HasOwners)
{
    CHAR Text[5];
    ULONG64 Diff = Usage->Allocs - Usage->Frees;

    if (Usage->Allocs != 0) {
        MiTagText(Tag, Text);
        fprintf(Stream, " %-4s %-5s %12llu %12llu %10llu %14llu %10llu", Text, Type, (unsigned long long)Usage->Allocs,
                (unsigned long long)Usage->Frees, (unsigned long long)Diff, (unsigned long long)Usage->Bytes,
                (unsigned long long)(Diff == 0 ? 0 : Usage->Bytes / Diff));
        if (HasOwners) {
            EmupPrintOwner(Stream, Tag);
        }
        if (!EmupIsPrintableTag(Tag)) {
            fprintf(Stream, "  (0x%08X)", Tag);
        }
        fprintf(Stream, "\n");
    }
}

VOID EmuPrintPool(FILE *Stream)
{
    if (Stream == NULL) {
        return;
    }
    EMUP_TAG_LIST List = {NULL, 0, 0};
    BOOLEAN HasOwners = EmupHasTagOwners();

    EmuForEachTag(EmupCollectTag, &List);
    if (List.Count > 0) {
        qsort(List.Tags, List.Count, sizeof(*List.Tags), EmupCompareTags);
    }
    fprintf(Stream, " %-4s %-5s %12s %12s %10s %14s %10s%s\n", "Tag", "Type", "Allocs", "Frees", "Diff", "Bytes",
            "Per Alloc", HasOwners ? "  Mapped_Driver" : "");
    for (SIZE_T Index = 0; Index < List.Count; Index++) {
        EmupPrintLine(Stream, List.Tags[Index].Tag, "Nonp", &List.Tags[Index].NonPaged, HasOwners);
        EmupPrintLine(Stream, List.Tags[Index].Tag, "Paged", &List.Tags[Index].Paged, HasOwners);
    }
    free(List.Tags);
}
