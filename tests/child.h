/* child.h: runs a function or a program in a child process, for what ends the process, and shows what it wrote. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <stddef.h>
#include <stdio.h>

#if defined(_WIN32)

#include "runner.h"

/* A status as waitpid has it. */
#define WIFSIGNALED(Status) (((Status)&0xFF) != 0)
#define WTERMSIG(Status) ((Status)&0xFF)
#define WIFEXITED(Status) (((Status)&0xFF) == 0)
#define WEXITSTATUS(Status) ((Status) >> 8 & 0xFF)

static inline int RunChild(void (*Body)(void), char *Errors, size_t Bytes)
{
    RUNNER_END End = RunnerRunChild(Body, Errors, Bytes);

    return !End.Started || !End.InTime ? -1 : End.Signal != 0 ? End.Signal : (End.ExitCode & 0xFF) << 8;
}

static inline int RunProgram(const char *Folder, const char *Program, const char *Arguments, char *Text, size_t Bytes)
{
    RUNNER_OUTPUT Output = {Text, Bytes, true};
    RUNNER_END End = RunnerRun(Program, Arguments, Folder, &Output, 120);

    return End.Started && End.InTime && End.Signal == 0 ? End.ExitCode : -1;
}

#else

#include <sys/wait.h>
#include <unistd.h>

/* Returns the status of waitpid. Errors gets the first Bytes - 1 characters. A Body that returns ends with status 0. */
static inline int RunChild(void (*Body)(void), char *Errors, size_t Bytes)
{
    int Pipe[2];
    int Status = -1;
    size_t Length = 0;
    ssize_t Count;
    char Rest[256];
    pid_t Child;

    if (pipe(Pipe) != 0) {
        return -1;
    }

    Child = fork();
    if (Child == 0) {
        dup2(Pipe[1], STDERR_FILENO);
        close(Pipe[0]);
        close(Pipe[1]);
        Body();
        _exit(0);
    }

    close(Pipe[1]);
    do {
        size_t Free = Bytes - 1 - Length;

        Count = read(Pipe[0], Free != 0 ? Errors + Length : Rest, Free != 0 ? Free : sizeof(Rest));
        if (Count > 0 && Free != 0) {
            Length += (size_t)Count;
        }
    } while (Count > 0);
    Errors[Length] = 0;
    close(Pipe[0]);

    waitpid(Child, &Status, 0);
    return Status;
}

/* Runs a program in a folder; Text gets what it wrote to both streams. Returns the exit status, -1 when it has none. */
static inline int RunProgram(const char *Folder, const char *Program, const char *Arguments, char *Text, size_t Bytes)
{
    char Line[4096];

    snprintf(Line, sizeof(Line), "cd '%s' && '%s' %s 2>&1", Folder, Program, Arguments);
    FILE *Stream = popen(Line, "r");
    if (Stream == NULL) {
        return -1;
    }
    Text[fread(Text, 1, Bytes - 1, Stream)] = 0;
    int Status = pclose(Stream);
    return WIFEXITED(Status) ? WEXITSTATUS(Status) : -1;
}

#endif

#endif
