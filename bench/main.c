/* main.c: poolemu_bench. Runs each workload with every allocator in one process, in interleaved rounds, and prints the
 * median time of an operation and its ratio to each peer's. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

enum {
    LEAST_ROUNDS = 9,
    MOST_ROUNDS = 999,
    MOST_ALLOCATORS = 16,
    NOISY_PERCENT = 20,
};

#define WORKLOAD_ROW(Prefix, Id, Title, Operations) {Title, Operations},
const BENCH_WORKLOAD BenchWorkloads[BENCH_WORKLOAD_COUNT] = {BENCH_WORKLOADS(WORKLOAD_ROW, )};
#undef WORKLOAD_ROW

/* What one allocator did with one workload; all times are nanoseconds an operation. */
typedef struct RESULT {
    double Rounds[MOST_ROUNDS];
    double Median;
    double Least;
    double Most;
} RESULT;

static RESULT Results[MOST_ALLOCATORS];
static const char *Absent[MOST_ALLOCATORS]; /* why, or NULL */

static bool TakesPart(size_t Index, int Workload)
{
    return Absent[Index] == NULL && BenchAllocators[Index].Loops[Workload] != NULL;
}

static bool IsPeer(size_t Index, int Workload)
{
    return BenchAllocators[Index].ShortName != NULL && TakesPart(Index, Workload);
}

/* ---- Measuring ------------------------------------------------------------------------------------------------ */

static double Now(void)
{
    struct timespec Time;

    clock_gettime(CLOCK_MONOTONIC, &Time);
    return (double)Time.tv_sec * 1e9 + (double)Time.tv_nsec;
}

static double Measure(BENCH_LOOP *Loop, uint64_t Operations)
{
    double Start = Now();

    Loop(Operations);
    return (Now() - Start) / (double)Operations;
}

static int CompareDoubles(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;
    return (Difference > 0) - (Difference < 0);
}

static void Summarize(RESULT *Result, int Rounds)
{
    qsort(Result->Rounds, (size_t)Rounds, sizeof(Result->Rounds[0]), CompareDoubles);
    Result->Least = Result->Rounds[0];
    Result->Most = Result->Rounds[Rounds - 1];
    Result->Median = (Result->Rounds[(Rounds - 1) / 2] + Result->Rounds[Rounds / 2]) / 2;
}

/* Every round measures all allocators, each round begins with another: a slow moment of the machine hits them all. */
static void RunWorkload(int Workload, int Rounds)
{
    uint64_t Operations = BenchWorkloads[Workload].Operations;

    for (int Round = -1; Round < Rounds; Round++) { /* round -1 warms up */
        for (size_t Turn = 0; Turn < BenchAllocatorCount; Turn++) {
            size_t Index = (Turn + (size_t)(Round + 1)) % BenchAllocatorCount;
            if (!TakesPart(Index, Workload)) {
                continue;
            }
            double Time = Measure(BenchAllocators[Index].Loops[Workload], Round < 0 ? Operations / 10 : Operations);
            if (Round >= 0) {
                Results[Index].Rounds[Round] = Time;
            }
        }
    }
    for (size_t Index = 0; Index < BenchAllocatorCount; Index++) {
        if (TakesPart(Index, Workload)) {
            Summarize(&Results[Index], Rounds);
        }
    }
}

/* ---- Reporting ------------------------------------------------------------------------------------------------ */

static void PrintRow(int Workload, size_t Index)
{
    const BENCH_ALLOCATOR *Allocator = &BenchAllocators[Index];
    const RESULT *Result = &Results[Index];
    char Spread[32];

    snprintf(Spread, sizeof(Spread), "%.2f..%.2f", Result->Least, Result->Most);
    printf("  %-38s %8.2f  %16s", Allocator->Name, Result->Median, Spread);
    for (size_t Peer = 0; Peer < BenchAllocatorCount; Peer++) {
        if (IsPeer(Peer, Workload) && Peer == Index) {
            printf("  %11s", "-");
        } else if (IsPeer(Peer, Workload)) {
            printf("  %10.2fx", Result->Median / Results[Peer].Median);
        }
    }
    putchar('\n');
}

