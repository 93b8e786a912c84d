/* versions.h: `poolemu windows`. */
#ifndef EMU_TOOL_VERSIONS_H
#define EMU_TOOL_VERSIONS_H

void ToolPrintWindows(void);

#endif
