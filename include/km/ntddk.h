// The header of drivers that are neither minimal (wdm.h) nor file systems (ntifs.h).
// Declares what this project implements and wdm.h has not.

#ifndef _NTDDK_
#define _NTDDK_

#include "wdm.h"

EMU_EXTERN_C_BEGIN

#include "emu_ntddk.h"
#include "emu_table.h"

// Allocate and free whole pages of noncached nonpaged memory, contents undefined; NULL if there is none. Executable
// before Windows 8. SYSTEM_PTE_MISUSE: 0x303 for a bad address, 0x305 for another size than was allocated.
// IRQL: <= APC_LEVEL. Since Windows 2000. Source: nf-ntddk-mmallocatenoncachedmemory, nf-ntddk-mmfreenoncachedmemory.
NTKERNELAPI PVOID NTAPI MmAllocateNonCachedMemory(_In_ SIZE_T NumberOfBytes);
NTKERNELAPI VOID NTAPI MmFreeNonCachedMemory(_In_ PVOID BaseAddress, _In_ SIZE_T NumberOfBytes);

#include "emu_ntddk_stubs.h"

EMU_EXTERN_C_END

#endif
