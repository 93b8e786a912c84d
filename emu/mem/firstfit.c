/* firstfit.c: the lowest free pages, found in a map of bits outside the arenas. */
#include "mem/firstfit.h"

#include "core/assert.h"
#include "mem/engine.h"

enum {
    MI_WORD_PAGES = 64,
};

static ULONG64 *MiTaken[MiArenaCount]; /* a bit for each page */
static SIZE_T MiLowest[MiArenaCount];  /* no page below is free */

VOID MiInitializeFirstFit(VOID)
{
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        MiTaken[Arena] = HostAllocate(MiArenaBytes() / PAGE_SIZE / 8);
        if (MiTaken[Arena] == NULL) {
            HostFatal("the host has no memory for the table of free pages");
        }
    }
}

static BOOLEAN MiIsTaken(MI_ARENA Arena, SIZE_T Page)
{
    return (MiTaken[Arena][Page / MI_WORD_PAGES] >> Page % MI_WORD_PAGES & 1) != 0;
}

static VOID MiSetTaken(MI_ARENA Arena, SIZE_T First, SIZE_T Pages, BOOLEAN Taken)
{
    for (SIZE_T Page = First; Page < First + Pages; Page++) {
        ULONG64 Bit = 1ull << Page % MI_WORD_PAGES;
        ULONG64 *Word = &MiTaken[Arena][Page / MI_WORD_PAGES];
        *Word = Taken ? *Word | Bit : *Word & ~Bit;
    }
}

/* The first free page from Page on, or Last. */
static SIZE_T MiNextFree(MI_ARENA Arena, SIZE_T Page, SIZE_T Last)
{
    while (Page < Last && MiIsTaken(Arena, Page)) {
        BOOLEAN IsWordFull = Page % MI_WORD_PAGES == 0 && MiTaken[Arena][Page / MI_WORD_PAGES] == ~0ull;
        Page += IsWordFull ? MI_WORD_PAGES : 1;
    }
    return min(Page, Last);
}

/* How many of so many pages are free, up to the first that is not. */
static SIZE_T MiCountFree(MI_ARENA Arena, SIZE_T First, SIZE_T Pages)
{
    SIZE_T Count = 0;

    while (Count < Pages && !MiIsTaken(Arena, First + Count)) {
        Count++;
    }
    return Count;
}

PVOID MiTakeFirstFit(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment)
{
    SIZE_T Last = MiUsableBytes(Arena) / PAGE_SIZE;
    SIZE_T Pages = Bytes / PAGE_SIZE;
    SIZE_T Step = Alignment / PAGE_SIZE;

    KI_ASSERT(MiHoldsEngine());
    MiLowest[Arena] = MiNextFree(Arena, MiLowest[Arena], Last);
    for (SIZE_T Page = MiLowest[Arena]; Page < Last;) {
        Page = (Page + Step - 1) / Step * Step;
        if (Page > Last || Pages > Last - Page) {
            break;
        }
        SIZE_T Free = MiCountFree(Arena, Page, Pages);
        if (Free == Pages) {
            MiSetTaken(Arena, Page, Pages, TRUE);
            return (PVOID)(MiArenaBase(Arena) + Page * PAGE_SIZE);
        }
        Page = MiNextFree(Arena, Page + Free, Last);
    }
    return NULL;
}

VOID MiGiveFirstFit(MI_ARENA Arena, PVOID Run, SIZE_T Bytes)
{
    SIZE_T Page = ((ULONG_PTR)Run - MiArenaBase(Arena)) / PAGE_SIZE;

    KI_ASSERT(MiHoldsEngine());
    MiSetTaken(Arena, Page, Bytes / PAGE_SIZE, FALSE);
    MiLowest[Arena] = min(MiLowest[Arena], Page);
}
