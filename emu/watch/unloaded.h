/* unloaded.h: the images of drivers that were unloaded. On Windows their code is gone; here it may still run. */
#ifndef EMU_WATCH_UNLOADED_H
#define EMU_WATCH_UNLOADED_H

#include "poolemu.h"

/* Notes the image around Entry (of the shared object; the program itself stays), or that it is a driver's again. */
VOID VfNoteUnloadedImage(PDRIVER_INITIALIZE Entry);
VOID VfNoteLoadedImage(PDRIVER_INITIALIZE Entry);

/* While tracking is on: bug check 0xC4 (0x61, ...) when the code that Caller belongs to is a driver's that was
 * unloaded. */
VOID VfCheckUnloaded(PCSTR Routine, PVOID Caller);

/* For EmuReset. */
VOID VfForgetUnloadedImages(VOID);

/* Around a fork. */
VOID VfAcquireUnloaded(VOID);
VOID VfReleaseUnloaded(VOID);

#endif
