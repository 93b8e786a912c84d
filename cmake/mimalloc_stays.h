/* mimalloc_stays.h: stands in front of mimalloc's own source on Windows, see Mimalloc.cmake. What mimalloc registers for
 * the end of the process is not registered. */
#include <stdlib.h>

#define atexit(Routine) ((void)(Routine), 0)
