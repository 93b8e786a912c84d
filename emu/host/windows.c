/* windows.c: host.h on Windows: VirtualAlloc, a vectored exception handler, fiber-local storage, the loader. */
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0601
#include <windows.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define _NTDEF_ /* host.h's types are those of windows.h here; their layout is the same */
#include "host/hash.h"
#include "host/host.h"

/* ---- Memory --------------------------------------------------------------------------------------------------- */

/* A reservation cannot be trimmed: look for room, let go of it, and reserve the aligned part of it. Another thread may
 * be faster in between. */
PVOID HostReserve(SIZE_T Bytes, SIZE_T Alignment)
{
    if (Bytes > SIZE_MAX - Alignment) {
        return NULL;
    }
    for (int Attempt = 0; Attempt < 16; Attempt++) {
        UCHAR *Room = VirtualAlloc(NULL, Bytes + Alignment, MEM_RESERVE, PAGE_NOACCESS);
        if (Room == NULL) {
            return NULL;
        }
        VirtualFree(Room, 0, MEM_RELEASE);
        PVOID Aligned = (PVOID)(((ULONG_PTR)Room + Alignment - 1) & ~(Alignment - 1));
        PVOID Base = VirtualAlloc(Aligned, Bytes, MEM_RESERVE, PAGE_NOACCESS);
        if (Base != NULL) {
            return Base;
        }
    }
    return NULL;
}

static const DWORD HostProtectionOf[] = {
    [HostNoAccess] = PAGE_NOACCESS,
    [HostReadWrite] = PAGE_READWRITE,
    [HostReadWriteExecute] = PAGE_EXECUTE_READWRITE,
    [HostReadOnly] = PAGE_READONLY,
    [HostReadExecute] = PAGE_EXECUTE_READ,
};

BOOLEAN HostMap(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access)
{
    if (Access == HostNoAccess) {
        return VirtualFree(Base, Bytes, MEM_DECOMMIT) != 0;
    }
    return VirtualAlloc(Base, Bytes, MEM_COMMIT, HostProtectionOf[Access]) == Base;
}

BOOLEAN HostMapTakesMemory(VOID)
{
    return TRUE;
}

VOID HostAllowDump(PVOID Base, SIZE_T Bytes)
{
    (VOID) Base; /* whoever writes a dump says what is in it */
    (VOID) Bytes;
}

