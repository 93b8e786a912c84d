/* restore.h: for a sanitizer: pages that the host has put in the place of others have blocks where those had. */
#ifndef EMU_MEM_RESTORE_H
#define EMU_MEM_RESTORE_H

#include "wdm.h"

VOID MiRestoreMemory(PVOID Base, SIZE_T Bytes);

#endif
