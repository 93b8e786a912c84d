/* tag.c: the table of tags. */
#include "mem/tag.h"

#include "host/host.h"

/* A MI_TAG_TABLE of two empty entries, so that the first look-up needs no test. */
static struct {
    SIZE_T Count;
    MI_TAG_ENTRY Entries[2];
} MiEmptyTable = {2, {{0, 0}}};

/* The first one in use is large enough for most drivers, and lies where every call looks anyway. */
enum {
    MI_FIRST_COUNT = 256
};

static EMU_HOT struct {
    SIZE_T Count;
    MI_TAG_ENTRY Entries[MI_FIRST_COUNT];
} MiFirstTable = {MI_FIRST_COUNT, {{0, 0}}};

MI_TAG_TABLE *MiTagTable = (MI_TAG_TABLE *)&MiFirstTable;
EMU_HOT MI_TAG_TABLE *MiFastTags = (MI_TAG_TABLE *)&MiEmptyTable;

static HOST_LOCK MiTagLock;
static ULONG MiTagByIndex[MI_TAG_COUNT];
static ULONG MiNextIndex = 1;
static BOOLEAN MiTagInUse;
static BOOLEAN MiTagsAreOpen;

static VOID MiInsertTag(MI_TAG_TABLE *Table, ULONG Tag, ULONG Index)
{
    SIZE_T Slot = MiTagSlot(Table, Tag);

    while (Table->Entries[Slot].Word != 0) {
        Slot = (Slot + 1) & (Table->Count - 1);
    }
    EMU_ATOMIC_STORE(&Table->Entries[Slot].Tag, Tag, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&Table->Entries[Slot].Word, Index << MI_TAG_SHIFT, EMU_ORDER_RELEASE);
}

static VOID MiSetFastTags(VOID)
{
    EMU_ATOMIC_STORE(&MiFastTags, MiTagsAreOpen ? MiTagTable : (MI_TAG_TABLE *)&MiEmptyTable, EMU_ORDER_RELEASE);
}

/* At most half full, so that a probe is short and an empty entry ends it. */
static BOOLEAN MiGrowTagTable(VOID)
{
    SIZE_T Count = MiTagTable->Count * 2;
    MI_TAG_TABLE *Table = HostAllocate(sizeof(MI_TAG_TABLE) + Count * sizeof(MI_TAG_ENTRY));

    if (Table == NULL) {
        return FALSE;
    }
    Table->Count = Count;
    for (ULONG Index = 1; Index < MiNextIndex; Index++) {
        MiInsertTag(Table, MiTagByIndex[Index], Index);
    }
    EMU_ATOMIC_STORE(&MiTagTable, Table, EMU_ORDER_RELEASE);
    MiSetFastTags();
    return TRUE;
}

static ULONG MiAddTag(ULONG Tag)
{
    HostAcquire(&MiTagLock);
    ULONG Index = MiFindTag(Tag);
    if (Index == 0) {
        BOOLEAN HasRoom = MiNextIndex < MI_TAG_OVERFLOW && (MiNextIndex < MiTagTable->Count / 2 || MiGrowTagTable());
        Index = MI_TAG_OVERFLOW;
        if (HasRoom) {
            Index = MiNextIndex;
            EMU_ATOMIC_STORE(&MiTagByIndex[Index], Tag, EMU_ORDER_NONE);
            EMU_ATOMIC_STORE(&MiNextIndex, Index + 1, EMU_ORDER_RELEASE);
            MiInsertTag(MiTagTable, Tag, Index);
        }
    }
    HostRelease(&MiTagLock);
    return Index;
}

ULONG MiInternTag(ULONG Tag)
{
    if (!EMU_ATOMIC_LOAD(&MiTagInUse, EMU_ORDER_NONE)) {
        EMU_ATOMIC_STORE(&MiTagInUse, TRUE, EMU_ORDER_NONE);
    }
    ULONG Index = Tag == MI_OVERFLOW_TAG ? MI_TAG_OVERFLOW : MiFindTag(Tag);
    return Index != 0 ? Index : MiAddTag(Tag);
}

ULONG MiTagOfIndex(ULONG Index)
{
    return Index == MI_TAG_OVERFLOW ? MI_OVERFLOW_TAG : EMU_ATOMIC_LOAD(&MiTagByIndex[Index], EMU_ORDER_NONE);
}

ULONG MiTagsInUse(VOID)
{
    return EMU_ATOMIC_LOAD(&MiNextIndex, EMU_ORDER_ACQUIRE);
}

VOID MiForgetTags(VOID)
{
    HostAcquire(&MiTagLock);
    RtlZeroMemory(MiTagTable->Entries, MiTagTable->Count * sizeof(MI_TAG_ENTRY));
    MiNextIndex = 1;
    MiTagInUse = FALSE;
    HostRelease(&MiTagLock);
}

BOOLEAN MiIsAnyTagInUse(VOID)
{
    return EMU_ATOMIC_LOAD(&MiTagInUse, EMU_ORDER_NONE);
}

VOID MiOpenTags(BOOLEAN Open)
{
    HostAcquire(&MiTagLock);
    MiTagsAreOpen = Open;
    MiSetFastTags();
    HostRelease(&MiTagLock);
}

VOID MiAcquireTags(VOID)
{
    HostAcquire(&MiTagLock);
}

VOID MiReleaseTags(VOID)
{
    HostRelease(&MiTagLock);
}
