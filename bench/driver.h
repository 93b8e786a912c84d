/* driver.h: the parts of poolemu_bench: main.c measures, process.c keeps the workers, report.c prints. */
#ifndef POOLEMU_BENCH_DRIVER_H
#define POOLEMU_BENCH_DRIVER_H

#include <stdio.h>
#include <sys/types.h>

#include "bench.h"

enum {
    MOST_ROUNDS = 99,
    ALLOCATOR_COUNT = 9,
    MOST_CASES = 2 * BENCH_WORKLOAD_COUNT,
};

typedef struct ALLOCATOR {
    const char *Name;
    const char *Program; /* stands beside poolemu_bench */
    const char *Way;     /* the program's argument */
    const char *Preload; /* or NULL */
    const char *Library; /* a peer: what the name of the file that malloc comes from contains; else NULL */
} ALLOCATOR;

extern const ALLOCATOR Allocators[ALLOCATOR_COUNT];

/* What one allocator did in one case. Figures are nanoseconds an operation; of a memory workload, bytes resident for
 * one asked for. Count is 0 when it takes no part. */
typedef struct RESULT {
    int Count;
    uint64_t Operations; /* of a round and a thread */
    double Rounds[MOST_ROUNDS];
    double Median, Least, Most;
    double Spread; /* the middle half of the rounds, in percent of the median */
    double Ratio;  /* of the fastest peer's median; 0 without a peer */
} RESULT;

/* A workload with a number of threads. */
typedef struct CASE {
    int Workload;
    unsigned Threads;
    RESULT Results[ALLOCATOR_COUNT];
} CASE;

typedef struct WORKLOAD {
    const char *Title;
    BENCH_KIND Kind;
} WORKLOAD;

extern const WORKLOAD Workloads[BENCH_WORKLOAD_COUNT];

typedef struct BENCH {
    int Rounds;
    double RoundTime; /* nanoseconds */
    double Load;      /* of the machine at the start; below 0: unknown */
    int CaseCount;
    CASE Cases[MOST_CASES];
} BENCH;

/* process.c. What fails ends the program, except that StartWorker returns false for a peer that is not installed. */
typedef struct WORKER {
    pid_t Process;
    int Socket;
    BENCH_HELLO Hello;
} WORKER;

bool StartWorker(WORKER *Worker, const ALLOCATOR *Allocator);
BENCH_ANSWER AskWorker(const WORKER *Worker, const ALLOCATOR *Allocator, const BENCH_REQUEST *Request);
void StopWorker(WORKER *Worker);

/* report.c */
void PrintHead(const BENCH *Bench);
void PrintCase(const CASE *Case, const CASE *Previous);
void PrintFoot(const BENCH *Bench);
void WriteJson(FILE *File, const BENCH *Bench);
bool CanDrawChart(void);
bool DrawChart(const char *Path, const BENCH *Bench);

#endif
