/* report.c: the figures as a table, as JSON and as a chart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "test/json.h"

enum {
    COLUMN_COUNT = OWN_INDEX,
    VERIFY_COUNT = ALLOCATOR_COUNT - OFF_INDEX,
    NOISY_PERCENT = 10,
};

static BENCH_KIND KindOf(const CASE *Case)
{
    return Workloads[Case->Workload].Kind;
}

/* The threads of a scale workload are its own. */
void NameCase(const CASE *Case, char *Name, size_t Size)
{
    int Length = snprintf(Name, Size, "%s", Workloads[Case->Workload].Title);

    if (KindOf(Case) != BENCH_SCALE) {
        snprintf(Name + Length, Size - (size_t)Length, "/%u", Case->Threads);
    }
}

/* ---- The table ------------------------------------------------------------------------------------------------ */

void PrintHead(const BENCH *Bench)
{
    static const char *const Counters[] = {
        [COUNTER_NONE] =
            "not counted: that takes the processor's counter (perf), or a valgrind that runs these programs",
        [COUNTER_PROCESSOR] = "in user mode, as the processor counts them",
        [COUNTER_CALLGRIND] = "as valgrind's callgrind counts them, the processor's counter being out of reach",
    };

    if (Bench->IsScale) {
        printf("%d interleaved rounds of %llu operations, each in a fresh process", Bench->Rounds,
               (unsigned long long)Bench->ScaleOperations);
    } else {
        printf("%d interleaved rounds of %.0f ms, each allocator in a process of its own", Bench->Rounds,
               Bench->RoundTime / 1e6);
    }
    printf("; %ld processors", sysconf(_SC_NPROCESSORS_ONLN));
    if (Bench->Load >= 0) {
        printf(", load %.2f at the start", Bench->Load);
    }
    puts("\nnx, paged, execute, lookaside: poolemu's NonPagedPoolNx, PagedPool, NonPagedPoolExecute, lookaside list\n"
         "ratio: nx, of the fastest peer; spread: the middle half of the rounds, in percent of the median (worst one)\n"
         "off, tracked, special: NonPagedPoolNx by itself, with pool tracking, from special pool; mprotect: a page "
         "made\n"
         "accessible, touched and made inaccessible again, which is what special pool cannot do without\n"
         "NAME/1, NAME/2: with one thread, with two (time over the operations of one of them)");
    if (!Bench->IsScale) {
        printf("instructions: %s\n", Counters[Bench->Counter]);
    }
}

/* poolemu's own workloads have tables of their own. */
typedef enum TABLE {
    TABLE_COMMON,
    TABLE_OWN,
    TABLE_VERIFY,
} TABLE;

static TABLE TableOf(const CASE *Case)
{
    BENCH_KIND Kind = KindOf(Case);

    return Kind == BENCH_VERIFY ? TABLE_VERIFY : Kind == BENCH_POOL || Kind == BENCH_RESET ? TABLE_OWN : TABLE_COMMON;
}

static double WorstSpread(const CASE *Case)
{
    double Worst = 0;

    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        if (Case->Results[Index].Count != 0 && Case->Results[Index].Spread > Worst) {
            Worst = Case->Results[Index].Spread;
        }
    }
    return Worst;
}

static void PrintNames(size_t First, size_t Count)
{
    for (size_t Index = First; Index < First + Count; Index++) {
        printf(" %9s", Allocators[Index].Name);
    }
}

static void PrintTableHead(const CASE *Case)
{
    static const char *const Titles[] = {"ns/operation", "resident/asked", "instructions/operation"};
    static const char *const OwnTitles[] = {"poolemu, ns/call", "", "poolemu, instructions"};

    switch (TableOf(Case)) {
    case TABLE_OWN:
        printf("\n%-22s %9s", OwnTitles[Case->Unit], "");
        break;
    case TABLE_VERIFY:
        printf("\n%-22s", "poolemu, ns/pair");
        PrintNames(OFF_INDEX, VERIFY_COUNT);
        printf("  tracked/off  special/mprotect");
        break;
    default:
        printf("\n%-22s", Titles[Case->Unit]);
        PrintNames(0, COLUMN_COUNT);
        printf("  ratio");
    }
    puts(Case->Unit == UNIT_INSTRUCTIONS ? "" : "  spread");
}

/* Instructions are counted once. */
static void PrintSpread(const CASE *Case)
{
    if (Case->Unit == UNIT_INSTRUCTIONS) {
        putchar('\n');
    } else {
        printf("  %4.0f %%\n", WorstSpread(Case));
    }
}

