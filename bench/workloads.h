/* workloads.h: the loops of the workloads, one template each. An allocator's Allocate and Free are constants to the
 * template, so that its calls become direct ones: what is measured is the allocator, and no indirect call of ours. */
#ifndef POOLEMU_BENCH_WORKLOADS_H
#define POOLEMU_BENCH_WORKLOADS_H

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker.h"

#define BENCH_INLINE static inline __attribute__((__always_inline__, __unused__))
#define BENCH_TEMPLATE(Id) BENCH_INLINE void Bench##Id(BENCH_ALLOCATE *Allocate, BENCH_FREE *Free, BENCH_RUN *Run)

typedef void *BENCH_ALLOCATE(size_t Bytes);
typedef void BENCH_FREE(void *Block);

/* Writes a block's first and last byte. The compiler must take it to be used. */
BENCH_INLINE void BenchTouch(void *Block, size_t Bytes)
{
    if (__builtin_expect(Block == NULL, 0)) {
        fputs("poolemu_bench: an allocation failed\n", stderr);
        exit(1);
    }
    ((volatile char *)Block)[0] = 1;
    ((volatile char *)Block)[Bytes - 1] = 1;
    __asm__ __volatile__("" : : "r"(Block) : "memory");
}

/* xorshift64; the same numbers for every allocator. */
BENCH_INLINE uint64_t BenchRandom(uint64_t *State)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return *State;
}

/* 16 to 1024 bytes, all equally likely. */
BENCH_INLINE size_t BenchMixedSize(uint64_t Random)
{
    return 16 + (((Random >> 32) * 1009) >> 32);
}

/* 16 to 384 bytes, all equally likely. */
BENCH_INLINE size_t BenchScaleSize(uint64_t Random)
{
    return 16 + (((Random >> 32) * 369) >> 32);
}

/* ---- pair: allocate, touch, free ------------------------------------------------------------------------------ */

BENCH_INLINE void BenchPair(BENCH_ALLOCATE *Allocate, BENCH_FREE *Free, BENCH_RUN *Run, size_t Bytes)
{
    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        void *Block = Allocate(Bytes);
        BenchTouch(Block, Bytes);
        Free(Block);
    }
}

