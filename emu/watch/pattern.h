/* pattern.h: names with * (any characters) and ? (one). */
#ifndef EMU_WATCH_PATTERN_H
#define EMU_WATCH_PATTERN_H

#include "ntdef.h"

/* Does Text match all of Pattern, in which a blank is a character like any other? */
BOOLEAN VfMatches(PCSTR Pattern, PCSTR Text);

/* Does Text match one of the words of List, which blanks separate? */
BOOLEAN VfMatchesOneOf(PCSTR List, PCSTR Text);

#endif
