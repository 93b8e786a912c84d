/* linux.c: runner.h on Linux, for processors that there is no Criterion for. A test's process is a fork. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"

void RunnerPrepareHost(void)
{
}

/* Only this program, with a test's name: what else the suites start, child.h does. */
RUNNER_END RunnerRun(const char *Program, const char *Arguments, const char *Folder, const RUNNER_OUTPUT *Output,
                     double Seconds)
{
    RUNNER_END End = {.Started = false, .Error = ENOSYS};
    char Name[512];
    int Status = 0;

    if (Program != NULL || Folder != NULL || Output != NULL) {
        return End;
    }
    fflush(NULL);
    pid_t Child = fork();
    if (Child == 0) {
        char *Vector[] = {Name, Name, NULL};
        snprintf(Name, sizeof(Name), "%s", Arguments);
        alarm((unsigned)Seconds);
        int Code = RunnerMain(2, Vector);
        fflush(NULL);
        _exit(Code);
    }
    if (Child == -1 || waitpid(Child, &Status, 0) == -1) {
        End.Error = (unsigned long)errno;
        return End;
    }
    End.Started = true;
    End.InTime = !WIFSIGNALED(Status) || WTERMSIG(Status) != SIGALRM;
    End.Signal = WIFSIGNALED(Status) ? WTERMSIG(Status) : 0;
    End.ExitCode = WIFEXITED(Status) ? WEXITSTATUS(Status) : 0;
    return End;
}
