/* poolemu.h: what a test uses of poolemu: it selects a Windows, catches bug checks and exceptions, queries the pool,
 * and loads and unloads drivers. A test includes it after (or instead of) the kernel header; driver code never includes
 * it. Everything here has a default: a program that only calls ExAllocatePoolWithTag works, too.
 *
 * No function here checks the IRQL. A callback that returns BOOLEAN ends its enumeration by returning FALSE.
 *
 * A pointer must not be NULL unless the function's comment says what NULL means. With NULL in another place a function
 * does nothing: it returns STATUS_INVALID_PARAMETER, FALSE where it returns a BOOLEAN, or nothing. */
#ifndef POOLEMU_H
#define POOLEMU_H

#include <setjmp.h>
#include <stdio.h>

#include "ntddk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The version ---------------------------------------------------------------------------------------------- */

/* The version of this header. CMakeLists.txt reads it here. EMU_VERSION is one number, which #if compares: 10000 times
 * the major, 100 times the minor and the patch number. */
#define EMU_VERSION_MAJOR 0
#define EMU_VERSION_MINOR 1
#define EMU_VERSION_PATCH 0
#define EMU_VERSION (EMU_VERSION_MAJOR * 10000 + EMU_VERSION_MINOR * 100 + EMU_VERSION_PATCH)

/* The EMU_VERSION of the library that this program runs with; it can differ from that of the header that the program
 * was compiled with. While the major number is 0, the two are compatible when major and minor number are the same. */
EMU_API ULONG EmuVersion(VOID);

/* Reserved members are for later versions, which can add members without changing a structure's size. The library
 * writes 0 to them. The caller must set them to 0 in structures that it fills; {0} and designated initialisers do. */

/* Marks the file as the test's, so that the audit of an image does not count it as the driver's. */
#if !defined(POOLEMU_BUILDING_LIBRARY)
EMU_AUDIT_KEPT EMU_AUDIT_THIS_FILE(EmuAuditTest, EMU_AUDIT_TEST);
#endif

/* ---- Options -------------------------------------------------------------------------------------------------- */

/* Prints the environment variables that set poolemu to Stream: what each takes, its default, its value where it is set,
 * and its meaning. A program that runs with POOLEMU_OPTIONS=help=1 prints the same to stderr when it first uses
 * poolemu. */
EMU_API VOID EmuPrintOptions(FILE *Stream);

/* ---- The emulated Windows ------------------------------------------------------------------------------------- */

/* A release of Windows. */
typedef struct EMU_WINDOWS {
    PCSTR Name;  /* for EmuSetWindows: "win7sp1" */
    PCSTR Title; /* "Windows 7 Service Pack 1" */
    ULONG Major;
    ULONG Minor;
    ULONG Build;
    ULONG ServicePack;
    ULONG NtDdi;       /* NTDDI_VERSION, as in sdkddkver.h */
    UCHAR ProductType; /* VER_NT_WORKSTATION (1) or VER_NT_SERVER (3) */
    ULONG : 32;        /* for later versions */
    ULONG : 32;
} EMU_WINDOWS;

/* Selects the Windows to emulate by its name ("win7", "win7sp1", "ws2019", "win11-24h2" ...), without regard to case.
 * Returns STATUS_NOT_FOUND, and changes nothing, when the name is unknown. Blocks that are allocated already stay as
 * they are. The default is what the environment variable POOLEMU_WINDOWS names, else the newest Windows 11. Call it
 * while no other thread is in the emulator. */
EMU_API NTSTATUS EmuSetWindows(PCSTR Name);

/* Returns the Windows that is emulated now. */
EMU_API const EMU_WINDOWS *EmuWindows(VOID);

/* Allows (TRUE) or forbids (FALSE, the default) calls of routines that the emulated Windows does not export, such as
 * ExAllocatePool2 before Windows 10 version 2004. A forbidden call is bug check 0xC0000263 (the routine's name, a
 * PCSTR; the caller; the build that first has it; the emulated build). This is the status with which a driver that
 * imports the routine does not load: EmuLoadDriver returns it for a driver in a shared object. When allowed, both work
 * as on a Windows that has the routine, but MmGetSystemRoutineAddress still does not find it. EmuReset goes back to
 * FALSE. */
EMU_API VOID EmuAllowMissingExports(BOOLEAN Allow);

/* Returns the table of all releases, oldest first. *Count receives their number; Count may be NULL. */
EMU_API const EMU_WINDOWS *EmuWindowsTable(SIZE_T *Count);

/* ---- Bug checks and exceptions -------------------------------------------------------------------------------- */

/* A bug check. Code is 0 when none happened. */
typedef struct EMU_BUGCHECK {
    ULONG Code;
    ULONG_PTR Parameter[4];
    PCSTR Name;      /* "BAD_POOL_CALLER"; NULL when Code is 0 or has no name */
    CHAR Text[1024]; /* the text of the stop screen: what happened, to which block */
    ULONG64 Reserved[4];
} EMU_BUGCHECK;

