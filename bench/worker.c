/* worker.c: a worker runs one round of a workload whenever the driver asks. It allocates nothing itself. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

double BenchNow(void)
{
    struct timespec Time;

    clock_gettime(CLOCK_MONOTONIC, &Time);
    return (double)Time.tv_sec * 1e9 + (double)Time.tv_nsec;
}

/* Of smaps_rollup, which walks the page table: the kernel's running count (VmRSS, VmHWM) is approximate. */
double BenchResidentBytes(void)
{
    char Text[2048];
    int File = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t Length = File < 0 ? -1 : read(File, Text, sizeof(Text) - 1);

    if (Length >= 0) {
        close(File);
        Text[Length] = 0;
        const char *Line = strstr(Text, "\nRss:");
        if (Line != NULL) {
            return strtod(Line + 5, NULL) * 1024;
        }
    }
    fputs("poolemu_bench: cannot read /proc/self/smaps_rollup\n", stderr);
    exit(1);
}

/* ---- One round ------------------------------------------------------------------------------------------------ */

static BENCH_LOOP *Loop;
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
    Loop(&Runs[Thread]);
    Ends[Thread] = BenchNow();
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
        fputs("poolemu_bench: cannot start a thread\n", stderr);
        exit(1);
    }
    IsThere = true;
}

static BENCH_ANSWER RunRound(const BENCH_REQUEST *Request)
{
    for (unsigned Thread = 0; Thread < 2; Thread++) {
        Runs[Thread] = (BENCH_RUN){Thread, Request->Operations, 0};
    }
    Missing = Request->Threads;
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
    double Start = Starts[0] < Starts[1] ? Starts[0] : Starts[1];
    double End = Ends[0] > Ends[1] ? Ends[0] : Ends[1];
    return (BENCH_ANSWER){Runs[0].Operations, Runs[0].Figure != 0 ? Runs[0].Figure : End - Start};
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
        Loop = Way->Loops[Request.Workload];
        BENCH_ANSWER Answer = RunRound(&Request);
        if (!Send(&Answer, sizeof(Answer))) {
            return 1;
        }
    }
    return 0;
}
