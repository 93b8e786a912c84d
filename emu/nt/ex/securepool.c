/* securepool.c: ExCreatePool and its relatives. The driver sees the memory of a secure pool read-only, the emulator
 * writes to it at another address. What describes the blocks lies outside. */
#include "nt/ex/securepool.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/bugcheck.h"
#include "core/export.h"
#include "mem/limit.h"
#include "mem/space.h"
#include "watch/track.h"
#include "watch/irqllimit.h"

enum {
    EXP_UNIT = 16,
    EXP_CHUNK_BYTES = 64 << 10,
    EXP_KNOWN_FLAGS = SECURE_POOL_FLAGS_FREEABLE | SECURE_POOL_FLAGS_MODIFIABLE,
};

typedef struct EXP_SECURE_BLOCK {
    struct EXP_SECURE_BLOCK *Next; /* at a higher offset of the same chunk */
    SIZE_T Offset;
    SIZE_T Bytes;
    ULONG_PTR Cookie;
    ULONG Tag;
    ULONG Flags;
    BOOLEAN Live; /* freed ones are remembered until their place is needed, to tell a double free from a wild one */
} EXP_SECURE_BLOCK;

typedef struct EXP_SECURE_CHUNK {
    struct EXP_SECURE_CHUNK *Next;
    HOST_SECTION *Section;
    MI_EXTENT *Extent; /* where the driver sees it */
    SIZE_T Bytes;
    SIZE_T TooMuch; /* it has no gap of so many bytes; above Bytes when not known */
    EXP_SECURE_BLOCK *Blocks;
} EXP_SECURE_CHUNK;

typedef struct EXP_SECURE_POOL {
    struct EXP_SECURE_POOL *Next;
    ULONG_PTR Tag;
    EXP_SECURE_CHUNK *Chunks;
} EXP_SECURE_POOL;

static HOST_LOCK ExpSecureLock;
static EXP_SECURE_POOL *ExpSecurePools;

VOID ExpAcquireSecure(VOID)
{
    HostAcquire(&ExpSecureLock);
}

VOID ExpReleaseSecure(VOID)
{
    HostRelease(&ExpSecureLock);
}

/* Reads from every page of a driver's buffer: one that faults shall do so while no lock is held. */
static VOID ExpTouch(const VOID *Buffer, SIZE_T Bytes)
{
    const volatile UCHAR *Byte = Buffer;

    for (SIZE_T Offset = 0; Offset < Bytes; Offset += PAGE_SIZE) {
        (VOID) Byte[Offset];
    }
    if (Bytes > 0) {
        (VOID) Byte[Bytes - 1];
    }
}

/* ---- Chunks and blocks: the lock is held ---------------------------------------------------------------------- */

static EXP_SECURE_POOL *ExpPoolOfHandle(HANDLE Handle)
{
    EXP_SECURE_POOL *Pool = ExpSecurePools;

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    while (Pool != NULL && Pool != Handle) {
        Pool = Pool->Next;
    }
    return Pool;
}

static VOID ExpFreeChunk(EXP_SECURE_CHUNK *Chunk)
{
    for (EXP_SECURE_BLOCK *Block = Chunk->Blocks, *Next; Block != NULL; Block = Next) {
        Next = Block->Next;
        free(Block);
    }
    if (Chunk->Extent != NULL) {
        if (Chunk->Extent->Access != HostNoAccess) {
            HostUnmapView(Chunk->Section, (PVOID)Chunk->Extent->Base);
        }
        MiGivePages(&MiSystemSpace, Chunk->Extent);
    }
    if (Chunk->Section != NULL) {
        HostCloseSection(Chunk->Section);
    }
    free(Chunk);
}

static BOOLEAN ExpMapChunk(EXP_SECURE_CHUNK *Chunk)
{
    Chunk->Section = HostMakeSection(Chunk->Bytes, HostShownOnce);
    Chunk->Extent = MiTakePages(&MiSystemSpace, Chunk->Bytes >> PAGE_SHIFT, "memory of a secure pool, read-only");
    if (Chunk->Section == NULL || Chunk->Extent == NULL ||
        !HostMapSection(Chunk->Section, 0, (PVOID)Chunk->Extent->Base, Chunk->Bytes, HostReadOnly)) {
        return FALSE;
    }
    Chunk->Extent->Access = HostReadOnly;
    return TRUE;
}

