/* bugcheckname.c: the names of bug checks. The build takes them from bugcodes.h. */
#include "core/bugcheck.h"

static const struct {
    ULONG Code;
    PCSTR Name;
} KiBugCheckNames[] = {
#include "bugcodes.inc"
    {(ULONG)STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND"},
};

PCSTR KiBugCheckName(ULONG Code)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(KiBugCheckNames); Index++) {
        if (KiBugCheckNames[Index].Code == Code) {
            return KiBugCheckNames[Index].Name;
        }
    }

    return NULL;
}
