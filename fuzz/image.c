/* image.c: fuzzes EmuAuditImage with whole files: which of them are images, and where their sections are. audit.c
 * fuzzes what is in the sections. */
#include <stdlib.h>
#include <string.h>

#include "poolemu.h"
#include "shared/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    EMU_AUDIT Audit;

    NTSTATUS Status = EmuAuditImage(FuzzFile(Data, Bytes), NULL, &Audit);
    if (NT_SUCCESS(Status) ? Audit.Error[0] != 0
                           : (Status != STATUS_INVALID_IMAGE_FORMAT && Status != STATUS_NOT_FOUND) ||
                                 Audit.Error[0] == 0 || memchr(Audit.Error, 0, sizeof(Audit.Error)) == NULL) {
        FuzzFail("status 0x%08X, '%s'", (unsigned)Status, Audit.Error);
    }
    return 0;
}