static EXP_SECURE_CHUNK *ExpAddChunk(EXP_SECURE_POOL *Pool, SIZE_T Bytes)
{
    EXP_SECURE_CHUNK *Chunk = calloc(1, sizeof(*Chunk));

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    if (Chunk == NULL) {
        return NULL;
    }
    Chunk->Bytes = max(ROUND_TO_PAGES(Bytes), (SIZE_T)EXP_CHUNK_BYTES);
    if (!ExpMapChunk(Chunk)) {
        ExpFreeChunk(Chunk);
        return NULL;
    }
    Chunk->TooMuch = MAXSIZE_T;
    Chunk->Next = Pool->Chunks;
    Pool->Chunks = Chunk;
    return Chunk;
}

static SIZE_T ExpRoomOf(SIZE_T Bytes)
{
    return max((Bytes + EXP_UNIT - 1) & ~(SIZE_T)(EXP_UNIT - 1), (SIZE_T)EXP_UNIT);
}

/* As everywhere in pool: a block of a page or more begins on a page, a smaller one does not cross into the next. */
static SIZE_T ExpPlaceFrom(SIZE_T Offset, SIZE_T Room)
{
    BOOLEAN Crosses = (Offset & (PAGE_SIZE - 1)) + Room > PAGE_SIZE;

    return Crosses ? ROUND_TO_PAGES(Offset) : Offset;
}

/* The first gap of a chunk that is large enough: the link to what will be the next block, and where it begins. */
static EXP_SECURE_BLOCK **ExpFindGap(EXP_SECURE_CHUNK *Chunk, SIZE_T Room, SIZE_T *Offset)
{
    EXP_SECURE_BLOCK **Link = &Chunk->Blocks;

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    for (*Offset = 0;; Link = &(*Link)->Next) {
        while (*Link != NULL && !(*Link)->Live) {
            Link = &(*Link)->Next;
        }
        *Offset = ExpPlaceFrom(*Offset, Room);
        SIZE_T End = *Link == NULL ? Chunk->Bytes : (*Link)->Offset;
        if (*Offset <= End && Room <= End - *Offset) {
            return Link;
        }
        if (*Link == NULL) {
            return NULL;
        }
        *Offset = (*Link)->Offset + ExpRoomOf((*Link)->Bytes);
    }
}

/* Freed blocks that the new one covers are forgotten. */
static VOID ExpInsertBlock(EXP_SECURE_CHUNK *Chunk, EXP_SECURE_BLOCK *Block)
{
    EXP_SECURE_BLOCK **Link = &Chunk->Blocks;
    SIZE_T End = Block->Offset + ExpRoomOf(Block->Bytes);

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    while (*Link != NULL && (*Link)->Offset < End) {
        EXP_SECURE_BLOCK *Old = *Link;
        if (!Old->Live && Old->Offset + ExpRoomOf(Old->Bytes) > Block->Offset) {
            *Link = Old->Next;
            free(Old);
        } else {
            Link = &Old->Next;
        }
    }
    Block->Next = *Link;
    *Link = Block;
}

static EXP_SECURE_CHUNK *ExpFindChunk(EXP_SECURE_POOL *Pool, SIZE_T Room, SIZE_T *Offset)
{
    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    for (EXP_SECURE_CHUNK *Chunk = Pool->Chunks; Chunk != NULL; Chunk = Chunk->Next) {
        if (Room < Chunk->TooMuch) {
            if (ExpFindGap(Chunk, Room, Offset) != NULL) {
                return Chunk;
            }
            Chunk->TooMuch = Room;
        }
    }
    *Offset = 0;
    return ExpAddChunk(Pool, Room);
}

static PVOID ExpAddressOf(const EXP_SECURE_CHUNK *Chunk, const EXP_SECURE_BLOCK *Block)
{
    return (PVOID)(Chunk->Extent->Base + Block->Offset);
}

static PVOID ExpWritable(const EXP_SECURE_CHUNK *Chunk, const EXP_SECURE_BLOCK *Block)
{
    return (PUCHAR)HostSectionBase(Chunk->Section) + Block->Offset;
}