PVOID HostAllocate(SIZE_T Bytes)
{
    return VirtualAlloc(NULL, Bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

VOID HostFree(PVOID Base, SIZE_T Bytes)
{
    (VOID) Bytes;
    VirtualFree(Base, 0, MEM_RELEASE);
}

/* Pages that are committed again read as zero. */
VOID HostPreferLargePages(PVOID Base, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Base);
    UNREFERENCED_PARAMETER(Bytes);
}

VOID HostDiscard(PVOID Base, SIZE_T Bytes)
{
    ULONG_PTR End = (ULONG_PTR)Base + Bytes;
    MEMORY_BASIC_INFORMATION Region;

    for (ULONG_PTR Address = (ULONG_PTR)Base; Address < End; Address += Region.RegionSize) {
        BOOLEAN IsKnown = VirtualQuery((PVOID)Address, &Region, sizeof(Region)) != 0;
        Region.RegionSize = min(Region.RegionSize, End - Address);
        if (!IsKnown || !VirtualFree((PVOID)Address, Region.RegionSize, MEM_DECOMMIT) ||
            VirtualAlloc((PVOID)Address, Region.RegionSize, MEM_COMMIT, Region.Protect) != (PVOID)Address) {
            HostFatal("Windows has no memory left for pages that were in use a moment ago");
        }
    }
}

/* What is not committed has no protection, and Windows refuses all of a range with such pages. Others may commit and
 * decommit pages of it meanwhile. */
static BOOLEAN HostProtectCommitted(PVOID Base, SIZE_T Bytes, DWORD Protection)
{
    ULONG_PTR End = (ULONG_PTR)Base + Bytes;
    ULONG_PTR Address = (ULONG_PTR)Base;
    MEMORY_BASIC_INFORMATION Region;
    ULONG Refusals = 0;
    DWORD Before;

    while (Address < End && VirtualQuery((PVOID)Address, &Region, sizeof(Region)) != 0) {
        ULONG_PTR Next = min((ULONG_PTR)Region.BaseAddress + Region.RegionSize, End);
        if (Region.State != MEM_COMMIT) {
            Address = Next;
        } else if (VirtualProtect((PVOID)Address, Next - Address, Protection, &Before)) {
            Address = Next;
        } else if (++Refusals == 16) {
            return FALSE;
        }
    }
    return Address >= End;
}

BOOLEAN HostProtect(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access)
{
    DWORD Before;

    return VirtualProtect(Base, Bytes, HostProtectionOf[Access], &Before) ||
           HostProtectCommitted(Base, Bytes, HostProtectionOf[Access]);
}

HOST_PROTECTION HostQueryProtection(PVOID Address)
{
    HOST_PROTECTION Protection = {0};
    MEMORY_BASIC_INFORMATION Region;

    if (VirtualQuery(Address, &Region, sizeof(Region)) == 0) {
        return Protection;
    }
    Protection.Start = (ULONG_PTR)Region.BaseAddress;
    Protection.End = Protection.Start + Region.RegionSize;
    if (Region.State != MEM_COMMIT || (Region.Protect & PAGE_GUARD) != 0) {
        return Protection;
    }
    DWORD Access = Region.Protect & 0xFF;
    DWORD ReadWrite = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    DWORD Executable = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    Protection.Write = (Access & ReadWrite) != 0;
    Protection.Read = Protection.Write || (Access & (PAGE_READONLY | PAGE_EXECUTE_READ)) != 0;
    Protection.Execute = (Access & Executable) != 0;
    return Protection;
}

/* VirtualQuery is quick. */
HOST_PROTECTION HostQueryMap(HOST_MAP *Map, PVOID Address)
{
    (VOID) Map;
    return HostQueryProtection(Address);
}

VOID HostForgetMap(HOST_MAP *Map)
{
    (VOID) Map;
}

/* ---- Memory at several addresses ------------------------------------------------------------------------------ */

/* Windows puts views of a section at multiples of 64 KiB only, and, before version 1803 of Windows 10, in the place of
 * nothing that is in use. So one section is seen as a whole at two places: at the one, pages are shown with the rights
 * that are asked for, at the other the emulator reads and writes them. All of it is committed, which bounds its size;
 * pages that are not shown are clear. */
enum {
    HOST_SECTION_BYTES = 128 << 20
};

struct HOST_SECTION {
    UCHAR *Where; /* or NULL */
    SIZE_T Bytes;
};

static UCHAR *HostShown;
static UCHAR *HostWritable;

PVOID HostReserveForSections(SIZE_T *Bytes)
{
    *Bytes = min(*Bytes, (SIZE_T)HOST_SECTION_BYTES);
    if (HostShown != NULL) {
        return HostShown;
    }
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)*Bytes, NULL);
    if (Section == NULL) {
        return NULL;
    }
    UCHAR *First = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    UCHAR *Second = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    CloseHandle(Section); /* the views keep it */
    if (First != NULL && Second != NULL && HostProtect(First, *Bytes, HostNoAccess)) {
        HostShown = First;
        HostWritable = Second;
    } else {
        UnmapViewOfFile(First);
        UnmapViewOfFile(Second);
    }
    return HostShown;
}

HOST_SECTION *HostMakeSection(SIZE_T Bytes, HOST_SECTION_USE Use)
{
    HOST_SECTION *Section = Use == HostShownOnce ? calloc(1, sizeof(*Section)) : NULL;

    if (Section != NULL) {
        Section->Bytes = Bytes;
    }
    return Section;
}

VOID HostCloseSection(HOST_SECTION *Section)
{
    free(Section);
}

PVOID HostSectionBase(const HOST_SECTION *Section)
{
    return Section->Where == NULL ? NULL : HostWritable + (Section->Where - HostShown);
}

BOOLEAN HostMapSection(HOST_SECTION *Section, SIZE_T Offset, PVOID Where, SIZE_T Bytes, HOST_ACCESS Access)
{
    SIZE_T Place = (SIZE_T)((UCHAR *)Where - HostShown);

    if (Section->Where != NULL || Offset != 0 || Bytes != Section->Bytes || Place >= HOST_SECTION_BYTES ||
        !HostProtect(Where, Bytes, Access)) {
        return FALSE;
    }
    Section->Where = Where;
    return TRUE;
}

