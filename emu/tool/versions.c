/* versions.c: `poolemu windows`: the table of Windows versions, and what the pool of each can do. */
#include "tool/versions.h"

#include <stdio.h>

#include "poolemu.h"

static PCSTR ToolYesOrNo(BOOLEAN Answer)
{
    return Answer ? "yes" : "no";
}

static BOOLEAN ToolHasNxPool(const EMU_WINDOWS *Windows)
{
    return Windows->Major > 6 || (Windows->Major == 6 && Windows->Minor >= 2);
}

static BOOLEAN ToolZeroesPool(const EMU_WINDOWS *Windows)
{
    return Windows->Build >= 19041;
}

void ToolPrintWindows(void)
{
    SIZE_T Count;
    const EMU_WINDOWS *Windows = EmuWindowsTable(&Count);

    printf("%-12s %-38s %-7s %6s  %-10s  %-7s  %s\n", "NAME", "TITLE", "VERSION", "BUILD", "NTDDI", "NX POOL",
           "ZEROING");
    for (SIZE_T Row = 0; Row < Count; Row++, Windows++) {
        char Version[16];

        snprintf(Version, sizeof(Version), "%u.%u", (unsigned)Windows->Major, (unsigned)Windows->Minor);
        printf("%-12s %-38s %-7s %6u  0x%08X  %-7s  %s\n", Windows->Name, Windows->Title, Version,
               (unsigned)Windows->Build, (unsigned)Windows->NtDdi, ToolYesOrNo(ToolHasNxPool(Windows)),
               ToolYesOrNo(ToolZeroesPool(Windows)));
    }
}
