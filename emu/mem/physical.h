/* physical.h: emulated physical memory. A page's number is a function of its address and back, so it never changes (in
 * parentheses what x86 has):
 *     0 .. 8 GiB (512 MiB)       memory that is asked for by physical address (contiguous.c)
 *     8 GiB (512 MiB) ..         the pool's arenas
 *     2^35 pages (2^21) ..       special pool
 *     2^36 pages (2^22) ..       what else the program has: its heap, its stack, its data */
#ifndef EMU_MEM_PHYSICAL_H
#define EMU_MEM_PHYSICAL_H

#include "mem/space.h"

/* Memory from physical address 0 on. A page's place in it is its number. */
extern EMU_LOCAL MI_SPACE MiRam;

/* Special pool's first page. */
extern EMU_LOCAL const PFN_NUMBER MiFirstSpecialPfn;

/* The number of the page at Address; that of the page behind it, where Address is a mapping. */
PFN_NUMBER MiPfnOf(ULONG_PTR Address);

/* Where that page is at home, and what may be done with it there. FALSE: it is not the emulator's to map elsewhere. */
BOOLEAN MiHomeOf(PFN_NUMBER Pfn, ULONG_PTR *Home, HOST_ACCESS *Access);

/* The same for memory with physical addresses, and for mappings. */
PFN_NUMBER MiPfnOfRam(ULONG_PTR Address);
PFN_NUMBER MiPfnOfMapping(ULONG_PTR Address);
BOOLEAN MiHomeOfRam(PFN_NUMBER Pfn, ULONG_PTR *Home);

#endif
