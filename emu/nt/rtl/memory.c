/* memory.c: the routines of the run-time library that look at raw memory. */
#include "poolemu.h"

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
