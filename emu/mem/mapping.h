/* mapping.h: a second address for pages that are in use: the real thing, what is written at one is read at the other.
 */
#ifndef EMU_MEM_MAPPING_H
#define EMU_MEM_MAPPING_H

#include "mem/physical.h"

/* What came of it. */
typedef enum MI_MAPPED {
    MiMapped,
    MiNoMemory,
    MiNotMappable, /* the pages are not the emulator's, or the host shows no page twice */
} MI_MAPPED;

/* Shows the pages at the extent's beginning. */
MI_MAPPED MiMapPages(MI_EXTENT *Extent, const PFN_NUMBER *Pfns, SIZE_T Pages, HOST_ACCESS Access);

/* Changes the rights of all that is mapped there; FALSE: the host refuses. And ends it. */
BOOLEAN MiProtectPages(MI_EXTENT *Extent, HOST_ACCESS Access);
VOID MiUnmapPages(MI_EXTENT *Extent);

/* How many pieces of mappings show a page of that range. */
SIZE_T MiMappingsOf(ULONG_PTR Home, SIZE_T Bytes);

/* After a fault at a page that may be on its way into a mapping or out of one: waits until it is there. FALSE:
 * it was not. */
BOOLEAN MiWaitForMapping(VOID);

/* For fork: no page is on its way between the two. */
VOID MiAcquireMappings(VOID);
VOID MiReleaseMappings(VOID);

#if DBG
BOOLEAN MiHoldsMappings(VOID); /* for KI_ASSERT: the calling thread holds the lock */
#endif

#endif
