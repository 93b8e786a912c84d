/* version.h: what the routines of several components say of the emulated Windows. */
#ifndef EMU_NT_RTL_VERSION_H
#define EMU_NT_RTL_VERSION_H

#include "poolemu.h"

PCWSTR RtlpServicePackName(VOID); /* "Service Pack 2", or the empty string */

#endif
