/* windows_process.c: process.h on Windows. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>

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

LONG HostRunSelf(const PCSTR *Arguments, PCSTR *Why)
{
    static HOST_TEXT Line;
    CHAR Program[MAX_PATH];
    PROCESS_INFORMATION Process;
    DWORD Status;

    Line.Length = 0;
    Line.Overflown = FALSE;
    HostPutArgument(&Line, "poolemu");
    for (; *Arguments != NULL; Arguments++) {
        HostPut(&Line, ' ');
        HostPutArgument(&Line, *Arguments);
    }
    if (Line.Overflown) {
        *Why = "too many arguments";
        return -1;
    }
    fflush(NULL); /* what was printed so far comes first */
    DWORD Length = GetModuleFileNameA(NULL, Program, sizeof(Program));
    if (Length == 0 || Length == sizeof(Program) || !HostStart(Program, Line.Text, &Process)) {
        static CHAR Explanation[48];
        snprintf(Explanation, sizeof(Explanation), "CreateProcess fails with error %lu", (unsigned long)GetLastError());
        *Why = Explanation;
        return -1;
    }
    CloseHandle(Process.hThread);
    BOOL Known = WaitForSingleObject(Process.hProcess, INFINITE) == WAIT_OBJECT_0 &&
                 GetExitCodeProcess(Process.hProcess, &Status);
    CloseHandle(Process.hProcess);
    if (!Known) {
        *Why = "Windows does not tell how the process ended";
        return -1;
    }
    if (Status >= 0xC0000000) { /* an exception that nobody handled */
        *Why = Status == (DWORD)EXCEPTION_ACCESS_VIOLATION ? "Access violation" : "Unhandled exception";
        return -1;
    }
    if (Status == 3) {
        *Why = "Aborted"; /* what abort() leaves here; the command itself never ends with 3 */
        return -1;
    }
    return (LONG)Status;
}
