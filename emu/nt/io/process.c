/* process.c: the process that a driver runs in, as the I/O manager says it. */
#include "ntifs.h"

#undef PsGetCurrentProcess /* wdm.h gives it to IoGetCurrentProcess; the kernel exports both */

PEPROCESS IoGetCurrentProcess(VOID)
{
    return PsGetCurrentProcess();
}
