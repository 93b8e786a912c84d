/* poolemu.h: the test's side of poolemu. Choose a Windows, catch bug checks and exceptions, look into the pool, load
 * and unload drivers. Driver code never includes this file; a test includes it after (or instead of) the kernel header.
 * A program that calls nothing of this and only ExAllocatePoolWithTag works, too: everything here has a default. */
#ifndef POOLEMU_H
#define POOLEMU_H

#include <setjmp.h>
#include <stdio.h>

#include "ntddk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Marks the file as a test's: it does not count as one of the driver's when an image is audited. */
#if !defined(POOLEMU_BUILDING_LIBRARY)
EMU_AUDIT_KEPT EMU_AUDIT_THIS_FILE(EmuAuditTest, EMU_AUDIT_TEST);
#endif

/* ---- The emulated Windows ------------------------------------------------------------------------------------- */

/* One release of Windows. Name is what EmuSetWindows takes; NtDdi is the value of sdkddkver.h. */
typedef struct EMU_WINDOWS {
    PCSTR Name;
    PCSTR Title; /* as people write it: "Windows 7 Service Pack 1" */
    ULONG Major;
    ULONG Minor;
    ULONG Build;
    ULONG ServicePack;
    ULONG NtDdi;
    UCHAR ProductType; /* VER_NT_WORKSTATION (1) or VER_NT_SERVER (3) */
} EMU_WINDOWS;

/* Emulates the Windows of that name ("win7", "win7sp1", "ws2019", "win11-24h2" ...; upper and lower case are the
 * same). STATUS_NOT_FOUND, and nothing changes, when the name is not in the table. The environment variable
 * POOLEMU_WINDOWS names the one to start with; else it is the newest Windows 11. Call it while no other thread is in
 * the emulator. Blocks that are allocated already stay as they are. */
EMU_API NTSTATUS EmuSetWindows(PCSTR Name);

/* The Windows that is emulated now. */
EMU_API const EMU_WINDOWS *EmuWindows(VOID);

/* A routine that the emulated Windows does not export (ExAllocatePool2 before Windows 10 version 2004 ...) stops
 * whoever calls it: bug check 0xC0000263, the status with which a driver that imports it does not load, with (the
 * routine's name, a PCSTR; the caller; the build that first has it; the emulated build). EmuLoadDriver refuses a driver
 * in a shared object that imports one, with the same status. After EmuAllowMissingExports(TRUE) both work as on a
 * Windows that has the routine; MmGetSystemRoutineAddress still does not find it. EmuReset goes back to FALSE. */
EMU_API VOID EmuAllowMissingExports(BOOLEAN Allow);

/* Every release there is, oldest first; *Count gets their number. */
EMU_API const EMU_WINDOWS *EmuWindowsTable(SIZE_T *Count);

/* ---- Bug checks and exceptions -------------------------------------------------------------------------------- */

/* What a bug check (stop) left: Code is 0 when none happened. */
typedef struct EMU_BUGCHECK {
    ULONG Code;
    ULONG_PTR Parameter[4];
    PCSTR Name;      /* "BAD_POOL_CALLER"; NULL when Code is 0 or has no name */
    CHAR Text[1024]; /* the stop screen's words: what happened, to which block */
} EMU_BUGCHECK;

/* EMU_CATCH_BUGCHECK(&Stop) { ... } runs the block; a bug check inside ends it and fills Stop, and execution goes on
 * behind the block. Without one Stop.Code is 0. May be nested: the innermost catches. `break` leaves the block.
 * Afterwards the IRQL is what it was at entry and no lock of the emulator is held; a spin lock that the block took
 * stays taken. As with setjmp, a local variable that the block changes and that is
 * read behind it must be volatile; do not leave the block with goto into it, or with longjmp. */
#define EMU_CATCH_BUGCHECK(Stop) EMU_CATCH(EMU_PASTE(EmuCatch, __COUNTER__), EMU_CATCH_FRAME_OF_BUGCHECK(Stop))

/* EMU_CATCH_EXCEPTION(&Status) { ... } does the same for exceptions raised by ExRaiseStatus (and for the pool
 * routines that raise): *Status is STATUS_SUCCESS, or the status that was raised and no handler of the driver took. */
#define EMU_CATCH_EXCEPTION(Status) EMU_CATCH(EMU_PASTE(EmuCatch, __COUNTER__), EMU_CATCH_FRAME_OF_EXCEPTION(Status))

/* The two macros' working parts; not for direct use. */
typedef struct EMU_CATCH_FRAME {
    struct EMU_CATCH_FRAME *Previous;
    EMU_BUGCHECK *Stop;              /* where a bug check goes, or NULL */
    NTSTATUS *Status;                /* where an exception goes, or NULL */
    struct _EMU_TRY_FRAME *TryFrame; /* the innermost __try at entry */
    ULONG State;                     /* 0 before the body, 1 in it, 2 after it */
    ULONG FailureLoops;              /* how many EMU_FOR_EACH_FAILURE are around it */
    KIRQL Irql;                      /* at entry, */
    LONG ApcDisable;                 /* and the thread's critical regions */
    jmp_buf Context;
} EMU_CATCH_FRAME;

