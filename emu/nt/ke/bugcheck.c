/* bugcheck.c: the routines that stop the system. */
#include "core/bugcheck.h"

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    KiStopAt((ULONG_PTR)EMU_RETURN_ADDRESS(), BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3,
             BugCheckParameter4, NULL);
}

VOID KeBugCheck(ULONG BugCheckCode)
{
    KiStopAt((ULONG_PTR)EMU_RETURN_ADDRESS(), BugCheckCode, 0, 0, 0, 0, NULL);
}