static void PrintMedians(const CASE *Case, size_t First, size_t Count)
{
    for (size_t Index = First; Index < First + Count; Index++) {
        if (Case->Results[Index].Count != 0) {
            printf(" %9.2f", Case->Results[Index].Median);
        } else {
            printf(" %9s", "-");
        }
    }
}

static void PrintRatio(const RESULT *Result, int Width)
{
    if (Result->Ratio > 0) {
        printf("  %*.2f", Width, Result->Ratio);
    } else {
        printf("  %*s", Width, "-");
    }
}

void PrintCase(const CASE *Case, const CASE *Previous)
{
    char Name[64];

    if (Previous == NULL || Previous->Unit != Case->Unit || TableOf(Previous) != TableOf(Case)) {
        PrintTableHead(Case);
    }
    NameCase(Case, Name, sizeof(Name));
    printf("%-22s", Name);
    switch (TableOf(Case)) {
    case TABLE_OWN:
        PrintMedians(Case, OWN_INDEX, 1);
        break;
    case TABLE_VERIFY:
        PrintMedians(Case, OFF_INDEX, VERIFY_COUNT);
        PrintRatio(&Case->Results[TRACKED_INDEX], 11);
        PrintRatio(&Case->Results[SPECIAL_INDEX], 16);
        break;
    default:
        PrintMedians(Case, 0, COLUMN_COUNT);
        PrintRatio(&Case->Results[POOL_INDEX], 5);
    }
    PrintSpread(Case);
    if (Case->MemoryNeeded != 0) {
        printf("    rounds are left out: it takes %.1f GB of memory, and as much was not available\n",
               Case->MemoryNeeded / 1e9);
    }
}

/* ---- What is said of all cases -------------------------------------------------------------------------------- */

/* Of the ratios to the fastest peer, over pair, batch and churn of 16 to 1024 bytes. *Cases gets their number. */
static double GeometricMean(const BENCH *Bench, size_t Index, int *Cases)
{
    double Sum = 0;

    *Cases = 0;
    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        const CASE *Case = &Bench->Cases[Number];
        if (Case->Unit == UNIT_TIME && KindOf(Case) == BENCH_SCORED && Case->Results[Index].Count != 0 &&
            Case->Results[Index].Ratio > 0) {
            Sum += log(Case->Results[Index].Ratio);
            ++*Cases;
        }
    }
    return *Cases == 0 ? 0 : exp(Sum / *Cases);
}

/* The lookaside list takes part in too few cases to be compared. */
static bool HasMean(size_t Index)
{
    return Index < COLUMN_COUNT && strcmp(Allocators[Index].Name, "lookaside") != 0;
}

static int CompareDoubles(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;
    return (Difference > 0) - (Difference < 0);
}

static double MedianSpread(const BENCH *Bench)
{
    static double Spreads[MOST_CASES * ALLOCATOR_COUNT];
    size_t Count = 0;

    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
            const RESULT *Result = &Bench->Cases[Number].Results[Index];
            if (Result->Count != 0 && Bench->Cases[Number].Unit == UNIT_TIME) {
                Spreads[Count++] = Result->Spread;
            }
        }
    }
    qsort(Spreads, Count, sizeof(Spreads[0]), CompareDoubles);
    return Count == 0 ? 0 : Spreads[Count / 2];
}

/* How long the name of a case is without the number it ends with; that is what grows in the cases of a scale workload.
 */
static int SeriesLength(const CASE *Case)
{
    const char *Title = Workloads[Case->Workload].Title;
    return (int)(strrchr(Title, '-') - Title);
}

static bool IsSameSeries(const CASE *Left, const CASE *Right)
{
    return SeriesLength(Left) == SeriesLength(Right) &&
           strncmp(Workloads[Left->Workload].Title, Workloads[Right->Workload].Title, (size_t)SeriesLength(Left)) == 0;
}

/* The time of the last case of each series over that of the first. */
static void PrintGrowth(const BENCH *Bench)
{
    const CASE *First = &Bench->Cases[0];

    puts("\nThe last of each over the first");
    for (const CASE *Case = First; Case < Bench->Cases + Bench->CaseCount; Case++) {
        if (!IsSameSeries(First, Case)) {
            First = Case;
        }
        bool IsLast = Case + 1 == Bench->Cases + Bench->CaseCount || !IsSameSeries(Case, Case + 1);
        if (!IsLast || Case == First) {
            continue;
        }
        printf("%-22.*s", SeriesLength(Case), Workloads[Case->Workload].Title);
        for (size_t Index = 0; Index < COLUMN_COUNT; Index++) {
            if (First->Results[Index].Count != 0 && Case->Results[Index].Count != 0) {
                printf(" %9.2f", Case->Results[Index].Median / First->Results[Index].Median);
            } else {
                printf(" %9s", "-");
            }
        }
        putchar('\n');
    }
}

