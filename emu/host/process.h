/* process.h: the running program goes on in a process of its own, which may end in any way, and its parent waits for
 * that end and knows how far the child had come. */
#ifndef EMU_HOST_PROCESS_H
#define EMU_HOST_PROCESS_H

#include "ntdef.h"

/* What the child writes and its parent reads, in memory that both share. A program that the child becomes by exec does
 * not have it, and what a process that the child forked writes does not count. */
typedef struct HOST_REPORT {
    LONG Status;     /* what the child is going to end with; HOST_NO_STATUS until it has said so */
    LONG Stage;      /* how far it has come: the caller's own numbers, 0 at first */
    CHAR Name[32];   /* for the caller */
    CHAR Crash[256]; /* the code that a crash came from, where HostReportCrashes found it */
} HOST_REPORT;

enum {
    HOST_NO_STATUS = -1
};

typedef enum HOST_ENDING {
    HostNotStarted, /* Why says why not */
    HostExited,     /* with Status */
    HostAborted,    /* by abort(); Why says so, too */
    HostCrashed,    /* Why has the signal or exception in words */
} HOST_ENDING;

typedef struct HOST_PROCESS {
    HOST_ENDING Ending;
    LONG Status;
    PCSTR Why;
    HOST_REPORT Report;
} HOST_PROCESS;

/* Starts the child and waits for its end. On a host that can fork, the child calls Routine and exits with what that
 * returns. Else it is this program from its start, with Arguments, which end with NULL and begin behind the program's
 * name. */
VOID HostRunApart(int (*Routine)(PVOID Context), PVOID Context, const PCSTR *Arguments, HOST_PROCESS *Process);

/* The report of a process that HostRunApart started; NULL in any other one. */
HOST_REPORT *HostFindReport(VOID);

/* From now on a crash of this process that nobody else handles is noted in its report: the innermost code of the image
 * with that path which led to it. */
VOID HostReportCrashes(PCSTR ImagePath);

/* What is opened from now on gets none of the three standard streams' numbers, and a stream that was closed fails. */
VOID HostOpenStreams(VOID);

#endif
