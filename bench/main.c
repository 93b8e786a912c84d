/* main.c: poolemu_bench. Has each workload run by every allocator, each in a process of its own, in interleaved rounds,
 * and reports the median time of an operation and its ratio to the fastest peer's. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum {
    LEAST_ROUNDS = 7,
    USUAL_ROUNDS = 25,
    QUICK_ROUNDS = 3,
    MEMORY_ROUNDS = 3,
};

#define POOL "poolemu_bench_pool"
#define PEER "poolemu_bench_peer"
const ALLOCATOR Allocators[ALLOCATOR_COUNT] = {
    {"nx", POOL, "nx", NULL, NULL},
    {"paged", POOL, "paged", NULL, NULL},
    {"execute", POOL, "execute", NULL, NULL},
    {"lookaside", POOL, "lookaside", NULL, NULL},
    {"glibc", PEER, "malloc", NULL, "libc.so"},
    {"mimalloc", PEER, "malloc", "libmimalloc.so.2", "libmimalloc"},
    {"jemalloc", PEER, "malloc", "libjemalloc.so.2", "libjemalloc"},
    {"tcmalloc", PEER, "malloc", "libtcmalloc_minimal.so.4", "libtcmalloc"},
    {"poolemu", POOL, "pool", NULL, NULL}, /* the workloads that only poolemu has */
};

#define WORKLOAD_ROW(Prefix, Id, Title, Kind) {Title, Kind},
const WORKLOAD Workloads[BENCH_WORKLOAD_COUNT] = {BENCH_WORKLOADS(WORKLOAD_ROW, )};
#undef WORKLOAD_ROW

typedef struct OPTIONS {
    int Rounds;
    bool Quick;
    const char *Filter;
    const char *Json;
    const char *Svg;
} OPTIONS;

static BENCH Bench;
static WORKER Workers[ALLOCATOR_COUNT];
static bool IsThere[ALLOCATOR_COUNT];

/* ---- Measuring ------------------------------------------------------------------------------------------------ */

/* As many operations as fill a round, found with more and more of them; the faster of two tries counts, for the first
 * may be a process's very first allocation, or a slow moment. This is the warm-up, too. */
static uint64_t Calibrate(const CASE *Case, size_t Index)
{
    BENCH_REQUEST Request = {(uint32_t)Case->Workload, Case->Threads, 16};

    for (;;) {
        BENCH_ANSWER First = AskWorker(&Workers[Index], &Allocators[Index], &Request);
        BENCH_ANSWER Second = AskWorker(&Workers[Index], &Allocators[Index], &Request);
        double Time = First.Figure < Second.Figure ? First.Figure : Second.Figure;
        if (Time >= Bench.RoundTime / 4) {
            return (uint64_t)(Bench.RoundTime * (double)Second.Operations / Time) + 1;
        }
        Request.Operations *= 4;
    }
}

static double MeasureTime(CASE *Case, size_t Index)
{
    RESULT *Result = &Case->Results[Index];

    if (Result->Count == 0) {
        Result->Operations = Calibrate(Case, Index);
    }
    BENCH_REQUEST Request = {(uint32_t)Case->Workload, Case->Threads, Result->Operations};
    BENCH_ANSWER Answer = AskWorker(&Workers[Index], &Allocators[Index], &Request);
    return Answer.Figure / (double)Answer.Operations;
}

static double MeasureMemory(CASE *Case, size_t Index)
{
    WORKER Worker;
    BENCH_REQUEST Request = {(uint32_t)Case->Workload, 1, 1};

    if (!StartWorker(&Worker, &Allocators[Index])) {
        fprintf(stderr, "poolemu_bench: %s has gone\n", Allocators[Index].Name);
        exit(1);
    }
    BENCH_ANSWER Answer = AskWorker(&Worker, &Allocators[Index], &Request);
    StopWorker(&Worker);
    Case->Results[Index].Operations = Answer.Operations;
    return Answer.Figure;
}

