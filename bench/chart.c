/* chart.c: the charts, which gnuplot draws: ratios to the fastest peer as bars, the scale workloads as curves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum {
    MOST_GROUPS = 16,
};

/* Text and lines are grey and the background is none: to be read on white and on black. */
#define GREY "'#808080'"

typedef struct SERIES {
    const char *Name; /* the allocator's */
    const char *Legend;
    const char *Color;
} SERIES;

static const SERIES Series[] = {
    {"nx", "poolemu", "'#e8590c'"},        {"glibc", "glibc", "'#4c8dd6'"},       {"mimalloc", "mimalloc", "'#2fa37c'"},
    {"jemalloc", "jemalloc", "'#9d6fd0'"}, {"tcmalloc", "tcmalloc", "'#98a2ae'"},
};

enum {
    SERIES_COUNT = sizeof(Series) / sizeof(Series[0]),
};

static const RESULT *ResultOf(const CASE *Case, size_t Number)
{
    size_t Index = 0;

    while (strcmp(Allocators[Index].Name, Series[Number].Name) != 0) {
        Index++;
    }
    return &Case->Results[Index];
}

/* ---- The bars -------------------------------------------------------------------------------------------------- */

/* Bars side by side: the geometric mean of some cases' ratios, for each series. */
typedef struct GROUP {
    char Name[48];
    double Sums[SERIES_COUNT];
    int Counts[SERIES_COUNT];
} GROUP;

/* The scored cases of a name are one group, whatever the size of their blocks. False: the case is not in the chart. */
static bool NameGroup(const CASE *Case, char *Name, size_t Size)
{
    const WORKLOAD *Workload = &Workloads[Case->Workload];
    size_t Length = Workload->Kind == BENCH_SCORED ? strcspn(Workload->Title, "-") : strlen(Workload->Title);

    snprintf(Name, Size, "%.*s\\n%u thread%s", (int)Length, Workload->Title, Case->Threads,
             Case->Threads == 1 ? "" : "s");
    return Case->Unit == UNIT_TIME && (Workload->Kind == BENCH_SCORED || Workload->Kind == BENCH_TWO);
}

static size_t MakeGroups(const BENCH *Bench, GROUP *Groups)
{
    size_t Count = 0;

    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        const CASE *Case = &Bench->Cases[Number];
        char Name[sizeof(Groups->Name)];
        if (!NameGroup(Case, Name, sizeof(Name))) {
            continue;
        }
        if (Count == 0 || strcmp(Groups[Count - 1].Name, Name) != 0) {
            Groups[Count] = (GROUP){0};
            strcpy(Groups[Count++].Name, Name);
        }
        GROUP *Group = &Groups[Count - 1];
        for (size_t Index = 0; Index < SERIES_COUNT; Index++) {
            double Ratio = ResultOf(Case, Index)->Ratio;
            Group->Sums[Index] += Ratio > 0 ? log(Ratio) : 0;
            Group->Counts[Index] += Ratio > 0;
        }
    }
    return Count;
}

static void WriteBars(FILE *Gnuplot, const GROUP *Groups, size_t Count)
{
    fputs("$Data << EOD\n", Gnuplot);
    for (size_t Number = 0; Number < Count; Number++) {
        for (size_t Index = 0; Index < SERIES_COUNT; Index++) {
            const GROUP *Group = &Groups[Number];
            fprintf(Gnuplot, "%.3f ", Group->Counts[Index] == 0 ? NAN : exp(Group->Sums[Index] / Group->Counts[Index]));
        }
        fputc('\n', Gnuplot);
    }
    fputs("EOD\nset xtics (", Gnuplot);
    for (size_t Number = 0; Number < Count; Number++) {
        fprintf(Gnuplot, "%s\"%s\" %zu", Number == 0 ? "" : ", ", Groups[Number].Name, Number);
    }
    fprintf(Gnuplot,
            ")\nset terminal svg size 960,400 font 'sans-serif,13'\n"
            "set title 'Time of an operation as a multiple of the fastest malloc (lower is better)'\n"
            "set key outside center top horizontal\nset bmargin 3.5\n"
            "set style data histogram\nset style histogram clustered gap 1\nset style fill solid\n"
            "set xtics scale 0\nset grid ytics back\nset xrange [-0.6:%.1f]\nset yrange [0:]\nset offsets 0, 0, graph "
            "0.05, 0\n"
            "plot ",
            (double)Count - 0.4);
    for (size_t Index = 0; Index < SERIES_COUNT; Index++) {
        fprintf(Gnuplot, "$Data using %zu linecolor rgb %s title '%s', ", Index + 1, Series[Index].Color,
                Series[Index].Legend);
    }
    /* The figure above poolemu's bar, which is the first of its group, and the gap is as wide as a bar. */
    fprintf(Gnuplot,
            "$Data using ($0 - %.3f):1:(sprintf('%%.1f', $1)) with labels font ',11' textcolor rgb %s offset 0, 0.5 "
            "notitle, "
            "1 with lines linecolor rgb " GREY " notitle\n",
            (SERIES_COUNT - 1) / 2.0 / (SERIES_COUNT + 1), Series[0].Color);
}

/* ---- The curves ------------------------------------------------------------------------------------------------ */

/* The number that a case's name ends with: what grows. */
static unsigned long GrownOf(const CASE *Case)
{
    return strtoul(strrchr(Workloads[Case->Workload].Title, '-') + 1, NULL, 10);
}

static bool IsInPanel(const CASE *Case, const char *Name)
{
    return strncmp(Workloads[Case->Workload].Title, Name, strlen(Name)) == 0 && Case->Results[POOL_INDEX].Count != 0;
}

