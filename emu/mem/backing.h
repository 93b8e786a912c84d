/* backing.h: which pages of the arenas may hold something. A page that has not been handed out since it came from the
 * host reads as zero; where mapping takes memory (HostMapTakesMemory) it is not committed either. */
#ifndef EMU_MEM_BACKING_H
#define EMU_MEM_BACKING_H

#include "mem/arena.h"

/* Stops the process with a message when the host has no memory for it. */
VOID MiInitializeBacking(VOID);

/* Makes a run usable. *IsFresh: all of it reads as zero. FALSE: the host has no memory. The caller holds the engine's
 * lock, here and below. */
BOOLEAN MiBackRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes, BOOLEAN *IsFresh);

/* Gives the memory behind a run back to the host. */
VOID MiUnbackRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes);

#endif
