/* slist.c: the operation that uses sequenced lists. */
#include "pool/slist.h"

#include "pool/input.h"
#include "pool/operations.h"
#include "pool/run.h"

static SLIST_HEADER Heads[SLIST_COUNT];
static SLIST_ENTRY Entries[ENTRY_COUNT];

VOID InitializeSLists(VOID)
{
    for (ULONG Index = 0; Index < SLIST_COUNT; Index++) {
        InitializeSListHead(&Heads[Index]);
    }
}

static PVOID TopOf(const STACK *Stack)
{
    return Stack->Count == 0 ? NULL : &Entries[Stack->Entries[Stack->Count - 1]];
}

static VOID CompareEntry(const VOID *Found, const VOID *Expected)
{
    if (Found != Expected) {
        Differ("an SLIST gave entry %p, expected %p", Found, Expected);
    }
}

static VOID PushEntry(PSLIST_HEADER Head, STACK *Stack, ULONG Selector)
{
    ULONG Entry = Selector % ENTRY_COUNT;
    CALL Call = {.Routine = CallPushEntry, .Head = Head, .Address = &Entries[Entry]};
    EXPECTED Misaligned = ExpectRaise(STATUS_DATATYPE_MISALIGNMENT);

    if (Selector / ENTRY_COUNT % 4 == 3) {
        Call.Address = (UCHAR *)Call.Address + 8;
        Run(&Call, &Misaligned);
    } else if (!Model.IsPushed[Entry]) {
        ULONGLONG Sequence = Head->HeaderX64.Sequence;
        Run(&Call, &ExpectReturn);
        CompareEntry(Call.Result, TopOf(Stack));
        if (Head->HeaderX64.Sequence == Sequence) {
            Differ("a push did not change the sequence number");
        }
        Stack->Entries[Stack->Count++] = Entry;
        Model.IsPushed[Entry] = TRUE;
    }
}

VOID UseSList(VOID)
{
    ULONG Selector = Byte();
    PSLIST_HEADER Head = &Heads[Selector % SLIST_COUNT];
    STACK *Stack = &Model.Stacks[Selector % SLIST_COUNT];
    ULONG Action = Selector / SLIST_COUNT % 4;

    if (Action <= 1) {
        PushEntry(Head, Stack, Selector / 8);
    } else if (Action == 2) {
        CompareEntry(InterlockedPopEntrySList(Head), TopOf(Stack));
        if (Stack->Count > 0) {
            Model.IsPushed[Stack->Entries[--Stack->Count]] = FALSE;
        }
    } else {
        PSLIST_ENTRY Entry = InterlockedFlushSList(Head);
        for (; Stack->Count > 0; Stack->Count--) {
            CompareEntry(Entry, TopOf(Stack));
            Model.IsPushed[Stack->Entries[Stack->Count - 1]] = FALSE;
            Entry = Entry->Next;
        }
        CompareEntry(Entry, NULL);
    }
    CompareEntry(FirstEntrySList(Head), TopOf(Stack));
    if (ExQueryDepthSList(Head) != Stack->Count) {
        Differ("an SLIST has %u entries, expected %u", ExQueryDepthSList(Head), Stack->Count);
    }
}