/* 1000 is 1k there, and 1000000 is 1M. */
static void WriteTick(FILE *Gnuplot, unsigned long Number, const char *Comma)
{
    static const char *const Suffixes[] = {"", "k", "M"};
    unsigned long Short = Number, Thousands = 0;

    for (; Short >= 1000 && Thousands < 2; Short /= 1000) {
        Thousands++;
    }
    fprintf(Gnuplot, "%s'%lu%s' %lu", Comma, Short, Suffixes[Thousands], Number);
}

/* A panel: the cases whose titles begin with that. */
static void WritePanel(FILE *Gnuplot, const BENCH *Bench, const char *Name, const char *Label)
{
    const char *Comma = "";

    fputs("$Data << EOD\n", Gnuplot);
    for (const CASE *Case = Bench->Cases; Case < Bench->Cases + Bench->CaseCount; Case++) {
        if (IsInPanel(Case, Name)) {
            fprintf(Gnuplot, "%lu", GrownOf(Case));
            for (size_t Index = 0; Index < SERIES_COUNT; Index++) {
                const RESULT *Result = ResultOf(Case, Index);
                fprintf(Gnuplot, " %.2f", Result->Count == 0 ? NAN : Result->Median);
            }
            fputc('\n', Gnuplot);
        }
    }
    fprintf(Gnuplot, "EOD\nset xlabel '%s'\nset xtics (", Label);
    for (const CASE *Case = Bench->Cases; Case < Bench->Cases + Bench->CaseCount; Case++) {
        if (IsInPanel(Case, Name)) {
            WriteTick(Gnuplot, GrownOf(Case), Comma);
            Comma = ", ";
        }
    }
    fputs(")\nplot ", Gnuplot);
    for (size_t Index = SERIES_COUNT; Index-- > 0;) {
        fprintf(Gnuplot, "$Data using 1:%zu with linespoints linecolor rgb %s linewidth %d pointtype 7 pointsize 0.6%s",
                Index + 2, Series[Index].Color, Index == 0 ? 3 : 2, Index == 0 ? "\n" : ", ");
    }
}

typedef struct PANEL {
    const char *Name;
    const char *Label;
} PANEL;

static const PANEL Panels[] = {
    {"scale-live", "live blocks"},
    {"scale-tags", "tags"},
    {"scale-threads", "threads that come and go"},
};

static bool HasPanel(const BENCH *Bench, const char *Name)
{
    bool Has = false;

    for (int Number = 0; Number < Bench->CaseCount; Number++) {
        Has |= IsInPanel(&Bench->Cases[Number], Name);
    }
    return Has;
}

static size_t CountPanels(const BENCH *Bench)
{
    size_t Count = 0;

    for (size_t Index = 0; Index < sizeof(Panels) / sizeof(Panels[0]); Index++) {
        Count += HasPanel(Bench, Panels[Index].Name);
    }
    return Count;
}

static void WriteCurves(FILE *Gnuplot, const BENCH *Bench)
{
    fputs("set terminal svg size 960,320 font 'sans-serif,13'\nset multiplot layout 1, 3 margins 0.06, 0.98, 0.2, 0.86 "
          "spacing 0.05\nset key off\nset logscale x\nset autoscale xfix\nset yrange [0:]\nset grid ytics back\n"
          "set offsets graph 0.05, graph 0.05, graph 0.05, 0\nset label 'ns per operation' at screen 0.02, 0.95 "
          "textcolor "
          "rgb " GREY "\n",
          Gnuplot);
    for (size_t Index = 0; Index < SERIES_COUNT; Index++) {
        fprintf(Gnuplot, "set label '%s' at screen %.2f, 0.95 textcolor rgb %s\n", Series[Index].Legend,
                0.3 + 0.12 * (double)Index, Series[Index].Color);
    }
    for (size_t Index = 0; Index < sizeof(Panels) / sizeof(Panels[0]); Index++) {
        if (HasPanel(Bench, Panels[Index].Name)) {
            WritePanel(Gnuplot, Bench, Panels[Index].Name, Panels[Index].Label);
            fputs("unset label\n", Gnuplot);
        }
    }
    fputs("unset multiplot\n", Gnuplot);
}

/* ---- The file -------------------------------------------------------------------------------------------------- */

bool DrawChart(const char *Path, const BENCH *Bench)
{
    GROUP Groups[MOST_GROUPS];
    size_t Count = Bench->IsScale ? CountPanels(Bench) : MakeGroups(Bench, Groups);

    if (Count == 0) {
        fputs("poolemu_bench: nothing to draw: the chart is of pair, batch, churn, larson and producer-consumer; "
              "with --scale, of live, tags and threads\n",
              stderr);
        return false;
    }
    setenv("POOLEMU_BENCH_SVG", Path, 1); /* a name that needs no quoting */
    FILE *Gnuplot = popen("exec gnuplot >\"$POOLEMU_BENCH_SVG\"", "w");

    if (Gnuplot == NULL) {
        perror("poolemu_bench: gnuplot");
        return false;
    }
    fputs("set border 3 linecolor rgb " GREY "\nset tics nomirror textcolor rgb " GREY
          "\nset xlabel textcolor rgb " GREY "\nset title textcolor rgb " GREY "\nset key textcolor rgb " GREY "\n",
          Gnuplot);
    if (Bench->IsScale) {
        WriteCurves(Gnuplot, Bench);
    } else {
        WriteBars(Gnuplot, Groups, Count);
    }
    if (pclose(Gnuplot) != 0) {
        fputs("poolemu_bench: gnuplot has failed\n", stderr);
        return false;
    }
    return true;
}