#define EMU_CATCH(Name, Frame)                                                                                         \
    for (EMU_CATCH_FRAME Name EMU_CLEANUP(EmuLeaveCatch) = Frame; EmuNextCatch(&Name);)                                \
        if (EMU_SETJMP(Name.Context) == 0)

#ifdef __cplusplus
static inline EMU_CATCH_FRAME EmuMakeCatchFrame(EMU_BUGCHECK *Stop, NTSTATUS *Status)
{
    EMU_CATCH_FRAME Frame = EMU_CATCH_FRAME();
    Frame.Stop = Stop;
    Frame.Status = Status;
    return Frame;
}
#define EMU_CATCH_FRAME_OF_BUGCHECK(Pointer) EmuMakeCatchFrame(Pointer, NULL)
#define EMU_CATCH_FRAME_OF_EXCEPTION(Pointer) EmuMakeCatchFrame(NULL, Pointer)
#else
#define EMU_CATCH_FRAME_OF_BUGCHECK(Pointer)                                                                           \
    {                                                                                                                  \
        .Stop = (Pointer)                                                                                              \
    }
#define EMU_CATCH_FRAME_OF_EXCEPTION(Pointer)                                                                          \
    {                                                                                                                  \
        .Status = (Pointer)                                                                                            \
    }
#endif

EMU_API BOOLEAN EmuNextCatch(EMU_CATCH_FRAME *Frame);
EMU_API VOID EmuLeaveCatch(EMU_CATCH_FRAME *Frame);

/* ---- Violations ----------------------------------------------------------------------------------------------- */

/* Rules that a driver broke where Windows goes on, and so does the emulator. */
typedef enum EMU_VIOLATION_KIND {
    EmuViolationNxBeforeWindows8 = 1, /* NonPagedPoolNx or POOL_NX_ALLOCATION where Windows does not know it */
    EmuViolationMissingImport,        /* a driver was not loaded, as it imports what the emulated Windows lacks */
    EmuViolationRuntimeTooLate,       /* ExInitializeDriverRuntime after an allocation or a lookaside list */
    EmuViolationRuntimeWithoutFlag,   /* ExInitializeDriverRuntime without DrvRtPoolNxOptIn, with POOL_NX_OPTIN */
    EmuViolationCodeIntegrity,        /* executable pool, protection or mapping, see EmuStopOnCodeIntegrity */
    EmuViolationsElsewhere = 15,      /* of all kinds, at more call sites than can be counted apart */
} EMU_VIOLATION_KIND;

typedef struct EMU_VIOLATION {
    EMU_VIOLATION_KIND Kind;
    ULONG64 Count;
    PVOID Caller;   /* the return address of the call; in DriverEntry where there was none; or NULL */
    CHAR Text[512]; /* what was done, and what that means; of the first one */
} EMU_VIOLATION;

/* How many there were since the start or the last EmuReset, and what: one for each kind and call site. */
EMU_API ULONG64 EmuViolationCount(VOID);
typedef BOOLEAN EMU_VIOLATION_CALLBACK(const EMU_VIOLATION *Violation, PVOID Context);
EMU_API VOID EmuForEachViolation(EMU_VIOLATION_CALLBACK *Callback, PVOID Context);

/* Prints them, a line each. */
EMU_API VOID EmuPrintViolations(FILE *Stream);

/* ---- The pool ------------------------------------------------------------------------------------------------- */

/* A live block. Size is what was asked for, in bytes; PoolType is the type asked for without modifier bits. */
typedef struct EMU_BLOCK {
    PVOID Address;
    SIZE_T Size;
    ULONG Tag;
    POOL_TYPE PoolType;
    BOOLEAN Executable;   /* what the host says of that page's protection now; where it cannot be asked (no /proc), what
                           * the page was mapped as */
    BOOLEAN QuotaCharged; /* allocated with quota */
} EMU_BLOCK;

/* TRUE and *Block filled in when Address is the start of a live block, else FALSE. Any address may be asked for. */
EMU_API BOOLEAN EmuQueryBlock(PVOID Address, EMU_BLOCK *Block);

/* The use of a tag (or of a whole pool) as PoolMon counts it. Bytes is what is in use now: the sizes asked for. */
typedef struct EMU_POOL_USAGE {
    ULONG64 Allocs;
    ULONG64 Frees;
    ULONG64 Bytes;
} EMU_POOL_USAGE;

typedef struct EMU_TAG_USAGE {
    ULONG Tag;
    EMU_POOL_USAGE NonPaged;
    EMU_POOL_USAGE Paged;
} EMU_TAG_USAGE;

/* Fills *Usage; all zero for a tag never seen. */
EMU_API VOID EmuQueryTag(ULONG Tag, EMU_TAG_USAGE *Usage);

