/* heapstop.h: the bug check for damage of the pool and for a wrong free, as the emulated Windows reports it. */
#ifndef EMU_CORE_HEAPSTOP_H
#define EMU_CORE_HEAPSTOP_H

#include "core/bugcheck.h"

/* Before is what the pool of Windows before 10 1903 says: a row of 0x19 or 0xC2. Since then the kernel's heap has the
 * word, and this is 0x13A (type, Heap, Address, 0), where the table knows a type for the row. HasHeader: the block is a
 * small one, with a header in front of it. */
KI_BUGCHECK KiHeapBugCheck(KI_BUGCHECK Before, BOOLEAN HasHeader, ULONG_PTR Heap, ULONG_PTR Address);

#endif