BOOLEAN HostProtectView(HOST_SECTION *Section, PVOID Where, HOST_ACCESS Access)
{
    return HostProtect(Where, Section->Bytes, Access);
}

VOID HostUnmapView(HOST_SECTION *Section, PVOID Where)
{
    if (!HostProtect(Where, Section->Bytes, HostNoAccess)) {
        HostFatal("Windows refuses to take the access to a section's pages away");
    }
    memset(HostSectionBase(Section), 0, Section->Bytes);
    Section->Where = NULL;
}

BOOLEAN HostKeepView(HOST_SECTION *Section, PVOID Where, HOST_ACCESS Access)
{
    (VOID) Section; /* none is shown in the place of ordinary memory */
    (VOID) Where;
    (VOID) Access;
    return FALSE;
}

/* ---- Faults --------------------------------------------------------------------------------------------------- */

static BOOLEAN (*HostFaultHandler)(const HOST_FAULT *Fault);

/* A thread's end and a fault lead into this module for as long as the process lives, whoever unloads it. */
static VOID HostStayLoaded(VOID)
{
    HMODULE Module;

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCSTR)(ULONG_PTR)HostStayLoaded, &Module);
}

static HOST_FAULT HostDecodeAccessViolation(const EXCEPTION_POINTERS *Pointers)
{
    const EXCEPTION_RECORD *Record = Pointers->ExceptionRecord;
    ULONG_PTR Access = Record->ExceptionInformation[0];
    HOST_FAULT Fault = {
        .Kind = Access == EXCEPTION_EXECUTE_FAULT ? HostFaultExecute
                : Access == EXCEPTION_WRITE_FAULT ? HostFaultWrite
                                                  : HostFaultRead,
        .Address = Record->ExceptionInformation[1],
        .Instruction = (ULONG_PTR)Record->ExceptionAddress,
        .IsWanted = TRUE, /* by handlers that are looked for behind this one */
        .Context = Pointers->ContextRecord,
    };

#if defined(_M_X64) || defined(__x86_64__)
    if (Fault.Kind == HostFaultExecute && Pointers->ContextRecord->Rsp % sizeof(ULONG_PTR) == 0) {
        Fault.Caller = *(PVOID const *)Pointers->ContextRecord->Rsp; /* the call has just pushed it */
    }
#endif
    return Fault;
}

#if defined(_M_X64) || defined(__x86_64__)

/* mov REGISTER, cr8 and mov cr8, REGISTER: REX.R, perhaps REX.B, 0F 20 or 0F 22, and a ModRM byte. */
static BOOLEAN HostMendIrqlAccess(CONTEXT *Context)
{
    enum {
        Length = 4
    };
    const UCHAR *Code = (const UCHAR *)Context->Rip;

    if ((Code[0] & 0xF6) != 0x44 || Code[1] != 0x0F || (Code[2] != 0x20 && Code[2] != 0x22) ||
        (Code[3] & 0xF8) != 0xC0) {
        return FALSE;
    }
    DWORD64 *Register = &Context->Rax + ((Code[0] & 1) << 3 | (Code[3] & 7)); /* CONTEXT has them in this order */
    HOST_FAULT Fault = {
        .Kind = Code[2] == 0x20 ? HostFaultReadIrql : HostFaultWriteIrql,
        .Instruction = (ULONG_PTR)Code,
        .Irql = Register,
    };
    if (!HostFaultHandler(&Fault)) {
        return FALSE;
    }
    Context->Rip += Length;
    return TRUE;
}

#else

static BOOLEAN HostMendIrqlAccess(CONTEXT *Context)
{
    (VOID) Context;
    return FALSE;
}

#endif

static BOOLEAN HostIsAccessViolation(const EXCEPTION_RECORD *Record)
{
    return Record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && Record->NumberParameters >= 2;
}

