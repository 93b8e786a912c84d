/* sanitize.h: what poolemu adds to the reports of sanitizers. */
#ifndef EMU_WATCH_SANITIZE_H
#define EMU_WATCH_SANITIZE_H

#include "core/sanitizer.h"

/* Before the first block; again it does nothing. */
VOID VfBeginSanitizing(VOID);

#endif