/* Calls Callback for each live block, or for each tag seen since the last EmuReset, until it returns FALSE. The
 * callback must not allocate or free pool. */
typedef BOOLEAN EMU_BLOCK_CALLBACK(const EMU_BLOCK *Block, PVOID Context);
typedef BOOLEAN EMU_TAG_CALLBACK(const EMU_TAG_USAGE *Usage, PVOID Context);
EMU_API VOID EmuForEachBlock(EMU_BLOCK_CALLBACK *Callback, PVOID Context);
EMU_API VOID EmuForEachTag(EMU_TAG_CALLBACK *Callback, PVOID Context);

/* Prints the pool by tag in PoolMon's columns, sorted by tag; with a pooltag.txt also who owns each tag. */
EMU_API VOID EmuPrintPool(FILE *Stream);

/* Reads who owns which tag from a file in the format of the debuggers' pooltag.txt; NULL forgets it. Without a call it
 * is the file that the environment variable POOLEMU_POOLTAG names, if any. STATUS_OBJECT_NAME_NOT_FOUND, and nothing
 * changes, when the file cannot be opened; STATUS_INSUFFICIENT_RESOURCES. EmuReset does not change it. */
EMU_API NTSTATUS EmuSetPoolTagFile(PCSTR Path);

/* Of a tag: the line of that file that fits it best: no ? or * where the line has the character itself. */
typedef struct EMU_TAG_OWNER {
    CHAR Binary[64]; /* "afd.sys", "nt!mm", "<unknown>"; "" when the line names none */
    CHAR Description[192];
} EMU_TAG_OWNER;

/* FALSE: no line fits. */
EMU_API BOOLEAN EmuQueryTagOwner(ULONG Tag, EMU_TAG_OWNER *Owner);

/* From now on (or no longer) every block is counted by the code that asks for it, which closes the pool's fast paths.
 */
EMU_API VOID EmuCountCallSites(BOOLEAN Enable);

/* A call that allocated, or asked for a mapping of an MDL, while blocks were counted. A mapping is a block here, and so
 * is a protection that MmProtectMdlSystemAddress gives one. */
typedef struct EMU_CALL_SITE {
    PVOID Caller;       /* the return address; NULL for those that could not be counted apart */
    PCSTR Routine;      /* "ExAllocatePoolWithTag" */
    POOL_TYPE PoolType; /* of its first request; NonPagedPool for mappings */
    ULONG64 Blocks;
    ULONG64 Executable; /* as many of them were executable */
} EMU_CALL_SITE;

typedef BOOLEAN EMU_CALL_SITE_CALLBACK(const EMU_CALL_SITE *Site, PVOID Context);
EMU_API VOID EmuForEachCallSite(EMU_CALL_SITE_CALLBACK *Callback, PVOID Context);

/* ---- Pool tracking -------------------------------------------------------------------------------------------- */

/* From now on (or no longer) every allocation and free of pool is noted with its call stack, as by Driver Verifier's
 * pool tracking, bit 0x8 of its flags. What was noted before is forgotten when it goes on; of blocks that are live
 * then, only the free will be known. While it is on the pool's fast paths are closed, leaks at a driver's unload are a
 * stop, and the stop screens of the pool name who allocated the block and who freed it. docs/tracking.md is the guide.
 * Call it while no other thread is in the emulator. EmuReset ends it. */
EMU_API VOID EmuTrackPool(BOOLEAN Enable);

/* A call stack: return addresses, that of the driver's call first, at most 32. Count is 0 when nothing is known. Valid
 * until EmuReset, or until tracking goes on again. */
typedef struct EMU_STACK {
    ULONG Number; /* the same for equal stacks; 0 when nothing is known */
    ULONG Count;
    PVOID const *Frames;
} EMU_STACK;

/* The stacks of the block that begins at Address, or that began there last: of its allocation and, once it is freed, of
 * its free (Count 0 before). FALSE: nothing is known. */
EMU_API BOOLEAN EmuQueryStacks(PVOID Address, EMU_STACK *Allocation, EMU_STACK *Free);

/* What tracked blocks of one kind of pool take, in blocks and in bytes asked for. The peaks are exact while one thread
 * uses the pool; what several threads do at the same time may be missed by up to 64 operations of each. */
typedef struct EMU_TRACKED_USE {
    ULONG64 Blocks;
    ULONG64 Bytes;
    ULONG64 PeakBlocks;
    ULONG64 PeakBytes;
} EMU_TRACKED_USE;

/* Driver Verifier's counters, since tracking went on. Mistakes that stop are not counted. */
typedef struct EMU_TRACKING {
    BOOLEAN Enabled;
    ULONG64 Attempted; /* allocations: those that succeeded and those that failed */
    ULONG64 Succeeded;
    ULONG64 Failed;
    ULONG64 WithoutTag; /* of those that succeeded: by ExAllocatePool and ExAllocatePoolWithQuota */
    ULONG64 NotTracked; /* of those that succeeded: for want of memory of the host's */
    EMU_TRACKED_USE NonPaged;
    EMU_TRACKED_USE Paged;
} EMU_TRACKING;

