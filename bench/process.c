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

bool IsInstalled(const char *Command)
{
    char Test[64];

    snprintf(Test, sizeof(Test), "command -v %s >/dev/null", Command);
    return system(Test) == 0;
}

static _Noreturn void RunProgram(const char *Path, const ALLOCATOR *Allocator, int Socket, const char *Counts)
{
    char Option[96];

    snprintf(Option, sizeof(Option), "--callgrind-out-file=%s", Counts);
    if (Allocator->Preload != NULL) {
        setenv("LD_PRELOAD", Allocator->Preload, 1);
    } else {
        unsetenv("LD_PRELOAD");
    }
    dup2(Socket, STDIN_FILENO);
    if (*Counts != 0) {
        execlp("valgrind", "valgrind", "--tool=callgrind", "-q", Option, Path, Allocator->Way, (char *)NULL);
    } else {
        execl(Path, Path, Allocator->Way, (char *)NULL);
    }
    fprintf(stderr, "poolemu_bench: cannot start %s: %s\n", Path, strerror(errno));
    _exit(127);
}

static _Noreturn void Lost(const ALLOCATOR *Allocator)
{
    fprintf(stderr, "poolemu_bench: the process of %s has ended unexpectedly\n", Allocator->Name);
    exit(1);
}

/* A directory for callgrind's files, and their name in it. */
static void MakeCounts(char *Counts, size_t Size)
{
    snprintf(Counts, Size, "/tmp/poolemu_bench-XXXXXX");
    if (mkdtemp(Counts) == NULL) {
        perror("poolemu_bench: /tmp");
        exit(1);
    }
    strcat(Counts, "/counts");
}

bool StartWorker(WORKER *Worker, const ALLOCATOR *Allocator, bool UnderCallgrind)
{
    char Path[4096];
    int Sockets[2];

    *Worker = (WORKER){0};
    if (UnderCallgrind) {
        MakeCounts(Worker->Counts, sizeof(Worker->Counts));
    }
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
        RunProgram(Path, Allocator, Sockets[1], Worker->Counts);
    }
    close(Sockets[1]);
    Worker->Socket = Sockets[0];
    if (recv(Worker->Socket, &Worker->Hello, sizeof(Worker->Hello), MSG_WAITALL) != sizeof(Worker->Hello)) {
        if (!UnderCallgrind) {
            Lost(Allocator);
        }
        StopWorker(Worker);
        return false;
    }
    if (Allocator->Library != NULL && strstr(Worker->Hello.Library, Allocator->Library) == NULL) {
        StopWorker(Worker); /* the dynamic linker goes on without a library that is not there */
        return false;
    }
    return true;
}

/* The file of an answer ends with its number; the line with the sum is "totals: 123". */
static uint64_t ReadCounts(const WORKER *Worker)
{
    char Path[96], Line[256];
    unsigned long long Instructions = 0;

    snprintf(Path, sizeof(Path), "%s.%u", Worker->Counts, Worker->Answers);
    FILE *File = fopen(Path, "r");
    while (File != NULL && fgets(Line, sizeof(Line), File) != NULL) {
        sscanf(Line, "totals: %llu", &Instructions);
    }
    if (Instructions == 0) {
        fprintf(stderr, "poolemu_bench: no counts of callgrind in %s\n", Path);
        exit(1);
    }
    fclose(File);
    unlink(Path);
    return Instructions;
}

BENCH_ANSWER AskWorker(WORKER *Worker, const ALLOCATOR *Allocator, const BENCH_REQUEST *Request)
{
    BENCH_ANSWER Answer;

    if (send(Worker->Socket, Request, sizeof(*Request), MSG_NOSIGNAL) != sizeof(*Request) ||
        recv(Worker->Socket, &Answer, sizeof(Answer), MSG_WAITALL) != sizeof(Answer)) {
        Lost(Allocator);
    }
    Worker->Answers++;
    if (*Worker->Counts != 0) {
        Answer.Instructions = ReadCounts(Worker);
    }
    return Answer;
}

void StopWorker(WORKER *Worker)
{
    close(Worker->Socket);
    waitpid(Worker->Process, NULL, 0);
    if (*Worker->Counts != 0) {
        unlink(Worker->Counts);
        *strrchr(Worker->Counts, '/') = 0;
        rmdir(Worker->Counts);
    }
    *Worker = (WORKER){0};
}
