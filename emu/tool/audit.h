/* audit.h: `poolemu audit`. */
#ifndef EMU_TOOL_AUDIT_H
#define EMU_TOOL_AUDIT_H

#include "tool/run.h"

/* Prints what the driver's source files say about the opt-in, the mistakes, and what a run has added to them. */
int ToolAuditDriver(PCSTR Driver);

#endif
