/* sanitizer.h: what AddressSanitizer, MemorySanitizer and valgrind's memcheck are told of the pool: that a driver may
 * touch the bytes of its live blocks and no others. Without one of them nothing of this is done. */
#ifndef EMU_CORE_SANITIZER_H
#define EMU_CORE_SANITIZER_H

#include "core/thread.h"

typedef enum KI_SANITIZER {
    KiNoSanitizer = 1,
    KiAddressSanitizer,
    KiMemorySanitizer,
    KiMemcheck,
} KI_SANITIZER;

/* Which one watches this process; none where POOLEMU_SANITIZE is 0. */
KI_SANITIZER KiSanitizer(VOID);

static inline BOOLEAN KiIsSanitizing(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_SANITIZE) != 0;
}

/* Does it know itself which bytes nobody has written? */
static inline BOOLEAN KiKnowsUninitialized(VOID)
{
    return KiIsSanitizing() && KiSanitizer() != KiAddressSanitizer;
}

/* Between the two the emulator touches headers, links and the like, which are out of a driver's reach. There is no stop
 * in between. (AddressSanitizer sees only what is compiled with it, so the files that do this are not.) */
VOID KiHideTouches(BOOLEAN Hide);

static inline VOID KiBeginOwnTouches(VOID)
{
    if (KiIsSanitizing()) {
        KiHideTouches(TRUE);
    }
}

static inline VOID KiEndOwnTouches(VOID)
{
    if (KiIsSanitizing()) {
        KiHideTouches(FALSE);
    }
}

/* An arena is mapped. */
VOID KiWatchArena(PVOID Base, SIZE_T Bytes);

/* LeakSanitizer looks through that memory for what is reachable. It keeps a list: the larger the pieces, the better. */
VOID KiAddRoots(PVOID Base, SIZE_T Bytes);

/* A block becomes live; and it was freed. */
VOID KiOpenBlock(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed);
VOID KiCloseBlock(PVOID Address, SIZE_T Bytes);

/* Part of a live block is out of reach, or in reach again and holds anything. */
VOID KiCloseBytes(PVOID Address, SIZE_T Bytes);
VOID KiOpenBytes(PVOID Address, SIZE_T Bytes);

/* Copies whole pages of whatever blocks. */
VOID KiCopyMemory(PVOID To, PVOID From, SIZE_T Bytes);

/* Under AddressSanitizer: has Explain called for each report; and the address that the report is about (FALSE: there is
 * no report). */
VOID KiExplainReports(VOID (*Explain)(const CHAR *Report));
BOOLEAN KiReportedAddress(ULONG_PTR *Address);

#endif
