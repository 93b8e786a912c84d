/* log.c: the log of the pool's last operations. */
#include "watch/log.h"

#include <stdlib.h>

#include "host/hash.h"
#include "host/host.h"
#include "core/array.h"
#include "watch/track.h"

/* Check is made of all the rest: what two threads wrote at once, or is being written now, does not have it. */
typedef struct VF_ENTRY {
    ULONG64 Sequence;
    ULONG64 Address;
    ULONG64 Size; /* in bytes << 16 | VF_ENTRY_FREE | pool type */
    ULONG Tag;
    ULONG Stack;
    ULONG Thread;
    ULONG Check;
} VF_ENTRY;

enum {
    VF_ENTRY_FREE = 0x8000,
    VF_ENTRY_TYPE = 0x7FFF,
    VF_LOG_ENTRIES = 65536,
};

static VF_ENTRY *VfEntries;
static SIZE_T VfChunks = VF_LOG_ENTRIES / VF_CHUNK; /* of the ring */
static ULONG64 VfNextChunk;

BOOLEAN VfMakeLog(VOID)
{
    if (VfEntries == NULL && VfChunks != 0) {
        VfEntries = HostAllocate(VfChunks * VF_CHUNK * sizeof(VF_ENTRY));
    }
    return VfEntries != NULL || VfChunks == 0;
}

/* ---- Writing -------------------------------------------------------------------------------------------------- */

/* A chunk that another thread has begun to write to anew is given up. */
static inline BOOLEAN VfNeedsChunk(const VF_CLOCK *Clock)
{
    return Clock->Used == VF_CHUNK || Clock->Chunk == 0 ||
           EMU_ATOMIC_LOAD(&VfNextChunk, EMU_ORDER_NONE) - Clock->Chunk >= VfChunks;
}

BOOLEAN VfTick(VF_CLOCK *Clock, ULONG64 After)
{
    BOOLEAN Begins = VfNeedsChunk(Clock);

    if (EMU_UNLIKELY(Begins)) {
        ULONG64 Chunk = EMU_ATOMIC_ADD(64, &VfNextChunk, (ULONG64)1, EMU_ORDER_NONE);
        Clock->Chunk = Chunk + 1;
        Clock->Entries = VfChunks == 0 ? NULL : &VfEntries[Chunk % VfChunks * VF_CHUNK];
        Clock->Used = 0;
        Clock->Sequence = max(Clock->Sequence, Chunk * VF_CHUNK);
    }
    EMU_ATOMIC_STORE(&Clock->Sequence, max(Clock->Sequence, After) + 1, EMU_ORDER_NONE);
    Clock->Used++;
    return Begins;
}

static inline ULONG VfCheckOf(const VF_ENTRY *Entry)
{
    ULONG64 Check = HostHash64(Entry->Sequence) ^ Entry->Address ^ Entry->Size << 7 ^
                    ((ULONG64)Entry->Tag << 32 | Entry->Stack) ^ (ULONG64)Entry->Thread << 23;

    return (ULONG)(Check >> 32) ^ (ULONG)Check ^ 1;
}

VOID VfWriteLog(const VF_CLOCK *Clock, const MI_BLOCK *Block, ULONG Stack, BOOLEAN IsFree)
{
    if (EMU_UNLIKELY(Clock->Entries == NULL)) {
        return;
    }
    VF_ENTRY *To = &Clock->Entries[Clock->Used - 1];
    VF_ENTRY Entry = {
        .Sequence = Clock->Sequence,
        .Address = (ULONG_PTR)Block->Address,
        .Size = (ULONG64)Block->Size << 16 | (IsFree ? VF_ENTRY_FREE : 0u) | ((ULONG)Block->PoolType & VF_ENTRY_TYPE),
        .Tag = Block->Tag,
        .Stack = Stack,
        .Thread = Clock->Thread,
    };
    EMU_ATOMIC_STORE(&To->Sequence, Entry.Sequence, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&To->Address, Entry.Address, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&To->Size, Entry.Size, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&To->Tag, Entry.Tag, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&To->Stack, Entry.Stack, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&To->Thread, Entry.Thread, EMU_ORDER_NONE);
    EMU_ATOMIC_STORE(&To->Check, VfCheckOf(&Entry), EMU_ORDER_RELEASE);
}

VOID VfForgetLog(VOID)
{
    enum {
        Few = 64 /* chunks: to clear them costs less than new pages do */
    };

    if (VfEntries != NULL && VfNextChunk <= min(VfChunks, (SIZE_T)Few)) {
        RtlZeroMemory(VfEntries, (SIZE_T)VfNextChunk * VF_CHUNK * sizeof(VF_ENTRY));
    } else if (VfEntries != NULL) {
        HostDiscard(VfEntries, VfChunks * VF_CHUNK * sizeof(VF_ENTRY));
    }
    VfNextChunk = 0;
}