void PrintFoot(const BENCH *Bench)
{
    int Cases = 0;

    if (Bench->IsScale) {
        PrintGrowth(Bench);
    }
    GeometricMean(Bench, POOL_INDEX, &Cases);
    if (Cases > 0) {
        printf("\nGeometric mean of the ratios to the fastest peer; pair, batch and churn, 16 to 1024 bytes; cases: "
               "%d\n%-22s",
               Cases, "");
        for (size_t Index = 0; Index < COLUMN_COUNT; Index++) {
            double Mean = GeometricMean(Bench, Index, &Cases);
            if (HasMean(Index) && Mean > 0) {
                printf(" %9.2f", Mean);
            } else {
                printf(" %9s", "-");
            }
        }
        putchar('\n');
    }
    printf("\nThe middle half of the rounds spreads over %.1f %% of the median, typically.\n", MedianSpread(Bench));
    if (MedianSpread(Bench) > NOISY_PERCENT) {
        puts("The machine is noisy: run it again on an idle one.");
    }
}

/* ---- JSON ----------------------------------------------------------------------------------------------------- */

static void WriteResult(EMUP_JSON *Json, const char *Name, const RESULT *Result)
{
    EmupJsonOpen(Json, Name, '{');
    EmupJsonReal(Json, "median", Result->Median, 4);
    EmupJsonReal(Json, "min", Result->Least, 4);
    EmupJsonReal(Json, "max", Result->Most, 4);
    EmupJsonReal(Json, "spread", Result->Spread, 2);
    if (Result->Ratio > 0) {
        EmupJsonReal(Json, "ratio", Result->Ratio, 4);
    }
    EmupJsonNumber(Json, "rounds", (ULONG64)Result->Count);
    EmupJsonNumber(Json, "operations", Result->Operations);
    EmupJsonClose(Json, '}');
}

static void WriteCase(EMUP_JSON *Json, const CASE *Case)
{
    static const char *const Units[] = {"ns", "resident bytes/byte", "instructions"};

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonString(Json, "workload", Workloads[Case->Workload].Title);
    EmupJsonNumber(Json, "threads", Case->Threads);
    EmupJsonString(Json, "unit", Units[Case->Unit]);
    EmupJsonOpen(Json, "results", '{');
    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        if (Case->Results[Index].Count != 0) {
            WriteResult(Json, Allocators[Index].Name, &Case->Results[Index]);
        }
    }
    EmupJsonClose(Json, '}');
    EmupJsonClose(Json, '}');
}

static void WriteCircumstances(EMUP_JSON *Json, const BENCH *Bench)
{
    static const char *const Counters[] = {NULL, "processor", "callgrind"};
    const char *Counter = Counters[Bench->Counter];

    EmupJsonNumber(Json, "rounds", (ULONG64)Bench->Rounds);
    if (!Bench->IsScale) {
        EmupJsonReal(Json, "round_ms", Bench->RoundTime / 1e6, 0);
    }
    EmupJsonNumber(Json, "processors", (ULONG64)sysconf(_SC_NPROCESSORS_ONLN));
    EmupJsonReal(Json, "load", Bench->Load, 2);
    EmupJsonReal(Json, "typical_spread", MedianSpread(Bench), 2);
    if (Counter == NULL) {
        EmupJsonNull(Json, "instructions_from");
    } else {
        EmupJsonString(Json, "instructions_from", Counter);
    }
}

void WriteJson(FILE *File, const BENCH *Bench)
{
    EMUP_JSON Json = {.File = File};
    int Cases;

    EmupJsonOpen(&Json, NULL, '{');
    WriteCircumstances(&Json, Bench);
    EmupJsonOpen(&Json, "cases", '[');
    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        WriteCase(&Json, &Bench->Cases[Number]);
    }
    EmupJsonClose(&Json, ']');
    EmupJsonOpen(&Json, "geometric_mean", '{');
    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        double Mean = GeometricMean(Bench, Index, &Cases);
        if (HasMean(Index) && Mean > 0) {
            EmupJsonReal(&Json, Allocators[Index].Name, Mean, 4);
        }
    }
    EmupJsonClose(&Json, '}');
    EmupJsonClose(&Json, '}');
    fputc('\n', File);
}
