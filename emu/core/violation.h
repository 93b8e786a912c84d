/* violation.h: the rules that a driver broke without being stopped. */
#ifndef EMU_CORE_VIOLATION_H
#define EMU_CORE_VIOLATION_H

#include "poolemu.h"

/* Counts a violation by the code at Caller. Format and what follows it say what was done and what that means; they are
 * used for the first one of that kind at that call site. */
VOID KiRecordViolation(EMU_VIOLATION_KIND Kind, PVOID Caller, PCSTR Format, ...) EMU_FORMAT(3, 4);

/* For EmuReset. */
VOID KiResetViolations(VOID);

#endif
