/* Threads that all come first: each calls another routine, and all find the options in force. Returns 0 when all is
 * well. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poolemu.h"

enum {
    THREADS = 8,
};

static pthread_barrier_t Start;

static BOOLEAN FindsOptions(ULONG Thread)
{
    switch (Thread % 4) {
    case 0:
        return strcmp(EmuWindows()->Name, "win7") == 0;
    case 1:
        return EmuVerifier() == EMU_VERIFIER_MISCELLANEOUS;
    case 2:
        return ExAllocatePoolWithTag(PagedPool, 24, 'tseT') == NULL;
    default:
        return EmuSanitizer() != NULL;
    }
}

static void *Work(void *Context)
{
    pthread_barrier_wait(&Start);
    return FindsOptions((ULONG)(ULONG_PTR)Context) ? NULL : Context;
}

static void SetVariable(const char *Name, const char *Value)
{
#if defined(_WIN32)
    _putenv_s(Name, Value);
#else
    setenv(Name, Value, 1);
#endif
}

int main(void)
{
    pthread_t Threads[THREADS];
    int Failed = 0;

    SetVariable("POOLEMU_WINDOWS", "win7");
    SetVariable("POOLEMU_VERIFIER", "misc");
    SetVariable("POOLEMU_FAULTS", "from=1");
    pthread_barrier_init(&Start, NULL, THREADS);
    for (ULONG_PTR Index = 0; Index < THREADS; Index++) {
        pthread_create(&Threads[Index], NULL, Work, (void *)(Index + 1));
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        void *Result;
        pthread_join(Threads[Index], &Result);
        if (Result != NULL) {
            fprintf(stderr, "thread %lu did not find its option in force\n", (unsigned long)(ULONG_PTR)Result);
            Failed = 1;
        }
    }
    return Failed;
}
