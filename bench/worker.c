/* worker.c: a worker runs one round of a workload whenever the driver asks. It allocates nothing itself. */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS ((void)0)
#define CALLGRIND_DUMP_STATS ((void)0)
#define WITHOUT_CALLGRIND
#endif

double BenchNow(void)
{
    struct timespec Time;

    clock_gettime(CLOCK_MONOTONIC, &Time);
    return (double)Time.tv_sec * 1e9 + (double)Time.tv_nsec;
}

/* The bytes of a line "Name:   123 kB" of a file of /proc; not the first line. */
static double ReadKilobytes(const char *Path, const char *Name)
{
    char Text[2048];
    int File = open(Path, O_RDONLY | O_CLOEXEC);
    ssize_t Length = File < 0 ? -1 : read(File, Text, sizeof(Text) - 1);

    if (Length >= 0) {
        close(File);
        Text[Length] = 0;
        const char *Line = strstr(Text, Name);
        if (Line != NULL) {
            return strtod(Line + strlen(Name), NULL) * 1024;
        }
    }
    fprintf(stderr, "poolemu_bench: cannot read %s\n", Path);
    exit(1);
}

/* smaps_rollup walks the page table: the kernel's running count (VmRSS, VmHWM) is approximate. */
double BenchResidentBytes(void)
{
    return ReadKilobytes("/proc/self/smaps_rollup", "\nRss:");
}

bool BenchHasMemory(size_t Bytes)
{
    return (double)Bytes < ReadKilobytes("/proc/meminfo", "\nMemAvailable:");
}

/* ---- Instructions --------------------------------------------------------------------------------------------- */

static int Counter; /* the processor's, of the first thread's instructions in user mode; below 0: there is none */

static uint64_t ReadCounter(void)
{
    uint64_t Instructions;
    bool IsRead = Counter >= 0 && read(Counter, &Instructions, sizeof(Instructions)) == sizeof(Instructions);
    return IsRead ? Instructions : 0;
}

/* Some virtual machines have a counter that never counts. callgrind, if that runs the worker, counts by itself, and
 * writes a file when asked to. */
static bool OpenCounter(void)
{
    struct perf_event_attr Attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof(Attributes),
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    Counter = (int)syscall(SYS_perf_event_open, &Attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return ReadCounter() != 0;
}

/* ---- One round ------------------------------------------------------------------------------------------------ */

static BENCH_RUN Runs[2];
static double Starts[2], Ends[2];
static unsigned Missing; /* threads that have not come to the start yet */
static sem_t HelperMayStart, HelperIsDone;

static void RunThread(unsigned Thread)
{
    __atomic_sub_fetch(&Missing, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&Missing, __ATOMIC_ACQUIRE) != 0) {
        sched_yield();
    }
    Starts[Thread] = BenchNow();
    Runs[Thread].Loop(&Runs[Thread]);
    Ends[Thread] = BenchNow();
}

static _Noreturn void NoThread(void)
{
    fputs("poolemu_bench: cannot start a thread\n", stderr);
    exit(1);
}

static void *HelperMain(void *Context)
{
    (void)Context;
    for (;;) {
        while (sem_wait(&HelperMayStart) != 0) {
        }
        RunThread(1);
        sem_post(&HelperIsDone);
    }
    return NULL;
}

/* The second thread lives from the first round that needs it to the end, so that the rounds with one thread, which come
 * first, run in a process without threads. */
static void NeedHelper(void)
{
    static pthread_t Helper;
    static bool IsThere;

    if (IsThere) {
        return;
    }
    sem_init(&HelperMayStart, 0, 0);
    sem_init(&HelperIsDone, 0, 0);
    if (pthread_create(&Helper, NULL, HelperMain, NULL) != 0) {
        NoThread();
    }
    IsThere = true;
}

