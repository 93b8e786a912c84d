/* leak.c: the call sites that leaking blocks came from, as pool tracking knows them. */
#include "test/leak.h"

#include <stdlib.h>
#include <string.h>

#include "host/code.h"
#include "host/host.h"
#include "host/text.h"
#include "core/array.h"
#include "watch/track.h"

static EMU_LEAK_SITE *EmupSites;
static SIZE_T EmupSiteCount, EmupSiteRoom;
static EMUP_LEAK_TOTAL EmupTotal;
static PCSTR EmupNoLines; /* why a site has no line of source */

VOID EmupForgetLeakSites(VOID)
{
    free(EmupSites);
    EmupSites = NULL;
    EmupSiteCount = EmupSiteRoom = 0;
    EmupNoLines = NULL;
    memset(&EmupTotal, 0, sizeof(EmupTotal));
}

static EMU_LEAK_SITE *EmupAddSite(PVOID Caller, ULONG Stack)
{
    HOST_SOURCE Source = {.Line = 0};
    PCSTR Why;

    EMU_LEAK_SITE *Larger = KiMakeRoom(EmupSites, EmupSiteCount, &EmupSiteRoom, sizeof(*Larger));
    if (Larger == NULL) {
        HostFatal("no memory for the list of leaking call sites.");
    }
    EmupSites = Larger;
    EMU_LEAK_SITE *Site = &EmupSites[EmupSiteCount++];
    memset(Site, 0, sizeof(*Site));
    Site->Caller = Caller;
    Site->Stack = VfStackOf(Stack);
    if (Caller != NULL && !HostFindSource((ULONG_PTR)Caller - 1, &Source, &Why)) {
        EmupNoLines = Why;
    }
    memcpy(Site->Function, Source.Function, sizeof(Site->Function));
    memcpy(Site->File, Source.File, sizeof(Site->File));
    Site->Line = Source.Line;
    return Site;
}

static EMU_LEAK_SITE *EmupFindSite(PVOID Caller, ULONG Stack)
{
    for (SIZE_T Index = 0; Index < EmupSiteCount; Index++) {
        if (EmupSites[Index].Caller == Caller) {
            return &EmupSites[Index];
        }
    }
    return EmupAddSite(Caller, Stack);
}

VOID EmupAddLeak(const MI_BLOCK *Block)
{
    VF_RECORD Record;

    VfFindRecord(Block->Address, &Record);
    EMU_STACK Stack = VfStackOf(Record.Allocation);
    EMU_LEAK_SITE *Site = EmupFindSite(Stack.Count == 0 ? NULL : Stack.Frames[0], Record.Allocation);
    Site->Blocks++;
    Site->Bytes += Block->Size;
    EmupTotal.Blocks++;
    EmupTotal.Bytes[(Block->PoolType & PagedPool) != 0] += Block->Size;
}

static int EmupCompareSites(const void *Left, const void *Right)
{
    const EMU_LEAK_SITE *First = Left, *Second = Right;

    if (First->Bytes != Second->Bytes) {
        return First->Bytes < Second->Bytes ? 1 : -1;
    }
    return (First->Caller > Second->Caller) - (First->Caller < Second->Caller);
}

VOID EmupSortLeakSites(VOID)
{
    if (EmupSiteCount != 0) {
        qsort(EmupSites, EmupSiteCount, sizeof(*EmupSites), EmupCompareSites);
    }
}

EMUP_LEAK_TOTAL EmupLeakTotal(VOID)
{
    return EmupTotal;
}

/* ---- Showing -------------------------------------------------------------------------------------------------- */

static VOID EmupDescribeSite(const EMU_LEAK_SITE *Site, PSTR Text, SIZE_T Bytes)
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
    HostMakePrintable(Where, FALSE);
    snprintf(Text, Bytes, "%llu %s, %llu bytes, allocated by %s", (ULONGLONG)Site->Blocks,
             Site->Blocks == 1 ? "block" : "blocks", (ULONGLONG)Site->Bytes, Where);
}

VOID EmupDescribeLeakSites(PSTR Text, SIZE_T Bytes)
{
    enum {
        ROOM_FOR_THE_REST = 160
    };
    SIZE_T Length = 0, Shown = 0;
    CHAR Site[640];

    Text[0] = 0;
    for (; Shown < EmupSiteCount; Shown++) {
        EmupDescribeSite(&EmupSites[Shown], Site, sizeof(Site));
        if (Length + strlen(Site) + ROOM_FOR_THE_REST > Bytes) {
            break;
        }
        Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "\n        %s", Site);
    }
    if (Shown < EmupSiteCount) {
        Length += (SIZE_T)snprintf(Text + Length, Bytes - Length, "\n        and %llu more call sites (EmuPrintLeaks)",
                                   (ULONGLONG)(EmupSiteCount - Shown));
    }
    if (EmupNoLines != NULL && Length < Bytes) {
        snprintf(Text + Length, Bytes - Length, "\n        (%s)", EmupNoLines);
    }
}

VOID EmuForEachLeakSite(EMU_LEAK_SITE_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    for (SIZE_T Index = 0; Index < EmupSiteCount && Callback(&EmupSites[Index], Context); Index++) {
    }
}

VOID EmuPrintLeaks(FILE *Stream)
{
    if (Stream == NULL) {
        return;
    }
    CHAR Text[640];

    for (SIZE_T Index = 0; Index < EmupSiteCount; Index++) {
        const EMU_LEAK_SITE *Site = &EmupSites[Index];
        EmupDescribeSite(Site, Text, sizeof(Text));
        fprintf(Stream, "leak: %s\n", Text);
        for (ULONG Frame = 1; Frame < Site->Stack.Count; Frame++) {
            HostDescribeCall(Site->Stack.Frames[Frame], Text, sizeof(Text));
            fprintf(Stream, "    called by %s\n", Text);
        }
    }
    if (EmupNoLines != NULL) {
        fprintf(Stream, "(%s)\n", EmupNoLines);
    }
}
