/* tool_no_entry.c: a library, but no driver. */
#include <ntddk.h>

ULONG Answer(VOID);

ULONG Answer(VOID)
{
    return 42;
}
