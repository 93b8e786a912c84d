/* verifier.h: Driver Verifier: which of its options are on, the counters, and the checks that need nothing else. */
#ifndef EMU_WATCH_VERIFIER_H
#define EMU_WATCH_VERIFIER_H

#include "core/thread.h"
#include "poolemu.h"

/* The bits that are on; to be asked through the two below. */
ULONG VfReadFlags(VOID);

/* Any of these options; and whether the driver is verified at all, which alone makes the automatic checks. */
static inline BOOLEAN VfIsSet(ULONG Options)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_VERIFIER) != 0 && (VfReadFlags() & Options) != 0;
}

static inline BOOLEAN VfIsOn(VOID)
{
    return VfIsSet(~0u);
}

/* Counts one more, while the verifier is on. */
extern EMU_LOCAL EMU_VERIFIER_COUNTERS VfCounters;

static inline VOID VfCount(ULONG64 *Counter)
{
    if (VfIsOn()) {
        EMU_ATOMIC_ADD(64, Counter, (ULONG64)1, EMU_ORDER_NONE);
    }
}

/* Code integrity: bug check 0xC4 (0x2000, 0x2001, 0x2002) for the code at Caller, or a violation where a test only
 * counts them. PoolType is as the driver wrote it, Priority may hold MdlMapping bits. The last two also count the call
 * where an audit counts calls. */
VOID VfCheckPoolType(PVOID Caller, POOL_TYPE PoolType, ULONG Tag);
VOID VfCheckProtection(PVOID Caller, ULONG Protection);
VOID VfCheckMapping(PCSTR Routine, PVOID Caller, ULONG Priority);

/* Turns on what POOLEMU_VERIFIER says, and off what it does not. */
VOID VfBeginVerifier(VOID);

/* For EmuReset: the counters. */
VOID VfResetVerifier(VOID);

#endif