EMU_API VOID EmuQueryTracking(EMU_TRACKING *Tracking);

/* One operation of the log. */
typedef struct EMU_POOL_EVENT {
    ULONG64 Sequence; /* grows along with time for each thread, and for each block */
    BOOLEAN IsFree;   /* else it was allocated */
    PVOID Address;
    SIZE_T Size;
    ULONG Tag;
    POOL_TYPE PoolType; /* as in EMU_BLOCK */
    ULONG Thread;       /* a number for it, from 1 */
    EMU_STACK Stack;
} EMU_POOL_EVENT;

typedef BOOLEAN EMU_POOL_EVENT_CALLBACK(const EMU_POOL_EVENT *Event, PVOID Context);

/* Calls Callback, oldest first, for each operation in the log that was about a block around Address, or for all of them
 * (Address NULL), until it returns FALSE. The log has the last 65,536 operations since tracking went on; with several
 * threads each may have up to 64 older ones in their place. FALSE: no memory for the answer. */
EMU_API BOOLEAN EmuQueryLog(PVOID Address, EMU_POOL_EVENT_CALLBACK *Callback, PVOID Context);

/* Makes the log longer or shorter, in steps of 64; 0 is none. To be called while tracking is off; FALSE, and nothing
 * changes, while it is on or when it would take a TiB. EmuReset goes back to 65,536. */
EMU_API BOOLEAN EmuSetLogSize(SIZE_T Operations);

/* Prints what lies at Address and what the log knows of it: allocated by ..., freed by ..., allocated again by ...,
 * each with its stack. */
EMU_API VOID EmuPrintAddress(FILE *Stream, PVOID Address);

/* No limit: what EmuSetPoolLimit and EmuSetQuotaLimit take to lift one. */
#define EMU_UNLIMITED ((SIZE_T)-1)

/* Makes pool scarce: paged pool for PagedPool, nonpaged pool (executable or not) for NonPagedPool. Bytes in use are
 * counted as EmuQueryTag does: the sizes asked for. A request fails when with it more would be in use than
 *     3/4 of the limit   LowPoolPriority (and its two SpecialPool forms)
 *     7/8 of the limit   NormalPoolPriority
 *     the whole limit    HighPoolPriority, and requests that name no priority
 * with NULL or STATUS_INSUFFICIENT_RESOURCES raised, as the routine's type or flags say. What is in use already stays,
 * though it be more than the limit. EMU_UNLIMITED, the default, lifts it. While a limit is set, the pool routines are
 * slower. Call it while no other thread is in the emulator. */
EMU_API VOID EmuSetPoolLimit(POOL_TYPE PoolType, SIZE_T Bytes);

/* The quota of the emulated process (PsGetCurrentProcess) for one kind of pool, in bytes: what may be charged, what is
 * charged now by blocks and by PsChargePoolQuota, and the most that ever was. */
typedef struct EMU_QUOTA {
    SIZE_T Limit; /* EMU_UNLIMITED: none */
    SIZE_T Usage;
    SIZE_T Peak;
} EMU_QUOTA;

/* The emulated process. References is 1, and 1 more for each live block that is charged to it. */
typedef struct EMU_PROCESS {
    ULONG64 References;
    EMU_QUOTA NonPaged;
    EMU_QUOTA Paged;
} EMU_PROCESS;

EMU_API VOID EmuQueryProcess(EMU_PROCESS *Process);

/* Limits what may be charged to the emulated process: of paged pool for PagedPool, of nonpaged pool for NonPagedPool.
 * EMU_UNLIMITED, the default, lifts it. A request with quota that exceeds it raises STATUS_QUOTA_EXCEEDED or returns
 * NULL, as the routine's type or flags say. What is charged already stays. */
EMU_API VOID EmuSetQuotaLimit(POOL_TYPE PoolType, SIZE_T Bytes);

/* ---- Low resources simulation --------------------------------------------------------------------------------- */

/* Calls that can fail for want of memory or addresses fail deliberately, each as its page says: with NULL, with
 * STATUS_INSUFFICIENT_RESOURCES, or by raising that. These are the pool routines and ExAllocateFrom...LookasideList...
 * with the default allocate routine (lists keep no entries meanwhile), IoAllocateMdl, MmProbeAndLockPages,
 * MmMapLockedPagesSpecifyCache (MmGetSystemAddressForMdlSafe) without BugCheckOnFailure,
 * MmAllocateMappingAddress(Ex), and the routines for contiguous and noncached memory. A request that is a mistake stops
 * or fails as ever, and is none of these calls. docs/low-resources.md is the guide. */

