/* exit.c: threads whose thread variables' destructors free and allocate pool while the thread ends, after the emulator
 * was told so, too: blocks stay right, counters are exact. Returns 0 when all is well. */
#include <pthread.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    WAVES = 150,
    THREADS = 4, /* at a time */
    KEYS = 3,
    TURNS = 2, /* of a key's destructor, which sets its key again; ThreadSanitizer bears no more */
    BYTES = 100,
    TAG = 'tixE',
};

static pthread_key_t Keys[KEYS]; /* the first is older than the emulator's own */
static ULONG Failures;

typedef struct NOTE {
    ULONG Key;
    ULONG Turn;
    UCHAR Rest[BYTES - 8];
} NOTE;

static NOTE *MakeNote(ULONG Key, ULONG Turn)
{
    NOTE *Note = ExAllocatePoolWithTag(Turn % 2 == 0 ? NonPagedPoolNx : PagedPool, sizeof(NOTE), TAG);

    if (Note == NULL) {
        __atomic_fetch_add(&Failures, 1, __ATOMIC_RELAXED);
        return NULL;
    }
    *Note = (NOTE){.Key = Key, .Turn = Turn};
    RtlFillMemory(Note->Rest, sizeof(Note->Rest), (UCHAR)(Key * 16 + Turn));
    return Note;
}

static void ReadNote(void *Value)
{
    NOTE *Note = Value;
    ULONG Key = Note->Key, Turn = Note->Turn;

    for (ULONG Index = 0; Index < sizeof(Note->Rest); Index++) {
        if (Note->Rest[Index] != Key * 16 + Turn) {
            __atomic_fetch_add(&Failures, 1, __ATOMIC_RELAXED);
            break;
        }
    }
    ExFreePoolWithTag(Note, TAG);
    if (Turn + 1 < TURNS) {
        pthread_setspecific(Keys[Key], MakeNote(Key, Turn + 1));
    }
}

static void *LeaveNotes(void *Argument)
{
    for (ULONG Key = 0; Key < KEYS; Key++) {
        pthread_setspecific(Keys[Key], MakeNote(Key, 0));
    }
    return Argument;
}

static BOOLEAN CountBlock(const EMU_BLOCK *Block, PVOID Count)
{
    UNREFERENCED_PARAMETER(Block);
    ++*(ULONG *)Count;
    return TRUE;
}

int main(void)
{
    pthread_t Threads[THREADS];
    ULONG64 Notes = (ULONG64)WAVES * THREADS * KEYS * TURNS;
    EMU_TAG_USAGE Usage;
    ULONG Left = 0;

    pthread_key_create(&Keys[0], ReadNote);
    ExFreePool(ExAllocatePoolWithTag(NonPagedPoolNx, 1, 'tsrF'));
    pthread_key_create(&Keys[1], ReadNote);
    pthread_key_create(&Keys[2], ReadNote);
    for (ULONG Wave = 0; Wave < WAVES; Wave++) {
        for (ULONG Index = 0; Index < THREADS; Index++) {
            pthread_create(&Threads[Index], NULL, LeaveNotes, NULL);
        }
        for (ULONG Index = 0; Index < THREADS; Index++) {
            pthread_join(Threads[Index], NULL);
        }
    }
    EmuQueryTag(TAG, &Usage);
    EmuForEachBlock(CountBlock, &Left);
    if (Failures != 0 || Left != 0 || Usage.NonPaged.Allocs + Usage.Paged.Allocs != Notes ||
        Usage.NonPaged.Frees + Usage.Paged.Frees != Notes || Usage.NonPaged.Bytes + Usage.Paged.Bytes != 0) {
        fprintf(stderr, "exit: %u failures, %u blocks left\n", Failures, Left);
        return 1;
    }
    return 0;
}
