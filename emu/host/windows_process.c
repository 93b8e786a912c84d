/* windows_process.c: process.h on Windows. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define _NTDEF_ /* process.h's types are those of windows.h here */
#include "host/process.h"

enum {
    HOST_COMMAND_LINE = 32767
};

typedef struct HOST_TEXT {
    CHAR Text[HOST_COMMAND_LINE];
    SIZE_T Length;
    BOOLEAN Overflown;
} HOST_TEXT;

static VOID HostPut(HOST_TEXT *Line, CHAR Character)
{
    if (Line->Length + 1 < sizeof(Line->Text)) {
        Line->Text[Line->Length++] = Character;
        Line->Text[Line->Length] = 0;
    } else {
        Line->Overflown = TRUE;
    }
}

/* In quotation marks; backslashes are doubled in front of one, as the C library reads a command line. */
static VOID HostPutArgument(HOST_TEXT *Line, PCSTR Argument)
{
    SIZE_T Backslashes = 0;

    HostPut(Line, '"');
    for (; *Argument != 0; Argument++) {
        if (*Argument == '"') {
            for (; Backslashes > 0; Backslashes--) {
                HostPut(Line, '\\');
            }
            HostPut(Line, '\\');
        }
        Backslashes = *Argument == '\\' ? Backslashes + 1 : 0;
        HostPut(Line, *Argument);
    }
    for (; Backslashes > 0; Backslashes--) {
        HostPut(Line, '\\');
    }
    HostPut(Line, '"');
}

/* One time in some thousands a process of Wine's ends before its program begins, which is an internal error to the one
 * who wanted it. Nothing of it has run then, so another one is started. */
static BOOL HostStart(PCSTR Program, PSTR Line, PROCESS_INFORMATION *Process)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    ULONG Attempts = 0;
    BOOL Started;

    do {
        Started = CreateProcessA(Program, Line, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, Process);
        Attempts++;
    } while (!Started && GetLastError() == ERROR_INTERNAL_ERROR && Attempts < 3);
    return Started;
}

/* The child learns the handle of the memory that it shares with its parent by this variable, and deletes it. */
static const CHAR HostReportVariable[] = "EMU_REPORT_HANDLE";

HOST_REPORT *HostFindReport(VOID)
{
    static HOST_REPORT *Report;
    CHAR Value[32];

    if (GetEnvironmentVariableA(HostReportVariable, Value, sizeof(Value)) != 0) {
        HANDLE Memory = (HANDLE)(ULONG_PTR)strtoull(Value, NULL, 10);
        Report = MapViewOfFile(Memory, FILE_MAP_WRITE, 0, 0, sizeof(*Report));
        CloseHandle(Memory);
        SetEnvironmentVariableA(HostReportVariable, NULL);
    }
    return Report;
}

VOID HostReportCrashes(PCSTR ImagePath)
{
    (VOID) ImagePath; /* here the exception is all that is told */
}

VOID HostOpenStreams(VOID)
{
    /* handles have no numbers that anybody relies on */
}

static VOID HostAwait(const PROCESS_INFORMATION *Child, HOST_PROCESS *Process)
{
    DWORD Status;

    if (WaitForSingleObject(Child->hProcess, INFINITE) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess(Child->hProcess, &Status)) {
        Process->Why = "Windows does not tell how the process ended";
        return;
    }
    Process->Ending = HostCrashed;
    if (Status >= 0xC0000000) { /* an exception that nobody handled */
        Process->Why = Status == (DWORD)EXCEPTION_ACCESS_VIOLATION ? "Access violation" : "Unhandled exception";
    } else if (Status == (DWORD)EXCEPTION_BREAKPOINT) {
        Process->Why = "Breakpoint";
    } else if (Status == 3) { /* what abort() leaves here; the command itself never ends with 3 */
        Process->Ending = HostAborted;
        Process->Why = "Aborted";
    } else {
        Process->Ending = HostExited;
        Process->Status = (LONG)Status;
    }
}

static VOID HostStartAndAwait(const PCSTR *Arguments, HOST_PROCESS *Process)
{
    static HOST_TEXT Line;
    CHAR Program[MAX_PATH];
    PROCESS_INFORMATION Child;

    Line.Length = 0;
    Line.Overflown = FALSE;
    HostPutArgument(&Line, "poolemu");
    for (; *Arguments != NULL; Arguments++) {
        HostPut(&Line, ' ');
        HostPutArgument(&Line, *Arguments);
    }
    if (Line.Overflown) {
        Process->Why = "the arguments are too long";
        return;
    }
    fflush(NULL); /* what was printed so far comes first */
    DWORD Length = GetModuleFileNameA(NULL, Program, sizeof(Program));
    if (Length == 0 || Length == sizeof(Program) || !HostStart(Program, Line.Text, &Child)) {
        static CHAR Explanation[48];
        snprintf(Explanation, sizeof(Explanation), "CreateProcess fails with error %lu", (unsigned long)GetLastError());
        Process->Why = Explanation;
        return;
    }
    CloseHandle(Child.hThread);
    HostAwait(&Child, Process);
    CloseHandle(Child.hProcess);
}

VOID HostRunApart(int (*Routine)(PVOID Context), PVOID Context, const PCSTR *Arguments, HOST_PROCESS *Process)
{
    SECURITY_ATTRIBUTES Inherited = {sizeof(Inherited), NULL, TRUE};
    HANDLE Memory = CreateFileMappingA(INVALID_HANDLE_VALUE, &Inherited, PAGE_READWRITE, 0, sizeof(HOST_REPORT), NULL);
    HOST_REPORT *Report = Memory == NULL ? NULL : MapViewOfFile(Memory, FILE_MAP_WRITE, 0, 0, sizeof(*Report));
    CHAR Value[32];

    (VOID) Routine;
    (VOID) Context;
    memset(Process, 0, sizeof(*Process));
    Process->Ending = HostNotStarted;
    if (Report == NULL) {
        Process->Why = "Windows has no memory for the report of a process";
    } else {
        Report->Status = HOST_NO_STATUS;
        snprintf(Value, sizeof(Value), "%llu", (unsigned long long)(ULONG_PTR)Memory);
        SetEnvironmentVariableA(HostReportVariable, Value);
        HostStartAndAwait(Arguments, Process);
        SetEnvironmentVariableA(HostReportVariable, NULL);
        Process->Report = *Report;
        UnmapViewOfFile(Report);
    }
    if (Memory != NULL) {
        CloseHandle(Memory);
    }
}
