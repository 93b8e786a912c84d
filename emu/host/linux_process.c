/* linux_process.c: process.h on Linux. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "host/process.h"

extern char **environ;

enum {
    HOST_MAXIMUM_ARGUMENTS = 16
};

LONG HostRunSelf(const PCSTR *Arguments, PCSTR *Why)
{
    char *Vector[HOST_MAXIMUM_ARGUMENTS + 2] = {(char *)"poolemu"};
    pid_t Process;
    int Status;

    for (SIZE_T Index = 0; Arguments[Index] != NULL; Index++) {
        if (Index == HOST_MAXIMUM_ARGUMENTS) {
            *Why = "too many arguments";
            return -1;
        }
        Vector[Index + 1] = (char *)Arguments[Index];
    }
    fflush(NULL); /* what was printed so far comes first */
    int Error = posix_spawn(&Process, "/proc/self/exe", NULL, NULL, Vector, environ);
    if (Error != 0) {
        *Why = strerror(Error);
        return -1;
    }
    while (waitpid(Process, &Status, 0) == -1) {
        if (errno != EINTR) {
            *Why = strerror(errno);
            return -1;
        }
    }
    if (WIFSIGNALED(Status)) {
        *Why = strsignal(WTERMSIG(Status));
        return -1;
    }
    return WEXITSTATUS(Status);
}