static BENCH_ANSWER RunRound(BENCH_LOOP *Loop, const BENCH_REQUEST *Request)
{
    for (unsigned Thread = 0; Thread < 2; Thread++) {
        Runs[Thread] = (BENCH_RUN){Loop, Thread, Request->Operations, 0};
    }
    Missing = Request->Threads;
    uint64_t Before = ReadCounter();
    CALLGRIND_ZERO_STATS;
    if (Request->Threads == 2) {
        NeedHelper();
        sem_post(&HelperMayStart);
        RunThread(0);
        while (sem_wait(&HelperIsDone) != 0) {
        }
    } else {
        RunThread(0);
        Starts[1] = Starts[0];
        Ends[1] = Ends[0];
    }
    CALLGRIND_DUMP_STATS;
    uint64_t Instructions = ReadCounter() - Before;
    double Start = Starts[0] < Starts[1] ? Starts[0] : Starts[1];
    double End = Ends[0] > Ends[1] ? Ends[0] : Ends[1];
    return (BENCH_ANSWER){Runs[0].Operations, Runs[0].Figure != 0 ? Runs[0].Figure : End - Start, Instructions};
}

/* ---- Threads that come and go ----------------------------------------------------------------------------------- */

enum {
    THREADS_AT_ONCE = 4,
};

static void *GuestMain(void *Context)
{
    BENCH_RUN *Run = Context;

    Run->Loop(Run);
    return NULL;
}

/* A thread takes the place of the one that came so many before it, which it waits for. */
void BenchComeAndGo(const BENCH_RUN *Run, unsigned Threads)
{
    pthread_t Guests[THREADS_AT_ONCE];
    BENCH_RUN GuestRuns[THREADS_AT_ONCE];

    for (unsigned Thread = 0; Thread < Threads + THREADS_AT_ONCE; Thread++) {
        unsigned Place = Thread % THREADS_AT_ONCE;
        if (Thread >= THREADS_AT_ONCE) {
            pthread_join(Guests[Place], NULL);
        }
        if (Thread < Threads) {
            GuestRuns[Place] = (BENCH_RUN){Run->Loop, Thread + 1, Run->Operations / Threads, 0};
            if (pthread_create(&Guests[Place], NULL, GuestMain, &GuestRuns[Place]) != 0) {
                NoThread();
            }
        }
    }
}

/* ---- The program ---------------------------------------------------------------------------------------------- */

static const BENCH_WAY *FindWay(const char *Name)
{
    for (size_t Index = 0; Index < BenchWayCount; Index++) {
        if (strcmp(BenchWays[Index].Name, Name) == 0) {
            return &BenchWays[Index];
        }
    }
    return NULL;
}

static bool Send(const void *Data, size_t Length)
{
    return write(STDIN_FILENO, Data, Length) == (ssize_t)Length;
}

static bool SayHello(const BENCH_WAY *Way)
{
    static BENCH_HELLO Hello;

    snprintf(Hello.Library, sizeof(Hello.Library), "%s", BenchLibrary());
    for (int Workload = 0; Workload < BENCH_WORKLOAD_COUNT; Workload++) {
        Hello.TakesPart[Workload] = Way->Loops[Workload] != NULL;
    }
    Hello.HasCounter = OpenCounter();
#ifndef WITHOUT_CALLGRIND
    Hello.KnowsCallgrind = true;
#endif
    return Send(&Hello, sizeof(Hello));
}

int main(int Count, char **Arguments)
{
    const BENCH_WAY *Way = Count == 2 ? FindWay(Arguments[1]) : NULL;
    BENCH_REQUEST Request;

    if (Way == NULL || !SayHello(Way)) {
        fputs("poolemu_bench starts this program; run that\n", stderr);
        return 2;
    }
    if (Way->Open != NULL) {
        Way->Open();
    }
    while (read(STDIN_FILENO, &Request, sizeof(Request)) == sizeof(Request)) {
        BENCH_ANSWER Answer = RunRound(Way->Loops[Request.Workload], &Request);
        if (!Send(&Answer, sizeof(Answer))) {
            return 1;
        }
    }
    return 0;
}
