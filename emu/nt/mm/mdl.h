/* mdl.h: what the routines that map memory descriptor lists share. */
#ifndef EMU_NT_MM_MDL_H
#define EMU_NT_MM_MDL_H

#include "mem/mapping.h"

SIZE_T MiMdlPages(PMDL Mdl);

/* Stops when the MDL's pages are not locked. */
VOID MiCheckLocked(PMDL Mdl, PCSTR Routine);

/* For EmuReset: ends all mappings and all reservations of addresses. */
VOID MiResetMappings(VOID);

#endif