/* Which calls fail. */
typedef enum EMU_FAILURE_MODE {
    EmuFailAtRandom,         /* each with the same probability */
    EmuFailNth,              /* one: the Nth */
    EmuFailFromNth,          /* the Nth and all that follow */
    EmuFailByCallback,       /* those for which Callback returns TRUE */
    EmuFailSystematically,   /* the first one of each call stack of a driver */
    EmuRecordSystematically, /* none: notes the stacks that EmuFailSystematically would fail */
} EMU_FAILURE_MODE;

enum {
    EMU_FAILURE_FRAMES = 32,
    EMU_DEFAULT_PROBABILITY = 600,
};

/* A call that can fail, or that was failed. */
typedef struct EMU_FAILURE {
    ULONG64 Number;  /* it was the Number-th of the calls that could fail, from 1 */
    PCSTR Routine;   /* "ExAllocatePoolWithTag" */
    ULONG Tag;       /* 0 for a routine that takes none */
    ULONG64 StackId; /* of the driver's part of the stack; the same in every run of the same build */
    ULONG FrameCount;
    PVOID Frames[EMU_FAILURE_FRAMES]; /* return addresses; the one in the caller of Routine first */
} EMU_FAILURE;

/* TRUE: fail the call. The routine is called at the IRQL of the call and must not allocate. */
typedef BOOLEAN EMU_FAILURE_CALLBACK(const EMU_FAILURE *Call, PVOID Context);

/* Zero means for every member what Driver Verifier does by default, but there is no delay. Tags, Include and Exclude
 * are lists of words with a blank between them, in which * stands for any characters and ? for one. */
typedef struct EMU_LOW_RESOURCES {
    EMU_FAILURE_MODE Mode;
    ULONG Probability; /* EmuFailAtRandom: chances in 10,000; 0 is 600 */
    ULONG64 Seed;      /* EmuFailAtRandom: the same seed fails the same calls again */
    ULONG64 Nth;       /* EmuFailNth, EmuFailFromNth: from 1 */
    EMU_FAILURE_CALLBACK *Callback;
    PVOID Context;
    CHAR StateFile[512]; /* EmuFailSystematically, EmuRecordSystematically: where stacks are remembered across runs */
    CHAR Tags[256];      /* only calls with one of these tags; "": all, also those without a tag */
    CHAR Include[256];   /* only stacks with a function, image or identifier ("#" and 16 digits) of these; "": all */
    CHAR Exclude[256];   /* no stack with one of these */
    ULONG Delay;         /* in milliseconds: no failure so soon after EmuSetLowResources */
    BOOLEAN Print;       /* each failure with its stack to stderr */
    CHAR Error[512];     /* why the settings were refused */
} EMU_LOW_RESOURCES;

/* Begins to fail calls; statistics and log are empty then. NULL: ends it, and leaves both. STATUS_INVALID_PARAMETER for
 * settings that are impossible and STATUS_UNSUCCESSFUL for a state file that cannot be used, both with Error filled in
 * and nothing changed. Without a call the environment variable POOLEMU_FAULTS decides; after EmuReset it does so again.
 */
EMU_API NTSTATUS EmuSetLowResources(EMU_LOW_RESOURCES *Settings);

/* Reads the text that POOLEMU_FAULTS and `poolemu run --faults` take: "probability=600,seed=1,tags=Tag1 Fred*".
 * STATUS_INVALID_PARAMETER, and Error filled in, when it is none. */
EMU_API NTSTATUS EmuParseLowResources(PCSTR Text, EMU_LOW_RESOURCES *Settings);

/* EmuSetLowResources for the Nth call from now on, or for that and all that follow; Nth is at least 1. */
EMU_API VOID EmuFailNthAllocation(ULONG64 Nth);
EMU_API VOID EmuFailAllocationsFrom(ULONG64 Nth);

typedef struct EMU_LOW_RESOURCES_STATISTICS {
    ULONG64 Calls;       /* that could fail */
    ULONG64 Considered;  /* of these, those that no filter and no delay left out: what Nth counts */
    ULONG64 Failed;      /* deliberately */
    ULONG64 KnownStacks; /* systematic: remembered from the state file and from this run */
    ULONG64 NewStacks;   /* systematic: of these, failed or recorded in this run */
} EMU_LOW_RESOURCES_STATISTICS;

EMU_API VOID EmuQueryLowResources(EMU_LOW_RESOURCES_STATISTICS *Statistics);

/* The calls that were failed, oldest first; of more than 1,024 the last ones. */
EMU_API VOID EmuForEachInjectedFailure(EMU_FAILURE_CALLBACK *Callback, PVOID Context);
EMU_API VOID EmuPrintInjectedFailures(FILE *Stream);

/* EMU_FOR_EACH_FAILURE(i) { ... } runs the block first without a failure, with i 0, and then as often as calls were
 * made that can fail: with i 1 the first one fails, with i 2 only the second, and so on. Calls of other threads do not
 * count and do not fail, and EmuSetLowResources has no effect inside. What the block has allocated it has to free:
 * after each run a pool block, contiguous or noncached memory, a mapping or a reserved address that is left is bug
 * check 0xC4 (0x62, the name of the macro, 0, how many), whose text names the call that was failed and what is left.
 * `continue` ends a run; `break`, `return` and a bug check or exception that is caught around the loop end the loop,
 * and nothing is checked. What other threads have allocated meanwhile is left, too. Loops may be nested. EMU_CATCH_...
 * stands inside the block, or around the loop; the block is not left by a longjmp of one's own, by a goto, or by an
 * exception that a __try around the loop handles. */