static int CompareDoubles(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;
    return (Difference > 0) - (Difference < 0);
}

static void Summarize(RESULT *Result)
{
    int Count = Result->Count;

    qsort(Result->Rounds, (size_t)Count, sizeof(Result->Rounds[0]), CompareDoubles);
    Result->Least = Result->Rounds[0];
    Result->Most = Result->Rounds[Count - 1];
    Result->Median = (Result->Rounds[(Count - 1) / 2] + Result->Rounds[Count / 2]) / 2;
    Result->Spread = (Result->Rounds[Count - 1 - Count / 4] - Result->Rounds[Count / 4]) / Result->Median * 100;
}

static void SummarizeCase(CASE *Case)
{
    double Fastest = 0;

    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        RESULT *Result = &Case->Results[Index];
        if (Result->Count == 0) {
            continue;
        }
        Summarize(Result);
        if (Allocators[Index].Library != NULL && (Fastest == 0 || Result->Median < Fastest)) {
            Fastest = Result->Median;
        }
    }
    for (size_t Index = 0; Index < ALLOCATOR_COUNT && Fastest > 0; Index++) {
        Case->Results[Index].Ratio = Case->Results[Index].Median / Fastest;
    }
}

/* Every round measures all allocators, each round begins with another: a slow moment of the machine hits them all. */
static void RunCase(CASE *Case)
{
    bool IsMemory = Workloads[Case->Workload].Kind == BENCH_MEMORY;
    int Rounds = IsMemory ? MEMORY_ROUNDS : Bench.Rounds;

    for (int Round = 0; Round < Rounds; Round++) {
        for (size_t Turn = 0; Turn < ALLOCATOR_COUNT; Turn++) {
            size_t Index = (Turn + (size_t)Round) % ALLOCATOR_COUNT;
            RESULT *Result = &Case->Results[Index];
            if (IsThere[Index] && Workers[Index].Hello.TakesPart[Case->Workload]) {
                Result->Rounds[Round] = IsMemory ? MeasureMemory(Case, Index) : MeasureTime(Case, Index);
                Result->Count++;
            }
        }
    }
    SummarizeCase(Case);
}

/* ---- What to measure ------------------------------------------------------------------------------------------ */

static void AddCase(int Workload, unsigned Threads, const char *Filter)
{
    char Title[64];

    snprintf(Title, sizeof(Title), "%s/%u", Workloads[Workload].Title, Threads);
    if (Filter == NULL || strstr(Title, Filter) != NULL) {
        CASE *Case = &Bench.Cases[Bench.CaseCount++];
        Case->Workload = Workload;
        Case->Threads = Threads;
    }
}

