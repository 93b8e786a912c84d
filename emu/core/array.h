/* array.h: arrays that grow. */
#ifndef EMU_CORE_ARRAY_H
#define EMU_CORE_ARRAY_H

#include <stdlib.h>

#include "ntdef.h"

enum {
    KI_FIRST_ROOM = 64,
};

/* The array, with room for an element more than Count: Elements, or a larger copy in its place; *Room is how many fit.
 * An array begins as NULL with room for none, and is given back to free. NULL: no memory, and Elements stays. */
static inline PVOID KiMakeRoom(PVOID Elements, SIZE_T Count, SIZE_T *Room, SIZE_T ElementBytes)
{
    if (Count < *Room) {
        return Elements;
    }
    SIZE_T Larger = *Room == 0 ? KI_FIRST_ROOM : 2 * *Room;
    if (Larger > (SIZE_T)-1 / ElementBytes) {
        return NULL;
    }
    Elements = realloc(Elements, Larger * ElementBytes);
    if (Elements != NULL) {
        *Room = Larger;
    }
    return Elements;
}

#endif
