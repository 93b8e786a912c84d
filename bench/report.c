/* report.c: the figures as a table, as JSON and as a chart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

enum {
    POOL_INDEX = 0,                     /* the allocator whose ratio is in the table: NonPagedPoolNx */
    OWN_INDEX = ALLOCATOR_COUNT - 1,    /* poolemu's own workloads: a table of their own */
    COLUMN_COUNT = ALLOCATOR_COUNT - 1, /* all others have a column */
    NOISY_PERCENT = 10,
};

static BENCH_KIND KindOf(const CASE *Case)
{
    return Workloads[Case->Workload].Kind;
}

static const char *TitleOf(const CASE *Case, char *Title, size_t Size)
{
    snprintf(Title, Size, "%s/%u", Workloads[Case->Workload].Title, Case->Threads);
    return Title;
}

/* ---- The table ------------------------------------------------------------------------------------------------ */

void PrintHead(const BENCH *Bench)
{
    printf("%d interleaved rounds of %.0f ms, each allocator in a process of its own; %ld processors", Bench->Rounds,
           Bench->RoundTime / 1e6, sysconf(_SC_NPROCESSORS_ONLN));
    if (Bench->Load >= 0) {
        printf(", load %.2f at the start", Bench->Load);
    }
    puts("\nnx, paged, execute, lookaside: poolemu's NonPagedPoolNx, PagedPool, NonPagedPoolExecute, lookaside list\n"
         "ratio: nx, of the fastest peer; spread: the middle half of the rounds, in percent of the median (worst one)\n"
         "NAME/1, NAME/2: with one thread, with two (time over the operations of one of them)");
}

static int SectionOf(const CASE *Case)
{
    return KindOf(Case) == BENCH_POOL ? 1 : KindOf(Case) == BENCH_MEMORY ? 2 : 0;
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

static void PrintSectionHead(int Section)
{
    static const char *const Titles[] = {"ns/operation", "poolemu, ns/call", "resident/asked"};

    printf("\n%-22s", Titles[Section]);
    for (size_t Index = 0; Index < COLUMN_COUNT && Section != 1; Index++) {
        printf(" %9s", Allocators[Index].Name);
    }
    printf(Section == 1 ? " %9s  spread\n" : "  ratio  spread\n", "");
}

void PrintCase(const CASE *Case, const CASE *Previous)
{
    char Title[64];
    const RESULT *Result = &Case->Results[POOL_INDEX];

    if (Previous == NULL || SectionOf(Previous) != SectionOf(Case)) {
        PrintSectionHead(SectionOf(Case));
    }
    printf("%-22s", TitleOf(Case, Title, sizeof(Title)));
    if (KindOf(Case) == BENCH_POOL) {
        printf(" %9.2f  %4.0f %%\n", Case->Results[OWN_INDEX].Median, WorstSpread(Case));
        return;
    }
    for (size_t Index = 0; Index < COLUMN_COUNT; Index++) {
        if (Case->Results[Index].Count != 0) {
            printf(" %9.2f", Case->Results[Index].Median);
        } else {
            printf(" %9s", "-");
        }
    }
    if (Result->Ratio > 0) {
        printf("  %5.2f", Result->Ratio);
    } else {
        printf("  %5s", "-");
    }
    printf("  %4.0f %%\n", WorstSpread(Case));
}

/* ---- What is said of all cases -------------------------------------------------------------------------------- */

/* Of the ratios to the fastest peer, over pair, batch and churn of 16 to 1024 bytes. *Cases gets their number. */
static double GeometricMean(const BENCH *Bench, size_t Index, int *Cases)
{
    double Sum = 0;

    *Cases = 0;
    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        const CASE *Case = &Bench->Cases[Number];
        if (KindOf(Case) == BENCH_SCORED && Case->Results[Index].Count != 0 && Case->Results[Index].Ratio > 0) {
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
            if (Result->Count != 0 && KindOf(&Bench->Cases[Number]) != BENCH_MEMORY) {
                Spreads[Count++] = Result->Spread;
            }
        }
    }
    qsort(Spreads, Count, sizeof(Spreads[0]), CompareDoubles);
    return Count == 0 ? 0 : Spreads[Count / 2];
}

void PrintFoot(const BENCH *Bench)
{
    int Cases = 0;

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

static void WriteJsonResults(FILE *File, const CASE *Case)
{
    const char *Comma = "";

    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        const RESULT *Result = &Case->Results[Index];
        if (Result->Count == 0) {
            continue;
        }
        fprintf(File, "%s\n        \"%s\": {\"median\": %.4f, \"min\": %.4f, \"max\": %.4f, \"spread\": %.2f", Comma,
                Allocators[Index].Name, Result->Median, Result->Least, Result->Most, Result->Spread);
        if (Result->Ratio > 0) {
            fprintf(File, ", \"ratio\": %.4f", Result->Ratio);
        }
        fprintf(File, ", \"rounds\": %d, \"operations\": %llu}", Result->Count, (unsigned long long)Result->Operations);
        Comma = ",";
    }
}

