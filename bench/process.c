/* process.c: the driver's workers: one process for each allocator, asked for one round at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

static void ProgramPath(char *Path, size_t Size, const char *Name)
{
    ssize_t Length = readlink("/proc/self/exe", Path, Size - 1);

    Path[Length < 0 ? 0 : Length] = 0;
    char *Slash = strrchr(Path, '/');
    size_t Directory = Slash == NULL ? 0 : (size_t)(Slash + 1 - Path);
    snprintf(Path + Directory, Size - Directory, "%s", Name);
}

static _Noreturn void RunProgram(const char *Path, const ALLOCATOR *Allocator, int Socket)
{
    if (Allocator->Preload != NULL) {
        setenv("LD_PRELOAD", Allocator->Preload, 1);
    } else {
        unsetenv("LD_PRELOAD");
    }
    dup2(Socket, STDIN_FILENO);
    execl(Path, Path, Allocator->Way, (char *)NULL);
    fprintf(stderr, "poolemu_bench: cannot start %s: %s\n", Path, strerror(errno));
    _exit(127);
}

static _Noreturn void Lost(const ALLOCATOR *Allocator)
{
    fprintf(stderr, "poolemu_bench: the process of %s has ended unexpectedly\n", Allocator->Name);
    exit(1);
}

bool StartWorker(WORKER *Worker, const ALLOCATOR *Allocator)
{
    char Path[4096];
    int Sockets[2];

    ProgramPath(Path, sizeof(Path), Allocator->Program);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, Sockets) != 0) {
        perror("poolemu_bench: socketpair");
        exit(1);
    }
    fflush(NULL);
    Worker->Process = fork();
    if (Worker->Process < 0) {
        perror("poolemu_bench: fork");
        exit(1);
    }
    if (Worker->Process == 0) {
        RunProgram(Path, Allocator, Sockets[1]);
    }
    close(Sockets[1]);
    Worker->Socket = Sockets[0];
    if (recv(Worker->Socket, &Worker->Hello, sizeof(Worker->Hello), MSG_WAITALL) != sizeof(Worker->Hello)) {
        Lost(Allocator);
    }
    if (Allocator->Library != NULL && strstr(Worker->Hello.Library, Allocator->Library) == NULL) {
        StopWorker(Worker); /* the dynamic linker goes on without a library that is not there */
        return false;
    }
    return true;
}

BENCH_ANSWER AskWorker(const WORKER *Worker, const ALLOCATOR *Allocator, const BENCH_REQUEST *Request)
{
    BENCH_ANSWER Answer;

    if (send(Worker->Socket, Request, sizeof(*Request), MSG_NOSIGNAL) != sizeof(*Request) ||
        recv(Worker->Socket, &Answer, sizeof(Answer), MSG_WAITALL) != sizeof(Answer)) {
        Lost(Allocator);
    }
    return Answer;
}

void StopWorker(WORKER *Worker)
{
    close(Worker->Socket);
    waitpid(Worker->Process, NULL, 0);
}