/* EMU_CATCH_BUGCHECK(&Stop) { ... } runs the block. A bug check inside ends the block and fills Stop; without one
 * Stop.Code is 0. Either way execution goes on behind the block. Blocks may be nested: the innermost catches. `break`
 * leaves the block.
 * After a bug check the IRQL and the thread's critical regions are what they were at entry. Without one they are as the
 * block left them, so that KeGetCurrentIrql shows a KeLowerIrql that the driver forgot. No lock of the emulator is
 * held; a spin lock that the block took stays taken. The rules of setjmp apply: a local variable that the block changes
 * and that is read behind it must be volatile. Do not enter the block with goto, or leave it with longjmp. */
#define EMU_CATCH_BUGCHECK(Stop) EMU_CATCH(EMU_PASTE(EmuCatch, __COUNTER__), EMU_CATCH_FRAME_OF_BUGCHECK(Stop))

/* EMU_CATCH_EXCEPTION(&Status) { ... } does the same for an exception: one raised by ExRaiseStatus, or by a pool
 * routine that raises, and not handled by the driver. *Status is its status, or STATUS_SUCCESS without one. */
#define EMU_CATCH_EXCEPTION(Status) EMU_CATCH(EMU_PASTE(EmuCatch, __COUNTER__), EMU_CATCH_FRAME_OF_EXCEPTION(Status))

/* The parts of the two macros. Do not use them directly. */
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
    PVOID Reserved[4];
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

/* Rules that Windows lets a driver break. So does the emulator, and records it. */
typedef enum EMU_VIOLATION_KIND {
    EmuViolationNxBeforeWindows8 = 1, /* NonPagedPoolNx or POOL_NX_ALLOCATION before Windows 8 */
    EmuViolationMissingImport,        /* a driver was not loaded: it imports what the emulated Windows lacks */
    EmuViolationRuntimeTooLate,       /* ExInitializeDriverRuntime after an allocation or a lookaside list */
    EmuViolationRuntimeWithoutFlag,   /* ExInitializeDriverRuntime without DrvRtPoolNxOptIn, with POOL_NX_OPTIN */
    EmuViolationCodeIntegrity,        /* executable pool, protection or mapping, see EmuStopOnCodeIntegrity */
    EmuViolationPoolTypeAsFlags,      /* a POOL_TYPE where ExAllocatePool2 or ExAllocatePool3 takes POOL_FLAGS */
    EmuViolationNotZeroed,            /* ExAllocatePoolZero or a relative on a Windows that does not zero, without
                                         POOL_ZERO_DOWN_LEVEL_SUPPORT; only files that use these headers tell it */
    EmuViolationTag,                  /* a tag that is a default of Windows, or has a character outside 0x20 to 0x7E;
                                         at the first request with that tag */
    EmuViolationsElsewhere = 15,      /* of all kinds, beyond the call sites that can be counted apart */
} EMU_VIOLATION_KIND;

typedef struct EMU_VIOLATION {
    EMU_VIOLATION_KIND Kind;
    ULONG64 Count;
    PVOID Caller;   /* the call's return address; an address in DriverEntry without a call; or NULL */
    CHAR Text[512]; /* of the first one: what was done, and what that means */
    ULONG64 Reserved[4];
} EMU_VIOLATION;

/* Returns how many violations there were since the start or the last EmuReset. */
EMU_API ULONG64 EmuViolationCount(VOID);
typedef BOOLEAN EMU_VIOLATION_CALLBACK(const EMU_VIOLATION *Violation, PVOID Context);

/* Calls Callback for each kind and call site. */
EMU_API VOID EmuForEachViolation(EMU_VIOLATION_CALLBACK *Callback, PVOID Context);

/* Prints the violations to Stream, one line for each kind and call site. */
EMU_API VOID EmuPrintViolations(FILE *Stream);

/* ---- The pool ------------------------------------------------------------------------------------------------- */

/* A live block. */
typedef struct EMU_BLOCK {
    PVOID Address;
    SIZE_T Size; /* in bytes, as asked for */
    ULONG Tag;
    POOL_TYPE PoolType;   /* as asked for, without modifier bits */
    BOOLEAN Executable;   /* the page's protection as the host reports it now; without /proc, as it was mapped */
    BOOLEAN QuotaCharged; /* allocated with quota */
    ULONG64 Reserved[3];
} EMU_BLOCK;

/* Returns TRUE and fills *Block when Address is the start of a live block, else FALSE. Address may be any address. */
EMU_API BOOLEAN EmuQueryBlock(PVOID Address, EMU_BLOCK *Block);

/* The use of a tag in one kind of pool, as PoolMon counts it. */
typedef struct EMU_POOL_USAGE {
    ULONG64 Allocs;
    ULONG64 Frees;
    ULONG64 Bytes; /* in use now, as asked for */
} EMU_POOL_USAGE;

typedef struct EMU_TAG_USAGE {
    ULONG Tag;
    EMU_POOL_USAGE NonPaged;
    EMU_POOL_USAGE Paged;
    ULONG64 Reserved[4];
} EMU_TAG_USAGE;

/* Fills *Usage. The counters of an unknown tag are zero. */
EMU_API VOID EmuQueryTag(ULONG Tag, EMU_TAG_USAGE *Usage);