void WriteJson(FILE *File, const BENCH *Bench)
{
    const char *Comma = "";
    int Cases;

    fprintf(File, "{\n  \"rounds\": %d,\n  \"round_ms\": %.0f,\n  \"processors\": %ld,\n  \"load\": %.2f,\n",
            Bench->Rounds, Bench->RoundTime / 1e6, sysconf(_SC_NPROCESSORS_ONLN), Bench->Load);
    fprintf(File, "  \"typical_spread\": %.2f,\n  \"cases\": [", MedianSpread(Bench));
    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        const CASE *Case = &Bench->Cases[Number];
        fprintf(File, "%s\n    {\"workload\": \"%s\", \"threads\": %u, \"unit\": \"%s\", \"results\": {",
                Number == 0 ? "" : ",", Workloads[Case->Workload].Title, Case->Threads,
                KindOf(Case) == BENCH_MEMORY ? "resident bytes/byte" : "ns");
        WriteJsonResults(File, Case);
        fputs("}}", File);
    }
    fputs("\n  ],\n  \"geometric_mean\": {", File);
    for (size_t Index = 0; Index < ALLOCATOR_COUNT; Index++) {
        double Mean = GeometricMean(Bench, Index, &Cases);
        if (HasMean(Index) && Mean > 0) {
            fprintf(File, "%s\"%s\": %.4f", Comma, Allocators[Index].Name, Mean);
            Comma = ", ";
        }
    }
    fputs("}\n}\n", File);
}

/* ---- The chart: the ratios to the fastest peer, a symbol for each allocator ------------------------------------ */

bool CanDrawChart(void)
{
    return system("command -v gnuplot >/dev/null") == 0;
}

static bool IsInChart(const CASE *Case)
{
    return KindOf(Case) != BENCH_POOL && KindOf(Case) != BENCH_MEMORY;
}

static void WriteChartData(FILE *Gnuplot, const BENCH *Bench)
{
    char Title[64];

    fputs("$Data << EOD\n", Gnuplot);
    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        const CASE *Case = &Bench->Cases[Number];
        if (!IsInChart(Case)) {
            continue;
        }
        fprintf(Gnuplot, "%s", TitleOf(Case, Title, sizeof(Title)));
        for (size_t Index = 0; Index < COLUMN_COUNT; Index++) {
            if (Case->Results[Index].Ratio > 0) {
                fprintf(Gnuplot, " %.4f", Case->Results[Index].Ratio);
            } else {
                fputs(" NaN", Gnuplot);
            }
        }
        fputc('\n', Gnuplot);
    }
    fputs("EOD\n", Gnuplot);
}

bool DrawChart(const char *Path, const BENCH *Bench)
{
    int Count = 0;

    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        Count += IsInChart(&Bench->Cases[Number]);
    }
    if (Count == 0) {
        fputs("poolemu_bench: nothing to draw: memory and poolemu's own workloads are not in the chart\n", stderr);
        return false;
    }
    setenv("POOLEMU_BENCH_SVG", Path, 1); /* a name that needs no quoting */
    FILE *Gnuplot = popen("exec gnuplot >\"$POOLEMU_BENCH_SVG\"", "w");

    if (Gnuplot == NULL) {
        perror("poolemu_bench: gnuplot");
        return false;
    }
    WriteChartData(Gnuplot, Bench);
    fputs(
        "set terminal svg size 1200,600 background 'white' font 'sans-serif,12'\n"
        "set title 'Time of an operation, as a multiple of the fastest malloc (below 1 is faster)'\n"
        "set logscale y 2\nset grid\nset key outside right\nset xtics rotate by 60 right\nset offsets 0.5, 0.5, 0, 0\n"
        "plot 1 with lines linecolor 'black' notitle",
        Gnuplot);
    for (size_t Index = 0; Index < COLUMN_COUNT; Index++) {
        bool IsPeer = Allocators[Index].Library != NULL;
        fprintf(Gnuplot, ", $Data using 0:%zu:xtic(1) with points pointtype %d pointsize %s title '%s'", Index + 2,
                IsPeer ? (int)Index : 7, IsPeer ? "0.8" : "1", Allocators[Index].Name);
    }
    fputc('\n', Gnuplot);
    if (pclose(Gnuplot) != 0) {
        fputs("poolemu_bench: gnuplot has failed\n", stderr);
        return false;
    }
    return true;
}
