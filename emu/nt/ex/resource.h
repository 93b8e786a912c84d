/* resource.h: resources, for the rest of the emulator. */
#ifndef EMU_NT_EX_RESOURCE_H
#define EMU_NT_EX_RESOURCE_H

#include "poolemu.h"

/* For EmuReset: forgets every resource. */
VOID ExpResetResources(VOID);

#endif
