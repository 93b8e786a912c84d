/* windows_source.c: lines of source behind code addresses, as dbghelp.dll reads them from an image's debug information:
 * Windows' own from .pdb files, Wine's from DWARF up to version 4, too. */
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0601
#include <windows.h>

#include <dbghelp.h>
#include <stdio.h>
#include <string.h>

#define _NTDEF_ /* host.h's types are those of windows.h here; their layout is the same */
#include "host/host.h"
#include "host/image.h"

/* Loaded when somebody asks for a line. */
static struct {
    __typeof__(SymGetOptions) *Options;
    __typeof__(SymSetOptions) *SetOptions;
    __typeof__(SymInitialize) *Begin;
    __typeof__(SymCleanup) *End;
    __typeof__(SymLoadModuleEx) *Load;
    __typeof__(SymGetModuleBase64) *Module;
    __typeof__(SymFromAddr) *Function;
    __typeof__(SymGetLineFromAddr64) *Line;
} HostHelp;

static HOST_LOCK HostSourceLock;
static PCSTR HostSourceError; /* why there is no dbghelp.dll */
static HANDLE HostImages;     /* what it knows this process by: not the handle that the program may use with it */

static BOOLEAN HostLoadHelp(VOID)
{
    static const struct {
        PCSTR Name;
        PVOID *Routine;
    } Routines[] = {
        {"SymGetOptions", (PVOID *)&HostHelp.Options},     {"SymSetOptions", (PVOID *)&HostHelp.SetOptions},
        {"SymInitialize", (PVOID *)&HostHelp.Begin},       {"SymLoadModuleEx", (PVOID *)&HostHelp.Load},
        {"SymGetModuleBase64", (PVOID *)&HostHelp.Module}, {"SymFromAddr", (PVOID *)&HostHelp.Function},
        {"SymGetLineFromAddr64", (PVOID *)&HostHelp.Line}, {"SymCleanup", (PVOID *)&HostHelp.End},
    };
    HANDLE Process = GetCurrentProcess();
    PCSTR Ignored;

    if (HostImages != NULL || HostSourceError != NULL) {
        return HostSourceError == NULL;
    }
    PVOID Library = HostLoadLibrary("dbghelp.dll", &Ignored);
    if (Library == NULL) {
        HostSourceError = "lines of source take dbghelp.dll, and there is none";
    }
    for (SIZE_T Index = 0; HostSourceError == NULL && Index < sizeof(Routines) / sizeof(Routines[0]); Index++) {
        *Routines[Index].Routine = HostFindSymbol(Library, Routines[Index].Name);
        if (*Routines[Index].Routine == NULL) {
            HostSourceError = "the dbghelp.dll of this machine lacks a routine that finding lines of source takes";
        }
    }
    if (HostSourceError == NULL &&
        !DuplicateHandle(Process, Process, Process, &HostImages, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        HostSourceError = "lines of source take a handle of this process, and Windows gives none";
    }
    return HostSourceError == NULL;
}

/* FALSE: it does not get to know the image. Other images may have come to the addresses of those that were unloaded. */
static BOOLEAN HostShowImage(const HOST_IMAGE *Image)
{
    static BOOLEAN HasBegun;
    static ULONG64 Unloads;
    ULONG64 Now = HostCountUnloads();

    if (HasBegun && Unloads != Now) {
        HostHelp.End(HostImages);
        HasBegun = FALSE;
    }
    if (!HasBegun) {
        Unloads = Now;
        HostHelp.SetOptions(HostHelp.Options() | SYMOPT_LOAD_LINES | SYMOPT_FAIL_CRITICAL_ERRORS | SYMOPT_NO_PROMPTS);
        HasBegun = HostHelp.Begin(HostImages, NULL, FALSE) != 0;
    }
    return HasBegun && (HostHelp.Module(HostImages, Image->Start) == Image->Start ||
                        HostHelp.Load(HostImages, NULL, Image->Path, NULL, Image->Start,
                                      (DWORD)(Image->End - Image->Start), NULL, 0) != 0);
}

/* Where an image exports its functions and says no more, the nearest one before may be another function. */
static BOOLEAN HostIsAround(const SYMBOL_INFO *Symbol, ULONG_PTR Instruction)
{
    DWORD64 Base;

    if (Symbol->Size != 0) {
        return Instruction - Symbol->Address < Symbol->Size;
    }
    const RUNTIME_FUNCTION *Function = RtlLookupFunctionEntry(Instruction, &Base, NULL);
    return Function == NULL || Symbol->Address >= Base + Function->BeginAddress;
}

static BOOLEAN HostReadSource(ULONG_PTR Instruction, HOST_SOURCE *Source, PCSTR *Why)
{
    union {
        SYMBOL_INFO Symbol;
        CHAR Room[sizeof(SYMBOL_INFO) + sizeof(Source->Function)];
    } Found = {.Symbol = {.SizeOfStruct = sizeof(SYMBOL_INFO), .MaxNameLen = sizeof(Source->Function)}};
    IMAGEHLP_LINE64 Line = {.SizeOfStruct = sizeof(Line)};
    HOST_IMAGE Image;
    DWORD64 Offset;
    DWORD LineOffset;

    *Why = "this code belongs to no image that is loaded";
    if (!HostFindImage(Instruction, &Image)) {
        return FALSE;
    }
    *Why = "dbghelp.dll cannot read the image";
    if (!HostShowImage(&Image)) {
        return FALSE;
    }
    if (HostHelp.Function(HostImages, Instruction, &Offset, &Found.Symbol) &&
        HostIsAround(&Found.Symbol, Instruction)) {
        snprintf(Source->Function, sizeof(Source->Function), "%s", Found.Symbol.Name);
        Source->Function[strcspn(Source->Function, ".")] = 0; /* what compilers append: ".isra.0", ".cold" */
    }
    *Why = "the image has no debug information for it that dbghelp.dll reads";
    if (!HostHelp.Line(HostImages, Instruction, &LineOffset, &Line)) {
        return FALSE;
    }
    snprintf(Source->File, sizeof(Source->File), "%s", Line.FileName);
    Source->Line = Line.LineNumber;
    *Why = NULL;
    return TRUE;
}

BOOLEAN HostFindSource(ULONG_PTR Instruction, HOST_SOURCE *Source, PCSTR *Why)
{
    BOOLEAN Found = FALSE;

    memset(Source, 0, sizeof(*Source));
    HostAcquire(&HostSourceLock);
    if (HostLoadHelp()) {
        Found = HostReadSource(Instruction, Source, Why);
    } else {
        *Why = HostSourceError;
    }
    HostRelease(&HostSourceLock);
    return Found;
}
