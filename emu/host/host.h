/* host.h: all that the emulator asks of the system it runs on. linux.c and windows.c answer; nobody else includes a
 * host's headers. */
#ifndef EMU_HOST_HOST_H
#define EMU_HOST_HOST_H

#include "ntdef.h"

/* ---- Memory --------------------------------------------------------------------------------------------------- */

typedef enum HOST_ACCESS {
    HostNoAccess,
    HostReadWrite,
    HostReadWriteExecute,
    HostReadOnly,
    HostReadExecute,
} HOST_ACCESS;

/* Address space without memory behind it, aligned to Alignment (a power of two); NULL when there is none. */
PVOID HostReserve(SIZE_T Bytes, SIZE_T Alignment);

/* Makes part of a reservation usable; it reads as zero and costs memory only where it is touched. FALSE: refused. It is
 * left out of core dumps, which else would be as large as the reservation, but where HostAllowDump was called. With
 * HostNoAccess what was there is gone. */
BOOLEAN HostMap(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access);
VOID HostAllowDump(PVOID Base, SIZE_T Bytes);

/* TRUE on a host that sets memory aside for all that is mapped, touched or not. There arenas are left to the memory
 * engine, which maps as they grow, always read-write; only what has to be executable is mapped before, and is small. */
BOOLEAN HostMapTakesMemory(VOID);

/* Fresh zeroed read-write memory outside every reservation, for the emulator's own tables; NULL when there is none. */
PVOID HostAllocate(SIZE_T Bytes);
VOID HostFree(PVOID Base, SIZE_T Bytes);

/* Gives the memory behind whole pages back; they keep their protection and read as zero when touched again. */
VOID HostDiscard(PVOID Base, SIZE_T Bytes);

/* What is touched there from now on may come in large pages: fewer faults, and up to a large page of memory for a byte.
 * A wish; Linux hears it where transparent huge pages are set to madvise, Windows does not. */
VOID HostPreferLargePages(PVOID Base, SIZE_T Bytes);

/* Changes what may be done with whole pages, those among them that are mapped. FALSE: refused. */
BOOLEAN HostProtect(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access);

/* What the host says of the page at Address now (it is asked, nothing is remembered), and the range Start..End around
 * it for which it says the same. All FALSE where nothing is mapped; End 0, too, when the host could not be asked. */
typedef struct HOST_PROTECTION {
    ULONG_PTR Start;
    ULONG_PTR End;
    BOOLEAN Read;
    BOOLEAN Write;
    BOOLEAN Execute;
} HOST_PROTECTION;

HOST_PROTECTION HostQueryProtection(PVOID Address);

/* The same for many addresses, where asking for each would take long: from a map of all that the host is asked for
 * once. A page that the map lacks makes it ask again. Begins as {0}; HostForgetMap frees it. */
typedef struct HOST_MAP {
    HOST_PROTECTION *Ranges; /* by address */
    SIZE_T Count;
    SIZE_T Room;
} HOST_MAP;

HOST_PROTECTION HostQueryMap(HOST_MAP *Map, PVOID Address);
VOID HostForgetMap(HOST_MAP *Map);

/* ---- Memory at several addresses ------------------------------------------------------------------------------ */

/* Zeroed memory of whole pages that can be seen at any number of addresses at once, with rights of their own. A forked
 * child gets a copy of it, at the same addresses. */
typedef struct HOST_SECTION HOST_SECTION;

/* Where a section is going to be shown. Not every host can put one in the place of pages that are in use. */
typedef enum HOST_SECTION_USE {
    HostShownAnywhere, /* as often as wanted, in the place of pages that are in use, too */
    HostShownOnce,     /* as a whole, once at a time, in what HostReserveForSections reserved */
} HOST_SECTION_USE;

/* Address space that sections can be shown in: *Bytes, or what the host has for it, which is *Bytes then. Nobody has
 * access to it; it is there once and stays. NULL: refused. */
PVOID HostReserveForSections(SIZE_T *Bytes);

/* NULL: the host has none for that use, or no memory. */
HOST_SECTION *HostMakeSection(SIZE_T Bytes, HOST_SECTION_USE Use);

/* When it is seen nowhere any more. */
VOID HostCloseSection(HOST_SECTION *Section);

