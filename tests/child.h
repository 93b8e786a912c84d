/* child.h: runs a function in a child process, for what ends the process, and shows what it wrote to stderr. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <stddef.h>
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

#endif
