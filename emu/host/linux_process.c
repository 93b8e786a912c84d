/* linux_process.c: process.h on Linux. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/host.h"
#include "host/process.h"

/* Shared by parent and child. */
typedef struct HOST_SHARED {
    HOST_REPORT Report;
    pid_t Process; /* the child */
} HOST_SHARED;

static HOST_SHARED *HostShared; /* in the child */

HOST_REPORT *HostFindReport(VOID)
{
    return HostShared != NULL && HostShared->Process == getpid() ? &HostShared->Report : NULL;
}

VOID HostOpenStreams(VOID)
{
    int File;

    /* The wrong way round: reading standard output works, writing to it does not. */
    do {
        File = open("/dev/null", O_WRONLY);
        if (File > 0 && File <= STDERR_FILENO) {
            close(File);
            File = open("/dev/null", O_RDONLY);
        }
    } while (File >= 0 && File <= STDERR_FILENO);
    if (File > STDERR_FILENO) {
        close(File);
    }
}

/* ---- Crashes ---------------------------------------------------------------------------------------------------- */

enum {
    HOST_CRASH_FRAMES = 64,
    HOST_CRASH_STACK = 256 << 10,
};

static CHAR HostCrashImage[4096];

static BOOLEAN HostIsInCrashImage(PVOID Frame)
{
    Dl_info Info;

    return dladdr((UCHAR *)Frame - 1, &Info) != 0 && Info.dli_fname != NULL &&
           strcmp(Info.dli_fname, HostCrashImage) == 0;
}

/* A function's name, as far as the dynamic symbols tell: that allocates no memory, and the crash may have come from
 * there. */
static VOID HostDescribeCrash(PVOID Frame, PSTR Text, SIZE_T Bytes)
{
    ULONG_PTR Code = (ULONG_PTR)Frame - 1;
    Dl_info Info;

    if (dladdr((PVOID)Code, &Info) == 0) {
        return;
    }
    if (Info.dli_sname != NULL) {
        snprintf(Text, Bytes, "%s+%#lx (%s)", Info.dli_sname, (unsigned long)(Code - (ULONG_PTR)Info.dli_saddr),
                 HostFileName(Info.dli_fname));
    } else {
        snprintf(Text, Bytes, "%s+%#lx", HostFileName(Info.dli_fname),
                 (unsigned long)(Code - (ULONG_PTR)Info.dli_fbase));
    }
}

/* Better words, from the debug information; for signals that do not come from inside an allocation. */
static VOID HostDescribeSource(PVOID Frame, PSTR Text, SIZE_T Bytes)
{
    HOST_SOURCE Source;
    PCSTR Why;

    if (HostFindSource((ULONG_PTR)Frame - 1, &Source, &Why)) {
        snprintf(Text, Bytes, "%s (%s:%u)", Source.Function[0] == 0 ? "?" : Source.Function, HostFileName(Source.File),
                 (unsigned)Source.Line);
    }
}

static VOID HostNoteCrash(HOST_REPORT *Report, int Signal)
{
    PVOID Frames[HOST_CRASH_FRAMES];
    ULONG Count = HostCaptureStack(Frames, HOST_CRASH_FRAMES);

    for (ULONG Index = 0; Index < Count; Index++) {
        if (HostIsInCrashImage(Frames[Index])) {
            HostDescribeCrash(Frames[Index], Report->Crash, sizeof(Report->Crash));
            if (Signal == SIGFPE || Signal == SIGILL || Signal == SIGTRAP) {
                HostDescribeSource(Frames[Index], Report->Crash, sizeof(Report->Crash));
            }
            return;
        }
    }
}

/* The signal comes again when this returns, and then ends the process. */
static VOID HostOnCrash(int Signal)
{
    HOST_REPORT *Report = HostFindReport();

    if (Report != NULL && Report->Crash[0] == 0) {
        HostNoteCrash(Report, Signal);
    }
    raise(Signal);
}

VOID HostReportCrashes(PCSTR ImagePath)
{
    static const int Signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    static UCHAR Stack[HOST_CRASH_STACK];
    stack_t Alternate = {.ss_sp = Stack, .ss_size = sizeof(Stack)}, Before;
    PVOID Frame;

    snprintf(HostCrashImage, sizeof(HostCrashImage), "%s", ImagePath);
    HostCaptureStack(&Frame, 1); /* the first time, it loads a library */
    if (sigaltstack(NULL, &Before) == 0 && (Before.ss_flags & SS_DISABLE) != 0) {
        sigaltstack(&Alternate, NULL);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Signals); Index++) {
        struct sigaction Action = {.sa_handler = HostOnCrash, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
        struct sigaction Previous;
        sigemptyset(&Action.sa_mask);
        if (sigaction(Signals[Index], NULL, &Previous) == 0 && Previous.sa_handler == SIG_DFL) {
            sigaction(Signals[Index], &Action, NULL);
        }
    }
}

/* ---- The child -------------------------------------------------------------------------------------------------- */

static DECLSPEC_NORETURN VOID HostRunChild(pid_t Parent, int (*Routine)(PVOID Context), PVOID Context,
                                           HOST_SHARED *Shared)
{
    HostShared = Shared;
    Shared->Process = getpid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != Parent) { /* it has died already */
        _exit(HOST_NO_STATUS);
    }
    exit(Routine(Context));
}

static VOID HostAwait(pid_t Child, HOST_PROCESS *Process)
{
    int Status;

    while (waitpid(Child, &Status, 0) == -1) {
        if (errno != EINTR) {
            Process->Ending = HostNotStarted;
            Process->Why = strerror(errno);
            return;
        }
    }
    if (WIFSIGNALED(Status)) {
        Process->Ending = WTERMSIG(Status) == SIGABRT ? HostAborted : HostCrashed;
        Process->Why = strsignal(WTERMSIG(Status));
    } else {
        Process->Ending = HostExited;
        Process->Status = WEXITSTATUS(Status);
    }
}

VOID HostRunApart(int (*Routine)(PVOID Context), PVOID Context, const PCSTR *Arguments, HOST_PROCESS *Process)
{
    pid_t Parent = getpid();
    HOST_SHARED *Shared = mmap(NULL, sizeof(*Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    UNREFERENCED_PARAMETER(Arguments);
    memset(Process, 0, sizeof(*Process));
    Process->Ending = HostNotStarted;
    if (Shared == MAP_FAILED) {
        Process->Why = strerror(errno);
        return;
    }
    Shared->Report.Status = HOST_NO_STATUS;
    fflush(NULL); /* what was printed so far comes first, and once */
    pid_t Child = fork();
    if (Child == 0) {
        HostRunChild(Parent, Routine, Context, Shared);
    }
    if (Child < 0) {
        Process->Why = strerror(errno);
    } else {
        HostAwait(Child, Process);
        Process->Report = Shared->Report;
    }
    munmap(Shared, sizeof(*Shared));
}