/* The handler may leave with longjmp: a fault's dispatch is nothing but stack frames. */
static LONG CALLBACK HostOnException(PEXCEPTION_POINTERS Pointers)
{
    const EXCEPTION_RECORD *Record = Pointers->ExceptionRecord;
    BOOLEAN Mended = FALSE;

    if (HostIsAccessViolation(Record)) {
        HOST_FAULT Fault = HostDecodeAccessViolation(Pointers);
        Mended = HostFaultHandler(&Fault);
    } else if (Record->ExceptionCode == EXCEPTION_PRIV_INSTRUCTION) {
        Mended = HostMendIrqlAccess(Pointers->ContextRecord);
    }
    return Mended ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

/* ---- Raising for __try and __except of other images ------------------------------------------------------------ */

#if defined(_M_X64) || defined(__x86_64__)

/* Does a function that is still to return, and whose frame lies below Limit, have a handler. It may be one that will
 * not take the exception. */
static BOOLEAN HostHasHandlerFrom(CONTEXT Context, PVOID Limit)
{
    HOST_PROTECTION Stack = HostQueryProtection(&Limit);
    ULONG_PTR End = Limit != NULL ? (ULONG_PTR)Limit : Stack.End;

    while (Context.Rip != 0 && Context.Rsp < End) {
        DWORD64 Base, Frame;
        PVOID Data;
        PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Context.Rip, &Base, NULL);
        if (Function == NULL) { /* it calls nothing and keeps nothing on the stack */
            Context.Rip = *(const DWORD64 *)Context.Rsp;
            Context.Rsp += sizeof(DWORD64);
        } else if (RtlVirtualUnwind(UNW_FLAG_EHANDLER, Base, Context.Rip, Function, &Context, &Data, &Frame, NULL) !=
                   NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN HostHasHandler(PVOID Limit)
{
    CONTEXT Context;

    RtlCaptureContext(&Context);
    return HostHasHandlerFrom(Context, Limit);
}

/* After a jump to nowhere the stack is not one that can be walked. */
BOOLEAN HostHasHandlerInside(const HOST_FAULT *Fault, PVOID Limit)
{
    return Fault->Context != NULL && Fault->Kind != HostFaultExecute &&
           HostHasHandlerFrom(*(const CONTEXT *)Fault->Context, Limit);
}

#else

static BOOLEAN HostHasHandler(PVOID Limit)
{
    (VOID) Limit;
    return TRUE;
}

BOOLEAN HostHasHandlerInside(const HOST_FAULT *Fault, PVOID Limit)
{
    (VOID) Fault;
    (VOID) Limit;
    return FALSE;
}

#endif

static __thread const HOST_EXCEPTION *HostRaised; /* by HostRaise, and not taken yet */
static LPTOP_LEVEL_EXCEPTION_FILTER HostNextFilter;

/* What nobody takes ends here. HostRaise returns then; an access violation is shown to the fault handler again. */
static LONG CALLBACK HostOnUnhandled(PEXCEPTION_POINTERS Pointers)
{
    if (HostRaised != NULL && Pointers->ExceptionRecord->ExceptionCode == HostRaised->Code) {
        Pointers->ExceptionRecord->ExceptionFlags = 0;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    LONG Answer = HostNextFilter != NULL ? HostNextFilter(Pointers) : EXCEPTION_CONTINUE_SEARCH;
    if (Answer != EXCEPTION_CONTINUE_EXECUTION && HostFaultHandler != NULL &&
        HostIsAccessViolation(Pointers->ExceptionRecord)) {
        HOST_FAULT Fault = HostDecodeAccessViolation(Pointers);
        Fault.IsWanted = FALSE;
        HostFaultHandler(&Fault);
    }
    return Answer;
}

static VOID HostCatchUnhandled(VOID)
{
    LPTOP_LEVEL_EXCEPTION_FILTER Filter = SetUnhandledExceptionFilter(HostOnUnhandled);

    if (Filter != HostOnUnhandled) {
        HostNextFilter = Filter;
        HostStayLoaded();
    }
}

VOID HostCatchFaults(BOOLEAN (*Handler)(const HOST_FAULT *Fault))
{
    HostFaultHandler = Handler;
    HostStayLoaded();
    AddVectoredExceptionHandler(TRUE, HostOnException);
    HostCatchUnhandled();
}

VOID HostRaise(const HOST_EXCEPTION *Exception, PVOID Limit)
{
    if (HostHasHandler(Limit)) {
        HostCatchUnhandled();
        HostRaised = Exception;
        RaiseException(Exception->Code, Exception->NonContinuable ? EXCEPTION_NONCONTINUABLE : 0,
                       Exception->ParameterCount, Exception->Parameters);
        HostRaised = NULL;
    }
}

/* ---- Threads and processes ------------------------------------------------------------------------------------ */

_Static_assert(sizeof(SRWLOCK) <= sizeof(HOST_LOCK), "HOST_LOCK holds a slim lock, which is unlocked when zero");

/* To be called while the lock is held: right after it was taken, and before it is let go. */
static VOID HostNoteOwner(HOST_LOCK *Lock, BOOLEAN IsHeld)
{
    *(volatile ULONG_PTR *)&Lock->Owner = IsHeld ? HostThreadId() : 0;
}

BOOLEAN HostIsHeld(const HOST_LOCK *Lock)
{
    return *(const volatile ULONG_PTR *)&Lock->Owner == HostThreadId();
}

VOID HostAcquire(HOST_LOCK *Lock)
{
    if (!TryAcquireSRWLockExclusive((PSRWLOCK)Lock)) {
        if (HostIsHeld(Lock)) {
            HostRefuseReentry();
        }
        AcquireSRWLockExclusive((PSRWLOCK)Lock);
    }
    HostNoteOwner(Lock, TRUE);
}

VOID HostRelease(HOST_LOCK *Lock)
{
    HostNoteOwner(Lock, FALSE);
    ReleaseSRWLockExclusive((PSRWLOCK)Lock);
}

_Static_assert(sizeof(CONDITION_VARIABLE) <= sizeof(HOST_CONDITION), "HOST_CONDITION holds a condition variable");

enum {
    HOST_UNITS = 10000, /* of 100 ns, in a millisecond */
};

VOID HostWait(HOST_CONDITION *Condition, HOST_LOCK *Lock, LONG64 Until)
{
    LONG64 Left = (Until - HostInterruptTime() + HOST_UNITS - 1) / HOST_UNITS;
    DWORD Milliseconds = Left < 0 ? 0 : Left < 1000000 ? (DWORD)Left : 1000000; /* it may return for no reason */

    HostNoteOwner(Lock, FALSE);
    SleepConditionVariableSRW((PCONDITION_VARIABLE)Condition, (PSRWLOCK)Lock, Milliseconds, 0);
    HostNoteOwner(Lock, TRUE);
}

VOID HostWakeAll(HOST_CONDITION *Condition)
{
    WakeAllConditionVariable((PCONDITION_VARIABLE)Condition);
}

LONG64 HostInterruptTime(VOID)
{
    LARGE_INTEGER Frequency, Count;

    QueryPerformanceFrequency(&Frequency);
    QueryPerformanceCounter(&Count);
    return Count.QuadPart / Frequency.QuadPart * 1000 * HOST_UNITS +
           Count.QuadPart % Frequency.QuadPart * 1000 * HOST_UNITS / Frequency.QuadPart;
}

LONG64 HostSystemTime(VOID)
{
    FILETIME Time;

    GetSystemTimeAsFileTime(&Time);
    return (LONG64)((ULONG64)Time.dwHighDateTime << 32 | Time.dwLowDateTime);
}

VOID HostYield(VOID)
{
    SwitchToThread();
}

ULONG_PTR HostThreadId(VOID)
{
    return GetCurrentThreadId();
}

/* Wine's does nothing up to version 9, and which version it is says nothing of those to come. */
BOOLEAN HostReadyBarrier(VOID)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") == NULL;
}

VOID HostBarrierOnAllThreads(VOID)
{
    FlushProcessWriteBuffers();
}

/* ---- Threads' ends: a fiber-local value's callback runs before any thread variable is gone --------------------- */

static DWORD HostExitSlot;
static INIT_ONCE HostExitOnce = INIT_ONCE_STATIC_INIT;
static BOOLEAN(NTAPI *HostIsProcessEnding)(VOID);

/* When the process ends its other threads are gone, and may have held any lock. */
static VOID WINAPI HostRunExitRoutine(PVOID Value)
{
    if (HostIsProcessEnding == NULL || !HostIsProcessEnding()) {
        VOID (*Routine)(VOID) = (VOID(*)(VOID))(ULONG_PTR)Value;
        Routine();
    }
}

static BOOL CALLBACK HostMakeExitSlot(PINIT_ONCE Once, PVOID Parameter, PVOID *Context)
{
    (VOID) Once;
    (VOID) Parameter;
    (VOID) Context;
    HostIsProcessEnding =
        (BOOLEAN(NTAPI *)(VOID))(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlDllShutdownInProgress");
    HostStayLoaded();
    HostExitSlot = FlsAlloc(HostRunExitRoutine);
    if (HostExitSlot == FLS_OUT_OF_INDEXES) {
        HostFatal("no fiber-local storage index is left; free one (FlsFree)");
    }
    return TRUE;
}

ULONG HostTakeThreadSlot(VOID)
{
    return TlsAlloc();
}

VOID HostAtThreadExit(VOID (*Routine)(VOID))
{
    InitOnceExecuteOnce(&HostExitOnce, HostMakeExitSlot, NULL, NULL);
    FlsSetValue(HostExitSlot, (PVOID)(ULONG_PTR)Routine);
}

VOID HostCatchForks(const HOST_FORK *Routines)
{
    (VOID) Routines; /* Windows has no fork */
}

typedef struct HOST_KEEPER {
    VOID (*Routine)(PVOID Context);
    PVOID Context;
    HANDLE Done;
} HOST_KEEPER;

static DWORD WINAPI HostKeeperMain(PVOID Argument)
{
    HOST_KEEPER *Keeper = Argument;

    Keeper->Routine(Keeper->Context);
    SetEvent(Keeper->Done); /* Keeper is gone from here on */
    for (;;) {
        Sleep(INFINITE);
    }
    return 0;
}

static DWORD WINAPI HostThreadMain(PVOID Argument)
{
    VOID (*Routine)(VOID) = (VOID(*)(VOID))(ULONG_PTR)Argument;

    Routine();
    return 0;
}

BOOLEAN HostStartThread(VOID (*Routine)(VOID))
{
    HANDLE Thread = CreateThread(NULL, 0, HostThreadMain, (PVOID)(ULONG_PTR)Routine, 0, NULL);

    if (Thread != NULL) {
        CloseHandle(Thread);
    }
    return Thread != NULL;
}

BOOLEAN HostRunOnKeeper(VOID (*Routine)(PVOID Context), PVOID Context)
{
    HOST_KEEPER Keeper = {Routine, Context, CreateEventA(NULL, TRUE, FALSE, NULL)};

    if (Keeper.Done == NULL) {
        return FALSE;
    }
    HANDLE Thread = CreateThread(NULL, 0, HostKeeperMain, &Keeper, 0, NULL);
    if (Thread != NULL) {
        WaitForSingleObject(Keeper.Done, INFINITE);
        CloseHandle(Thread);
    }
    CloseHandle(Keeper.Done);
    return Thread != NULL;
}

/* ---- The rest ------------------------------------------------------------------------------------------------- */

PVOID HostLoadLibrary(PCSTR Name, PCSTR *Why)
{
    static __thread CHAR Text[512];
    PVOID Library = LoadLibraryA(Name);

    *Why = NULL;
    if (Library == NULL) {
        DWORD Error = GetLastError();
        int Length = snprintf(Text, sizeof(Text), "%s: error %lu: ", Name, Error);
        Length = min(Length, (int)sizeof(Text) - 1);
        DWORD Count = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, Error, 0,
                                     Text + Length, (DWORD)sizeof(Text) - (DWORD)Length, NULL);
        for (PSTR End = Text + Length + Count; End > Text && (UCHAR)End[-1] <= ' '; End--) {
            End[-1] = 0;
        }
        *Why = Text;
    }
    return Library;
}

PVOID HostFindSymbol(PVOID Library, PCSTR Name)
{
    return (PVOID)(ULONG_PTR)GetProcAddress(Library, Name);
}

/* The function around Instruction, where the module at Base exports it; or NULL. */
static PCSTR HostFindExport(const UCHAR *Base, ULONG_PTR Instruction, ULONG_PTR *Offset)
{
    const IMAGE_NT_HEADERS *Headers = (const IMAGE_NT_HEADERS *)(Base + ((const IMAGE_DOS_HEADER *)Base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *Place = &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    const IMAGE_EXPORT_DIRECTORY *Exports = (const IMAGE_EXPORT_DIRECTORY *)(Base + Place->VirtualAddress);
    ULONG_PTR Wanted = Instruction - (ULONG_PTR)Base;
    PCSTR Found = NULL;
    DWORD64 Image;
    const RUNTIME_FUNCTION *Function = RtlLookupFunctionEntry(Instruction, &Image, NULL);
    ULONG_PTR First = Function != NULL ? Function->BeginAddress : 0; /* no entry: it calls nothing */

    for (DWORD Index = 0; Place->Size != 0 && Index < Exports->NumberOfNames; Index++) {
        WORD Ordinal = ((const WORD *)(Base + Exports->AddressOfNameOrdinals))[Index];
        ULONG_PTR Start = ((const DWORD *)(Base + Exports->AddressOfFunctions))[Ordinal];
        if (Start >= First && Start <= Wanted && (Found == NULL || Wanted - Start < *Offset)) {
            Found = (PCSTR)(Base + ((const DWORD *)(Base + Exports->AddressOfNames))[Index]);
            *Offset = Wanted - Start;
        }
    }
    return Found;
}

VOID HostDescribeCode(ULONG_PTR Instruction, PSTR Text, SIZE_T Bytes)
{
    CHAR File[MAX_PATH];
    HMODULE Module;

    if (!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCSTR)Instruction, &Module) ||
        GetModuleFileNameA(Module, File, sizeof(File)) == 0) {
        snprintf(Text, Bytes, "%#llx", (unsigned long long)Instruction);
        return;
    }
    ULONG_PTR Offset = 0;
    PCSTR Function = HostFindExport((const UCHAR *)Module, Instruction, &Offset);
    if (Function != NULL) {
        snprintf(Text, Bytes, "%s+%#llx (%s)", Function, (unsigned long long)Offset, File);
    } else {
        snprintf(Text, Bytes, "%s+%#llx", File, (unsigned long long)(Instruction - (ULONG_PTR)Module));
    }
}

ULONG HostCaptureStack(PVOID *Frames, ULONG Count)
{
    return RtlCaptureStackBackTrace(1, Count, Frames, NULL);
}

PCSTR HostEnvironment(PCSTR Name)
{
    static __thread CHAR Value[1024]; /* not getenv: the program may have another C library than this module */
    DWORD Length = GetEnvironmentVariableA(Name, Value, sizeof(Value));

    return Length == 0 || Length >= sizeof(Value) ? NULL : Value;
}

VOID HostForEachVariable(VOID (*Routine)(PCSTR Assignment))
{
    LPCH All = GetEnvironmentStringsA();

    for (PCSTR Variable = All; Variable != NULL && *Variable != 0; Variable += strlen(Variable) + 1) {
        Routine(Variable);
    }
    if (All != NULL) {
        FreeEnvironmentStringsA(All);
    }
}

ULONG64 HostMilliseconds(VOID)
{
    return GetTickCount64();
}

/* What advapi32.dll exports as SystemFunction036; Microsoft documents it as RtlGenRandom. */
BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Bytes);

ULONG64 HostRandom(VOID)
{
    ULONG64 Value;

    if (!SystemFunction036(&Value, sizeof(Value))) {
        LARGE_INTEGER Now;
        QueryPerformanceCounter(&Now);
        Value = HostHash64((ULONG64)Now.QuadPart) ^ (ULONG_PTR)&Value;
    }
    return Value;
}

VOID HostWriteError(PCSTR Text)
{
    HANDLE Error = GetStdHandle(STD_ERROR_HANDLE);
    DWORD Left = (DWORD)strlen(Text);
    DWORD Written;

    while (Left > 0 && WriteFile(Error, Text, Left, &Written, NULL) && Written > 0) {
        Text += Written;
        Left -= Written;
    }
}

VOID HostAbort(VOID)
{
    abort();
}

PCSTR HostFileName(PCSTR Path)
{
    PCSTR Name = Path;

    for (; *Path != 0; Path++) {
        Name = *Path == '/' || *Path == '\\' || *Path == ':' ? Path + 1 : Name;
    }
    return Name;
}
