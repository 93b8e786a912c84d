/* worker.h: a worker's table of ways to allocate, and what a loop gets. */
#ifndef POOLEMU_BENCH_WORKER_H
#define POOLEMU_BENCH_WORKER_H

#include <stddef.h>

#include "bench.h"

typedef struct BENCH_RUN BENCH_RUN;
typedef void BENCH_LOOP(BENCH_RUN *Run);

struct BENCH_RUN {
    BENCH_LOOP *Loop;
    unsigned Thread;     /* 0; 1: the second; of a loop that runs itself in threads, their number from 1 on */
    uint64_t Operations; /* to do: an allocation with its free, or a call; the loop says how many it did */
    double Figure;       /* 0, or what the loop measured itself */
};

typedef struct BENCH_WAY {
    const char *Name;
    void (*Open)(void); /* may be NULL */
    BENCH_LOOP *Loops[BENCH_WORKLOAD_COUNT];
} BENCH_WAY;

/* The program's own: pool.c or peer.c. */
extern const BENCH_WAY BenchWays[];
extern const size_t BenchWayCount;
const char *BenchLibrary(void); /* the file that malloc comes from, or "" */

/* worker.c */
double BenchNow(void);           /* nanoseconds */
double BenchResidentBytes(void); /* of this process, exact */
bool BenchHasMemory(size_t Bytes);

/* Runs the loop in so many threads, which share its operations; a few live at a time. */
void BenchComeAndGo(const BENCH_RUN *Run, unsigned Threads);

#endif
