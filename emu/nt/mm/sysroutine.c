/* sysroutine.c: MmGetSystemRoutineAddress finds what the emulated kernel exports. */
#define POOL_NX_OPTOUT 1 /* no driver: on AArch64, too, a routine here is called by its own name */

#include <string.h>

#include "core/export.h"
#include "watch/irqllimit.h"
#include "ntifs.h"

/* The plain names are the kernel's exports; wdm.h gives them to Wdmlib. */
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

typedef VOID MI_ROUTINE(VOID);

/* clang-format off */
#define EXPORT(Name, First, Highest) [KiExport##Name] = (MI_ROUTINE *)Name,
static MI_ROUTINE *const MiRoutines[KiExportCount] = {
#include "core/exports.h"
};
#undef EXPORT
/* clang-format on */

static BOOLEAN MiIsName(PCUNICODE_STRING Wanted, PCSTR Name)
{
    SIZE_T Length = strlen(Name);

    if (Wanted->Length != Length * sizeof(WCHAR)) {
        return FALSE;
    }

    for (SIZE_T Index = 0; Index < Length; Index++) {
        if (Wanted->Buffer[Index] != (UCHAR)Name[Index]) {
            return FALSE;
        }
    }

    return TRUE;
}

PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    VfCheckLimit(KiExportMmGetSystemRoutineAddress, EMU_RETURN_ADDRESS());
    for (ULONG Index = 0; Index < KiExportCount; Index++) {
        KI_EXPORT Export = (KI_EXPORT)Index;

        if (MiIsName(SystemRoutineName, KiExportName(Export))) {
            return KiIsExported(Export) ? (PVOID)(ULONG_PTR)MiRoutines[Export] : NULL;
        }
    }

    return NULL;
}
