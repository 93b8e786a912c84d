/* tool_ending.c: ends the process, in the way and at the place that the environment variable TOOL_ENDING names. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

char *getenv(const char *Name);
int strcmp(const char *Left, const char *Right);
DECLSPEC_NORETURN void exit(int Status);
DECLSPEC_NORETURN void _exit(int Status);
DECLSPEC_NORETURN void abort(void);
#if !defined(_WIN32)
int execl(const char *Path, const char *Argument, ...);
DECLSPEC_NORETURN void pthread_exit(void *Value);
int close(int File);
#endif

static BOOLEAN IsWanted(const char *Ending)
{
    const char *Wanted = getenv("TOOL_ENDING");

    return Wanted != NULL && strcmp(Wanted, Ending) == 0;
}

static VOID EndAt(const char *const Endings[7])
{
    if (IsWanted(Endings[0])) {
        exit(0);
    }
    if (IsWanted(Endings[1])) {
        _exit(0);
    }
    if (IsWanted(Endings[2])) {
        exit(2);
    }
    if (IsWanted(Endings[3])) {
        abort();
    }
#if !defined(_WIN32)
    if (IsWanted(Endings[4])) {
        execl("/bin/true", "true", (char *)NULL);
    }
    if (IsWanted(Endings[5])) {
        pthread_exit(NULL);
    }
    if (IsWanted(Endings[6])) {
        close(1);
    }
#endif
}

static __attribute__((constructor)) void Construct(void)
{
    static const char *const Endings[] = {"exit constructor",  "_exit constructor", "exit2 constructor",
                                          "abort constructor", "exec constructor",  "pthread_exit constructor",
                                          "close constructor"};

    EndAt(Endings);
}

static __attribute__((destructor)) void Destruct(void)
{
    static const char *const Endings[] = {"-", "_exit destructor", "-", "abort destructor", "exec destructor", "-",
                                          "-"};

    EndAt(Endings);
}

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    static const char *const Endings[] = {"exit unload", "_exit unload",        "exit2 unload", "abort unload",
                                          "exec unload", "pthread_exit unload", "close unload"};

    UNREFERENCED_PARAMETER(DriverObject);
    EndAt(Endings);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const char *const Endings[] = {"exit entry", "_exit entry",        "exit2 entry", "abort entry",
                                          "exec entry", "pthread_exit entry", "close entry"};

    UNREFERENCED_PARAMETER(RegistryPath);
    EndAt(Endings);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
