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
    COUNTED_OPERATIONS = 10000,
    SCALE_OPERATIONS = 2000000,
    QUICK_SCALE_OPERATIONS = 100000,
    GLIBC_INDEX = 4,
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
    {"off", POOL, "off", NULL, NULL},
    {"tracked", POOL, "tracked", NULL, NULL},
    {"special", POOL, "special", NULL, NULL},
    {"mprotect", POOL, "mprotect", NULL, NULL},
};

#define WORKLOAD_ROW(Prefix, Id, Title, Kind) {Title, Kind},
const WORKLOAD Workloads[BENCH_WORKLOAD_COUNT] = {BENCH_WORKLOADS(WORKLOAD_ROW, )};
#undef WORKLOAD_ROW

typedef struct OPTIONS {
    int Rounds;
    bool Quick;
    bool Scale;
    const char *Filter;
    const char *Json;
    const char *Svg;
} OPTIONS;

static BENCH Bench;
static WORKER Workers[ALLOCATOR_COUNT];  /* no process: it is not installed */
static WORKER Counting[ALLOCATOR_COUNT]; /* under callgrind */

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

static void StartAgain(WORKER *Worker, size_t Index, bool UnderCallgrind)
{
    if (!StartWorker(Worker, &Allocators[Index], UnderCallgrind)) {
        fprintf(stderr, "poolemu_bench: cannot start %s again%s\n", Allocators[Index].Name,
                UnderCallgrind ? ", under callgrind" : "");
        exit(1);
    }
}

/* In a fresh process. */
static double MeasureAfresh(CASE *Case, size_t Index)
{
    WORKER Worker;
    BENCH_REQUEST Request = {(uint32_t)Case->Workload, 1, Bench.IsScale ? Bench.ScaleOperations : 1};

    StartAgain(&Worker, Index, false);
    BENCH_ANSWER Answer = AskWorker(&Worker, &Allocators[Index], &Request);
    StopWorker(&Worker);
    Case->Results[Index].Operations = Answer.Operations;
    if (Answer.Operations == 0) {
        Case->MemoryNeeded = Answer.Figure;
    }
    return Case->Unit == UNIT_MEMORY ? Answer.Figure : Answer.Figure / (double)Answer.Operations;
}

/* The same operations go before, to warm up. */
static double CountInstructions(CASE *Case, size_t Index)
{
    WORKER *Worker = Bench.Counter == COUNTER_CALLGRIND ? &Counting[Index] : &Workers[Index];
    BENCH_REQUEST Request = {(uint32_t)Case->Workload, 1, COUNTED_OPERATIONS};

    if (Worker->Process == 0) {
        StartAgain(Worker, Index, true);
    }
    AskWorker(Worker, &Allocators[Index], &Request);
    BENCH_ANSWER Answer = AskWorker(Worker, &Allocators[Index], &Request);
    Case->Results[Index].Operations = Answer.Operations;
    return (double)Answer.Instructions / (double)Answer.Operations;
}

