/* windows.c: fuzzes EmuSetWindows, the names that POOLEMU_WINDOWS and --windows take. */
#include <stdlib.h>
#include <strings.h>

#include "poolemu.h"
#include "shared/input.h"

static const EMU_WINDOWS *FindWindows(PCSTR Name)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);

    for (SIZE_T Row = 0; Row < Count; Row++) {
        if (strcasecmp(Table[Row].Name, Name) == 0) { /* of the C locale: ASCII letters only */
            return &Table[Row];
        }
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    PSTR Name = FuzzText(Data, Bytes);
    const EMU_WINDOWS *Before = EmuWindows();
    const EMU_WINDOWS *Expected = FindWindows(Name);
    NTSTATUS Status = EmuSetWindows(Name);

    if (Status != (Expected != NULL ? STATUS_SUCCESS : STATUS_NOT_FOUND) ||
        EmuWindows() != (Expected != NULL ? Expected : Before)) {
        FuzzFail("'%s': status 0x%08X, the Windows is %s", Name, (unsigned)Status, EmuWindows()->Name);
    }
    free(Name);
    return 0;
}
