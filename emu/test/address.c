/* address.c: the history of one address, as the log of pool tracking knows it. */
#include <stdio.h>

#include "host/code.h"
#include "host/host.h"
#include "watch/track.h"

typedef struct EMUP_HISTORY {
    FILE *Stream;
    ULONG Allocations;
    BOOLEAN IsEmpty;
} EMUP_HISTORY;

static BOOLEAN EmupPrintEvent(const EMU_POOL_EVENT *Event, PVOID Context)
{
    EMUP_HISTORY *History = Context;
    CHAR Text[512] = "code whose stack found no room", Tag[MI_QUOTED_TAG];

    if (Event->Stack.Count != 0) {
        HostDescribeCall(Event->Stack.Frames[0], Text, sizeof(Text));
    }
    MiQuoteTag(Event->Tag, Tag);
    fprintf(History->Stream, "    %s by %s\n        (%zu bytes at %p, tag %s, %s; thread %u, operation %llu)\n",
            Event->IsFree               ? "freed"
            : History->Allocations == 0 ? "allocated"
                                        : "allocated again",
            Text, (size_t)Event->Size, Event->Address, Tag, MiPoolTypeName(Event->PoolType), Event->Thread,
            (ULONGLONG)Event->Sequence);
    for (ULONG Frame = 1; Frame < Event->Stack.Count; Frame++) {
        HostDescribeCall(Event->Stack.Frames[Frame], Text, sizeof(Text));
        fprintf(History->Stream, "        called by %s\n", Text);
    }
    History->Allocations += !Event->IsFree;
    History->IsEmpty = FALSE;
    return TRUE;
}

VOID EmuPrintAddress(FILE *Stream, PVOID Address)
{
    if (Stream == NULL) {
        return;
    }
    EMUP_HISTORY History = {Stream, 0, TRUE};
    MI_BLOCK Block;
    CHAR Words[128];

    fprintf(Stream, "%p ", Address);
    if (MiFindBlockAround((ULONG_PTR)Address, &Block)) {
        MiDescribeBlock(&Block, Words, sizeof(Words));
        fprintf(Stream, "lies in a live block: %s\n", Words);
    } else {
        fprintf(Stream, "lies in no live block\n");
    }
    if (!EmuQueryLog(Address, EmupPrintEvent, &History)) {
        fprintf(Stream, "    (no memory to search the log)\n");
    } else if (History.IsEmpty) {
        fprintf(Stream, "    (the log knows nothing of it)\n");
    }
}
