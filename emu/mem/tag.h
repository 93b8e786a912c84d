/* tag.h: pool tracking by tag. A tag gets an index at its first use; every thread counts its own allocations by
 * index, and a question adds the threads up. */
#ifndef EMU_MEM_TAG_H
#define EMU_MEM_TAG_H

#include "host/hash.h"
#include "mem/page.h"

enum {
    MI_TAG_COUNT = 1 << 15, /* indexes; 0 is none, the last stands for all tags that found the table full */
    MI_TAG_OVERFLOW = MI_TAG_COUNT - 1,
    MI_OVERFLOW_TAG = 'lfvO', /* its tag, as Windows shows it; a driver that uses it is counted there, too */
};

/* How often one thread allocated with one tag: [0] nonpaged, [1] paged. Only ever added to. What is in use, and so how
 * often was freed, is not counted but found by looking at the live blocks. */
typedef struct MI_TAG_COUNTERS {
    ULONG64 Allocs[2];
} MI_TAG_COUNTERS;

/* Open addressing, from tag to index. Readers take no lock: entries are only added, and a table that has grown too
 * full is replaced by a larger one while the old one stays readable. */
typedef struct MI_TAG_ENTRY {
    ULONG Tag;
    ULONG Word; /* a block's, with the tag's index and nothing else; 0: the entry is empty. Written last, read first */
} MI_TAG_ENTRY;

typedef struct MI_TAG_TABLE {
    SIZE_T Count; /* a power of two */
    MI_TAG_ENTRY Entries[];
} MI_TAG_TABLE;

extern EMU_LOCAL MI_TAG_TABLE *MiTagTable;
extern EMU_LOCAL MI_TAG_TABLE *MiFastTags; /* the same, or one that is empty while the fast paths are closed */

/* Gives the tag an index (MI_TAG_OVERFLOW when all are taken). */
ULONG MiInternTag(ULONG Tag);

/* The tag of an index that MiInternTag gave out. */
ULONG MiTagOfIndex(ULONG Index);

/* How many indexes are given out, the unused index 0 included. */
ULONG MiTagsInUse(VOID);

/* Takes all indexes back; no counter and no block uses one. And whether one was given out since. */
VOID MiForgetTags(VOID);
BOOLEAN MiIsAnyTagInUse(VOID);

/* See MiSettleFastPaths. */
VOID MiOpenTags(BOOLEAN Open);

VOID MiAcquireTags(VOID);
VOID MiReleaseTags(VOID);

/* Where the look for a tag begins. */
EMU_INLINE SIZE_T MiTagSlot(const MI_TAG_TABLE *Table, ULONG Tag)
{
    ULONG Hash = HostHash32(Tag);

    return (SIZE_T)(Hash * (ULONG64)Table->Count >> 32);
}

/* A block's word with nothing but the tag's index in that table, 0 for a tag without. */
EMU_INLINE ULONG MiFindTagIn(const MI_TAG_TABLE *Table, ULONG Tag)
{
    SIZE_T Slot = MiTagSlot(Table, Tag);
    ULONG Word = EMU_ATOMIC_LOAD(&Table->Entries[Slot].Word, EMU_ORDER_ACQUIRE);

    if (EMU_LIKELY(Tag == EMU_ATOMIC_LOAD(&Table->Entries[Slot].Tag, EMU_ORDER_NONE))) {
        return Word;
    }
    while (Word != 0 && EMU_ATOMIC_LOAD(&Table->Entries[Slot].Tag, EMU_ORDER_NONE) != Tag) {
        Slot = (Slot + 1) & (Table->Count - 1);
        Word = EMU_ATOMIC_LOAD(&Table->Entries[Slot].Word, EMU_ORDER_ACQUIRE);
    }
    return Word;
}

/* Its index, 0 for a tag without. */
static inline ULONG MiFindTag(ULONG Tag)
{
    return MiTagIndexOfWord(MiFindTagIn(EMU_ATOMIC_LOAD(&MiTagTable, EMU_ORDER_ACQUIRE), Tag));
}

#endif
