/* linux.h: what the files of the Linux host ask of each other. */
#ifndef EMU_HOST_LINUX_H
#define EMU_HOST_LINUX_H

#include "ntdef.h"

/* The locks of linux_image.c and linux_source.c: around what they guard, and around a fork. The second one is the
 * higher. */
VOID HostAcquireImages(VOID);
VOID HostReleaseImages(VOID);
VOID HostAcquireSource(VOID);
VOID HostReleaseSource(VOID);

#endif
