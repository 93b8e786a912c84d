/* windows.c: runner.h on Windows. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <signal.h>
#include <stdio.h>

#include "runner.h"

enum {
    EXIT_CODE_OF_ABORT = 3
};

void RunnerPrepareHost(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
}

static bool MakePipe(HANDLE *ReadEnd, HANDLE *WriteEnd)
{
    SECURITY_ATTRIBUTES Inherited = {.nLength = sizeof(Inherited), .bInheritHandle = TRUE};

    return CreatePipe(ReadEnd, WriteEnd, &Inherited, 0) && SetHandleInformation(*ReadEnd, HANDLE_FLAG_INHERIT, 0);
}

/* To its end, as much of it as there is room for. */
static void ReadAll(HANDLE ReadEnd, const RUNNER_OUTPUT *Output)
{
    size_t Length = 0;
    char Rest[256];
    DWORD Count;

    for (;;) {
        size_t Free = Output->Bytes - 1 - Length;
        if (!ReadFile(ReadEnd, Free != 0 ? Output->Text + Length : Rest, (DWORD)(Free != 0 ? Free : sizeof(Rest)),
                      &Count, NULL) ||
            Count == 0) {
            break;
        }
        Length += Free != 0 ? Count : 0;
    }
    Output->Text[Length] = 0;
}

/* The C library writes line ends as Windows has them. */
static void DropCarriageReturns(char *Text)
{
    char *To = Text;

    for (const char *From = Text; *From != 0; From++) {
        if (From[0] != '\r' || From[1] != '\n') {
            *To++ = *From;
        }
    }
    *To = 0;
}

static RUNNER_END WaitForEnd(HANDLE Process, double Seconds)
{
    RUNNER_END End = {.Started = true};
    DWORD Code = 0;

    End.InTime = WaitForSingleObject(Process, (DWORD)(Seconds * 1000)) == WAIT_OBJECT_0;
    if (!End.InTime) {
        TerminateProcess(Process, 1);
        WaitForSingleObject(Process, INFINITE);
    }
    GetExitCodeProcess(Process, &Code);
    End.ExitCode = (int)Code;
    End.Signal = Code == EXIT_CODE_OF_ABORT ? SIGABRT : (Code & 0xF0000000) == 0xC0000000 ? SIGSEGV : 0;
    return End;
}

RUNNER_END RunnerRun(const char *Program, const char *Arguments, const char *Folder, const RUNNER_OUTPUT *Output,
                     double Seconds)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE ReadEnd = NULL, WriteEnd = NULL;
    char Self[MAX_PATH], Line[2048];
    RUNNER_END End = {.Started = false};

    if (Program == NULL) {
        GetModuleFileNameA(NULL, Self, sizeof(Self));
        Program = Self;
    }
    snprintf(Line, sizeof(Line), "\"%s\" %s", Program, Arguments);
    if (Output != NULL) {
        Output->Text[0] = 0;
        if (!MakePipe(&ReadEnd, &WriteEnd)) {
            End.Error = GetLastError();
            return End;
        }
        Startup.dwFlags = STARTF_USESTDHANDLES;
        Startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
        Startup.hStdOutput = Output->OfBothStreams ? WriteEnd : GetStdHandle(STD_OUTPUT_HANDLE);
        Startup.hStdError = WriteEnd;
    }
    fflush(NULL);
    BOOL Started = FALSE;
    for (int Attempt = 0; Attempt < 3 && !Started; Attempt++) { /* Wine has been seen to fail with 1359 under load */
        Started = CreateProcessA(Program, Line, NULL, NULL, TRUE, 0, NULL, Folder, &Startup, &Process);
        End.Error = Started ? 0 : GetLastError();
    }
    if (WriteEnd != NULL) {
        CloseHandle(WriteEnd);
    }
    if (Started) {
        if (Output != NULL) {
            ReadAll(ReadEnd, Output);
            DropCarriageReturns(Output->Text);
        }
        if (Process.hProcess != NULL) {
            End = WaitForEnd(Process.hProcess, Seconds);
            CloseHandle(Process.hThread);
            CloseHandle(Process.hProcess);
        } else { /* no program for Windows: Wine starts it, and tells no more of it */
            End.Started = End.InTime = true;
        }
    }
    if (ReadEnd != NULL) {
        CloseHandle(ReadEnd);
    }
    return End;
}
