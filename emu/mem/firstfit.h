/* firstfit.h: the engine while a sanitizer watches: the lowest free pages of an arena. mimalloc keeps links in what is
 * free and fills what it hands out, which a sanitizer takes for a driver's doing. */
#ifndef EMU_MEM_FIRSTFIT_H
#define EMU_MEM_FIRSTFIT_H

#include "mem/arena.h"

/* Stops the process with a message when the host has no memory. The arenas are mapped. */
VOID MiInitializeFirstFit(VOID);

/* Whole pages, and back. NULL: none are left. The caller holds the engine's lock. */
PVOID MiTakeFirstFit(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment);
VOID MiGiveFirstFit(MI_ARENA Arena, PVOID Run, SIZE_T Bytes);

#endif
