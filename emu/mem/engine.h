/* engine.h: mimalloc, which manages the pages of each arena (under a sanitizer: firstfit.h). All that the rest of the
 * emulator asks of it is runs of whole pages. */
#ifndef EMU_MEM_ENGINE_H
#define EMU_MEM_ENGINE_H

#include "mem/arena.h"

/* Hands the three mapped arenas to mimalloc; stops the process with a message when it cannot. */
VOID MiInitializeEngine(VOID);

/* Bytes is a multiple of PAGE_SIZE, Alignment a power of two from PAGE_SIZE up. Zero asks for zeroed memory, else it
 * holds anything. NULL when the arena is full. */
PVOID MiAllocateRun(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment, BOOLEAN Zero);
VOID MiFreeRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes);

/* For fork: no other thread is inside mimalloc between the two. */
VOID MiAcquireEngine(VOID);
VOID MiReleaseEngine(VOID);

#if DBG
BOOLEAN MiHoldsEngine(VOID); /* for KI_ASSERT: the calling thread holds the lock */
#endif

#endif
