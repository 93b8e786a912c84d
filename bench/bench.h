/* bench.h: the benchmark's two tables, allocators and workloads, and what a row of each is. */
#ifndef POOLEMU_BENCH_H
#define POOLEMU_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The workloads: identifier (its loop is the template BenchIdentifier in workloads.h), title, operations a round.
 * Prefix is passed on to every row. */
#define BENCH_WORKLOADS(ROW, Prefix) ROW(Prefix, Pair64, "64-byte allocate, touch, free", 2000000)

#define BENCH_ENUMERATOR(Prefix, Id, Title, Operations) Prefix##Id,
enum {
    BENCH_WORKLOADS(BENCH_ENUMERATOR, BENCH_) BENCH_WORKLOAD_COUNT
};
#undef BENCH_ENUMERATOR

typedef struct BENCH_WORKLOAD {
    const char *Title;
    uint64_t Operations;
} BENCH_WORKLOAD;

/* Runs a workload's loop for that many operations. */
typedef void BENCH_LOOP(uint64_t Operations);

typedef struct BENCH_ALLOCATOR {
    const char *Name;
    const char *ShortName;                   /* of a peer: the others are compared with it, and this heads the column */
    const char *(*Open)(void);               /* NULL: always there. Returns NULL, or why the allocator is absent */
    BENCH_LOOP *Loops[BENCH_WORKLOAD_COUNT]; /* NULL: it takes no part in that workload */
} BENCH_ALLOCATOR;

extern const BENCH_WORKLOAD BenchWorkloads[BENCH_WORKLOAD_COUNT];
extern const BENCH_ALLOCATOR BenchAllocators[];
extern const size_t BenchAllocatorCount;

#endif
