// The test's side compiles after a driver's headers.
// flags: -I@INCLUDE@/poolemu -Wall -Wextra -Wundef -Wshadow -Werror

#include "ntifs.h"
#include "poolemu.h"

ULONG Stop(VOID);

ULONG Stop(VOID)
{
    EMU_BUGCHECK Caught;
    NTSTATUS Status;

    EMU_CATCH_BUGCHECK(&Caught)
    {
        EMU_CATCH_EXCEPTION(&Status)
        {
            ExFreePoolWithTag(NULL, 'looP');
        }
    }
    return Caught.Code;
}