static double Measure(CASE *Case, size_t Index)
{
    if (Case->Unit == UNIT_INSTRUCTIONS) {
        return CountInstructions(Case, Index);
    }
    return Case->Unit == UNIT_MEMORY || Bench.IsScale ? MeasureAfresh(Case, Index) : MeasureTime(Case, Index);
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

static void Relate(CASE *Case, size_t Index, size_t Other)
{
    if (Case->Results[Index].Count != 0 && Case->Results[Other].Count != 0) {
        Case->Results[Index].Ratio = Case->Results[Index].Median / Case->Results[Other].Median;
    }
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
    Relate(Case, TRACKED_INDEX, OFF_INDEX);
    Relate(Case, SPECIAL_INDEX, MPROTECT_INDEX);
}

/* Every round measures all allocators, each round begins with another: a slow moment of the machine hits them all. */
static void RunCase(CASE *Case)
{
    int Rounds = Case->Unit == UNIT_INSTRUCTIONS ? 1 : Case->Unit == UNIT_MEMORY ? MEMORY_ROUNDS : Bench.Rounds;

    for (int Round = 0; Round < Rounds; Round++) {
        for (size_t Turn = 0; Turn < ALLOCATOR_COUNT; Turn++) {
            size_t Index = (Turn + (size_t)Round) % ALLOCATOR_COUNT;
            RESULT *Result = &Case->Results[Index];
            if (Workers[Index].Process != 0 && Workers[Index].Hello.TakesPart[Case->Workload]) {
                Result->Rounds[Result->Count] = Measure(Case, Index);
                Result->Count += Result->Operations != 0;
            }
        }
    }
    SummarizeCase(Case);
}

/* ---- What to measure ------------------------------------------------------------------------------------------ */

static void AddCase(int Workload, unsigned Threads, UNIT Unit, const char *Filter)
{
    CASE *Case = &Bench.Cases[Bench.CaseCount];
    char Name[64];

    *Case = (CASE){.Workload = Workload, .Threads = Threads, .Unit = Unit};
    NameCase(Case, Name, sizeof(Name));
    if (Filter == NULL || strstr(Name, Filter) != NULL) {
        Bench.CaseCount++;
    }
}

/* All cases with one thread come first: some allocators are faster before a process has its second. */
static void AddCases(const char *Filter)
{
    for (int Pass = 0; Pass < 4 && !Bench.IsScale; Pass++) {
        for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT; Workload++) {
            BENCH_KIND Kind = Workloads[Workload].Kind;
            bool ForOne = Kind == BENCH_SCORED || Kind == BENCH_BOTH;
            if (Pass == 0 && ForOne) {
                AddCase(Workload, 1, UNIT_TIME, Filter);
            } else if (Pass == 1 && (ForOne || Kind == BENCH_TWO)) {
                AddCase(Workload, 2, UNIT_TIME, Filter);
            } else if (Pass == 2 && Kind == BENCH_MEMORY) {
                AddCase(Workload, 1, UNIT_MEMORY, Filter);
            } else if (Pass == 2 && (Kind == BENCH_POOL || Kind == BENCH_RESET)) {
                AddCase(Workload, 1, UNIT_TIME, Filter);
            } else if (Pass == 2 && Kind == BENCH_VERIFY) {
                AddCase(Workload, 1, UNIT_TIME, Filter);
                AddCase(Workload, 2, UNIT_TIME, Filter);
            } else if (Pass == 3 && (ForOne || Kind == BENCH_POOL) && Bench.Counter != COUNTER_NONE) {
                AddCase(Workload, 1, UNIT_INSTRUCTIONS, Filter);
            }
        }
    }
    for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT && Bench.IsScale; Workload++) {
        if (Workloads[Workload].Kind == BENCH_SCALE) {
            AddCase(Workload, 1, UNIT_TIME, Filter);
        }
    }
    if (Bench.CaseCount == 0) {
        fprintf(stderr, "poolemu_bench: no workload's name contains '%s'; the names are:", Filter);
        for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT; Workload++) {
            if ((Workloads[Workload].Kind == BENCH_SCALE) == Bench.IsScale) {
                fprintf(stderr, " %s", Workloads[Workload].Title);
            }
        }
        fputs(Bench.IsScale ? "\n" : "; /1 or /2 stands behind them, the number of threads\n", stderr);
        exit(2);
    }
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static void PrintUsage(FILE *Stream)
{
    fprintf(
        Stream,
        "usage: poolemu_bench [OPTION]...\n"
        "Compares poolemu's pool with the malloc of glibc, mimalloc, jemalloc and tcmalloc.\n\n"
        "  --scale        instead of the usual workloads: many live blocks, tags and threads; takes 3 GB of memory\n"
        "  --rounds N     measure each allocator N times, %d to %d (default %d; with --scale %d)\n"
        "  --filter TEXT  only the workloads whose name contains TEXT: pair-64, batch, churn/2 ...\n"
        "  --quick        %d short rounds: a look, no measurement\n"
        "  --json FILE    write the figures to FILE, too\n"
        "  --svg FILE     draw a chart into FILE; takes gnuplot\n"
        "  --help         show this\n",
        LEAST_ROUNDS, MOST_ROUNDS, USUAL_ROUNDS, LEAST_ROUNDS, QUICK_ROUNDS);
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
        {"rounds", required_argument, NULL, 'r'}, {"filter", required_argument, NULL, 'f'},
        {"quick", no_argument, NULL, 'q'},        {"scale", no_argument, NULL, 'c'},
        {"json", required_argument, NULL, 'j'},   {"svg", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    OPTIONS Options = {0};
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
        case 'c':
            Options.Scale = true;
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
    if (Options.Rounds == 0) {
        Options.Rounds = Options.Quick ? QUICK_ROUNDS : Options.Scale ? LEAST_ROUNDS : USUAL_ROUNDS;
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
        if (!StartWorker(&Workers[Index], &Allocators[Index], false)) {
            printf("%s is left out: %s is not installed\n", Allocators[Index].Name, Allocators[Index].Preload);
        }
    }
}

static void StopWorkers(void)
{
    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        if (Workers[Index].Process != 0) {
            StopWorker(&Workers[Index]);
        }
        if (Counting[Index].Process != 0) {
            StopWorker(&Counting[Index]);
        }
    }
}

/* callgrind is tried at once, with each of the two programs: it may fail on what a compiler has made. */
static COUNTER FindCounter(void)
{
    if (Workers[POOL_INDEX].Hello.HasCounter) {
        return COUNTER_PROCESSOR;
    }
    if (Workers[POOL_INDEX].Hello.KnowsCallgrind && IsInstalled("valgrind") &&
        StartWorker(&Counting[POOL_INDEX], &Allocators[POOL_INDEX], true) &&
        StartWorker(&Counting[GLIBC_INDEX], &Allocators[GLIBC_INDEX], true)) {
        return COUNTER_CALLGRIND;
    }
    return COUNTER_NONE;
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

    Bench.IsScale = Options.Scale;
    Bench.Rounds = Options.Rounds;
    Bench.RoundTime = Options.Quick ? 3e6 : 15e6;
    Bench.ScaleOperations = Options.Quick ? QUICK_SCALE_OPERATIONS : SCALE_OPERATIONS;
    if (getloadavg(&Bench.Load, 1) != 1) {
        Bench.Load = -1;
    }
    atexit(StopWorkers);
    StartWorkers();
    if (!Bench.IsScale) {
        Bench.Counter = FindCounter();
    }
    AddCases(Options.Filter);
    if (Options.Svg != NULL && !IsInstalled("gnuplot")) {
        fputs("poolemu_bench: --svg takes gnuplot, which is not installed (Debian: gnuplot-nox)\n", stderr);
        return 1;
    }
    FILE *Json = OpenOutput(Options.Json);
    FILE *Svg = OpenOutput(Options.Svg);
    if (Svg != NULL) {
        fclose(Svg);
    }
    Run();
    if (Json != NULL) {
        WriteJson(Json, &Bench);
        if (ferror(Json) | fclose(Json)) {
            fprintf(stderr, "poolemu_bench: cannot write %s\n", Options.Json);
            return 1;
        }
    }
    return Options.Svg == NULL || DrawChart(Options.Svg, &Bench) ? 0 : 1;
}