/* Call Callback for each live block, and for each tag used since the last EmuReset. Callback must not allocate or free
 * pool. */
typedef BOOLEAN EMU_BLOCK_CALLBACK(const EMU_BLOCK *Block, PVOID Context);
typedef BOOLEAN EMU_TAG_CALLBACK(const EMU_TAG_USAGE *Usage, PVOID Context);
EMU_API VOID EmuForEachBlock(EMU_BLOCK_CALLBACK *Callback, PVOID Context);
EMU_API VOID EmuForEachTag(EMU_TAG_CALLBACK *Callback, PVOID Context);

/* Prints the tags in PoolMon's columns, sorted by tag; with a pooltag.txt also the owner of each tag; of a tag with
 * characters that cannot be printed, which are dots, also its value. */
EMU_API VOID EmuPrintPool(FILE *Stream);

/* Reads the owners of tags from a file in the format of the debuggers' pooltag.txt. NULL forgets them. The default is
 * the file that the environment variable POOLEMU_POOLTAG names, if any. Returns STATUS_OBJECT_NAME_NOT_FOUND when the
 * file cannot be opened, STATUS_FILE_TOO_LARGE when it has more than 16 MiB or no end, or
 * STATUS_INSUFFICIENT_RESOURCES; then nothing changes. EmuReset does not change it. */
EMU_API NTSTATUS EmuSetPoolTagFile(PCSTR Path);

/* The owner of a tag. */
typedef struct EMU_TAG_OWNER {
    CHAR Binary[64]; /* "afd.sys", "nt!mm", "<unknown>"; "" when the line names none */
    CHAR Description[192];
    ULONG64 Reserved[4];
} EMU_TAG_OWNER;

/* Fills *Owner from the line of pooltag.txt that matches Tag best: the one with the most characters in common, of equal
 * ones the first. Returns FALSE when no line matches. */
EMU_API BOOLEAN EmuQueryTagOwner(ULONG Tag, EMU_TAG_OWNER *Owner);

/* Begins (TRUE) or ends (FALSE) counting blocks by call site. The pool routines are slower meanwhile. EmuReset ends
 * it. */
EMU_API VOID EmuCountCallSites(BOOLEAN Enable);

/* A call site that allocated pool or asked for a mapping of an MDL while call sites were counted. A mapping counts as a
 * block, and so does a protection that MmProtectMdlSystemAddress gives it. */
typedef struct EMU_CALL_SITE {
    PVOID Caller;       /* the return address; NULL: those that could not be counted apart */
    PCSTR Routine;      /* "ExAllocatePoolWithTag" */
    POOL_TYPE PoolType; /* of its first request; NonPagedPool for mappings */
    ULONG64 Blocks;
    ULONG64 Executable; /* how many of them were executable */
    ULONG64 Reserved[4];
} EMU_CALL_SITE;

typedef BOOLEAN EMU_CALL_SITE_CALLBACK(const EMU_CALL_SITE *Site, PVOID Context);

/* Calls Callback for each call site. */
EMU_API VOID EmuForEachCallSite(EMU_CALL_SITE_CALLBACK *Callback, PVOID Context);

/* ---- Pool tracking -------------------------------------------------------------------------------------------- */

/* Begins (TRUE) or ends (FALSE) pool tracking, as Driver Verifier's flag 0x8: every allocation and free is noted with
 * its call stack. While it is on, the pool routines are slower, a driver's leaks at its unload are a bug check, and
 * the pool's stop screens name who allocated the block and who freed it. Beginning forgets what was noted before; of a
 * block that is live then, only the free will be known. Call it while no other thread is in the emulator. EmuReset ends
 * it. docs/tracking.md is the guide. */
EMU_API VOID EmuTrackPool(BOOLEAN Enable);

/* A call stack. Valid until EmuReset, or until tracking begins again. */
typedef struct EMU_STACK {
    ULONG Number;        /* the same for equal stacks; 0 when nothing is known */
    ULONG Count;         /* at most 32; 0 when nothing is known */
    PVOID const *Frames; /* return addresses, that of the driver's call first */
} EMU_STACK;

/* Fills *Allocation and *Free with the stacks of the block that begins at Address, or that began there last.
 * Free->Count is 0 while the block is live. Returns FALSE when nothing is known. */
EMU_API BOOLEAN EmuQueryStacks(PVOID Address, EMU_STACK *Allocation, EMU_STACK *Free);

/* The use of tracked blocks of one kind of pool, in blocks and in bytes asked for. The peaks are exact while one thread
 * uses the pool. With several threads they may miss up to 64 operations of each. */
typedef struct EMU_TRACKED_USE {
    ULONG64 Blocks;
    ULONG64 Bytes;
    ULONG64 PeakBlocks;
    ULONG64 PeakBytes;
} EMU_TRACKED_USE;

