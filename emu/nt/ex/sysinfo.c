/* sysinfo.c: the system information that ExInitializeDriverRuntime asks for: does the pool zero by itself? */
#include "ntifs.h"
#include "core/windows.h"
#include "watch/irqllimit.h"

/* Windows that do not zero do not know the class, and answer as for any class that there is not. So does the emulator
 * for all the others: a driver's way for a Windows that lacks them. */
NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass, PVOID SystemInformation,
                                  ULONG SystemInformationLength, PULONG ReturnLength)
{
    VfCheckLimit(KiExportNtQuerySystemInformation, EMU_RETURN_ADDRESS());
    SYSTEM_POOL_ZEROING_INFORMATION *Answer = SystemInformation;

    if (SystemInformationClass != SystemPoolZeroingInformation || !KiZeroesPool()) {
        return STATUS_INVALID_INFO_CLASS;
    }

    if (ReturnLength != NULL) {
        *ReturnLength = sizeof(*Answer);
    }
    if (SystemInformationLength != sizeof(*Answer)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }

    Answer->PoolZeroingSupportPresent = TRUE;
    return STATUS_SUCCESS;
}

NTSTATUS ZwQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass, PVOID SystemInformation,
                                  ULONG SystemInformationLength, PULONG ReturnLength)
{
    VfCheckLimit(KiExportZwQuerySystemInformation, EMU_RETURN_ADDRESS());
    return NtQuerySystemInformation(SystemInformationClass, SystemInformation, SystemInformationLength, ReturnLength);
}