#define EMU_FOR_EACH_FAILURE(Index) EMU_FAILURE_RUNS(EMU_PASTE(EmuFailureLoop, __COUNTER__), Index)

/* The macro's working parts; not for direct use. */
typedef struct EMU_FAILURE_LOOP {
    ULONG Depth; /* 0 when it does not run */
    BOOLEAN Begun;
} EMU_FAILURE_LOOP;

#define EMU_FAILURE_RUNS(Name, Index)                                                                                  \
    for (EMU_FAILURE_LOOP Name EMU_CLEANUP(EmuEndFailureLoop) = {0, FALSE}; EmuBeginFailureLoop(&Name);)               \
        for (ULONG Index = 0; EmuNextFailureRun(&Name, &Index);)

EMU_API BOOLEAN EmuBeginFailureLoop(EMU_FAILURE_LOOP *Loop);
EMU_API BOOLEAN EmuNextFailureRun(EMU_FAILURE_LOOP *Loop, ULONG *Index);
EMU_API VOID EmuEndFailureLoop(EMU_FAILURE_LOOP *Loop);

/* ---- Reports -------------------------------------------------------------------------------------------------- */

/* Writes what is known now to a file, as JSON: the Windows, counters, tags with their owners, live blocks, the call
 * sites and stacks they came from, leaks, violations, and the log; docs/tracking.md describes it. STATUS_SUCCESS, or
 * STATUS_OPEN_FAILED when the file cannot be made, STATUS_DISK_FULL when it cannot be written,
 * STATUS_INSUFFICIENT_RESOURCES; after the last two what the file has is not whole. */
EMU_API NTSTATUS EmuWriteReport(PCSTR Path);

/* As a fresh process: every block is freed, counters are zero, limits are lifted, drivers are forgotten (not
 * unloaded), violations and call sites are forgotten, Windows and Driver Verifier are the default ones or those of the
 * environment, this thread is at PASSIVE_LEVEL.
 * No other thread may be in the emulator. */
EMU_API VOID EmuReset(VOID);

/* ---- Driver Verifier ------------------------------------------------------------------------------------------ */

/* Driver Verifier's options, by the bits of `verifier /flags`. docs/verifier.md says what each does here. */
enum {
    EMU_VERIFIER_SPECIAL_POOL = 0x1,
    EMU_VERIFIER_FORCE_IRQL = 0x2,
    EMU_VERIFIER_LOW_RESOURCES = 0x4, /* with the defaults, unless POOLEMU_FAULTS or the test has settings of its own */
    EMU_VERIFIER_POOL_TRACKING = 0x8, /* EmuTrackPool */
    EMU_VERIFIER_IO = 0x10,           /* nothing here */
    EMU_VERIFIER_DEADLOCK = 0x20,     /* nothing here */
    EMU_VERIFIER_DMA = 0x80,          /* nothing here */
    EMU_VERIFIER_SECURITY = 0x100,    /* nothing here */
    EMU_VERIFIER_MISCELLANEOUS = 0x800,
    EMU_VERIFIER_DDI_COMPLIANCE = 0x20000,
    EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES = 0x40000, /* likewise; without a state file */
    EMU_VERIFIER_CODE_INTEGRITY = 0x2000000,
    EMU_VERIFIER_STANDARD = 0x209BB, /* `verifier /standard` */
};

/* Verifies all code of this process with these options; 0, the default, ends it. With any of them the automatic checks
 * are on, which stop with 0xC4 where the pool alone would stop with another code, or not at all. The environment
 * variable POOLEMU_VERIFIER has what to start with, as EmuFindVerifierFlags reads it. STATUS_INVALID_PARAMETER, and
 * nothing changes: a bit that is no option. Call it while no other thread is in the emulator. Blocks stay what they
 * are: one of special pool is guarded until it is freed. EmuReset goes back to POOLEMU_VERIFIER. */
EMU_API NTSTATUS EmuSetVerifier(ULONG Flags);

/* The options that are on. */
EMU_API ULONG EmuVerifier(VOID);

/* Reads "standard", or words separated by commas: special, irql, lowres, tracking, io, deadlock, dma, security, misc,
 * ddi, systematic, codeintegrity; or the bits as a number, "0x209BB". STATUS_NOT_FOUND: an unknown word. */
EMU_API NTSTATUS EmuFindVerifierFlags(PCSTR Words, ULONG *Flags);

