/* engine.h: mimalloc, which manages the pages of each arena (under a sanitizer: firstfit.h). All that the rest of the
 * emulator asks of it is runs of whole pages.
 *
 * mimalloc keeps the headers of its segments and the links of its free lists in the memory that it manages. An arena is
 * memory that drivers write to, also after they freed it. So mimalloc manages an address range of its own for each
 * arena, its shadow, at a random address out of every arena. A run of pages is a piece of the shadow, and the
 * emulator computes the run's address from that of the piece. Neither mimalloc nor the engine reads pool memory. A
 * large arena's shadow is smaller than the arena: a page of a 16 GiB arena is 128 bytes of it, so that the links cost
 * little memory. */
#ifndef EMU_MEM_ENGINE_H
#define EMU_MEM_ENGINE_H

#include "mem/arena.h"

/* Address space for the shadows of the arenas, whose place and sizes are known by then. FALSE: the host has none. */
BOOLEAN MiReserveShadows(VOID);
VOID MiFreeShadows(VOID);

/* Hands the three shadows to mimalloc; stops the process with a message when it cannot. */
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