/* Where the emulator itself reads and writes it, for as long as it exists, or, with HostShownOnce, as it is shown. */
PVOID HostSectionBase(const HOST_SECTION *Section);

/* Shows part of it at Where, in place of the pages that were there; other threads see either those or these. FALSE:
 * refused, nothing changed. */
BOOLEAN HostMapSection(HOST_SECTION *Section, SIZE_T Offset, PVOID Where, SIZE_T Bytes, HOST_ACCESS Access);

/* For exactly what HostMapSection showed at Where: changes its rights (FALSE: refused), ends it and leaves no access,
 * or ends it and leaves ordinary memory with the same content and those rights (FALSE: refused, nothing changed).
 * During the last no other thread may write to the section, and who touches the pages may fault. */
BOOLEAN HostProtectView(HOST_SECTION *Section, PVOID Where, HOST_ACCESS Access);
VOID HostUnmapView(HOST_SECTION *Section, PVOID Where);
BOOLEAN HostKeepView(HOST_SECTION *Section, PVOID Where, HOST_ACCESS Access);

/* ---- Faults --------------------------------------------------------------------------------------------------- */

typedef enum HOST_FAULT_KIND {
    HostFaultRead,
    HostFaultWrite,
    HostFaultExecute,
    HostFaultReadIrql,  /* of the processor's register for the IRQL, which only a kernel may touch, and which kernel */
    HostFaultWriteIrql, /* headers of others do inline; told on hosts that such headers are for */
} HOST_FAULT_KIND;

typedef struct HOST_FAULT {
    HOST_FAULT_KIND Kind;
    ULONG_PTR Address;     /* what was touched */
    ULONG_PTR Instruction; /* by which instruction */
    PVOID Caller;          /* of HostFaultExecute: where the call that led there returns to, if it was a call */
    BOOLEAN IsWanted;      /* somebody else handles faults, too: a sanitizer, a fuzzer, the program */
    ULONG64 *Irql;         /* where to read it to, or to write it from */
    const VOID *Context;   /* of the faulting thread, where the host has handlers of its own on the stack */
} HOST_FAULT;

/* Which code a fault is to be blamed on, as a return address. */
static inline PVOID HostFaultCaller(const HOST_FAULT *Fault)
{
    return Fault->Kind == HostFaultExecute ? Fault->Caller : (PVOID)(Fault->Instruction + 1);
}

/* Does a handler that the compiler made on the host's terms lie between the fault and Limit, an address on the stack?
 */
BOOLEAN HostHasHandlerInside(const HOST_FAULT *Fault, PVOID Limit);

/* From now on faults are shown to Handler first, on the faulting thread, and it may longjmp out. When it returns TRUE,
 * the instruction is tried again (one of the IRQL: it is done); when FALSE, the fault goes on to whoever handled it
 * before (a sanitizer, the application, the default action). */
VOID HostCatchFaults(BOOLEAN (*Handler)(const HOST_FAULT *Fault));

/* An exception as the host's own compilers know it. Where one of their handlers stands on the calling thread's stack
 * below Limit (any, if that is NULL), it is raised for them; the one that takes it goes on and this does not return.
 * Returns when there is none, or none took it; always on a host without such handlers. */
typedef struct HOST_EXCEPTION {
    ULONG Code;
    BOOLEAN NonContinuable;
    ULONG ParameterCount;
    const ULONG_PTR *Parameters;
} HOST_EXCEPTION;

VOID HostRaise(const HOST_EXCEPTION *Exception, PVOID Limit);

/* ---- Threads and processes ------------------------------------------------------------------------------------ */

/* A mutex; zeroed memory is an unlocked one. */
typedef struct HOST_LOCK {
    ULONG64 Opaque[6];
    ULONG_PTR Owner; /* HostThreadId of the thread that holds it, or 0 */
} HOST_LOCK;

/* A thread that has it already is in a signal handler or callback that must not call what it has called: that ends the
 * process with a message. */
VOID HostAcquire(HOST_LOCK *Lock);
VOID HostRelease(HOST_LOCK *Lock);

/* TRUE while the calling thread holds the lock. */
BOOLEAN HostIsHeld(const HOST_LOCK *Lock);

/* What threads wait for under a lock; zeroed memory is one that nobody waits for. HostWait lets the lock go meanwhile,
 * and returns when it was woken, when HostInterruptTime is Until, or for no reason. */
