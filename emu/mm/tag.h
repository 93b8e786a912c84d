/* tag.h: pool tracking by tag. A tag gets an index at its first use; every thread counts its own allocations and frees
 * by index, and a question adds the threads up. */
#ifndef EMU_MM_TAG_H
#define EMU_MM_TAG_H

#include "poolemu.h"

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
typedef struct MI_TAG_TABLE {
    ULONG Shift; /* 32 - log2 of the number of entries */
    ULONG Mask;
    ULONG64 Entries[]; /* index << 32 | tag; 0: empty */
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

/* See MiOpenFastPaths. */
VOID MiOpenTags(BOOLEAN Open);

VOID MiAcquireTags(VOID);
VOID MiReleaseTags(VOID);

/* The index of a tag in that table, 0 for one without. */
EMU_INLINE ULONG MiFindTagIn(const MI_TAG_TABLE *Table, ULONG Tag)
{
    ULONG Slot = Tag * 0x9E3779B1u >> Table->Shift;
    ULONG64 Entry = EMU_ATOMIC_LOAD(&Table->Entries[Slot], EMU_ORDER_ACQUIRE);

    while (EMU_UNLIKELY((ULONG)Entry != Tag && Entry != 0)) {
        Slot = (Slot + 1) & Table->Mask;
        Entry = EMU_ATOMIC_LOAD(&Table->Entries[Slot], EMU_ORDER_ACQUIRE);
    }
    return (ULONG)(Entry >> 32);
}

static inline ULONG MiFindTag(ULONG Tag)
{
    return MiFindTagIn(EMU_ATOMIC_LOAD(&MiTagTable, EMU_ORDER_ACQUIRE), Tag);
}

#endif
