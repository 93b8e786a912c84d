/* main.c: loads the driver, has it make the mistake that the argument names, and unloads it. Without an argument it
 * lists them. Status 0: nothing noticed the mistake. With several arguments each mistake is made in a forked child, and
 * a line says how it ended: valgrind takes much longer to start than to run one. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bugs.h"
#include "poolemu.h"

enum {
    SECONDS_FOR_ONE = 60
};

static const BUG *FindBug(PCSTR Name)
{
    SIZE_T Index = 0;
    const BUG *Bug;

    do {
        Bug = BugAt(Index++);
    } while (Bug != NULL && strcmp(Bug->Name, Name) != 0);
    return Bug;
}

static VOID MakeMistake(const BUG *Bug)
{
    PDRIVER_OBJECT Driver;

    ChooseBug(Bug);
    if (!NT_SUCCESS(EmuLoadDriver(DriverEntry, "bugs", &Driver))) {
        return; /* as its DriverEntry wants it */
    }
    if (Bug->Run != NULL) {
        Bug->Run();
    }
    EmuUnloadDriver(Driver);
    if (Bug->Late != NULL) {
        Bug->Late();
    }
}

/* The exit status, or -signal. */
static int RunChild(const BUG *Bug)
{
    int Status = 0;
    pid_t Child = fork();

    if (Child == 0) {
        alarm(SECONDS_FOR_ONE);
        MakeMistake(Bug);
        fflush(stdout);
        _exit(0);
    }
    waitpid(Child, &Status, 0);
    return WIFSIGNALED(Status) ? -WTERMSIG(Status) : WEXITSTATUS(Status);
}

static int RunChildren(int Count, char **Names)
{
    for (int Index = 0; Index < Count; Index++) {
        const BUG *Bug = FindBug(Names[Index]);
        if (Bug == NULL) {
            return 2;
        }
        int Status = RunChild(Bug);
        printf("\n--- %s ended with %d\n", Bug->Name, Status);
        fflush(stdout); /* before the next one writes, and before the next fork */
    }
    return 0;
}

int main(int Count, char **Arguments)
{
    if (Count == 1) {
        const BUG *Bug;
        for (SIZE_T Index = 0; (Bug = BugAt(Index)) != NULL; Index++) {
            puts(Bug->Name);
        }
        return 0;
    }
    if (Count > 2) {
        return RunChildren(Count - 1, Arguments + 1);
    }
    const BUG *Bug = Count == 2 ? FindBug(Arguments[1]) : NULL;
    if (Bug == NULL) {
        fprintf(stderr, "usage: %s [BUG]...\nWithout an argument it lists them.\n", Arguments[0]);
        return 2;
    }
    MakeMistake(Bug);
    return 0;
}
