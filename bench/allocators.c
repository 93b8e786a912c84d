/* allocators.c: the table of allocators: poolemu's ways to allocate, and the peers they are compared with. */
#include <dlfcn.h>

#include "ntddk.h"

#include "workloads.h"

enum {
    BENCH_TAG = 'hcnB',
};

/* ---- poolemu -------------------------------------------------------------------------------------------------- */

static inline void *WithTagAllocate(size_t Bytes)
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, BENCH_TAG);
}

static inline void WithTagFree(void *Block)
{
    ExFreePoolWithTag(Block, BENCH_TAG);
}

static inline void *Pool2Allocate(size_t Bytes)
{
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, BENCH_TAG);
}

static inline void Pool2Free(void *Block)
{
    ExFreePoolWithTag(Block, BENCH_TAG);
}

enum {
    LOOKASIDE_BYTES = 64, /* its blocks have one size: workloads of other sizes leave the row out */
};

static NPAGED_LOOKASIDE_LIST LookasideList;

static const char *LookasideOpen(void)
{
    ExInitializeNPagedLookasideList(&LookasideList, NULL, NULL, POOL_NX_ALLOCATION, LOOKASIDE_BYTES, BENCH_TAG, 0);
    return NULL;
}

static inline void *LookasideAllocate(size_t Bytes)
{
    return Bytes <= LOOKASIDE_BYTES ? ExAllocateFromNPagedLookasideList(&LookasideList) : NULL;
}

static inline void LookasideFree(void *Block)
{
    ExFreeToNPagedLookasideList(&LookasideList, Block);
}

/* ---- Peers ---------------------------------------------------------------------------------------------------- */

static inline void *MallocAllocate(size_t Bytes)
{
    return malloc(Bytes);
}

static inline void MallocFree(void *Block)
{
    free(Block);
}

/* Loaded, not linked: Debian's library defines malloc and would replace the C library's. */
static BENCH_ALLOCATE *MimallocAllocatePointer;
static BENCH_FREE *MimallocFreePointer;

static const char *MimallocOpen(void)
{
    void *Library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);

    if (Library == NULL) {
        return dlerror();
    }
    void *Allocate = dlsym(Library, "mi_malloc");
    void *Free = dlsym(Library, "mi_free");
    if (Allocate == NULL || Free == NULL) {
        return "libmimalloc.so.2 lacks mi_malloc or mi_free";
    }
    memcpy(&MimallocAllocatePointer, &Allocate, sizeof(Allocate));
    memcpy(&MimallocFreePointer, &Free, sizeof(Free));
    return NULL;
}

static inline void *MimallocAllocate(size_t Bytes)
{
    return MimallocAllocatePointer(Bytes);
}

static inline void MimallocFree(void *Block)
{
    MimallocFreePointer(Block);
}

/* ---- The table ------------------------------------------------------------------------------------------------ */

BENCH_LOOPS(WithTag)
BENCH_LOOPS(Pool2)
BENCH_LOOPS(Lookaside)
BENCH_LOOPS(Malloc)
BENCH_LOOPS(Mimalloc)

const BENCH_ALLOCATOR BenchAllocators[] = {
    {"ExAllocatePoolWithTag, NonPagedPoolNx", NULL, NULL, BENCH_LOOPS_OF(WithTag)},
    {"ExAllocatePool2, which zeroes", NULL, NULL, BENCH_LOOPS_OF(Pool2)},
    {"lookaside list, NX", NULL, LookasideOpen, BENCH_LOOPS_OF(Lookaside)},
    {"glibc malloc", "glibc", NULL, BENCH_LOOPS_OF(Malloc)},
    {"mimalloc", "mimalloc", MimallocOpen, BENCH_LOOPS_OF(Mimalloc)},
};

const size_t BenchAllocatorCount = sizeof(BenchAllocators) / sizeof(BenchAllocators[0]);
