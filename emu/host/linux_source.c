/* linux_source.c: lines of source behind code addresses, as libdw reads them from an image's debug information. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/host.h"
#include "host/image.h"
#include "host/linux.h"
#include "host/stack.h"

/* Loaded when somebody asks for a line: so who uses the library does not have to link libdw, or to have it. */
static struct {
    __typeof__(dwfl_begin) *Begin;
    __typeof__(dwfl_end) *End;
    __typeof__(dwfl_linux_proc_report) *Report;
    __typeof__(dwfl_report_end) *ReportEnd;
    __typeof__(dwfl_addrmodule) *Module;
    __typeof__(dwfl_module_addrinfo) *Function;
    __typeof__(dwfl_module_getsrc) *Line;
    __typeof__(dwfl_lineinfo) *LineInfo;
    __typeof__(dwfl_module_nextcu) *NextUnit;
    __typeof__(dwarf_haspc) *HasCode;
    __typeof__(dwarf_getsrc_die) *LineOfUnit;
    __typeof__(dwarf_linesrc) *LineFile;
    __typeof__(dwarf_lineno) *LineNumber;
    __typeof__(dwfl_linux_proc_find_elf) *FindImage;
    __typeof__(dwfl_standard_find_debuginfo) *FindDebugInformation;
} HostDw;

static HOST_LOCK HostSourceLock;
static PCSTR HostSourceError; /* why there is no libdw */

VOID HostAcquireSource(VOID)
{
    HostAcquire(&HostSourceLock);
}

VOID HostReleaseSource(VOID)
{
    HostRelease(&HostSourceLock);
}

static BOOLEAN HostLoadDw(PCSTR *Why)
{
    static const struct {
        PCSTR Name;
        PVOID *Routine;
    } Routines[] = {
        {"dwfl_begin", (PVOID *)&HostDw.Begin},
        {"dwfl_linux_proc_report", (PVOID *)&HostDw.Report},
        {"dwfl_report_end", (PVOID *)&HostDw.ReportEnd},
        {"dwfl_addrmodule", (PVOID *)&HostDw.Module},
        {"dwfl_module_addrinfo", (PVOID *)&HostDw.Function},
        {"dwfl_module_getsrc", (PVOID *)&HostDw.Line},
        {"dwfl_lineinfo", (PVOID *)&HostDw.LineInfo},
        {"dwfl_module_nextcu", (PVOID *)&HostDw.NextUnit},
        {"dwarf_haspc", (PVOID *)&HostDw.HasCode},
        {"dwarf_getsrc_die", (PVOID *)&HostDw.LineOfUnit},
        {"dwarf_linesrc", (PVOID *)&HostDw.LineFile},
        {"dwarf_lineno", (PVOID *)&HostDw.LineNumber},
        {"dwfl_linux_proc_find_elf", (PVOID *)&HostDw.FindImage},
        {"dwfl_standard_find_debuginfo", (PVOID *)&HostDw.FindDebugInformation},
        {"dwfl_end", (PVOID *)&HostDw.End},
    };
    PCSTR Ignored;

    if (HostDw.End != NULL || HostSourceError != NULL) {
        *Why = HostSourceError;
        return HostSourceError == NULL;
    }
    PVOID Library = HostLoadLibrary("libdw.so.1", &Ignored);
    if (Library == NULL) {
        HostSourceError = "lines of source take libdw, and there is none (on Debian: apt-get install libdw1)";
    }
    for (SIZE_T Index = 0; HostSourceError == NULL && Index < sizeof(Routines) / sizeof(Routines[0]); Index++) {
        *Routines[Index].Routine = HostFindSymbol(Library, Routines[Index].Name);
        if (*Routines[Index].Routine == NULL) {
            HostSourceError = "the libdw of this machine lacks a routine that finding lines of source takes";
        }
    }
    *Why = HostSourceError;
    return HostSourceError == NULL;
}

/* Where distributions install the C library's debug information it is larger than a driver's by far, and all of it
 * would be unpacked for the frames below main or a thread's first routine: those have their names from the loader's
 * symbols. */
static int HostFindDebugInformation(Dwfl_Module *Module, void **UserData, const char *Name, Dwarf_Addr Base,
                                    const char *File, const char *LinkFile, GElf_Word LinkChecksum, char **Found)
{
    if (File == NULL || strncmp(HostFileName(File), "libc.so.", 8) == 0) { /* the kernel's own image has no file */
        return -1;
    }
    return HostDw.FindDebugInformation(Module, UserData, Name, Base, File, LinkFile, LinkChecksum, Found);
}

/* What libdw knows of the process's images; anew when others may have come. NULL: it does not get to know them. */
static Dwfl *HostOpenImages(BOOLEAN Anew)
{
    static Dwfl *Images;
    static ULONG64 Unloads;
    static char *Path; /* the default one */
    static Dwfl_Callbacks Callbacks;
    ULONG64 Now = HostCountUnloads();

    if (Images != NULL && (Anew || Unloads != Now)) {
        HostDw.End(Images);
        Images = NULL;
    }
    if (Images == NULL) {
        Unloads = Now;
        Callbacks.find_elf = HostDw.FindImage;
        Callbacks.find_debuginfo = HostFindDebugInformation;
        Callbacks.debuginfo_path = &Path;
        Images = HostDw.Begin(&Callbacks);
        if (Images != NULL && (HostDw.Report(Images, getpid()) != 0 || HostDw.ReportEnd(Images, NULL, NULL) != 0)) {
            HostDw.End(Images);
            Images = NULL;
        }
    }
    return Images;
}

