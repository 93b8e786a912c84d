/* list.c: what the inline list routines of wdm.h call when the links of a list do not lead back. */
#include "core/bugcheck.h"
#include "core/windows.h"

VOID EmuOnDamagedList(const LIST_ENTRY *Entry)
{
    if (KiIsAtLeast(6, 2, 0)) {
        KiStopF(EMU_RETURN_ADDRESS(), KiBugCheck(KERNEL_SECURITY_CHECK_FAILURE, KI_139_LIST_ENTRY, 0, 0, 0),
                "the list entry or head at 0x%llX is damaged: what its links lead to does not lead back to it; was it "
                "removed twice, inserted twice, freed, or overwritten?",
                (ULONGLONG)(ULONG_PTR)Entry);
    }
}
