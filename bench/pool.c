/* pool.c: poolemu_bench_pool, a worker whose allocators are poolemu's, and the workloads that only poolemu has. */
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

/* ---- The table ------------------------------------------------------------------------------------------------ */

const BENCH_WAY BenchWays[] = {
    {"nx", NULL, {BENCH_LOOPS_OF(Nx) BENCH_SCALE_LOOPS_OF(Nx)}},
    {"paged", NULL, {BENCH_LOOPS_OF(Paged)}},
    {"execute", NULL, {BENCH_LOOPS_OF(Execute)}},
    {"lookaside", LookasideOpen, {[BENCH_Pair64] = LookasidePair64}},
    {"pool", NULL, {BENCH_POOL_WORKLOADS(BENCH_NAME_LOOP, Pool)}},
};
const size_t BenchWayCount = sizeof(BenchWays) / sizeof(BenchWays[0]);
