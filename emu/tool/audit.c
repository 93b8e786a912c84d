/* audit.c: `poolemu audit`: the opt-in to no-execute pool, as a driver's image shows it. */
#include "tool/audit.h"

#include <stdio.h>

#include "tool/print.h"

int ToolAuditDriver(PCSTR Driver)
{
    EMU_AUDIT Audit;

    if (!NT_SUCCESS(EmuAuditImage(Driver, stdout, &Audit))) {
        ToolComplain("audit: '%s': %s", Driver, Audit.Error);
        return TOOL_USAGE;
    }
    if (Audit.Mistakes != 0) {
        return TOOL_FAILED;
    }
    printf("no mistakes\n");
    return TOOL_OK;
}
