/* pool.c: poolemu_bench_pool, a worker whose allocators are poolemu's, and the workloads that only poolemu has. */
#include <sys/mman.h>

#include "ntifs.h"
#include "poolemu.h"

#include "workloads.h"

enum {
    BENCH_TAG = 'hcnB',
};

const char *BenchLibrary(void)
{
    return "";
}

/* ---- The pools ------------------------------------------------------------------------------------------------ */

static inline void *NxAllocate(size_t Bytes)
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, BENCH_TAG);
}

static inline void *PagedAllocate(size_t Bytes)
{
    return ExAllocatePoolWithTag(PagedPool, Bytes, BENCH_TAG);
}

static inline void *ExecuteAllocate(size_t Bytes)
{
    return ExAllocatePoolWithTag(NonPagedPoolExecute, Bytes, BENCH_TAG);
}

static inline void NxFree(void *Block)
{
    ExFreePoolWithTag(Block, BENCH_TAG);
}

static inline void *NxAllocateTagged(size_t Bytes, uint32_t Tag)
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, Tag);
}

static inline void NxFreeTagged(void *Block, uint32_t Tag)
{
    ExFreePoolWithTag(Block, Tag);
}

#define PagedFree NxFree
#define ExecuteFree NxFree

BENCH_LOOPS(Nx)
BENCH_SCALE_LOOPS(Nx)
BENCH_LOOPS(Paged)
BENCH_LOOPS(Execute)

/* ---- The lookaside list: its blocks have one size ------------------------------------------------------------- */

static NPAGED_LOOKASIDE_LIST LookasideList;

static void LookasideOpen(void)
{
    ExInitializeNPagedLookasideList(&LookasideList, NULL, NULL, POOL_NX_ALLOCATION, 64, BENCH_TAG, 0);
}

static inline void *LookasideAllocate(size_t Bytes)
{
    (void)Bytes;
    return ExAllocateFromNPagedLookasideList(&LookasideList);
}

static inline void LookasideFree(void *Block)
{
    ExFreeToNPagedLookasideList(&LookasideList, Block);
}

static void LookasidePair64(BENCH_RUN *Run)
{
    BenchPair64(LookasideAllocate, LookasideFree, Run);
}

/* ---- poolemu only --------------------------------------------------------------------------------------------- */

enum {
    MOST_TAGS = 500,
};

BENCH_INLINE void PairWithTags(BENCH_RUN *Run, unsigned TagCount)
{
    ULONG Tags[MOST_TAGS];
    unsigned Index = 0;

    for (unsigned Tag = 0; Tag < TagCount; Tag++) {
        Tags[Tag] = 'aaaT' + (Tag % 25 << 8) + (Tag / 25 << 16);
    }
    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        void *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, Tags[Index]);
        BenchTouch(Block, 64);
        ExFreePoolWithTag(Block, Tags[Index]);
        Index = Index + 1 == TagCount ? 0 : Index + 1;
    }
}

static void PoolTags1(BENCH_RUN *Run)
{
    PairWithTags(Run, 1);
}

static void PoolTags16(BENCH_RUN *Run)
{
    PairWithTags(Run, 16);
}

static void PoolTags500(BENCH_RUN *Run)
{
    PairWithTags(Run, MOST_TAGS);
}

static inline void *Pool2Allocate(size_t Bytes)
{
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, BENCH_TAG);
}

static void PoolPool2(BENCH_RUN *Run)
{
    BenchPair64(Pool2Allocate, NxFree, Run);
}

static void PoolQuerySize(BENCH_RUN *Run)
{
    void *Block = NxAllocate(64);
    BOOLEAN QuotaCharged;

    BenchTouch(Block, 64);
    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        if (ExQueryPoolBlockSize(Block, &QuotaCharged) != 64) {
            abort();
        }
    }
    NxFree(Block);
}

static void PoolDdiVersion(BENCH_RUN *Run)
{
    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        if (!RtlIsNtDdiVersionAvailable(NTDDI_WIN10)) {
            abort();
        }
    }
}

/* The time of EmuReset alone; the blocks are allocated before the clock starts. */
static void Reset(BENCH_RUN *Run, unsigned Blocks)
{
    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        for (unsigned Block = 0; Block < Blocks; Block++) {
            BenchTouch(NxAllocate(64), 64);
        }
        double Start = BenchNow();
        EmuReset();
        Run->Figure += BenchNow() - Start;
    }
}

static void PoolReset0(BENCH_RUN *Run)
{
    Reset(Run, 0);
}

static void PoolReset100(BENCH_RUN *Run)
{
    Reset(Run, 100);
}

static void PoolReset10000(BENCH_RUN *Run)
{
    Reset(Run, 10000);
}

/* ---- The pool off and on the watch ---------------------------------------------------------------------------- */

static void TrackedOpen(void)
{
    EmuTrackPool(TRUE);
}

static void SpecialOpen(void)
{
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
}

static void WatchedPair64(BENCH_RUN *Run)
{
    BenchPair64(NxAllocate, NxFree, Run);
}

enum {
    PAGES_IN_TURN = 16384, /* as many as special pool keeps inaccessible after their free */
};

/* A page that is used, then one that never is. Touched as one mapping first, as the host joins only parts of such. */
static char *MapPages(void)
{
    size_t Bytes = (size_t)2 * PAGES_IN_TURN * PAGE_SIZE;
    char *Base = mmap(NULL, Bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (Base == MAP_FAILED) {
        fputs("poolemu_bench: cannot map pages\n", stderr);
        exit(1);
    }
    BenchTouch(Base, 1);
    mprotect(Base, Bytes, PROT_NONE);
    return Base;
}

static inline void *MprotectAllocate(size_t Bytes)
{
    static _Thread_local char *Base;
    static _Thread_local size_t Turn;

    if (Base == NULL) {
        Base = MapPages();
    }
    char *Page = Base + Turn++ % PAGES_IN_TURN * 2 * PAGE_SIZE;
    return mprotect(Page, PAGE_SIZE, PROT_READ | PROT_WRITE) == 0 ? Page + PAGE_SIZE - Bytes : NULL;
}

static inline void MprotectFree(void *Block)
{
    mprotect(PAGE_ALIGN(Block), PAGE_SIZE, PROT_NONE);
}

static void MprotectPair64(BENCH_RUN *Run)
{
    BenchPair64(MprotectAllocate, MprotectFree, Run);
}

/* ---- The table ------------------------------------------------------------------------------------------------ */

const BENCH_WAY BenchWays[] = {
    {"nx", NULL, {BENCH_LOOPS_OF(Nx) BENCH_SCALE_LOOPS_OF(Nx)}},
    {"paged", NULL, {BENCH_LOOPS_OF(Paged)}},
    {"execute", NULL, {BENCH_LOOPS_OF(Execute)}},
    {"lookaside", LookasideOpen, {[BENCH_Pair64] = LookasidePair64}},
    {"off", NULL, {[BENCH_VerifyPair64] = WatchedPair64}},
    {"tracked", TrackedOpen, {[BENCH_VerifyPair64] = WatchedPair64}},
    {"special", SpecialOpen, {[BENCH_VerifyPair64] = WatchedPair64}},
    {"mprotect", NULL, {[BENCH_VerifyPair64] = MprotectPair64}},
    {"pool", NULL, {BENCH_POOL_WORKLOADS(BENCH_NAME_LOOP, Pool)}},
};
const size_t BenchWayCount = sizeof(BenchWays) / sizeof(BenchWays[0]);