static EXP_SECURE_BLOCK *ExpBlockAt(const EXP_SECURE_POOL *Pool, PVOID Address, EXP_SECURE_CHUNK **Chunk)
{
    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    for (*Chunk = Pool->Chunks; *Chunk != NULL; *Chunk = (*Chunk)->Next) {
        BOOLEAN IsThere = (ULONG_PTR)Address - (*Chunk)->Extent->Base < (*Chunk)->Bytes;
        for (EXP_SECURE_BLOCK *Block = IsThere ? (*Chunk)->Blocks : NULL; Block != NULL; Block = Block->Next) {
            if (ExpAddressOf(*Chunk, Block) == Address) {
                return Block;
            }
        }
    }
    return NULL;
}

static MI_BLOCK ExpShowSecure(const EXP_SECURE_CHUNK *Chunk, const EXP_SECURE_BLOCK *Block)
{
    return (MI_BLOCK){
        .Address = ExpAddressOf(Chunk, Block), .Size = Block->Bytes, .Tag = Block->Tag, .PoolType = NonPagedPoolNx};
}

static VOID ExpCountFree(const EXP_SECURE_CHUNK *Chunk, const EXP_SECURE_BLOCK *Block, PVOID Caller)
{
    if (VfIsRecording()) {
        MI_BLOCK Freed = ExpShowSecure(Chunk, Block);
        VfNoteFree(&Freed, Caller);
    }
    MiForgetOutside(MiNonPagedNx, Block->Tag, Block->Bytes);
    MiGiveToLimit(NonPagedPoolNx, Block->Bytes);
}

/* ---- Pools ---------------------------------------------------------------------------------------------------- */