/* All cases with one thread come first: some allocators are faster before a process has its second. */
static void AddCases(const char *Filter)
{
    for (int Pass = 0; Pass < 3; Pass++) {
        for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT; Workload++) {
            BENCH_KIND Kind = Workloads[Workload].Kind;
            if (Pass == 0 && (Kind == BENCH_SCORED || Kind == BENCH_BOTH)) {
                AddCase(Workload, 1, Filter);
            } else if (Pass == 1 && (Kind == BENCH_SCORED || Kind == BENCH_BOTH || Kind == BENCH_TWO)) {
                AddCase(Workload, 2, Filter);
            } else if (Pass == 2 && (Kind == BENCH_POOL || Kind == BENCH_MEMORY)) {
                AddCase(Workload, 1, Filter);
            }
        }
    }
    if (Bench.CaseCount == 0) {
        fprintf(stderr, "poolemu_bench: no workload's name contains '%s'; the names are:", Filter);
        for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT; Workload++) {
            fprintf(stderr, " %s", Workloads[Workload].Title);
        }
        fputs("; /1 or /2 stands behind them, the number of threads\n", stderr);
        exit(2);
    }
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static void PrintUsage(FILE *Stream)
{
    fprintf(Stream,
            "usage: poolemu_bench [OPTION]...\n"
            "Compares poolemu's pool with the malloc of glibc, mimalloc, jemalloc and tcmalloc.\n\n"
            "  --rounds N     measure each allocator N times, %d to %d (default %d)\n"
            "  --filter TEXT  only the workloads whose name contains TEXT: pair-64, batch, churn/2 ...\n"
            "  --quick        %d short rounds: a look, no measurement\n"
            "  --json FILE    write the figures to FILE, too\n"
            "  --svg FILE     draw a chart into FILE; takes gnuplot\n"
            "  --help         show this\n",
            LEAST_ROUNDS, MOST_ROUNDS, USUAL_ROUNDS, QUICK_ROUNDS);
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

static OPTIONS ParseOptions(int Count, char **Arguments)
{
    static const struct option Names[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"filter", required_argument, NULL, 'f'},
        {"quick", no_argument, NULL, 'q'},
        {"json", required_argument, NULL, 'j'},
        {"svg", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    OPTIONS Options = {USUAL_ROUNDS, false, NULL, NULL, NULL};
    int Name;

    while ((Name = getopt_long(Count, Arguments, "", Names, NULL)) != -1) {
        switch (Name) {
        case 'r':
            Options.Rounds = ParseRounds(optarg);
            break;
        case 'f':
            Options.Filter = optarg;
            break;
        case 'q':
            Options.Quick = true;
            break;
        case 'j':
            Options.Json = optarg;
            break;
        case 's':
            Options.Svg = optarg;
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
    return Options;
}

/* Opened before the first round: a name that is no good is told at once. */
static FILE *OpenOutput(const char *Path)
{
    FILE *File = Path == NULL ? NULL : fopen(Path, "w");

    if (Path != NULL && File == NULL) {
        fprintf(stderr, "poolemu_bench: cannot write %s: %s\n", Path, strerror(errno));
        exit(1);
    }
    return File;
}

static void StartWorkers(void)
{
    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        IsThere[Index] = StartWorker(&Workers[Index], &Allocators[Index]);
        if (!IsThere[Index]) {
            printf("%s is left out: %s is not installed\n", Allocators[Index].Name, Allocators[Index].Preload);
        }
    }
}

static void Run(void)
{
    PrintHead(&Bench);
    for (int Index = 0; Index < Bench.CaseCount; Index++) {
        RunCase(&Bench.Cases[Index]);
        PrintCase(&Bench.Cases[Index], Index == 0 ? NULL : &Bench.Cases[Index - 1]);
        fflush(stdout);
    }
    PrintFoot(&Bench);
}

int main(int Count, char **Arguments)
{
    OPTIONS Options = ParseOptions(Count, Arguments);

    Bench.Rounds = Options.Quick ? QUICK_ROUNDS : Options.Rounds;
    Bench.RoundTime = Options.Quick ? 3e6 : 15e6;
    if (getloadavg(&Bench.Load, 1) != 1) {
        Bench.Load = -1;
    }
    AddCases(Options.Filter);
    if (Options.Svg != NULL && !CanDrawChart()) {
        fputs("poolemu_bench: --svg takes gnuplot, which is not installed (Debian: gnuplot-nox)\n", stderr);
        return 1;
    }
    FILE *Json = OpenOutput(Options.Json);
    FILE *Svg = OpenOutput(Options.Svg);
    if (Svg != NULL) {
        fclose(Svg);
    }
    StartWorkers();
    Run();
    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        if (IsThere[Index]) {
            StopWorker(&Workers[Index]);
        }
    }
    if (Json != NULL) {
        WriteJson(Json, &Bench);
        if (ferror(Json) | fclose(Json)) {
            fprintf(stderr, "poolemu_bench: cannot write %s\n", Options.Json);
            return 1;
        }
    }
    return Options.Svg == NULL || DrawChart(Options.Svg, &Bench) ? 0 : 1;
}
