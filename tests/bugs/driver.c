/* driver.c: the driver that all of them are part of: its entry, its unload, and the list of its mistakes. */
#include "bugs.h"

volatile ULONG64 Answer;
static const BUG *Chosen;

const BUG *BugAt(SIZE_T Index)
{
    static const BUG *const Tables[] = {OverrunBugs, LifetimeBugs, CallBugs,  IrqlBugs,  LookasideBugs,
                                        MappingBugs, LeakBugs,     OptInBugs, ObjectBugs};

    for (SIZE_T Table = 0; Table < RTL_NUMBER_OF(Tables); Table++) {
        for (const BUG *Bug = Tables[Table]; Bug->Name != NULL; Bug++) {
            if (Index-- == 0) {
                return Bug;
            }
        }
    }
    return NULL;
}

VOID ChooseBug(const BUG *Bug)
{
    Chosen = Bug;
}

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    return Chosen->Entry == NULL ? STATUS_SUCCESS : Chosen->Entry();
}
