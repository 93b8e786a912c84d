/* access.h: the stop of a byte that is read or written. Where a test has to know the instruction, touch.h. */
#ifndef TESTS_ACCESS_H
#define TESTS_ACCESS_H

#include "support.h"

EMU_UNUSED static EMU_NOINLINE EMU_BUGCHECK StopOfRead(const VOID *Address)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        (void)*(const volatile UCHAR *)Address;
    }
    return Stop;
}

EMU_UNUSED static EMU_NOINLINE EMU_BUGCHECK StopOfWrite(PVOID Address)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        *(volatile UCHAR *)Address = 0x55;
    }
    return Stop;
}

#endif
