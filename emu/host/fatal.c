/* fatal.c: ends the process when the emulator cannot go on: the host has no memory left, or refuses a call. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/host.h"

VOID HostFatal(PCSTR Format, ...)
{
    static const CHAR Prefix[] = "poolemu: ";
    CHAR Line[1024];
    SIZE_T Length = sizeof(Prefix) - 1;
    va_list Arguments;

    memcpy(Line, Prefix, sizeof(Prefix));
    va_start(Arguments, Format);
    vsnprintf(Line + Length, sizeof(Line) - Length - 1, Format, Arguments); /* one byte is left for the newline */
    va_end(Arguments);
    memcpy(Line + strlen(Line), "\n", 2);

    HostWriteError(Line);
    HostAbort();
}
