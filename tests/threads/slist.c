/* slist.c: eight threads take entries off a list, three at a time, and put them back in another order, ten million
 * entries in all. An entry in two hands at once is an ABA error; an entry that is missing at the end was lost. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "poolemu.h"

enum {
    THREADS = 8,
#ifdef EMU_THREAD_SANITIZER
    ENTRIES_PER_THREAD = 100000,
#else
    ENTRIES_PER_THREAD = 1250000,
#endif
    ENTRIES = 4,
};

typedef struct ITEM {
    SLIST_ENTRY Link;
    ULONG Uses;   /* written by whoever holds the item, without a lock */
    LONG Holders; /* counted without a barrier: only the list orders the threads */
} ITEM;

static pthread_barrier_t Start;
static SLIST_HEADER Free;
static ITEM Items[ENTRIES];

static void Fail(const char *What, ULONG Value)
{
    fprintf(stderr, "slist: %s: %u\n", What, (unsigned)Value);
    exit(1);
}

static ITEM *Take(void)
{
    PSLIST_ENTRY Entry = InterlockedPopEntrySList(&Free);

    if (Entry == NULL) {
        return NULL;
    }
    ITEM *Item = CONTAINING_RECORD(Entry, ITEM, Link);
    if (InterlockedIncrementNoFence(&Item->Holders) != 1) {
        Fail("an entry has two holders, entry", (ULONG)(Item - Items));
    }
    Item->Uses++;
    return Item;
}

static void PutBack(ITEM *Item)
{
    if (Item != NULL) {
        InterlockedDecrementNoFence(&Item->Holders);
        InterlockedPushEntrySList(&Free, &Item->Link);
    }
}

/* Afterwards the first entry is the same, at the same depth, and the one behind it is another. */
static void *Work(void *Context)
{
    ULONG Taken = 0;

    (void)Context;
    pthread_barrier_wait(&Start);
    while (Taken < ENTRIES_PER_THREAD) {
        ITEM *First = Take();
        ITEM *Second = Take();
        ITEM *Third = Take();
        PutBack(Second);
        PutBack(Third);
        PutBack(First);
        Taken += (First != NULL) + (Second != NULL) + (Third != NULL);
    }
    return (void *)(ULONG_PTR)Taken;
}

int main(void)
{
    pthread_t Thread[THREADS];
    ULONG Taken = 0, Uses = 0, Found = 0;

    pthread_barrier_init(&Start, NULL, THREADS);
    InitializeSListHead(&Free);
    for (ULONG Index = 0; Index < ENTRIES; Index++) {
        InterlockedPushEntrySList(&Free, &Items[Index].Link);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        if (pthread_create(&Thread[Index], NULL, Work, NULL) != 0) {
            Fail("no thread", Index);
        }
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        void *Result;
        pthread_join(Thread[Index], &Result);
        Taken += (ULONG)(ULONG_PTR)Result;
    }

    if (ExQueryDepthSList(&Free) != ENTRIES) {
        Fail("depth at the end", ExQueryDepthSList(&Free));
    }
    for (PSLIST_ENTRY Entry = InterlockedFlushSList(&Free); Entry != NULL; Entry = Entry->Next) {
        Uses += CONTAINING_RECORD(Entry, ITEM, Link)->Uses;
        Found++;
    }
    if (Found != ENTRIES) {
        Fail("entries at the end", Found);
    }
    if (Uses != Taken) {
        Fail("uses counted", Uses);
    }
    return 0;
}
