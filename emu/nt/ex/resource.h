/* resource.h: resources, for the rest of the emulator. */
#ifndef EMU_NT_EX_RESOURCE_H
#define EMU_NT_EX_RESOURCE_H

#include "poolemu.h"

/* A resource that is not deleted and begins in that memory, or NULL. */
const VOID *ExpFindResourceIn(ULONG_PTR Start, SIZE_T Bytes);

/* For EmuReset: forgets every resource. */
VOID ExpResetResources(VOID);

#endif
