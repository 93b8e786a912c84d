/* main.c: loads the driver, has it make the mistake that the argument names, and unloads it. Without an argument it
 * lists them. Status 0: nothing noticed the mistake. */
#include <stdio.h>
#include <string.h>

#include "bugs.h"
#include "poolemu.h"

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

int main(int Count, char **Arguments)
{
    if (Count == 1) {
        const BUG *Bug;
        for (SIZE_T Index = 0; (Bug = BugAt(Index)) != NULL; Index++) {
            puts(Bug->Name);
        }
        return 0;
    }
    const BUG *Bug = Count == 2 ? FindBug(Arguments[1]) : NULL;
    if (Bug == NULL) {
        fprintf(stderr, "usage: %s [BUG]\nWithout an argument it lists them.\n", Arguments[0]);
        return 2;
    }
    MakeMistake(Bug);
    return 0;
}