/* Driver Verifier's counters since tracking began. Mistakes that are bug checks are not counted. */
typedef struct EMU_TRACKING {
    BOOLEAN Enabled;
    ULONG64 Attempted; /* allocations: Succeeded + Failed */
    ULONG64 Succeeded;
    ULONG64 Failed;
    ULONG64 WithoutTag; /* of those that succeeded: by ExAllocatePool and ExAllocatePoolWithQuota */
    ULONG64 NotTracked; /* of those that succeeded: the host had no memory to note them */
    EMU_TRACKED_USE NonPaged;
    EMU_TRACKED_USE Paged;
    ULONG64 Reserved[8];
} EMU_TRACKING;

/* Fills *Tracking. */
EMU_API VOID EmuQueryTracking(EMU_TRACKING *Tracking);

/* An operation of the log. */
typedef struct EMU_POOL_EVENT {
    ULONG64 Sequence; /* grows with time for each thread and for each block */
    BOOLEAN IsFree;   /* FALSE: an allocation */
    PVOID Address;
    SIZE_T Size;
    ULONG Tag;
    POOL_TYPE PoolType; /* as in EMU_BLOCK */
    ULONG Thread;       /* the thread's number, from 1 */
    EMU_STACK Stack;
    ULONG64 Reserved[4];
} EMU_POOL_EVENT;

typedef BOOLEAN EMU_POOL_EVENT_CALLBACK(const EMU_POOL_EVENT *Event, PVOID Context);

/* Calls Callback, oldest first, for each operation in the log on a block that contains Address; NULL: for all of them.
 * The log has the last 65,536 operations since tracking began; with several threads each may have up to 64 older ones
 * in their place. Callback may allocate and free pool. Returns FALSE when there is no memory for the answer. */
EMU_API BOOLEAN EmuQueryLog(PVOID Address, EMU_POOL_EVENT_CALLBACK *Callback, PVOID Context);

/* Sets the length of the log in operations, rounded up to a multiple of 64; 0: no log. Returns FALSE, and changes
 * nothing, while tracking is on or when the log would take more than a TiB (x86: a GiB). EmuReset goes back to 65,536.
 */
EMU_API BOOLEAN EmuSetLogSize(SIZE_T Operations);

/* Prints what lies at Address and its history from the log (allocated by ..., freed by ..., allocated again by ...),
 * each with its stack. */
EMU_API VOID EmuPrintAddress(FILE *Stream, PVOID Address);

/* For EmuSetPoolLimit and EmuSetQuotaLimit: no limit. */
#define EMU_UNLIMITED ((SIZE_T)-1)

/* Limits paged pool (PagedPool) or nonpaged pool, executable or not (NonPagedPool), to Bytes in use. As in EmuQueryTag
 * the bytes asked for count. A request fails when it would bring the bytes in use above
 *     3/4 of the limit   LowPoolPriority (and its two SpecialPool forms)
 *     7/8 of the limit   NormalPoolPriority
 *     the whole limit    HighPoolPriority, and requests without a priority
 * It returns NULL or raises STATUS_INSUFFICIENT_RESOURCES, as the routine's type or flags say. Blocks that are live
 * stay, even beyond the limit. The default is EMU_UNLIMITED. The pool routines are slower with a limit. Call it while
 * no other thread is in the emulator. */
EMU_API VOID EmuSetPoolLimit(POOL_TYPE PoolType, SIZE_T Bytes);

/* The quota of the emulated process (PsGetCurrentProcess) for one kind of pool, in bytes. */
typedef struct EMU_QUOTA {
    SIZE_T Limit; /* EMU_UNLIMITED: none */
    SIZE_T Usage; /* charged now, by blocks and by PsChargePoolQuota */
    SIZE_T Peak;  /* the highest Usage */
} EMU_QUOTA;

/* The emulated process. */
typedef struct EMU_PROCESS {
    ULONG64 References; /* 1, and 1 for each live block that is charged */
    EMU_QUOTA NonPaged;
    EMU_QUOTA Paged;
    ULONG64 Reserved[4];
} EMU_PROCESS;

/* Fills *Process. */
EMU_API VOID EmuQueryProcess(EMU_PROCESS *Process);

/* Limits the quota charged for paged pool (PagedPool) or nonpaged pool (NonPagedPool) to Bytes. A request with quota
 * beyond it raises STATUS_QUOTA_EXCEEDED or returns NULL, as the routine's type or flags say. What is charged already
 * stays. The default is EMU_UNLIMITED. */
EMU_API VOID EmuSetQuotaLimit(POOL_TYPE PoolType, SIZE_T Bytes);

/* ---- Low resources simulation --------------------------------------------------------------------------------- */

/* Low resources simulation fails calls deliberately, each as its page says: it returns NULL or
 * STATUS_INSUFFICIENT_RESOURCES, or raises that status. These calls can fail: the pool routines,
 * ExAllocateFrom...LookasideList... with the default allocate routine (lists keep no entries meanwhile), IoAllocateMdl,
 * MmProbeAndLockPages, MmMapLockedPagesSpecifyCache (MmGetSystemAddressForMdlSafe) without BugCheckOnFailure,
 * MmAllocateMappingAddress(Ex), and the routines for contiguous and noncached memory. A mistaken request stops or fails
 * as always, and is not counted. docs/low-resources.md is the guide. */

