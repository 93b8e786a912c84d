/* sanitize.h: what AddressSanitizer, MemorySanitizer and valgrind's memcheck are told of the pool: that a driver may
 * touch the bytes of its live blocks and no others. Without one of them nothing of this is done. */
#ifndef EMU_WATCH_SANITIZE_H
#define EMU_WATCH_SANITIZE_H

#include "core/thread.h"
#include "mem/block.h"

typedef enum VF_SANITIZER {
    VfNoSanitizer = 1,
    VfAddressSanitizer,
    VfMemorySanitizer,
    VfMemcheck,
} VF_SANITIZER;

/* Which one watches this process; none where POOLEMU_SANITIZE is 0. */
VF_SANITIZER VfSanitizer(VOID);

/* Before the first block; again it does nothing. */
VOID VfStartSanitizing(VOID);

static inline BOOLEAN VfIsSanitizing(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_SANITIZE) != 0;
}

/* Does it know itself which bytes nobody has written? */
static inline BOOLEAN VfKnowsUninitialized(VOID)
{
    return VfIsSanitizing() && VfSanitizer() != VfAddressSanitizer;
}

/* Between the two the emulator touches headers, links and the like, which are out of a driver's reach. There is no stop
 * in between. (AddressSanitizer sees only what is compiled with it, so the files that do this are not.) */
VOID VfHideTouches(BOOLEAN Hide);

static inline VOID VfBeginOwnTouches(VOID)
{
    if (VfIsSanitizing()) {
        VfHideTouches(TRUE);
    }
}

static inline VOID VfEndOwnTouches(VOID)
{
    if (VfIsSanitizing()) {
        VfHideTouches(FALSE);
    }
}

/* An arena is mapped. */
VOID VfWatchArena(PVOID Base, SIZE_T Bytes);

/* Pages of an arena come into use: nobody may touch them, and they may hold pointers to memory of the program's. */
VOID VfWatchMemory(PVOID Base, SIZE_T Bytes);

/* A block becomes live; and it was freed. */
VOID VfOpenBlock(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed);
VOID VfCloseBlock(const MI_BLOCK *Block);

/* Part of a live block is out of reach, or in reach again and holds anything. */
VOID VfCloseBytes(PVOID Address, SIZE_T Bytes);
VOID VfOpenBytes(PVOID Address, SIZE_T Bytes);

/* Copies whole pages of whatever blocks; and says anew of pages which the host has put in the place of others, where
 * their live blocks are. */
VOID VfCopyMemory(PVOID To, PVOID From, SIZE_T Bytes);
VOID VfRestoreMemory(PVOID Base, SIZE_T Bytes);

#endif
