/* query.h: the walk over blocks, for the rest of the emulator. */
#ifndef EMU_TEST_QUERY_H
#define EMU_TEST_QUERY_H

#include "poolemu.h"

/* Calls Callback for those of these addresses that are live blocks, until it returns FALSE. */
VOID EmupForEachAddress(const PVOID *Addresses, SIZE_T Count, EMU_BLOCK_CALLBACK *Callback, PVOID Context);

#endif
