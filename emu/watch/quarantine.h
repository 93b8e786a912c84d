/* quarantine.h: blocks that were freed while a sanitizer watches: they wait before their memory is used again, so that
 * who still touches them is found. To everybody else they are free. */
#ifndef EMU_WATCH_QUARANTINE_H
#define EMU_WATCH_QUARANTINE_H

#include "mem/block.h"

/* The block was freed: nobody may touch it from now on, and its memory goes back (MiTakeBack) when its turn has come.
 * The thread has a cache. */
VOID VfRetire(const MI_BLOCK *Block);

/* The block freed last that lay around Address, or that ends or begins within so many bytes of it; FALSE: none is
 * remembered. */
BOOLEAN VfFindRetired(ULONG_PTR Address, SIZE_T Reach, MI_BLOCK *Block);

/* Around a fork. */
VOID VfAcquireQuarantine(VOID);
VOID VfReleaseQuarantine(VOID);

#endif
