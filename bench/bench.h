/* bench.h: the workloads, and what the driver and its workers say to each other. */
#ifndef POOLEMU_BENCH_H
#define POOLEMU_BENCH_H

#include <stdbool.h>
#include <stdint.h>

typedef enum BENCH_KIND {
    BENCH_SCORED, /* with one thread and with two; part of the geometric mean */
    BENCH_BOTH,   /* with one thread and with two */
    BENCH_TWO,    /* with two threads */
    BENCH_POOL,   /* poolemu only, one thread */
    BENCH_RESET,  /* the same, and the loop takes the time itself, of a part of what it does */
    BENCH_VERIFY, /* poolemu only, with one thread and with two: the pool off and on the watch */
    BENCH_MEMORY, /* a fresh process each; the figure is resident memory over bytes asked for */
    BENCH_SCALE,  /* a fresh process each; the name ends with what grows: live blocks, tags or threads */
} BENCH_KIND;

/* The workloads: identifier, title, kind. Prefix is passed on to every row. The loop of one of malloc's, too, is the
 * template BenchIdentifier in workloads.h; the loop of one of poolemu's own stands in pool.c. */
#define BENCH_COMMON_WORKLOADS(ROW, Prefix)                                                                            \
    ROW(Prefix, Pair16, "pair-16", BENCH_SCORED)                                                                       \
    ROW(Prefix, Pair64, "pair-64", BENCH_SCORED)                                                                       \
    ROW(Prefix, Pair256, "pair-256", BENCH_SCORED)                                                                     \
    ROW(Prefix, Pair1024, "pair-1024", BENCH_SCORED)                                                                   \
    ROW(Prefix, Pair4096, "pair-4096", BENCH_BOTH)                                                                     \
    ROW(Prefix, Pair16384, "pair-16384", BENCH_BOTH)                                                                   \
    ROW(Prefix, Batch64Lifo, "batch-64-lifo", BENCH_SCORED)                                                            \
    ROW(Prefix, Batch64Fifo, "batch-64-fifo", BENCH_SCORED)                                                            \
    ROW(Prefix, Batch64Random, "batch-64-random", BENCH_SCORED)                                                        \
    ROW(Prefix, BatchMixedLifo, "batch-mixed-lifo", BENCH_SCORED)                                                      \
    ROW(Prefix, BatchMixedFifo, "batch-mixed-fifo", BENCH_SCORED)                                                      \
    ROW(Prefix, BatchMixedRandom, "batch-mixed-random", BENCH_SCORED)                                                  \
    ROW(Prefix, Churn, "churn", BENCH_SCORED)                                                                          \
    ROW(Prefix, Larson, "larson", BENCH_TWO)                                                                           \
    ROW(Prefix, ProducerConsumer, "producer-consumer", BENCH_TWO)                                                      \
    ROW(Prefix, Memory64, "memory-64", BENCH_MEMORY)                                                                   \
    ROW(Prefix, Memory300, "memory-300", BENCH_MEMORY)                                                                 \
    ROW(Prefix, Memory1100, "memory-1100", BENCH_MEMORY)                                                               \
    ROW(Prefix, Memory5000, "memory-5000", BENCH_MEMORY)

#define BENCH_SCALE_WORKLOADS(ROW, Prefix)                                                                             \
    ROW(Prefix, Live1k, "scale-live-1000", BENCH_SCALE)                                                                \
    ROW(Prefix, Live10k, "scale-live-10000", BENCH_SCALE)                                                              \
    ROW(Prefix, Live100k, "scale-live-100000", BENCH_SCALE)                                                            \
    ROW(Prefix, Live1M, "scale-live-1000000", BENCH_SCALE)                                                             \
    ROW(Prefix, Live10M, "scale-live-10000000", BENCH_SCALE)                                                           \
    ROW(Prefix, LiveTags1, "scale-tags-1", BENCH_SCALE)                                                                \
    ROW(Prefix, LiveTags16, "scale-tags-16", BENCH_SCALE)                                                              \
    ROW(Prefix, LiveTags500, "scale-tags-500", BENCH_SCALE)                                                            \
    ROW(Prefix, LiveTags4000, "scale-tags-4000", BENCH_SCALE)                                                          \
    ROW(Prefix, LiveThreads4, "scale-threads-4", BENCH_SCALE)                                                          \
    ROW(Prefix, LiveThreads20, "scale-threads-20", BENCH_SCALE)                                                        \
    ROW(Prefix, LiveThreads200, "scale-threads-200", BENCH_SCALE)                                                      \
    ROW(Prefix, LiveAll, "scale-all-10000000", BENCH_SCALE)

#define BENCH_POOL_WORKLOADS(ROW, Prefix)                                                                              \
    ROW(Prefix, Tags1, "pair-64-tags-1", BENCH_POOL)                                                                   \
    ROW(Prefix, Tags16, "pair-64-tags-16", BENCH_POOL)                                                                 \
    ROW(Prefix, Tags500, "pair-64-tags-500", BENCH_POOL)                                                               \
    ROW(Prefix, Pool2, "pair-64-pool2", BENCH_POOL)                                                                    \
    ROW(Prefix, QuerySize, "query-block-size", BENCH_POOL)                                                             \
    ROW(Prefix, DdiVersion, "is-ddi-version", BENCH_POOL)                                                              \
    ROW(Prefix, Reset0, "reset-0", BENCH_RESET)                                                                        \
    ROW(Prefix, Reset100, "reset-100", BENCH_RESET)                                                                    \
    ROW(Prefix, Reset10000, "reset-10000", BENCH_RESET)

#define BENCH_VERIFY_WORKLOADS(ROW, Prefix) ROW(Prefix, VerifyPair64, "verify-pair-64", BENCH_VERIFY)

#define BENCH_WORKLOADS(ROW, Prefix)                                                                                   \
    BENCH_COMMON_WORKLOADS(ROW, Prefix)                                                                                \
    BENCH_SCALE_WORKLOADS(ROW, Prefix)                                                                                 \
    BENCH_POOL_WORKLOADS(ROW, Prefix)                                                                                  \
    BENCH_VERIFY_WORKLOADS(ROW, Prefix)

#define BENCH_ENUMERATOR(Prefix, Id, Title, Kind) Prefix##Id,
enum {
    BENCH_WORKLOADS(BENCH_ENUMERATOR, BENCH_) BENCH_WORKLOAD_COUNT
};
#undef BENCH_ENUMERATOR

/* A worker says hello once, on its standard input, a socket. Then each request has one answer. */
typedef struct BENCH_HELLO {
    char Library[256]; /* the file that malloc comes from; empty for poolemu */
    bool TakesPart[BENCH_WORKLOAD_COUNT];
    bool HasCounter;     /* the processor counts instructions */
    bool KnowsCallgrind; /* callgrind would */
} BENCH_HELLO;

typedef struct BENCH_REQUEST {
    uint32_t Workload;
    uint32_t Threads;
    uint64_t Operations;
} BENCH_REQUEST;

typedef struct BENCH_ANSWER {
    uint64_t Operations;   /* of each thread; some more than asked for, perhaps; 0: too little memory */
    double Figure;         /* nanoseconds in all; resident bytes over bytes asked for; the bytes that it would take */
    uint64_t Instructions; /* of the first thread, where they are counted */
} BENCH_ANSWER;

#endif