/* Which requests EMU_VERIFIER_SPECIAL_POOL serves from special pool, and how; all zero is the default. */
typedef struct EMU_SPECIAL_POOL {
    PCSTR TagPattern;       /* those with such a tag as it reads in memory, `?` and `*` as in GFlags; NULL: all */
    ULONG SizeBucket;       /* those of such a size, as GFlags wants it: the largest size of the bucket, a multiple of
                             * 16, plus 16 (0x20 for 1 to 16 bytes); and those whose tag is that number. 0: all */
    BOOLEAN VerifyStart;    /* blocks begin at the page's start, so that underruns fault; else they end at its end */
    BOOLEAN EmptyLookaside; /* lookaside lists keep nothing: an entry that was freed is out of reach at once */
    SIZE_T QuarantinePages; /* so many freed pages stay inaccessible, then the oldest are used again; 0: 16384 */
    SIZE_T MostPages;       /* so many pages can be in live blocks; 0: 8192. Of nonpaged and of paged pool each. A block
                             * takes two of the host's mappings: for more raise its limit (vm.max_map_count), too */
} EMU_SPECIAL_POOL;

/* NULL: the default. STATUS_INVALID_PARAMETER, and nothing changes: both a pattern and a bucket, a pattern of no
 * characters or more than 15, or a bucket that is none (0x20 to 0xFF0). EmuReset goes back to the default. Whatever is
 * selected, POOL_FLAG_SPECIAL_POOL asks for special pool, and an EX_POOL_PRIORITY for start or end of the page. */
EMU_API NTSTATUS EmuSetSpecialPool(const EMU_SPECIAL_POOL *Settings);

/* Whether what EMU_VERIFIER_CODE_INTEGRITY finds is a bug check (TRUE, the default) or counted as a violation of the
 * kind EmuViolationCodeIntegrity. EmuReset goes back to TRUE. */
EMU_API VOID EmuStopOnCodeIntegrity(BOOLEAN Enable);

/* What Driver Verifier counts, since the start or the last EmuReset, while any option was on. */
typedef struct EMU_VERIFIER_COUNTERS {
    ULONG64 AllocationsAttempted;
    ULONG64 AllocationsSucceeded;
    ULONG64 AllocationsSucceededSpecialPool;
    ULONG64 AllocationsWithoutTag;
    ULONG64 AllocationsFailed;
    ULONG64 AllocationsFailedDeliberately; /* of these, by low resources simulation */
    ULONG64 AllocationsNotTracked;         /* this and the next two are pool tracking's, see EMU_TRACKING */
    EMU_TRACKED_USE NonPaged;
    EMU_TRACKED_USE Paged;
    ULONG64 SpecialPoolFallbacks; /* selected for special pool, and served from ordinary pool as there was no room */
    ULONG64 IrqlRaises;
    ULONG64 SpinLocksAcquired;
    ULONG64 Trims;            /* times that paged pool was made inaccessible; a raise with nothing to trim is none */
    ULONG64 PageIns;          /* pages, or blocks of special pool, that were touched afterwards */
    ULONG64 ExecutePoolTypes; /* what code integrity found, whether it stopped or not: 0x2000, */
    ULONG64 ExecutePageProtections; /* 0x2001, */
    ULONG64 ExecutePageMappings;    /* 0x2002 */
} EMU_VERIFIER_COUNTERS;

EMU_API VOID EmuQueryVerifier(EMU_VERIFIER_COUNTERS *Counters);

/* The sanitizer that is told of every block of the pool: "AddressSanitizer", "MemorySanitizer" or "memcheck", or ""
 * when none watches this process or POOLEMU_SANITIZE is 0. docs/sanitizers.md is the guide. */
EMU_API PCSTR EmuSanitizer(VOID);

/* ---- Lookaside lists ------------------------------------------------------------------------------------------ */

/* One pass of the balance-set manager, which on Windows wakes up once a second, over all lookaside lists; here nothing
 * else changes a list's depth (L.Depth, at first 4). Since the pass before,
 *   allocations missed: the depth grows by the misses, at the most to its double and to L.MaximumDepth (256);
 *   none missed, and fewer allocations than the depth: it falls to half or to their number, whichever is more, but not
 *   below 4. Entries beyond the new depth go to the list's free routine.
 * Windows documents that demand raises the depth, that it falls without, and that surplus entries go back to the pool
 * (using-lookaside-lists.md; Windows Internals, "Look-Aside Lists"), not by how much: the numbers are poolemu's.
 * PASSIVE_LEVEL. Other threads may use the lists meanwhile, and must not delete any. Bug check 0xC4 (0xCC, list, 0, 0)
 * for a list in a pool block that was freed although the list was not deleted. */
EMU_API VOID EmuAdvanceBalanceSet(VOID);

/* ---- The opt-in audit ----------------------------------------------------------------------------------------- */

