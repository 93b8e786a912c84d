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

/* Prints the pool by tag in PoolMon's columns, sorted by tag. */
EMU_API VOID EmuPrintPool(FILE *Stream);

/* As a fresh process: every block is freed, counters are zero, drivers are forgotten (not unloaded), the Windows is
 * the default one, this thread is at PASSIVE_LEVEL. No other thread may be in the emulator. */
EMU_API VOID EmuReset(VOID);

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

/* ---- Drivers -------------------------------------------------------------------------------------------------- */

/* Makes a driver object named \Driver\Name with a registry path and calls Entry at PASSIVE_LEVEL. Returns what Entry
 * returns; on failure *Driver is NULL, the driver object is gone, and what it left allocated is counted (and, after
 * EmuStopOnLeaks, stopped for) as at an unload. */
EMU_API NTSTATUS EmuLoadDriver(PDRIVER_INITIALIZE Entry, PCSTR Name, PDRIVER_OBJECT *Driver);

/* Calls DriverUnload and counts the blocks allocated since EmuLoadDriver that are still live. Those are a leak: bug
 * check 0xC4 (0x62, name, 0, count) after EmuStopOnLeaks(TRUE), else EmuLeakCount tells. Returns
 * STATUS_INVALID_DEVICE_REQUEST for a driver without DriverUnload (it stays loaded), STATUS_INVALID_PARAMETER for one
 * that is not loaded. */
EMU_API NTSTATUS EmuUnloadDriver(PDRIVER_OBJECT Driver);

/* How many blocks the last unload (or failed load) found leaked, and whether a leak is a bug check (FALSE by default).
 */
EMU_API ULONG EmuLeakCount(VOID);
EMU_API VOID EmuStopOnLeaks(BOOLEAN Enable);

/* Lists the blocks that the last unload (or failed load) found leaked and that are still live. */
EMU_API VOID EmuForEachLeak(EMU_BLOCK_CALLBACK *Callback, PVOID Context);

#ifdef __cplusplus
}
#endif

#endif
