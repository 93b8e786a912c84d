// Built for Windows 11 21H2 or older, wdm.h defines the lookaside routines inline: nobody else can define them.

#if defined(EXPECT_OK)
#define NTDDI_VERSION 0x0A00000C
#else
#define NTDDI_VERSION 0x0A00000B
#endif
#include <wdm.h>

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    return Lookaside;
}