static VOID VfDropLog(VOID)
{
    if (VfEntries != NULL) {
        HostFree(VfEntries, VfChunks * VF_CHUNK * sizeof(VF_ENTRY));
        VfEntries = NULL;
    }
    VfNextChunk = 0;
}

VOID VfResetLog(VOID)
{
    VfForgetLog();
    if (VfChunks != VF_LOG_ENTRIES / VF_CHUNK) {
        VfDropLog();
        VfChunks = VF_LOG_ENTRIES / VF_CHUNK;
    }
}

BOOLEAN EmuSetLogSize(SIZE_T Operations)
{
    SIZE_T Chunks = Operations / VF_CHUNK + (Operations % VF_CHUNK != 0);

    if (VfIsTracking() || Chunks > (1ull << EMU_BY_WIDTH(40, 30)) / (VF_CHUNK * sizeof(VF_ENTRY))) {
        return FALSE;
    }
    VfDropLog();
    VfChunks = Chunks;
    return TRUE;
}

/* ---- Reading -------------------------------------------------------------------------------------------------- */

/* FALSE: nothing was ever written there, or somebody is writing. */
static BOOLEAN VfReadEntry(const VF_ENTRY *From, VF_ENTRY *Entry)
{
    Entry->Sequence = EMU_ATOMIC_LOAD(&From->Sequence, EMU_ORDER_NONE);
    Entry->Address = EMU_ATOMIC_LOAD(&From->Address, EMU_ORDER_NONE);
    Entry->Size = EMU_ATOMIC_LOAD(&From->Size, EMU_ORDER_NONE);
    Entry->Tag = EMU_ATOMIC_LOAD(&From->Tag, EMU_ORDER_NONE);
    Entry->Stack = EMU_ATOMIC_LOAD(&From->Stack, EMU_ORDER_NONE);
    Entry->Thread = EMU_ATOMIC_LOAD(&From->Thread, EMU_ORDER_NONE);
    Entry->Check = EMU_ATOMIC_LOAD(&From->Check, EMU_ORDER_ACQUIRE);
    return Entry->Sequence != 0 && Entry->Check == VfCheckOf(Entry);
}

static int VfCompareEntries(const void *Left, const void *Right)
{
    const VF_ENTRY *First = Left, *Second = Right;

    if (First->Sequence != Second->Sequence) {
        return First->Sequence < Second->Sequence ? -1 : 1;
    }
    return (First->Thread > Second->Thread) - (First->Thread < Second->Thread);
}

/* A block of no bytes has its own address, though. */
static BOOLEAN VfIsAbout(const VF_ENTRY *Entry, ULONG_PTR Address)
{
    ULONG64 Bytes = Entry->Size >> 16;

    return Address == 0 || Address == Entry->Address || Address - Entry->Address < Bytes;
}

static BOOLEAN VfShowEntry(const VF_ENTRY *Entry, EMU_POOL_EVENT_CALLBACK *Callback, PVOID Context)
{
    EMU_POOL_EVENT Event = {
        .Sequence = Entry->Sequence,
        .IsFree = (Entry->Size & VF_ENTRY_FREE) != 0,
        .Address = (PVOID)(ULONG_PTR)Entry->Address,
        .Size = (SIZE_T)(Entry->Size >> 16),
        .Tag = Entry->Tag,
        .PoolType = (POOL_TYPE)(Entry->Size & VF_ENTRY_TYPE),
        .Thread = Entry->Thread,
        .Stack = VfStackOf(Entry->Stack),
    };

    return Callback(&Event, Context);
}

/* The entries are copied first, so that the callback may allocate and free. */
BOOLEAN EmuQueryLog(PVOID Address, EMU_POOL_EVENT_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return FALSE;
    }
    SIZE_T Entries = VfEntries == NULL ? 0 : VfChunks * VF_CHUNK;
    SIZE_T Count = 0, Room = 0;
    VF_ENTRY *Found = NULL;
    VF_ENTRY Entry;

    for (SIZE_T Index = 0; Index < Entries; Index++) {
        if (!VfReadEntry(&VfEntries[Index], &Entry) || !VfIsAbout(&Entry, (ULONG_PTR)Address)) {
            continue;
        }
        VF_ENTRY *Larger = KiMakeRoom(Found, Count, &Room, sizeof(*Found));
        if (Larger == NULL) {
            free(Found);
            return FALSE;
        }
        Found = Larger;
        Found[Count++] = Entry;
    }
    if (Count != 0) {
        qsort(Found, Count, sizeof(*Found), VfCompareEntries);
    }
    for (SIZE_T Index = 0; Index < Count && VfShowEntry(&Found[Index], Callback, Context); Index++) {
    }
    free(Found);
    return TRUE;
}
