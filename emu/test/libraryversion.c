/* libraryversion.c: EmuVersion. */
#include "poolemu.h"

ULONG EmuVersion(VOID)
{
    return EMU_VERSION;
}