/* Which calls fail. */
typedef enum EMU_FAILURE_MODE {
    EmuFailAtRandom,         /* each with the same probability */
    EmuFailNth,              /* the Nth */
    EmuFailFromNth,          /* the Nth and all later ones */
    EmuFailByCallback,       /* those for which Callback returns TRUE */
    EmuFailSystematically,   /* the first of each call stack of a driver */
    EmuRecordSystematically, /* none; notes the stacks that EmuFailSystematically would fail */
} EMU_FAILURE_MODE;

enum {
    EMU_FAILURE_FRAMES = 32,
    EMU_DEFAULT_PROBABILITY = 600,
};

/* A call that can fail, or that was failed. */
typedef struct EMU_FAILURE {
    ULONG64 Number;  /* its number among the calls that could fail, from 1 */
    PCSTR Routine;   /* "ExAllocatePoolWithTag" */
    ULONG Tag;       /* 0 for a routine that takes none */
    ULONG64 StackId; /* of the driver's part of the stack; the same in every run of the same build */
    ULONG FrameCount;
    PVOID Frames[EMU_FAILURE_FRAMES]; /* return addresses; the one in the caller of Routine first */
    ULONG64 Reserved[4];
} EMU_FAILURE;

/* Returns TRUE to fail the call. It is called at the IRQL of the call and must not allocate. */
typedef BOOLEAN EMU_FAILURE_CALLBACK(const EMU_FAILURE *Call, PVOID Context);

/* A member that is 0 means Driver Verifier's default, but without its delay. Tags, Include and Exclude are lists of
 * words, separated by blanks, with the wildcards * (any characters) and ? (one). */
typedef struct EMU_LOW_RESOURCES {
    EMU_FAILURE_MODE Mode;
    ULONG Probability; /* EmuFailAtRandom: chances in 10,000, at most 10,000; 0: 600 */
    ULONG64 Seed;      /* EmuFailAtRandom: the same seed fails the same calls */
    ULONG64 Nth;       /* EmuFailNth, EmuFailFromNth: from 1 */
    EMU_FAILURE_CALLBACK *Callback;
    PVOID Context;
    CHAR StateFile[512]; /* EmuFailSystematically, EmuRecordSystematically: remembers stacks across runs */
    CHAR Tags[256];      /* only calls with one of these tags; "": all calls, also those without a tag */
    CHAR Include[256];   /* only stacks with a function, image or identifier ("#" and 16 digits) of these; "": all */
    CHAR Exclude[256];   /* no stack with one of these */
    ULONG Delay;         /* milliseconds after EmuSetLowResources without a failure */
    BOOLEAN Print;       /* prints each failure with its stack to stderr */
    CHAR Error[512];     /* why the settings were refused */
    ULONG64 Reserved[8]; /* 0 */
} EMU_LOW_RESOURCES;

/* Begins to fail calls, with empty statistics and log. NULL ends it and keeps both. Returns STATUS_INVALID_PARAMETER
 * for settings that are impossible and STATUS_UNSUCCESSFUL for a state file that cannot be used; both fill Error and
 * change nothing. Without a call, and again after EmuReset, the environment variable POOLEMU_FAULTS decides. */
EMU_API NTSTATUS EmuSetLowResources(EMU_LOW_RESOURCES *Settings);

/* Fills *Settings from a text as in POOLEMU_FAULTS and `poolemu run --faults`, for example
 * "probability=600,seed=1,tags=Tag1 Fred*". Returns STATUS_INVALID_PARAMETER and fills Error when it is invalid. */
EMU_API NTSTATUS EmuParseLowResources(PCSTR Text, EMU_LOW_RESOURCES *Settings);

/* Fail the Nth call from now on, or the Nth and all later ones. They call EmuSetLowResources. Nth 0 means 1. */
EMU_API VOID EmuFailNthAllocation(ULONG64 Nth);
EMU_API VOID EmuFailAllocationsFrom(ULONG64 Nth);

typedef struct EMU_LOW_RESOURCES_STATISTICS {
    ULONG64 Calls;       /* that could fail */
    ULONG64 Considered;  /* of these, those that no filter and no delay leaves out; Nth counts these */
    ULONG64 Failed;      /* deliberately */
    ULONG64 KnownStacks; /* systematic: from the state file and from this run */
    ULONG64 NewStacks;   /* systematic: of these, failed or recorded in this run */
    ULONG64 Reserved[4];
} EMU_LOW_RESOURCES_STATISTICS;

/* Fills *Statistics. */
EMU_API VOID EmuQueryLowResources(EMU_LOW_RESOURCES_STATISTICS *Statistics);

/* Enumerate and print the last 1,024 calls that were failed, oldest first. */
EMU_API VOID EmuForEachInjectedFailure(EMU_FAILURE_CALLBACK *Callback, PVOID Context);
EMU_API VOID EmuPrintInjectedFailures(FILE *Stream);