/* Mistakes in how an image opts in to no-execute pool, bits of a mask. docs/audit.md explains them. */
typedef enum EMU_MISTAKE {
    EmuMistakeOptInWithoutCall = 0x01,   /* POOL_NX_OPTIN, and no file with it calls ExInitializeDriverRuntime */
    EmuMistakeCallWithoutOptIn = 0x02,   /* the call in a file in which it does nothing */
    EmuMistakeZeroingWithoutCall = 0x04, /* POOL_ZERO_DOWN_LEVEL_SUPPORT, and no file with it makes the call */
    EmuMistakeAutoBeforeWindows8 = 0x08, /* POOL_NX_OPTIN_AUTO in an image for, or on, a Windows before 8 */
    EmuMistakeFilesDisagree = 0x10,      /* two files differ in opt-in, zeroing or NTDDI_VERSION */
    EmuMistakeCallTooLate = 0x20,        /* the call came after an allocation or a lookaside list; seen at run time */
    EmuMistakeCallWithoutFlag = 0x40,    /* the call without DrvRtPoolNxOptIn; seen at run time */
    EmuMistakeOptInAndExplicitNx = 0x80, /* POOL_NX_OPTIN and NonPagedPoolNx; seen at run time before Windows 8 */
} EMU_MISTAKE;

typedef struct EMU_AUDIT {
    ULONG Files;     /* of the driver; a file that includes this header is the test's */
    ULONG TestFiles; /* of the test */
    ULONG Mistakes;  /* EMU_MISTAKE bits */
    CHAR Error[256]; /* why there is no answer */
} EMU_AUDIT;

/* Reads what the source files of an image (an executable, shared object or object file) left in it, finds the mistakes,
 * and prints both to Stream (or nowhere: NULL), a table with a line for each file first. The image need not be loaded.
 * Path NULL means this program. What violations and call sites tell about the image until now is in it, too.
 * STATUS_SUCCESS, or *Audit has an Error: STATUS_INVALID_IMAGE_FORMAT when the file cannot be read as an image,
 * STATUS_NOT_FOUND when nothing in it was built with these headers, STATUS_INSUFFICIENT_RESOURCES. */
EMU_API NTSTATUS EmuAuditImage(PCSTR Path, FILE *Stream, EMU_AUDIT *Audit);

/* ---- Drivers -------------------------------------------------------------------------------------------------- */

/* Makes a driver object named \Driver\Name with a registry path and calls Entry at PASSIVE_LEVEL. Returns what Entry
 * returns; on failure *Driver is NULL, the driver object is gone, and what it left allocated is counted (and, after
 * EmuStopOnLeaks, stopped for) as at an unload. When Entry lies in a shared object that
 * imports a routine which the emulated Windows does not export: STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, a violation that
 * names it, and Entry is not called. */
EMU_API NTSTATUS EmuLoadDriver(PDRIVER_INITIALIZE Entry, PCSTR Name, PDRIVER_OBJECT *Driver);

/* Calls DriverUnload and counts the blocks allocated since EmuLoadDriver that are still live; while pool is tracked,
 * those of them that the driver's image had a part in. Those are a leak: bug check 0xC4 (0x62, name, 0, count) after
 * EmuStopOnLeaks(TRUE) or while pool is tracked, else EmuLeakCount tells. (On Windows 2000 tracking stops with 0xC4
 * (0x60, paged bytes, nonpaged bytes, count).) Pages that the driver leaves locked are 0xCB (a record of poolemu's, 0,
 * MDL, pages) while pool is tracked, since Windows Vista. Returns STATUS_INVALID_DEVICE_REQUEST for a driver without
 * DriverUnload (it stays loaded), STATUS_INVALID_PARAMETER for one that is not loaded. */
EMU_API NTSTATUS EmuUnloadDriver(PDRIVER_OBJECT Driver);

/* How many blocks the last unload (or failed load) found leaked, and whether a leak is a bug check (FALSE by default).
 */
EMU_API ULONG EmuLeakCount(VOID);
EMU_API VOID EmuStopOnLeaks(BOOLEAN Enable);

/* Lists the blocks that the last unload (or failed load) found leaked and that are still live. */
EMU_API VOID EmuForEachLeak(EMU_BLOCK_CALLBACK *Callback, PVOID Context);

/* A call that the leaked blocks of the last unload came from; known when pool was tracked. */
typedef struct EMU_LEAK_SITE {
    PVOID Caller;    /* the return address; NULL for blocks from before tracking went on */
    EMU_STACK Stack; /* of one of the blocks */
    ULONG64 Blocks;
    ULONG64 Bytes;
    CHAR Function[128]; /* "" when unknown */
    CHAR File[256];     /* likewise, and Line 0: without debug information, or without libdw */
    ULONG Line;
} EMU_LEAK_SITE;

typedef BOOLEAN EMU_LEAK_SITE_CALLBACK(const EMU_LEAK_SITE *Site, PVOID Context);

/* Shows them, each once, the one with the most bytes first; and prints them with their stacks. */
EMU_API VOID EmuForEachLeakSite(EMU_LEAK_SITE_CALLBACK *Callback, PVOID Context);
EMU_API VOID EmuPrintLeaks(FILE *Stream);

#ifdef __cplusplus
}
#endif

#endif