typedef struct HOST_CONDITION {
    ULONG64 Opaque[6];
} HOST_CONDITION;

VOID HostWait(HOST_CONDITION *Condition, HOST_LOCK *Lock, LONG64 Until);
VOID HostWakeAll(HOST_CONDITION *Condition);

/* In units of 100 ns: since some start, and since 1601 as far as the host's clock is right. */
LONG64 HostInterruptTime(VOID);
LONG64 HostSystemTime(VOID);

/* Runs Routine on a thread of its own. FALSE: no thread. */
BOOLEAN HostStartThread(VOID (*Routine)(VOID));

/* Lets another thread run, for loops that wait. */
VOID HostYield(VOID);

/* A number that no other running thread has; never 0. */
ULONG_PTR HostThreadId(VOID);

/* A full memory barrier on every running thread of the process at once: what one of them has stored is seen here
 * afterwards, and it sees what was stored here. HostReadyBarrier comes first, once; FALSE: this host has none. */
BOOLEAN HostReadyBarrier(VOID);
VOID HostBarrierOnAllThreads(VOID);

/* Only where there is EMU_READ_THREAD_SLOT: takes one of the words that each thread has, 0 at first; its number. */
ULONG HostTakeThreadSlot(VOID);

/* Calls Routine when the calling thread ends. */
VOID HostAtThreadExit(VOID (*Routine)(VOID));

/* What is done around a fork: Before in the thread that forks, the others after it. */
typedef struct HOST_FORK {
    VOID (*Before)(VOID);
    VOID (*AfterInParent)(VOID);
    VOID (*AfterInChild)(VOID);
} HOST_FORK;

/* From now on; to be called once, before another thread can be there. The host's own locks are held for a shorter time.
 */
VOID HostCatchForks(const HOST_FORK *Routines);

/* Runs Routine to its end on a new thread. What belongs to that thread, as memory does that it allocated, stays as if
 * it lived on for as long as the process does; but it does not hold the process, and no signal goes to it. FALSE: no
 * thread. */
BOOLEAN HostRunOnKeeper(VOID (*Routine)(PVOID Context), PVOID Context);

/* ---- The rest ------------------------------------------------------------------------------------------------- */

/* Loads a library with its symbols kept to itself; NULL, and *Why an explanation, when that fails. */
PVOID HostLoadLibrary(PCSTR Name, PCSTR *Why);
PVOID HostFindSymbol(PVOID Library, PCSTR Name);

/* "function+0x12 (file)" for a code address, as far as the host can say. */
VOID HostDescribeCode(ULONG_PTR Instruction, PSTR Text, SIZE_T Bytes);

/* The return addresses of the calls that led here, innermost first, the emulator's own included: as many as there are
 * and as fit. Returns their number. */
ULONG HostCaptureStack(PVOID *Frames, ULONG Count);

/* The function around a code address, "" when unknown, and its line of source. FALSE, and *Why a word why, when there
 * is no line; then File is "" and Line 0. */
typedef struct HOST_SOURCE {
    CHAR Function[128];
    CHAR File[256];
    ULONG Line;
} HOST_SOURCE;

BOOLEAN HostFindSource(ULONG_PTR Instruction, HOST_SOURCE *Source, PCSTR *Why);

/* A variable of the environment, and "NAME=value" for each of them. A process with the rights of another user than the
 * one who started it has none. */
PCSTR HostEnvironment(PCSTR Name);
VOID HostForEachVariable(VOID (*Routine)(PCSTR Assignment));

ULONG64 HostMilliseconds(VOID); /* since some moment before the process began */
ULONG64 HostRandom(VOID);
VOID HostWriteError(PCSTR Text);
DECLSPEC_NORETURN VOID HostAbort(VOID);

#ifndef EMU_FORMAT /* the host's files on Windows see none of include/km/ */
#define EMU_FORMAT(FormatIndex, FirstArgument)
#endif

/* Writes "poolemu: ", the text and a newline to standard error, and aborts. */
DECLSPEC_NORETURN VOID HostFatal(PCSTR Format, ...) EMU_FORMAT(1, 2);

/* For HostAcquire, of either host. */
DECLSPEC_NORETURN VOID HostRefuseReentry(VOID);

PCSTR HostFileName(PCSTR Path); /* what stands behind the folders */

#endif
