/* ending.c: a process whose main thread ends with pthread_exit ends when its last thread does, whatever of the emulator
 * it used: its exit routines run, and until then a signal ends it. Returns 0 when all is well. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "poolemu.h"

enum {
    TAG = 'dnEd',
    MOST_TENTHS = 200, /* of a second */
    EXIT_ROUTINE_RAN = 7,
};

static void Sleep(long Milliseconds)
{
    struct timespec Time = {Milliseconds / 1000, Milliseconds % 1000 * 1000000};

    nanosleep(&Time, NULL);
}

static void UsePool(void)
{
    for (SIZE_T Bytes = 10; Bytes < 200000; Bytes *= 3) {
        ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, Bytes, TAG), TAG);
    }
}

static void *UsePoolLater(void *Argument)
{
    Sleep(200);
    UsePool();
    return Argument;
}

static void *Wait(void *Argument)
{
    for (;;) {
        pause();
    }
    return Argument;
}

static void Start(void *(*Main)(void *))
{
    pthread_t Thread;

    if (pthread_create(&Thread, NULL, Main, NULL) != 0 || pthread_detach(Thread) != 0) {
        abort();
    }
}

static void EndWithStatus(void)
{
    _exit(EXIT_ROUTINE_RAN);
}

static void MainOnly(void)
{
    UsePool();
}

static void MainBeforeAnotherThread(void)
{
    UsePool();
    Start(UsePoolLater);
}

static void AnotherThreadOnly(void)
{
    Start(UsePoolLater);
}

static void AfterATimer(void)
{
    KTIMER Timer;
    LARGE_INTEGER Due = {.QuadPart = -10000};

    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, Due, NULL);
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    UsePool();
}

static void WithAThreadThatWaits(void)
{
    UsePool();
    Start(Wait);
}

/* The status of waitpid; -1: it does not end. */
static int RunToItsEnd(void (*Body)(void), int Signal)
{
    int Status = -1;
    pid_t Child = fork();

    if (Child == 0) {
        atexit(EndWithStatus);
        Body();
        pthread_exit(NULL);
    }
    for (int Tenth = 0; Tenth < MOST_TENTHS; Tenth++) {
        if (waitpid(Child, &Status, WNOHANG) == Child) {
            return Status;
        }
        if (Tenth == 5 && Signal != 0) {
            kill(Child, Signal);
        }
        Sleep(100);
    }
    kill(Child, SIGKILL);
    waitpid(Child, &Status, 0);
    return -1;
}

static int Check(const char *Name, void (*Body)(void))
{
    int Status = RunToItsEnd(Body, 0);

    if (Status != -1 && WIFEXITED(Status) && WEXITSTATUS(Status) == EXIT_ROUTINE_RAN) {
        return 0;
    }
    fprintf(stderr, "%s: %s (status 0x%x)\n", Name, Status == -1 ? "the process does not end" : "it ends otherwise",
            (unsigned)Status);
    return 1;
}

int main(void)
{
    int Failures = Check("main thread only", MainOnly) +
                   Check("main thread before another one", MainBeforeAnotherThread) +
                   Check("another thread only", AnotherThreadOnly) + Check("after a timer", AfterATimer);
    int Status = RunToItsEnd(WithAThreadThatWaits, SIGTERM);

    if (Status == -1 || !WIFSIGNALED(Status) || WTERMSIG(Status) != SIGTERM) {
        fprintf(stderr, "SIGTERM does not end the process (status 0x%x)\n", (unsigned)Status);
        Failures++;
    }
    return Failures;
}
