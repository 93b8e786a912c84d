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
} HOST_ACCESS;

/* Address space without memory behind it, aligned to Alignment (a power of two); NULL when there is none. */
PVOID HostReserve(SIZE_T Bytes, SIZE_T Alignment);

/* Makes part of a reservation usable; it reads as zero and costs memory only where it is touched. FALSE: refused. It is
 * left out of core dumps, which else would be as large as the reservation, but where HostAllowDump was called. */
BOOLEAN HostMap(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access);
VOID HostAllowDump(PVOID Base, SIZE_T Bytes);

/* Fresh zeroed read-write memory outside every reservation, for the emulator's own tables; NULL when there is none. */
PVOID HostAllocate(SIZE_T Bytes);
VOID HostFree(PVOID Base, SIZE_T Bytes);

/* Gives the memory behind whole pages back; they keep their protection and read as zero when touched again. */
VOID HostDiscard(PVOID Base, SIZE_T Bytes);

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

/* ---- Faults --------------------------------------------------------------------------------------------------- */

typedef enum HOST_FAULT_KIND {
    HostFaultRead,
    HostFaultWrite,
    HostFaultExecute,
} HOST_FAULT_KIND;

typedef struct HOST_FAULT {
    HOST_FAULT_KIND Kind;
    ULONG_PTR Address;     /* what was touched */
    ULONG_PTR Instruction; /* by which instruction */
} HOST_FAULT;

/* From now on memory faults are shown to Handler first, on the faulting thread, and it may longjmp out. When it
 * returns, the fault goes on to whoever handled it before (a sanitizer, the application, the default action). */
VOID HostCatchFaults(VOID (*Handler)(const HOST_FAULT *Fault));

/* ---- Threads and processes ------------------------------------------------------------------------------------ */

/* A mutex; zeroed memory is an unlocked one. */
typedef struct HOST_LOCK {
    ULONG64 Opaque[6];
} HOST_LOCK;

VOID HostAcquire(HOST_LOCK *Lock);
VOID HostRelease(HOST_LOCK *Lock);

/* Lets another thread run, for loops that wait. */
VOID HostYield(VOID);

/* A number that no other running thread has; never 0. */
ULONG_PTR HostThreadId(VOID);

/* A full memory barrier on every running thread of the process at once: what one of them has stored is seen here
 * afterwards, and it sees what was stored here. HostReadyBarrier comes first, once; FALSE: this host has none. */
BOOLEAN HostReadyBarrier(VOID);
VOID HostBarrierOnAllThreads(VOID);

/* Calls Routine when the calling thread ends. */
VOID HostAtThreadExit(VOID (*Routine)(VOID));

/* What a floor does around a fork: Before in the thread that forks, the others after it. Before goes from the highest
 * floor to the lowest, as locks do. */
typedef enum HOST_FORK_FLOOR {
    HostForkHost,
    HostForkMm,
    HostForkEx,
    HostForkLists,
    HostForkIo,
    HostForkFloors,
} HOST_FORK_FLOOR;

typedef struct HOST_FORK {
    VOID (*Before)(VOID);
    VOID (*AfterInParent)(VOID);
    VOID (*AfterInChild)(VOID);
} HOST_FORK;

/* Sets a floor's, which stay where they are; to be called before the floor takes a lock, as often as it likes. */
VOID HostAtFork(HOST_FORK_FLOOR Floor, const HOST_FORK *Routines);

/* Runs Routine to its end on a new thread that afterwards sleeps for as long as the process lives. FALSE: no thread. */
BOOLEAN HostRunOnKeeper(VOID (*Routine)(PVOID Context), PVOID Context);

/* ---- The rest ------------------------------------------------------------------------------------------------- */

/* Loads a library with its symbols kept to itself; NULL, and *Why an explanation, when that fails. */
PVOID HostLoadLibrary(PCSTR Name, PCSTR *Why);
PVOID HostFindSymbol(PVOID Library, PCSTR Name);

/* "function+0x12 (file)" for a code address, as far as the host can say. */
VOID HostDescribeCode(ULONG_PTR Instruction, PSTR Text, SIZE_T Bytes);

PCSTR HostEnvironment(PCSTR Name);
ULONG64 HostRandom(VOID);
VOID HostWriteError(PCSTR Text);
DECLSPEC_NORETURN VOID HostAbort(VOID);

#endif
