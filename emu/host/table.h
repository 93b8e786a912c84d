/* table.h: a hash table of fixed size without a lock. Its elements lie in an array of the caller's, zeroed at first,
 * and begin with their key, a ULONG64 that is not 0. A key looks for its place by steps from where its hash is. A place
 * that was taken never becomes free again, so a search ends at the first free one. */
#ifndef EMU_HOST_TABLE_H
#define EMU_HOST_TABLE_H

#include "host/hash.h"

typedef struct HOST_TABLE {
    PVOID Elements;
    SIZE_T ElementBytes;
    ULONG Count;
    ULONG MostSteps;
} HOST_TABLE;

/* The key at that step of the look for Key. */
static inline ULONG64 *HostKeyAt(const HOST_TABLE *Table, ULONG64 Key, ULONG Step)
{
    ULONG Place = (HostHashBelow(Key, Table->Count) + Step) % Table->Count;

    return (ULONG64 *)((UCHAR *)Table->Elements + Place * Table->ElementBytes);
}

/* NULL: the table has no such element. */
static inline PVOID HostFindElement(const HOST_TABLE *Table, ULONG64 Key)
{
    for (ULONG Step = 0; Step < Table->MostSteps; Step++) {
        ULONG64 *Place = HostKeyAt(Table, Key, Step);
        ULONG64 Found = EMU_ATOMIC_LOAD(Place, EMU_ORDER_ACQUIRE);
        if (Found == Key || Found == 0) {
            return Found == 0 ? NULL : Place;
        }
    }
    return NULL;
}

/* The element of Key, from before or from now on; only one thread finds that it is new. NULL: no place was free. */
static inline PVOID HostTakeElement(const HOST_TABLE *Table, ULONG64 Key, BOOLEAN *IsNew)
{
    *IsNew = FALSE;
    for (ULONG Step = 0; Step < Table->MostSteps; Step++) {
        ULONG64 *Place = HostKeyAt(Table, Key, Step);
        ULONG64 Found = EMU_ATOMIC_LOAD(Place, EMU_ORDER_ACQUIRE);
        if (Found == 0) {
            Found = EMU_ATOMIC_COMPARE_EXCHANGE(64, Place, Key, (ULONG64)0, EMU_ORDER_FULL);
            *IsNew = Found == 0;
        }
        if (Found == Key || Found == 0) {
            return Place;
        }
    }
    return NULL;
}

#endif
