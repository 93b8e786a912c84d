/* option.h: the environment variables that set poolemu, all in the table of option.c. */
#ifndef EMU_CORE_OPTION_H
#define EMU_CORE_OPTION_H

#include "poolemu.h"

/* In the order in which they are shown. */
typedef enum KI_OPTION {
    KiOptionWindows,
    KiOptionVerifier,
    KiOptionFaults,
    KiOptionPoolTag,
    KiOptionFaultStops,
    KiOptionSanitize,
    KiOptionQuarantineMib,
    KiOptionArenaMib,
    KiOptionExecuteMib,
    KiOptionSpinSeconds,
    KiOptionOptions,
    KiOptionCount,
} KI_OPTION;

enum {
    KI_LEAST_ARENA_MIB = 64,
    KI_MOST_ARENA_MIB = 16384,
    KI_MOST_ARENA_MIB_ON_X86 = 1024,
};

/* At the start: names the variables that poolemu does not know, refuses every wrong number, even one that nobody comes
 * to need, and prints the table where POOLEMU_OPTIONS wants it. */
VOID KiCheckOptions(VOID);

/* Each reads the environment anew. A variable that is empty is not set. */

/* The value of an option that takes a text; NULL where it is not set. On Windows it stays until the thread reads the
 * next option. */
PCSTR KiOptionText(KI_OPTION Option);

/* The value of an option that takes a number, or 0 or 1; the default where it is not set. A wrong value ends the
 * process. */
ULONG KiOptionNumber(KI_OPTION Option);

/* For whoever reads a text and finds that it is wrong: writes the variable, its value, Why (a sentence without its full
 * stop, or NULL), what is wanted and the default to stderr. The second one then ends the process. */
VOID KiComplainOfOption(KI_OPTION Option, PCSTR Why);
DECLSPEC_NORETURN VOID KiRefuseOption(KI_OPTION Option, PCSTR Why);

/* ---- What the above is made of; fuzz/option.c calls it, too ----------------------------------------------------- */

enum {
    KI_LONGEST_COMPLAINT = 1536,
};

/* Text as the value of an option that takes a number, or 0 or 1. FALSE: it is wrong. */
BOOLEAN KiReadNumber(KI_OPTION Option, PCSTR Text, ULONG *Number);

/* What KiComplainOfOption writes. */
VOID KiFormatComplaint(KI_OPTION Option, PCSTR Value, PCSTR Why, CHAR Text[KI_LONGEST_COMPLAINT]);

/* FALSE: the variable of "NAME=value" begins as an option does and is none; Text says so. */
BOOLEAN KiCheckVariable(PCSTR Assignment, CHAR Text[KI_LONGEST_COMPLAINT]);

#endif