/* EMU_FOR_EACH_FAILURE(i) { ... } runs the block first without a failure (i is 0), then once for each call in it that
 * can fail: with i 1 the first fails, with i 2 only the second, and so on. Calls of other threads do not count and do
 * not fail. EmuSetLowResources has no effect inside.
 * Each run must free what it has allocated. Otherwise it is bug check 0xC4 (0x62, the macro's name, a PCSTR, 0,
 * number), whose text names the failed call and what is left. Pool blocks, contiguous and noncached memory, mappings
 * and reserved addresses count, also what other threads have allocated meanwhile.
 * `continue` ends a run. `break`, `return`, and a bug check
 * or exception caught around the loop end the loop without this check. Loops may be nested. EMU_CATCH_... stands inside
 * the block or around the loop. Do not leave the block with goto, with your own longjmp, or with an exception that a
 * __try around the loop handles. */
#define EMU_FOR_EACH_FAILURE(Index) EMU_FAILURE_RUNS(EMU_PASTE(EmuFailureLoop, __COUNTER__), Index)

/* The parts of the macro. Do not use them directly. */
typedef struct EMU_FAILURE_LOOP {
    ULONG Depth; /* 0 while it does not run */
    BOOLEAN Begun;
    PVOID Reserved[2];
} EMU_FAILURE_LOOP;

#define EMU_FAILURE_RUNS(Name, Index)                                                                                  \
    for (EMU_FAILURE_LOOP Name EMU_CLEANUP(EmuEndFailureLoop) = {0, FALSE, {NULL}}; EmuBeginFailureLoop(&Name);)       \
        for (ULONG Index = 0; EmuNextFailureRun(&Name, &Index);)

EMU_API BOOLEAN EmuBeginFailureLoop(EMU_FAILURE_LOOP *Loop);
EMU_API BOOLEAN EmuNextFailureRun(EMU_FAILURE_LOOP *Loop, ULONG *Index);
EMU_API VOID EmuEndFailureLoop(EMU_FAILURE_LOOP *Loop);

/* ---- Reports -------------------------------------------------------------------------------------------------- */

/* Writes a report to a file, as JSON: the Windows, counters, tags with their owners, live blocks, the call sites and
 * stacks they came from, leaks, violations and the log. docs/tracking.md describes it. Returns STATUS_SUCCESS;
 * STATUS_OPEN_FAILED when the file cannot be created; STATUS_DISK_FULL when it cannot be written, or
 * STATUS_INSUFFICIENT_RESOURCES. After the last two the file is incomplete. */
EMU_API NTSTATUS EmuWriteReport(PCSTR Path);

/* Goes back to the state of a fresh process: frees every block; sets counters to zero; lifts limits; forgets drivers
 * (without unloading them), violations and call sites; selects the default Windows and Driver Verifier options, or
 * those of the environment; sets this thread to PASSIVE_LEVEL. Call it while no other thread is in the emulator. */
EMU_API VOID EmuReset(VOID);

/* ---- Driver Verifier ------------------------------------------------------------------------------------------ */

