/* large.h: blocks that begin on a page: all of more than MI_SMALL_MAX bytes. They have no header. */
#ifndef EMU_MM_LARGE_H
#define EMU_MM_LARGE_H

#include "mm/page.h"

/* Makes the block live with that tag and word (without size); NULL when the arena is full. */
PVOID MiAllocateLarge(MI_ARENA Arena, SIZE_T Bytes, ULONG Tag, ULONG Word, BOOLEAN Zero);

/* Frees a live one; FALSE when another thread was faster. */
BOOLEAN MiFreeLarge(PVOID Block);

/* The first live large block at or above Address, or NULL. */
PVOID MiNextLarge(ULONG_PTR Address);

#endif
