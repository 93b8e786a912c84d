/* workloads.h: the loops of the workloads, one template each. An allocator's Allocate and Free are constants to the
 * template, so that its calls become direct ones: what is measured is the allocator, and no indirect call of ours. */
#ifndef POOLEMU_BENCH_WORKLOADS_H
#define POOLEMU_BENCH_WORKLOADS_H

#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define BENCH_TEMPLATE static inline __attribute__((__always_inline__, __unused__)) void

typedef void *BENCH_ALLOCATE(size_t Bytes);
typedef void BENCH_FREE(void *Block);

/* The compiler must take the block to be used: it may drop a malloc and its free otherwise. */
static inline void BenchUse(void *Block)
{
    __asm__ __volatile__("" : : "r"(Block) : "memory");
}

static inline void BenchNeed(const void *Block)
{
    if (__builtin_expect(Block == NULL, 0)) {
        fputs("poolemu_bench: an allocation failed\n", stderr);
        exit(1);
    }
}

BENCH_TEMPLATE BenchPair(BENCH_ALLOCATE *Allocate, BENCH_FREE *Free, uint64_t Operations, size_t Bytes)
{
    for (uint64_t Count = 0; Count < Operations; Count++) {
        volatile char *Block = Allocate(Bytes);
        BenchNeed((const void *)Block);
        Block[0] = 1;
        Block[Bytes - 1] = 1;
        BenchUse((void *)Block);
        Free((void *)Block);
    }
}

BENCH_TEMPLATE BenchPair64(BENCH_ALLOCATE *Allocate, BENCH_FREE *Free, uint64_t Operations)
{
    BenchPair(Allocate, Free, Operations, 64);
}

/* BENCH_LOOPS(Prefix) makes every workload's loop out of PrefixAllocate and PrefixFree; BENCH_LOOPS_OF(Prefix) lists
 * them for the table. */
#define BENCH_MAKE_LOOP(Prefix, Id, Title, Operations)                                                                 \
    static void Prefix##Id(uint64_t Count)                                                                             \
    {                                                                                                                  \
        Bench##Id(Prefix##Allocate, Prefix##Free, Count);                                                              \
    }
#define BENCH_NAME_LOOP(Prefix, Id, Title, Operations) Prefix##Id,
#define BENCH_LOOPS(Prefix) BENCH_WORKLOADS(BENCH_MAKE_LOOP, Prefix)
#define BENCH_LOOPS_OF(Prefix)                                                                                         \
    {                                                                                                                  \
        BENCH_WORKLOADS(BENCH_NAME_LOOP, Prefix)                                                                       \
    }

#endif
