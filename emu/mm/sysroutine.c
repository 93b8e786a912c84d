/* sysroutine.c: MmGetSystemRoutineAddress finds what the emulated kernel exports. */
#define POOL_NX_OPTOUT 1 /* no driver: on AArch64, too, a routine here is called by its own name */

#include <string.h>

#include "ntifs.h"
#include "rtl/version.h"

/* The plain names are the kernel's exports; wdm.h gives them to Wdmlib. */
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

typedef VOID MI_ROUTINE(VOID);

typedef struct MI_EXPORT {
    PCSTR Name;
    MI_ROUTINE *Routine;
    ULONG Major;
    ULONG Minor;
    ULONG Build;
} MI_EXPORT;

/* clang-format off */
#define EXPORT(Name, First) {#Name, (MI_ROUTINE *)Name, First},
static const MI_EXPORT MiExports[] = {
#include "exports.h"
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
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(MiExports); Index++) {
        const MI_EXPORT *Export = &MiExports[Index];

        if (MiIsName(SystemRoutineName, Export->Name)) {
            return RtlpIsAtLeast(Export->Major, Export->Minor, Export->Build) ? (PVOID)(ULONG_PTR)Export->Routine
                                                                              : NULL;
        }
    }

    return NULL;
}