NTSTATUS ExCreatePool(ULONG Flags, ULONG_PTR Tag, PPOOL_CREATE_EXTENDED_PARAMS Params, HANDLE *PoolHandle)
{
    KiCheckExport(KiExportExCreatePool, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportExCreatePool, EMU_RETURN_ADDRESS());

    if ((Flags & POOL_CREATE_FLG_SECURE_POOL) == 0 || (Flags & ~(ULONG)POOL_CREATE_FLG_VALID_FLAGS) != 0 || Tag == 0 ||
        (Params != NULL && Params->Version != POOL_CREATE_PARAMS_VERSION) || PoolHandle == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    EXP_SECURE_POOL *Pool = calloc(1, sizeof(*Pool));
    if (Pool == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Pool->Tag = Tag;
    ExpAcquireSecure();
    Pool->Next = ExpSecurePools;
    ExpSecurePools = Pool;
    ExpReleaseSecure();
    *PoolHandle = Pool;
    return STATUS_SUCCESS;
}

static VOID ExpFreeSecurePool(EXP_SECURE_POOL *Pool, PVOID Caller)
{
    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    for (EXP_SECURE_CHUNK *Chunk = Pool->Chunks, *Next; Chunk != NULL; Chunk = Next) {
        Next = Chunk->Next;
        for (const EXP_SECURE_BLOCK *Block = Chunk->Blocks; Block != NULL; Block = Block->Next) {
            if (Block->Live) {
                ExpCountFree(Chunk, Block, Caller);
            }
        }
        ExpFreeChunk(Chunk);
    }
    free(Pool);
}

static VOID ExpDestroyPool(HANDLE PoolHandle, PVOID Caller)
{
    EXP_SECURE_POOL **Link = &ExpSecurePools;

    MiInitializeArenas();
    BOOLEAN Attached = MiAttachThread();
    ExpAcquireSecure();
    while (*Link != NULL && *Link != PoolHandle) {
        Link = &(*Link)->Next;
    }
    EXP_SECURE_POOL *Pool = *Link;
    if (Pool != NULL && Attached) {
        *Link = Pool->Next;
        ExpFreeSecurePool(Pool, Caller);
    }
    ExpReleaseSecure();
    if (Pool == NULL) {
        KiStopF(NULL,
                KiBugCheck(KERNEL_MODE_HEAP_CORRUPTION, PoolHandle == NULL ? KI_13A_NULL_HANDLE : KI_13A_BAD_ARGUMENT,
                           (ULONG_PTR)PoolHandle, 0, 0),
                "ExDestroyPool: this is no handle of a pool");
    }
    if (!Attached) {
        KiStopF(NULL, KiBugCheck(MEMORY_MANAGEMENT, KI_1A_HOST_REFUSES, 0, 0, 0),
                "ExDestroyPool: the host has no memory for this thread's cache");
    }
}

VOID ExDestroyPool(HANDLE PoolHandle)
{
    KiCheckExport(KiExportExDestroyPool, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportExDestroyPool, EMU_RETURN_ADDRESS());
    ExpDestroyPool(PoolHandle, EMU_RETURN_ADDRESS());
}

VOID ExpResetSecurePools(VOID)
{
    while (ExpSecurePools != NULL) {
        ExpDestroyPool(ExpSecurePools, NULL);
    }
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

BOOLEAN ExpIsSecureRequest(const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters)
{
    if (Parameters == NULL || (Parameters->SecurePoolFlags & ~(ULONG)EXP_KNOWN_FLAGS) != 0) {
        return FALSE;
    }
    ExpAcquireSecure();
    BOOLEAN Exists = ExpPoolOfHandle(Parameters->SecurePoolHandle) != NULL;
    ExpReleaseSecure();
    return Exists;
}

static PVOID ExpAddBlock(EXP_SECURE_POOL *Pool, EXP_SECURE_BLOCK *Block, PVOID Contents)
{
    EXP_SECURE_CHUNK *Chunk = ExpFindChunk(Pool, ExpRoomOf(Block->Bytes), &Block->Offset);

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    if (Chunk == NULL) {
        return NULL;
    }
    ExpInsertBlock(Chunk, Block);
    RtlZeroMemory(ExpWritable(Chunk, Block), ExpRoomOf(Block->Bytes));
    if (Contents != NULL) {
        RtlCopyMemory(ExpWritable(Chunk, Block), Contents, Block->Bytes);
    }
    return ExpAddressOf(Chunk, Block);
}

PVOID ExpAllocateSecure(const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters, SIZE_T Bytes, ULONG Tag)
{
    MiInitializeArenas();
    if (Parameters->Buffer != NULL && Bytes <= MiArenaBytes()) {
        ExpTouch(Parameters->Buffer, Bytes);
    }
    EXP_SECURE_BLOCK *Block = Bytes <= MiArenaBytes() && MiAttachThread() ? calloc(1, sizeof(*Block)) : NULL;
    if (Block == NULL) {
        return NULL;
    }
    *Block = (EXP_SECURE_BLOCK){
        .Bytes = Bytes,
        .Cookie = Parameters->Cookie,
        .Tag = Tag,
        .Flags = Parameters->SecurePoolFlags,
        .Live = TRUE,
    };
    ExpAcquireSecure();
    EXP_SECURE_POOL *Pool = ExpPoolOfHandle(Parameters->SecurePoolHandle);
    PVOID Address = Pool == NULL ? NULL : ExpAddBlock(Pool, Block, Parameters->Buffer);
    ExpReleaseSecure();
    if (Address == NULL) {
        free(Block);
    } else {
        MiCountOutside(MiNonPagedNx, Tag, Bytes);
    }
    return Address;
}

/* Why a free is refused; a code of 0: it is not. */
typedef struct EXP_REFUSAL {
    KI_BUGCHECK BugCheck;
    PCSTR What;
} EXP_REFUSAL;

static EXP_REFUSAL ExpHeapRefusal(ULONG_PTR Type, HANDLE Handle, PVOID Address, PCSTR What)
{
    return (EXP_REFUSAL){KiBugCheck(KERNEL_MODE_HEAP_CORRUPTION, Type, (ULONG_PTR)Handle, (ULONG_PTR)Address, 0), What};
}

static BOOLEAN ExpIsInAnyPool(PVOID Address)
{
    EXP_SECURE_CHUNK *Chunk;

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    for (const EXP_SECURE_POOL *Pool = ExpSecurePools; Pool != NULL; Pool = Pool->Next) {
        if (ExpBlockAt(Pool, Address, &Chunk) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static EXP_REFUSAL ExpRefusalOf(const EXP_SECURE_POOL *Pool, const EXP_SECURE_BLOCK *Block,
                                const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters, PVOID Address, ULONG Tag)
{
    HANDLE Handle = Parameters->SecurePoolHandle;

    if (Handle == NULL) {
        return ExpHeapRefusal(KI_13A_NULL_HANDLE, Handle, Address, "the handle of the secure pool is NULL");
    }
    if (Pool == NULL) {
        return ExpHeapRefusal(KI_13A_BAD_ARGUMENT, Handle, Address, "the handle is none of a secure pool");
    }
    if (Block == NULL) {
        return ExpIsInAnyPool(Address)
                   ? ExpHeapRefusal(KI_13A_WRONG_HEAP, Handle, Address, "the block belongs to another secure pool")
                   : ExpHeapRefusal(KI_13A_BAD_ARGUMENT, Handle, Address, "no block of the secure pool begins here");
    }
    if (!Block->Live) {
        return ExpHeapRefusal(KI_13A_NOT_BUSY, Handle, Address, "the block was freed before");
    }
    if (Tag != Block->Tag) {
        return (EXP_REFUSAL){KiBugCheck(BAD_POOL_CALLER, KI_C2_WRONG_TAG, (ULONG_PTR)Address, Block->Tag, Tag),
                             "the tag is not that of the allocation"};
    }
    if (Parameters->Cookie != Block->Cookie) {
        return ExpHeapRefusal(KI_13A_BAD_ARGUMENT, Handle, Address, "the cookie is not that of the allocation");
    }
    if ((Block->Flags & SECURE_POOL_FLAGS_FREEABLE) == 0) {
        return ExpHeapRefusal(KI_13A_BAD_ARGUMENT, Handle, Address, "the block is not SECURE_POOL_FLAGS_FREEABLE");
    }
    return (EXP_REFUSAL){.What = NULL};
}

VOID ExpFreeSecure(const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters, PVOID Address, ULONG Tag, PVOID Caller)
{
    EXP_SECURE_CHUNK *Chunk = NULL;

    MiInitializeArenas();
    if (!MiAttachThread()) {
        KiStopF(Caller, KiBugCheck(MEMORY_MANAGEMENT, KI_1A_HOST_REFUSES, 0, 0, 0),
                "ExFreePool2: the host has no memory for this thread's cache");
    }
    ExpAcquireSecure();
    EXP_SECURE_POOL *Pool = ExpPoolOfHandle(Parameters->SecurePoolHandle);
    EXP_SECURE_BLOCK *Block = Pool == NULL ? NULL : ExpBlockAt(Pool, Address, &Chunk);
    EXP_REFUSAL Refusal = ExpRefusalOf(Pool, Block, Parameters, Address, Tag);
    if (Refusal.BugCheck.Code == 0) {
        Block->Live = FALSE;
        Chunk->TooMuch = MAXSIZE_T;
        ExpCountFree(Chunk, Block, Caller);
    }
    ExpReleaseSecure();
    if (Refusal.BugCheck.Code != 0) {
        KiStopF(Caller, Refusal.BugCheck, "ExFreePool2 of 0x%zx, secure pool 0x%zx: %s", (size_t)Address,
                (size_t)Parameters->SecurePoolHandle, Refusal.What);
    }
}

/* ---- Changing and checking ------------------------------------------------------------------------------------ */

/* The lock is held. NULL: handle, block, tag or cookie is wrong; *Pool NULL: the handle. */
static EXP_SECURE_BLOCK *ExpOwnedBlock(HANDLE Handle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie,
                                       EXP_SECURE_POOL **Pool, EXP_SECURE_CHUNK **Chunk)
{
    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    *Pool = ExpPoolOfHandle(Handle);
    EXP_SECURE_BLOCK *Block = *Pool == NULL ? NULL : ExpBlockAt(*Pool, Allocation, Chunk);
    return Block != NULL && Block->Live && Block->Tag == Tag && Block->Cookie == Cookie ? Block : NULL;
}

NTSTATUS ExSecurePoolUpdate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie, SIZE_T Offset,
                            SIZE_T Size, PVOID Buffer)
{
    KiCheckExport(KiExportExSecurePoolUpdate, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportExSecurePoolUpdate, EMU_RETURN_ADDRESS());
    EXP_SECURE_POOL *Pool;
    EXP_SECURE_CHUNK *Chunk;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Buffer != NULL) {
        ExpTouch(Buffer, ExSecurePoolValidate(SecurePoolHandle, Tag, Allocation, Cookie) ? Size : 0);
    }
    ExpAcquireSecure();
    const EXP_SECURE_BLOCK *Block = ExpOwnedBlock(SecurePoolHandle, Tag, Allocation, Cookie, &Pool, &Chunk);
    if (Pool == NULL) {
        Status = STATUS_INVALID_HANDLE;
    } else if (Block == NULL || Offset > Block->Bytes || Size > Block->Bytes - Offset ||
               (Buffer == NULL && Size != 0)) {
        Status = STATUS_INVALID_PARAMETER;
    } else if ((Block->Flags & SECURE_POOL_FLAGS_MODIFIABLE) == 0) {
        Status = STATUS_ACCESS_DENIED;
    } else if (Size != 0) {
        RtlCopyMemory((PUCHAR)ExpWritable(Chunk, Block) + Offset, Buffer, Size);
    }
    ExpReleaseSecure();
    return Status;
}

LOGICAL ExSecurePoolValidate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie)
{
    KiCheckExport(KiExportExSecurePoolValidate, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportExSecurePoolValidate, EMU_RETURN_ADDRESS());
    EXP_SECURE_POOL *Pool;
    EXP_SECURE_CHUNK *Chunk;

    ExpAcquireSecure();
    BOOLEAN Valid = ExpOwnedBlock(SecurePoolHandle, Tag, Allocation, Cookie, &Pool, &Chunk) != NULL;
    ExpReleaseSecure();
    return Valid;
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

BOOLEAN ExpFindSecureBlock(PVOID Address, MI_BLOCK *Block)
{
    BOOLEAN Found = FALSE;
    EXP_SECURE_CHUNK *Chunk;

    ExpAcquireSecure();
    for (const EXP_SECURE_POOL *Pool = ExpSecurePools; Pool != NULL && !Found; Pool = Pool->Next) {
        const EXP_SECURE_BLOCK *At = ExpBlockAt(Pool, Address, &Chunk);
        if (At != NULL && At->Live) {
            *Block = ExpShowSecure(Chunk, At);
            Found = TRUE;
        }
    }
    ExpReleaseSecure();
    return Found;
}

/* NULL when there is no memory, or nothing to show. */
static EXP_SECURE_CHUNK **ExpListChunks(SIZE_T *Chunks, SIZE_T *Blocks)
{
    EXP_SECURE_CHUNK **List = NULL;

    KI_ASSERT(HostIsHeld(&ExpSecureLock));
    for (ULONG Pass = 0; Pass < 2; Pass++) {
        *Chunks = *Blocks = 0;
        for (const EXP_SECURE_POOL *Pool = ExpSecurePools; Pool != NULL; Pool = Pool->Next) {
            for (EXP_SECURE_CHUNK *Chunk = Pool->Chunks; Chunk != NULL; Chunk = Chunk->Next) {
                if (List != NULL) {
                    List[*Chunks] = Chunk;
                }
                ++*Chunks;
                for (const EXP_SECURE_BLOCK *Block = Chunk->Blocks; Block != NULL; Block = Block->Next) {
                    *Blocks += Block->Live;
                }
            }
        }
        if (Pass == 0) {
            List = *Blocks == 0 ? NULL : malloc(*Chunks * sizeof(PVOID));
            if (List == NULL) {
                return NULL;
            }
        }
    }
    return List;
}

static int ExpCompareChunks(const void *One, const void *Other)
{
    ULONG_PTR A = (*(EXP_SECURE_CHUNK *const *)One)->Extent->Base;
    ULONG_PTR B = (*(EXP_SECURE_CHUNK *const *)Other)->Extent->Base;

    return (A > B) - (A < B);
}

/* A chunk's blocks are in the order of their addresses. */
static SIZE_T ExpCopyBlocks(EXP_SECURE_CHUNK *const *List, SIZE_T Chunks, MI_BLOCK *Copies)
{
    SIZE_T Count = 0;

    for (SIZE_T Index = 0; Index < Chunks; Index++) {
        for (const EXP_SECURE_BLOCK *Block = List[Index]->Blocks; Block != NULL; Block = Block->Next) {
            if (Block->Live) {
                Copies[Count++] = ExpShowSecure(List[Index], Block);
            }
        }
    }
    return Count;
}

VOID ExpForEachSecureBlock(BOOLEAN (*Callback)(const MI_BLOCK *Block, PVOID Context), PVOID Context)
{
    SIZE_T Chunks, Blocks, Count = 0;

    ExpAcquireSecure();
    EXP_SECURE_CHUNK **List = ExpListChunks(&Chunks, &Blocks);
    MI_BLOCK *Copies = List == NULL ? NULL : malloc(Blocks * sizeof(*Copies));
    if (Copies != NULL) {
        qsort(List, Chunks, sizeof(PVOID), ExpCompareChunks);
        Count = ExpCopyBlocks(List, Chunks, Copies);
    }
    ExpReleaseSecure();
    for (SIZE_T Index = 0; Index < Count && Callback(&Copies[Index], Context); Index++) {
    }
    free(Copies);
    free((PVOID)List);
}
