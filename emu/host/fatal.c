/* fatal.c: ends the process when the emulator cannot go on: the host has no memory left, or refuses a call. */
#include <stdarg.h>
#include <stdio.h>

#include "host/host.h"
#include "host/text.h"

VOID HostFatal(PCSTR Format, ...)
{
    CHAR Text[1013], Line[1024];
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Text, sizeof(Text), Format, Arguments); // NOLINT: clang-tidy 14 does not see va_start in front of it
    va_end(Arguments);
    HostMakePrintable(Text, FALSE);
    snprintf(Line, sizeof(Line), "poolemu: %s\n", Text);
    HostWriteError(Line);
    HostAbort();
}

VOID HostRefuseReentry(VOID)
{
    HostFatal("a routine was called on a thread that is inside another one and holds its lock. That is not allowed: a "
              "signal handler or a callback must not use the pool");
}