/* Driver Verifier's options, as in `verifier /flags`. docs/verifier.md says what each does here. */
enum {
    EMU_VERIFIER_SPECIAL_POOL = 0x1,
    EMU_VERIFIER_FORCE_IRQL = 0x2,
    EMU_VERIFIER_LOW_RESOURCES = 0x4, /* default settings, unless POOLEMU_FAULTS or the test set others */
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

/* Sets Driver Verifier's options for all code of this process; 0, the default: none. With any option the automatic
 * checks are on: mistakes that are another bug check without Verifier, or none, are 0xC4. Returns
 * STATUS_INVALID_PARAMETER, and changes nothing, for a bit that is no option. Live blocks stay what they are: a block
 * of special pool is guarded until it is freed. The environment variable POOLEMU_VERIFIER has the options to start
 * with, as EmuFindVerifierFlags reads them; EmuReset goes back to them. Call it while no other thread is in the
 * emulator. */
EMU_API NTSTATUS EmuSetVerifier(ULONG Flags);

/* Returns the options that are on. */
EMU_API ULONG EmuVerifier(VOID);

/* Reads options: words separated by commas (standard, special, irql, lowres, tracking, io, deadlock, dma, security,
 * misc, ddi, systematic, codeintegrity), or the bits as a number, "0x209BB". Returns STATUS_NOT_FOUND for an unknown
 * word or bit, and for 0. */
EMU_API NTSTATUS EmuFindVerifierFlags(PCSTR Words, ULONG *Flags);

/* Which requests EMU_VERIFIER_SPECIAL_POOL serves from special pool, and how. All zero is the default. */
typedef struct EMU_SPECIAL_POOL {
    PCSTR TagPattern;    /* requests whose tag, as it reads in memory, matches (? and * as in GFlags); NULL: all */
    ULONG SizeBucket;    /* requests of this size, as in GFlags: the bucket's largest size plus 16 (0x20 is 1 to 16
                          * bytes), a multiple of 16; on x86 8 takes the place of 16. Also requests with that
                          * number as tag. 0: all */
    BOOLEAN VerifyStart; /* TRUE: blocks begin at the start of a page, so underruns fault; FALSE: they end at its end */
    BOOLEAN EmptyLookaside; /* lookaside lists keep no entries: a freed entry is inaccessible at once */
    SIZE_T QuarantinePages; /* freed pages that stay inaccessible before the oldest are used again; 0: 16384 */
    SIZE_T MostPages;       /* pages in live blocks, of nonpaged and of paged pool each; 0: 8192. A block takes two
                             * mappings of the host: for more pages raise its limit (vm.max_map_count), too */
    ULONG64 Reserved[4];    /* 0 */
} EMU_SPECIAL_POOL;

/* Sets special pool's settings; NULL: the default. Returns STATUS_INVALID_PARAMETER, and changes nothing, for a pattern
 * with a bucket, a pattern of 0 or more than 15 characters, an invalid bucket (valid: 0x20 to 0xFF0; x86: 0x10 to
 * 0xFF8), or Reserved that is not 0. Whatever is selected, POOL_FLAG_SPECIAL_POOL asks for special pool, and an
 * EX_POOL_PRIORITY for the start or end of the page. EmuReset goes back to the default. */
EMU_API NTSTATUS EmuSetSpecialPool(const EMU_SPECIAL_POOL *Settings);

/* Selects what EMU_VERIFIER_CODE_INTEGRITY does with a mistake: TRUE, the default, is a bug check; FALSE counts it as a
 * violation of the kind EmuViolationCodeIntegrity. EmuReset goes back to TRUE. */
EMU_API VOID EmuStopOnCodeIntegrity(BOOLEAN Enable);

/* Driver Verifier's counters since the start or the last EmuReset, while any option was on. */
typedef struct EMU_VERIFIER_COUNTERS {
    ULONG64 AllocationsAttempted;
    ULONG64 AllocationsSucceeded;
    ULONG64 AllocationsSucceededSpecialPool;
    ULONG64 AllocationsWithoutTag;
    ULONG64 AllocationsFailed;
    ULONG64 AllocationsFailedDeliberately; /* of these, by low resources simulation */
    ULONG64 AllocationsNotTracked;         /* this and the next two are EMU_TRACKING's */
    EMU_TRACKED_USE NonPaged;
    EMU_TRACKED_USE Paged;
    ULONG64 SpecialPoolFallbacks; /* selected for special pool, served from ordinary pool because it was full */
    ULONG64 IrqlRaises;
    ULONG64 SpinLocksAcquired;
    ULONG64 Trims;                  /* times that paged pool was made inaccessible; not raises with nothing to trim */
    ULONG64 PageIns;                /* pages, or blocks of special pool, touched afterwards */
    ULONG64 ExecutePoolTypes;       /* code integrity, bug check or not: 0x2000, */
    ULONG64 ExecutePageProtections; /* 0x2001, */
    ULONG64 ExecutePageMappings;    /* 0x2002 */
    ULONG64 Reserved[8];
} EMU_VERIFIER_COUNTERS;

/* Fills *Counters. */
EMU_API VOID EmuQueryVerifier(EMU_VERIFIER_COUNTERS *Counters);

/* Returns the sanitizer that poolemu informs of every block: "AddressSanitizer", "MemorySanitizer" or "memcheck"; ""
 * when none checks this process or POOLEMU_SANITIZE is 0. docs/sanitizers.md is the guide. */
EMU_API PCSTR EmuSanitizer(VOID);

/* ---- Lookaside lists ------------------------------------------------------------------------------------------ */

/* Runs one pass of the balance-set manager over all lookaside lists. On Windows a pass runs once a second; here only
 * this function changes a list's depth (L.Depth, at first 4). With the misses and allocations since the last pass:
 *   if allocations missed, the depth grows by the misses, at most to its double and to L.MaximumDepth (256);
 *   if none missed and there were fewer allocations than the depth, it falls to half or to their number, whichever is
 *   more, but not below 4. Entries beyond the new depth go to the list's free routine.
 * Windows documents that demand raises the depth, that it falls without demand, and that surplus entries go back to the
 * pool (using-lookaside-lists.md; Windows Internals, "Look-Aside Lists"), not by how much: the numbers are poolemu's.
 * Call it at PASSIVE_LEVEL. Other threads may use the lists meanwhile, but must not delete any. A list in a pool block
 * that was freed before the list was deleted is bug check 0xC4 (0xCC, list, 0, 0). */
EMU_API VOID EmuAdvanceBalanceSet(VOID);

/* ---- The opt-in audit ----------------------------------------------------------------------------------------- */

/* Mistakes in an image's opt-in to no-execute pool, as bits. docs/audit.md explains them. */
typedef enum EMU_MISTAKE {
    EmuMistakeOptInWithoutCall = 0x01,   /* POOL_NX_OPTIN, and no file with it calls ExInitializeDriverRuntime */
    EmuMistakeCallWithoutOptIn = 0x02,   /* the call in a file where it does nothing */
    EmuMistakeZeroingWithoutCall = 0x04, /* POOL_ZERO_DOWN_LEVEL_SUPPORT, and no file with it makes the call */
    EmuMistakeAutoBeforeWindows8 = 0x08, /* POOL_NX_OPTIN_AUTO in an image for, or on, a Windows before 8 */
    EmuMistakeFilesDisagree = 0x10,      /* two files differ in opt-in, zeroing or NTDDI_VERSION */
    EmuMistakeCallTooLate = 0x20,        /* the call came after an allocation or a lookaside list; seen at run time */
    EmuMistakeCallWithoutFlag = 0x40,    /* the call without DrvRtPoolNxOptIn; seen at run time */
    EmuMistakeOptInAndExplicitNx = 0x80, /* POOL_NX_OPTIN and NonPagedPoolNx; seen at run time before Windows 8 */
} EMU_MISTAKE;

typedef struct EMU_AUDIT {
    ULONG Files;     /* of the driver */
    ULONG TestFiles; /* of the test: files that include this header */
    ULONG Mistakes;  /* EMU_MISTAKE bits */
    CHAR Error[256]; /* why there is no answer */
    ULONG64 Reserved[4];
} EMU_AUDIT;

/* Reads the records that an image's source files left in it (an executable, shared object or object file; NULL: this
 * program), finds the mistakes, and prints both to Stream (NULL: nowhere), first a table with a line for each file. The
 * image need not be loaded. The violations and call sites of the image so far are included. Returns STATUS_SUCCESS, or
 * fills Error: STATUS_INVALID_IMAGE_FORMAT when the file cannot be read as an image, STATUS_NOT_FOUND when nothing in
 * it was built with these headers, STATUS_INSUFFICIENT_RESOURCES. */
EMU_API NTSTATUS EmuAuditImage(PCSTR Path, FILE *Stream, EMU_AUDIT *Audit);

/* ---- Drivers -------------------------------------------------------------------------------------------------- */

/* Creates the driver object \Driver\Name with a registry path, and calls Entry at PASSIVE_LEVEL. Name has 1 to 63
 * characters. Returns Entry's status. When Entry fails, *Driver is NULL, the driver object is deleted, and leaks are
 * handled as in EmuUnloadDriver. Other statuses: STATUS_INVALID_PARAMETER for Entry NULL or a bad Name,
 * STATUS_INSUFFICIENT_RESOURCES, and STATUS_DRIVER_ENTRYPOINT_NOT_FOUND when Entry lies in a shared object that imports
 * a routine which the emulated Windows does not export. Then Entry is not called, and a violation names the routine.
 * Entry that returns above PASSIVE_LEVEL is bug check 0xC8 (IRQL << 16, 0, 0, 0). */
EMU_API NTSTATUS EmuLoadDriver(PDRIVER_INITIALIZE Entry, PCSTR Name, PDRIVER_OBJECT *Driver);

/* Calls DriverUnload at PASSIVE_LEVEL, and counts as leaks the blocks allocated since EmuLoadDriver that are still
 * live; while pool is tracked, only those that the driver's image had a part in. A leak is bug check 0xC4 (0x62, name,
 * 0, count) after EmuStopOnLeaks(TRUE) or while pool is tracked; on Windows 2000 tracking stops with 0xC4 (0x60, paged
 * bytes, nonpaged bytes, count). Otherwise EmuLeakCount has the number. While pool is tracked, pages that the driver
 * leaves locked are 0xCB (a record of poolemu's, 0, MDL, pages), since Windows Vista. DriverUnload that returns above
 * PASSIVE_LEVEL is 0xC8 (IRQL << 16, 0, 0, 0). Returns STATUS_INVALID_PARAMETER for a driver that is not loaded, and
 * STATUS_INVALID_DEVICE_REQUEST for one without DriverUnload, which stays loaded. */
EMU_API NTSTATUS EmuUnloadDriver(PDRIVER_OBJECT Driver);

/* Returns how many blocks the last unload (or failed load) leaked. */
EMU_API ULONG EmuLeakCount(VOID);

/* Makes a leak a bug check (TRUE) or not (FALSE, the default). EmuReset goes back to FALSE. */
EMU_API VOID EmuStopOnLeaks(BOOLEAN Enable);

/* Calls Callback for each block that the last unload (or failed load) leaked and that is still live. */
EMU_API VOID EmuForEachLeak(EMU_BLOCK_CALLBACK *Callback, PVOID Context);

/* A call site of blocks that the last unload leaked. Known when pool was tracked. */
typedef struct EMU_LEAK_SITE {
    PVOID Caller;    /* the return address; NULL for blocks from before tracking began */
    EMU_STACK Stack; /* of one of the blocks */
    ULONG64 Blocks;
    ULONG64 Bytes;
    CHAR Function[128]; /* "" when unknown */
    CHAR File[256];     /* likewise, and Line 0, without debug information or libdw */
    ULONG Line;
    ULONG64 Reserved[4];
} EMU_LEAK_SITE;

typedef BOOLEAN EMU_LEAK_SITE_CALLBACK(const EMU_LEAK_SITE *Site, PVOID Context);

/* Enumerate the call sites, each once, the one with the most bytes first; and print them with their stacks. */
EMU_API VOID EmuForEachLeakSite(EMU_LEAK_SITE_CALLBACK *Callback, PVOID Context);
EMU_API VOID EmuPrintLeaks(FILE *Stream);

#ifdef __cplusplus
}
#endif

#endif
