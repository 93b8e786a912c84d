/* run.h: `poolemu run`. */
#ifndef EMU_TOOL_RUN_H
#define EMU_TOOL_RUN_H

#include "poolemu.h"

/* Exit statuses of the command. */
enum {
    TOOL_OK = 0,
    TOOL_FAILED = 1, /* the driver did not load, leaked, stopped the system, or has mistakes that an audit finds */
    TOOL_USAGE = 2,  /* nothing was run, or read */
};

typedef struct TOOL_RUN_OPTIONS {
    PCSTR Driver;
    PCSTR Windows;  /* a name, "all", or NULL for the default */
    PCSTR Verifier; /* words as EmuFindVerifierFlags takes them, or NULL */
    PCSTR Faults;   /* what EmuParseLowResources takes, or NULL */
    BOOLEAN PrintPool;
    BOOLEAN Audit; /* count blocks by call site, and audit the image after the run */
} TOOL_RUN_OPTIONS;

int ToolRunDriver(const TOOL_RUN_OPTIONS *Options);

#endif
