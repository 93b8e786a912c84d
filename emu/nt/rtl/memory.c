/* memory.c: the routines of the run-time library for raw memory, as exports. Calls of some are inline, see wdm.h. */
#include <string.h>

#include "ntifs.h"

#undef RtlMoveMemory
#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlCopyMemory
#undef RtlCopyMemoryNonTemporal

VOID RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

VOID RtlFillMemory(VOID *Destination, SIZE_T Length, INT Fill)
{
    memset(Destination, Fill, Length);
}

VOID RtlZeroMemory(VOID *Destination, SIZE_T Length)
{
    memset(Destination, 0, Length);
}

#if defined(_WIN64)
/* One routine with RtlMoveMemory on Windows, so blocks that overlap are all right. */
VOID RtlCopyMemory(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

VOID RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}
#endif

VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
    for (SIZE_T Offset = 0; Offset + sizeof(ULONG) <= Length; Offset += sizeof(ULONG)) {
        memcpy((PUCHAR)Destination + Offset, &Pattern, sizeof(ULONG));
    }
}

SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
    SIZE_T Equal = 0;

    while (Equal + sizeof(ULONG) <= Length && memcmp((PUCHAR)Source + Equal, &Pattern, sizeof(ULONG)) == 0) {
        Equal += sizeof(ULONG);
    }

    return Equal;
}

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    const UCHAR *First = Source1;
    const UCHAR *Second = Source2;
    SIZE_T Equal = 0;

    while (Equal < Length && First[Equal] == Second[Equal]) {
        Equal++;
    }

    return Equal;
}
