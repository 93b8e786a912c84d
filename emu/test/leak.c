/* leak.c: the call sites that leaking blocks came from, as pool tracking knows them. */
#include "test/leak.h"

#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "watch/track.h"

static EMU_LEAK_SITE *IopSites;
static SIZE_T IopSiteCount, IopSiteRoom;
static IOP_LEAK_TOTAL IopTotal;
static PCSTR IopNoLines; /* why a site has no line of source */

VOID IopForgetLeakSites(VOID)
{
    free(IopSites);
    IopSites = NULL;
    IopSiteCount = IopSiteRoom = 0;
    IopNoLines = NULL;
    memset(&IopTotal, 0, sizeof(IopTotal));
}

static EMU_LEAK_SITE *IopAddSite(PVOID Caller, ULONG Stack)
{
    HOST_SOURCE Source = {.Line = 0};
    PCSTR Why;

    if (IopSiteCount == IopSiteRoom) {
        SIZE_T Room = IopSiteRoom == 0 ? 16 : 2 * IopSiteRoom;
        EMU_LEAK_SITE *Larger = realloc(IopSites, Room * sizeof(*Larger));
        if (Larger == NULL) {
            HostWriteError("poolemu: no memory for the list of leaking call sites.\n");
            HostAbort();
        }
        IopSites = Larger;
        IopSiteRoom = Room;
    }
    EMU_LEAK_SITE *Site = &IopSites[IopSiteCount++];
    memset(Site, 0, sizeof(*Site));
    Site->Caller = Caller;
    Site->Stack = VfStackOf(Stack);
    if (Caller != NULL && !HostFindSource((ULONG_PTR)Caller - 1, &Source, &Why)) {
        IopNoLines = Why;
    }
    memcpy(Site->Function, Source.Function, sizeof(Site->Function));
    memcpy(Site->File, Source.File, sizeof(Site->File));
    Site->Line = Source.Line;
    return Site;
}

static EMU_LEAK_SITE *IopFindSite(PVOID Caller, ULONG Stack)
{
    for (SIZE_T Index = 0; Index < IopSiteCount; Index++) {
        if (IopSites[Index].Caller == Caller) {
            return &IopSites[Index];
        }
    }
    return IopAddSite(Caller, Stack);
}

VOID IopAddLeak(const MI_BLOCK *Block)
{
    VF_RECORD Record;

    VfFindRecord(Block->Address, &Record);
    EMU_STACK Stack = VfStackOf(Record.Allocation);
    EMU_LEAK_SITE *Site = IopFindSite(Stack.Count == 0 ? NULL : Stack.Frames[0], Record.Allocation);
    Site->Blocks++;
    Site->Bytes += Block->Size;
    IopTotal.Blocks++;
    IopTotal.Bytes[(Block->PoolType & PagedPool) != 0] += Block->Size;
}

static int IopCompareSites(const void *Left, const void *Right)
{
    const EMU_LEAK_SITE *First = Left, *Second = Right;

    if (First->Bytes != Second->Bytes) {
        return First->Bytes < Second->Bytes ? 1 : -1;
    }
    return (First->Caller > Second->Caller) - (First->Caller < Second->Caller);
}

VOID IopSortLeakSites(VOID)
{
    if (IopSiteCount != 0) {
        qsort(IopSites, IopSiteCount, sizeof(*IopSites), IopCompareSites);
    }
}

IOP_LEAK_TOTAL IopLeakTotal(VOID)
{
    return IopTotal;
}

/* ---- Showing -------------------------------------------------------------------------------------------------- */

static VOID IopDescribeSite(const EMU_LEAK_SITE *Site, PSTR Text, SIZE_T Bytes)
{
    CHAR Where[448] = "code that allocated before tracking went on";

    if (Site->Line != 0) {
        snprintf(Where, sizeof(Where), "%s (%s:%u)", Site->Function[0] == 0 ? "?" : Site->Function,
                 HostFileName(Site->File), Site->Line);
    } else if (Site->Function[0] != 0) {
        snprintf(Where, sizeof(Where), "%s", Site->Function);
    } else if (Site->Caller != NULL) {
        HostDescribeCode((ULONG_PTR)Site->Caller - 1, Where, sizeof(Where));
    }
    snprintf(Text, Bytes, "%llu %s, %llu bytes, allocated by %s", (ULONGLONG)Site->Blocks,
             Site->Blocks == 1 ? "block" : "blocks", (ULONGLONG)Site->Bytes, Where);
}

VOID IopDescribeLeakSites(PSTR Text, SIZE_T Bytes)
{
    enum {
        ROOM_FOR_THE_REST = 160
    };
    SIZE_T Length = 0, Shown = 0;
    CHAR Site[640];

    Text[0] = 0;
    for (; Shown < IopSiteCount; Shown++) {
        IopDescribeSite(&IopSites[Shown], Site, sizeof(Site));
        if (Length + strlen(Site) + ROOM_FOR_THE_REST > Bytes) {
            break;
        }
        Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "\n        %s", Site);
    }
    if (Shown < IopSiteCount) {
        Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "\n        and %llu more call sites (EmuPrintLeaks)",
                                   (ULONGLONG)(IopSiteCount - Shown));
    }
    if (IopNoLines != NULL && Length < Bytes) {
        snprintf(Text + Length, Bytes - Length, "\n        (%s)", IopNoLines);
    }
}

VOID EmuForEachLeakSite(EMU_LEAK_SITE_CALLBACK *Callback, PVOID Context)
{
    for (SIZE_T Index = 0; Index < IopSiteCount && Callback(&IopSites[Index], Context); Index++) {
    }
}

VOID EmuPrintLeaks(FILE *Stream)
{
    CHAR Text[640];

    for (SIZE_T Index = 0; Index < IopSiteCount; Index++) {
        const EMU_LEAK_SITE *Site = &IopSites[Index];
        IopDescribeSite(Site, Text, sizeof(Text));
        fprintf(Stream, "leak: %s\n", Text);
        for (ULONG Frame = 1; Frame < Site->Stack.Count; Frame++) {
            VfDescribeCall(Site->Stack.Frames[Frame], Text, sizeof(Text));
            fprintf(Stream, "    called by %s\n", Text);
        }
    }
    if (IopNoLines != NULL) {
        fprintf(Stream, "(%s)\n", IopNoLines);
    }
}
