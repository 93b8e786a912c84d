/* log.h: the log of the pool's last operations. Each thread writes to chunks of its own of a ring that all share, so no
 * line of cache goes to and fro; what a reader finds is checked, as a writer may be at it. */
#ifndef EMU_WATCH_LOG_H
#define EMU_WATCH_LOG_H

#include "mem/block.h"

enum {
    VF_CHUNK = 64, /* operations that a thread writes before it takes the next chunk */
};

/* A thread's place in the log, and the number of its last operation. Numbers grow along with time where one thread, or
 * one block, leads from one operation to the next; between threads they are at most about a chunk apart. */
typedef struct VF_CLOCK {
    ULONG64 Sequence;
    ULONG64 Chunk;            /* its number + 1; 0: none */
    struct VF_ENTRY *Entries; /* the chunk's; NULL: no log is kept */
    ULONG Used;
    ULONG Thread; /* a number for it, from 1 */
} VF_CLOCK;

/* FALSE: no memory. To be called before the first operation. */
BOOLEAN VfMakeLog(VOID);

/* The next operation comes after the one of that number. TRUE when the thread begins a chunk. */
BOOLEAN VfTick(VF_CLOCK *Clock, ULONG64 After);

/* Writes the operation at which the clock stands now. */
VOID VfWriteLog(const VF_CLOCK *Clock, const MI_BLOCK *Block, ULONG Stack, BOOLEAN IsFree);

/* Empties it. No other thread writes meanwhile. */
VOID VfForgetLog(VOID);

/* And back to the default size, for EmuReset. */
VOID VfResetLog(VOID);

#endif
