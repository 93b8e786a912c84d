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
    KIRQL Irql;                      /* at entry */
    jmp_buf Context;
} EMU_CATCH_FRAME;

#define EMU_CATCH(Name, Frame)                                                                                         \
    for (EMU_CATCH_FRAME Name EMU_CLEANUP(EmuLeaveCatch) = Frame; EmuNextCatch(&Name);)                                \
        if (_setjmp(Name.Context) == 0)

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

/* A call that allocated while blocks were counted. */
typedef struct EMU_CALL_SITE {
    PVOID Caller;       /* the return address; NULL for those that could not be counted apart */
    PCSTR Routine;      /* "ExAllocatePoolWithTag" */
    POOL_TYPE PoolType; /* of its first request */
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

/* ---- Reports -------------------------------------------------------------------------------------------------- */

/* Writes what is known now to a file, as JSON: the Windows, counters, tags with their owners, live blocks, the call
 * sites and stacks they came from, leaks, violations, and the log; docs/tracking.md describes it. STATUS_SUCCESS, or
 * STATUS_OPEN_FAILED when the file cannot be made, STATUS_DISK_FULL when it cannot be written,
 * STATUS_INSUFFICIENT_RESOURCES; after the last two what the file has is not whole. */
EMU_API NTSTATUS EmuWriteReport(PCSTR Path);

/* As a fresh process: every block is freed, counters are zero, limits are lifted, drivers are forgotten (not
 * unloaded), violations and call sites are forgotten, the Windows is the default one, this thread is at PASSIVE_LEVEL.
 * No other thread may be in the emulator. */
EMU_API VOID EmuReset(VOID);

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
 * (0x60, paged bytes, nonpaged bytes, count).) Returns
 * STATUS_INVALID_DEVICE_REQUEST for a driver without DriverUnload (it stays loaded), STATUS_INVALID_PARAMETER for one
 * that is not loaded. */
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
