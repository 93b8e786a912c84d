/* bugcheck.c: the routines that stop the system. */
#include "core/bugcheck.h"

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    KiStopF(EMU_RETURN_ADDRESS(),
            KiBugCheck(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4),
            "%s", "");
}

VOID KeBugCheck(ULONG BugCheckCode)
{
    KiStopF(EMU_RETURN_ADDRESS(), KiBugCheck(BugCheckCode, 0, 0, 0, 0), "%s", "");
}
