/* print.h: what the command prints: messages to standard error, and whether standard output took what went there. */
#ifndef EMU_TOOL_PRINT_H
#define EMU_TOOL_PRINT_H

#include "poolemu.h"

/* Writes "poolemu: ", the text and a newline to standard error. A ? takes the place of each control character. */
VOID ToolComplain(PCSTR Format, ...) EMU_FORMAT(1, 2);

/* FALSE, and a message: what was printed so far cannot be written to standard output. */
BOOLEAN ToolIsWritten(VOID);

#endif
