/* text.h: text for people, who may read it on a terminal. */
#ifndef EMU_HOST_TEXT_H
#define EMU_HOST_TEXT_H

#include "ntdef.h"

/* What names, paths and other text from outside goes through before it is printed: a '?' takes the place of each
 * control character, those of 7 bits and those of UTF-8. Lines says that the text may have several: a newline stays
 * where four blanks follow, as in all of the emulator's own lines. So no name in the text can begin a line. */
VOID HostMakePrintable(PSTR Text, BOOLEAN Lines);

#endif