static Dwfl_Module *HostFindModule(ULONG_PTR Instruction)
{
    Dwfl *Images = HostOpenImages(FALSE);
    Dwfl_Module *Module = Images == NULL ? NULL : HostDw.Module(Images, Instruction);

    if (Module == NULL) { /* loaded since */
        Images = HostOpenImages(TRUE);
        Module = Images == NULL ? NULL : HostDw.Module(Images, Instruction);
    }
    return Module;
}

/* By the index of code addresses, or in clang's images, which have none, by looking at one source file after another.
 */
static PCSTR HostFindLine(Dwfl_Module *Module, ULONG_PTR Instruction, int *Number)
{
    Dwfl_Line *Line = HostDw.Line(Module, Instruction);
    Dwarf_Addr Bias;

    if (Line != NULL) {
        return HostDw.LineInfo(Line, NULL, Number, NULL, NULL, NULL);
    }
    for (Dwarf_Die *Unit = HostDw.NextUnit(Module, NULL, &Bias); Unit != NULL;
         Unit = HostDw.NextUnit(Module, Unit, &Bias)) {
        Dwarf_Line *Found =
            HostDw.HasCode(Unit, Instruction - Bias) == 1 ? HostDw.LineOfUnit(Unit, Instruction - Bias) : NULL;
        if (Found != NULL && HostDw.LineNumber(Found, Number) == 0) {
            return HostDw.LineFile(Found, NULL, NULL);
        }
    }
    return NULL;
}

static BOOLEAN HostReadSource(ULONG_PTR Instruction, HOST_SOURCE *Source, PCSTR *Why)
{
    GElf_Off Offset;
    GElf_Sym Symbol;
    int Line = 0;
    Dwfl_Module *Module = HostFindModule(Instruction);

    *Why = "this code belongs to no image that is loaded";
    if (Module == NULL) {
        return FALSE;
    }
    PCSTR Function = HostDw.Function(Module, Instruction, &Offset, &Symbol, NULL, NULL, NULL);
    snprintf(Source->Function, sizeof(Source->Function), "%s", Function == NULL ? "" : Function);
    /* What compilers and linkers append: ".isra.0", ".cold", "@@GLIBC_2.34". */
    Source->Function[strcspn(Source->Function, ".@")] = 0;
    PCSTR File = HostFindLine(Module, Instruction, &Line);
    *Why = "the image has no debug information for it (compile with -g)";
    if (File == NULL) {
        return FALSE;
    }
    snprintf(Source->File, sizeof(Source->File), "%s", File);
    Source->Line = (ULONG)Line;
    *Why = NULL;
    return TRUE;
}

/* What the loader's symbols tell. */
static VOID HostReadSymbol(ULONG_PTR Instruction, HOST_SOURCE *Source)
{
    Dl_info Info;

    if (Source->Function[0] == 0 && dladdr((void *)Instruction, &Info) != 0 && Info.dli_sname != NULL) {
        snprintf(Source->Function, sizeof(Source->Function), "%s", Info.dli_sname);
    }
}

/* ---- On which stack ------------------------------------------------------------------------------------------- */

enum {
    HOST_ROOM_FOR_SOURCE = 256 << 10, /* libdw wants tens of KiB */
    HOST_SOURCE_STACK = 1 << 20,
};

typedef struct HOST_QUESTION {
    ULONG_PTR Instruction;
    HOST_SOURCE *Source;
    PCSTR *Why;
    BOOLEAN Found;
} HOST_QUESTION;

static void *HostAnswer(void *Context)
{
    HOST_QUESTION *Question = Context;

    HostAcquireSource();
    Question->Found =
        HostLoadDw(Question->Why) && HostReadSource(Question->Instruction, Question->Source, Question->Why);
    HostReleaseSource();
    return NULL;
}

/* On a thread of its own, for one with a small stack, or that is on a signal's. */
static VOID HostAnswerElsewhere(HOST_QUESTION *Question)
{
    pthread_attr_t Attributes;
    pthread_t Thread;

    *Question->Why = "the host has no thread to look for the line on";
    if (pthread_attr_init(&Attributes) != 0) {
        return;
    }
    if (pthread_attr_setstacksize(&Attributes, HOST_SOURCE_STACK) == 0 &&
        pthread_create(&Thread, &Attributes, HostAnswer, Question) == 0) {
        pthread_join(Thread, NULL);
    }
    pthread_attr_destroy(&Attributes);
}

BOOLEAN HostFindSource(ULONG_PTR Instruction, HOST_SOURCE *Source, PCSTR *Why)
{
    HOST_QUESTION Question = {Instruction, Source, Why, FALSE};

    memset(Source, 0, sizeof(*Source));
    if (HostStackRoom() >= HOST_ROOM_FOR_SOURCE) {
        HostAnswer(&Question);
    } else {
        HostAnswerElsewhere(&Question);
    }
    HostReadSymbol(Instruction, Source);
    return Question.Found;
}