static void PrintWorkload(int Workload, int Rounds)
{
    printf("%s: %llu operations a round, %d rounds, one thread\n\n", BenchWorkloads[Workload].Title,
           (unsigned long long)BenchWorkloads[Workload].Operations, Rounds);
    printf("  %-38s %8s  %16s", "", "ns", "min..max");
    for (size_t Peer = 0; Peer < BenchAllocatorCount; Peer++) {
        if (IsPeer(Peer, Workload)) {
            printf("  of %8s", BenchAllocators[Peer].ShortName);
        }
    }
    putchar('\n');
    for (size_t Index = 0; Index < BenchAllocatorCount; Index++) {
        if (TakesPart(Index, Workload)) {
            PrintRow(Workload, Index);
        }
    }
    puts("\n  ns: median time of an operation; of: as a multiple of that peer's (below 1 is faster)");
}

static void WarnOfNoise(int Workload)
{
    size_t Worst = 0;
    double Most = 0;

    for (size_t Index = 0; Index < BenchAllocatorCount; Index++) {
        const RESULT *Result = &Results[Index];
        if (!TakesPart(Index, Workload)) {
            continue;
        }
        double Percent = (Result->Most - Result->Least) / Result->Median * 100;
        if (Percent > Most) {
            Most = Percent;
            Worst = Index;
        }
    }
    if (Most > NOISY_PERCENT) {
        printf("  noisy machine: the rounds of %s differ by %.0f %% of their median (more than %d %%); run it again on "
               "an idle one\n",
               BenchAllocators[Worst].Name, Most, NOISY_PERCENT);
    }
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static void PrintUsage(FILE *Stream)
{
    fprintf(Stream,
            "usage: poolemu_bench [--rounds N]\n"
            "Compares poolemu's pool with glibc's malloc and mimalloc, in one process, one thread.\n\n"
            "  --rounds N  measure each allocator N times, %d to %d (default %d)\n"
            "  --help      show this\n",
            LEAST_ROUNDS, MOST_ROUNDS, LEAST_ROUNDS);
}

static int ParseRounds(const char *Text)
{
    char *End = NULL;

    errno = 0;
    long Rounds = strtol(Text, &End, 10);
    if (errno != 0 || End == Text || *End != 0 || Rounds < LEAST_ROUNDS || Rounds > MOST_ROUNDS) {
        fprintf(stderr, "poolemu_bench: --rounds takes a number from %d to %d, not '%s'\n", LEAST_ROUNDS, MOST_ROUNDS,
                Text);
        exit(2);
    }
    return (int)Rounds;
}

static int ParseOptions(int Count, char **Arguments)
{
    static const struct option Options[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int Rounds = LEAST_ROUNDS, Option;

    while ((Option = getopt_long(Count, Arguments, "", Options, NULL)) != -1) {
        switch (Option) {
        case 'r':
            Rounds = ParseRounds(optarg);
            break;
        case 'h':
            PrintUsage(stdout);
            exit(0);
        default:
            PrintUsage(stderr);
            exit(2);
        }
    }
    if (optind < Count) {
        fprintf(stderr, "poolemu_bench: unexpected argument '%s'\n", Arguments[optind]);
        PrintUsage(stderr);
        exit(2);
    }
    return Rounds;
}

static void OpenAllocators(void)
{
    if (BenchAllocatorCount > MOST_ALLOCATORS) {
        abort();
    }
    for (size_t Index = 0; Index < BenchAllocatorCount; Index++) {
        const BENCH_ALLOCATOR *Allocator = &BenchAllocators[Index];
        Absent[Index] = Allocator->Open == NULL ? NULL : Allocator->Open();
        if (Absent[Index] != NULL) {
            printf("%s is skipped: %s\n\n", Allocator->Name, Absent[Index]);
        }
    }
}

int main(int Count, char **Arguments)
{
    int Rounds = ParseOptions(Count, Arguments);

    OpenAllocators();
    for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT; Workload++) {
        RunWorkload(Workload, Rounds);
        PrintWorkload(Workload, Rounds);
        WarnOfNoise(Workload);
    }
    return 0;
}