#define BENCH_PAIR(Bytes)                                                                                              \
    BENCH_TEMPLATE(Pair##Bytes)                                                                                        \
    {                                                                                                                  \
        BenchPair(Allocate, Free, Run, Bytes);                                                                         \
    }
BENCH_PAIR(16)
BENCH_PAIR(64)
BENCH_PAIR(256)
BENCH_PAIR(1024)
BENCH_PAIR(4096)
BENCH_PAIR(16384)

/* ---- batch: 1000 allocations, then 1000 frees ----------------------------------------------------------------- */

enum {
    BENCH_BATCH = 1000,
};

typedef enum BENCH_ORDER {
    BENCH_LIFO,
    BENCH_FIFO,
    BENCH_RANDOM,
} BENCH_ORDER;

BENCH_INLINE void BenchShuffle(uint16_t *Order, uint64_t *State)
{
    for (unsigned Index = 0; Index < BENCH_BATCH; Index++) {
        unsigned Other = (unsigned)(BenchRandom(State) % (Index + 1));
        Order[Index] = Order[Other];
        Order[Other] = (uint16_t)Index;
    }
}

/* Bytes is the size of all blocks; 0: mixed. Sizes and the random order are made before the first allocation. */
BENCH_INLINE void BenchBatch(BENCH_ALLOCATE *Allocate, BENCH_FREE *Free, BENCH_RUN *Run, size_t Bytes,
                             BENCH_ORDER Order)
{
    void *Blocks[BENCH_BATCH];
    uint16_t Sizes[BENCH_BATCH], Frees[BENCH_BATCH];
    uint64_t State = 88172645463325252U + Run->Thread, Done = 0;

    for (unsigned Index = 0; Index < BENCH_BATCH; Index++) {
        Sizes[Index] = (uint16_t)(Bytes != 0 ? Bytes : BenchMixedSize(BenchRandom(&State)));
    }
    BenchShuffle(Frees, &State);
    for (; Done < Run->Operations; Done += BENCH_BATCH) {
        for (unsigned Index = 0; Index < BENCH_BATCH; Index++) {
            size_t Size = Bytes != 0 ? Bytes : Sizes[Index];
            Blocks[Index] = Allocate(Size);
            BenchTouch(Blocks[Index], Size);
        }
        for (unsigned Index = 0; Index < BENCH_BATCH; Index++) {
            Free(Blocks[Order == BENCH_FIFO ? Index : Order == BENCH_LIFO ? BENCH_BATCH - 1 - Index : Frees[Index]]);
        }
    }
    Run->Operations = Done;
}

#define BENCH_BATCHES(Id, Bytes)                                                                                       \
    BENCH_TEMPLATE(Batch##Id##Lifo)                                                                                    \
    {                                                                                                                  \
        BenchBatch(Allocate, Free, Run, Bytes, BENCH_LIFO);                                                            \
    }                                                                                                                  \
    BENCH_TEMPLATE(Batch##Id##Fifo)                                                                                    \
    {                                                                                                                  \
        BenchBatch(Allocate, Free, Run, Bytes, BENCH_FIFO);                                                            \
    }                                                                                                                  \
    BENCH_TEMPLATE(Batch##Id##Random)                                                                                  \
    {                                                                                                                  \
        BenchBatch(Allocate, Free, Run, Bytes, BENCH_RANDOM);                                                          \
    }
BENCH_BATCHES(64, 64)
BENCH_BATCHES(Mixed, 0)

/* ---- churn: one of 1024 live blocks is replaced; larson: two threads share the live blocks --------------------- */

enum {
    BENCH_SLOTS = 1024,
};

BENCH_TEMPLATE(Churn)
{
    void *Slots[BENCH_SLOTS] = {NULL};
    uint64_t State = 88172645463325252U + Run->Thread;

    for (unsigned Slot = 0; Slot < BENCH_SLOTS; Slot++) {
        size_t Bytes = BenchMixedSize(BenchRandom(&State));
        Slots[Slot] = Allocate(Bytes);
        BenchTouch(Slots[Slot], Bytes);
    }
    for (uint64_t Count = BENCH_SLOTS; Count < Run->Operations; Count++) {
        uint64_t Random = BenchRandom(&State);
        size_t Bytes = BenchMixedSize(Random);
        void **Slot = &Slots[Random % BENCH_SLOTS];
        Free(*Slot);
        *Slot = Allocate(Bytes);
        BenchTouch(*Slot, Bytes);
    }
    for (unsigned Slot = 0; Slot < BENCH_SLOTS; Slot++) {
        Free(Slots[Slot]);
    }
    Run->Operations = Run->Operations < BENCH_SLOTS ? BENCH_SLOTS : Run->Operations;
}

/* The blocks stay live between rounds: a thread always frees what some thread allocated. */
BENCH_TEMPLATE(Larson)
{
    static void *Slots[BENCH_SLOTS];
    uint64_t State = 88172645463325252U + Run->Thread;

    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        uint64_t Random = BenchRandom(&State);
        size_t Bytes = BenchMixedSize(Random);
        void *Block = Allocate(Bytes);
        BenchTouch(Block, Bytes);
        void *Old = __atomic_exchange_n(&Slots[Random % BENCH_SLOTS], Block, __ATOMIC_ACQ_REL);
        if (Old != NULL) {
            Free(Old);
        }
    }
}

/* ---- producer-consumer: thread 0 allocates 64 bytes, thread 1 frees, a ring of 256 between them ----------------- */

enum {
    BENCH_RING = 256,
};

BENCH_INLINE void BenchPause(unsigned *Spins)
{
    if (++*Spins % 256 == 0) {
        sched_yield();
    }
}

/* A place in the ring is NULL or a block: no counters that both threads write. */
BENCH_TEMPLATE(ProducerConsumer)
{
    static void *Ring[BENCH_RING];
    unsigned Spins = 0;

    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        void **Place = &Ring[Count % BENCH_RING], *Block;
        if (Run->Thread == 0) {
            Block = Allocate(64);
            BenchTouch(Block, 64);
            while (__atomic_load_n(Place, __ATOMIC_ACQUIRE) != NULL) {
                BenchPause(&Spins);
            }
            __atomic_store_n(Place, Block, __ATOMIC_RELEASE);
        } else {
            while ((Block = __atomic_load_n(Place, __ATOMIC_ACQUIRE)) == NULL) {
                BenchPause(&Spins);
            }
            __atomic_store_n(Place, NULL, __ATOMIC_RELEASE);
            Free(Block);
        }
    }
}

/* ---- memory: what of the process is resident when 10 MB are live, over what it was before ---------------------- */

enum {
    BENCH_LIVE_BYTES = 10000000,
};

BENCH_INLINE void BenchMemory(BENCH_ALLOCATE *Allocate, BENCH_RUN *Run, size_t Bytes)
{
    double Before = BenchResidentBytes();

    Run->Operations = BENCH_LIVE_BYTES / Bytes;
    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        void *Block = Allocate(Bytes);
        BenchTouch(Block, Bytes);
        memset(Block, 1, Bytes);
    }
    Run->Figure = (BenchResidentBytes() - Before) / (double)(Run->Operations * Bytes);
}

#define BENCH_LIVE(Bytes)                                                                                              \
    BENCH_TEMPLATE(Memory##Bytes)                                                                                      \
    {                                                                                                                  \
        (void)Free;                                                                                                    \
        BenchMemory(Allocate, Run, Bytes);                                                                             \
    }
BENCH_LIVE(64)
BENCH_LIVE(300)
BENCH_LIVE(1100)
BENCH_LIVE(5000)

/* ---- scale: one of many live blocks is replaced, with many tags, by threads that come and go --------------------- */

enum {
    BENCH_SCALE_MEMORY = 320, /* what a block may take, with its slot */
    BENCH_SCALE_LIVE = 10000, /* blocks, where their number does not grow */
};

typedef void *BENCH_TAGGED_ALLOCATE(size_t Bytes, uint32_t Tag);
typedef void BENCH_TAGGED_FREE(void *Block, uint32_t Tag);

static void **BenchSlots;

/* 'aaaT', 'baaT' ... for 4096 numbers. */
BENCH_INLINE uint32_t BenchTag(size_t Number)
{
    return 0x54616161U + (uint32_t)((Number & 15) << 16 | (Number >> 4 & 15) << 8 | (Number >> 8 & 15));
}

/* Threads share the slots, so a block may be freed by another thread than the one that has allocated it. */
BENCH_INLINE void BenchReplace(BENCH_TAGGED_ALLOCATE *Allocate, BENCH_TAGGED_FREE *Free, BENCH_RUN *Run, size_t Live,
                               size_t Tags, bool IsShared)
{
    uint64_t State = 88172645463325252U + Run->Thread;

    for (uint64_t Count = 0; Count < Run->Operations; Count++) {
        uint64_t Random = BenchRandom(&State);
        size_t Slot = (size_t)(((Random & UINT32_MAX) * Live) >> 32);
        size_t Bytes = BenchScaleSize(Random);
        uint32_t Tag = BenchTag(Slot % Tags);
        void *Block = Allocate(Bytes, Tag), *Old = BenchSlots[Slot];
        BenchTouch(Block, Bytes);
        if (IsShared) {
            Old = __atomic_exchange_n(&BenchSlots[Slot], Block, __ATOMIC_ACQ_REL);
        } else {
            BenchSlots[Slot] = Block;
        }
        Free(Old, Tag);
    }
}

BENCH_INLINE void BenchFill(BENCH_TAGGED_ALLOCATE *Allocate, size_t Live, size_t Tags)
{
    uint64_t State = 88172645463325252U;

    BenchSlots = malloc(Live * sizeof(*BenchSlots));
    BenchTouch(BenchSlots, sizeof(*BenchSlots));
    for (size_t Slot = 0; Slot < Live; Slot++) {
        size_t Bytes = BenchScaleSize(BenchRandom(&State));
        BenchSlots[Slot] = Allocate(Bytes, BenchTag(Slot % Tags));
        BenchTouch(BenchSlots[Slot], Bytes);
    }
}

/* In a fresh process. The operations are done twice, and the second time counts. */
BENCH_INLINE void BenchScale(BENCH_TAGGED_ALLOCATE *Allocate, BENCH_TAGGED_FREE *Free, BENCH_RUN *Run, size_t Live,
                             size_t Tags, unsigned Threads)
{
    if (Run->Thread != 0) {
        BenchReplace(Allocate, Free, Run, Live, Tags, true);
        return;
    }
    if (!BenchHasMemory(Live * BENCH_SCALE_MEMORY)) {
        Run->Operations = 0;
        Run->Figure = (double)(Live * BENCH_SCALE_MEMORY);
        return;
    }
    BenchFill(Allocate, Live, Tags);
    for (unsigned Time = 0; Time < 2; Time++) {
        double Start = BenchNow();
        if (Threads > 1) {
            BenchComeAndGo(Run, Threads);
        } else {
            BenchReplace(Allocate, Free, Run, Live, Tags, false);
        }
        Run->Figure = BenchNow() - Start;
    }
}

#define BENCH_SCALED(Id, Live, Tags, Threads)                                                                          \
    BENCH_INLINE void Bench##Id(BENCH_TAGGED_ALLOCATE *Allocate, BENCH_TAGGED_FREE *Free, BENCH_RUN *Run)              \
    {                                                                                                                  \
        BenchScale(Allocate, Free, Run, Live, Tags, Threads);                                                          \
    }
BENCH_SCALED(Live1k, 1000, 1, 1)
BENCH_SCALED(Live10k, 10000, 1, 1)
BENCH_SCALED(Live100k, 100000, 1, 1)
BENCH_SCALED(Live1M, 1000000, 1, 1)
BENCH_SCALED(Live10M, 10000000, 1, 1)
BENCH_SCALED(LiveTags1, BENCH_SCALE_LIVE, 1, 1)
BENCH_SCALED(LiveTags16, BENCH_SCALE_LIVE, 16, 1)
BENCH_SCALED(LiveTags500, BENCH_SCALE_LIVE, 500, 1)
BENCH_SCALED(LiveTags4000, BENCH_SCALE_LIVE, 4000, 1)
BENCH_SCALED(LiveThreads4, BENCH_SCALE_LIVE, 1, 4)
BENCH_SCALED(LiveThreads20, BENCH_SCALE_LIVE, 1, 20)
BENCH_SCALED(LiveThreads200, BENCH_SCALE_LIVE, 1, 200)
BENCH_SCALED(LiveAll, 10000000, 4000, 200)

/* ---- For the tables ------------------------------------------------------------------------------------------- */

/* BENCH_LOOPS(Prefix) makes every common workload's loop out of PrefixAllocate and PrefixFree; BENCH_LOOPS_OF(Prefix)
 * lists them for the table. BENCH_SCALE_LOOPS and BENCH_SCALE_LOOPS_OF do the same with PrefixAllocateTagged and
 * PrefixFreeTagged. */
#define BENCH_MAKE_LOOP(Prefix, Id, Title, Kind)                                                                       \
    static void Prefix##Id(BENCH_RUN *Run)                                                                             \
    {                                                                                                                  \
        Bench##Id(Prefix##Allocate, Prefix##Free, Run);                                                                \
    }
#define BENCH_MAKE_SCALE_LOOP(Prefix, Id, Title, Kind)                                                                 \
    static void Prefix##Id(BENCH_RUN *Run)                                                                             \
    {                                                                                                                  \
        Bench##Id(Prefix##AllocateTagged, Prefix##FreeTagged, Run);                                                    \
    }
#define BENCH_NAME_LOOP(Prefix, Id, Title, Kind) [BENCH_##Id] = Prefix##Id,
#define BENCH_LOOPS(Prefix) BENCH_COMMON_WORKLOADS(BENCH_MAKE_LOOP, Prefix)
#define BENCH_LOOPS_OF(Prefix) BENCH_COMMON_WORKLOADS(BENCH_NAME_LOOP, Prefix)
#define BENCH_SCALE_LOOPS(Prefix) BENCH_SCALE_WORKLOADS(BENCH_MAKE_SCALE_LOOP, Prefix)
#define BENCH_SCALE_LOOPS_OF(Prefix) BENCH_SCALE_WORKLOADS(BENCH_NAME_LOOP, Prefix)

#endif
