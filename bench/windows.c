/* windows.c: poolemu_bench_windows, the workloads with one thread on Windows, of poolemu, HeapAlloc and mimalloc, in
 * turn and in one process. Prints medians in nanoseconds, and poolemu's over the fastest other one's. */
#include <mimalloc.h>

#include "ntifs.h"

#include "workloads.h"

__declspec(dllimport) PVOID HeapAlloc(PVOID Heap, ULONG Flags, SIZE_T Bytes);
__declspec(dllimport) int HeapFree(PVOID Heap, ULONG Flags, PVOID Block);
__declspec(dllimport) PVOID GetProcessHeap(void);
__declspec(dllimport) int QueryPerformanceCounter(LONGLONG *Count);
__declspec(dllimport) int QueryPerformanceFrequency(LONGLONG *Frequency);

enum {
    BENCH_TAG = 'hcnB',
    ROUNDS = 51,
    ALLOCATORS = 3,
    ROUND_NANOSECONDS = 5000000,
};

double BenchNow(void)
{
    static LONGLONG Frequency;
    LONGLONG Count;

    if (Frequency == 0) {
        QueryPerformanceFrequency(&Frequency);
    }
    QueryPerformanceCounter(&Count);
    return (double)Count * 1e9 / (double)Frequency;
}

/* For the memory workloads, which need a process of their own and are not run here. */
double BenchResidentBytes(void)
{
    abort();
}

/* ---- The allocators ------------------------------------------------------------------------------------------- */

static PVOID Heap;

static inline void *PoolAllocate(size_t Bytes)
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, BENCH_TAG);
}

static inline void PoolFree(void *Block)
{
    ExFreePoolWithTag(Block, BENCH_TAG);
}

static inline void *HeapAllocate(size_t Bytes)
{
    return HeapAlloc(Heap, 0, Bytes);
}

static inline void HeapGiveBack(void *Block)
{
    HeapFree(Heap, 0, Block);
}

static inline void *MimallocAllocate(size_t Bytes)
{
    return mi_malloc(Bytes);
}

static inline void MimallocFree(void *Block)
{
    mi_free(Block);
}

#define HeapFree HeapGiveBack
BENCH_LOOPS(Pool)
BENCH_LOOPS(Heap)
BENCH_LOOPS(Mimalloc)

static const BENCH_WAY Ways[ALLOCATORS] = {
    {"poolemu", NULL, {BENCH_LOOPS_OF(Pool)}},
    {"HeapAlloc", NULL, {BENCH_LOOPS_OF(Heap)}},
    {"mimalloc", NULL, {BENCH_LOOPS_OF(Mimalloc)}},
};

/* ---- Measuring ------------------------------------------------------------------------------------------------ */

/* Nanoseconds an operation. */
static double Measure(BENCH_LOOP *Loop, uint64_t Operations)
{
    BENCH_RUN Run = {.Operations = Operations};
    double Start = BenchNow();

    Loop(&Run);
    return (BenchNow() - Start) / (double)Run.Operations;
}

static int CompareFigures(const void *Left, const void *Right)
{
    double Difference = *(const double *)Left - *(const double *)Right;

    return (Difference > 0) - (Difference < 0);
}

static void MeasureWorkload(int Workload, const char *Title)
{
    double Figures[ALLOCATORS][ROUNDS];
    uint64_t Operations[ALLOCATORS];

    for (int Way = 0; Way < ALLOCATORS; Way++) {
        double Cost = Measure(Ways[Way].Loops[Workload], 20000);
        Operations[Way] = (uint64_t)(ROUND_NANOSECONDS / Cost) + 1;
    }
    for (int Round = 0; Round < ROUNDS; Round++) {
        for (int Way = 0; Way < ALLOCATORS; Way++) {
            Figures[Way][Round] = Measure(Ways[Way].Loops[Workload], Operations[Way]);
        }
    }
    for (int Way = 0; Way < ALLOCATORS; Way++) {
        qsort(Figures[Way], ROUNDS, sizeof(double), CompareFigures);
    }
    double Pool = Figures[0][ROUNDS / 2], Heaps = Figures[1][ROUNDS / 2], Mimallocs = Figures[2][ROUNDS / 2];
    printf("%-20s %10.1f %10.1f %10.1f %8.2f\n", Title, Pool, Heaps, Mimallocs, Pool / min(Heaps, Mimallocs));
}

int main(void)
{
    static const struct {
        int Workload;
        const char *Title;
    } Wanted[] = {
        {BENCH_Pair16, "pair-16"},
        {BENCH_Pair64, "pair-64"},
        {BENCH_Pair256, "pair-256"},
        {BENCH_Pair1024, "pair-1024"},
        {BENCH_Pair4096, "pair-4096"},
        {BENCH_Batch64Lifo, "batch-64-lifo"},
        {BENCH_Batch64Fifo, "batch-64-fifo"},
        {BENCH_BatchMixedRandom, "batch-mixed-random"},
        {BENCH_Churn, "churn"},
    };

    Heap = GetProcessHeap();
    printf("%-20s %10s %10s %10s %8s\n", "ns an operation", "poolemu", "HeapAlloc", "mimalloc", "ratio");
    for (size_t Index = 0; Index < sizeof(Wanted) / sizeof(Wanted[0]); Index++) {
        MeasureWorkload(Wanted[Index].Workload, Wanted[Index].Title);
    }
    return 0;
}
