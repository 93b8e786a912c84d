/* runner.c: runs tests written for Criterion, each in a process of its own: this program again, with its name.
 *
 * PROGRAM                      all tests; fails when one fails, or when there is none
 * PROGRAM SUITE/NAME [CHILD]   one test; or of that test only what it does in its CHILDth child process, from 1 on */
#include <stdarg.h>

#include "criterion/criterion.h"
#include "runner.h"

enum {
    PASSED = 0,
    FAILED = 1,
    SKIPPED = 77,
    DEFAULT_SECONDS = 600, /* ctest has a limit of its own for the suite */
};

static RUNNER_TEST *Tests; /* in the order of their lines */
static RUNNER_TEST *Suites;
static const RUNNER_TEST *Running;
static bool HasFailed;
static int WantedChild; /* 0: this is the test itself */
static int Children;

void RunnerAdd(RUNNER_TEST *Test)
{
    RUNNER_TEST **Place = Test->Name == NULL ? &Suites : &Tests;

    while (*Place != NULL && (*Place)->Line < Test->Line) {
        Place = &(*Place)->Next;
    }
    Test->Next = *Place;
    *Place = Test;
}

static const RUNNER_OPTIONS *OptionsOfSuite(const RUNNER_TEST *Test)
{
    static const RUNNER_OPTIONS None;

    for (const RUNNER_TEST *Suite = Suites; Suite != NULL; Suite = Suite->Next) {
        if (strcmp(Suite->Suite, Test->Suite) == 0) {
            return &Suite->Options;
        }
    }
    return &None;
}

/* ---- In the process of a test --------------------------------------------------------------------------------- */

void RunnerFail(bool Fatal, const char *File, int Line, const char *Expression, const char *Format, ...)
{
    va_list Arguments;

    if (WantedChild != 0) {
        return; /* what the earlier children did is not known here */
    }
    va_start(Arguments, Format);
    fprintf(stderr, "%s:%d: %s:", File, Line, Expression);
    vfprintf(stderr, Format, Arguments);
    fprintf(stderr, "\n");
    fflush(NULL);
    va_end(Arguments);
    HasFailed = true;
    if (Fatal) {
        _Exit(FAILED);
    }
}

void RunnerSkip(const char *Reason)
{
    printf("[SKIP] %s::%s: %s\n", Running->Suite, Running->Name, Reason);
    fflush(NULL);
    _Exit(SKIPPED);
}

RUNNER_END RunnerRunChild(void (*Body)(void), char *Errors, size_t Bytes)
{
    RUNNER_END End = {.Started = true, .InTime = true};
    RUNNER_OUTPUT Output = {Errors, Bytes, false};
    char Arguments[512];

    Errors[0] = 0;
    Children++;
    if (WantedChild == 0) {
        snprintf(Arguments, sizeof(Arguments), "%s/%s %d", Running->Suite, Running->Name, Children);
        End = RunnerRun(NULL, Arguments, NULL, &Output, DEFAULT_SECONDS);
    } else if (Children == WantedChild) {
        Body();
        fflush(NULL);
        _Exit(0);
    }
    return End;
}

static int RunInThisProcess(const RUNNER_TEST *Test)
{
    const RUNNER_OPTIONS *Suite = OptionsOfSuite(Test);
    void (*Init)(void) = Test->Options.init != NULL ? Test->Options.init : Suite->init;
    void (*Fini)(void) = Test->Options.fini != NULL ? Test->Options.fini : Suite->fini;

    Running = Test;
    if (Init != NULL) {
        Init();
    }
    Test->Body();
    if (Fini != NULL) {
        Fini();
    }
    return HasFailed ? FAILED : PASSED;
}

/* ---- In the process of the suite ------------------------------------------------------------------------------ */

#if defined(RUNNER_SKIPS)
/* A line "SUITE/NAME: REASON" for each test that cannot pass on this host. */
static bool IsSkippedBy(const char *Path, const RUNNER_TEST *Test)
{
    FILE *File = fopen(Path, "r");
    char Line[512], Name[512];
    int Length = snprintf(Name, sizeof(Name), "%s/%s: ", Test->Suite, Test->Name);
    bool Found = false;

    if (File == NULL) {
        fprintf(stderr, "there is no file %s\n", Path);
        exit(2);
    }
    while (!Found && fgets(Line, sizeof(Line), File) != NULL) {
        Found = strncmp(Line, Name, (size_t)Length) == 0;
    }
    fclose(File);
    if (Found) {
        printf("[SKIP] %s::%s: %s", Test->Suite, Test->Name, Line + Length);
    }
    return Found;
}

static bool IsSkipped(const RUNNER_TEST *Test)
{
    static const char *const Files[] = {RUNNER_SKIPS};
    bool Found = false;

    for (size_t Index = 0; Index < sizeof(Files) / sizeof(Files[0]) && !Found; Index++) {
        Found = IsSkippedBy(Files[Index], Test);
    }
    return Found;
}
#else
static bool IsSkipped(const RUNNER_TEST *Test)
{
    (void)Test;
    return false;
}
#endif

static int RunInNewProcess(const RUNNER_TEST *Test)
{
    const RUNNER_OPTIONS *Options = &Test->Options;
    char Arguments[512];

    snprintf(Arguments, sizeof(Arguments), "%s/%s", Test->Suite, Test->Name);
    RUNNER_END End = RunnerRun(NULL, Arguments, NULL, NULL, Options->timeout != 0 ? Options->timeout : DEFAULT_SECONDS);
    if (End.Started && End.InTime && End.Signal == 0 && End.ExitCode == SKIPPED) {
        return SKIPPED;
    }
    if (End.Started && End.InTime && End.Signal == Options->signal &&
        (End.Signal != 0 || End.ExitCode == Options->exit_code)) {
        return PASSED;
    }
    printf("[FAIL] %s::%s", Test->Suite, Test->Name);
    if (!End.Started) {
        printf(": its process did not start, error %lu\n", End.Error);
    } else if (!End.InTime) {
        printf(": it took too long\n");
    } else if (End.Signal != 0) {
        printf(": signal %d\n", End.Signal);
    } else {
        printf(": exit code %d\n", End.ExitCode);
    }
    return FAILED;
}

static int RunAll(void)
{
    int Passed = 0, Skipped = 0, Failed = 0;

    for (const RUNNER_TEST *Test = Tests; Test != NULL; Test = Test->Next) {
        int Result = IsSkipped(Test) ? SKIPPED : RunInNewProcess(Test);
        Passed += Result == PASSED;
        Skipped += Result == SKIPPED;
        Failed += Result == FAILED;
    }
    printf("[====] passed: %d, skipped: %d, failed: %d\n", Passed, Skipped, Failed);
    return Failed == 0 && Passed + Skipped > 0 ? 0 : 1;
}

int RunnerMain(int ArgumentCount, char **Arguments)
{
    char Name[512];

    setvbuf(stdout, NULL, _IONBF, 0);
    RunnerPrepareHost();
    if (ArgumentCount == 1) {
        return RunAll();
    }
    if (ArgumentCount > 2) {
        WantedChild = atoi(Arguments[2]);
    }
    for (const RUNNER_TEST *Test = Tests; Test != NULL; Test = Test->Next) {
        snprintf(Name, sizeof(Name), "%s/%s", Test->Suite, Test->Name);
        if (strcmp(Name, Arguments[1]) == 0) {
            return RunInThisProcess(Test);
        }
    }
    fprintf(stderr, "there is no test '%s'\n", Arguments[1]);
    return 2;
}

int main(int ArgumentCount, char **Arguments)
{
    return RunnerMain(ArgumentCount, Arguments);
}
