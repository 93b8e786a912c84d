/* print.c: messages, and the fate of what was printed. */
#include "tool/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/text.h"

VOID ToolComplain(PCSTR Format, ...)
{
    CHAR Text[8192];
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Text, sizeof(Text), Format, Arguments); // NOLINT: clang-tidy 14 does not see va_start in front of it
    va_end(Arguments);
    HostMakePrintable(Text, FALSE);
    fprintf(stderr, "poolemu: %s\n", Text);
}

BOOLEAN ToolIsWritten(VOID)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return TRUE;
    }
    if (errno != 0) {
        ToolComplain("standard output cannot be written: %s", strerror(errno));
    } else {
        ToolComplain("standard output cannot be written");
    }
    return FALSE;
}
