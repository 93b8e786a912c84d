/* runner.h: processes as the test runner and the tests that need one see them. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>
#include <stddef.h>

/* How a process ended: a signal (an access violation is SIGSEGV, abort() is SIGABRT), or its exit code. */
typedef struct RUNNER_END {
    bool Started;
    unsigned long Error; /* the host's number for why it did not start */
    bool InTime;
    int Signal; /* 0: none */
    int ExitCode;
} RUNNER_END;

/* Where a program's output goes: to this one's, or into a text of Bytes. */
typedef struct RUNNER_OUTPUT {
    char *Text;
    size_t Bytes;
    bool OfBothStreams; /* else of stderr only */
} RUNNER_OUTPUT;

/* Runs a program (NULL: this one) with a command line's arguments in a folder (NULL: this one) and waits for its end.
 */
RUNNER_END RunnerRun(const char *Program, const char *Arguments, const char *Folder, const RUNNER_OUTPUT *Output,
                     double Seconds);

/* What main does. */
int RunnerMain(int ArgumentCount, char **Arguments);

/* Keeps the host from asking a user what to do with a program that crashes. */
void RunnerPrepareHost(void);

/* Runs Body in another process, at this very place of this very test: that process runs the test again, without its
 * checks, until it gets here. Errors gets what it writes to stderr. */
RUNNER_END RunnerRunChild(void (*Body)(void), char *Errors, size_t Bytes);

#endif
