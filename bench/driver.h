/* driver.h: the parts of poolemu_bench: main.c measures, process.c keeps the workers, report.c and chart.c show
 * the figures. */
#ifndef POOLEMU_BENCH_DRIVER_H
#define POOLEMU_BENCH_DRIVER_H

#include <stdio.h>
#include <sys/types.h>

#include "bench.h"

enum {
    MOST_ROUNDS = 99,
    ALLOCATOR_COUNT = 13,
    POOL_INDEX = 0, /* the allocator whose ratio is in the table: NonPagedPoolNx */
    OWN_INDEX = 8,  /* all before it are compared with each other; this one has the workloads of poolemu alone */
    OFF_INDEX = 9,  /* nothing watches the pool */
    TRACKED_INDEX = 10,
    SPECIAL_INDEX = 11,
    MPROTECT_INDEX = 12, /* no pool: what special pool cannot do without */
    MOST_CASES = 3 * BENCH_WORKLOAD_COUNT,
};

typedef struct ALLOCATOR {
    const char *Name;
    const char *Program; /* stands beside poolemu_bench */
    const char *Way;     /* the program's argument */
    const char *Preload; /* or NULL */
    const char *Library; /* a peer: what the name of the file that malloc comes from contains; else NULL */
} ALLOCATOR;

extern const ALLOCATOR Allocators[ALLOCATOR_COUNT];

/* What one allocator did in one case. Figures are in the case's unit. Count is 0 when it takes no part. */
typedef struct RESULT {
    int Count;
    uint64_t Operations; /* of a round and a thread */
    double Rounds[MOST_ROUNDS];
    double Median, Least, Most;
    double Spread; /* the middle half of the rounds, in percent of the median */
    double Ratio;  /* of the fastest peer's median; 0 without a peer */
} RESULT;

typedef enum UNIT {
    UNIT_TIME,         /* nanoseconds an operation */
    UNIT_MEMORY,       /* bytes resident for one asked for */
    UNIT_INSTRUCTIONS, /* of an operation */
} UNIT;

/* A workload with a number of threads, and what is measured. */
typedef struct CASE {
    int Workload;
    unsigned Threads;
    UNIT Unit;
    double MemoryNeeded; /* 0, or more bytes than the machine had available for some round, which was left out */
    RESULT Results[ALLOCATOR_COUNT];
} CASE;

typedef struct WORKLOAD {
    const char *Title;
    BENCH_KIND Kind;
} WORKLOAD;

extern const WORKLOAD Workloads[BENCH_WORKLOAD_COUNT];

typedef enum COUNTER {
    COUNTER_NONE,
    COUNTER_PROCESSOR,
    COUNTER_CALLGRIND,
} COUNTER;

typedef struct BENCH {
    bool IsScale; /* the scale workloads, and no others */
    int Rounds;
    double RoundTime; /* nanoseconds */
    uint64_t ScaleOperations;
    double Load;     /* of the machine at the start; below 0: unknown */
    COUNTER Counter; /* where the numbers of instructions come from */
    int CaseCount;
    CASE Cases[MOST_CASES];
} BENCH;

/* process.c. What fails ends the program, except that StartWorker returns false for a peer that is not
 * installed, and when callgrind fails. A
 * worker under callgrind is some 50 times slower, and counts the instructions of each answer. */
typedef struct WORKER {
    pid_t Process;
    int Socket;
    BENCH_HELLO Hello;
    char Counts[64]; /* the name of callgrind's files; empty without it */
    unsigned Answers;
} WORKER;

bool IsInstalled(const char *Command);
bool StartWorker(WORKER *Worker, const ALLOCATOR *Allocator, bool UnderCallgrind);
BENCH_ANSWER AskWorker(WORKER *Worker, const ALLOCATOR *Allocator, const BENCH_REQUEST *Request);
void StopWorker(WORKER *Worker);

/* report.c. NameCase: as in the table. */
void NameCase(const CASE *Case, char *Name, size_t Size);
void PrintHead(const BENCH *Bench);
void PrintCase(const CASE *Case, const CASE *Previous);
void PrintFoot(const BENCH *Bench);
void WriteJson(FILE *File, const BENCH *Bench);

/* chart.c; with IsScale the curves. Says on stderr what is wrong when it returns false. */
bool DrawChart(const char *Path, const BENCH *Bench);

#endif
